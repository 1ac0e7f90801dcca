import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Entry, KeyHistory } from '../src/core/history.ts';
import { SILENT } from '../src/core/narrator.ts';
import type { BucketPort, Buckets, Segment } from '../src/core/ports.ts';
import { history } from '../src/operations/history.ts';
import { grouped, megabytes, printTable, printTitle, ratio, seconds } from './table.ts';

/** What one process did. Times in milliseconds, without that of making up the histories. */
interface Outcome {
  readonly wall: number;
  readonly entries: number;
  /** RSS in bytes when 10 %, 50 % and 100 % of the keys had been read. */
  readonly rss: readonly number[];
  /** Highest, in bytes. */
  readonly peak: number;
  readonly suggestedTime: string;
}

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 22);
const WIPE = NOW - 5 * DAY;
const LANES = 16;

/** Finding the incident in more and more entries: memory should not grow with them. */
export async function histories(long: boolean): Promise<void> {
  printTitle(
    'An incident found, by the number of keys',
    'No network: histories are made up as they are read, three or four entries a key, losses at random seconds of two years,',
    'and one key in ten deleted within an hour. Wall without the making up. Resident memory when 10 %, 50 % and 100 % are read.',
    ...(long ? [] : ['With --long also five million keys.']),
  );
  const rows: (string | number)[][] = [];
  let first: number | undefined;
  for (const keys of [100_000, 1_000_000, ...(long ? [5_000_000] : [])]) {
    const outcome = await inProcess(keys);
    first ??= outcome.peak;
    const expected = new Date(WIPE - 1000).toISOString().replace('.000Z', 'Z');
    rows.push([
      `${grouped(keys)} keys, ${grouped(outcome.entries)} entries`,
      seconds(outcome.wall),
      Math.round((outcome.entries / outcome.wall) * 1000),
      ...outcome.rss.map(megabytes),
      megabytes(outcome.peak),
      ratio(outcome.peak, first),
      outcome.suggestedTime === expected ? 'yes' : `no: ${outcome.suggestedTime}`,
    ]);
  }
  printTable(['', 'wall', 'entries a second', 'at 10 %', 'at 50 %', 'at 100 %', 'peak', 'to first', 'found'], rows);
}

async function inProcess(keys: number): Promise<Outcome> {
  const child = fork(import.meta.filename, [String(keys)]);
  const died = once(child, 'exit').then(() => Promise.reject(new Error('the process that looked failed')));
  const [outcome] = await Promise.race([once(child, 'message'), died]);
  return outcome as Outcome;
}

async function measured(keys: number): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 's3-rollback-bench-'));
  const source = new Source(keys);
  const begin = performance.now();
  try {
    const { suggestedTime = '', report } = await history(
      {
        operation: 'history',
        scope: { bucket: 'bench', prefix: '', include: [], exclude: [] },
        target: { kind: 'none' },
        dryRun: false,
        failOn: 'failures',
        planFile: join(folder, 'plan'),
        journalFile: join(folder, 'journal'),
        reportFile: join(folder, 'report'),
      },
      {
        buckets: source.buckets(),
        narrator: SILENT,
        now: () => NOW,
        stop: new AbortController().signal,
        concurrency: 32,
      },
    );
    if (report.error !== undefined) throw new Error(report.error.message);
    const wall = performance.now() - begin - source.time;
    const peak = process.resourceUsage().maxRSS * 1024;
    return { wall, entries: report.totals.entriesExamined, rss: source.rss, peak, suggestedTime };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes the histories up, and knows how long it took. */
class Source {
  readonly rss: number[] = [];
  time = 0;
  readonly #keys: number;
  #read = 0;

  constructor(keys: number) {
    this.#keys = keys;
  }

  buckets(): Buckets {
    const never = () => Promise.reject(new Error('a history only lists'));
    const list = () => ({ order: 'wire' as const, segments: this.#segments() });
    const port: BucketPort = {
      bucket: 'bench',
      batchSize: 1000,
      preflight: async () => ({ versioning: 'Enabled', mfaDelete: false, objectLock: 'off' }),
      list,
      readHistories: never,
      headVersion: never,
      readTop: never,
      removeEntries: never,
      copyVersion: never,
      addDeleteMarker: never,
      requestRestore: never,
      readObject: never,
      serverTime: never,
    };
    const requests = { list: 0, head: 0, get: 0, copy: 0, delete: 0, put: 0, retries: 0, throttled: 0 };
    return { open: () => port, requests, notes: new Set() };
  }

  async *#segments(): AsyncGenerator<Segment> {
    const share = this.#keys / LANES;
    for (let lane = 0; lane < LANES; lane++) {
      yield { start: String(lane), batches: this.#batches(lane * share, (lane + 1) * share) };
    }
  }

  async *#batches(from: number, to: number): AsyncGenerator<readonly KeyHistory[]> {
    for (let i = from; i < to; i += 300) {
      // Pages come from the network: there is a turn of the event loop in between.
      await new Promise((done) => setImmediate(done));
      const begin = performance.now();
      const page = Array.from({ length: Math.min(300, to - i) }, (_, n) => historyAt(i + n));
      this.time += performance.now() - begin;
      this.#read += page.length;
      const share = [0.1, 0.5, 1][this.rss.length];
      if (share !== undefined && this.#read >= share * this.#keys) this.rss.push(process.memoryUsage.rss());
      yield page;
    }
  }
}

function historyAt(i: number): KeyHistory {
  // Spread over two years, to the second, in no order.
  const second = (n: number) => NOW - 10 * DAY - ((i * 7919 + n * 104_729) % 63_072_000) * 1000;
  const times = [second(1), second(2), second(3)].sort((a, b) => b - a);
  const entries = times.map((lastModified, n): Entry => entry(i, n, lastModified, false));
  if (i % 10 === 0) entries.unshift(entry(i, 3, WIPE + ((i / 10) % 3600) * 1000, true));
  return { key: `site/${i % 200}/${String(i).padStart(9, '0')}.html`, entries };
}

function entry(i: number, n: number, lastModified: number, deleteMarker: boolean): Entry {
  // Each version holds something else: what holds the same as an older one is no loss.
  const etag = `d41d8cd98f00b204e9800998ecf8427${n}`;
  const data = deleteMarker ? {} : { etag, size: 1234, storageClass: 'STANDARD' };
  return { versionId: `3sL4kqtJlcpXroDTDm${i}.${n}`, deleteMarker, lastModified, isLatest: false, ...data };
}

// The child's part; below everything that it uses.
if (process.argv[1] === import.meta.filename) {
  process.send?.(await measured(Number(process.argv[2])));
  process.disconnect?.();
}
