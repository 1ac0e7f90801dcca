import { DeleteObjectsCommand, S3Client } from '@aws-sdk/client-s3';
import { startSandbox } from '../sandbox/index.ts';
import { queuePort } from '../test/support/queue-events.ts';
import { keyAt } from './keys.ts';

/** The sandbox in a process of its own; it sends its events to the queue that the first argument names. */

export type S3Order =
  /** A bucket with so many keys, all of which are then deleted: a message for each is in the queue. */
  | { readonly do: 'delete'; readonly bucket: string; readonly queueArn: string; readonly keys: number }
  | { readonly do: 'latency'; readonly milliseconds: number }
  | { readonly do: 'clear' }
  | { readonly do: 'count'; readonly bucket?: string };

/** Since the last `clear`. */
export interface S3Counts {
  readonly endpoint: string;
  readonly requests: number;
  readonly byOperation: Readonly<Record<string, number>>;
  /** Keys of the bucket that can be read. */
  readonly live: number;
  /** Of this process, in milliseconds. */
  readonly cpu: number;
}

const [, , queueEndpoint = ''] = process.argv;
const sandbox = await startSandbox({ events: { queues: queuePort(queueEndpoint) } });
let cpuBefore = process.cpuUsage();

process.on('message', async (order: S3Order) => {
  if (order.do === 'delete') await deleteAll(order.bucket, order.queueArn, order.keys);
  if (order.do === 'latency') {
    sandbox.faults.clear();
    if (order.milliseconds > 0) sandbox.faults.add({ latencyMs: order.milliseconds });
  }
  if (order.do === 'clear') {
    sandbox.requests.clear();
    cpuBefore = process.cpuUsage();
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  const all = Map.groupBy(sandbox.requests.all(), ({ operation }) => operation);
  const counts: S3Counts = {
    endpoint: sandbox.endpoint,
    requests: sandbox.requests.count(),
    byOperation: Object.fromEntries(Array.from(all, ([operation, records]) => [operation, records.length])),
    live: order.do === 'count' && order.bucket !== undefined ? liveIn(order.bucket) : 0,
    cpu: (user + system) / 1000,
  };
  process.send?.(counts);
});
process.on('disconnect', () => process.exit());

async function deleteAll(name: string, queueArn: string, count: number): Promise<void> {
  const bucket = sandbox.createBucket(name);
  const keys = Array.from({ length: count }, (_, i) => keyAt('site', i, count));
  for (const [i, key] of keys.entries()) bucket.put(key, { body: `first ${i % 1000}`, lastModified: '2026-01-05' });
  // Only what somebody deletes, so that what is undone sends nothing.
  const events = ['s3:ObjectRemoved:DeleteMarkerCreated'];
  bucket.notifications = { queues: [{ id: 'bot', queue: queueArn, events, rules: [] }], eventBridge: false };
  const credentials = { accessKeyId: 'AKIACLEANUP', secretAccessKey: 'example' };
  const client = new S3Client({ endpoint: sandbox.endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  for (let from = 0; from < count; from += 1000) {
    const Objects = keys.slice(from, from + 1000).map((Key) => ({ Key }));
    await client.send(new DeleteObjectsCommand({ Bucket: name, Delete: { Objects, Quiet: true } }));
    await sandbox.events.settled();
  }
  client.destroy();
  if (sandbox.events.lost > 0) throw new Error(`${sandbox.events.lost} events were lost`);
}

function liveIn(name: string): number {
  const bucket = sandbox.bucket(name);
  return bucket.keys().filter((key) => bucket.current(key)?.deleteMarker === false).length;
}
