import { describe, expect, it } from 'vitest';
import { compareKeys, fitsInXml, keyBytes, MAX_KEY_BYTES } from '../../../src/core/keys.ts';

describe('keys in the order of S3', () => {
  it('is that of their UTF-8 bytes', () => {
    const inOrder = ['', '\u0001', '\n', ' ', '%', '+', '/a', 'A', 'a', 'a ', 'a/', 'a/b', 'a0', 'ab', 'b', 'é'];
    // UTF-16 would put the astral ones before U+E000 and U+FFFD.
    inOrder.push('\ud7ff', '\ue000', '\ufffd', '\u{1f600}', '\u{1f600}a', '\u{1f601}', '\u{1f601}a', '\u{10ffff}');
    for (const [i, a] of inOrder.entries()) {
      for (const [j, b] of inOrder.entries()) {
        expect(`${a}|${b} ${Math.sign(compareKeys(a, b))}`).toBe(`${a}|${b} ${Math.sign(i - j)}`);
      }
    }
  });
});

describe('the length of a key', () => {
  it.each([
    ['a', 1],
    ['é', 2],
    ['\u{1f600}', 4],
    ['a'.repeat(MAX_KEY_BYTES), 1024],
  ])('counts bytes', (key, bytes) => {
    expect(keyBytes(key)).toBe(bytes);
  });
});

describe('a key in the XML of DeleteObjects', () => {
  it.each(['a', 'a b+c%20', 'tab\tline\ncarriage\r', '<b>&"\'', '\u0085\u2028\ufffd', '\u{1f600}', '##[x]'])(
    '%j fits',
    (key) => {
      expect(fitsInXml(key)).toBe(true);
    },
  );

  it.each([
    '\u0000',
    'a\u0001b',
    '\u0008',
    '\u000b',
    '\u001f',
    '\ufffe',
    '\uffff',
    '\ud83d',
    'a\ude00',
    '\ude00\ud83d',
  ])('%j does not', (key) => {
    expect(fitsInXml(key)).toBe(false);
  });
});
