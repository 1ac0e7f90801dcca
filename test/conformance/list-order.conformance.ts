import { expect } from 'vitest';
import { behaviours } from './support/behaviour.ts';
import { outline } from './support/bucket.ts';

// Order of ListObjectVersions: https://docs.aws.amazon.com/AmazonS3/latest/userguide/list-obj-version-enabled-bucket.html
// and the sample answers of https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
behaviours('list-order', (behaviour) => {
  behaviour('a key is listed newest first, versions and delete markers interleaved', async (bucket) => {
    const v1 = await bucket.put('a', '1');
    const m2 = await bucket.mark('a');
    const v3 = await bucket.put('a', '3');
    const m4 = await bucket.mark('a');
    expect(outline((await bucket.list()).entries)).toEqual([
      ['a', 'marker', m4],
      ['a', 'version', v3],
      ['a', 'marker', m2],
      ['a', 'version', v1],
    ]);
  });

  // LastModified has whole seconds, so within a second only the order of the listing tells which entry is newer.
  behaviour('entries written within one second keep the order in which they were written', async (bucket) => {
    const written: string[][] = [];
    for (let round = 0; round < 6; round++) {
      written.unshift(['a', 'version', await bucket.put('a', String(round))]);
      written.unshift(['a', 'marker', await bucket.mark('a')]);
    }
    expect(outline((await bucket.list()).entries)).toEqual(written);
  });

  behaviour('exactly the first entry of each key is the latest, be it a version or a marker', async (bucket) => {
    await bucket.put('deleted');
    await bucket.mark('deleted');
    await bucket.put('live');
    await bucket.mark('live');
    await bucket.put('live');
    await bucket.put('single');
    const latest = (await bucket.list()).entries.map(({ key, kind, latest }) => [key, kind, latest]);
    expect(latest).toEqual([
      ['deleted', 'marker', true],
      ['deleted', 'version', false],
      ['live', 'version', true],
      ['live', 'marker', false],
      ['live', 'version', false],
      ['single', 'version', true],
    ]);
  });

  // AWS, recorded by LocalStack: test_list_objects_versions_with_prefix_only_and_pagination (after the delete)
  behaviour('when the current entry is removed, the next one becomes the latest', async (bucket) => {
    const v1 = await bucket.put('a', '1');
    const v2 = await bucket.put('a', '2');
    const v3 = await bucket.put('a', '3');
    await bucket.delete('a', v3);
    const { entries } = await bucket.list();
    expect(entries.map(({ versionId, latest }) => [versionId, latest])).toEqual([
      [v2, true],
      [v1, false],
    ]);
  });

  behaviour('removing an entry from the middle leaves the order of the rest', async (bucket) => {
    const v1 = await bucket.put('a', '1');
    const v2 = await bucket.put('a', '2');
    const m3 = await bucket.mark('a');
    const v4 = await bucket.put('a', '4');
    await bucket.delete('a', v2);
    expect(await bucket.history()).toEqual([
      ['a', 'version', v4],
      ['a', 'marker', m3],
      ['a', 'version', v1],
    ]);
  });

  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/ListingKeysUsingAPIs.html: UTF-8 binary order
  behaviour('keys are in the order of their UTF-8 bytes, not of UTF-16 units or of a locale', async (bucket) => {
    const sorted = ['Z', '_', 'a', 'z', '~', 'é', '\u{e000}', '\u{ffee}', '\u{1f600}'];
    for (const key of sorted.toReversed()) await bucket.put(key);
    expect((await bucket.list()).entries.map(({ key }) => key)).toEqual(sorted);
  });

  behaviour('a key comes before the keys that begin with it, all its versions together', async (bucket) => {
    for (const key of ['a', 'a/', 'a/b', 'a!', 'ab', 'a']) await bucket.put(key);
    expect((await bucket.list()).entries.map(({ key }) => key)).toEqual(['a', 'a', 'a!', 'a/', 'a/b', 'ab']);
  });

  behaviour('LastModified is in whole seconds', async (bucket) => {
    await bucket.put('a');
    await bucket.mark('a');
    for (const { lastModified } of (await bucket.list()).entries) {
      expect(lastModified).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
    }
  });

  behaviour('a version tells its quoted ETag, size and storage class; a marker tells none of them', async (bucket) => {
    await bucket.put('a', 'hello');
    await bucket.mark('a');
    const [marker, version] = (await bucket.list()).entries;
    expect(version?.fields).toMatchObject({
      ETag: '"5d41402abc4b2a76b9719d911017c592"',
      Size: '5',
      StorageClass: 'STANDARD',
    });
    expect(marker?.fields).not.toHaveProperty('ETag');
    expect(marker?.fields).not.toHaveProperty('Size');
    expect(marker?.fields).not.toHaveProperty('StorageClass');
  });

  // AWS, recorded by LocalStack: test_list_object_versions_order_unversioned (list-empty)
  behaviour('an empty listing still names the bucket and says that it is complete', async (bucket) => {
    const { fields, entries } = await bucket.list();
    expect(entries).toEqual([]);
    expect(fields).toMatchObject({ Name: bucket.name, MaxKeys: '1000', IsTruncated: 'false' });
  });
});
