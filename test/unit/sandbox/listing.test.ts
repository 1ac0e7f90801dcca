import { ListObjectsV2Command, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import type { Bucket, Sandbox } from '../../../sandbox/index.ts';
import { raw, rig, texts } from './support.ts';

/** The rows of a raw page, in the order of the document: `Version key id` or `DeleteMarker key id`. */
function rows(document: string): string[] {
  const pattern = /<(Version|DeleteMarker)><Key>(.*?)<\/Key><VersionId>(.*?)<\/VersionId>/g;
  return [...document.matchAll(pattern)].map(([, kind, key, id]) => `${kind} ${key} ${id}`);
}

async function page(sandbox: Sandbox, query: Record<string, string>): Promise<string> {
  const parameters = new URLSearchParams({ versions: '', ...query });
  return (await raw(sandbox, `/b?${parameters}`)).text;
}

/** Two versions with a marker between them in two keys, and in a third the marker on top. */
function threeKeys(bucket: Bucket): void {
  for (const key of ['k0', 'k1', 'k2']) bucket.put(key, { versionId: `${key}-old` });
  for (const key of ['k0', 'k1']) bucket.delete(key, { versionId: `${key}-marker` });
  bucket.put('k2', { versionId: 'k2-new' });
  bucket.delete('k2', { versionId: 'k2-marker' });
  for (const key of ['k0', 'k1']) bucket.put(key, { versionId: `${key}-new` });
}

const ALL = [
  'Version k0 k0-new',
  'DeleteMarker k0 k0-marker',
  'Version k0 k0-old',
  'Version k1 k1-new',
  'DeleteMarker k1 k1-marker',
  'Version k1 k1-old',
  'DeleteMarker k2 k2-marker',
  'Version k2 k2-new',
  'Version k2 k2-old',
];

// Recorded: test_list_objects_versions_markers.
describe('ListObjectVersions: markers and pages', () => {
  it.each([
    { name: 'everything', query: {}, expected: ALL, truncated: false },
    { name: 'five', query: { 'max-keys': '5' }, expected: ALL.slice(0, 5), truncated: true, next: ['k1', 'k1-marker'] },
    {
      name: 'a key marker alone skips all of its key',
      query: { 'key-marker': 'k1', 'max-keys': '1' },
      expected: ALL.slice(6, 7),
      truncated: true,
      next: ['k2', 'k2-marker'],
    },
    { name: 'the last key as marker', query: { 'key-marker': 'k2', 'max-keys': '1' }, expected: [], truncated: false },
    {
      name: 'both markers continue inside the key',
      query: { 'key-marker': 'k1', 'version-id-marker': 'k1-marker', 'max-keys': '1' },
      expected: ALL.slice(5, 6),
      truncated: true,
      next: ['k1', 'k1-old'],
    },
    {
      name: 'the last but one entry',
      query: { 'key-marker': 'k2', 'version-id-marker': 'k2-new', 'max-keys': '1' },
      expected: ALL.slice(8),
      truncated: false,
    },
    {
      name: 'an empty key marker is none',
      query: { 'key-marker': '', 'max-keys': '1' },
      expected: ALL.slice(0, 1),
      truncated: true,
      next: ['k0', 'k0-new'],
    },
    { name: 'a marker that is no key', query: { 'key-marker': 'k1x' }, expected: ALL.slice(6), truncated: false },
    { name: 'no rows asked for', query: { 'max-keys': '0' }, expected: [], truncated: false },
    { name: 'a prefix', query: { prefix: 'k1' }, expected: ALL.slice(3, 6), truncated: false },
    { name: 'a prefix of nothing', query: { prefix: 'k9' }, expected: [], truncated: false },
  ])('$name', async ({ query, expected, truncated, next }) => {
    const { sandbox } = await rig();
    threeKeys(sandbox.createBucket('b'));
    const document = await page(sandbox, query);
    expect(rows(document)).toEqual(expected);
    expect(texts(document, 'IsTruncated')).toEqual([String(truncated)]);
    expect([...texts(document, 'NextKeyMarker'), ...texts(document, 'NextVersionIdMarker')]).toEqual(next ?? []);
  });

  it('marks the newest entry of each key as latest, version or marker', async () => {
    const { sandbox } = await rig();
    threeKeys(sandbox.createBucket('b'));
    const latest = texts(await page(sandbox, {}), 'IsLatest').map((text) => text === 'true');
    expect(latest).toEqual([true, false, false, true, false, false, true, false, false]);
  });

  it.each([1, 2, 4, 7, 1000])('pages of %i join to the whole', async (size) => {
    const { sandbox } = await rig();
    threeKeys(sandbox.createBucket('b'));
    const seen: string[] = [];
    let markers: Record<string, string> = {};
    for (let more = true; more; ) {
      const document = await page(sandbox, { 'max-keys': String(size), ...markers });
      seen.push(...rows(document));
      more = texts(document, 'IsTruncated')[0] === 'true';
      const [key = ''] = texts(document, 'NextKeyMarker');
      const [id = ''] = texts(document, 'NextVersionIdMarker');
      markers = { 'key-marker': key, 'version-id-marker': id };
    }
    expect(seen).toEqual(ALL);
  });

  it.each([
    [{ 'version-id-marker': 'k1-old' }, 'A version-id marker cannot be specified without a key marker.'],
    [
      { 'key-marker': '', 'version-id-marker': 'k1-old' },
      'A version-id marker cannot be specified without a key marker.',
    ],
    [{ 'key-marker': 'k1', 'version-id-marker': 'HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD' }, 'Invalid version id specified'],
    [{ 'key-marker': 'k1', 'version-id-marker': '' }, 'A version-id marker cannot be empty.'],
    // Recorded: test_list_ops_encoding_type_validation.
    [{ 'encoding-type': 'value' }, 'Invalid Encoding Method specified in Request'],
    [{ 'encoding-type': '' }, 'Invalid Encoding Method specified in Request'],
    [{ 'max-keys': 'many' }, 'Provided max-keys not an integer or within integer range'],
    [{ 'max-keys': '-1' }, 'Argument maxKeys must be an integer between 0 and 2147483647'],
  ])('refuses %j', async (query, message) => {
    const { sandbox } = await rig();
    threeKeys(sandbox.createBucket('b'));
    const document = await page(sandbox, query);
    expect(texts(document, 'Code')).toEqual(['InvalidArgument']);
    expect(texts(document, 'Message')).toEqual([message]);
  });

  // Recorded: test_list_objects_versions_with_prefix_only_and_pagination, step page-2-after-delete.
  it.each(['issued', 'chosen', 'null'])('continues after a marker that was deleted meanwhile (%s id)', async (kind) => {
    const { sandbox } = await rig();
    const bucket = sandbox.createBucket('b');
    bucket.put('k', { versionId: 'one' });
    bucket.put('k', { versionId: 'two' });
    const middle = bucket.put('k', kind === 'issued' ? {} : { versionId: kind === 'null' ? 'null' : 'middle' });
    bucket.put('k', { versionId: 'four' });
    bucket.remove('k', middle);
    for (const latest of ['false', 'true']) {
      const document = await page(sandbox, { 'key-marker': 'k', 'version-id-marker': middle });
      expect(rows(document)).toEqual(['Version k two', 'Version k one']);
      expect(texts(document, 'IsLatest')).toEqual([latest, 'false']);
      bucket.remove('k', 'four');
    }
  });

  it('never sends more than 1,000 rows', async () => {
    const { sandbox } = await rig();
    const bucket = sandbox.createBucket('b');
    for (let i = 0; i < 1001; i++) bucket.put(`k${i}`);
    const document = await page(sandbox, { 'max-keys': '5000' });
    expect(rows(document)).toHaveLength(1000);
    expect(texts(document, 'MaxKeys')).toEqual(['1000']);
    expect(texts(document, 'IsTruncated')).toEqual(['true']);
  });
});

describe('ListObjectVersions: order', () => {
  it('keeps storage order where times disagree or tie', async () => {
    const { sandbox } = await rig();
    const bucket = sandbox.createBucket('b');
    bucket.put('k', { versionId: 'first', lastModified: '2026-01-03T00:00:00Z' });
    bucket.delete('k', { versionId: 'midnight', lastModified: '2026-01-01T00:00:00Z' });
    bucket.put('k', { versionId: 'tie', lastModified: '2026-01-01T00:00:00Z' });
    expect(rows(await page(sandbox, {}))).toEqual(['Version k tie', 'DeleteMarker k midnight', 'Version k first']);
  });

  it('sorts keys by their UTF-8 bytes', async () => {
    const { sandbox } = await rig();
    const bucket = sandbox.createBucket('b');
    const keys = ['\u{1F600}', '\uFFEE', 'é', '~', 'z', 'a', '_', 'Z', 'a/\u{1F600}', 'a/\uFFFD', '日本'];
    for (const key of keys) bucket.put(key);
    const expected = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(texts(await page(sandbox, {}), 'Key')).toEqual(expected);
    expect(bucket.keys()).toEqual(expected);
    for (const [index, key] of expected.entries()) {
      expect(texts(await page(sandbox, { 'key-marker': key }), 'Key')).toEqual(expected.slice(index + 1));
      expect(texts(await page(sandbox, { prefix: key }), 'Key')).toEqual(expected.filter((k) => k.startsWith(key)));
    }
  });

  it('sees keys that come, go and come again between listings', async () => {
    const { sandbox } = await rig();
    const bucket = sandbox.createBucket('b');
    for (let i = 0; i < 3000; i++) bucket.put(`k${i}`, { versionId: 'null' });
    expect(bucket.keys()).toHaveLength(3000);
    for (let i = 0; i < 2900; i++) bucket.remove(`k${i}`, 'null');
    bucket.put('k5');
    bucket.put('a');
    expect(bucket.keys()).toEqual(['a', ...Array.from({ length: 100 }, (_, i) => `k${2900 + i}`), 'k5']);
  });

  it('can send all versions and then all markers of a page, as some third-party servers do', async () => {
    const { sandbox } = await rig();
    threeKeys(sandbox.createBucket('b', { listing: 'grouped', encodesKeys: false }));
    const document = await page(sandbox, { 'max-keys': '5', 'encoding-type': 'url' });
    const first = ALL.slice(0, 5);
    const versions = first.filter((row) => row.startsWith('Version'));
    expect(rows(document)).toEqual([...versions, ...first.filter((row) => !versions.includes(row))]);
    expect(texts(document, 'NextKeyMarker')).toEqual(['k1']);
    expect(texts(document, 'EncodingType')).toEqual([]);
  });
});

// Recorded: test_list_object_versions_pagination_common_prefixes and test_list_objects_versions_with_prefix.
describe('ListObjectVersions: delimiter', () => {
  const KEYS = ['folder/aSub/f1', 'folder/aSub/f2', 'folder/file1', 'folder/file2'];

  it.each([
    { query: { 'max-keys': '1' }, groups: ['folder/aSub/'], keys: [], next: 'folder/aSub/', nextVersions: 0 },
    {
      query: { 'max-keys': '1', 'key-marker': 'folder/aSub/' },
      groups: [],
      keys: ['folder/file1'],
      next: 'folder/file1',
      nextVersions: 1,
    },
    { query: { 'max-keys': '1', 'key-marker': 'folder/file1' }, groups: [], keys: ['folder/file2'] },
    {
      query: { 'max-keys': '1', 'key-marker': 'folder/aSub/f1' },
      groups: [],
      keys: ['folder/file1'],
      next: 'folder/file1',
      nextVersions: 1,
    },
    { query: {}, groups: ['folder/aSub/'], keys: ['folder/file1', 'folder/file2'] },
  ])('$query', async ({ query, groups, keys, next, nextVersions = 0 }) => {
    const { sandbox } = await rig();
    const bucket = sandbox.createBucket('b');
    for (const key of KEYS) bucket.put(key);
    const document = await page(sandbox, { prefix: 'folder/', delimiter: '/', ...query });
    const found = [...document.matchAll(/<CommonPrefixes><Prefix>(.*?)<\/Prefix>/g)].map((match) => match[1]);
    expect(found).toEqual(groups);
    expect(texts(document, 'Key')).toEqual(keys);
    expect(texts(document, 'NextKeyMarker')).toEqual(next === undefined ? [] : [next]);
    expect(texts(document, 'NextVersionIdMarker')).toHaveLength(nextVersions);
  });

  it('shows a group that holds nothing but markers, and groups of a prefix that ends inside a name', async () => {
    const { sandbox } = await rig();
    const bucket = sandbox.createBucket('b');
    bucket.delete('dir/sub/gone');
    const document = await page(sandbox, { prefix: 'dir/s', delimiter: '/' });
    expect(document).toContain('<CommonPrefixes><Prefix>dir/sub/</Prefix></CommonPrefixes>');
    expect(rows(document)).toEqual([]);
  });
});

describe('ListObjectVersions: what it writes', () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html (EncodingType)
  it.each([
    ['a b', 'a+b'],
    ['a+b', 'a%2Bb'],
    ['a%b', 'a%25b'],
    ['a/b', 'a/b'],
    ['é', '%C3%A9'],
    ['\u{1F600}', '%F0%9F%98%80'],
    ['test_file(3).png', 'test_file%283%29.png'],
    ['a\u0001\n', 'a%01%0A'],
    ['a&<b>"', 'a%26%3Cb%3E%22'],
  ])('url-encodes %j everywhere a key stands', async (key, encoded) => {
    const { sandbox } = await rig();
    const bucket = sandbox.createBucket('b');
    bucket.put(`${key}/x`);
    bucket.put(`${key}/y/z`);
    bucket.put(`${key}/y2`);
    const query = { 'encoding-type': 'url', prefix: key, delimiter: '/y', 'max-keys': '2' };
    const document = await page(sandbox, query);
    expect(texts(document, 'Prefix')).toEqual([encoded, `${encoded}/y`]);
    expect(texts(document, 'Key')).toEqual([`${encoded}/x`]);
    expect(texts(document, 'EncodingType')).toEqual(['url']);
    const after = await page(sandbox, { ...query, 'key-marker': `${key}/x`, delimiter: key, 'max-keys': '1' });
    expect(texts(after, 'KeyMarker')).toEqual([`${encoded}/x`]);
    expect(texts(after, 'Delimiter')).toEqual([encoded]);
    expect(texts(after, 'NextKeyMarker')).toEqual([`${encoded}/y/z`]);
  });

  it('escapes keys as XML without an encoding', async () => {
    const { sandbox } = await rig();
    sandbox.createBucket('b').put('a&<b>\u0001\r');
    expect(texts(await page(sandbox, {}), 'Key')).toEqual(['a&amp;&lt;b&gt;&#x1;&#xd;']);
  });

  it('writes whole seconds, quoted ETags, size, class and owner', async () => {
    const { sandbox } = await rig();
    const bucket = sandbox.createBucket('b');
    bucket.put('k', {
      body: 'abc',
      versionId: 'v',
      lastModified: '2026-01-02T03:04:05.678Z',
      storageClass: 'GLACIER_IR',
    });
    const document = await page(sandbox, {});
    expect(document).toContain(
      '<Version><Key>k</Key><VersionId>v</VersionId><IsLatest>true</IsLatest><LastModified>2026-01-02T03:04:05.000Z</LastModified>' +
        '<ETag>&quot;900150983cd24fb0d6963f7d28e17f72&quot;</ETag><Size>3</Size><StorageClass>GLACIER_IR</StorageClass><Owner><ID>',
    );
  });

  it('tells of restores when asked to', async () => {
    const { sandbox, s3 } = await rig();
    const bucket = sandbox.createBucket('b');
    bucket.put('ongoing', { storageClass: 'GLACIER', restore: 'ongoing' });
    bucket.put('restored', { storageClass: 'GLACIER', restore: { until: '2026-04-01T00:00:00Z' } });
    bucket.put('restored before', { storageClass: 'GLACIER', restore: { until: '2026-02-01T00:00:00Z' } });
    bucket.put('tier', { archiveTier: 'ARCHIVE_ACCESS', restore: 'ongoing' });
    bucket.put('untouched', { storageClass: 'GLACIER' });
    bucket.put('untouched tier', { archiveTier: 'ARCHIVE_ACCESS' });
    bucket.put('warm');
    const input = { Bucket: 'b', OptionalObjectAttributes: ['RestoreStatus' as const] };
    const { Versions } = await s3.send(new ListObjectVersionsCommand(input));
    expect(Versions?.map(({ RestoreStatus }) => RestoreStatus)).toEqual([
      { IsRestoreInProgress: true },
      { IsRestoreInProgress: false, RestoreExpiryDate: new Date('2026-04-01T00:00:00Z') },
      undefined,
      { IsRestoreInProgress: true },
      undefined,
      undefined,
      undefined,
    ]);
    expect(await page(sandbox, {})).not.toContain('RestoreStatus');
    const headers = { 'x-amz-optional-object-attributes': 'RestoreStatus' };
    expect((await raw(sandbox, '/b?versions', { headers })).text).toContain(
      '<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress><RestoreExpiryDate>2026-04-01T00:00:00.000Z</RestoreExpiryDate></RestoreStatus></Version>',
    );
  });

  it('says of which type a checksum is', async () => {
    const { sandbox } = await rig();
    const bucket = sandbox.createBucket('b');
    bucket.put('k', { parts: [3, 3], checksum: { algorithm: 'SHA256' } });
    bucket.put('l', { parts: [3, 3], checksum: { algorithm: 'CRC64NVME' } });
    expect(texts(await page(sandbox, {}), 'ChecksumType')).toEqual(['COMPOSITE', 'FULL_OBJECT']);
  });

  it('can send pages shorter than was asked for', async () => {
    const { sandbox } = await rig();
    threeKeys(sandbox.createBucket('b', { pageLimit: 2 }));
    const document = await page(sandbox, { 'max-keys': '5' });
    expect(rows(document)).toEqual(ALL.slice(0, 2));
    expect([texts(document, 'MaxKeys'), texts(document, 'IsTruncated')]).toEqual([['5'], ['true']]);
  });

  it('is what the SDK reads', async () => {
    const { sandbox, s3 } = await rig();
    threeKeys(sandbox.createBucket('b'));
    const answer = await s3.send(new ListObjectVersionsCommand({ Bucket: 'b', MaxKeys: 4, EncodingType: 'url' }));
    expect(answer.Versions?.map(({ VersionId }) => VersionId)).toEqual(['k0-new', 'k0-old', 'k1-new']);
    expect(answer.DeleteMarkers?.map(({ VersionId }) => VersionId)).toEqual(['k0-marker']);
    expect(answer).toMatchObject({ IsTruncated: true, NextKeyMarker: 'k1', NextVersionIdMarker: 'k1-new', MaxKeys: 4 });
  });
});

describe('ListObjectsV2', () => {
  it('lists what readers see, page by page', async () => {
    const { sandbox, s3 } = await rig();
    const bucket = sandbox.createBucket('b');
    for (const key of ['a', 'dir/1', 'dir/2', 'gone', 'z']) bucket.put(key);
    bucket.delete('gone');
    const seen: unknown[] = [];
    let token: string | undefined;
    do {
      const input = { Bucket: 'b', MaxKeys: 1, Delimiter: '/', ...(token && { ContinuationToken: token }) };
      const answer = await s3.send(new ListObjectsV2Command(input));
      seen.push(
        ...(answer.Contents ?? []).map(({ Key }) => Key),
        ...(answer.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
      );
      token = answer.NextContinuationToken;
    } while (token !== undefined);
    expect(seen).toEqual(['a', 'dir/', 'z']);
  });
});
