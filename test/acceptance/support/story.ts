import { describe, type ExpectStatic, test } from 'vitest';
import type { Inputs } from '../../support/runner.ts';
import { type BucketSetup, ServerBucket } from '../../support/server-bucket.ts';
import { type Act, type ActOptions, act, server } from './act.ts';
import { type Area, differencesOf } from './known-differences.ts';

export interface StoryContext {
  readonly bucket: ServerBucket;
  readonly act: (inputs: Inputs, options?: ActOptions) => Promise<Act>;
  readonly expect: ExpectStatic;
}

/** Declares one story: a test with a bucket of its own, on whatever server. */
export type Story = (name: string, body: (context: StoryContext) => Promise<void>, setup?: BucketSetup) => void;

/**
 * The stories of one file. One that known-differences.ts lists for the server under test is run all the same and must
 * fail in the way that is listed there; if it passes, or fails otherwise, the list is wrong.
 */
export function stories(area: Area, declare: (story: Story) => void): void {
  describe.concurrent(area, () => {
    const differences = differencesOf(server.name, area);
    const unused = new Set(Object.keys(differences));

    declare((name, body, setup) => {
      unused.delete(name);
      const difference = differences[name];
      const title = difference === undefined ? name : `${name} — known to differ: ${difference.reason}`;
      test(title, async ({ expect }) => {
        const failure = await failureOf(() => withBucket(setup, body, expect));
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
  const bucket = await ServerBucket.create(server, setup);
  const failure = await failureOf(() =>
    body({ bucket, expect, act: (inputs, options) => act(bucket, inputs, options) }),
  );
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
