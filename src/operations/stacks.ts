import { join } from 'node:path';
import { isWrite, type PlannedKey } from '../core/plan.ts';
import { openSorter } from '../files/sort.ts';
import { type ChunkKey, chunkKeyOf } from './chunk.ts';

/**
 * Keys on which several versions are put, one on the other. They are carried out in two passes over the plan, and wait in
 * between on disk, in the order of the plan: first all versions but the newest, of all keys, then the newest of each.
 */
export interface Stacks {
  /** For the first pass: the keys of the plan that have one. */
  toBegin(plan: AsyncIterable<PlannedKey>): AsyncIterable<ChunkKey>;
  /** After a part of the first pass: how far its keys are. */
  keep(keys: readonly ChunkKey[]): Promise<void>;
  /** For the second pass: all keys of the plan, those of the first pass as they were kept. */
  goOn(plan: AsyncIterable<PlannedKey>): AsyncIterable<ChunkKey>;
  /** What was kept and not given out again. */
  left(): AsyncIterable<readonly ChunkKey[]>;
  cleanUp(): Promise<void>;
}

export function openStacks(folder: string): Stacks {
  const spool = openSorter<ChunkKey>({
    folder: join(folder, 'stacks'),
    encode: (key) => JSON.stringify(key),
    // What `encode` wrote; an outcome that was undefined is absent then.
    decode: (line) => JSON.parse(line) as ChunkKey,
    compare: () => 0,
  });
  let kept: AsyncGenerator<ChunkKey> | undefined;
  async function* keptKeys(): AsyncGenerator<ChunkKey> {
    for await (const batch of spool.sorted()) yield* batch;
  }

  return {
    async *toBegin(plan) {
      for await (const line of plan) if (isStack(line)) yield chunkKeyOf(line);
    },

    keep: (keys) => spool.add(keys),

    async *goOn(plan) {
      kept = keptKeys();
      for await (const line of plan) {
        if (!isStack(line)) {
          yield chunkKeyOf(line);
          continue;
        }
        const next = await kept.next();
        if (next.done === true) throw new RangeError('every stack of the plan was begun in the first pass');
        yield next.value;
      }
    },

    async *left() {
      for await (const key of kept ?? keptKeys()) yield [key];
    },

    cleanUp: () => spool.cleanUp(),
  };
}

function isStack({ steps }: PlannedKey): boolean {
  return steps.filter(isWrite).length > 1;
}
