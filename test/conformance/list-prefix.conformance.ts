import { expect } from 'vitest';
import { behaviours } from './support/behaviour.ts';
import type { Bucket } from './support/bucket.ts';

const keys = (listing: { entries: readonly { key: string }[] }) => listing.entries.map(({ key }) => key);

async function folder(bucket: Bucket): Promise<void> {
  for (const name of ['aSubfolder/subFile1', 'aSubfolder/subFile2', 'file1', 'file2']) {
    await bucket.put(`folder/${name}`);
  }
}

behaviours('list-prefix', (behaviour) => {
  behaviour('a prefix is no key: it lists everything that begins with it', async (bucket) => {
    for (const key of ['a', 'ab', 'a/b', 'b']) await bucket.put(key);
    await bucket.mark('a/deleted');
    expect(keys(await bucket.list({ Prefix: 'a' }))).toEqual(['a', 'a/b', 'a/deleted', 'ab']);
    expect(keys(await bucket.list({ Prefix: 'a/' }))).toEqual(['a/b', 'a/deleted']);
    expect(keys(await bucket.list({ Prefix: 'nothing' }))).toEqual([]);
  });

  behaviour('a prefix together with a key marker before, inside and behind it', async (bucket) => {
    for (const key of ['a', 'p/1', 'p/2', 'p/3', 'z']) await bucket.put(key);
    expect(keys(await bucket.list({ Prefix: 'p/', KeyMarker: 'a' }))).toEqual(['p/1', 'p/2', 'p/3']);
    expect(keys(await bucket.list({ Prefix: 'p/', KeyMarker: 'p/15' }))).toEqual(['p/2', 'p/3']);
    expect(keys(await bucket.list({ Prefix: 'p/', KeyMarker: 'q' }))).toEqual([]);
  });

  // AWS, recorded by LocalStack: test_list_objects_versions_with_prefix
  behaviour('a delimiter rolls up what lies behind it', async (bucket) => {
    for (const key of ['dir/test', 'dir/test', 'dir/subdir/test2', 'dir/subdir/test2']) await bucket.put(key);
    const page = await bucket.list({ Prefix: 'dir/', Delimiter: '/' });
    expect(page.commonPrefixes).toEqual(['dir/subdir/']);
    expect(keys(page)).toEqual(['dir/test', 'dir/test']);
  });

  // AWS, recorded by LocalStack: test_list_object_versions_pagination_common_prefixes (start)
  behaviour('a rolled-up prefix counts as an entry and is the next key marker, with no version id', async (bucket) => {
    await folder(bucket);
    const page = await bucket.list({ Prefix: 'folder/', Delimiter: '/', MaxKeys: 1 });
    expect(page).toMatchObject({ commonPrefixes: ['folder/aSubfolder/'], entries: [], truncated: true });
    expect(page.fields.NextKeyMarker).toBe('folder/aSubfolder/');
    expect(page.fields.NextVersionIdMarker ?? '').toBe('');
  });

  // Same recording (next-1, manual-first-file)
  behaviour(
    'a key marker that is a rolled-up prefix, or lies inside one, is behind the whole of it',
    async (bucket) => {
      await folder(bucket);
      for (const KeyMarker of ['folder/aSubfolder/', 'folder/aSubfolder/subFile1']) {
        const page = await bucket.list({ Prefix: 'folder/', Delimiter: '/', KeyMarker });
        expect(page.commonPrefixes).toEqual([]);
        expect(keys(page)).toEqual(['folder/file1', 'folder/file2']);
      }
    },
  );
});
