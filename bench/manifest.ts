import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { compareKeys } from '../src/core/keys.ts';
import type { ManifestRow } from '../src/core/manifest.ts';
import { openSorter } from '../src/files/sort.ts';
import { openManifest } from '../src/manifest/index.ts';
import { grouped, median, megabytes, printTable, printTitle, ratio, seconds } from './table.ts';

const ROWS = 1_000_000;
const ROUNDS = 3;

/** What one process did. Times in milliseconds, without that of making up the rows. */
interface Outcome {
  readonly wall: number;
  readonly bytes: number;
  /** RSS in bytes when 10 %, 50 % and 100 % of the rows had been read. */
  readonly rss: readonly number[];
  /** Highest, in bytes. */
  readonly peak: number;
}

/** Reading a manifest, and bringing its rows into order, each in a process of its own. */
export async function manifest(): Promise<void> {
  printTitle(
    `A CSV manifest of ${grouped(ROWS)} rows`,
    'Rows are made up as they are read, in no order; bucket, key and version id, every tenth key with encoded characters.',
    `Wall without the making up, median of ${ROUNDS}, in turn. Resident memory when 10 %, 50 % and 100 % of the rows are read.`,
  );
  const seen = new Map<Work, Outcome[]>(NAMES.map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of NAMES) seen.get(name)?.push(await inProcess(name));
  }
  const wall = (name: Work) => median((seen.get(name) ?? []).map((outcome) => outcome.wall));
  printTable(
    ['', 'wall', 'rows a second', 'MB a second', 'speed to csv-parse', 'at 10 %', 'at 50 %', 'at 100 %', 'peak'],
    NAMES.map((name) => {
      const [outcome] = seen.get(name) ?? [];
      return [
        TITLES[name],
        seconds(wall(name)),
        Math.round((ROWS / wall(name)) * 1000),
        ((outcome?.bytes ?? 0) / wall(name) / 1000).toFixed(1),
        ratio(wall('csv-parse'), wall(name)),
        ...(outcome?.rss ?? []).map(megabytes),
        megabytes(outcome?.peak ?? 0),
      ];
    }),
  );
}

const TITLES = {
  'csv-parse': 'csv-parse alone, records from its stream',
  'on-record': 'csv-parse alone, on_record',
  read: 'ours: rows, every cell checked and decoded',
  sort: 'ours: rows, sorted on disk, and read back in order',
};
type Work = keyof typeof TITLES;
const NAMES = Object.keys(TITLES) as Work[];

async function inProcess(work: Work): Promise<Outcome> {
  const child = fork(import.meta.filename, [work]);
  const died = once(child, 'exit').then(() => Promise.reject(new Error(`the process that did "${work}" failed`)));
  const [outcome] = await Promise.race([once(child, 'message'), died]);
  return outcome as Outcome;
}

async function measured(work: Work): Promise<Outcome> {
  const source = new RowSource();
  const begin = performance.now();
  const rss: number[] = [];
  const rows = await WORKS[work](source, (read) => {
    const share = [0.1, 0.5, 1][rss.length];
    if (share !== undefined && read >= share * ROWS) rss.push(process.memoryUsage.rss());
  });
  const wall = performance.now() - begin - source.time;
  if (rows !== ROWS) throw new Error(`${work} read ${rows} rows`);
  return { wall, bytes: source.bytes, rss, peak: process.resourceUsage().maxRSS * 1024 };
}

type Watch = (rowsRead: number) => void;

const WORKS: Readonly<Record<Work, (source: RowSource, watch: Watch) => Promise<number>>> = {
  async 'csv-parse'(source, watch) {
    let rows = 0;
    for await (const _ of Readable.from(source.chunks()).pipe(parse())) watch(++rows);
    return rows;
  },
  async 'on-record'(source, watch) {
    let rows = 0;
    const parser = parse({
      on_record() {
        watch(++rows);
        return null;
      },
    });
    for await (const _ of Readable.from(source.chunks()).pipe(parser));
    return rows;
  },
  async read(source, watch) {
    let rows = 0;
    for await (const batch of await opened(source)) {
      rows += batch.length;
      watch(rows);
    }
    return rows;
  },
  async sort(source, watch) {
    const temp = mkdtempSync(join(tmpdir(), 's3-rollback-bench-'));
    const sorter = openSorter<ManifestRow>({
      folder: join(temp, 'runs'),
      encode: JSON.stringify,
      decode: (line) => JSON.parse(line),
      compare: (a, b) => compareKeys(a.key, b.key),
    });
    try {
      let read = 0;
      for await (const batch of await opened(source)) {
        await sorter.add(batch);
        read += batch.length;
        watch(read);
      }
      let rows = 0;
      for await (const batch of sorter.sorted()) rows += batch.length;
      return rows;
    } finally {
      await sorter.cleanUp();
      rmSync(temp, { recursive: true, force: true });
    }
  },
};

async function opened(source: RowSource): Promise<AsyncIterable<readonly ManifestRow[]>> {
  const opening = await openManifest({ file: '/manifest.csv' }, 'csv', async () => source.chunks());
  if (opening.kind !== 'rows') throw new Error('not a manifest of rows');
  return opening.rows;
}

/** Makes the rows up, and knows how long it took. */
class RowSource {
  bytes = 0;
  time = 0;

  async *chunks(): AsyncGenerator<Buffer> {
    for (let start = 0; start < ROWS; start += 600) {
      const begin = performance.now();
      let text = '';
      for (let i = start; i < Math.min(ROWS, start + 600); i++) text += rowAt(i);
      const chunk = Buffer.from(text);
      this.bytes += chunk.length;
      this.time += performance.now() - begin;
      yield chunk;
    }
  }
}

/** The i-th row; the keys of neighbours lie far apart. */
function rowAt(i: number): string {
  // Coprime to the number of rows, so that no key comes twice.
  const n = (i * 600_011) % ROWS;
  const folder = i % 10 === 0 ? 'caf%C3%A9+%28old%29' : 'assets/images';
  return `bench-bucket,site/${folder}/${String(n).padStart(8, '0')}-960x640.webp,3sL4kqtJlcpXroDTDm.vTRdQ${n.toString(36)}\n`;
}

// The child's part; below everything that it uses.
if (process.argv[1] === import.meta.filename) {
  process.send?.(await measured(process.argv[2] as Work));
  process.disconnect?.();
}
