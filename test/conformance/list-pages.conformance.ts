import { expect } from 'vitest';
import { behaviours } from './support/behaviour.ts';
import { type Bucket, outline } from './support/bucket.ts';

/** Three keys with five, one and three entries: pages of every size end inside a key somewhere. */
async function threeKeys(bucket: Bucket): Promise<string[][]> {
  const a: string[][] = [];
  for (const kind of ['version', 'version', 'marker', 'version', 'marker']) {
    a.unshift(['a', kind, kind === 'version' ? await bucket.put('a') : await bucket.mark('a')]);
  }
  const b = [['b', 'version', await bucket.put('b')]];
  const c: string[][] = [];
  for (let count = 0; count < 3; count++) c.unshift(['c', 'version', await bucket.put('c')]);
  return [...a, ...b, ...c];
}

const versionIds = (entries: string[][]) => entries.map(([, , versionId]) => versionId ?? '');

behaviours('list-pages', (behaviour) => {
  for (const maxKeys of [1, 2, 4, 7]) {
    behaviour(`pages of ${maxKeys} put together are the whole listing, in order`, async (bucket) => {
      const all = await threeKeys(bucket);
      const pages = await bucket.pages(maxKeys);
      expect(pages.flatMap(({ entries }) => outline(entries))).toEqual(all);
      for (const page of pages) expect(page.entries.length).toBeLessThanOrEqual(maxKeys);
    });
  }

  // AWS, recorded by LocalStack: test_list_objects_versions_markers (list-objects-versions-5). The API reference says
  // "first key not returned", its own samples and the recordings show the last one returned.
  behaviour('the next markers name the last entry of the page', async (bucket) => {
    await threeKeys(bucket);
    for (const page of (await bucket.pages(2)).slice(0, -1)) {
      const last = page.entries.at(-1);
      expect(page.fields).toMatchObject({
        IsTruncated: 'true',
        NextKeyMarker: last?.key,
        NextVersionIdMarker: last?.versionId,
      });
    }
  });

  behaviour('the last page has no next markers', async (bucket) => {
    await threeKeys(bucket);
    const last = (await bucket.pages(4)).at(-1);
    expect(last?.fields.IsTruncated).toBe('false');
    expect(last?.fields).not.toHaveProperty('NextKeyMarker');
    expect(last?.fields).not.toHaveProperty('NextVersionIdMarker');
  });

  behaviour('a page that holds exactly everything is not truncated', async (bucket) => {
    const all = await threeKeys(bucket);
    const page = await bucket.list({ MaxKeys: all.length });
    expect(page).toMatchObject({ truncated: false, entries: { length: all.length } });
  });

  behaviour('a page repeats the markers that it was asked with', async (bucket) => {
    const [first = []] = await threeKeys(bucket);
    const [key = '', , versionId = ''] = first;
    const page = await bucket.list({ KeyMarker: key, VersionIdMarker: versionId, MaxKeys: 1 });
    expect(page.fields).toMatchObject({ KeyMarker: key, VersionIdMarker: versionId, MaxKeys: '1' });
  });

  // AWS, recorded by LocalStack: test_list_objects_versions_markers (next-key-only, next-key-last)
  behaviour('a key marker alone skips every entry of that key', async (bucket) => {
    const all = await threeKeys(bucket);
    const page = await bucket.list({ KeyMarker: 'a' });
    expect(outline(page.entries)).toEqual(all.filter(([key]) => key !== 'a'));
    expect((await bucket.list({ KeyMarker: 'c' })).entries).toEqual([]);
  });

  // Cutting a listing into ranges rests on this: https://github.com/aws-samples/s3-fast-list does the same.
  behaviour('a key marker can be any string: the listing starts at the first key after it', async (bucket) => {
    const all = await threeKeys(bucket);
    const from = async (marker: string) => outline((await bucket.list({ KeyMarker: marker })).entries);
    expect(await from('A')).toEqual(all);
    expect(await from('a\u{1f600}')).toEqual(all.filter(([key]) => key !== 'a'));
    expect(await from('bb/never/written')).toEqual(all.filter(([key]) => key === 'c'));
    expect(await from('zz')).toEqual([]);
  });

  // AWS, recorded by LocalStack: test_list_objects_versions_markers (both-markers, last-key-last-version)
  behaviour('both markers: the listing goes on with the entry after that one', async (bucket) => {
    const all = await threeKeys(bucket);
    for (const [index, [key = '', , versionId = '']] of all.entries()) {
      const page = await bucket.list({ KeyMarker: key, VersionIdMarker: versionId });
      expect(outline(page.entries)).toEqual(all.slice(index + 1));
    }
  });

  // AWS, recorded by LocalStack: test_list_objects_versions_with_prefix_only_and_pagination (page-2-after-delete)
  behaviour('the entry that the markers name may have gone meanwhile', async (bucket) => {
    const all = await threeKeys(bucket);
    const [, second = ''] = versionIds(all);
    await bucket.delete('a', second);
    const page = await bucket.list({ KeyMarker: 'a', VersionIdMarker: second });
    expect(outline(page.entries)).toEqual(all.slice(2));
  });

  behaviour('list a page, delete it, list the next: every entry is seen', async (bucket) => {
    const all = await threeKeys(bucket);
    const seen: string[][] = [];
    let markers: { KeyMarker?: string; VersionIdMarker?: string } = {};
    for (;;) {
      const page = await bucket.list({ MaxKeys: 2, ...markers });
      seen.push(...outline(page.entries));
      for (const entry of page.entries) await bucket.delete(entry.key, entry.versionId);
      const last = page.entries.at(-1);
      if (!page.truncated || last === undefined) break;
      markers = { KeyMarker: last.key, VersionIdMarker: last.versionId };
    }
    expect(seen).toEqual(all);
  });

  behaviour('an entry written on top after the page was cut does not disturb the next page', async (bucket) => {
    const all = await threeKeys(bucket);
    const [first = ''] = versionIds(all);
    await bucket.put('a', 'written meanwhile');
    const page = await bucket.list({ KeyMarker: 'a', VersionIdMarker: first });
    expect(outline(page.entries)).toEqual(all.slice(1));
  });

  // AWS, recorded by LocalStack: test_list_objects_versions_markers (next-version-only)
  behaviour('a version id marker without a key marker is refused', async (bucket) => {
    const [first = ''] = versionIds(await threeKeys(bucket));
    expect((await bucket.list({ VersionIdMarker: first })).verdict).toBe('400 InvalidArgument');
  });

  // What AWS answers is quoted in https://github.com/versity/versitygw/issues/1811
  behaviour('a version id marker that is no version id is refused', async (bucket) => {
    await bucket.put('a');
    const page = await bucket.list({ KeyMarker: 'a', VersionIdMarker: 'not-a-version-id' });
    expect(page.verdict).toBe('400 InvalidArgument');
  });

  behaviour('more than 1000 entries a page are not to be had', async (bucket) => {
    await bucket.put('a');
    expect((await bucket.list({ MaxKeys: 5000 })).fields.MaxKeys).toBe('1000');
  });

  behaviour('pages of a prefix end inside keys just the same', async (bucket) => {
    await bucket.put('before');
    const inside: string[][] = [];
    for (let count = 0; count < 3; count++) inside.unshift(['in/x', 'version', await bucket.put('in/x')]);
    for (let count = 0; count < 3; count++) inside.splice(3, 0, ['in/y', 'version', await bucket.put('in/y')]);
    await bucket.put('later');
    const pages = await bucket.pages(2, { Prefix: 'in/' });
    expect(pages.flatMap(({ entries }) => outline(entries))).toEqual(inside);
  });
});
