import { describe, expect, it } from 'vitest';
import type { PlanHeader, PlannedKey } from '../../../src/core/plan.ts';
import { lineTest } from '../../../src/core/plan-sense.ts';

/** Whether a plan makes sense: one that was edited, and given a new digest, does not reach further than a run could. */

const HEADER: PlanHeader = {
  schemaVersion: 1,
  kind: 'plan',
  operation: 'rollback',
  bucket: 'b',
  scope: { bucket: 'b', prefix: 'app/' },
  target: {},
  method: 'copy',
  createdAt: '2026-11-22T12:00:00Z',
  digest: `sha256:${'0'.repeat(64)}`,
};
const MARKER = { versionId: 'm2', deleteMarker: true, etag: null };
const VERSION = { versionId: 'v2', deleteMarker: false, etag: 'e' };

const unmark = (versionId: string) => ({ do: 'remove-delete-marker', versionId }) as const;
const destroy = (versionId: string) => ({ do: 'delete-version', versionId }) as const;
const copy = (versionId: string, source?: { bucket: string; key: string }) =>
  ({ do: 'copy-version', versionId, ...(source && { source }) }) as const;
const MARK = { do: 'add-delete-marker' } as const;

const UNDELETED: PlannedKey = {
  bucket: 'b',
  key: 'app/a',
  from: MARKER,
  to: { versionId: 'v1' },
  steps: [unmark('m2')],
};
const line = (over: Partial<PlannedKey>): PlannedKey => ({ ...UNDELETED, ...over });

function told(over: Partial<PlannedKey>, header: Partial<PlanHeader> = {}): string | undefined {
  const test = lineTest({ ...HEADER, ...header });
  return typeof test === 'string' ? test : test(line(over));
}

const DELETES: Partial<PlanHeader> = { method: 'delete' };
const AWAY: Partial<PlanHeader> = {
  scope: { bucket: 'b', prefix: 'app/', destination: { bucket: 'c', prefix: 'old/' } },
};
const AWAY_LINE: Partial<PlannedKey> = {
  bucket: 'c',
  key: 'old/app/a',
  from: null,
  steps: [copy('v1', { bucket: 'b', key: 'app/a' })],
};

describe('a line that a run could have made', () => {
  it.each<[string, Partial<PlannedKey>, Partial<PlanHeader>?]>([
    ['a marker goes', {}],
    ['several markers go', { steps: [unmark('m2'), unmark('m1')] }],
    ['a version is copied', { from: VERSION, steps: [copy('v1')] }],
    ['where nothing is', { from: null, steps: [copy('v1')] }],
    ['several, a marker between', { from: VERSION, steps: [copy('v0'), MARK, copy('v1')] }],
    ['a marker on a version', { from: VERSION, to: { versionId: null }, steps: [MARK] }],
    [
      'versions are deleted for good, where that was asked for',
      { from: VERSION, steps: [destroy('v9'), destroy('v2')] },
      DELETES,
    ],
    ['a copy goes again', { from: VERSION, steps: [destroy('v2')] }, { operation: 'undo' }],
    ['an undo reaches where its journal says', { bucket: 'c', key: 'z' }, { operation: 'undo' }],
    ['elsewhere', AWAY_LINE, AWAY],
    ['one exact key', {}, { scope: { bucket: 'b', key: 'app/a' } }],
    ['of a manifest, in any bucket', { bucket: 'z' }, { scope: { manifest: 'keys.csv', prefix: '' } }],
  ])('%s', (_, over, header) => {
    expect(told(over, header)).toBeUndefined();
  });
});

describe('one that none could', () => {
  const OUTSIDE = "changes what is outside of the plan's own scope";
  it.each<[string, Partial<PlannedKey>, Partial<PlanHeader>, string]>([
    ['another key than the prefix says', { key: 'other/a' }, {}, OUTSIDE],
    ['another key than the one', { key: 'app/b' }, { scope: { bucket: 'b', key: 'app/a' } }, OUTSIDE],
    ['an excluded key', {}, { scope: { bucket: 'b', prefix: 'app/', exclude: ['**/a'] } }, OUTSIDE],
    ['a key that is not included', {}, { scope: { bucket: 'b', prefix: 'app/', include: ['**/b'] } }, OUTSIDE],
    ['another bucket', { bucket: 'c' }, {}, OUTSIDE],
    ['a copy from another key', { from: VERSION, steps: [copy('v1', { bucket: 'b', key: 'app/z' })] }, {}, OUTSIDE],
    ['elsewhere: not there', { ...AWAY_LINE, bucket: 'b' }, AWAY, OUTSIDE],
    ['elsewhere: under another prefix', { ...AWAY_LINE, key: 'new/app/a' }, AWAY, OUTSIDE],
    [
      'elsewhere: from another key',
      { ...AWAY_LINE, steps: [copy('v1', { bucket: 'b', key: 'app/b' })] },
      AWAY,
      OUTSIDE,
    ],
    [
      'elsewhere: from another bucket',
      { ...AWAY_LINE, steps: [copy('v1', { bucket: 'z', key: 'app/a' })] },
      AWAY,
      OUTSIDE,
    ],
    ['a marker that is not current', { steps: [unmark('m1')] }, {}, 'removes what is not current, and leaves what is'],
    ['of a key that has nothing', { from: null }, {}, 'removes what is not current, and leaves what is'],
    ['an entry twice', { steps: [unmark('m2'), unmark('m2')] }, {}, 'removes an entry twice'],
    [
      'a version, called a marker',
      { from: VERSION, steps: [unmark('v2')] },
      {},
      'takes a version for a marker, or the reverse',
    ],
    ['a marker, called a version', { steps: [destroy('m2')] }, DELETES, 'takes a version for a marker, or the reverse'],
    ['its own target', { steps: [unmark('m2'), unmark('v1')] }, {}, 'removes what it wants to be current'],
    [
      'a version, by method copy',
      { from: VERSION, steps: [destroy('v2')] },
      {},
      'deletes versions for good, which rollback with method copy does not',
    ],
    [
      'a version, in an undelete',
      { from: VERSION, steps: [destroy('v2')] },
      { ...DELETES, operation: 'undelete' },
      'deletes versions for good, which undelete with method delete does not',
    ],
    [
      'another version than it says',
      { from: VERSION, steps: [copy('v0')] },
      {},
      'does not end where it says that it leads',
    ],
    [
      'a marker where it says a version',
      { from: VERSION, steps: [MARK] },
      {},
      'does not end where it says that it leads',
    ],
    [
      'a marker on a marker',
      { to: { versionId: null }, steps: [MARK] },
      {},
      'puts a delete marker where no version is',
    ],
    [
      'both writes and removals',
      { from: VERSION, steps: [copy('v1'), destroy('v2')] },
      DELETES,
      'both writes to the key and removes from it',
    ],
    ['any, under a scope that is none', {}, { scope: { prefix: 7 } }, 'its scope is none'],
    [
      'any, under globs that are none',
      {},
      { scope: { include: ['\\\\\\\\'] } },
      'its scope has globs that cannot be used',
    ],
  ])('%s', (_, over, header, amiss) => {
    expect(told(over, header)).toBe(amiss);
  });

  it('out of the order of the keys, or there twice', () => {
    const test = lineTest(HEADER);
    if (typeof test === 'string') throw new Error(test);
    expect(test(line({ key: 'app/b' }))).toBeUndefined();
    expect(test(line({ key: 'app/b' }))).toBe('is not in its place in the order of the keys');
    expect(test(line({ key: 'app/a' }))).toBe('is not in its place in the order of the keys');
  });
});
