import { describe, expect, it } from 'vitest';
import { bytesOf, countOf } from '../../../src/core/words.ts';

describe('numbers of things', () => {
  it.each([
    [0, '0 keys'],
    [1, '1 key'],
    [2, '2 keys'],
  ])('%i', (n, words) => {
    expect(countOf(n, 'key')).toBe(words);
  });

  it('with a plural of their own', () => {
    expect(countOf(1, 'copy goes', 'copies go')).toBe('1 copy goes');
    expect(countOf(3, 'copy goes', 'copies go')).toBe('3 copies go');
  });
});

describe('bytes', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [1023, '1023 bytes'],
    [1536, '1.5 KiB'],
    [6 * 1024 ** 3, '6.0 GiB'],
    [5 * 1024 ** 5, '5120.0 TiB'],
  ])('%i', (bytes, words) => {
    expect(bytesOf(bytes)).toBe(words);
  });
});
