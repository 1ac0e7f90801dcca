import { describe, expect, it } from 'vitest';
import { count, duration, sentence } from '../../../src/action/format.ts';
import { closest } from '../../../src/core/suggest.ts';

it.each([
  [0, '0.0 s'],
  [-5, '0.0 s'],
  [420, '0.4 s'],
  [9_949, '9.9 s'],
  [9_951, '10 s'],
  [59_400, '59 s'],
  [59_600, '1 min 0 s'],
  [185_000, '3 min 5 s'],
  [7_800_000, '2 h 10 min'],
])('%i ms is %s', (milliseconds, words) => {
  expect(duration(milliseconds)).toBe(words);
});

it.each([
  [0, '0 keys'],
  [1, '1 key'],
  [2500, '2,500 keys'],
])('%i: %s', (n, words) => {
  expect(count(n, 'key')).toBe(words);
});

it.each([
  ['a', 'a.'],
  ['a.', 'a.'],
  ['a? ', 'a?'],
  ['', ''],
])('%j ends as a sentence: %j', (text, ended) => {
  expect(sentence(text)).toBe(ended);
});

describe('what may have been meant', () => {
  const names = ['dry-run', 'prefix', 'key', 'undelete', 'rollback'];
  it.each([
    ['dryrun', 'dry-run'],
    ['DRY-RUN', 'dry-run'],
    ['perfix', 'prefix'],
    ['keys', 'key'],
    ['role-back', 'rollback'],
    ['undelte', 'undelete'],
    ['bucket-owner', undefined],
    ['', undefined],
    ['x'.repeat(1000), undefined],
  ])('%s: %s', (typed, meant) => {
    expect(closest(typed, names)).toBe(meant);
  });
});
