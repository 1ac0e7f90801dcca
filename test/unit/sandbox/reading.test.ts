import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { failure, NOON, raw, rig } from './support.ts';

// Recorded: test_delete_object_versioned, test_object_lock_delete_markers.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
describe('reading what is deleted', () => {
  it.each(['GET', 'HEAD'])(
    '%s of a key whose current entry is a marker: 404, and the marker is named',
    async (method) => {
      const { sandbox } = await rig();
      const bucket = sandbox.createBucket('b');
      bucket.put('k');
      const marker = bucket.delete('k');
      const { status, headers, text } = await raw(sandbox, '/b/k', { method });
      expect([status, headers.get('x-amz-delete-marker'), headers.get('x-amz-version-id')]).toEqual([
        404,
        'true',
        marker,
      ]);
      expect(text).toEqual(method === 'HEAD' ? '' : expect.stringContaining('<Code>NoSuchKey</Code>'));
    },
  );

  it.each(['GET', 'HEAD'])('%s of the marker itself: 405, with its time', async (method) => {
    const { sandbox } = await rig();
    const marker = sandbox.createBucket('b').delete('k', { lastModified: '2026-01-02T03:04:05Z' });
    const { status, headers, text } = await raw(sandbox, `/b/k?versionId=${marker}`, { method });
    expect([status, headers.get('x-amz-delete-marker'), headers.get('allow')]).toEqual([405, 'true', 'DELETE']);
    expect(headers.get('last-modified')).toBe('Fri, 02 Jan 2026 03:04:05 GMT');
    expect(headers.get('x-amz-version-id')).toBe(marker);
    const document =
      '<Code>MethodNotAllowed</Code><Message>The specified method is not allowed against this resource.</Message>';
    expect(text).toEqual(
      method === 'HEAD'
        ? ''
        : expect.stringContaining(`${document}<Method>GET</Method><ResourceType>DeleteMarker</ResourceType>`),
    );
  });

  it.each([
    ['absent key', '/b/absent', 404, 'NoSuchKey'],
    ['absent version', '/b/k?versionId=GONE', 404, 'NoSuchVersion'],
    ['forged id', '/b/k?versionId=HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD', 400, 'InvalidArgument'],
    ['absent bucket', '/absent/k', 404, 'NoSuchBucket'],
    ['key of 1,025 bytes', `/b/${'é'.repeat(512)}x`, 400, 'KeyTooLongError'],
    ['archived object', '/b/cold', 403, 'InvalidObjectState'],
    ['object under a customer key', '/b/secret', 400, 'InvalidRequest'],
  ])('%s', async (_name, path, status, code) => {
    const { sandbox } = await rig();
    const bucket = sandbox.createBucket('b');
    const gone = bucket.put('k');
    bucket.remove('k', gone);
    bucket.put('cold', { storageClass: 'DEEP_ARCHIVE' });
    bucket.put('secret', { sseCustomer: true });
    const answer = await raw(sandbox, path.replace('GONE', gone));
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(`<Code>${code}</Code>`);
    expect(answer.headers.get('x-amz-delete-marker')).toBeNull();
    expect(answer.headers.get('x-amz-request-id')).toMatch(/^\w{16}$/);
  });
});

describe('reading what is there', () => {
  it('tells all about a version', async () => {
    const { sandbox, s3 } = await rig();
    const bucket = sandbox.createBucket('b', { objectLock: true });
    const versionId = bucket.put('k', {
      body: 'abc',
      contentType: 'text/css',
      metadata: { Plain: 'a b', other: 'Ä=_?' },
      headers: { cacheControl: 'no-cache', expires: 'never', websiteRedirectLocation: '/there' },
      storageClass: 'GLACIER_IR',
      tags: { a: '1', b: '2' },
      sse: { algorithm: 'aws:kms', kmsKeyId: 'key-1', bucketKey: true },
      lock: { mode: 'COMPLIANCE', retainUntil: '2030-01-01T00:00:00Z', legalHold: false },
      checksumCrc64nvme: 'AAAAAAAAAAA=',
      etag: 'abc-3',
    });
    const answer = await s3.send(
      new HeadObjectCommand({ Bucket: 'b', Key: 'k', VersionId: versionId, ChecksumMode: 'ENABLED' }),
    );
    expect(answer).toMatchObject({
      VersionId: versionId,
      ContentLength: 3,
      ContentType: 'text/css',
      CacheControl: 'no-cache',
      ExpiresString: 'never',
      ETag: '"abc-3"',
      LastModified: new Date(NOON),
      // Recorded: test_user_metadata_rfc2047_encoded.
      Metadata: { plain: 'a b', other: '=?UTF-8?Q?=C3=84=3D=5F=3F?=' },
      WebsiteRedirectLocation: '/there',
      StorageClass: 'GLACIER_IR',
      TagCount: 2,
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: 'key-1',
      BucketKeyEnabled: true,
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: new Date('2030-01-01T00:00:00Z'),
      ObjectLockLegalHoldStatus: 'OFF',
      ChecksumCRC64NVME: 'AAAAAAAAAAA=',
      ChecksumType: 'FULL_OBJECT',
    });
  });

  it('leaves out what does not apply', async () => {
    const { sandbox } = await rig();
    sandbox.createBucket('b').put('k', { checksumCrc64nvme: 'AAAAAAAAAAA=' });
    const { headers } = await raw(sandbox, '/b/k', { method: 'HEAD' });
    const extras = [...headers.keys()].filter((name) => name.startsWith('x-amz-'));
    expect(extras.toSorted()).toEqual([
      'x-amz-id-2',
      'x-amz-request-id',
      'x-amz-server-side-encryption',
      'x-amz-version-id',
    ]);
    expect(headers.get('content-length')).toBe('0');
  });

  // Recorded: test_s3_put_object_versioned, test_get_object_with_version_unversioned_bucket.
  it.each([
    ['Off', null],
    ['Suspended', 'null'],
    ['Enabled', 'null'],
  ] as const)('%s: the id of a null version is %j', async (versioning, id) => {
    const { sandbox } = await rig();
    const bucket = sandbox.createBucket('b', { versioning: 'Off' });
    bucket.put('k', { body: 'abc' });
    bucket.versioning = versioning;
    const { headers, text } = await raw(sandbox, '/b/k?versionId=null');
    expect([headers.get('x-amz-version-id'), text]).toEqual([id, 'abc']);
  });

  // Recorded: test_get_object_range.
  it.each([
    ['bytes=0-2', 206, '012', 'bytes 0-2/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['bytes=8-99', 206, '89', 'bytes 8-9/10'],
    ['bytes=-99', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=1-0', 200, '0123456789', null],
    ['bytes=0-1,3-4', 200, '0123456789', null],
    ['bytes=-', 200, '0123456789', null],
    ['bytes=-0', 416, expect.stringContaining('<Code>InvalidRange</Code>'), null],
    ['bytes=100-200', 416, expect.stringContaining('<ActualObjectSize>10</ActualObjectSize>'), null],
  ])('range %s → %i', async (range, status, body, contentRange) => {
    const { sandbox } = await rig();
    sandbox.createBucket('b').put('k', { body: '0123456789' });
    const answer = await raw(sandbox, '/b/k', { headers: { range } });
    expect([answer.status, answer.text, answer.headers.get('content-range')]).toEqual([status, body, contentRange]);
  });

  it('gives zeros for a sparse entry, in full and in part', async () => {
    const { sandbox } = await rig();
    sandbox.createBucket('b').put('k', { size: 2_500_000 });
    expect((await raw(sandbox, '/b/k')).text).toBe('\0'.repeat(2_500_000));
    expect((await raw(sandbox, '/b/k', { headers: { range: 'bytes=2499998-' } })).text).toBe('\0\0');
  });

  // Recorded: test_s3_get_object_preconditions.
  it.each([
    ['if-match', '"0123"', 412],
    ['if-none-match', '"900150983cd24fb0d6963f7d28e17f72"', 304],
    ['if-none-match', '900150983cd24fb0d6963f7d28e17f72', 304],
    ['if-unmodified-since', 'Wed, 04 Mar 2026 11:59:59 GMT', 412],
    ['if-unmodified-since', 'Wed, 04 Mar 2026 12:00:00 GMT', 200],
    ['if-modified-since', 'Wed, 04 Mar 2026 12:00:00 GMT', 304],
    ['if-modified-since', 'Thu, 05 Mar 2026 12:00:00 GMT', 200],
  ])('%s: %s → %i', async (name, value, status) => {
    const { sandbox } = await rig();
    sandbox.createBucket('b').put('k', { body: 'abc' });
    expect((await raw(sandbox, '/b/k', { headers: { [name]: value } })).status).toBe(status);
  });
});

describe('PutObject', () => {
  it('stores what came, and says which version it became', async () => {
    const { sandbox, s3 } = await rig();
    const bucket = sandbox.createBucket('b');
    const answer = await s3.send(
      new PutObjectCommand({
        Bucket: 'b',
        Key: 'é +%/..//k',
        Body: 'abc',
        ContentType: 'text/css',
        CacheControl: 'no-cache',
        Metadata: { Name: 'v' },
        Tagging: 'a=1&b=x%20y',
        StorageClass: 'STANDARD_IA',
      }),
    );
    const [entry] = bucket.entries('é +%/..//k');
    expect(answer).toMatchObject({
      VersionId: entry?.versionId,
      ETag: `"${entry?.etag}"`,
      ServerSideEncryption: 'AES256',
    });
    expect(entry).toMatchObject({
      deleteMarker: false,
      lastModified: Date.parse(NOON),
      size: 3,
      contentType: 'text/css',
      headers: { cacheControl: 'no-cache' },
      metadata: { name: 'v' },
      tags: { a: '1', b: 'x y' },
      storageClass: 'STANDARD_IA',
      checksums: { crc32: answer.ChecksumCRC32 },
    });
  });

  it('reads a streamed body with its trailing checksum', async () => {
    const { sandbox, s3 } = await rig();
    const bucket = sandbox.createBucket('b');
    const Body = Readable.from(['abc', 'x'.repeat(70_000)]);
    await s3.send(
      new PutObjectCommand({ Bucket: 'b', Key: 'k', Body, ContentLength: 70_003, ContentEncoding: 'gzip' }),
    );
    expect(bucket.current('k')).toMatchObject({ size: 70_003, headers: { contentEncoding: 'gzip' } });
    expect(Buffer.from(bucket.current('k')?.body ?? []).toString()).toBe(`abc${'x'.repeat(70_000)}`);
    expect(Object.keys(bucket.current('k')?.checksums ?? {})).toEqual(['crc32']);
  });

  it.each([
    ['Enabled', true],
    ['Suspended', false],
    ['Off', false],
  ] as const)('%s: names its version: %s', async (versioning, named) => {
    const { sandbox, s3 } = await rig();
    const bucket = sandbox.createBucket('b', { versioning });
    const { VersionId } = await s3.send(new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: 'x' }));
    expect(VersionId).toBe(named ? bucket.current('k')?.versionId : undefined);
    expect(bucket.current('k')?.versionId === 'null').toBe(!named);
  });

  it.each([
    [{ StorageClass: 'OUTPOSTS' as const }, 'InvalidStorageClass'],
    // Recorded: test_object_tagging_exc.
    [{ Tagging: 'a=1&a=2' }, 'InvalidArgument'],
    [{ ContentMD5: 'MTIz' }, 'InvalidDigest'],
    [{ ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' }, 'BadDigest'],
    [{ ChecksumSHA256: 'AAAA' }, 'BadDigest'],
  ])('refuses %j', async (more, code) => {
    const { sandbox, s3 } = await rig();
    const bucket = sandbox.createBucket('b');
    const call = s3.send(new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: 'abc', ...more }));
    expect(await failure(call)).toMatchObject({ status: 400, code });
    expect(bucket.keys()).toEqual([]);
  });
});

// Recorded: test_object_tagging_versioned.
describe('tags', () => {
  it('belong to a version, and not to a marker', async () => {
    const { sandbox, s3 } = await rig();
    const bucket = sandbox.createBucket('b');
    const old = bucket.put('k', { tags: { v: 'old' } });
    const current = bucket.put('k', { tags: { v: 'new' } });
    const target = { Bucket: 'b', Key: 'k' };
    const set = await s3.send(
      new PutObjectTaggingCommand({
        ...target,
        VersionId: old,
        Tagging: {
          TagSet: [
            { Key: 'b', Value: '' },
            { Key: 'a', Value: '1' },
          ],
        },
      }),
    );
    expect(set.VersionId).toBe(old);
    expect((await s3.send(new GetObjectTaggingCommand({ ...target, VersionId: old }))).TagSet).toEqual([
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '' },
    ]);
    expect(await s3.send(new GetObjectTaggingCommand(target))).toMatchObject({
      TagSet: [{ Key: 'v', Value: 'new' }],
      VersionId: current,
    });
    bucket.delete('k');
    expect(await failure(s3.send(new GetObjectTaggingCommand(target)))).toMatchObject({
      status: 405,
      code: 'MethodNotAllowed',
    });
  });
});

describe('GetObject through the SDK', () => {
  it('gives the bytes of the version that was named', async () => {
    const { sandbox, s3 } = await rig();
    const bucket = sandbox.createBucket('b');
    const old = bucket.put('k', { body: 'old' });
    bucket.put('k', { body: 'new' });
    const answer = await s3.send(new GetObjectCommand({ Bucket: 'b', Key: 'k', VersionId: old }));
    expect([answer.VersionId, await answer.Body?.transformToString()]).toEqual([old, 'old']);
  });
});
