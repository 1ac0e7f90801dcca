import { join } from 'node:path';
import type { Place } from '../core/decide.ts';
import { outcomeWord } from '../core/incident.ts';
import { compareKeys } from '../core/keys.ts';
import type { Outcome } from '../core/outcome.ts';
import { openSorter } from '../files/sort.ts';

/** What became of each key, on disk where there are many, to be told to the messages that asked for it. */
export interface OutcomeSpool {
  add(place: Place, outcome: Outcome): void;
  /**
   * Ask for the outcomes of keys, in ascending order of bucket and key: `undefined` for one that has none. No outcome may
   * be added any more. @throws RollbackError `file-not-writable`
   */
  reader(): Promise<(place: Place) => Promise<KeyOutcome | undefined>>;
  cleanUp(): Promise<void>;
}

export interface KeyOutcome extends Place {
  readonly kind: Outcome['kind'];
  /** The kind; of a skipped key the reason. */
  readonly word: string;
  /** Of what is looked at again: in so many seconds. */
  readonly again?: number;
}

const BATCH = 1000;

export function openOutcomeSpool(folder: string): OutcomeSpool {
  const compare = (a: Place, b: Place) => compareKeys(a.bucket, b.bucket) || compareKeys(a.key, b.key);
  const sorter = openSorter<KeyOutcome>({
    folder: join(folder, 'outcomes'),
    encode: (outcome) => JSON.stringify(outcome),
    decode: (line) => JSON.parse(line) as KeyOutcome,
    compare,
  });
  let held: KeyOutcome[] = [];
  let written = Promise.resolve();
  const flush = () => {
    const batch = held;
    held = [];
    written = written.then(() => sorter.add(batch));
    // Whoever reads is told.
    written.catch(() => {});
  };

  return {
    add({ bucket, key }, outcome) {
      const again = outcome.kind === 'skipped' ? outcome.again : undefined;
      const { kind } = outcome;
      held.push({ bucket, key, kind, word: outcomeWord(outcome), ...(again !== undefined && { again }) });
      if (held.length >= BATCH) flush();
    },
    async reader() {
      flush();
      await written;
      const all = each(sorter.sorted());
      let next = await all.next();
      return async (place) => {
        while (next.done !== true && compare(next.value, place) < 0) next = await all.next();
        return next.done !== true && compare(next.value, place) === 0 ? next.value : undefined;
      };
    },
    cleanUp: () => sorter.cleanUp(),
  };
}

async function* each<T>(batches: AsyncIterable<readonly T[]>): AsyncGenerator<T> {
  for await (const batch of batches) yield* batch;
}
