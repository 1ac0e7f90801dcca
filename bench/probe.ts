import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runStep, type StepRun } from '../demo/runner.ts';

/** What a run of the built action used, from inside its process. */
export interface Usage {
  /** User and system, all threads, in milliseconds. */
  readonly cpu: number;
  /** Highest, in bytes. */
  readonly peak: number;
  /** RSS in bytes, every 50 ms. */
  readonly rss: readonly number[];
  /** fdatasync: how often, and how long they took one after the other, in milliseconds. */
  readonly syncs: number;
  readonly syncTime: number;
}

export interface Measured {
  readonly run: StepRun;
  readonly usage: Usage;
}

/** Loaded into the process before dist/index.js. JavaScript, since stripping types would cost memory there. */
const PROBE = `
import { open } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
const { BENCH_PROBE: file, BENCH_NO_SYNC: noSync } = process.env;
const rss = [];
setInterval(() => rss.push(process.memoryUsage.rss()), 50).unref();
let syncs = 0;
let syncTime = 0;
const handle = await open(file, 'w');
const files = Object.getPrototypeOf(handle);
await handle.close();
const datasync = files.datasync;
files.datasync = async function () {
  const begin = performance.now();
  if (noSync === undefined) await datasync.call(this);
  syncs += 1;
  syncTime += performance.now() - begin;
};
process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const cpu = (userCPUTime + systemCPUTime) / 1000;
  writeFileSync(file, JSON.stringify({ cpu, peak: maxRSS * 1024, rss, syncs, syncTime }));
});
`;

/** Run a step of the built action, measured. `sync: false`: writes to disk without waiting for the disk. */
export async function measure(
  inputs: Readonly<Record<string, string>>,
  endpoint: string,
  { sync = true }: { readonly sync?: boolean } = {},
): Promise<Measured> {
  const temp = mkdtempSync(join(tmpdir(), 's3-rollback-bench-'));
  const file = join(temp, 'usage.json');
  try {
    const run = await runStep(inputs, {
      endpoint,
      temp,
      env: { BENCH_PROBE: file, ...(!sync && { BENCH_NO_SYNC: '1' }) },
      nodeOptions: ['--import', `data:text/javascript,${encodeURIComponent(PROBE)}`],
    });
    if (run.code !== 0) throw new Error(`the step failed:\n${run.log}`);
    return { run, usage: JSON.parse(readFileSync(file, 'utf8')) as Usage };
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}
