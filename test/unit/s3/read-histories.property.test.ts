import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Entry, KeyHistory } from '../../../src/core/history.ts';
import { compareKeys } from '../../../src/core/keys.ts';
import { isDoubtful, type ListingOrder } from '../../../src/core/order.ts';
import { listVersions } from '../../../src/s3/listing/listing.ts';
import { HistoryReader } from '../../../src/s3/listing/read-histories.ts';
import { ServerOrder } from '../../../src/s3/listing/server-order.ts';
import { type Manners, type Pager, type Row, requesterFor, startPager } from './pager.ts';
import { keyArb, kindsArb, rowsOf } from './rows.ts';

interface Case {
  readonly rows: readonly Row[];
  readonly wanted: readonly string[];
  readonly prefix: string | undefined;
  readonly depth: number | undefined;
  /** Of the server's pages: short ones are allowed at any time. */
  readonly sizes: readonly number[];
  /** The largest that is asked for. */
  readonly pageSize: number;
  readonly lanes: number;
}

const caseArb = (strictTimes: boolean): fc.Arbitrary<Case> =>
  fc.array(fc.tuple(keyArb, kindsArb(7)), { minLength: 1, maxLength: 60 }).chain((pairs) => {
    const keys = new Map(pairs);
    const prefix = fc.constantFrom(undefined, undefined, '', 'p/', 'p/2026-000');
    return prefix.chain((asked) => {
      const some = [...keys.keys()].filter((key) => key.startsWith(asked ?? ''));
      const nobody = keyArb.map((key) => (asked ?? '') + key);
      const wanted = some.length === 0 ? nobody : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...some) }, nobody);
      return fc.record({
        rows: fc.constant(rowsOf(keys, strictTimes)),
        wanted: fc.uniqueArray(wanted, { maxLength: 40 }).map((all) => all.sort(compareKeys)),
        prefix: fc.constant(asked),
        depth: fc.constantFrom(undefined, undefined, 1, 3),
        sizes: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 }),
        pageSize: fc.constantFrom(2, 5, 12, 1000),
        lanes: fc.integer({ min: 1, max: 8 }),
      });
    });
  });

const pages = (sizes: readonly number[]) => (page: number) => sizes[page % sizes.length] ?? 1;

/** `known`: what an earlier listing has shown. */
async function read(one: Case, pager: Pager, known: ListingOrder = 'unknown') {
  const { wanted, prefix, depth, pageSize, lanes } = one;
  const order = new ServerOrder();
  if (known !== 'unknown') order.learn(known);
  const reader = new HistoryReader(requesterFor(), pager.bucket, { lanes, pageSize, order });
  return reader.read(wanted, { ...(prefix !== undefined && { prefix }), ...(depth !== undefined && { depth }) });
}

function truth({ rows, wanted, depth }: Case): { key: string; ids: string[] }[] {
  return wanted
    .map((key) => ({ key, ids: rows.filter((row) => row.key === key).map(({ entry }) => entry.versionId) }))
    .filter(({ ids }) => ids.length > 0)
    .map(({ key, ids }) => ({ key, ids: ids.slice(0, depth) }));
}

const ids = (entries: readonly Entry[]) => entries.map((e) => e.versionId);
const brief = (histories: ReadonlyMap<string, KeyHistory>, depth: number | undefined) =>
  [...histories.values()].map(({ key, entries }) => ({ key, ids: ids(entries).slice(0, depth) }));

const encoding = { encodes: true, rawNextKeyMarker: false, grouped: false };

test.each<[string, Omit<Manners, 'pageSize'>]>([
  ['AWS', { ...encoding, keyMarker: 'after' }],
  ['Ceph', { ...encoding, keyMarker: 'at', rawNextKeyMarker: true }],
  ['a server that does not encode', { ...encoding, keyMarker: 'drops-one', encodes: false }],
])('%s: exactly what is there, whole, newest first, in the order of the keys', async (_, manners) => {
  await fc.assert(
    fc.asyncProperty(caseArb(false), async (one) => {
      const histories = await read(one, startPager(one.rows, { ...manners, pageSize: pages(one.sizes) }), 'wire');
      expect(brief(histories, undefined)).toEqual(truth(one));
      expect([...histories.values()].every((h) => h.otherOrder === undefined)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test.each<[string, Omit<Manners, 'pageSize'>]>([
  ['a server that groups', { ...encoding, keyMarker: 'after', grouped: true }],
  ['one that takes the marker to be included', { ...encoding, keyMarker: 'at', grouped: true }],
  ['moto', { ...encoding, keyMarker: 'drops-one', encodes: false, grouped: true }],
])('%s: newest first by time', async (_, manners) => {
  await fc.assert(
    fc.asyncProperty(caseArb(true), async (one) => {
      const histories = await read(one, startPager(one.rows, { ...manners, pageSize: pages(one.sizes) }), 'grouped');
      expect(brief(histories, one.depth)).toEqual(truth(one));
    }),
    { numRuns: 150 },
  );
});

test('of a server whose order did not show, what depends on it has both orders', async () => {
  await fc.assert(
    fc.asyncProperty(caseArb(true), fc.boolean(), async (one, grouped) => {
      const manners = { ...encoding, keyMarker: 'after', grouped, pageSize: pages(one.sizes) } as const;
      const histories = await read(one, startPager(one.rows, manners));
      truth(one).forEach(({ key, ids: expected }) => {
        const { entries = [], otherOrder = [] } = histories.get(key) ?? {};
        expect([ids(entries).slice(0, one.depth), ids(otherOrder).slice(0, one.depth)]).toContainEqual(expected);
        if (otherOrder.length > 0) expect(isDoubtful(entries)).toBe(true);
      });
    }),
    { numRuns: 150 },
  );
});

test('no more requests than keys, and one for each page that holds nothing but a part of one key', async () => {
  await fc.assert(
    fc.asyncProperty(caseArb(false), async (one) => {
      const manners = { ...encoding, keyMarker: 'after', pageSize: pages(one.sizes) } as const;
      const pager = startPager(one.rows, manners);
      await read(one, pager);
      const least = Math.min(...one.sizes, one.pageSize);
      const entries = (key: string) => one.rows.filter((row) => row.key === key).length;
      const parts = one.wanted.reduce((sum, key) => sum + Math.floor(entries(key) / least), 0);
      expect(pager.queries.length).toBeLessThanOrEqual(one.wanted.length + parts);
    }),
    { numRuns: 300 },
  );
});

test('the same as the listing says, after it', async () => {
  await fc.assert(
    fc.asyncProperty(caseArb(false), fc.boolean(), async (one, grouped) => {
      const pager = startPager(one.rows, { ...encoding, keyMarker: 'after', grouped, pageSize: () => 1000 });
      const order = new ServerOrder();
      const listed = new Map<string, KeyHistory>();
      for await (const { batches } of listVersions(requesterFor(), pager.bucket, { prefix: '' }, { lanes: 1, order })
        .segments)
        for await (const batch of batches) for (const history of batch) listed.set(history.key, history);
      const reader = new HistoryReader(requesterFor(), pager.bucket, { lanes: one.lanes, order });
      const histories = await reader.read(one.wanted, one.prefix === undefined ? {} : { prefix: one.prefix });
      expect([...histories]).toEqual(one.wanted.filter((key) => listed.has(key)).map((key) => [key, listed.get(key)]));
    }),
    { numRuns: 150 },
  );
});
