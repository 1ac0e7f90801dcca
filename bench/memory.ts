import { measure } from './probe.ts';
import type { RemoteSandbox } from './sandbox.ts';
import { grouped, megabytes, printTable, printTitle, ratio, seconds } from './table.ts';

/** Memory of undeleting more and more keys: it should not grow with them. */
export async function memory(sandbox: RemoteSandbox, long: boolean): Promise<void> {
  printTitle(
    'Memory of an undelete, by the number of keys',
    'Resident memory of dist/index.js at 10 %, 50 % and 100 % of its time, and the highest. No latency: as fast as it goes.',
    ...(long ? [] : ['With --long also a million keys.']),
  );
  const rows: (string | number)[][] = [];
  let first: number | undefined;
  for (const keys of [2_000, 20_000, 200_000, ...(long ? [1_000_000] : [])]) {
    const bucket = `memory-${keys}`;
    await sandbox.fill({ bucket, keys, shape: 'dates', history: 'deleted' }, 0);
    const { value, counts } = await sandbox.watch(() =>
      measure({ operation: 'undelete', bucket, 'whole-bucket': 'true' }, sandbox.endpoint),
    );
    const { rss, peak, cpu } = value.usage;
    const at = (share: number) => megabytes(rss[Math.max(0, Math.ceil(rss.length * share) - 1)] ?? 0);
    first ??= peak;
    const { milliseconds } = value.run;
    rows.push([
      `${grouped(keys)} keys, ${grouped(2 * keys)} entries`,
      at(0.1),
      at(0.5),
      at(1),
      megabytes(peak),
      ratio(peak, first),
      seconds(milliseconds),
      `${((cpu / keys) * 1000).toFixed(0)} µs`,
      counts.requests,
      `${Math.round((100 * counts.cpu) / milliseconds)} %`,
    ]);
  }
  printTable(
    ['', 'at 10 %', 'at 50 %', 'at 100 %', 'peak', 'to first', 'wall', 'CPU per key', 'requests', 'sandbox busy'],
    rows,
  );
}
