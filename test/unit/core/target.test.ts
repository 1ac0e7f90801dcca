import { describe, expect, it } from 'vitest';
import { findTarget, type Target, type TargetIndex } from '../../../src/core/target.ts';
import { at, history } from './entries.ts';

/** Histories read oldest first, as they happened; an index counts from the newest. */
type Row = [what: string, history: string, target: Target, found: TargetIndex];

const undelete = (window: { after?: number; before?: number } = {}): Target => ({ kind: 'undelete', ...window });
const back = (count: number): Target => ({ kind: 'versions-back', count });

describe('undelete: the newest version, if only markers lie above it', () => {
  it.each<Row>([
    ['live', 'V1', undelete(), { index: 0 }],
    ['deleted', 'V1 DM1', undelete(), { index: 1 }],
    ['deleted again and again', 'V1 DM1 DM2 DM3', undelete(), { index: 3 }],
    ['deleted twice, with life between', 'V1 DM1 V2 DM2', undelete(), { index: 1 }],
    ['only markers', 'DM1 DM2', undelete(), { skip: 'nothing-to-restore' }],
    ['only one marker', 'DM1', undelete({ after: at(0) }), { skip: 'nothing-to-restore' }],
  ])('%s: %s', (_, entries, target, found) => {
    expect(findTarget(history(entries), target)).toEqual(found);
  });

  it.each<Row>([
    ['at its beginning', 'V1 DM1@10', undelete({ after: at(10) }), { index: 1 }],
    ['at its end', 'V1 DM1@10', undelete({ before: at(10) }), { index: 1 }],
    ['before it', 'V1 DM1@10', undelete({ after: at(10.001) }), { skip: 'outside-window' }],
    ['after it', 'V1 DM1@10', undelete({ before: at(9.999) }), { skip: 'outside-window' }],
    [
      'the oldest marker of the run counts, not the newest',
      'V1 DM1@10 DM2@20',
      undelete({ before: at(10) }),
      { index: 2 },
    ],
    [
      'so a later marker alone does not bring it in',
      'V1 DM1@10 DM2@20',
      undelete({ after: at(15) }),
      { skip: 'outside-window' },
    ],
    ['an empty window', 'V1 DM1@10', undelete({ after: at(11), before: at(9) }), { skip: 'outside-window' }],
    [
      'a lifecycle marker counts as no older than its version',
      'V1@10 DM1@-32400',
      undelete({ after: at(10) }),
      { index: 1 },
    ],
    ['a live key has no deletion to be outside of it', 'V1', undelete({ after: at(99) }), { index: 0 }],
  ])('the deletion and the window: %s: %s', (_, entries, target, found) => {
    expect(findTarget(history(entries), target)).toEqual(found);
  });
});

describe('a version', () => {
  it.each<Row>([
    ['current', 'V1 V2', { kind: 'version', versionId: 'V2' }, { index: 0 }],
    ['older', 'V1 V2 DM1', { kind: 'version', versionId: 'V1' }, { index: 2 }],
    ['null', 'Vnull V2', { kind: 'version', versionId: 'null' }, { index: 1 }],
    ['that the key does not have', 'V1', { kind: 'version', versionId: 'V9' }, { missing: 'V9' }],
    ['that is a marker', 'V1 DM1', { kind: 'version', versionId: 'DM1' }, { missing: 'DM1' }],
    ['null that is a marker', 'V1 DMnull', { kind: 'version', versionId: 'null' }, { missing: 'null' }],
  ])('%s: %s', (_, entries, target, found) => {
    expect(findTarget(history(entries), target)).toEqual(found);
  });
});

describe('a time: the newest entry no younger', () => {
  it.each<Row>([
    ['a version', 'V1@10 V2@20', { kind: 'time', at: at(15) }, { index: 1 }],
    ['a marker', 'V1@10 DM1@12 V2@20', { kind: 'time', at: at(15) }, { index: 1 }],
    ['nothing yet: absent', 'V1@10 V2@20', { kind: 'time', at: at(5) }, { index: 2 }],
    ['the present', 'V1@10 V2@20', { kind: 'time', at: at(20) }, { index: 0 }],
    ['written and deleted in one second: deleted', 'V1@10 DM1@10', { kind: 'time', at: at(10) }, { index: 0 }],
    ['deleted and written in one second: written', 'V1@5 DM1@10 V2@10', { kind: 'time', at: at(10) }, { index: 0 }],
  ])('%s: %s', (_, entries, target, found) => {
    expect(findTarget(history(entries), target)).toEqual(found);
  });
});

describe('n versions back: counted over versions, not markers', () => {
  it.each<Row>([
    ['0 of a live key', 'V1 V2', back(0), { index: 0 }],
    ['0 of a deleted key: an undelete', 'V1 V2 DM1 DM2', back(0), { index: 2 }],
    ['1', 'V1 V2', back(1), { index: 1 }],
    ['1, past a marker', 'V1 DM1 V2', back(1), { index: 2 }],
    ['1 of a deleted key', 'V1 V2 DM1', back(1), { index: 2 }],
    ['more than there are', 'V1 DM1 V2', back(2), { skip: 'not-enough-versions' }],
    ['no version at all', 'DM1', back(0), { skip: 'nothing-to-restore' }],
    ['no version at all, further back', 'DM1 DM2', back(2), { skip: 'nothing-to-restore' }],
  ])('%s: %s', (_, entries, target, found) => {
    expect(findTarget(history(entries), target)).toEqual(found);
  });
});
