import { expect } from 'vitest';
import { behaviours } from './support/behaviour.ts';
import { s3 } from './support/server.ts';

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/RestoringPreviousVersions.html
behaviours('copy', (behaviour) => {
  behaviour('a copy of an old version onto its key becomes current, and nothing is lost', async (bucket) => {
    const v1 = await bucket.put('a', 'old');
    const v2 = await bucket.put('a', 'new');
    expect((await bucket.copy('a', v1)).verdict).toBe('200');
    const { output } = await bucket.get('a');
    expect(await output?.Body?.transformToString()).toBe('old');
    expect([v1, v2]).not.toContain(output?.VersionId);
    expect(await bucket.history()).toEqual([
      ['a', 'version', output?.VersionId],
      ['a', 'version', v2],
      ['a', 'version', v1],
    ]);
  });

  behaviour('a copy onto a deleted key makes it live; the marker stays below', async (bucket) => {
    const v1 = await bucket.put('a', 'old');
    const marker = await bucket.mark('a');
    await bucket.copy('a', v1);
    const { output } = await bucket.head('a');
    expect(await bucket.history()).toEqual([
      ['a', 'version', output?.VersionId],
      ['a', 'marker', marker],
      ['a', 'version', v1],
    ]);
  });

  // AWS, recorded by LocalStack: test_s3_copy_object_in_place_versioned (copy-in-place-versioned)
  behaviour('the answer tells the id of the new version', async (bucket) => {
    const v1 = await bucket.put('a', 'old');
    const { output } = await bucket.copy('a', v1);
    expect(output?.VersionId).toBe((await bucket.head('a')).output?.VersionId);
  });

  behaviour('the answer tells the id of the source', async (bucket) => {
    const v1 = await bucket.put('a', 'old');
    expect((await bucket.copy('a', v1)).output?.CopySourceVersionId).toBe(v1);
  });

  behaviour('the answer tells the ETag, in quotes', async (bucket) => {
    const { output } = await bucket.copy('a', await bucket.put('a', 'hello'));
    expect(output?.CopyObjectResult?.ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
  });

  behaviour('the ETag of an object put in one piece stays the same', async (bucket) => {
    await bucket.copy('a', await bucket.put('a', 'hello'));
    expect((await bucket.head('a')).output?.ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
  });

  // AWS, recorded by LocalStack: test_multipart_copy_object_etag
  behaviour('the copy of a multipart object has the ETag of an object put in one piece', async (bucket) => {
    const target = { Bucket: bucket.name, Key: 'a' };
    const { UploadId } = await s3.createMultipartUpload(target);
    const { ETag } = await s3.uploadPart({ ...target, UploadId, PartNumber: 1, Body: 'hello' });
    await s3.completeMultipartUpload({ ...target, UploadId, MultipartUpload: { Parts: [{ ETag, PartNumber: 1 }] } });
    const source = (await bucket.head('a')).output;
    expect(source?.ETag).toMatch(/^"[0-9a-f]{32}-1"$/);
    await bucket.copy('a', source?.VersionId);
    expect((await bucket.head('a')).output?.ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
  });

  // AWS, recorded by LocalStack: test_s3_copy_metadata_directive_copy
  behaviour('content headers and metadata come along without being asked for', async (bucket) => {
    const headers = {
      ContentType: 'text/x-test',
      CacheControl: 'max-age=7',
      ContentDisposition: 'attachment; filename="x"',
      ContentLanguage: 'de',
      ContentEncoding: 'identity',
      Metadata: { who: 'me', 'with-dash': 'yes' },
    };
    const v1 = await bucket.put('a', 'old', { ...headers, Expires: new Date('2030-01-02T03:04:05Z') });
    await bucket.put('a', 'new', { ContentType: 'text/plain', Metadata: { other: 'x' } });
    await bucket.copy('a', v1);
    const { output } = await bucket.head('a');
    expect(output).toMatchObject(headers);
    expect(output?.Metadata).toEqual(headers.Metadata);
    expect(output?.ExpiresString).toBe('Wed, 02 Jan 2030 03:04:05 GMT');
  });

  // AWS, recorded by LocalStack: test_s3_copy_tagging_directive_versioned[COPY] (copy-object-v1)
  behaviour('the tags of that very version come along', async (bucket) => {
    const v1 = await bucket.put('a', 'old', { Tagging: 'which=old' });
    await bucket.put('a', 'new', { Tagging: 'which=new' });
    await bucket.copy('a', v1);
    const { TagSet } = await s3.getObjectTagging({ Bucket: bucket.name, Key: 'a' });
    expect(TagSet).toEqual([{ Key: 'which', Value: 'old' }]);
  });

  // API reference, x-amz-metadata-directive: this header is not copied, it has to be sent again.
  behaviour('a website redirect does not come along', async (bucket) => {
    await bucket.copy('a', await bucket.put('a', '', { WebsiteRedirectLocation: '/elsewhere' }));
    expect((await bucket.head('a')).output?.WebsiteRedirectLocation).toBeUndefined();
  });

  behaviour('a website redirect that is sent again is kept', async (bucket) => {
    const v1 = await bucket.put('a', '', { WebsiteRedirectLocation: '/elsewhere' });
    await bucket.copy('a', v1, { WebsiteRedirectLocation: '/elsewhere' });
    expect((await bucket.head('a')).output?.WebsiteRedirectLocation).toBe('/elsewhere');
  });

  // API reference, x-amz-storage-class: without it the copy is STANDARD, whatever the source is.
  behaviour('the storage class does not come along', async (bucket) => {
    await bucket.copy('a', await bucket.put('a', 'x', { StorageClass: 'STANDARD_IA' }));
    expect((await bucket.list()).entries.map(({ fields }) => fields.StorageClass)).toEqual(['STANDARD', 'STANDARD_IA']);
  });

  behaviour('a storage class that is sent is kept', async (bucket) => {
    const v1 = await bucket.put('a', 'x', { StorageClass: 'STANDARD_IA' });
    await bucket.copy('a', v1, { StorageClass: 'STANDARD_IA' });
    expect((await bucket.list()).entries[0]?.fields.StorageClass).toBe('STANDARD_IA');
    expect((await bucket.head('a')).output?.StorageClass).toBe('STANDARD_IA');
  });

  // AWS, recorded by LocalStack: test_s3_copy_object_in_place_versioned (no-change)
  behaviour('a copy of the current version onto itself without its id is refused', async (bucket) => {
    await bucket.put('a');
    expect((await bucket.copy('a')).verdict).toBe('400 InvalidRequest');
    expect(await bucket.history()).toHaveLength(1);
  });

  // https://github.com/getmoto/moto/issues/7300 shows it on AWS.
  behaviour('a copy of the current version onto itself by its id adds a version', async (bucket) => {
    const v1 = await bucket.put('a');
    expect((await bucket.copy('a', v1)).verdict).toBe('200');
    expect(await bucket.history()).toHaveLength(2);
  });

  // AWS, recorded by LocalStack: test_s3_copy_object_src_not_exists
  behaviour('a marker as the source, by its id: 400', async (bucket) => {
    await bucket.put('a');
    const marker = await bucket.mark('a');
    expect((await bucket.copy('a', marker)).verdict).toBe('400 InvalidRequest');
  });

  behaviour('a deleted key as the source: 404', async (bucket) => {
    await bucket.put('a');
    await bucket.mark('a');
    expect((await bucket.copy('b', undefined, { CopySource: bucket.source('a') })).verdict).toBe('404 NoSuchKey');
  });

  behaviour('a key that never was as the source: 404', async (bucket) => {
    expect((await bucket.copy('b', undefined, { CopySource: bucket.source('never') })).verdict).toBe('404 NoSuchKey');
  });

  behaviour('a bucket that never was as the source: 404', async (bucket) => {
    const CopySource = `${bucket.name}-never/a`;
    expect((await bucket.copy('b', undefined, { CopySource })).verdict).toBe('404 NoSuchBucket');
  });

  behaviour('a version that has gone as the source: 404, and the key is as it was', async (bucket) => {
    const gone = await bucket.put('a', '1');
    const v2 = await bucket.put('a', '2');
    await bucket.delete('a', gone);
    expect((await bucket.copy('a', gone)).status).toBe(404);
    expect(await bucket.history()).toEqual([['a', 'version', v2]]);
  });

  // AWS, recorded by LocalStack: test_s3_copy_object_preconditions
  behaviour('a source whose ETag is not as expected: 412', async (bucket) => {
    const v1 = await bucket.put('a');
    const answer = await bucket.copy('a', v1, { CopySourceIfMatch: '"00000000000000000000000000000000"' });
    expect(answer.verdict).toBe('412 PreconditionFailed');
    expect(await bucket.history()).toHaveLength(1);
  });

  behaviour('a source whose ETag is as expected is copied', async (bucket) => {
    const v1 = await bucket.put('a', 'hello');
    const answer = await bucket.copy('a', v1, { CopySourceIfMatch: '"5d41402abc4b2a76b9719d911017c592"' });
    expect(answer.verdict).toBe('200');
  });

  behaviour('into another bucket and under another key', async (bucket) => {
    const v1 = await bucket.put('a', 'old');
    await bucket.put('a', 'new');
    const other = await bucket.another();
    const answer = await other.copy('copies/a', undefined, { CopySource: bucket.source('a', v1) });
    expect(answer.verdict).toBe('200');
    expect(await (await other.get('copies/a')).output?.Body?.transformToString()).toBe('old');
    expect(await bucket.history()).toHaveLength(2);
  });
});
