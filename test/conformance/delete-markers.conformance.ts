import { expect } from 'vitest';
import { behaviours } from './support/behaviour.ts';
import { s3 } from './support/server.ts';

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManagingDelMarkers.html
behaviours('delete-markers', (behaviour) => {
  // AWS, recorded by LocalStack: test_delete_object_versioned (delete-object)
  behaviour('DELETE without a version id puts a marker on top and answers with its id', async (bucket) => {
    const v1 = await bucket.put('a');
    const answer = await bucket.delete('a');
    expect(answer).toMatchObject({ status: 204, headers: { 'x-amz-delete-marker': 'true' } });
    expect(await bucket.history()).toEqual([
      ['a', 'marker', answer.headers['x-amz-version-id']],
      ['a', 'version', v1],
    ]);
  });

  // Same recording (delete-object-2, list-object-versions)
  behaviour('DELETE on a deleted key stacks another marker', async (bucket) => {
    const v1 = await bucket.put('a');
    const m2 = await bucket.mark('a');
    const m3 = await bucket.mark('a');
    expect(await bucket.history()).toEqual([
      ['a', 'marker', m3],
      ['a', 'marker', m2],
      ['a', 'version', v1],
    ]);
  });

  behaviour('removing the top one of two markers leaves the key deleted', async (bucket) => {
    await bucket.put('a');
    await bucket.mark('a');
    await bucket.delete('a', await bucket.mark('a'));
    expect((await bucket.get('a')).status).toBe(404);
    expect(await bucket.history()).toHaveLength(2);
  });

  // Same recording (delete-wrong-key)
  behaviour('DELETE of a key that never was puts a marker', async (bucket) => {
    const answer = await bucket.delete('never');
    expect(answer).toMatchObject({ status: 204, headers: { 'x-amz-delete-marker': 'true' } });
    expect(await bucket.history()).toEqual([['never', 'marker', answer.headers['x-amz-version-id']]]);
  });

  // Same recording (delete-delete-marker)
  behaviour('removing a marker is answered with its id and the word that it was one', async (bucket) => {
    await bucket.put('a');
    const marker = await bucket.mark('a');
    expect(await bucket.delete('a', marker)).toMatchObject({
      status: 204,
      headers: { 'x-amz-delete-marker': 'true', 'x-amz-version-id': marker },
    });
  });

  behaviour('removing the marker brings back the very version that was current before', async (bucket) => {
    const v1 = await bucket.put('a', 'precious', { ContentType: 'text/x-test', Metadata: { who: 'me' } });
    await bucket.delete('a', await bucket.mark('a'));
    const { output } = await bucket.get('a');
    expect(await output?.Body?.transformToString()).toBe('precious');
    expect(output).toMatchObject({ VersionId: v1, ContentType: 'text/x-test', Metadata: { who: 'me' } });
    expect(await bucket.history()).toEqual([['a', 'version', v1]]);
  });

  behaviour('removing a marker from under a version changes nothing for readers', async (bucket) => {
    await bucket.put('a', 'old');
    const marker = await bucket.mark('a');
    const v3 = await bucket.put('a', 'new');
    await bucket.delete('a', marker);
    expect((await bucket.head('a')).output?.VersionId).toBe(v3);
    expect(await bucket.history()).toHaveLength(2);
  });

  behaviour('a marker that is the only entry can be removed, and the key is gone', async (bucket) => {
    await bucket.delete('a', await bucket.mark('a'));
    expect(await bucket.history()).toEqual([]);
  });

  // Same recording (delete-object-version)
  behaviour('removing a version is answered with its id and no word of a marker', async (bucket) => {
    const v1 = await bucket.put('a');
    const answer = await bucket.delete('a', v1);
    expect(answer).toMatchObject({ status: 204, headers: { 'x-amz-version-id': v1 } });
    expect(answer.headers).not.toHaveProperty('x-amz-delete-marker');
  });

  behaviour('removing the current version makes the one before it current', async (bucket) => {
    const v1 = await bucket.put('a', 'old');
    await bucket.delete('a', await bucket.put('a', 'new'));
    const { output } = await bucket.get('a');
    expect(output?.VersionId).toBe(v1);
    expect(await output?.Body?.transformToString()).toBe('old');
  });

  behaviour('removing the version on top of a marker leaves the key deleted', async (bucket) => {
    await bucket.put('a');
    await bucket.mark('a');
    await bucket.delete('a', await bucket.put('a'));
    expect((await bucket.get('a')).status).toBe(404);
  });

  // What AWS answers is quoted in https://github.com/minio/minio/issues/11086 and verified by moto's
  // test_delete_versioned_bucket_returns_metadata.
  behaviour('removing a version that has gone already succeeds', async (bucket) => {
    await bucket.put('a');
    const gone = await bucket.put('a');
    await bucket.delete('a', gone);
    const answer = await bucket.delete('a', gone);
    expect(answer.status).toBe(204);
    expect(answer.headers).not.toHaveProperty('x-amz-delete-marker');
    expect(await bucket.history()).toHaveLength(1);
  });

  behaviour('removing a version that has gone already echoes its id', async (bucket) => {
    const gone = await bucket.put('a');
    await bucket.delete('a', gone);
    expect((await bucket.delete('a', gone)).headers['x-amz-version-id']).toBe(gone);
  });

  behaviour(
    'removing a marker that has gone already succeeds, but nothing says that it was a marker',
    async (bucket) => {
      await bucket.put('a');
      const gone = await bucket.mark('a');
      await bucket.delete('a', gone);
      const answer = await bucket.delete('a', gone);
      expect(answer.status).toBe(204);
      expect(answer.headers).not.toHaveProperty('x-amz-delete-marker');
    },
  );

  // Same recording (delete-with-bad-version)
  behaviour('a version id that cannot be one is refused', async (bucket) => {
    await bucket.put('a');
    const answer = await bucket.delete('a', 'not-a-version-id');
    expect(answer.verdict).toBe('400 InvalidArgument');
    expect(answer.message).toContain('Invalid version id specified');
  });

  behaviour('a deleted key is not in ListObjectsV2; an undeleted one is', async (bucket) => {
    const listed = async () => (await s3.listObjectsV2({ Bucket: bucket.name })).Contents?.map(({ Key }) => Key) ?? [];
    await bucket.put('a');
    await bucket.put('b');
    const marker = await bucket.mark('a');
    expect(await listed()).toEqual(['b']);
    await bucket.delete('a', marker);
    expect(await listed()).toEqual(['a', 'b']);
  });
});
