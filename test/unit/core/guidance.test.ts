import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/core/decide.ts';
import type { Target } from '../../../src/core/target.ts';
import { at, history } from './entries.ts';

/**
 * The behaviour table of AWS's "Guidance for Rolling Back Changes to Datasets in Amazon S3", row by row, beside ours.
 * https://github.com/aws-solutions-library-samples/guidance-for-rolling-back-changes-to-datasets-in-amazon-s3
 *
 * `before | after` the chosen time, oldest first. Its "bucket rollback" is our `rollback` with `to-time`; its "delete
 * marker removal" is nearest to our `undelete`, with `deleted-after` at the chosen time.
 */
function outcome(row: string, targetAt: (chosen: number) => Target): string {
  const [before = '', after = ''] = row.split('|').map((side) => side.trim());
  const stamped = (side: string, from: number) =>
    side
      .split(' ')
      .filter((word) => word !== '')
      .map((word, i) => `${word}@${from + i}`);
  const entries = history([...stamped(before, 10), ...stamped(after, 110)].join(' '));
  const decision = decide({
    bucket: 'bucket',
    history: { key: 'k', entries },
    target: targetAt(at(100)),
    method: 'copy',
    versioning: 'Enabled',
  });
  switch (decision.kind) {
    case 'change':
      return decision.line.steps
        .map((s) => (s.do === 'add-delete-marker' ? 'add a marker' : `remove ${s.versionId}`))
        .join(', ');
    case 'copy':
      return `copy ${decision.copy.wanted[0]?.versionId}`;
    default:
      return 'nothing';
  }
}

describe("bucket rollback = rollback to-time, in each of the guidance's rows", () => {
  it.each([
    ['V1 | DM1', 'remove DM1'],
    ['| V1 DM1', 'nothing'],
    ['V1 DM1 | V2 DM2', 'nothing'],
    ['V1 DM1 | DM2', 'nothing'],
    ['V1 | DM1 V2 DM2', 'copy V1'],
    ['V1 | V2', 'copy V1'],
    ['| V1', 'add a marker'],
  ])('%s: %s', (row, both) => {
    expect(outcome(row, (chosen) => ({ kind: 'time', at: chosen }))).toBe(both);
  });
});

describe('delete marker removal and undelete', () => {
  const undelete = (): Target => ({ kind: 'undelete' });
  const undeleteAfter = (after: number): Target => ({ kind: 'undelete', after });

  it.each([
    ['V1 | DM1', 'remove DM1'],
    ['| V1 DM1', 'remove DM1'],
    ['V1 DM1 | V2 DM2', 'remove DM2'],
    ['V1 | DM1 V2 DM2', 'remove DM2'],
    ['V1 | V2', 'nothing'],
    ['| V1', 'nothing'],
    // Stacked markers, all of them younger than the chosen time: both remove every one.
    ['V1 | DM1 DM2', 'remove DM2, remove DM1'],
  ])('%s: the same, with the window or without: %s', (row, both) => {
    expect(outcome(row, undelete)).toBe(both);
    expect(outcome(row, undeleteAfter)).toBe(both);
  });

  /**
   * Where the run of markers began before the chosen time, ours differs on purpose. The guidance removes DM2 and leaves
   * DM1: a change that no reader can see, of a key that was deleted before the incident. For us a key is undeleted or
   * left alone: the deletion is the oldest marker of the run, so with the window the key is `outside-window` (it was
   * deleted at the chosen time already), and without one the whole run goes and the key is live.
   */
  it.each([
    ['V1 DM1 | DM2', 'remove DM2', 'nothing', 'remove DM2, remove DM1'],
    ['V1 DM1 DM2 | DM3', 'remove DM3', 'nothing', 'remove DM3, remove DM2, remove DM1'],
  ])('%s: the guidance would %s; with the window %s, without it %s', (row, theirs, windowed, whole) => {
    expect(outcome(row, undeleteAfter)).toBe(windowed);
    expect(outcome(row, undelete)).toBe(whole);
    expect(theirs).not.toBe(windowed);
    expect(theirs).not.toBe(whole);
  });

  it('DM1 | DM2: no version underneath; the guidance removes DM2, we touch nothing that no reader could see', () => {
    expect(outcome('DM1 | DM2', undelete)).toBe('nothing');
    expect(outcome('DM1 | DM2', undeleteAfter)).toBe('nothing');
  });
});
