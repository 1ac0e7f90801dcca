import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Step } from '../../src/core/plan.ts';
import {
  bucketAfter,
  choices,
  chooser,
  endOf,
  past,
  type Restoring,
  restoring,
  runs,
  timeIn,
} from '../support/arbitraries.ts';
import * as model from '../support/model.ts';
import { applyStep, batchesOf, decideOn, leansOnARemovedEntry } from '../support/model-apply.ts';
import { goalOf } from '../support/model-goal.ts';

/** The pure core against the model: decisions carried out on it, key by key. */

/** Every key in scope of a case, with the core's decision on it. */
function decisionsOf({ past, key: only, target, method }: Restoring) {
  const bucket = bucketAfter(past);
  const keys = only === undefined ? model.sortedKeys(bucket) : [only];
  return { bucket, decisions: keys.map((key) => ({ key, decision: decideOn(bucket, key, target, method) })) };
}

describe('a decision carried out', () => {
  it('leads readers exactly to the target, or leaves the key alone for a true reason', () => {
    fc.assert(
      fc.property(restoring(), fc.nat(2), (of, later) => {
        const { bucket, decisions } = decisionsOf(of);
        for (const { key, decision } of decisions) {
          const entries = model.entriesOf(bucket, key);
          const goal = goalOf(entries, of.target);
          const before = model.read(bucket, key);
          switch (decision.kind) {
            case 'unchanged':
              if (goal.kind === 'object') expect(before).toEqual(goal.object);
              if (goal.kind === 'nothing') expect(before).toBeUndefined();
              break;
            case 'skip':
              if (decision.reason === 'would-destroy-null-version') {
                expect(bucket.versioning).toBe('Suspended');
                expect(entries.map((e) => e.versionId)).toContain('null');
              } else {
                expect(goal.kind).toBe('stays');
              }
              break;
            case 'change':
              for (const step of decision.line.steps) applyStep(bucket, key, step, endOf(of.past) + later * 1000);
              expect(goal.kind).not.toBe('stays');
              expect(model.read(bucket, key)).toEqual(goal.kind === 'object' ? goal.object : undefined);
              break;
            case 'version-not-found':
              expect.unreachable('the version was taken from the bucket');
          }
        }
      }),
      runs(),
    );
  });

  it('changes what a reader meets at most once, in every order that a batch may be carried out in', () => {
    fc.assert(
      fc.property(restoring(), choices, (of, some) => {
        const choose = chooser(some);
        const { bucket, decisions } = decisionsOf(of);
        for (const { key, decision } of decisions) {
          if (decision.kind !== 'change') continue;
          const views = [model.read(bucket, key)];
          for (const batch of batchesOf(decision.line, of.target)) {
            const rest = [...batch];
            while (rest.length > 0) {
              for (const step of rest.splice(choose(rest.length), 1)) applyStep(bucket, key, step, endOf(of.past));
              views.push(model.read(bucket, key));
            }
          }
          const flips = views.filter((view, i) => i > 0 && view !== views[i - 1]);
          expect(flips.length).toBeLessThanOrEqual(1);
        }
      }),
      runs(),
    );
  });

  it('loses no version, unless method delete asks for it: then only versions newer than the target', () => {
    fc.assert(
      fc.property(restoring(), (of) => {
        const { bucket, decisions } = decisionsOf(of);
        for (const { key, decision } of decisions) {
          if (decision.kind !== 'change') continue;
          const before = model.entriesOf(bucket, key);
          for (const step of decision.line.steps) applyStep(bucket, key, step, endOf(of.past));
          const after = new Set(model.entriesOf(bucket, key));
          const lost = before.filter((e) => !after.has(e));

          if (of.operation === 'undelete') expect(lost.every((e) => !e.object)).toBe(true);
          if (of.method === 'copy') {
            expect(lost.some((e) => e.object)).toBe(false);
          } else {
            // What is gone is the top of the history, whole: nothing at or below the target.
            expect(lost).toEqual(before.slice(0, lost.length));
            const target = before.findIndex((e) => e.versionId === decision.line.to.versionId);
            expect(lost.length).toBe(target === -1 ? before.length : target);
          }
        }
      }),
      runs(),
    );
  });

  it('is final: decided again, every key is unchanged or skipped (for targets that do not move with the bucket)', () => {
    fc.assert(
      fc.property(restoring({ fixed: true }), fc.nat(1), (of, later) => {
        const { bucket, decisions } = decisionsOf(of);
        for (const { key, decision } of decisions) {
          if (decision.kind !== 'change') continue;
          for (const step of decision.line.steps) applyStep(bucket, key, step, endOf(of.past) + later * 1000);
          if (model.entriesOf(bucket, key).length === 0) continue;
          const view = model.read(bucket, key);
          expect({ key, again: decideOn(bucket, key, of.target, of.method).kind, view }).toEqual({
            key,
            again: 'unchanged',
            view,
          });
        }
      }),
      runs(),
    );
  });

  it('may be broken off after any step and decided again: it ends where it would have ended undisturbed', () => {
    fc.assert(
      fc.property(restoring({ fixed: true }), choices, fc.nat(8), (of, some, many) => {
        const choose = chooser(some);
        const { bucket, decisions } = decisionsOf(of);
        for (const { key, decision } of decisions) {
          if (decision.kind !== 'change') continue;
          if (leansOnARemovedEntry(bucket, decision.line, of.target)) continue;
          const goal = goalOf(model.entriesOf(bucket, key), of.target);
          const steps: Step[] = batchesOf(decision.line, of.target).flatMap((batch) => {
            const rest = [...batch];
            return batch.flatMap(() => rest.splice(choose(rest.length), 1));
          });
          for (const step of steps.slice(0, many)) applyStep(bucket, key, step, endOf(of.past));
          if (model.entriesOf(bucket, key).length > 0) {
            const again = decideOn(bucket, key, of.target, of.method);
            const rest = again.kind === 'change' ? again.line.steps : [];
            for (const step of rest) applyStep(bucket, key, step, endOf(of.past));
          }
          expect(model.read(bucket, key)).toEqual(goal.kind === 'object' ? goal.object : undefined);
        }
      }),
      runs(),
    );
  });

  it('leads to the same by either method', () => {
    fc.assert(
      fc.property(restoring(), (of) => {
        const views = (['copy', 'delete'] as const).map((method) => {
          const { bucket, decisions } = decisionsOf({ ...of, method });
          return decisions.map(({ key, decision }) => {
            if (decision.kind === 'skip' && decision.reason === 'would-destroy-null-version') return 'skipped';
            const steps = decision.kind === 'change' ? decision.line.steps : [];
            for (const step of steps) applyStep(bucket, key, step, endOf(of.past));
            return model.read(bucket, key);
          });
        });
        const [copied = [], deleted = []] = views;
        copied.forEach((view, i) => {
          if (view !== 'skipped') expect(deleted[i]).toEqual(view);
        });
      }),
      runs(),
    );
  });
});

describe('a time', () => {
  it('means what the bucket really was then, where every stamp is true', () => {
    const cases = past({ plain: true }).chain((of) =>
      fc.tuple(fc.constant(of), timeIn(of), fc.constantFrom('copy' as const, 'delete' as const)),
    );
    fc.assert(
      fc.property(cases, ([of, at, method]) => {
        const then = bucketAfter(of, at);
        const bucket = bucketAfter(of);
        for (const key of model.sortedKeys(bucket)) {
          const decision = decideOn(bucket, key, { kind: 'time', at }, method);
          const steps = decision.kind === 'change' ? decision.line.steps : [];
          for (const step of steps) applyStep(bucket, key, step, endOf(of) + 1000);
          expect(model.read(bucket, key)).toEqual(model.read(then, key));
        }
      }),
      runs(),
    );
  });
});
