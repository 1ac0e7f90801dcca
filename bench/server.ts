import type { Operation } from '../sandbox/index.ts';
import { startSandbox } from '../sandbox/index.ts';
import { keyAt, type Shape } from './keys.ts';

/** The sandbox in a process of its own, so that its CPU time is not counted as that of what is measured. */

export interface Recipe {
  readonly bucket: string;
  readonly keys: number;
  readonly shape: Shape;
  /** `deleted`: a version and a delete marker. `overwritten`: two versions. `mixed`: one version, every third key two. */
  readonly history: 'deleted' | 'overwritten' | 'mixed';
}

export type Order =
  | { readonly do: 'fill'; readonly recipe: Recipe }
  | { readonly do: 'latency'; readonly milliseconds: number }
  | { readonly do: 'clear' }
  | { readonly do: 'count' };

/** Since the last `clear`. */
export interface Counts {
  readonly endpoint: string;
  readonly requests: number;
  readonly byOperation: Readonly<Partial<Record<Operation, number>>>;
  readonly maxInFlight: number;
  /** The sandbox's own, in milliseconds. */
  readonly cpu: number;
}

const THEN = Date.UTC(2026, 0, 5);
const LATER = Date.UTC(2026, 0, 6);

const sandbox = await startSandbox({ now: Date.UTC(2026, 0, 7) });
let cpuBefore = process.cpuUsage();

process.on('message', (order: Order) => {
  obey(order);
  const { user, system } = process.cpuUsage(cpuBefore);
  const all = Map.groupBy(sandbox.requests.all(), ({ operation }) => operation);
  const counts: Counts = {
    endpoint: sandbox.endpoint,
    requests: sandbox.requests.count(),
    byOperation: Object.fromEntries(Array.from(all, ([operation, records]) => [operation, records.length])),
    maxInFlight: sandbox.requests.maxInFlight,
    cpu: (user + system) / 1000,
  };
  process.send?.(counts);
});
process.on('disconnect', () => process.exit());

function obey(order: Order): void {
  switch (order.do) {
    case 'fill':
      fill(order.recipe);
      break;
    case 'latency':
      sandbox.faults.clear();
      if (order.milliseconds > 0) sandbox.faults.add({ latencyMs: order.milliseconds });
      break;
    case 'clear':
      sandbox.requests.clear();
      cpuBefore = process.cpuUsage();
      break;
    case 'count':
      break;
  }
}

function fill({ bucket: name, keys, shape, history }: Recipe): void {
  const bucket = sandbox.createBucket(name);
  for (let i = 0; i < keys; i++) {
    const key = keyAt(shape, i, keys);
    bucket.put(key, { body: `first ${i % 1000}`, lastModified: THEN });
    if (history === 'deleted') bucket.delete(key, { lastModified: LATER });
    else if (history === 'overwritten' || i % 3 === 0) bucket.put(key, { body: 'second', lastModified: LATER });
  }
  // Sorts them, so that the first listing does not wait for it.
  bucket.index.sorted();
}
