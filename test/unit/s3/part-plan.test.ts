import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { partPlan, partRange } from '../../../src/s3/writing/part-plan.ts';

const MIB = 1024 ** 2;
const GIB = 1024 * MIB;
const LARGEST_OBJECT = 10_000 * 5 * GIB;

describe('parts', () => {
  test.each<[string, number, Parameters<typeof partPlan>[1], { partSize: number; count: number } | undefined]>([
    ['an empty object is one part', 0, 'single', { partSize: 0, count: 1 }],
    ['uploaded whole, copied whole', 5 * GIB, 'single', { partSize: 5 * GIB, count: 1 }],
    ['whole, but larger than a part', 6 * GIB, 'single', { partSize: 128 * MIB, count: 48 }],
    ['not known: 128 MiB', 6 * GIB + 1, undefined, { partSize: 128 * MIB, count: 49 }],
    ['not known, small', 7, undefined, { partSize: 128 * MIB, count: 1 }],
    ['more than 10,000 of 128 MiB', 10_000 * 128 * MIB + 1, undefined, { partSize: 129 * MIB, count: 9_923 }],
    ['the largest object', LARGEST_OBJECT, undefined, { partSize: 5 * GIB, count: 10_000 }],
    ['a byte more', LARGEST_OBJECT + 1, undefined, undefined],
    ['as uploaded', 6 * GIB, { count: 768, firstSize: 8 * MIB }, { partSize: 8 * MIB, count: 768 }],
    ['as uploaded, smaller last part', 20 * MIB, { count: 3, firstSize: 8 * MIB }, { partSize: 8 * MIB, count: 3 }],
    ['as uploaded, in one small part', 7, { count: 1, firstSize: 7 }, { partSize: 7, count: 1 }],
    [
      'as uploaded, in 10,000',
      10_000 * 5 * GIB,
      { count: 10_000, firstSize: 5 * GIB },
      { partSize: 5 * GIB, count: 10_000 },
    ],
    ['unequal parts', 6 * GIB, { count: 3, firstSize: 1 * GIB }, { partSize: 128 * MIB, count: 48 }],
    ['parts that are too small here', 6 * MIB, { count: 6, firstSize: MIB }, { partSize: 128 * MIB, count: 1 }],
    ['parts that are too large here', 12 * GIB, { count: 2, firstSize: 6 * GIB }, { partSize: 128 * MIB, count: 96 }],
    [
      'too many parts for here',
      20_000 * 5 * MIB,
      { count: 20_000, firstSize: 5 * MIB },
      { partSize: 128 * MIB, count: 782 },
    ],
    ['an only part that is not all', 7 * GIB, { count: 1, firstSize: 6 * GIB }, { partSize: 128 * MIB, count: 56 }],
    ['an impossible answer', 7, { count: 1, firstSize: 0 }, { partSize: 128 * MIB, count: 1 }],
    ['no parts at all', 7, { count: 0, firstSize: 0 }, { partSize: 128 * MIB, count: 1 }],
  ])('%s', (_, size, parts, plan) => {
    expect(partPlan(size, parts)).toEqual(plan);
  });

  test.each([
    [1, 'bytes=0-9'],
    [2, 'bytes=10-19'],
    [3, 'bytes=20-24'],
  ])('the range of part %i', (number, range) => {
    expect(partRange({ partSize: 10, count: 3 }, 25, number)).toBe(range);
  });

  const parts = fc.option(
    fc.oneof(fc.constant('single' as const), fc.record({ count: fc.nat(12_000), firstSize: fc.maxSafeNat() })),
    { nil: undefined },
  );
  test('are the object, without gap or overlap, and within the limits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: LARGEST_OBJECT }), parts, (size, uploaded) => {
        const plan = partPlan(size, uploaded);
        if (plan === undefined) throw new Error('no plan');
        expect(plan.count).toBeLessThanOrEqual(10_000);
        expect(plan.partSize).toBeLessThanOrEqual(5 * GIB);
        if (plan.count > 1) expect(plan.partSize).toBeGreaterThanOrEqual(5 * MIB);
        expect((plan.count - 1) * plan.partSize).toBeLessThan(size);
        expect(plan.count * plan.partSize).toBeGreaterThanOrEqual(size);
        expect(partRange(plan, size, plan.count)).toMatch(new RegExp(`-${size - 1}$`));
      }),
    );
  });
});
