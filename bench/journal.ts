import { measure } from './probe.ts';
import type { RemoteSandbox } from './sandbox.ts';
import { median, printTable, printTitle, ratio, seconds } from './table.ts';

const KEYS = 1500;
const ROUNDS = 3;
const RUNS = [
  { name: 'undelete, 20,000 keys', operation: 'undelete', keys: 20_000, history: 'deleted', more: {} },
  {
    name: `rollback by copy, ${KEYS.toLocaleString('en-US')} keys`,
    operation: 'rollback',
    keys: KEYS,
    history: 'overwritten',
    more: { 'to-time': '2026-01-05T12:00:00Z' },
  },
] as const;

/** What it costs that every intent is on the disk before its request is sent. */
export async function journal(sandbox: RemoteSandbox): Promise<void> {
  printTitle(
    'The journal on the disk before every request',
    `dist/index.js as it is, against one whose fdatasync does nothing; 10 ms a request, verify: false. Median of ${ROUNDS}, in turn.`,
  );
  const rows: (string | number)[][] = [];
  for (const { name, operation, keys, history, more } of RUNS) {
    const walls: Record<'sync' | 'none', number[]> = { sync: [], none: [] };
    let syncs = 0;
    const waits: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (const kind of ['sync', 'none'] as const) {
        const bucket = `journal-${operation}-${kind}-${round}`;
        await sandbox.fill({ bucket, keys, shape: 'site', history }, 10);
        const inputs = { operation, bucket, prefix: 'site/', verify: 'false', ...more };
        const { run, usage } = await measure(inputs, sandbox.endpoint, { sync: kind === 'sync' });
        walls[kind].push(run.milliseconds);
        if (kind === 'sync') {
          syncs = usage.syncs;
          waits.push(usage.syncTime);
        }
      }
    }
    const [sync, none] = [median(walls.sync), median(walls.none)];
    rows.push([name, seconds(sync), seconds(none), ratio(sync, none), syncs, seconds(median(waits))]);
  }
  printTable(['', 'synced', 'not synced', 'synced to not', 'fdatasyncs', 'their time in all'], rows);
}
