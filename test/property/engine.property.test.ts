import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketAfter, choices, faultsOf, mishaps, type Restoring, restoring, runs } from '../support/arbitraries.ts';
import * as model from '../support/model.ts';
import { goalOf } from '../support/model-goal.ts';
import { engine, keysInScope, type Ran, restoredKeys, viewsOf } from '../support/model-run.ts';

/** The whole engine, alone in the bucket, with requests that are refused, or answered only at the second try. */

const run = engine();

const circumstances = fc.record(
  {
    choices,
    batchSize: fc.constantFrom(1, 2, 1000),
    concurrency: fc.constantFrom(1, 4),
    verify: fc.boolean(),
    prefix: fc.constantFrom('', 'a', 'x', '\u{1f600}'),
    faults: mishaps,
  },
  { requiredKeys: ['faults'] },
);

function goalsOf(bucket: model.Bucket, of: Restoring, keys: readonly string[]) {
  return new Map(keys.map((key) => [key, goalOf(model.entriesOf(bucket, key), of.target)]));
}

function namedKeys({ port }: Ran): string[] {
  return port.mutations.flatMap((m) => (m.kind === 'remove' ? m.entries.map((e) => e.key) : [m.key]));
}

describe('1. scope', () => {
  it('no request that changes anything names a key outside it, or more entries than a batch may hold', async () => {
    await fc.assert(
      fc.asyncProperty(restoring(), circumstances, async (of, { faults, ...how }) => {
        const bucket = bucketAfter(of.past);
        const inScope = new Set(keysInScope(bucket, of, how.prefix));
        const ran = await run(bucket, of, { ...how, fault: faultsOf(faults) });
        for (const key of namedKeys(ran)) expect(inScope).toContain(key);
        for (const m of ran.port.mutations) {
          if (m.kind === 'remove') expect(m.entries.length).toBeLessThanOrEqual(how.batchSize ?? 1000);
        }
      }),
      runs(),
    );
  });

  it('a dry run changes nothing, and counts every key', async () => {
    await fc.assert(
      fc.asyncProperty(restoring(), circumstances, async (of, { faults: _, ...how }) => {
        const bucket = bucketAfter(of.past);
        const before = new Map(bucket.keys);
        const ran = await run(bucket, of, { ...how, dryRun: true });
        expect(ran.port.mutations).toEqual([]);
        expect(bucket.keys).toEqual(before);
        const { totals } = ran.report;
        expect(totals.keysExamined).toBe(keysInScope(bucket, of, how.prefix).length);
        expect(totals.planned + totals.unchanged + totals.skipped).toBe(totals.keysExamined);
        expect(totals.planned).toBe(ran.plan.length);
      }),
      runs(),
    );
  });
});

describe('2. no lost data', () => {
  it('only method delete removes versions: at most max-deletes, all of them newer than the target', async () => {
    await fc.assert(
      fc.asyncProperty(restoring(), circumstances, fc.nat(6), async (of, { faults, ...how }, maxDeletes) => {
        const bucket = bucketAfter(of.past);
        const before = model.copyOf(bucket);
        const { plan } = await run(bucket, of, { ...how, maxDeletes, fault: faultsOf(faults) });
        const targets = new Map(plan.map((line) => [line.key, line.to.versionId]));

        let versions = 0;
        for (const [key, entries] of before.keys) {
          const kept = new Set(model.entriesOf(bucket, key));
          const target = entries.findIndex((e) => e.versionId === targets.get(key));
          entries.forEach((entry, i) => {
            if (kept.has(entry) || !entry.object) return;
            versions += 1;
            expect(target === -1 || i < target).toBe(true);
          });
        }
        expect(versions).toBeLessThanOrEqual(of.method === 'delete' ? maxDeletes : 0);
      }),
      runs(),
    );
  });
});

describe('4. one flip', () => {
  it('a reader sees the content of a key change at most once, straight to its target', async () => {
    await fc.assert(
      fc.asyncProperty(restoring(), circumstances, async (of, { faults, ...how }) => {
        const bucket = bucketAfter(of.past);
        const keys = keysInScope(bucket, of, how.prefix);
        const goals = goalsOf(bucket, of, keys);
        const seen = new Map(keys.map((key) => [key, [model.read(bucket, key)]]));
        await run(bucket, of, {
          ...how,
          fault: faultsOf(faults),
          afterChange: (key) => seen.get(key)?.push(model.read(bucket, key)),
        });
        for (const [key, views] of seen) {
          const flips = views.filter((view, i) => i > 0 && view !== views[i - 1]);
          expect(flips.length).toBeLessThanOrEqual(1);
          const goal = goals.get(key);
          if (flips.length === 1) expect(flips[0]).toEqual(goal?.kind === 'object' ? goal.object : undefined);
        }
      }),
      runs(),
    );
  });
});

describe('5. idempotent', () => {
  it('undisturbed, one run restores every planned key, and the next says no-change and sends no write', async () => {
    await fc.assert(
      fc.asyncProperty(restoring({ fixed: true }), circumstances, async (of, { faults: _, ...how }) => {
        const bucket = bucketAfter(of.past);
        const first = await run(bucket, of, how);
        expect(first.report.error?.code === 'version-not-found' ? undefined : first.report.error).toBeUndefined();
        expect(first.report.totals.restored).toBe(first.plan.length);
        expect(first.report.status).toBe(first.plan.length > 0 ? 'success' : 'no-change');

        const again = await run(bucket, of, how);
        expect(again.port.mutations).toEqual([]);
        expect(again.report.status).toBe('no-change');
      }),
      runs(),
    );
  });
});

describe('6. honest', () => {
  it('every key in scope has one outcome, and what is called restored is at its target', async () => {
    await fc.assert(
      fc.asyncProperty(
        restoring(),
        circumstances,
        fc.option(fc.nat(12), { nil: undefined }),
        async (of, { faults, ...how }, stopAt) => {
          const bucket = bucketAfter(of.past);
          const keys = keysInScope(bucket, of, how.prefix);
          const goals = goalsOf(bucket, of, keys);
          const before = viewsOf(bucket, keys);
          const ran = await run(bucket, of, {
            ...how,
            ...(stopAt !== undefined && { stopAt }),
            fault: faultsOf(faults),
          });
          const { totals, skipped, status, error } = ran.report;

          const counted = totals.restored + totals.unchanged + totals.skipped + totals.conflicts + totals.failed;
          expect(counted).toBe(totals.keysExamined);
          if (error === undefined) expect(totals.keysExamined).toBe(keys.length);

          const candidates = restoredKeys(ran);
          const at = (key: string) => {
            const goal = goals.get(key);
            const view = model.read(bucket, key);
            return goal?.kind === 'object' ? view === goal.object : view === undefined;
          };
          const notAttempted = skipped['not-attempted'] ?? 0;
          if (error === undefined) expect(notAttempted).toBe(0);
          if (notAttempted === 0) for (const key of candidates) expect({ key, at: at(key) }).toEqual({ key, at: true });
          expect(totals.restored).toBeLessThanOrEqual(candidates.filter(at).length);

          const changed = keys.filter((key) => (model.read(bucket, key) ?? null) !== before[key]);
          if (status === 'no-change' || status === 'planned') expect(changed).toEqual([]);
          if (status === 'success') expect(candidates.every(at)).toBe(true);
        },
      ),
      runs(),
    );
  });
});
