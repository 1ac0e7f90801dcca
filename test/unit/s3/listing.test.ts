import { describe, expect, test } from 'vitest';
import { CancelledError, RollbackError } from '../../../src/core/errors.ts';
import type { KeyHistory } from '../../../src/core/history.ts';
import { compareKeys } from '../../../src/core/keys.ts';
import type { KeyRange, Listing } from '../../../src/core/ports.ts';
import { listVersions } from '../../../src/s3/listing/listing.ts';
import { type Page, readTop, toPage } from '../../../src/s3/listing/pages.ts';
import { ServerOrder } from '../../../src/s3/listing/server-order.ts';
import { AWS, type Manners, type Pager, type Row, requesterFor, startPager } from './pager.ts';
import { rows } from './rows.ts';

const T = Date.UTC(2026, 10, 22);

const many = (count: number) => Array.from({ length: count }, (_, i) => `obj-${String(i).padStart(6, '0')} v${i}`);

function list(
  pager: Pager,
  range: Partial<KeyRange> = {},
  options: { lanes?: number; stop?: AbortSignal } = {},
): Listing {
  const requester = requesterFor(options.stop === undefined ? {} : { stop: options.stop });
  return listVersions(requester, pager.bucket, { prefix: '', ...range }, { lanes: options.lanes ?? 8 });
}

async function read(listing: Listing): Promise<{ histories: KeyHistory[]; segments: number }> {
  const segments: Promise<{ start: string; histories: KeyHistory[] }>[] = [];
  for await (const { start, batches } of listing.segments) {
    const reading = (async () => {
      const histories: KeyHistory[] = [];
      for await (const batch of batches) histories.push(...batch);
      return { start, histories };
    })();
    // The error comes out of the iteration too, and may end it before anybody waits for this.
    reading.catch(() => {});
    segments.push(reading);
  }
  const all = (await Promise.all(segments)).sort((a, b) => compareKeys(a.start, b.start));
  return { histories: all.flatMap((s) => s.histories), segments: all.length };
}

const brief = (histories: readonly KeyHistory[]) =>
  histories.map((h) => [h.key, ...h.entries.map((e) => e.versionId)].join(' '));

describe('a listing', () => {
  test('asks for URL encoding, never sends an empty marker, and pages with both', async () => {
    const pager = startPager(rows('a v1 v2 v3', 'b v4'), { ...AWS, pageSize: () => 2 });
    const { histories } = await read(list(pager, { prefix: '' }));
    expect(brief(histories)).toEqual(['a v1 v2 v3', 'b v4']);
    expect(
      pager.queries.map((q) => [q.query['encoding-type'], q.query.prefix, q.keyMarker, q.versionIdMarker]),
    ).toEqual([
      ['url', undefined, undefined, undefined],
      ['url', undefined, 'a', 'v2'],
    ]);
  });

  test('of a small bucket is not cut', async () => {
    const pager = startPager(rows(...many(1500)));
    expect((await read(list(pager))).segments).toBe(1);
    expect(pager.queries).toHaveLength(2);
  });

  test('of a large one is cut, and costs not much more', async () => {
    const pager = startPager(rows(...many(3000)), { ...AWS, pageSize: () => 30 });
    const { histories, segments } = await read(list(pager));
    expect(histories).toHaveLength(3000);
    expect(segments).toBeGreaterThan(4);
    expect(pager.queries.length).toBeLessThan(200);
  });

  test('with known cuts is cut there and nowhere else, with no request in vain', async () => {
    const pager = startPager(rows(...many(3000)), { ...AWS, pageSize: () => 30 });
    const cuts = Array.from({ length: 48 }, (_, i) => `obj-${String(60 * i + 59).padStart(6, '0')}`);
    const { histories, segments } = await read(list(pager, { cuts }, { lanes: 4 }));
    expect(histories).toHaveLength(3000);
    expect(segments).toBe(49);
    // A lane asks for no page behind its last key only where that page is the last of all.
    expect(pager.queries.length).toBeLessThanOrEqual(100 + 49);
    const started = pager.queries.flatMap((q) => (q.versionIdMarker === undefined ? (q.keyMarker ?? []) : []));
    expect(started).toEqual(cuts);
  });

  test('with known cuts is not cut where the server does not encode', async () => {
    const pager = startPager(rows(...many(300)), { ...AWS, pageSize: () => 30, encodes: false });
    expect((await read(list(pager, { cuts: ['obj-000100', 'obj-000200'] }))).segments).toBe(1);
  });

  test('with one lane is never cut', async () => {
    const pager = startPager(rows(...many(300)), { ...AWS, pageSize: () => 30 });
    expect((await read(list(pager, {}, { lanes: 1 }))).segments).toBe(1);
    expect(pager.queries).toHaveLength(10);
  });

  test('of one key asks for that key, and stops at the first other', async () => {
    const pager = startPager(rows('a v1', 'ab m1 v2', ...many(50)), { ...AWS, pageSize: () => 2 });
    expect(brief((await read(list(pager, { key: 'a' }))).histories)).toEqual(['a v1']);
    expect(pager.queries).toHaveLength(1);
    expect(pager.queries[0]?.prefix).toBe('a');
  });

  test.each<[string, Partial<KeyRange>, string[]]>([
    ['after a key', { after: 'a' }, ['b v3', 'c v4']],
    ['up to a key', { upTo: 'b' }, ['a v1 v2', 'b v3']],
    ['between', { after: 'a', upTo: 'b' }, ['b v3']],
    ['after what is no key', { after: 'aa' }, ['b v3', 'c v4']],
    ['after what lies before the prefix', { prefix: 'b', after: 'a' }, ['b v3']],
    ['up to what lies before the prefix', { prefix: 'b', upTo: 'a' }, []],
    ['of a prefix nobody has', { prefix: 'x' }, []],
    ['of a key nobody has', { key: 'aa' }, []],
  ])('%s', async (_, range, expected) => {
    for (const manners of [
      AWS,
      { ...AWS, keyMarker: 'at' },
      { ...AWS, keyMarker: 'drops-one', encodes: false },
    ] satisfies Manners[]) {
      const pager = startPager(rows('a v1 v2', 'b v3', 'c v4'), manners);
      expect(brief((await read(list(pager, range))).histories)).toEqual(expected);
    }
  });

  test('sends nothing before it is read', () => {
    const pager = startPager(rows('a v1'));
    list(pager);
    expect(pager.queries).toEqual([]);
  });
});

describe('a slow reader', () => {
  test('holds the listing up: a lane fetches two pages ahead and no more', async () => {
    const pager = startPager(rows(...many(300)), { ...AWS, pageSize: () => 10 });
    for await (const { batches } of list(pager, {}, { lanes: 1 }).segments) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const before = pager.queries.length;
      expect(before).toBeLessThanOrEqual(4);
      let keys = 0;
      for await (const batch of batches) {
        keys += batch.length;
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(keys).toBe(300);
    }
  });

  test('that leaves ends it', async () => {
    const pager = startPager(rows(...many(300)), { ...AWS, pageSize: () => 10 });
    const listing = list(pager);
    for await (const { batches } of listing.segments) {
      for await (const _ of batches) break;
      break;
    }
    const sent = pager.queries.length;
    await new Promise((resolve) => setImmediate(resolve));
    expect(pager.queries.length).toBeLessThanOrEqual(sent + 1);
  });
});

describe('errors', () => {
  const denied = '<Error><Code>AccessDenied</Code><Message>no</Message></Error>';

  test('of any lane reject all readers, with the mend', async () => {
    const pager = startPager(rows(...many(300)), { ...AWS, pageSize: () => 10 });
    pager.instead = (_, count) => (count > 9 ? { status: 403, body: denied } : undefined);
    const failed = await read(list(pager)).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(RollbackError);
    expect(failed).toMatchObject({ code: 'AccessDenied', hint: expect.stringContaining('s3:ListBucketVersions') });
  });

  test.each([
    ['an empty body', { status: 200, body: '' }],
    ['a body cut short', { status: 200, body: '<ListVersionsResult><IsTruncated>fal' }],
    ['an error with a good status', { status: 200, body: '<Error><Code>InternalError</Code></Error>\n' }],
    ['a bad gateway', { status: 502, body: 'bad gateway' }],
    ['SlowDown', { status: 503, body: '<Error><Code>SlowDown</Code></Error>' }],
  ])('that pass are tried again: %s', async (_, answer) => {
    const pager = startPager(rows('a v1', 'b v2'));
    pager.instead = (_query, count) => (count < 3 ? answer : undefined);
    expect(brief((await read(list(pager))).histories)).toEqual(['a v1', 'b v2']);
    expect(pager.queries).toHaveLength(3);
  });

  test('a page that stays malformed is never the end', async () => {
    const pager = startPager(rows('a v1', 'b v2'), { ...AWS, pageSize: () => 1 });
    pager.instead = (query) =>
      query.keyMarker === undefined ? undefined : { status: 200, body: '<ListVersionsResult/>' };
    await expect(read(list(pager))).rejects.toMatchObject({ code: 'malformed-page' });
  });

  test('an empty page in between is not the end, from a server that does not encode either', async () => {
    const pager = startPager(rows('a v1', 'b v2'), { ...AWS, encodes: false });
    const empty =
      '<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>a</NextKeyMarker></ListVersionsResult>';
    pager.instead = (_, count) => (count === 1 ? { status: 200, body: empty } : undefined);
    expect(brief((await read(list(pager))).histories)).toEqual(['b v2']);
    expect(pager.queries).toHaveLength(2);
  });

  test('keys that go backwards from page to page', async () => {
    const pager = startPager(rows('b v1', 'c v2', 'd v3'), { ...AWS, pageSize: () => 2 });
    const page = (key: string, truncated: boolean) => ({
      status: 200,
      body: `<ListVersionsResult><EncodingType>url</EncodingType><IsTruncated>${truncated}</IsTruncated><NextKeyMarker>z</NextKeyMarker><NextVersionIdMarker>z</NextVersionIdMarker><DeleteMarker><Key>${key}</Key><VersionId>m</VersionId><LastModified>2026-11-22T14:00:00Z</LastModified></DeleteMarker></ListVersionsResult>`,
    });
    pager.instead = (_, count) => page(count === 1 ? 'b' : 'a', count === 1);
    await expect(read(list(pager))).rejects.toMatchObject({
      code: 'malformed-page',
      message: expect.stringContaining('goes back'),
    });
  });

  test('stopping cuts it', async () => {
    const stop = new AbortController();
    const pager = startPager(rows(...many(300)), { ...AWS, pageSize: () => 10 });
    pager.instead = (_, count) => void (count === 5 && stop.abort());
    await expect(read(list(pager, {}, { lanes: 1, stop: stop.signal }))).rejects.toBeInstanceOf(CancelledError);
    expect(pager.queries).toHaveLength(5);
  });
});

describe('the order of the server', () => {
  const grouped: Manners = { ...AWS, grouped: true };

  test.each<[string, Row[], Manners, string]>([
    ['a marker before a version', rows('a m1 v1'), AWS, 'wire'],
    ['a marker before a version of another key', rows('a m1', 'b v1'), AWS, 'wire'],
    ['nothing to tell by', rows('a v1 m1', 'b v2 m2').slice(0, 2), AWS, 'unknown'],
    ['keys that go back', rows('a v1 m1', 'b v2'), grouped, 'grouped'],
    ['the latest below another', rows('a m1 v1'), grouped, 'grouped'],
  ])('%s', async (_, all, manners, order) => {
    const listing = list(startPager(all, manners));
    await read(listing);
    expect(listing.order).toBe(order);
  });

  test('histories that depend on it wait until it shows', async () => {
    // Page 1: `a v1 m1`, the marker not older than the version. Page 2 shows that the server sends in order.
    const doubtful = rows('a v1 m1', 'b v2', 'c m2 v3').map((row) => ({
      ...row,
      entry: { ...row.entry, lastModified: T },
    }));
    const pager = startPager(doubtful, { ...AWS, pageSize: () => 3 });
    const { histories } = await read(list(pager, {}, { lanes: 1 }));
    expect(brief(histories)).toEqual(['a v1 m1', 'b v2', 'c m2 v3']);
    expect(histories.every((h) => h.otherOrder === undefined)).toBe(true);
  });

  test('a grouped history is put in order by time, whole, over pages cut anywhere', async () => {
    const pager = startPager(rows('a m1 v1 m2 v2', 'b v3'), { ...grouped, pageSize: () => 2 });
    expect(brief((await read(list(pager))).histories)).toEqual(['a m1 v1 m2 v2', 'b v3']);
  });

  test('pages that contradict each other are not trusted', async () => {
    const pager = startPager(rows('a m1 v1', 'b v2 m2', 'c v3', 'd m4'), { ...AWS, pageSize: () => 2 });
    const backwards =
      '<ListVersionsResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>' +
      ['c', 'b']
        .map(
          (key) =>
            `<DeleteMarker><Key>${key}</Key><VersionId>m</VersionId><LastModified>2026-11-22T14:00:00Z</LastModified></DeleteMarker>`,
        )
        .join('') +
      '</ListVersionsResult>';
    pager.instead = (_, count) => (count === 2 ? { status: 200, body: backwards } : undefined);
    await expect(read(list(pager))).rejects.toMatchObject({ code: 'malformed-page' });
  });
});

describe('the state of restores', () => {
  const answer = (status: number, code: string, message = '') => ({
    status,
    body: `<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  });

  test('is asked for', async () => {
    const pager = startPager(rows('a v1'));
    await read(list(pager));
    expect(pager.queries.map((q) => q.headers['x-amz-optional-object-attributes'])).toEqual(['RestoreStatus']);
  });

  test.each([
    answer(501, 'NotImplemented', 'A header you provided implies functionality that is not implemented'),
    answer(400, 'InvalidArgument', 'x-amz-optional-object-attributes is not supported'),
  ])('is not asked for again where that is refused: $body', async (refusal) => {
    const pager = startPager(rows('a v1', 'b v2', 'c v3'), { ...AWS, pageSize: () => 1 });
    const asks = (headers: Readonly<Record<string, string>>) => 'x-amz-optional-object-attributes' in headers;
    pager.instead = ({ headers }) => (asks(headers) ? refusal : undefined);
    expect(brief((await read(list(pager, {}, { lanes: 1 }))).histories)).toEqual(['a v1', 'b v2', 'c v3']);
    expect(pager.queries.map((q) => asks(q.headers))).toEqual([true, false, false, false]);
  });

  test('is not blamed for other refusals', async () => {
    const pager = startPager([]);
    pager.instead = () => answer(400, 'InvalidArgument', 'something else');
    await expect(read(list(pager))).rejects.toMatchObject({ code: 'InvalidArgument' });
    expect(pager.queries).toHaveLength(1);
  });
});

describe('what one listing shows of the order', () => {
  test('holds for the next', async () => {
    const order = new ServerOrder();
    const listed = (...histories: readonly string[]) =>
      listVersions(requesterFor(), startPager(rows(...histories)).bucket, { prefix: '' }, { lanes: 1, order });
    await read(listed('a m1 v2'));
    const next = listed('a v1');
    expect(next.order).toBe('wire');
  });
});

describe('where the next page starts', () => {
  const [a1, a2, b1] = rows('a v1 v2', 'b v3');
  if (a1 === undefined || a2 === undefined || b1 === undefined) throw new Error('three rows');
  const nulled: Row = { key: 'z', entry: { ...b1.entry, versionId: 'null' } };
  const page = { isTruncated: true, urlEncoded: true };

  test.each<[string, Parameters<typeof toPage>[0], Page['next']]>([
    [
      'at the entry that the markers name',
      { ...page, entries: [a1, a2], nextKeyMarker: 'a', nextVersionIdMarker: 'v2' },
      { key: 'a', versionId: 'v2' },
    ],
    [
      'at the entry, where its key came raw',
      { ...page, entries: [{ ...a1, key: 'a b%' }], nextKeyMarker: 'a b%', nextVersionIdMarker: 'v1' },
      { key: 'a b%', versionId: 'v1' },
    ],
    [
      'at the last entry, where no version is named',
      { ...page, entries: [a1, b1], nextKeyMarker: 'b' },
      { key: 'b', versionId: 'v3' },
    ],
    [
      'at the right one of several null versions',
      { ...page, entries: [{ ...nulled, key: 'a' }, nulled], nextKeyMarker: 'a', nextVersionIdMarker: 'null' },
      { key: 'a', versionId: 'null' },
    ],
    [
      'at the decoded marker, where there are no entries',
      { ...page, entries: [], nextKeyMarker: 'a%2Bb+c' },
      { key: 'a+b c' },
    ],
    ['nowhere, on the last page', { ...page, isTruncated: false, entries: [a1] }, undefined],
  ])('%s', (_, given, next) => {
    expect(toPage(given, undefined).next).toEqual(next);
  });

  test.each<[string, Parameters<typeof toPage>[0]]>([
    ['to itself', { ...page, entries: [a1], nextKeyMarker: 'a', nextVersionIdMarker: 'v1' }],
    ['back', { ...page, entries: [], nextKeyMarker: 'A', nextVersionIdMarker: 'v1' }],
    ['nowhere', { ...page, entries: [] }],
  ])('a page that leads %s is malformed', (_, given) => {
    expect(() => toPage(given, { key: 'a', versionId: 'v1' })).toThrow('would not end');
  });
});

describe('the newest entry of one key', () => {
  test.each([
    ['a', 'm1'],
    ['ab', 'v3'],
    ['x', undefined],
  ])('%s: %s', async (key, versionId) => {
    const pager = startPager(rows('a m1 v1', 'ab v3'));
    expect((await readTop(requesterFor(), pager.bucket, key))[0]?.versionId).toBe(versionId);
    expect(pager.queries[0]?.query).toMatchObject({ prefix: key, 'max-keys': '3' });
  });

  test('of another key is not its own', async () => {
    const pager = startPager(rows('ab v3'));
    expect(await readTop(requesterFor(), pager.bucket, 'a')).toEqual([]);
  });

  test('fails as S3Failure', async () => {
    const pager = startPager([]);
    pager.instead = () => ({ status: 403, body: '<Error><Code>AccessDenied</Code><Message>no</Message></Error>' });
    await expect(readTop(requesterFor(), pager.bucket, 'a')).rejects.toMatchObject({
      name: 'S3Failure',
      failure: { code: 'AccessDenied', message: 'no' },
    });
  });
});
