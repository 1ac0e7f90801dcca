import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketAfter, choices, endOf, type Intrusion, intrusions, restoring, runs } from '../support/arbitraries.ts';
import * as model from '../support/model.ts';
import { type Goal, goalOf } from '../support/model-goal.ts';
import { engine, keysInScope, restoredKeys } from '../support/model-run.ts';

/** 3. No lost write: whatever somebody writes between plan and apply is still current afterwards. */

const run = engine();

const circumstances = fc.record({
  choices,
  batchSize: fc.constantFrom(1, 2, 1000),
  concurrency: fc.constantFrom(1, 4),
});

interface Intruded {
  readonly entry: model.StoredEntry;
  /** The key's page of the plan's listing had been sent. */
  readonly afterListing: boolean;
  /** What readers met, and what was current, when the key was listed. */
  readonly listed: model.StoredEntry | undefined;
  readonly n: number;
}

function etagNow(entry: model.StoredEntry | undefined): string | undefined {
  return entry?.object && model.etagOf(entry.object);
}

describe('somebody else writes to the same keys between any two requests', () => {
  it('loses nothing that they wrote, and no key that they changed is called restored', async () => {
    await fc.assert(
      fc.asyncProperty(restoring(), circumstances, intrusions, async (of, how, writes) => {
        const bucket = bucketAfter(of.past);
        // What a suspended bucket allows is told below.
        fc.pre(bucket.versioning === 'Enabled');
        const keys = keysInScope(bucket, of);
        fc.pre(keys.length > 0);
        const goals = new Map<string, Goal>();
        const listed = new Map<string, model.StoredEntry | undefined>();
        const lastLook = new Map<string, number>();
        const intruded = new Map<string, Intruded>();
        const wrote: [string, model.StoredEntry][] = [];

        const ran = await run(bucket, of, {
          ...how,
          before: (request, n) => {
            for (const write of writes.filter((w) => w.n === n)) {
              const key = keys[write.keyIndex % keys.length] ?? '';
              const entry = intrude(bucket, key, write, endOf(of.past) + 1000);
              wrote.push([key, entry]);
              intruded.set(key, { entry, n, afterListing: listed.has(key), listed: listed.get(key) });
            }
            for (const key of request.kind === 'list' ? request.keys : []) {
              lastLook.set(key, n);
              if (listed.has(key)) continue;
              listed.set(key, model.entriesOf(bucket, key)[0]);
              goals.set(key, goalOf(model.entriesOf(bucket, key), of.target));
            }
          },
        });

        // Nothing that was written during the run is gone, unless method delete was asked with the write in its plan.
        for (const [key, entry] of wrote) {
          const planned = ran.plan.find((line) => line.key === key);
          const inPlan = planned?.steps.some((s) => 'versionId' in s && s.versionId === entry.versionId) ?? false;
          if (!inPlan) expect(model.entriesOf(bucket, key)).toContain(entry);
        }

        const restored = new Set(restoredKeys(ran));
        for (const [key, { entry, afterListing, listed, n }] of intruded) {
          if (!afterListing) continue;
          const current = model.entriesOf(bucket, key)[0];
          // S3's guards know a version by its ETag and a marker not at all: a writer who leaves the key as it was
          // cannot be told from nobody. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
          if (etagNow(entry) !== etagNow(listed)) expect(current).toBe(entry);

          const goal = goals.get(key);
          const atGoal = goal?.kind === 'object' ? current?.object === goal.object : current?.object === undefined;
          if (!atGoal && n <= (lastLook.get(key) ?? -1) && ran.report.error === undefined) {
            expect(restored).not.toContain(key);
          }
        }
      }),
      runs(),
    );
  });

  it('loses nothing in a suspended bucket either, of keys whose plan does not name a `null` entry', async () => {
    // A write replaces the `null` entry, and S3 has no condition for removing a marker: where the plan removes `null`
    // itself, the engine looks just before, and what is written between look and removal is lost.
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectsfromVersioningSuspendedBuckets.html
    await fc.assert(
      fc.asyncProperty(restoring(), circumstances, intrusions, async (of, how, writes) => {
        const bucket = bucketAfter(of.past);
        fc.pre(bucket.versioning === 'Suspended');
        const keys = keysInScope(bucket, of);
        fc.pre(keys.length > 0);
        const listed = new Map<string, model.StoredEntry | undefined>();
        const intruded = new Map<string, { entry: model.StoredEntry; listed: model.StoredEntry | undefined }>();
        const ran = await run(bucket, of, {
          ...how,
          before: (request, n) => {
            for (const write of writes.filter((w) => w.n === n)) {
              const key = keys[write.keyIndex % keys.length] ?? '';
              const entry = intrude(bucket, key, write, endOf(of.past) + 1000);
              if (listed.has(key)) intruded.set(key, { entry, listed: listed.get(key) });
            }
            for (const key of request.kind === 'list' ? request.keys : []) {
              if (!listed.has(key)) listed.set(key, model.entriesOf(bucket, key)[0]);
            }
          },
        });
        for (const [key, { entry, listed }] of intruded) {
          const planned = ran.plan.find((line) => line.key === key);
          if (planned?.steps.some((s) => 'versionId' in s && s.versionId === 'null')) continue;
          if (etagNow(entry) !== etagNow(listed)) expect(model.entriesOf(bucket, key)[0]).toBe(entry);
        }
      }),
      runs(),
    );
  });
});

function intrude(bucket: model.Bucket, key: string, write: Intrusion, at: number): model.StoredEntry {
  return write.what === 'put' ? model.put(bucket, key, write.object, at) : model.addMarker(bucket, key, at);
}
