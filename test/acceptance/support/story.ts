import { describe, type ExpectStatic, test } from 'vitest';
import { ListedDifferences, thenCleanUp } from '../../support/differences.ts';
import type { Inputs } from '../../support/runner.ts';
import { type BucketSetup, ServerBucket } from '../../support/server-bucket.ts';
import { type Act, type ActOptions, act, server } from './act.ts';
import { type Area, differencesOf } from './known-differences.ts';

export interface StoryContext {
  readonly bucket: ServerBucket;
  /** Makes another bucket of this story; each run of it is checked in all of them. */
  readonly another: (setup?: BucketSetup) => Promise<ServerBucket>;
  readonly act: (inputs: Inputs, options?: ActOptions) => Promise<Act>;
  readonly expect: ExpectStatic;
}

/** Declares one story: a test with a bucket of its own, on whatever server. */
export type Story = (name: string, body: (context: StoryContext) => Promise<void>, setup?: BucketSetup) => void;

/** The stories of one file; those that known-differences.ts lists for the server must fail in the way it says. */
export function stories(area: Area, declare: (story: Story) => void): void {
  describe.concurrent(area, () => {
    const differences = new ListedDifferences(server.name, differencesOf(server.name, area));

    declare((name, body, setup) => {
      const { title, run } = differences.claim(name);
      test(title, ({ expect }) => run(() => withBucket(setup, body, expect)));
    });

    for (const name of differences.unclaimed()) {
      test(name, () => {
        throw new Error(`known-differences.ts lists this for ${server.name}, but there is no such story`);
      });
    }
  });
}

async function withBucket(
  setup: BucketSetup | undefined,
  body: (context: StoryContext) => Promise<void>,
  expect: ExpectStatic,
): Promise<void> {
  const buckets: ServerBucket[] = [];
  const another = async (more?: BucketSetup) => {
    const made = await ServerBucket.create(server, more);
    buckets.push(made);
    return made;
  };
  const bucket = await another(setup);
  await thenCleanUp(
    () =>
      body({
        bucket,
        another,
        expect,
        act: (inputs, options) => act(bucket, inputs, { beside: buckets.slice(1), ...options }),
      }),
    async () => {
      for (const one of buckets) await one.destroy();
    },
  );
}
