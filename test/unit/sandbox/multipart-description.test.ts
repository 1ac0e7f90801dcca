import {
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectTaggingCommand,
  HeadObjectCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { failure, raw, texts } from './support.ts';
import { ABC, complete, setUp, start, startOne, TARGET } from './uploads-support.ts';

/** Uploads `abc` so, and tells what HEAD says of it. */
async function uploaded(more: Partial<CreateMultipartUploadCommandInput>) {
  const env = await setUp({ objectLock: true });
  const { finish } = await startOne(env, more);
  const { VersionId } = await finish();
  const head = await env.s3.send(new HeadObjectCommand({ ...TARGET, VersionId, ChecksumMode: 'ENABLED' }));
  return { ...env, VersionId, head };
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
describe('what the start of an upload says comes back on HEAD', () => {
  it.each<Partial<CreateMultipartUploadCommandInput>>([
    { ContentType: 'text/css' },
    { CacheControl: 'no-cache' },
    { ContentDisposition: 'attachment; filename="x"' },
    { ContentEncoding: 'gzip' },
    { ContentLanguage: 'de' },
    { Metadata: { owner: 'me', 'with-dash': 'a b' } },
    { StorageClass: 'STANDARD_IA' },
    { StorageClass: 'GLACIER' },
    { WebsiteRedirectLocation: '/there' },
    { ServerSideEncryption: 'AES256' },
    { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'key-1' },
    { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'key-1', BucketKeyEnabled: true },
    { ServerSideEncryption: 'aws:kms:dsse', SSEKMSKeyId: 'key-1' },
    { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: new Date('2030-01-01T00:00:00Z') },
    { ObjectLockLegalHoldStatus: 'ON' },
    { ObjectLockLegalHoldStatus: 'OFF' },
  ])('%j', async (said) => {
    expect((await uploaded(said)).head).toMatchObject(said);
  });

  it('Expires, also where it is no date', async () => {
    for (const expires of ['Wed, 02 Jan 2030 03:04:05 GMT', 'never, really']) {
      const env = await setUp();
      const { text } = await raw(env.sandbox, '/b/k?uploads', { method: 'POST', headers: { expires } });
      const [UploadId = ''] = texts(text, 'UploadId');
      await raw(env.sandbox, `/b/k?uploadId=${UploadId}&partNumber=1`, { method: 'PUT', body: 'abc' });
      await complete(env, { ...TARGET, UploadId }, [{ PartNumber: 1, ETag: ABC }]);
      expect((await env.s3.send(new HeadObjectCommand(TARGET))).ExpiresString).toBe(expires);
    }
  });

  it('tags, counted, and by version', async () => {
    const env = await uploaded({ Tagging: 'team=a&k%201=v%2B1&empty=' });
    expect(env.head.TagCount).toBe(3);
    env.bucket.put('k', { tags: { other: 'x' } });
    const { VersionId } = env;
    const { TagSet } = await env.s3.send(new GetObjectTaggingCommand({ ...TARGET, VersionId }));
    expect(TagSet).toEqual([
      { Key: 'empty', Value: '' },
      { Key: 'k 1', Value: 'v+1' },
      { Key: 'team', Value: 'a' },
    ]);
  });

  it('nothing that was not said', async () => {
    const { head, bucket } = await uploaded({});
    const { ContentType, Metadata, TagCount, StorageClass, WebsiteRedirectLocation, ServerSideEncryption } = head;
    expect([ContentType, Metadata, TagCount, StorageClass, WebsiteRedirectLocation, ServerSideEncryption]).toEqual([
      'binary/octet-stream',
      {},
      undefined,
      undefined,
      undefined,
      'AES256',
    ]);
    expect(bucket.current('k')?.lock).toEqual({});
  });

  // Recorded: multipart-upload in test_get_object_part.
  it('a CRC64NVME of the whole where no checksum was asked for', async () => {
    expect((await uploaded({})).head).toMatchObject({
      ChecksumCRC64NVME: 'BeXKuz/B+us=',
      ChecksumType: 'FULL_OBJECT',
    });
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html (x-amz-mp-object-size)
describe('the size that a completion claims', () => {
  it.each([
    [3, undefined],
    [2, 'InvalidRequest'],
    [4, 'InvalidRequest'],
  ])('%i of 3: %s', async (MpuObjectSize, code) => {
    const env = await setUp();
    const { finish } = await startOne(env);
    if (code === undefined) expect((await finish({ MpuObjectSize })).VersionId).toBeDefined();
    else expect(await failure(finish({ MpuObjectSize }))).toMatchObject({ status: 400, code });
  });
});

describe('the encryption is told', () => {
  it('at the start and at the end', async () => {
    const env = await setUp();
    const more = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'key-1', BucketKeyEnabled: true } as const;
    expect(await env.s3.send(new CreateMultipartUploadCommand({ ...TARGET, ...more }))).toMatchObject(more);
    expect(await (await startOne(env, more)).finish()).toMatchObject(more);
    await start(env);
  });
});
