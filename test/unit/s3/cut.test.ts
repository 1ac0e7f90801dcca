import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareKeys } from '../../../src/core/keys.ts';
import { Alphabet, type CutQuestion, cutPoints } from '../../../src/s3/cut.ts';

function question(keys: readonly string[], rest: Partial<CutQuestion> = {}): CutQuestion {
  const alphabet = new Alphabet();
  for (const key of keys) alphabet.learn(key);
  const [first = ''] = keys;
  return { prefix: '', origin: first, first, last: keys.at(-1) ?? '', alphabet, ...rest };
}

test.each<[string, CutQuestion, number, string[]]>([
  ['in the middle of what may follow', question(['00af', '0c12']), 1, ['0e']],
  ['evenly spaced where there is a choice', question(['1abc', '2def']), 3, ['5', '7', '9']],
  [
    'behind each place where all keys so far are alike',
    question(['l/2025-01-01', 'l/2025-01-09'], { prefix: 'l/', alphabet: new Alphabet() }),
    9,
    ['l/2025-01-1', 'l/2025-01.', 'l/2025-02', 'l/2025-1', 'l/2025.', 'l/2026', 'l/203', 'l/21', 'l/3'],
  ],
  [
    'one place deeper where the end leaves no choice',
    question(['a1b', 'a5b'], { end: 'a6' }),
    3,
    ['a5c', 'a5e', 'a5f'],
  ],
  ['behind a character that nobody knew', question(['文a', '文b']), 4, ['文d', '文e', '文f', '斈']],
  ['at a beginning of the end', question(['a9', 'b3'], { end: 'b5' }), 4, ['b4']],
  ['nowhere, where there is no room', question(['a', 'aa'], { end: 'aa\u0000' }), 4, []],
])('cuts %s', (_, asked, count, expected) => {
  expect(cutPoints(asked, count)).toEqual(expected);
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
      (a, b, c, end, count, n) => {
        const [origin = '', first = '', last = ''] = [a, b, c].sort(compareKeys);
        if (end !== undefined && compareKeys(end, last) <= 0) return;
        const shared = [...last].slice(0, n).join('');
        const prefix = [origin, first, end ?? last].every((k) => k.startsWith(shared)) ? shared : '';
        const rest = { prefix, origin, first, ...(end !== undefined && { end }) };
        const cuts = cutPoints(question([origin, first, last], rest), count);
        expect(cuts.length).toBeLessThanOrEqual(count);
        let before = last;
        for (const cut of cuts) {
          expect(compareKeys(cut, before)).toBeGreaterThan(0);
          expect(cut.startsWith(prefix)).toBe(true);
          expect(cut.isWellFormed()).toBe(true);
          if (end !== undefined) expect(compareKeys(cut, end)).toBeLessThan(0);
          before = cut;
        }
      },
    ),
  );
});
