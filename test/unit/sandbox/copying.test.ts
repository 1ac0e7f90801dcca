import {
  CopyObjectCommand,
  type CopyObjectCommandInput,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { failure, NOON, type Rig, rig } from './support.ts';

const ABC = '"900150983cd24fb0d6963f7d28e17f72"';

function copy({ s3 }: Rig, source: string, more: Partial<CopyObjectCommandInput> = {}) {
  return s3.send(new CopyObjectCommand({ Bucket: 'b', Key: 'copy', CopySource: source, ...more }));
}

/** The source: two versions and a marker on top. */
async function withSource() {
  const env = await rig();
  const bucket = env.sandbox.createBucket('b');
  const old = bucket.put('src', { body: 'abc' });
  const marker = bucket.delete('src') ?? '';
  return { ...env, bucket, old, marker };
}

// Recorded: test_s3_copy_object_src_not_exists.
describe('CopyObject: source', () => {
  it('copies a named version and says which became which', async () => {
    const env = await withSource();
    const answer = await copy(env, `b/src?versionId=${env.old}`);
    expect(answer).toMatchObject({ CopySourceVersionId: env.old, VersionId: env.bucket.current('copy')?.versionId });
    expect(answer.CopyObjectResult).toEqual({ ETag: ABC, LastModified: new Date(NOON) });
  });

  it.each([
    ['b/src', 404, 'NoSuchKey'],
    ['b/absent', 404, 'NoSuchKey'],
    ['absent/src', 404, 'NoSuchBucket'],
    ['b/src?versionId=MARKER', 400, 'InvalidRequest'],
    ['b/src?versionId=HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD', 400, 'InvalidArgument'],
    ['b/absent?versionId=OLD', 404, 'NoSuchVersion'],
    ['nonsense', 400, 'InvalidArgument'],
  ])('%s → %i %s', async (source, status, code) => {
    const env = await withSource();
    const answer = copy(env, source.replace('MARKER', env.marker).replace('OLD', env.old));
    expect(await failure(answer)).toMatchObject({ status, code });
    expect(env.bucket.entries('copy')).toEqual([]);
  });

  // Recorded: test_copy_object_special_character.
  it.each(['a b', 'a+b', 'a%2Fb', 'a?versionId=x', 'é\u{1F600}', 'a/b//', 'a&=#;,'])(
    'finds %j when encoded',
    async (key) => {
      const env = await rig();
      const bucket = env.sandbox.createBucket('b');
      const id = bucket.put(key, { body: 'abc' });
      const source = `b/${key.split('/').map(encodeURIComponent).join('/')}?versionId=${encodeURIComponent(id)}`;
      expect((await copy(env, source)).CopySourceVersionId).toBe(id);
    },
  );

  it('reads a plus that is not encoded as a space', async () => {
    const env = await rig();
    const id = env.sandbox.createBucket('b').put('a b');
    expect((await copy(env, 'b/a+b')).CopySourceVersionId).toBe(id);
  });

  it.each(['GLACIER', 'DEEP_ARCHIVE'])('refuses an archived source (%s)', async (storageClass) => {
    const env = await rig();
    env.sandbox.createBucket('b').put('src', { storageClass });
    expect(await failure(copy(env, 'b/src'))).toMatchObject({ status: 403, code: 'InvalidObjectState' });
  });

  it('copies up to 5 GiB and refuses one byte more', async () => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b');
    bucket.put('fits', { size: 5 * 2 ** 30 });
    bucket.put('large', { size: 5 * 2 ** 30 + 1 });
    await copy(env, 'b/fits');
    expect(bucket.current('copy')?.size).toBe(5 * 2 ** 30);
    expect(await failure(copy(env, 'b/large'))).toMatchObject({
      status: 400,
      code: 'InvalidRequest',
      message: expect.stringContaining('5368709120'),
    });
  });

  it('needs the key of a source that a customer encrypted', async () => {
    const env = await rig();
    env.sandbox.createBucket('b').put('src', { sseCustomer: true });
    expect(await failure(copy(env, 'b/src'))).toMatchObject({ status: 400, code: 'InvalidRequest' });
    const answer = await copy(env, 'b/src', {
      CopySourceSSECustomerAlgorithm: 'AES256',
      CopySourceSSECustomerKey: 'x'.repeat(32),
    });
    expect(answer.ServerSideEncryption).toBe('AES256');
  });
});

// Recorded: test_s3_copy_object_preconditions and the two versioned ones beside it.
describe('CopyObject: conditions on the source', () => {
  const at = (seconds: number) => new Date(Date.parse(NOON) + seconds * 1000);

  it.each([
    { name: 'If-Match, other', condition: { CopySourceIfMatch: '"0123"' }, status: 412 },
    { name: 'If-Match, same', condition: { CopySourceIfMatch: ABC }, status: 200 },
    { name: 'If-None-Match, same', condition: { CopySourceIfNoneMatch: ABC }, status: 412 },
    { name: 'If-None-Match, same without quotes', condition: { CopySourceIfNoneMatch: ABC.slice(1, -1) }, status: 412 },
    { name: 'If-None-Match, other', condition: { CopySourceIfNoneMatch: '"0123"' }, status: 200 },
    { name: 'Unmodified-Since, earlier', condition: { CopySourceIfUnmodifiedSince: at(-1) }, status: 412 },
    { name: 'Unmodified-Since, same second', condition: { CopySourceIfUnmodifiedSince: at(0) }, status: 200 },
    { name: 'Modified-Since, same second', condition: { CopySourceIfModifiedSince: at(0) }, status: 412 },
    { name: 'Modified-Since, earlier', condition: { CopySourceIfModifiedSince: at(-1) }, status: 200 },
    { name: 'Modified-Since, in the future', condition: { CopySourceIfModifiedSince: at(3600) }, status: 200 },
    {
      name: 'If-Match that holds beats Unmodified-Since that does not',
      condition: { CopySourceIfMatch: ABC, CopySourceIfUnmodifiedSince: at(-1) },
      status: 200,
    },
    {
      name: 'If-None-Match that does not hold beats Modified-Since that does',
      condition: { CopySourceIfNoneMatch: ABC, CopySourceIfModifiedSince: at(-1) },
      status: 412,
    },
  ])('$name → $status', async ({ condition, status }) => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b');
    const id = bucket.put('src', { body: 'abc' });
    env.sandbox.clock.advance(10_000);
    const call = copy(env, `b/src?versionId=${id}`, condition);
    if (status === 200) expect((await call).CopySourceVersionId).toBe(id);
    else expect(await failure(call)).toMatchObject({ status: 412, code: 'PreconditionFailed' });
    expect(bucket.entries('copy')).toHaveLength(status === 200 ? 1 : 0);
  });
});

// Recorded: test_copy_object_if_match*, test_copy_object_if_none_match*, test_put_object_if_*, and the validations.
describe.each(['CopyObject', 'PutObject'])('%s: conditions on the destination', (operation) => {
  it.each([
    { state: 'live', condition: { IfNoneMatch: '*' }, status: 412, code: 'PreconditionFailed' },
    { state: 'deleted', condition: { IfNoneMatch: '*' }, status: 200 },
    { state: 'absent', condition: { IfNoneMatch: '*' }, status: 200 },
    { state: 'live', condition: { IfMatch: ABC }, status: 200 },
    { state: 'live', condition: { IfMatch: ABC.slice(1, -1) }, status: 200 },
    { state: 'live', condition: { IfMatch: '"0123"' }, status: 412, code: 'PreconditionFailed' },
    { state: 'deleted', condition: { IfMatch: ABC }, status: 404, code: 'NoSuchKey' },
    { state: 'absent', condition: { IfMatch: ABC }, status: 404, code: 'NoSuchKey' },
    { state: 'live', condition: { IfMatch: '*' }, status: 501, code: 'NotImplemented' },
    { state: 'live', condition: { IfNoneMatch: ABC }, status: 501, code: 'NotImplemented' },
    { state: 'live', condition: { IfMatch: ABC, IfNoneMatch: '*' }, status: 501, code: 'NotImplemented' },
  ])('$state, $condition → $status', async ({ state, condition, status, code }) => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b');
    bucket.put('src', { body: 'new' });
    if (state !== 'absent') bucket.put('copy', { body: 'abc' });
    if (state === 'deleted') bucket.delete('copy');
    const before = bucket.snapshot();
    const call =
      operation === 'CopyObject'
        ? copy(env, 'b/src', condition)
        : env.s3.send(new PutObjectCommand({ Bucket: 'b', Key: 'copy', Body: 'new', ...condition }));
    if (status === 200) {
      expect((await call).VersionId).toBe(bucket.current('copy')?.versionId);
      expect(bucket.current('copy')?.size).toBe(3);
    } else {
      expect(await failure(call)).toMatchObject({ status, code });
      expect(bucket.snapshot()).toEqual(before);
    }
  });
});

// Recorded: test_s3_copy_object_in_place*, test_s3_copy_object_storage_class.
describe('CopyObject onto itself', () => {
  const self = (env: Rig, source: string, more: Partial<CopyObjectCommandInput> = {}) =>
    copy(env, source, { Key: 'src', ...more });

  it('must change something', async () => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b');
    bucket.put('src', { body: 'abc' });
    expect(await failure(self(env, 'b/src'))).toMatchObject({ status: 400, code: 'InvalidRequest' });
    expect(await failure(self(env, 'b/src', { IfNoneMatch: '*' }))).toMatchObject({ status: 412 });
    expect(bucket.entries('src')).toHaveLength(1);
  });

  it.each([
    ['metadata', { MetadataDirective: 'REPLACE' }],
    ['the storage class, even to the same', { StorageClass: 'STANDARD' }],
    ['the encryption, even to the same', { ServerSideEncryption: 'AES256' }],
    ['the redirect', { WebsiteRedirectLocation: '/x' }],
  ] as const)('is fine with a change of %s', async (_name, more) => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b');
    bucket.put('src', { body: 'abc' });
    await self(env, 'b/src', more);
    expect(bucket.entries('src')).toHaveLength(2);
  });

  it('is fine where a version is named, old or current: this is how a version is restored', async () => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b');
    const old = bucket.put('src', { body: 'abc' });
    const current = bucket.put('src', { body: 'new' });
    await self(env, `b/src?versionId=${current}`);
    const restored = await self(env, `b/src?versionId=${old}`);
    expect(bucket.entries('src').map(({ size, etag }) => [size, `"${etag}"` === ABC])).toEqual([
      [3, true],
      [3, false],
      [3, false],
      [3, true],
    ]);
    expect(restored.VersionId).toBe(bucket.current('src')?.versionId);
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/copy-object.html; recorded: test_s3_copy_metadata_*,
// test_s3_copy_tagging_directive_versioned, test_s3_copy_object_retention_lock, test_s3_copy_object_legal_hold.
describe('CopyObject: what goes along', () => {
  const FULL = {
    body: 'abc',
    contentType: 'text/css',
    metadata: { owner: 'me' },
    headers: {
      cacheControl: 'no-cache',
      contentDisposition: 'inline',
      contentEncoding: 'gzip',
      contentLanguage: 'de',
      expires: 'Thu, 01 Dec 2033 16:00:00 GMT',
      websiteRedirectLocation: '/there',
    },
    storageClass: 'STANDARD_IA',
    tags: { team: 'a' },
    lock: { mode: 'GOVERNANCE', retainUntil: '2030-01-01T00:00:00Z', legalHold: true },
    checksumCrc64nvme: 'AAAAAAAAAAA=',
  } as const;

  it('keeps content, metadata, tags and checksum; drops class, redirect and lock', async () => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b', { objectLock: true });
    bucket.put('src', FULL);
    const { CopyObjectResult } = await copy(env, 'b/src');
    expect(CopyObjectResult).toMatchObject({
      ETag: ABC,
      ChecksumCRC64NVME: 'AAAAAAAAAAA=',
      ChecksumType: 'FULL_OBJECT',
    });
    const { websiteRedirectLocation: _, ...kept } = FULL.headers;
    expect(bucket.current('copy')).toMatchObject({
      contentType: 'text/css',
      metadata: { owner: 'me' },
      headers: kept,
      storageClass: 'STANDARD',
      tags: { team: 'a' },
      checksums: { crc64nvme: 'AAAAAAAAAAA=' },
      lock: {},
    });
    expect(bucket.current('copy')?.headers).toEqual(kept);
    expect(bucket.current('copy')?.lock).toEqual({});
  });

  it('replaces metadata as a whole, and tags apart from it', async () => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b');
    bucket.put('src', { ...FULL, lock: {} });
    await copy(env, 'b/src', { MetadataDirective: 'REPLACE', Metadata: { New: 'one' }, CacheControl: 'max-age=1' });
    expect(bucket.current('copy')).toMatchObject({ metadata: { new: 'one' }, tags: { team: 'a' } });
    expect(bucket.current('copy')?.headers).toEqual({ cacheControl: 'max-age=1' });
    expect(bucket.current('copy')?.contentType).toBe('binary/octet-stream');
    await copy(env, 'b/src', { TaggingDirective: 'REPLACE', Tagging: 'k%201=v%2B1&empty=' });
    expect(bucket.current('copy')).toMatchObject({ metadata: { owner: 'me' }, tags: { 'k 1': 'v+1', empty: '' } });
    await copy(env, 'b/src', { Tagging: 'ignored=yes' });
    const tags = await env.s3.send(new GetObjectTaggingCommand({ Bucket: 'b', Key: 'copy' }));
    expect(tags.TagSet).toEqual([{ Key: 'team', Value: 'a' }]);
  });

  it('takes class, redirect, encryption and lock from the request', async () => {
    const env = await rig();
    env.sandbox.createBucket('b', { objectLock: true }).put('src', FULL);
    await copy(env, 'b/src', {
      StorageClass: 'GLACIER_IR',
      WebsiteRedirectLocation: '/there',
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: 'key-1',
      BucketKeyEnabled: true,
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: new Date('2031-01-01T00:00:00Z'),
    });
    expect(await env.s3.send(new HeadObjectCommand({ Bucket: 'b', Key: 'copy' }))).toMatchObject({
      StorageClass: 'GLACIER_IR',
      WebsiteRedirectLocation: '/there',
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: 'key-1',
      BucketKeyEnabled: true,
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: new Date('2031-01-01T00:00:00Z'),
    });
  });

  it('gets the default retention of its bucket', async () => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b', { objectLock: { mode: 'GOVERNANCE', days: 2 } });
    bucket.put('src', FULL);
    await copy(env, 'b/src');
    expect(bucket.current('copy')?.lock).toEqual({
      mode: 'GOVERNANCE',
      retainUntil: Date.parse('2026-03-06T12:00:00Z'),
    });
  });

  it.each([
    { name: 'a multipart source', put: { body: 'abc', etag: 'b972025bc34adf8d76d6d51e93c035cc-3' }, etag: ABC },
    { name: 'a plain source whose ETag a test chose', put: { body: 'x', etag: '"0123"' }, etag: '"0123"' },
  ])('has this ETag for $name', async ({ put, etag }) => {
    // Recorded: test_multipart_copy_object_etag.
    const env = await rig();
    env.sandbox.createBucket('b').put('src', put);
    expect((await copy(env, 'b/src')).CopyObjectResult?.ETag).toBe(etag);
  });

  it('has an ETag of its own under KMS, each time another', async () => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b');
    bucket.put('src', { body: 'abc' });
    for (let i = 0; i < 2; i++) await copy(env, 'b/src', { ServerSideEncryption: 'aws:kms' });
    const [first, second] = bucket.entries('copy');
    expect(new Set([first?.etag, second?.etag, ABC.slice(1, -1)]).size).toBe(3);
  });
});

// Recorded: test_s3_copy_object_in_place_versioned, test_s3_copy_object_in_place_suspended_only.
describe('CopyObject: ids in the reply', () => {
  it.each([
    { versioning: 'Enabled', source: 'issued', id: true, sourceId: true },
    { versioning: 'Suspended', source: 'issued', id: 'null', sourceId: true },
    { versioning: 'Suspended', source: 'null', id: 'null', sourceId: false },
    { versioning: 'Enabled', source: 'null', id: true, sourceId: false },
    { versioning: 'Off', source: 'null', id: false, sourceId: false },
  ] as const)('$versioning, $source source', async ({ versioning, source, id, sourceId }) => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b', { versioning: versioning === 'Off' ? 'Off' : 'Enabled' });
    const issued = bucket.put('src', source === 'null' ? { versionId: 'null' } : {});
    bucket.versioning = versioning;
    const answer = await copy(env, `b/src?versionId=${issued}`);
    expect(answer.VersionId).toBe(id === true ? bucket.current('copy')?.versionId : id === false ? undefined : id);
    expect(answer.CopySourceVersionId).toBe(sourceId ? issued : undefined);
    expect(bucket.current('copy')?.versionId === 'null').toBe(versioning !== 'Enabled');
  });
});
