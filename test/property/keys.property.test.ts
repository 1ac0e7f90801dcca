import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareKeys, fitsInXml, keyBytes } from '../../src/core/keys.ts';
import { anyKey, runs } from '../support/arbitraries.ts';

/** Pairs that differ late, and around the surrogates, where UTF-16 and UTF-8 sort differently. */
const character = fc.constantFrom(
  'a',
  'b',
  '/',
  '\u00e9',
  '\ud7ff',
  '\ue000',
  '\ufffd',
  '\uffff',
  '\u{10000}',
  '\u{1f600}',
  '\u{1f601}',
  '\u{10ffff}',
);
const pair = fc.oneof(
  fc.tuple(anyKey, anyKey),
  fc.tuple(fc.string({ unit: character, maxLength: 3 }), fc.string({ unit: character, maxLength: 3 })),
  fc
    .tuple(anyKey, fc.string({ unit: character, maxLength: 2 }), fc.string({ unit: character, maxLength: 2 }))
    .map(([start, a, b]): [string, string] => [start + a, start + b]),
);

describe('keys', () => {
  it('sort as the bytes of their UTF-8 do, which is how S3 lists them', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      runs(),
    );
  });

  it('are measured in bytes', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        expect(keyBytes(key)).toBe(Buffer.from(key).length);
      }),
      runs(),
    );
  });

  it('fit in XML 1.0 exactly when each of their characters does', () => {
    // https://www.w3.org/TR/xml/#charsets
    const allowed = (c: number) =>
      c === 9 || c === 10 || c === 13 || (c >= 0x20 && c <= 0xd7ff) || (c >= 0xe000 && c <= 0xfffd) || c >= 0x10000;
    const withSurrogates = fc.oneof(
      anyKey,
      fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((c) => String.fromCharCode(c)), maxLength: 5 }),
    );
    fc.assert(
      fc.property(withSurrogates, (key) => {
        expect(fitsInXml(key)).toBe([...key].every((c) => allowed(c.codePointAt(0) ?? 0)));
      }),
      runs(),
    );
  });
});
