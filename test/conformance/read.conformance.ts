import { expect } from 'vitest';
import { behaviours } from './support/behaviour.ts';

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html says what GET and HEAD answer about markers.
behaviours('read', (behaviour) => {
  // AWS, recorded by LocalStack: test_delete_object_versioned (get-deleted-object)
  behaviour('GET and HEAD of a deleted key: 404', async (bucket) => {
    await bucket.put('a');
    await bucket.mark('a');
    expect((await bucket.get('a')).verdict).toBe('404 NoSuchKey');
    expect((await bucket.head('a')).status).toBe(404);
  });

  behaviour('the 404 of a deleted key says that there is a marker, and its id', async (bucket) => {
    await bucket.put('a');
    const marker = await bucket.mark('a');
    for (const { headers } of [await bucket.get('a'), await bucket.head('a')]) {
      expect(headers['x-amz-delete-marker']).toBe('true');
      expect(headers['x-amz-version-id']).toBe(marker);
    }
  });

  behaviour('the 404 of a key that never was says nothing of a marker', async (bucket) => {
    const answer = await bucket.get('never');
    expect(answer.verdict).toBe('404 NoSuchKey');
    expect(answer.headers).not.toHaveProperty('x-amz-delete-marker');
    expect((await bucket.head('never')).status).toBe(404);
  });

  // Same recording (get-delete-marker), and test_object_lock_delete_markers (head-object-locked-delete-marker)
  behaviour('GET and HEAD of a marker by its id: 405', async (bucket) => {
    const marker = await bucket.mark('a');
    expect((await bucket.get('a', marker)).verdict).toBe('405 MethodNotAllowed');
    expect((await bucket.head('a', marker)).status).toBe(405);
  });

  behaviour('the 405 of a marker tells what can be done with it, and when it was put', async (bucket) => {
    const marker = await bucket.mark('a');
    for (const { headers } of [await bucket.get('a', marker), await bucket.head('a', marker)]) {
      expect(headers['x-amz-delete-marker']).toBe('true');
      expect(headers.allow).toBe('DELETE');
      expect(headers['last-modified']).toMatch(/GMT$/);
    }
  });

  behaviour('old versions can be read by id, also while the key is deleted', async (bucket) => {
    const v1 = await bucket.put('a', 'old');
    const v2 = await bucket.put('a', 'new');
    await bucket.mark('a');
    const read = async (id: string) => (await bucket.get('a', id)).output?.Body?.transformToString();
    expect([await read(v1), await read(v2)]).toEqual(['old', 'new']);
    expect((await bucket.head('a', v1)).output).toMatchObject({ VersionId: v1, ContentLength: 3 });
  });

  // Same recording (get-deleted-object-with-version)
  behaviour('GET of a version that has gone: 404 NoSuchVersion', async (bucket) => {
    const gone = await bucket.put('a');
    await bucket.put('a');
    await bucket.delete('a', gone);
    expect((await bucket.get('a', gone)).verdict).toBe('404 NoSuchVersion');
    expect((await bucket.head('a', gone)).status).toBe(404);
  });

  // AWS, recorded by LocalStack: test_get_object_with_version_unversioned_bucket
  behaviour('GET of a version id that cannot be one: 400', async (bucket) => {
    await bucket.put('a');
    expect((await bucket.get('a', 'not-a-version-id')).verdict).toBe('400 InvalidArgument');
  });

  behaviour('HEAD tells everything that a rollback compares', async (bucket) => {
    await bucket.put('a', 'hello', {
      ContentType: 'text/x-test',
      CacheControl: 'max-age=7',
      ContentDisposition: 'attachment',
      ContentLanguage: 'de',
      ContentEncoding: 'identity',
      Metadata: { who: 'me' },
    });
    expect((await bucket.head('a')).output).toMatchObject({
      ETag: '"5d41402abc4b2a76b9719d911017c592"',
      ContentLength: 5,
      ContentType: 'text/x-test',
      CacheControl: 'max-age=7',
      ContentDisposition: 'attachment',
      ContentLanguage: 'de',
      ContentEncoding: 'identity',
      Metadata: { who: 'me' },
    });
  });
});
