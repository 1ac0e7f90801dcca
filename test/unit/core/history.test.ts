import { describe, expect, it } from 'vitest';
import { currentOf, effectiveTimes, indexAt, markersOnTop } from '../../../src/core/history.ts';
import { at, marker, version } from './entries.ts';

/** Histories are written newest first, as S3 lists them. */

describe('the current entry', () => {
  it('is the first one sent', () => {
    expect(currentOf([marker('d'), version('v')]).versionId).toBe('d');
  });

  it('is something every history has', () => {
    expect(() => currentOf([])).toThrow(RangeError);
  });
});

describe('the run of markers on top', () => {
  it.each([
    ['a live key', [version('v1')], 0],
    ['deleted', [marker('d1'), version('v1')], 1],
    ['deleted three times over', [marker('d3'), marker('d2'), marker('d1'), version('v1')], 3],
    ['an older deletion below', [marker('d2'), version('v2'), marker('d1'), version('v1')], 1],
    ['nothing but markers', [marker('d2'), marker('d1')], 2],
  ])('%s', (_, entries, count) => {
    expect(markersOnTop(entries)).toBe(count);
  });
});

describe('the time that counts', () => {
  const MIDNIGHT = -9 * 3600;

  it.each([
    ['true stamps', [30, 20, 10], [30, 20, 10]],
    ['a tie', [10, 10, 10], [10, 10, 10]],
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configure-notification.html
    ['a lifecycle marker, stamped midnight, above a version of the same day', [MIDNIGHT, 10], [10, 10]],
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
    ['a multipart upload, stamped with its start, above what was written meanwhile', [5, 20, 10], [20, 20, 10]],
    ['two early stamps in a row', [5, 3, 20], [20, 20, 20]],
    ['one entry', [10], [10]],
    ['none', [], []],
  ])('%s', (_, stamps, expected) => {
    const entries = stamps.map((seconds, i) => version(`v${i}`, seconds));
    expect(effectiveTimes(entries)).toEqual(expected.map(at));
  });
});

describe('the state at a time', () => {
  const entries = [version('v4', 30), version('v3', 20), marker('d2', 20), version('v1', 10)];

  it.each([
    ['before the first entry: absent', 9.999, 4],
    ['in the second of an entry', 10, 3],
    ['between two entries', 19.999, 3],
    ['in the second of a tie: the newer of the two', 20, 1],
    ['after the last', 31, 0],
  ])('%s', (_, seconds, index) => {
    expect(indexAt(entries, at(seconds))).toBe(index);
  });

  it('a lifecycle marker of midnight hides no version that was written later that day', () => {
    const history = [marker('expired', -9 * 3600), version('v1', 10)];
    expect(indexAt(history, at(-1))).toBe(2);
    expect(indexAt(history, at(10))).toBe(0);
  });
});
