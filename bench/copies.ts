import { copyBack } from './peers.ts';
import { measure } from './probe.ts';
import type { RemoteSandbox } from './sandbox.ts';
import { grouped, printTable, printTitle, ratio, seconds } from './table.ts';
import { timed } from './undelete.ts';

const LATENCY = 10;
const KEYS = 2000;
const SLOW_KEYS = 300;

/** Rolling back by copies: a look at the version, a guarded copy, the journal, and a proof, against copies alone. */
export async function copies(sandbox: RemoteSandbox): Promise<void> {
  printTitle(
    `${grouped(KEYS)} rollbacks by copy at ${LATENCY} ms a request`,
    'Ours: dist/index.js, whole process; looks at each version first (HEAD), guards each copy, journals, verifies.',
    'The others: list and copy, nothing else; the loop alone.',
  );
  const fill = (bucket: string, keys: number) =>
    sandbox.fill({ bucket, keys, shape: 'site', history: 'overwritten' }, LATENCY);
  const runs: { name: string; wall: number; cpu: number; requests: number; copied: number }[] = [];

  for (const [name, more] of [
    ['ours', {}],
    ['ours, verify: false', { verify: 'false' }],
    ['ours, concurrency: 64', { concurrency: '64' }],
  ] as const) {
    const bucket = `copies-${runs.length}`;
    await fill(bucket, KEYS);
    const inputs = { operation: 'rollback', bucket, prefix: 'site/', 'to-time': '2026-01-05T12:00:00Z', ...more };
    const { value, counts } = await sandbox.watch(() => measure(inputs, sandbox.endpoint));
    const { run, usage } = value;
    runs.push({ name, wall: run.milliseconds, cpu: usage.cpu, requests: counts.requests, copied: KEYS });
  }
  for (const inFlight of [10, 1]) {
    const copied = inFlight === 1 ? SLOW_KEYS : KEYS;
    await fill(`copied-${inFlight}`, copied);
    const { value, counts } = await sandbox.watch(() =>
      timed(() => copyBack(sandbox.client(), `copied-${inFlight}`, inFlight, copied)),
    );
    const name = inFlight === 1 ? `copies one at a time (measured on ${copied})` : `copies, ${inFlight} in flight`;
    runs.push({ name, ...value, requests: counts.requests, copied });
  }

  const slowest = runs.at(-1);
  if (slowest === undefined) return;
  const perSecond = (run: (typeof runs)[number]) => (run.copied / run.wall) * 1000;
  printTable(
    ['', 'copies a second', 'to one at a time', 'wall', 'requests per key', 'CPU per key'],
    runs.map((run) => [
      run.name,
      Math.round(perSecond(run)),
      ratio(perSecond(run), perSecond(slowest)),
      seconds(run.wall),
      (run.requests / run.copied).toFixed(2),
      `${(run.cpu / run.copied).toFixed(2)} ms`,
    ]),
  );
}
