import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareKeys, keyBytes } from '../../../src/core/keys.ts';
import { commonPrefix, justBefore } from '../../../src/s3/listing/just-before.ts';

test.each([
  ['b', 'a\u{10ffff}'],
  ['ab', 'aa\u{10ffff}'],
  ['a/', 'a.\u{10ffff}'],
  ['a\u0001', 'a\u0000\u{10ffff}'],
  ['a\u0000', 'a'],
  ['\u0000', ''],
  ['a\ue000', 'a\ud7ff\u{10ffff}'],
  ['a\u{10000}', 'a\uffff\u{10ffff}'],
  ['😀', '\u{1f5ff}\u{10ffff}'],
  [`${'x'.repeat(1023)}b`, `${'x'.repeat(1023)}a`],
])('just before %j', (key, expected) => {
  expect(justBefore(key)).toBe(expected);
});

const key = fc.string({ unit: 'binary', minLength: 1, maxLength: 6 });

test('what is just before a key is a marker that S3 takes, and is before it, with next to nothing in between', () => {
  fc.assert(
    fc.property(key, key, (one, other) => {
      const marker = justBefore(one);
      expect(compareKeys(marker, one)).toBeLessThan(0);
      expect(marker.isWellFormed()).toBe(true);
      expect(keyBytes(marker)).toBeLessThanOrEqual(1024);
      const between = compareKeys(marker, other) < 0 && compareKeys(other, one) < 0;
      expect(between && !other.includes('\u{10ffff}')).toBe(false);
    }),
  );
});

test.each([
  ['ab', 'abc', 'ab'],
  ['abc', 'abd', 'ab'],
  ['a', 'b', ''],
  ['a😀', 'a😁', 'a'],
  ['a😀b', 'a😀c', 'a😀'],
  ['same', 'same', 'same'],
])('%s and %s have %j in common', (first, last, expected) => {
  expect(commonPrefix(first, last)).toBe(expected);
});
