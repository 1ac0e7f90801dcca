import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Entry, KeyHistory } from '../../../src/core/history.ts';
import { compareKeys } from '../../../src/core/keys.ts';
import type { KeyRange, Listing } from '../../../src/core/ports.ts';
import { listVersions } from '../../../src/s3/listing/listing.ts';
import { type Manners, type Row, requesterFor, startPager } from './pager.ts';
import { keyArb, kindsArb, rowsOf } from './rows.ts';

/** Every segment read side by side; then in the order of their starts. */
async function readAll(listing: Listing): Promise<KeyHistory[]> {
  const segments: { start: string; histories: KeyHistory[] }[] = [];
  const readers: Promise<void>[] = [];
  for await (const { start, batches } of listing.segments) {
    const histories: KeyHistory[] = [];
    segments.push({ start, histories });
    readers.push(
      (async () => {
        for await (const batch of batches) histories.push(...batch);
      })(),
    );
  }
  await Promise.all(readers);
  segments.sort((a, b) => compareKeys(a.start, b.start));
  expect(new Set(segments.map((s) => s.start)).size).toBe(segments.length);
  return segments.flatMap((s) => s.histories);
}

function truth(rows: readonly Row[], range: KeyRange): { key: string; ids: string[] }[] {
  const byKey = new Map<string, string[]>();
  for (const { key, entry } of rows) {
    const { after, upTo } = range;
    const inRange =
      (range.key === undefined ? key.startsWith(range.prefix) : key === range.key) &&
      (after === undefined || compareKeys(key, after) > 0) &&
      (upTo === undefined || compareKeys(key, upTo) <= 0);
    if (inRange) byKey.set(key, [...(byKey.get(key) ?? []), entry.versionId]);
  }
  return [...byKey].map(([key, ids]) => ({ key, ids })).sort((a, b) => compareKeys(a.key, b.key));
}

const rangeArb = (keys: readonly string[]): fc.Arbitrary<KeyRange> => {
  const some = fc.oneof(fc.constantFrom(...keys), keyArb);
  return fc.oneof(
    fc.constant({ prefix: '' }),
    fc.record({ prefix: fc.constantFrom('', 'p/', 'a', 'p/2026-000') }),
    fc.record({ prefix: fc.constantFrom('', 'p/', 'a'), after: some }),
    fc.record({ prefix: fc.constantFrom('', 'p/'), upTo: some }),
    fc.record({ prefix: fc.constant(''), after: some, upTo: some }),
    fc.record({
      prefix: fc.constantFrom('', 'p/'),
      after: some,
      upTo: some,
      cuts: fc.uniqueArray(some).map((cuts) => cuts.sort(compareKeys)),
    }),
    some.map((key) => ({ prefix: '', key })),
  );
};

const caseArb = (strictTimes: boolean) =>
  fc.array(fc.tuple(keyArb, kindsArb(4)), { minLength: 1, maxLength: 60 }).chain((pairs) => {
    const keys = new Map(pairs);
    return fc.record({
      rows: fc.constant(rowsOf(keys, strictTimes)),
      range: rangeArb([...keys.keys()]),
      sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
      lanes: fc.integer({ min: 1, max: 8 }),
    });
  });

const pages = (sizes: readonly number[]) => (page: number) => sizes[page % sizes.length] ?? 1;

async function listed(rows: readonly Row[], range: KeyRange, lanes: number, manners: Manners) {
  const pager = startPager(rows, manners);
  const listing = listVersions(requesterFor(), pager.bucket, range, { lanes });
  const histories = await readAll(listing);
  const ids = (entries: readonly Entry[]) => entries.map((e) => e.versionId);
  const found = histories.map((h) => ({ key: h.key, ids: ids(h.entries) }));
  const other = histories.map((h) => ({ key: h.key, ids: ids(h.otherOrder ?? h.entries) }));
  return { found, other };
}

test.each<[string, Omit<Manners, 'pageSize'>]>([
  ['AWS', { keyMarker: 'after', encodes: true, rawNextKeyMarker: false, grouped: false }],
  ['Ceph', { keyMarker: 'at', encodes: true, rawNextKeyMarker: true, grouped: false }],
])('%s: every key once, whole, newest first, in order', async (_, manners) => {
  await fc.assert(
    fc.asyncProperty(caseArb(false), async ({ rows, range, sizes, lanes }) => {
      const { found } = await listed(rows, range, lanes, { ...manners, pageSize: pages(sizes) });
      expect(found).toEqual(truth(rows, range));
    }),
    { numRuns: 150 },
  );
});

test.each<[string, Omit<Manners, 'pageSize'>]>([
  ['moto', { keyMarker: 'drops-one', encodes: false, rawNextKeyMarker: true, grouped: true }],
  ['a server that groups and encodes', { keyMarker: 'after', encodes: true, rawNextKeyMarker: false, grouped: true }],
])('%s: every key once, whole; newest first by time, or in one of the two orders offered', async (_, manners) => {
  await fc.assert(
    fc.asyncProperty(caseArb(true), async ({ rows, range, sizes, lanes }) => {
      const { found, other } = await listed(rows, range, lanes, { ...manners, pageSize: pages(sizes) });
      const expected = truth(rows, range);
      expect(found.map((h) => h.key)).toEqual(expected.map((h) => h.key));
      // Where the pages never showed that the server groups, the true order is the second one.
      expected.forEach((history, i) => {
        expect([found[i], other[i]]).toContainEqual(history);
      });
    }),
    { numRuns: 100 },
  );
});
