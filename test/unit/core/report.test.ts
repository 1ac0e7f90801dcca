import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/core/outcome.ts';
import type { PlannedKey } from '../../../src/core/plan.ts';
import {
  countOutcome,
  countPlanned,
  finishReport,
  folderOf,
  highlightsOf,
  MAX_LISTED,
  MAX_PREFIXES,
  MAX_SAMPLES,
  newTally,
  OTHER_PREFIXES,
  offerSample,
  type Tally,
  targetRecord,
} from '../../../src/core/report.ts';
import type { RestoreRequest } from '../../../src/core/request.ts';
import type { Target } from '../../../src/core/target.ts';
import { at } from './entries.ts';

const REQUESTS = { list: 1, head: 2, get: 0, copy: 3, delete: 4, put: 0, retries: 5, throttled: 6 };

const REQUEST: RestoreRequest = {
  operation: 'undelete',
  scope: { bucket: 'bucket', prefix: 'site/', include: [], exclude: [] },
  target: { kind: 'undelete' },
  method: 'copy',
  dryRun: false,
  verify: true,
  failOn: 'failures',
  preserve: { objectLock: false, annotations: false },
  planFile: '/plan',
  journalFile: '/journal',
  reportFile: '/report',
};

const FAILED: Outcome = { kind: 'failed', failure: { code: 'AccessDenied', message: 'no', hint: 'ask' } };

function line(key: string): PlannedKey {
  return {
    bucket: 'bucket',
    key,
    from: { versionId: 'DM1', deleteMarker: true, etag: null },
    to: { versionId: 'V1' },
    steps: [{ do: 'remove-delete-marker', versionId: 'DM1' }],
  };
}

describe('a tally', () => {
  it('counts each outcome once, and its reason', () => {
    const tally = newTally();
    const outcomes: Outcome[] = [
      { kind: 'restored' },
      { kind: 'restored' },
      { kind: 'unchanged' },
      { kind: 'skipped', reason: 'archived' },
      { kind: 'skipped', reason: 'archived' },
      { kind: 'skipped', reason: 'outside-window' },
      { kind: 'conflict', found: 'it was written again' },
      FAILED,
    ];
    outcomes.forEach((outcome, i) => void countOutcome(tally, 'bucket', `k${i}`, outcome, ''));
    expect(tally.totals).toMatchObject({ restored: 2, unchanged: 1, skipped: 3, conflicts: 1, failed: 1 });
    expect(tally.skipped).toEqual({ archived: 2, 'outside-window': 1 });
    expect(tally.conflicts).toEqual([{ bucket: 'bucket', key: 'k6', found: 'it was written again' }]);
    expect(tally.failures).toEqual([{ bucket: 'bucket', key: 'k7', code: 'AccessDenied', message: 'no', hint: 'ask' }]);
  });

  it('lists a thousand failures and conflicts, and counts them all', () => {
    const tally = newTally();
    for (let i = 0; i < MAX_LISTED + 5; i++) {
      countOutcome(tally, 'bucket', `k${i}`, FAILED, '');
      countOutcome(tally, 'bucket', `k${i}`, { kind: 'conflict', found: '' }, '');
    }
    expect([tally.failures.length, tally.conflicts.length]).toEqual([1000, 1000]);
    expect(tally.totals).toMatchObject({ failed: 1005, conflicts: 1005 });
  });

  it('keeps a bounded number of folders, and loses no count', () => {
    const tally = newTally();
    for (let i = 0; i < MAX_PREFIXES + 7; i++) countPlanned(tally, line(`${i}/a`), '');
    for (let i = 0; i < 3; i++) countPlanned(tally, line('0/b'), '');
    countOutcome(tally, 'bucket', `${MAX_PREFIXES + 1}/a`, { kind: 'restored' }, '');

    const { prefixes } = highlightsOf(tally);
    expect(prefixes).toHaveLength(MAX_PREFIXES + 1);
    expect(prefixes[0]).toEqual({ prefix: OTHER_PREFIXES, planned: 7, restored: 1, conflicts: 0, failed: 0 });
    expect(prefixes[1]).toMatchObject({ prefix: '0/', planned: 4 });
    expect(prefixes.reduce((sum, p) => sum + p.planned, 0)).toBe(tally.totals.planned);
  });
});

describe('the folder of a key, one level below the scope', () => {
  it.each([
    ['site/img/a.png', 'site/', 'site/img/'],
    ['site/img/x/a.png', 'site/', 'site/img/'],
    ['site/a.png', 'site/', 'site/'],
    ['site/img/a.png', '', 'site/'],
    ['a.png', '', ''],
    ['site/img/a.png', 'si', 'site/'],
    ['site/img/a.png', 'site/im', 'site/img/'],
    ['/a', '', '/'],
    ['a//b', 'a/', 'a//'],
  ])('%s in %j: %s', (key, prefix, folder) => {
    expect(folderOf(key, prefix)).toBe(folder);
  });
});

describe('the target in the report', () => {
  it.each<[Target, Record<string, unknown>]>([
    [{ kind: 'undelete' }, { kind: 'undelete' }],
    [
      { kind: 'undelete', after: at(0), before: at(60) },
      { kind: 'undelete', deletedAfter: '2026-11-22T09:00:00Z', deletedBefore: '2026-11-22T09:01:00Z' },
    ],
    [
      { kind: 'version', versionId: 'V1' },
      { kind: 'version', versionId: 'V1' },
    ],
    [
      { kind: 'time', at: at(0.5) },
      { kind: 'time', toTime: '2026-11-22T09:00:00.500Z' },
    ],
    [
      { kind: 'versions-back', count: 0 },
      { kind: 'versions-back', versionsBack: 0 },
    ],
  ])('%j', (target, record) => {
    expect(targetRecord(target)).toEqual(record);
  });
});

describe('the report', () => {
  it('tells everything, in the names of the contract', () => {
    const tally = newTally();
    tally.totals.keysExamined = 1;
    tally.totals.entriesExamined = 2;
    countPlanned(tally, line('site/a'), 'site/');
    countOutcome(tally, 'bucket', 'site/a', { kind: 'restored' }, 'site/');
    tally.steps['remove-delete-marker'] = 1;
    tally.notes.add('a note').add('a note');
    expect(finishReport(REQUEST, tally, { startedAt: at(0), finishedAt: at(61), requests: REQUESTS })).toEqual({
      schemaVersion: 1,
      operation: 'undelete',
      dryRun: false,
      status: 'success',
      scope: { bucket: 'bucket', prefix: 'site/' },
      target: { kind: 'undelete', method: 'copy' },
      startedAt: '2026-11-22T09:00:00Z',
      finishedAt: '2026-11-22T09:01:01Z',
      totals: {
        keysExamined: 1,
        entriesExamined: 2,
        planned: 1,
        restored: 1,
        unchanged: 0,
        skipped: 0,
        conflicts: 0,
        failed: 0,
      },
      steps: { 'remove-delete-marker': 1, 'copy-version': 0, 'delete-version': 0, 'add-delete-marker': 0 },
      skipped: {},
      requests: REQUESTS,
      failures: [],
      conflicts: [],
      notes: ['a note'],
    });
  });

  it('of a run that was refused says why', () => {
    const error = { code: 'bucket-not-found', message: 'no such bucket', hint: 'check the name' };
    const report = finishReport(REQUEST, newTally(), { startedAt: 0, finishedAt: 0, requests: REQUESTS, error });
    expect(report).toMatchObject({ status: 'failed', error });
  });
});

describe('samples', () => {
  const planned = (key: string, step: PlannedKey['steps'][number]): PlannedKey => ({
    bucket: 'b',
    key,
    from: { versionId: 'f', deleteMarker: false, etag: 'e' },
    to: { versionId: null },
    steps: [step],
  });
  const offer = (tally: Tally, key: string, step: PlannedKey['steps'][number]) =>
    offerSample(tally, step.do, () => planned(key, step));

  it('show every kind of step, in the order of the plan', () => {
    const tally = newTally();
    for (let i = 0; i < 500; i++) offer(tally, `a${i}`, { do: 'add-delete-marker' });
    for (let i = 0; i < 3; i++) offer(tally, `b${i}`, { do: 'copy-version', versionId: 'v' });
    for (let i = 0; i < 500; i++) offer(tally, `c${i}`, { do: 'remove-delete-marker', versionId: 'm' });
    const kinds = highlightsOf(tally).samples.map((s) => s.steps[0]?.do);
    expect(kinds).toHaveLength(MAX_SAMPLES);
    expect(kinds.filter((k) => k === 'copy-version')).toHaveLength(3);
    expect(kinds.filter((k) => k === 'remove-delete-marker')).toHaveLength(9);
    expect(highlightsOf(tally).samples.map((s) => s.key)).toEqual(
      highlightsOf(tally)
        .samples.map((s) => s.key)
        .toSorted(),
    );
  });

  it('are the first keys where there is one kind only', () => {
    const tally = newTally();
    for (let i = 0; i < 30; i++) offer(tally, `k${i}`, { do: 'add-delete-marker' });
    expect(highlightsOf(tally).samples.map((s) => s.key)).toEqual(
      Array.from({ length: MAX_SAMPLES }, (_, i) => `k${i}`),
    );
  });
});
