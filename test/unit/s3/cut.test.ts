import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareKeys } from '../../../src/core/keys.ts';
import { type CutQuestion, cutBehind, cutPoints, points, restOf } from '../../../src/s3/listing/cut.ts';
import { Places } from '../../../src/s3/listing/places.ts';

function question(keys: readonly string[], rest: Partial<CutQuestion> = {}): CutQuestion {
  const places = new Places();
  const { prefix = '' } = rest;
  for (const key of keys) places.learn(points(key.slice(prefix.length)));
  const [first = ''] = keys;
  return {
    prefix,
    origin: first,
    first,
    last: keys.at(-1) ?? '',
    pages: 2,
    bounded: false,
    misses: 0,
    places,
    ...rest,
  };
}

const hashes = Array.from('0123456789abcdef', (c) => `${c}0`);

test.each<[string, CutQuestion, number, string[]]>([
  ['evenly, where the characters are known', question(hashes, { last: '10' }), 1, ['8']],
  ['up to a known end', question(hashes, { last: '10', end: '9', bounded: true }), 3, ['3', '5', '7']],
  ['only once where nothing was seen', question(['p/00', 'p/09', 'p/10'], { prefix: 'p/' }), 5, ['p/5']],
  ['nowhere, where there is no room', question(['a', 'aa'], { end: 'aa\u0000' }), 4, []],
  ['nowhere, where one character is all that is known', question(['ax', 'ax'], { end: 'b' }), 4, []],
])('cuts %s', (_, asked, count, expected) => {
  expect(cutPoints(asked, count)).toEqual(expected);
});

test.each<[string, CutQuestion, string | undefined]>([
  ['a digit that may change', question(['l/2025/06/01', 'l/2025/06/09'], { prefix: 'l/' }), 'l/2025/1'],
  ['a name, where there are no digits', question(['a/b', 'a/c']), 'b'],
  ['nothing, where the range has a known end', question(['a/b', 'a/c'], { end: 'b', bounded: true }), undefined],
])('tries behind %s', (_, asked, expected) => {
  expect(cutBehind(asked)?.cut).toBe(expected);
});

test('what is left goes by what was listed', () => {
  expect(restOf(question(hashes, { last: '80', pages: 8 }))).toBeCloseTo(8, 0);
  expect(restOf(question(hashes, { last: '80', pages: 8, end: 'a', bounded: true }))).toBeCloseTo(2, 0);
});

const key = fc.string({ unit: 'binary', minLength: 1, maxLength: 8 });

test('cuts lie between the last key and the end, ascend, and can be sent', () => {
  fc.assert(
    fc.property(
      key,
      key,
      key,
      fc.option(key, { nil: undefined }),
      fc.nat({ max: 20 }),
      fc.nat({ max: 3 }),
      fc.boolean(),
      (a, b, c, end, count, n, bounded) => {
        const [origin = '', first = '', last = ''] = [a, b, c].sort(compareKeys);
        if (end !== undefined && compareKeys(end, last) <= 0) return;
        const shared = [...last].slice(0, n).join('');
        const prefix = [origin, first, end ?? last].every((k) => k.startsWith(shared)) ? shared : '';
        const rest = { prefix, origin, first, bounded, ...(end !== undefined && { end }) };
        const asked = question([origin, first, last], rest);
        const cuts = cutPoints(asked, count);
        expect(cuts.length).toBeLessThanOrEqual(count);
        const behind = cutBehind(asked)?.cut;
        for (const some of [cuts, behind === undefined ? [] : [behind]]) {
          let before = last;
          for (const cut of some) {
            expect(compareKeys(cut, before)).toBeGreaterThan(0);
            expect(cut.startsWith(prefix)).toBe(true);
            expect(cut.isWellFormed()).toBe(true);
            if (end !== undefined) expect(compareKeys(cut, end)).toBeLessThan(0);
            before = cut;
          }
        }
      },
    ),
  );
});
