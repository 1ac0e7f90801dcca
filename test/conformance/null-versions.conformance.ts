import { expect } from 'vitest';
import { behaviours } from './support/behaviour.ts';
import { outline } from './support/bucket.ts';
import { reply } from './support/reply.ts';
import { s3 } from './support/server.ts';

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/AddingObjectstoVersionSuspendedBuckets.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectsfromVersioningSuspendedBuckets.html
const neverVersioned = { versioning: 'never' } as const;

behaviours('null-versions', (behaviour) => {
  behaviour(
    'an object from before versioning has the id null and stays under later versions',
    async (bucket) => {
      await bucket.put('a', 'before');
      await bucket.versioning('Enabled');
      const v2 = await bucket.put('a', 'after');
      expect(await bucket.history()).toEqual([
        ['a', 'version', v2],
        ['a', 'version', 'null'],
      ]);
      const old = await bucket.get('a', 'null');
      expect(await old.output?.Body?.transformToString()).toBe('before');
      expect(old.headers['x-amz-version-id']).toBe('null');
    },
    neverVersioned,
  );

  behaviour(
    'DELETE after versioning was enabled puts a marker with a real id over null; removing it brings null back',
    async (bucket) => {
      await bucket.put('a', 'before');
      await bucket.versioning('Enabled');
      const marker = await bucket.mark('a');
      expect(marker).not.toBe('null');
      await bucket.delete('a', marker);
      expect(await (await bucket.get('a')).output?.Body?.transformToString()).toBe('before');
    },
    neverVersioned,
  );

  // AWS, recorded by LocalStack: test_put_object_on_suspended_bucket
  behaviour('PUT while suspended puts null on top of the versions', async (bucket) => {
    const v1 = await bucket.put('a', '1');
    const v2 = await bucket.put('a', '2');
    await bucket.versioning('Suspended');
    await bucket.put('a', 'suspended');
    expect(await bucket.history()).toEqual([
      ['a', 'version', 'null'],
      ['a', 'version', v2],
      ['a', 'version', v1],
    ]);
  });

  // Same recording (put-object-suspended)
  behaviour('the answer to PUT while suspended tells no version id', async (bucket) => {
    await bucket.versioning('Suspended');
    const { headers } = await reply(() => s3.putObject({ Bucket: bucket.name, Key: 'a', Body: 'x' }));
    expect(headers).not.toHaveProperty('x-amz-version-id');
  });

  // Same recording (get-object-current)
  behaviour('GET and HEAD of a current null version tell the id null', async (bucket) => {
    await bucket.versioning('Suspended');
    await bucket.put('a');
    expect((await bucket.get('a')).headers['x-amz-version-id']).toBe('null');
    expect((await bucket.head('a')).headers['x-amz-version-id']).toBe('null');
  });

  // Same recording (list-suspended-after-overwrite)
  behaviour('PUT while suspended destroys the null version before it', async (bucket) => {
    const v1 = await bucket.put('a', '1');
    await bucket.versioning('Suspended');
    await bucket.put('a', 'first null');
    await bucket.put('a', 'second null');
    expect(await bucket.history()).toEqual([
      ['a', 'version', 'null'],
      ['a', 'version', v1],
    ]);
    expect(await (await bucket.get('a')).output?.Body?.transformToString()).toBe('second null');
  });

  behaviour(
    'PUT while suspended takes null from under newer versions and puts it on top',
    async (bucket) => {
      await bucket.put('a', 'first null');
      await bucket.versioning('Enabled');
      const v2 = await bucket.put('a', '2');
      await bucket.versioning('Suspended');
      await bucket.put('a', 'second null');
      expect(await bucket.history()).toEqual([
        ['a', 'version', 'null'],
        ['a', 'version', v2],
      ]);
    },
    neverVersioned,
  );

  // AWS, recorded by LocalStack: test_delete_object_on_suspended_bucket
  behaviour('DELETE while suspended puts a null marker over the versions', async (bucket) => {
    const v1 = await bucket.put('a', '1');
    await bucket.versioning('Suspended');
    const { status, headers } = await bucket.delete('a');
    expect([status, headers['x-amz-delete-marker'], headers['x-amz-version-id']]).toEqual([204, 'true', 'null']);
    expect(await bucket.history()).toEqual([
      ['a', 'marker', 'null'],
      ['a', 'version', v1],
    ]);
  });

  // Same recording (list-suspended-after-put)
  behaviour('DELETE while suspended destroys the null version', async (bucket) => {
    const v1 = await bucket.put('a', '1');
    await bucket.versioning('Suspended');
    await bucket.put('a', 'null');
    await bucket.mark('a');
    expect(await bucket.history()).toEqual([
      ['a', 'marker', 'null'],
      ['a', 'version', v1],
    ]);
  });

  behaviour('DELETE twice while suspended leaves one null marker', async (bucket) => {
    const v1 = await bucket.put('a', '1');
    await bucket.versioning('Suspended');
    await bucket.delete('a');
    expect((await bucket.delete('a')).status).toBe(204);
    expect(await bucket.history()).toEqual([
      ['a', 'marker', 'null'],
      ['a', 'version', v1],
    ]);
  });

  // Same recording (list-suspended-put)
  behaviour('PUT while suspended replaces the null marker', async (bucket) => {
    const v1 = await bucket.put('a', '1');
    await bucket.versioning('Suspended');
    await bucket.mark('a');
    await bucket.put('a', 'null');
    expect(await bucket.history()).toEqual([
      ['a', 'version', 'null'],
      ['a', 'version', v1],
    ]);
  });

  behaviour('removing the null marker by versionId=null brings the older version back', async (bucket) => {
    const v1 = await bucket.put('a', '1');
    await bucket.versioning('Suspended');
    await bucket.mark('a');
    expect((await bucket.delete('a', 'null')).status).toBe(204);
    expect((await bucket.get('a')).headers['x-amz-version-id']).toBe(v1);
    expect(await bucket.history()).toEqual([['a', 'version', v1]]);
  });

  behaviour('the answer to removing a null marker says that it was one', async (bucket) => {
    await bucket.put('a', '1');
    await bucket.versioning('Suspended');
    await bucket.mark('a');
    const { headers } = await bucket.delete('a', 'null');
    expect([headers['x-amz-delete-marker'], headers['x-amz-version-id']]).toEqual(['true', 'null']);
  });

  behaviour('a null marker goes through DeleteObjects', async (bucket) => {
    const v1 = await bucket.put('a', '1');
    await bucket.versioning('Suspended');
    await bucket.mark('a');
    const { output } = await bucket.deleteMany([{ Key: 'a', VersionId: 'null' }]);
    expect(output?.Deleted).toMatchObject([{ Key: 'a', VersionId: 'null' }]);
    expect(await bucket.history()).toEqual([['a', 'version', v1]]);
  });

  behaviour('its answer in DeleteObjects says that it was one', async (bucket) => {
    await bucket.put('a', '1');
    await bucket.versioning('Suspended');
    await bucket.mark('a');
    const { output } = await bucket.deleteMany([{ Key: 'a', VersionId: 'null' }]);
    expect(output?.Deleted).toMatchObject([{ DeleteMarker: true, DeleteMarkerVersionId: 'null' }]);
  });

  behaviour('removing the null version by versionId=null says nothing of a marker', async (bucket) => {
    const v1 = await bucket.put('a', '1');
    await bucket.versioning('Suspended');
    await bucket.put('a', 'null');
    const { status, headers } = await bucket.delete('a', 'null');
    expect(status).toBe(204);
    expect(headers).not.toHaveProperty('x-amz-delete-marker');
    expect(await bucket.history()).toEqual([['a', 'version', v1]]);
  });

  behaviour('real ids can be removed while suspended', async (bucket) => {
    const v1 = await bucket.put('a', '1');
    const m2 = await bucket.mark('a');
    await bucket.versioning('Suspended');
    expect((await bucket.delete('a', m2)).headers['x-amz-delete-marker']).toBe('true');
    expect((await bucket.get('a')).headers['x-amz-version-id']).toBe(v1);
  });

  behaviour('null in the middle of a history keeps its place in the order, page by page', async (bucket) => {
    const v1 = await bucket.put('a', '1');
    await bucket.versioning('Suspended');
    await bucket.put('a', 'null');
    await bucket.versioning('Enabled');
    const v3 = await bucket.put('a', '3');
    const expected = [
      ['a', 'version', v3],
      ['a', 'version', 'null'],
      ['a', 'version', v1],
    ];
    expect(await bucket.history()).toEqual(expected);
    expect((await bucket.pages(1)).flatMap(({ entries }) => outline(entries))).toEqual(expected);
  });

  behaviour('a null marker in the middle of a history keeps its place', async (bucket) => {
    const v1 = await bucket.put('a', '1');
    await bucket.versioning('Suspended');
    await bucket.mark('a');
    await bucket.versioning('Enabled');
    const v3 = await bucket.put('a', '3');
    expect(await bucket.history()).toEqual([
      ['a', 'version', v3],
      ['a', 'marker', 'null'],
      ['a', 'version', v1],
    ]);
  });

  behaviour('null is a version id marker like any other', async (bucket) => {
    const v1 = await bucket.put('a', '1');
    await bucket.versioning('Suspended');
    await bucket.put('a', 'null');
    const page = await bucket.list({ KeyMarker: 'a', VersionIdMarker: 'null' });
    expect(outline(page.entries)).toEqual([['a', 'version', v1]]);
  });

  // AWS, recorded by LocalStack: test_s3_copy_object_in_place_versioned (re-enabled)
  behaviour('a copy of null onto its key while enabled: a new id on top, null stays', async (bucket) => {
    await bucket.versioning('Suspended');
    await bucket.put('a', 'null');
    await bucket.versioning('Enabled');
    const v2 = await bucket.put('a', '2');
    const answer = await bucket.copy('a', 'null');
    expect(answer.verdict).toBe('200');
    const [[, , top = ''] = []] = await bucket.history();
    expect(await bucket.history()).toEqual([
      ['a', 'version', top],
      ['a', 'version', v2],
      ['a', 'version', 'null'],
    ]);
    expect(await (await bucket.get('a')).output?.Body?.transformToString()).toBe('null');
  });

  behaviour('a copy of null does not tell the id of its source', async (bucket) => {
    await bucket.versioning('Suspended');
    await bucket.put('a', 'null');
    await bucket.versioning('Enabled');
    const { headers } = await bucket.copy('a', 'null');
    expect(headers).not.toHaveProperty('x-amz-copy-source-version-id');
  });

  behaviour('a copy while suspended becomes null and destroys the null before it', async (bucket) => {
    const v1 = await bucket.put('a', 'wanted');
    await bucket.versioning('Suspended');
    await bucket.put('a', 'lost for good');
    expect((await bucket.copy('a', v1)).verdict).toBe('200');
    expect(await bucket.history()).toEqual([
      ['a', 'version', 'null'],
      ['a', 'version', v1],
    ]);
    expect(await (await bucket.get('a')).output?.Body?.transformToString()).toBe('wanted');
  });

  // Same recording (copy-in-place-versioned-suspended)
  behaviour('the answer to a copy while suspended says null', async (bucket) => {
    const v1 = await bucket.put('a', 'wanted');
    await bucket.versioning('Suspended');
    expect((await bucket.copy('a', v1)).headers['x-amz-version-id']).toBe('null');
  });
});
