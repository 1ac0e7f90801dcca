import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlanHeader } from '../../src/core/plan.ts';
import {
  bucketAfter,
  choices,
  endOf,
  faultsOf,
  grief,
  type Intrusion,
  intrusions,
  mishaps,
  oneIn,
  type Restoring,
  restoring,
  runs,
} from '../support/arbitraries.ts';
import * as model from '../support/model.ts';
import { earlier, planOf } from '../support/model-earlier.ts';
import type { ModelBuckets } from '../support/model-port.ts';
import { contentsOf, engine, type Ran, viewsOf } from '../support/model-run.ts';

/** `apply`: exactly the plan that was reviewed, and what is not as the plan saw it is left alone. */

const run = engine();
const { apply } = earlier();

const circumstances = fc.record({
  choices,
  batchSize: fc.constantFrom(1, 2, 1000),
  concurrency: fc.constantFrom(1, 4),
  verify: fc.boolean(),
});

/** A dry run's plan as a file, of a bucket as it is now. */
async function review(bucket: model.Bucket, of: Restoring): Promise<{ text: string; dry: Ran }> {
  const dry = await run(bucket, of, { dryRun: true });
  return { text: fileOf(dry, of), dry };
}

function fileOf({ plan }: Ran, { past, operation, method }: Restoring, scope: PlanHeader['scope'] = {}): string {
  return planOf(plan, { operation, method, scope, createdAt: new Date(endOf(past) + 1000).toISOString() });
}

const later = (of: Restoring) => ({ at: endOf(of.past) + 2000 });
const allowed = (of: Restoring) => (of.method === 'delete' ? { maxDeletes: 1000 } : {});

/** Each request that changes something, step by step. */
function sentBy({ mutations }: ModelBuckets): string[] {
  return mutations.flatMap((m) => {
    if (m.kind === 'remove') return m.entries.map(({ key, versionId }) => JSON.stringify(['remove', key, versionId]));
    return [JSON.stringify(m.kind === 'copy' ? ['copy', m.key, m.versionId] : ['add', m.key])];
  });
}

function stepsOf({ plan }: Ran): string[] {
  return plan.flatMap(({ key, steps }) =>
    steps.map((step) => {
      if (step.do === 'add-delete-marker') return JSON.stringify(['add', key]);
      return JSON.stringify([step.do === 'copy-version' ? 'copy' : 'remove', key, step.versionId]);
    }),
  );
}

function accounted({ report }: Ran) {
  const { restored, unchanged, skipped, conflicts, failed, keysExamined } = report.totals;
  expect(restored + unchanged + skipped + conflicts + failed).toBe(keysExamined);
}

describe('a plan that was reviewed', () => {
  it('is carried out: its steps, each once, and nothing else; the end is that of the run that made it', async () => {
    await fc.assert(
      fc.asyncProperty(restoring(), circumstances, async (of, how) => {
        const bucket = bucketAfter(of.past);
        const undisturbed = model.copyOf(bucket);
        const { text, dry } = await review(bucket, of);
        await run(undisturbed, of);
        const ran = await apply({ bucket }, text, { ...how, ...later(of), ...allowed(of) });
        expect(ran.report.error).toBeUndefined();
        expect(sentBy(ran.port).sort()).toEqual(stepsOf(dry).sort());
        expect(contentsOf(bucket)).toEqual(contentsOf(undisturbed));
        expect(ran.report.totals).toMatchObject({ restored: dry.plan.length, keysExamined: dry.plan.length });
        accounted(ran);
      }),
      runs(),
    );
  });

  it('names nothing that is not in it, whatever happens meanwhile; what was written since stays', async () => {
    await fc.assert(
      fc.asyncProperty(
        restoring(),
        circumstances,
        intrusions,
        fc.boolean(),
        mishaps,
        async (of, how, writes, during, faults) => {
          const bucket = bucketAfter(of.past);
          fc.pre(bucket.versioning === 'Enabled');
          const keys = model.sortedKeys(bucket);
          fc.pre(keys.length > 0);
          const { text, dry } = await review(bucket, of);
          const theirs: [string, model.StoredEntry, model.StoredEntry | undefined][] = [];
          const write = (intrusion: Intrusion) => {
            const key = keys[intrusion.keyIndex % keys.length] ?? '';
            const was = model.entriesOf(bucket, key)[0];
            theirs.push([key, intrude(bucket, key, intrusion, endOf(of.past) + 1000), was]);
          };
          if (!during) for (const one of writes) write(one);
          const ran = await apply({ bucket }, text, {
            ...how,
            ...later(of),
            ...allowed(of),
            fault: faultsOf(faults),
            before: (_, n) => {
              if (during) for (const one of writes) if (one.n === n) write(one);
            },
          });
          const planned = new Set(stepsOf(dry));
          for (const one of sentBy(ran.port)) expect(planned).toContain(one);
          accounted(ran);
          for (const [key, entry, was] of theirs) {
            expect(model.entriesOf(bucket, key)).toContain(entry);
            const last = theirs.findLast(([other]) => other === key)?.[1] === entry;
            // S3's guards know a version by its ETag and a marker not at all.
            const isTold = entry.object?.body === 'INTRUDER' && was?.object?.body !== 'INTRUDER';
            if (last && isTold) expect(model.entriesOf(bucket, key)[0]).toBe(entry);
          }
          // What changed before the run began was left alone, and the others were carried out.
          if (during || faults.length > 0) return;
          const touched = new Set(theirs.map(([key]) => key));
          for (const { key } of ran.report.conflicts) expect(touched).toContain(key);
          const others = dry.plan.filter(({ key }) => !touched.has(key));
          expect(ran.report.totals.restored).toBeGreaterThanOrEqual(others.length);
          const sent = new Set(sentBy(ran.port));
          const due = others.flatMap((line) => stepsOf({ ...dry, plan: [line] }));
          for (const step of due) expect(sent).toContain(step);
        },
      ),
      runs(),
    );
  });

  it('applied again: nothing is sent, and every key is as it should be', async () => {
    await fc.assert(
      fc.asyncProperty(restoring(), circumstances, async (of, how) => {
        const bucket = bucketAfter(of.past);
        const { text, dry } = await review(bucket, of);
        await apply({ bucket }, text, { ...how, ...later(of), ...allowed(of) });
        const again = await apply({ bucket }, text, { ...how, ...later(of), ...allowed(of) });
        expect(again.port.mutations).toEqual([]);
        expect(again.report.totals).toMatchObject({ unchanged: dry.plan.length, conflicts: 0, restored: 0 });
        expect(again.report.status).toBe('no-change');
      }),
      oneIn(2),
    );
  });

  it('killed, or refused some of it, and applied again: the same end, and no key in conflict', async () => {
    await fc.assert(
      fc.asyncProperty(restoring(), circumstances, grief, fc.option(grief), async (of, how, first, second) => {
        const bucket = bucketAfter(of.past);
        const { text } = await review(bucket, of);
        const undisturbed = model.copyOf(bucket);
        const plain = { ...how, ...later(of), ...allowed(of) };
        await apply({ bucket: undisturbed }, text, plain);
        await apply({ bucket }, text, { ...plain, fault: faultsOf([first]) });
        if (second !== null) await apply({ bucket }, text, { ...plain, fault: faultsOf([second]) });
        const { report } = await apply({ bucket }, text, plain);
        expect(report.totals).toMatchObject({ conflicts: 0, failed: 0, skipped: 0 });
        expect(contentsOf(bucket)).toEqual(contentsOf(undisturbed));
      }),
      runs(),
    );
  });

  it('to another bucket: carried out, and applied again, also after a kill, it sends no copy twice', async () => {
    await fc.assert(
      fc.asyncProperty(restoring(), circumstances, fc.option(grief), async (of, how, one) => {
        fc.pre(of.method === 'copy' && of.operation === 'rollback');
        const models = { bucket: bucketAfter(of.past), elsewhere: model.emptyBucket('Enabled') };
        const dry = await run(models.bucket, of, {
          dryRun: true,
          destination: { bucket: 'elsewhere', prefix: '' },
          others: { elsewhere: models.elsewhere },
        });
        fc.pre(dry.report.error === undefined);
        const text = fileOf(dry, of, { bucket: 'bucket', destination: { bucket: 'elsewhere', prefix: '' } });
        if (one !== null) await apply(models, text, { ...how, ...later(of), fault: faultsOf([one]) });
        await apply(models, text, { ...how, ...later(of) });
        const keys = dry.plan.map(({ key }) => key);
        const views = viewsOf(models.elsewhere, keys);
        for (const key of keys) expect(views[key]).not.toBeNull();
        for (const key of keys) expect(model.entriesOf(models.elsewhere, key)).toHaveLength(1);
        const again = await apply(models, text, { ...how, ...later(of) });
        expect(again.port.mutations).toEqual([]);
        expect(again.report.totals).toMatchObject({ unchanged: keys.length, conflicts: 0 });
      }),
      oneIn(4),
    );
  });

  it('a dry run of it changes nothing, and tells which keys would be left alone', async () => {
    await fc.assert(
      fc.asyncProperty(restoring(), circumstances, fc.option(intrusions), async (of, how, writes) => {
        const bucket = bucketAfter(of.past);
        const keys = model.sortedKeys(bucket);
        fc.pre(keys.length > 0);
        const { text, dry } = await review(bucket, of);
        for (const write of writes ?? []) {
          intrude(bucket, keys[write.keyIndex % keys.length] ?? '', write, endOf(of.past) + 1000);
        }
        const before = new Map(bucket.keys);
        const asked = { ...how, ...later(of), ...allowed(of) };
        const told = await apply({ bucket }, text, { ...asked, dryRun: true });
        expect(told.port.mutations).toEqual([]);
        expect(bucket.keys).toEqual(before);
        const { planned, unchanged, conflicts } = told.report.totals;
        expect(planned + unchanged + conflicts).toBe(dry.plan.length);
        if (writes === null) expect(planned).toBe(dry.plan.length);

        const done = await apply({ bucket }, text, asked);
        expect(done.report.totals).toMatchObject({ unchanged, conflicts, restored: planned });
      }),
      oneIn(4),
    );
  });
});

function intrude(bucket: model.Bucket, key: string, write: Intrusion, at: number): model.StoredEntry {
  return write.what === 'put' ? model.put(bucket, key, write.object, at) : model.addMarker(bucket, key, at);
}
