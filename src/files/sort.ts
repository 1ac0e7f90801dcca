import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CancelledError, RollbackError } from '../core/errors.ts';
import { makeFolder } from './open.ts';

/**
 * Sorts more items than memory should hold: they are sorted in runs, the runs are written to disk, and merged when they
 * are asked for. Equal items keep the order in which they were added.
 */
export interface Sorter<T> {
  /** Not to be called while `sorted` is being read. @throws RollbackError `file-not-writable` */
  add(items: readonly T[]): Promise<void>;
  /** All items in order, in batches. Each call goes through them anew. @throws RollbackError `file-not-writable` */
  sorted(): AsyncIterable<readonly T[]>;
  /** Remove its files, whatever happened. */
  cleanUp(): Promise<void>;
}

export interface SorterOptions<T> {
  /** A folder of this sorter's own, made when it is first needed; few items never touch the disk. */
  readonly folder: string;
  /** One line, without LF and without halves of surrogate pairs, as JSON.stringify makes them. */
  readonly encode: (item: T) => string;
  readonly decode: (line: string) => T;
  readonly compare: (a: T, b: T) => number;
  /** Items held in memory before a run is written. */
  readonly runItems?: number;
  /** Aborted: what takes long ends with a CancelledError. */
  readonly stop?: AbortSignal;
}

/** At 300 bytes an item about 15 MB, and a hundred million items make two thousand runs. */
const RUN_ITEMS = 50_000;
/** Runs merged at a time: each has a file open and a buffer. More are merged in several passes. */
const FAN_IN = 64;
const BATCH_ITEMS = 1000;
const READ_BYTES = 64 * 1024;
const WRITE_CHARACTERS = 256 * 1024;

export function openSorter<T>(options: SorterOptions<T>): Sorter<T> {
  const { folder, encode, decode, compare, stop, runItems = RUN_ITEMS } = options;
  /** The files of the runs: what was added first comes first, so that the merge can keep the order of equals. */
  const runs: string[] = [];
  let held: T[] = [];
  let folderMade = false;
  let filesMade = 0;
  let settled = Promise.resolve();

  return {
    async add(items) {
      for (const item of items) {
        held.push(item);
        if (held.length >= runItems) {
          const run = held.sort(compare);
          held = [];
          const file = nextFile();
          runs.push(file);
          await writeRun(file, [run]);
        }
      }
    },

    async *sorted() {
      settled = settled.then(mergeUntilFew);
      await settled;
      for await (const batch of merged([...runs.map(fileCursor), memoryCursor(held.sort(compare))], compare)) {
        if (stop?.aborted) throw new CancelledError();
        yield batch;
      }
    },

    async cleanUp() {
      if (folderMade) await rm(folder, { recursive: true, force: true });
    },
  };

  function nextFile(): string {
    return join(folder, `${filesMade++}.run`);
  }

  /** Merge neighbouring runs into longer ones, no more than needed, until one merge can take them all. */
  async function mergeUntilFew(): Promise<void> {
    while (runs.length > FAN_IN) {
      const longer: string[] = [];
      while (runs.length > 0 && longer.length + runs.length > FAN_IN) {
        const some = runs.splice(0, Math.min(FAN_IN, longer.length + runs.length - FAN_IN + 1));
        const file = nextFile();
        await writeRun(file, merged(some.map(fileCursor), compare));
        for (const done of some) await rm(done, { force: true });
        longer.push(file);
      }
      runs.unshift(...longer);
    }
  }

  async function writeRun(file: string, batches: Iterable<readonly T[]> | AsyncIterable<readonly T[]>): Promise<void> {
    const handle = await orNoRoom(async () => {
      if (!folderMade) await makeFolder(folder);
      folderMade = true;
      return open(file, 'w', 0o600);
    });
    try {
      let text = '';
      for await (const batch of batches) {
        if (stop?.aborted) throw new CancelledError();
        for (const item of batch) {
          text += `${encode(item)}\n`;
          if (text.length < WRITE_CHARACTERS) continue;
          const full = text;
          text = '';
          await orNoRoom(() => handle.appendFile(full));
        }
      }
      await orNoRoom(() => handle.appendFile(text));
    } finally {
      await handle.close();
    }
  }

  function fileCursor(file: string): Cursor<T> {
    let handle: FileHandle | undefined;
    let buffer = Buffer.allocUnsafe(READ_BYTES);
    /** Bytes at the buffer's start: a line whose end has not been read yet. */
    let kept = 0;
    async function readLines(): Promise<string | undefined> {
      handle ??= await open(file, 'r');
      for (;;) {
        if (kept === buffer.length) buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)]);
        const { bytesRead } = await handle.read(buffer, kept, buffer.length - kept);
        if (bytesRead === 0 && kept === 0) return undefined;
        if (bytesRead === 0) throw new Error(`${file} was cut off`);
        const filled = kept + bytesRead;
        const end = buffer.lastIndexOf(10, filled - 1);
        kept = filled - end - 1;
        if (end === -1) continue;
        const text = buffer.toString('utf8', 0, end);
        buffer.copy(buffer, 0, end + 1, filled);
        return text;
      }
    }
    return {
      items: [],
      at: 0,
      rank: 0,
      async refill() {
        const text = await orNoRoom(readLines);
        this.items = text === undefined ? [] : text.split('\n').map(decode);
      },
      async close() {
        await handle?.close();
      },
    };
  }

  async function orNoRoom<R>(work: () => Promise<R>): Promise<R> {
    try {
      return await work();
    } catch (error) {
      throw new RollbackError(
        'file-not-writable',
        `temporary files for sorting cannot be kept in ${folder} (${error instanceof Error ? error.message : error})`,
        "Many rows are sorted on the disk of the runner's temporary folder, RUNNER_TEMP: make room there, about as much as the manifest takes unpacked.",
        { cause: error },
      );
    }
  }
}

/** A run as the merge reads it: some of its items, and where the merge is. */
interface Cursor<T> {
  items: readonly T[];
  at: number;
  /** The place of its run among all: of equal items that of the lowest comes first. */
  rank: number;
  /** The next items, none at its end. */
  refill(): Promise<void>;
  close(): Promise<void>;
}

function memoryCursor<T>(sorted: readonly T[]): Cursor<T> {
  return {
    items: sorted,
    at: 0,
    rank: 0,
    async refill() {
      this.items = [];
    },
    async close() {},
  };
}

/** Sorted runs as one, in batches. */
async function* merged<T>(
  cursors: readonly Cursor<T>[],
  compare: (a: T, b: T) => number,
): AsyncGenerator<readonly T[]> {
  try {
    const heap: Cursor<T>[] = [];
    for (const [rank, cursor] of cursors.entries()) {
      cursor.rank = rank;
      if (cursor.items.length === 0) await cursor.refill();
      if (cursor.items.length > 0) heap.push(cursor);
    }
    for (let i = Math.floor(heap.length / 2) - 1; i >= 0; i--) siftDown(heap, i, compare);

    let batch: T[] = [];
    for (let top = heap[0]; top !== undefined; top = heap[0]) {
      batch.push(itemOf(top));
      top.at += 1;
      if (top.at === top.items.length) {
        await top.refill();
        top.at = 0;
        if (top.items.length === 0) {
          const last = heap.pop();
          if (last !== undefined && heap.length > 0) heap[0] = last;
        }
      }
      siftDown(heap, 0, compare);
      if (batch.length === BATCH_ITEMS) {
        yield batch;
        batch = [];
      }
    }
    if (batch.length > 0) yield batch;
  } finally {
    for (const cursor of cursors) await cursor.close();
  }
}

/** Let the cursor at `i` sink to its place in the heap below it. */
function siftDown<T>(heap: Cursor<T>[], i: number, compare: (a: T, b: T) => number): void {
  const sinking = heap[i];
  if (sinking === undefined) return;
  for (;;) {
    let child = 2 * i + 1;
    let smaller = heap[child];
    if (smaller === undefined) break;
    const right = heap[child + 1];
    if (right !== undefined && isBefore(right, smaller, compare)) {
      child += 1;
      smaller = right;
    }
    if (!isBefore(smaller, sinking, compare)) break;
    heap[i] = smaller;
    i = child;
  }
  heap[i] = sinking;
}

// A cursor in the heap always has an item; the type cannot say so.
const itemOf = <T>(cursor: Cursor<T>): T => cursor.items[cursor.at] as T;

function isBefore<T>(a: Cursor<T>, b: Cursor<T>, compare: (a: T, b: T) => number): boolean {
  const order = compare(itemOf(a), itemOf(b));
  return order < 0 || (order === 0 && a.rank < b.rank);
}
