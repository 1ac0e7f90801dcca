import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BEGIN,
  bucketAfter,
  choices,
  faultsOf,
  grief,
  type Restoring,
  restoring,
  runs,
} from '../support/arbitraries.ts';
import * as model from '../support/model.ts';
import { decideOn, leansOnARemovedEntry } from '../support/model-apply.ts';
import { contentsOf, engine } from '../support/model-run.ts';

/** 5. Kill it anywhere, run it again: same end state as an undisturbed run. */

const run = engine();

const circumstances = fc.record({
  choices,
  batchSize: fc.constantFrom(1, 2, 1000),
  concurrency: fc.constantFrom(1, 4),
  verify: fc.boolean(),
});

/** See `leansOnARemovedEntry`: the one case in which a run that was broken off does not converge. */
function mayLean(bucket: model.Bucket, of: Restoring): boolean {
  return [...bucket.keys.keys()].some((key) => {
    const decision = decideOn(bucket, key, of.target, of.method);
    return decision.kind === 'change' && leansOnARemovedEntry(bucket, decision.line, of.target);
  });
}

describe('a run that is killed at any request, before it is sent or after it landed, or refused (some of) it', () => {
  it('ends, once it is run again, in the state of an undisturbed run, history and all; a third finds nothing to do', async () => {
    await fc.assert(
      fc.asyncProperty(
        restoring({ fixed: true }),
        circumstances,
        grief,
        fc.option(grief),
        async (of, how, one, two) => {
          const bucket = bucketAfter(of.past);
          fc.pre(!mayLean(bucket, of));
          const undisturbed = model.copyOf(bucket);
          await run(undisturbed, of, how);

          await run(bucket, of, { ...how, fault: faultsOf([one]) });
          if (two !== null) await run(bucket, of, { ...how, fault: faultsOf([two]) });
          await run(bucket, of, how);
          expect(contentsOf(bucket)).toEqual(contentsOf(undisturbed));

          const last = await run(bucket, of, how);
          expect(last.port.mutations).toEqual([]);
        },
      ),
      runs(),
    );
  });

  // Found by an undelete whose window ends between two deletions of one key: the oldest marker of the run tells when
  // the key was deleted, so it has to be the last one to go.
  it('an undelete with a window, of a key deleted twice: refused in part at any place, it converges', async () => {
    const object = { body: 'one', contentType: 'text/html' };
    const of: Restoring = {
      past: {
        keys: ['a'],
        start: 'Enabled',
        happenings: [
          { what: 'put', key: 'a', object, later: 0 },
          { what: 'delete', key: 'a', later: 1 },
          { what: 'delete', key: 'a', later: 1 },
        ],
      },
      operation: 'undelete',
      target: { kind: 'undelete', before: BEGIN + 1000 },
      method: 'copy',
    };
    for (const batchSize of [1, 1000]) {
      for (const nth of [0, 1]) {
        for (const choices of [
          [],
          [0],
          [1],
          [0, 1],
          [1, 0],
          [1, 1, 0],
          [0, 0, 1],
          [0, 1, 1],
          [0, 0, 0, 1],
          [2, 0, 1],
        ]) {
          const bucket = bucketAfter(of.past);
          const how = { batchSize, choices };
          await run(bucket, of, { ...how, fault: faultsOf([{ nth, of: 'mutations', fault: 'refused' }]) });
          await run(bucket, of, how);
          expect(contentsOf(bucket)).toEqual({ a: [object] });
        }
      }
    }
  });
});
