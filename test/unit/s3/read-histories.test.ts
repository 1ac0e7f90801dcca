import { describe, expect, test } from 'vitest';
import { CancelledError } from '../../../src/core/errors.ts';
import type { KeyHistory } from '../../../src/core/history.ts';
import type { ReadHow } from '../../../src/core/ports.ts';
import { HistoryReader } from '../../../src/s3/listing/read-histories.ts';
import { ServerOrder } from '../../../src/s3/listing/server-order.ts';
import { AWS, type ListQuery, type Pager, render, requesterFor, startPager } from './pager.ts';
import { rows } from './rows.ts';

const name = (i: number) => `obj-${String(i).padStart(6, '0')}`;
const many = (count: number) => Array.from({ length: count }, (_, i) => `${name(i)} m${i} v${i}`);
const DENIED = { status: 403, body: '<Error><Code>AccessDenied</Code><Message>no</Message></Error>' };

function reader(pager: Pager, options: { lanes?: number; stop?: AbortSignal } = {}): HistoryReader {
  const { lanes = 8, stop } = options;
  return new HistoryReader(requesterFor(stop && { stop }), pager.bucket, { lanes, order: new ServerOrder() });
}

async function read(pager: Pager, keys: readonly string[], how: ReadHow = {}, lanes = 8) {
  return brief(await reader(pager, { lanes }).read(keys, how));
}

const brief = (histories: ReadonlyMap<string, KeyHistory>) =>
  [...histories.values()].map((h) => [h.key, ...h.entries.map((e) => e.versionId)].join(' '));
const asked = ({ prefix, keyMarker, versionIdMarker }: ListQuery) => [prefix, keyMarker, versionIdMarker];

describe('the histories of keys', () => {
  test('that are neighbours come with one request', async () => {
    const pager = startPager(rows(...many(40)));
    expect(await read(pager, [3, 5, 6, 39].map(name))).toEqual([3, 5, 6, 39].map((i) => many(40)[i]));
    expect(pager.queries.map(asked)).toEqual([['obj-0000', 'obj-000002\u{10ffff}', undefined]]);
  });

  test('that lie far apart take a small page each', async () => {
    const pager = startPager(rows(...many(20_000)));
    const keys = [7, 4000, 9000, 15_000, 19_000].map(name);
    expect(await read(pager, keys, { prefix: 'obj-' }, 2)).toHaveLength(5);
    expect(pager.queries.map((q) => [q.prefix, q.query['max-keys']])).toEqual(keys.map(() => ['obj-', '100']));
  });

  test('by the ten thousand are read side by side, in few more requests than pages', async () => {
    const pager = startPager(rows(...many(12_000)));
    const keys = Array.from({ length: 10_000 }, (_, i) => name(i + 1000));
    expect(await read(pager, keys, {}, 16)).toHaveLength(10_000);
    expect(pager.queries.length).toBeLessThan(20 + 16);
  });

  test('take large pages again where keys come thick', async () => {
    const pager = startPager(rows(...many(20_000)));
    const far = Array.from({ length: 20 }, (_, i) => name(i * 400));
    const thick = Array.from({ length: 2000 }, (_, i) => name(i + 10_000));
    expect(await read(pager, [...far, ...thick], {}, 1)).toHaveLength(2020);
    expect(pager.queries.length).toBeLessThan(20 + 10);
  });

  test('longer than a page are read on to their end; with a depth no further than that', async () => {
    const long = `k ${Array.from({ length: 250 }, (_, i) => `v${i}`).join(' ')}`;
    const manners = { ...AWS, pageSize: () => 100 };
    const whole = startPager(rows(long, 'l v'), manners);
    expect(await read(whole, ['k', 'l'])).toEqual([long, 'l v']);
    expect(whole.queries.map(asked)).toEqual([
      ['', 'j\u{10ffff}', undefined],
      ['', 'k', 'v99'],
      ['', 'k', 'v199'],
    ]);
    const top = startPager(rows(long, 'l v'), manners);
    expect(await read(top, ['k', 'l'], { depth: 3 }, 1)).toEqual(['k v0 v1 v2', 'l v']);
    expect(top.queries.map(asked)).toEqual([
      ['', 'j\u{10ffff}', undefined],
      ['', 'k\u{10ffff}', undefined],
    ]);
    expect(top.queries[0]?.query['max-keys']).toBe('16');
  });

  test('that nobody has, or that no key can be, are not in the answer', async () => {
    const pager = startPager(rows('b v1'));
    expect(await read(pager, ['', 'a', 'b', 'c', `${'x'.repeat(1025)}`, '\ud800'])).toEqual(['b v1']);
    expect(pager.queries).toHaveLength(1);
    expect(await read(pager, [])).toEqual([]);
    expect(await read(pager, ['\ud800'])).toEqual([]);
    expect(pager.queries).toHaveLength(1);
  });

  test('of which one is the beginning of the others, and one the first that can be', async () => {
    const pager = startPager(rows('a v1', 'a\u0000 v2', 'ab v3', 'b v4'));
    expect(await read(pager, ['a', 'a\u0000', 'ab'])).toEqual(['a v1', 'a\u0000 v2', 'ab v3']);
    expect(pager.queries.map(asked)).toEqual([['a', undefined, undefined]]);
  });
});

describe('keys are read one by one, and remembered to be', () => {
  test('where the server does not encode', async () => {
    const pager = startPager(rows('a v1', 'ab v2', 'b v3'), { ...AWS, encodes: false, keyMarker: 'drops-one' });
    const own = reader(pager);
    expect(brief(await own.read(['a', 'b', 'c']))).toEqual(['a v1', 'b v3']);
    expect(pager.queries.slice(1).map(asked)).toEqual(['a', 'b', 'c'].map((key) => [key, undefined, undefined]));
    await own.read(['a', 'b']);
    expect(pager.queries).toHaveLength(6);
  });

  test('where it was seen to ignore the marker', async () => {
    const pager = startPager(rows(...many(600)));
    // Whatever the marker says, the listing begins at the beginning.
    const start = render(rows(...many(8)), { ...AWS, isTruncated: true });
    pager.instead = ({ prefix }) => (prefix === 'obj-000' ? { status: 200, body: start } : undefined);
    expect(await read(pager, [300, 400].map(name))).toEqual([300, 400].map((i) => many(600)[i]));
    expect(pager.queries.map((q) => q.prefix)).toEqual(['obj-000', name(300), name(400)]);
  });

  test('where the role may list no more at once', async () => {
    const pager = startPager(rows('a/1 v1', 'b/1 v2'));
    pager.instead = ({ prefix }) => (prefix === '' ? DENIED : undefined);
    const own = reader(pager);
    expect(brief(await own.read(['a/1', 'b/1']))).toEqual(['a/1 v1', 'b/1 v2']);
    await own.read(['a/1', 'b/1']);
    expect(pager.queries.map((q) => q.prefix)).toEqual(['', 'a/1', 'b/1', 'a/1', 'b/1']);
  });

  test('where the server does not take such a marker', async () => {
    const pager = startPager(rows(...many(600)));
    const body = '<Error><Code>InvalidArgument</Code><Message>key-marker</Message></Error>';
    pager.instead = ({ keyMarker }) => (keyMarker === undefined ? undefined : { status: 400, body });
    expect(await read(pager, [300, 400].map(name))).toEqual([300, 400].map((i) => many(600)[i]));
    expect(pager.queries.map((q) => q.prefix)).toEqual(['obj-000', name(300), name(400)]);
  });

  test('but not where it may list nothing', async () => {
    const pager = startPager(rows('a v1', 'b v2'));
    pager.instead = () => DENIED;
    const own = reader(pager, { lanes: 1 });
    const failed = await own.read(['a', 'b']).catch((error: unknown) => error);
    expect(failed).toMatchObject({
      name: 'S3Failure',
      failure: { code: 'AccessDenied', hint: expect.stringContaining('s3:ListBucketVersions') },
    });
    await expect(own.read(['a'])).rejects.toMatchObject({ failure: { code: 'AccessDenied' } });
    expect(pager.queries.map((q) => q.prefix)).toEqual(['', 'a', 'a']);
  });
});

describe('the order of the server', () => {
  test('may show on any page, and counts for all', async () => {
    // `a`: time says that the marker is newer than the version above it. `z` shows that the server sends in order.
    const doubtful = rows('a v1 v2 m3', ...many(300), 'z m4 v5').map((row) => ({
      ...row,
      entry: { ...row.entry, lastModified: row.entry.versionId === 'm3' ? 1000 : 0 },
    }));
    const own = reader(startPager(doubtful), { lanes: 1 });
    expect((await own.read(['a'])).get('a')?.otherOrder).toBeDefined();
    const both = await own.read(['a', 'z']);
    expect(brief(both)).toEqual(['a v1 v2 m3', 'z m4 v5']);
    expect(both.get('a')?.otherOrder).toBeUndefined();
    expect((await own.read(['a'])).get('a')?.otherOrder).toBeUndefined();
  });

  test('of which pages contradict each other is not trusted', async () => {
    const order = new ServerOrder();
    order.learn('wire');
    const pager = startPager(rows('a v1 m1', 'b v2'), { ...AWS, grouped: true });
    const own = new HistoryReader(requesterFor(), pager.bucket, { lanes: 1, order });
    await expect(own.read(['a', 'b'])).rejects.toMatchObject({
      name: 'S3Failure',
      failure: { code: 'malformed-page' },
    });
  });
});

test('any other error ends it, in all lanes', async () => {
  const pager = startPager(rows(...many(5000)));
  pager.instead = (_, count) =>
    count > 3 ? { status: 404, body: '<Error><Code>NoSuchBucket</Code><Message>gone</Message></Error>' } : undefined;
  const keys = Array.from({ length: 5000 }, (_, i) => name(i));
  await expect(read(pager, keys)).rejects.toMatchObject({ name: 'S3Failure', failure: { code: 'NoSuchBucket' } });
});

test('stopping ends it', async () => {
  const stop = new AbortController();
  const pager = startPager(rows(...many(5000)));
  pager.instead = (_, count) => void (count === 2 && stop.abort());
  const keys = Array.from({ length: 5000 }, (_, i) => name(i));
  await expect(reader(pager, { stop: stop.signal, lanes: 1 }).read(keys)).rejects.toBeInstanceOf(CancelledError);
  expect(pager.queries).toHaveLength(2);
});
