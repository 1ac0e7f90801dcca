import { describe, test } from 'vitest';
import { ListedDifferences, thenCleanUp } from '../../support/differences.ts';
import { type Area, differencesOf } from '../known-differences.ts';
import { Bucket, type BucketSetup } from './bucket.ts';
import { server } from './server.ts';

/** Declares one behaviour: a test with a bucket of its own. */
export type Behaviour = (name: string, body: (bucket: Bucket) => Promise<void>, setup?: BucketSetup) => void;

/** The behaviours of one file; those that known-differences.ts lists for the server must fail in the way it says. */
export function behaviours(area: Area, declare: (behaviour: Behaviour) => void): void {
  describe(area, () => {
    const differences = new ListedDifferences(server.name, differencesOf(server.name, area));

    declare((name, body, setup) => {
      const { title, run } = differences.claim(name);
      test(title, () => run(() => withBucket(setup, body)));
    });

    for (const name of differences.unclaimed()) {
      test(name, () => {
        throw new Error(`known-differences.ts lists this for ${server.name}, but there is no such behaviour`);
      });
    }
  });
}

async function withBucket(setup: BucketSetup | undefined, body: (bucket: Bucket) => Promise<void>): Promise<void> {
  const bucket = await Bucket.create(setup);
  await thenCleanUp(
    () => body(bucket),
    () => bucket.destroy(),
  );
}
