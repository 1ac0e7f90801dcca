import { describe, test } from 'vitest';
import { type Area, differencesOf } from '../known-differences.ts';
import { Bucket, type BucketSetup } from './bucket.ts';
import { server } from './server.ts';

/** Declares one behaviour: a test with a bucket of its own. */
export type Behaviour = (name: string, body: (bucket: Bucket) => Promise<void>, setup?: BucketSetup) => void;

/**
 * The behaviours of one file. A behaviour that known-differences.ts lists for the server under test is run all the
 * same and must fail in the way that is listed there; if it passes, or fails otherwise, the list is wrong.
 */
export function behaviours(area: Area, declare: (behaviour: Behaviour) => void): void {
  describe(area, () => {
    const differences = differencesOf(server.name, area);
    const unused = new Set(Object.keys(differences));

    declare((name, body, setup) => {
      unused.delete(name);
      const difference = differences[name];
      const title = difference === undefined ? name : `${name} — known to differ: ${difference.reason}`;
      test(title, async () => {
        const failure = await failureOf(() => withBucket(setup, body));
        if (difference === undefined) {
          if (failure !== undefined) throw failure;
        } else if (failure === undefined) {
          throw new Error(`${server.name} now does this as AWS does: remove it from known-differences.ts`);
        } else if (!difference.seen.test(String(failure))) {
          const message = `${server.name} differs, but not as known-differences.ts says (${difference.seen})`;
          throw new Error(`${message}: ${failure}`, { cause: failure });
        }
      });
    });

    for (const name of unused) {
      test(name, () => {
        throw new Error(`known-differences.ts lists this for ${server.name}, but there is no such behaviour`);
      });
    }
  });
}

async function withBucket(setup: BucketSetup | undefined, body: (bucket: Bucket) => Promise<void>): Promise<void> {
  const bucket = await Bucket.create(setup);
  const failure = await failureOf(() => body(bucket));
  const leftover = await failureOf(() => bucket.destroy());
  if (failure !== undefined) throw failure;
  if (leftover !== undefined) throw leftover;
}

async function failureOf(run: () => Promise<void>): Promise<Error | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
