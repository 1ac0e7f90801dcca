import { describe, expect, it } from 'vitest';
import { type Counts, type FailOn, statusOf, stepFails } from '../../../src/core/outcome.ts';

function counts(more: Partial<Counts>): Counts {
  return { planned: 0, restored: 0, unchanged: 0, skipped: 0, conflicts: 0, failed: 0, ...more };
}

describe('the status of a run', () => {
  const RUN = { dryRun: false, stopped: false };
  const DRY = { dryRun: true, stopped: false };
  const STOPPED = { dryRun: false, stopped: true };

  it.each<[string, Partial<Counts>, typeof RUN, string]>([
    ['every planned key restored', { planned: 3, restored: 3, unchanged: 2 }, RUN, 'success'],
    ['some skipped for a reason', { planned: 1, restored: 1, skipped: 9 }, RUN, 'success'],
    ['nothing to do', { unchanged: 5 }, RUN, 'no-change'],
    ['nothing in scope', {}, RUN, 'no-change'],
    ['only skipped', { skipped: 5 }, RUN, 'no-change'],
    ['some restored, some failed', { planned: 2, restored: 1, failed: 1 }, RUN, 'partial'],
    ['some restored, some in conflict', { planned: 2, restored: 1, conflicts: 1 }, RUN, 'partial'],
    ['nothing restored, all in conflict', { planned: 2, conflicts: 2 }, RUN, 'partial'],
    ['nothing restored, all failed', { planned: 2, failed: 2 }, RUN, 'failed'],
    ['nothing restored, some failed and some in conflict', { planned: 2, failed: 1, conflicts: 1 }, RUN, 'failed'],
    ['a dry run', { planned: 3 }, DRY, 'planned'],
    ['a dry run with nothing to change', { unchanged: 3 }, DRY, 'planned'],
    ['a dry run that could not look at some keys', { planned: 1, failed: 1 }, DRY, 'planned'],
    ['a dry run that could not look at any key', { failed: 1 }, DRY, 'failed'],
    ['refused before the first change', { planned: 3 }, STOPPED, 'failed'],
    ['cancelled half way', { planned: 3, restored: 1, skipped: 2 }, STOPPED, 'partial'],
    ['a dry run that was refused', { planned: 3 }, { dryRun: true, stopped: true }, 'failed'],
  ])('%s', (_, some, run, status) => {
    expect(statusOf(counts(some), run)).toBe(status);
  });
});

describe('the step is red', () => {
  it.each<[string, Partial<Counts>, stopped: boolean, red: FailOn[]]>([
    ['all well', { restored: 3 }, false, []],
    ['something failed', { restored: 3, failed: 1 }, false, ['failures', 'conflicts']],
    ['something in conflict', { restored: 3, conflicts: 1 }, false, ['conflicts']],
    ['refused or cancelled', { restored: 3 }, true, ['failures', 'conflicts']],
    ['skipped for a reason', { skipped: 3 }, false, []],
  ])('%s', (_, some, stopped, red) => {
    const all: FailOn[] = ['failures', 'conflicts', 'never'];
    expect(all.filter((failOn) => stepFails(counts(some), { stopped }, failOn))).toEqual(red);
  });
});
