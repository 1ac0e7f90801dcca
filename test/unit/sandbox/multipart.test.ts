import { AbortMultipartUploadCommand, type CompletedPart, GetObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { failure } from './support.ts';
import { Bucket, complete, send, setUp, start, startOne, TARGET } from './uploads-support.ts';

const FIVE_MIB = 5 * 2 ** 20;

describe('a multipart upload', () => {
  it('is a version only when it is completed, and is gone then', async () => {
    const env = await setUp();
    const { upload, finish } = await startOne(env);
    expect(env.bucket.entries('k')).toEqual([]);
    const answer = await finish();
    expect(answer).toMatchObject({ Bucket, Key: 'k', ServerSideEncryption: 'AES256' });
    expect(answer.VersionId).toBe(env.bucket.current('k')?.versionId);
    const got = await env.s3.send(new GetObjectCommand(TARGET));
    expect(await got.Body?.transformToString()).toBe('abc');
    expect(env.bucket.uploads.all()).toEqual([]);
    expect(await failure(send(env, upload, 2))).toMatchObject({ status: 404, code: 'NoSuchUpload' });
    expect(env.sandbox.requests.all().map(({ operation }) => operation)).toEqual([
      'CreateMultipartUpload',
      'UploadPart',
      'CompleteMultipartUpload',
      'GetObject',
      'UploadPart',
    ]);
  });

  // Recorded: test_multipart_copy_object_etag, test_complete_multipart_parts_order.
  it.each([
    { name: 'one part', numbers: [1], etag: '"af5da9f45af7a300e3aded972f8ff687-1"', size: 3 },
    {
      name: 'numbers with gaps',
      numbers: [2, 10_000],
      etag: expect.stringMatching(/^"[0-9a-f]{32}-2"$/),
      size: FIVE_MIB + 3,
    },
  ])('of $name has the MD5 of MD5s as its ETag', async ({ numbers, etag, size }) => {
    const env = await setUp();
    const upload = await start(env);
    const Parts: CompletedPart[] = [];
    for (const PartNumber of numbers) {
      const body = PartNumber === numbers.at(-1) ? 'abc' : 'x'.repeat(FIVE_MIB);
      Parts.push({ PartNumber, ETag: (await send(env, upload, PartNumber, body)).ETag });
    }
    expect((await complete(env, upload, Parts)).ETag).toEqual(etag);
    expect(env.bucket.current('k')?.size).toBe(size);
  });

  it('takes a part that is sent again instead of the one before, and leaves out parts not asked for', async () => {
    const env = await setUp();
    const upload = await start(env);
    await send(env, upload, 1, 'old');
    await send(env, upload, 2, 'left out');
    const { ETag } = await send(env, upload, 1);
    await complete(env, upload, [{ PartNumber: 1, ETag }]);
    expect(Buffer.from(env.bucket.current('k')?.body ?? []).toString()).toBe('abc');
  });

  it('keeps what was said at its start', async () => {
    const env = await setUp({ objectLock: true });
    const { finish } = await startOne(env, {
      ContentType: 'text/css',
      CacheControl: 'no-cache',
      WebsiteRedirectLocation: '/there',
      Metadata: { Owner: 'me' },
      Tagging: 'team=a',
      StorageClass: 'STANDARD_IA',
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: 'key-1',
      ObjectLockMode: 'GOVERNANCE',
      ObjectLockRetainUntilDate: new Date('2030-01-01T00:00:00Z'),
      ObjectLockLegalHoldStatus: 'ON',
    });
    expect(await finish()).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'key-1' });
    expect(env.bucket.current('k')).toMatchObject({
      contentType: 'text/css',
      headers: { cacheControl: 'no-cache', websiteRedirectLocation: '/there' },
      metadata: { owner: 'me' },
      tags: { team: 'a' },
      storageClass: 'STANDARD_IA',
      sse: { algorithm: 'aws:kms', kmsKeyId: 'key-1' },
      lock: { mode: 'GOVERNANCE', retainUntil: Date.parse('2030-01-01T00:00:00Z'), legalHold: true },
    });
  });

  it.each([
    [{ StorageClass: 'NONE' as 'STANDARD' }, 'InvalidStorageClass'],
    [{ ObjectLockLegalHoldStatus: 'ON' }, 'InvalidRequest'],
    [{ Tagging: 'a=1&a=2' }, 'InvalidArgument'],
  ] as const)('is refused at its start with %j', async (more, code) => {
    const env = await setUp();
    expect(await failure(start(env, more))).toMatchObject({ status: 400, code });
    expect(env.bucket.uploads.all()).toEqual([]);
  });

  it('gets the default retention of its bucket', async () => {
    const env = await setUp({ objectLock: { mode: 'GOVERNANCE', days: 2 } });
    await (await startOne(env)).finish();
    expect(env.bucket.current('k')?.lock.mode).toBe('GOVERNANCE');
  });

  it('that is aborted leaves nothing', async () => {
    const env = await setUp();
    const { upload, finish } = await startOne(env);
    const answer = await env.s3.send(new AbortMultipartUploadCommand(upload));
    expect(answer.$metadata.httpStatusCode).toBe(204);
    expect(env.bucket.uploads.all()).toEqual([]);
    expect(await failure(finish())).toMatchObject({ code: 'NoSuchUpload' });
    expect(await failure(env.s3.send(new AbortMultipartUploadCommand(upload)))).toMatchObject({ code: 'NoSuchUpload' });
    expect(env.bucket.keys()).toEqual([]);
  });

  // Recorded: test_multipart_key_validation.
  it('belongs to its key', async () => {
    const env = await setUp();
    const { upload } = await startOne(env);
    const call = env.s3.send(new AbortMultipartUploadCommand({ ...upload, Key: 'other' }));
    expect(await failure(call)).toMatchObject({ status: 404, code: 'NoSuchUpload' });
    expect(env.bucket.uploads.all()).toHaveLength(1);
  });

  it('meets faults like any other request', async () => {
    const env = await setUp();
    const respond = { status: 503, code: 'SlowDown' };
    env.sandbox.faults.add({ operation: 'CompleteMultipartUpload', key: 'k', times: 1, respond });
    const { finish } = await startOne(env);
    expect(await failure(finish())).toMatchObject(respond);
    expect((await finish()).VersionId).toBeDefined();
  });
});
