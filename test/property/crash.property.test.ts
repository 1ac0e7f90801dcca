import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketAfter, choices, death, type Restoring, restoring, runs } from '../support/arbitraries.ts';
import * as model from '../support/model.ts';
import { decideOn, leansOnARemovedEntry } from '../support/model-apply.ts';
import type { Fault } from '../support/model-port.ts';
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

function only(at: { n: number; fault: Fault }): (n: number) => Fault {
  return (n) => (n === at.n ? at.fault : 'none');
}

describe('a run that is killed at any request, before it is sent or after it landed', () => {
  it('ends, once it is run again, in the state of an undisturbed run, history and all; a third finds nothing to do', async () => {
    await fc.assert(
      fc.asyncProperty(restoring({ fixed: true }), circumstances, death, fc.option(death), async (of, how, one, two) => {
        const bucket = bucketAfter(of.past);
        fc.pre(!mayLean(bucket, of));
        const undisturbed = model.copyOf(bucket);
        await run(undisturbed, of, how);

        await run(bucket, of, { ...how, fault: only(one) });
        if (two !== null) await run(bucket, of, { ...how, fault: only(two) });
        await run(bucket, of, how);
        expect(contentsOf(bucket)).toEqual(contentsOf(undisturbed));

        const last = await run(bucket, of, how);
        expect(last.port.mutations).toEqual([]);
      }),
      runs(),
    );
  });
});
