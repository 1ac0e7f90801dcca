import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketAfter, choices, endOf, faultsOf, mishaps, restoring, runs } from '../support/arbitraries.ts';
import * as model from '../support/model.ts';
import { engine, type Ran, viewsOf } from '../support/model-run.ts';

/** 8. The journal of a run is enough to take it back. */

const run = engine();

const circumstances = fc.record({
  choices,
  batchSize: fc.constantFrom(1, 2, 1000),
  verify: fc.boolean(),
  faults: mishaps,
});

const ADDS = new Set(['copy-version', 'add-delete-marker']);

/**
 * Take back what a journal says was done, the last first: copies and added markers go by their version ids; a key that
 * was deleted before and is not any more gets a marker again. A removal whose answer left it open counts as done.
 */
function takeBack(bucket: model.Bucket, { journal }: Ran, at: number): void {
  for (const { intent, result } of journal.toReversed()) {
    const { key } = intent;
    if (intent.do === 'remove-delete-marker') {
      const removed = result?.status === 'done' || result?.status === 'gone';
      if (removed && intent.from?.deleteMarker && model.read(bucket, key)) model.addMarker(bucket, key, at);
    } else if (result?.status === 'done' && result.versionId !== undefined) {
      model.remove(bucket, key, result.versionId);
    }
  }
}

describe('a run without deleted versions, taken back by its journal', () => {
  it('leaves readers with what they saw before it, also where some of its requests failed', async () => {
    await fc.assert(
      fc.asyncProperty(restoring(), circumstances, async (of, { faults, ...how }) => {
        const bucket = bucketAfter(of.past);
        // In a suspended bucket a marker added again may destroy a `null` version: for `undo` to refuse.
        fc.pre(bucket.versioning === 'Enabled');
        const keys = model.sortedKeys(bucket);
        const before = viewsOf(bucket, keys);
        const known = new Set([...bucket.keys.values()].flat());
        const ran = await run(bucket, of, { ...how, fault: faultsOf(faults) });
        fc.pre(!ran.journal.some(({ intent }) => intent.do === 'delete-version'));

        // A retry whose guard holds a second time (the copied version has the ETag of the current one) lands twice, and
        // the journal knows of one: for `undo` to find by looking.
        const added = keys.flatMap((key) => model.entriesOf(bucket, key).filter((e) => !known.has(e)));
        fc.pre(
          added.length ===
            ran.journal.filter(({ intent, result }) => ADDS.has(intent.do) && result?.status === 'done').length,
        );

        takeBack(bucket, ran, endOf(of.past) + 2000);
        expect(viewsOf(bucket, keys)).toEqual(before);
      }),
      runs(),
    );
  });

  it('has an intent for every request that was sent, and a result for every answer', async () => {
    await fc.assert(
      fc.asyncProperty(restoring(), circumstances, async (of, { faults, ...how }) => {
        const bucket = bucketAfter(of.past);
        const ran = await run(bucket, of, { ...how, fault: faultsOf(faults) });
        const sent = ran.port.mutations.flatMap((m): string[] => {
          if (m.kind === 'remove') return m.entries.map((e) => JSON.stringify([e.key, e.versionId]));
          return [JSON.stringify([m.key, m.kind === 'copy' ? m.versionId : undefined])];
        });
        const intents = ran.journal.map(({ intent }) => JSON.stringify([intent.key, intent.versionId]));
        expect(intents.sort()).toEqual(sent.sort());
        for (const { result } of ran.journal) expect(result).toBeDefined();
      }),
      runs(),
    );
  });
});
