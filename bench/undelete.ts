import { undeleteKeyByKey, undeleteOneByOne } from './peers.ts';
import type { Measured } from './probe.ts';
import { measure } from './probe.ts';
import type { RemoteSandbox } from './sandbox.ts';
import type { Counts } from './server.ts';
import { grouped, printTable, printTitle, ratio, seconds } from './table.ts';

const LATENCY = 10;
const KEYS = 10_000;
/** Key by key is too slow to wait for: it is run on so many, and the rest is reckoned. */
const SLOW_KEYS = 400;

/** Requests and time of 10,000 undeletes. Ours as a whole process, from its start to its exit. */
export async function undeletes(sandbox: RemoteSandbox): Promise<void> {
  printTitle(
    `${grouped(KEYS)} undeletes at ${LATENCY} ms a request`,
    'Ours: dist/index.js as the runner starts it, the start of Node and the plan and journal on disk included.',
    'The others: the loop alone, in a process that has the SDK loaded. CPU is of the client.',
  );
  const fill = (bucket: string, keys: number) =>
    sandbox.fill({ bucket, keys, shape: 'site', history: 'deleted' }, LATENCY);
  const inputs = { operation: 'undelete', prefix: 'site/' };

  const runs: { name: string; requests: number; wall: number; cpu: number }[] = [];
  const take = (name: string, counts: Counts, wall: number, cpu: number, scale = 1) =>
    runs.push({ name, requests: counts.requests * scale, wall: wall * scale, cpu: cpu * scale });
  const takeOurs = (name: string, { value, counts }: { value: Measured; counts: Counts }) =>
    take(name, counts, value.run.milliseconds, value.usage.cpu);

  await fill('undelete', KEYS);
  takeOurs('ours', await sandbox.watch(() => measure({ bucket: 'undelete', ...inputs }, sandbox.endpoint)));
  await fill('unverified', KEYS);
  takeOurs(
    'ours, verify: false',
    await sandbox.watch(() => measure({ bucket: 'unverified', ...inputs, verify: 'false' }, sandbox.endpoint)),
  );

  await fill('one-by-one', KEYS);
  const loop = await sandbox.watch(() => timed(() => undeleteOneByOne(sandbox.client(), 'one-by-one', 10)));
  take('one DeleteObject per marker, 10 in flight', loop.counts, loop.value.wall, loop.value.cpu);
  await fill('key-by-key', SLOW_KEYS);
  const slow = await sandbox.watch(() => timed(() => undeleteKeyByKey(sandbox.client(), 'key-by-key', SLOW_KEYS)));
  const scale = KEYS / SLOW_KEYS;
  take(
    `one DeleteObjects per key, in turn (reckoned from ${SLOW_KEYS})`,
    slow.counts,
    slow.value.wall,
    slow.value.cpu,
    scale,
  );

  const [ours] = runs;
  if (ours === undefined) return;
  printTable(
    ['', 'requests', 'to ours', 'wall', 'to ours', 'CPU'],
    runs.map((run) => [
      run.name,
      Math.round(run.requests),
      ratio(run.requests, ours.requests),
      seconds(run.wall),
      ratio(run.wall, ours.wall),
      seconds(run.cpu),
    ]),
  );
}

/** Milliseconds of wall and of CPU of this process. */
export async function timed(work: () => Promise<void>): Promise<{ wall: number; cpu: number }> {
  const begin = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: performance.now() - begin, cpu: (user + system) / 1000 };
}
