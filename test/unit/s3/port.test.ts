import {
  DeleteObjectCommand,
  type DeleteObjectCommandOutput,
  DeleteObjectsCommand,
  type DeleteObjectsCommandOutput,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  HeadObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import type { BucketPort, Buckets, EntryName } from '../../../src/core/ports.ts';
import { type BucketsOptions, openBuckets } from '../../../src/s3/index.ts';
import { noWaiting } from './pager.ts';

let s3 = mockClient(S3Client);
beforeEach(() => {
  s3.restore();
  s3 = mockClient(S3Client);
});

const never = new AbortController().signal;
function bucketsWith(options: Partial<BucketsOptions> = {}): Buckets {
  return openBuckets({
    client: new S3Client({ region: 'us-east-1' }),
    clientFor: (region) => new S3Client({ region }),
    strictRegionFor: 'b',
    concurrency: 8,
    batchSize: 1000,
    bypassGovernanceRetention: false,
    stop: never,
    abort: never,
    waiting: noWaiting,
    ...options,
  });
}
const open = (options: Partial<BucketsOptions> = {}): BucketPort => bucketsWith(options).open('b');

const meta = { $metadata: {} };
const s3Error = (name: string, status: number, fields: object = {}) =>
  Object.assign(new Error(`says ${name}`), { name, Code: name, $metadata: { httpStatusCode: status }, ...fields });
const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' });

describe('removing entries', () => {
  const marker = (key: string): EntryName => ({ key, versionId: `m-${key}`, deleteMarker: true });
  const version = (key: string): EntryName => ({ key, versionId: `v-${key}`, deleteMarker: false });
  const gone = ({ key, versionId, deleteMarker }: EntryName) => ({
    Key: key,
    VersionId: versionId,
    ...(deleteMarker && { DeleteMarker: true, DeleteMarkerVersionId: versionId }),
  });
  const answer = (...Deleted: DeleteObjectsCommandOutput['Deleted'] & object) => ({ ...meta, Deleted });
  const ok = { ok: true, confirmed: true };
  const failure = (code: string) => ({ ok: false, failure: expect.objectContaining({ code }) });
  const denied = { Key: 'b', VersionId: 'm-b', Code: 'AccessDenied', Message: 'no' };

  test('is one DeleteObjects, its answers in any order matched to what was asked', async () => {
    const entries = [marker('a'), version('b'), marker('c')];
    s3.on(DeleteObjectsCommand).resolves(answer(...entries.map(gone).reverse()));
    expect(await open().removeEntries(entries)).toEqual([ok, ok, ok]);
    expect(s3.commandCalls(DeleteObjectsCommand).map((c) => c.args[0].input)).toEqual([
      { Bucket: 'b', Delete: { Quiet: false, Objects: entries.map((e) => ({ Key: e.key, VersionId: e.versionId })) } },
    ]);
  });

  test.each<[string, EntryName, object, unknown]>([
    [
      'a marker that S3 does not call one',
      marker('b'),
      answer({ Key: 'b', VersionId: 'm-b' }),
      { ok: true, confirmed: false, unsure: true },
    ],
    [
      'a version that S3 calls a marker',
      version('b'),
      answer({ Key: 'b', VersionId: 'v-b', DeleteMarker: true }),
      { ok: true, confirmed: false },
    ],
    [
      'one that is gone',
      marker('b'),
      { ...meta, Errors: [{ ...denied, Code: 'NoSuchVersion' }] },
      { ok: true, confirmed: false },
    ],
    ['one that is refused', marker('b'), { ...meta, Errors: [denied] }, failure('AccessDenied')],
    [
      'an error that names only the key',
      marker('b'),
      { ...meta, Errors: [{ Key: 'b', Code: 'AccessDenied' }] },
      failure('AccessDenied'),
    ],
  ])('%s', async (_, entry, output, expected) => {
    s3.on(DeleteObjectsCommand).resolves(output);
    expect(await open().removeEntries([entry])).toEqual([expected]);
  });

  test('a marker that is not there any more, where others are called what they are', async () => {
    s3.on(DeleteObjectsCommand).resolves(answer({ Key: 'a', VersionId: 'm-a' }, gone(marker('b'))));
    expect(await open().removeEntries([marker('a'), marker('b')])).toEqual([{ ok: true, confirmed: false }, ok]);
  });

  test.each<[string, object]>([
    [
      'refused when it is sent again',
      Object.assign(new Error('no'), { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } }),
    ],
    ['never answered', Object.assign(new Error('reset'), { code: 'ECONNRESET' })],
  ])('an earlier try may have landed: %s', async (_, last) => {
    const lost = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    s3.on(DeleteObjectsCommand).rejectsOnce(lost).rejects(last);
    expect(await open().removeEntries([marker('a')])).toMatchObject([{ ok: false, unsure: true }]);
  });

  test('an earlier try may have landed: gone when it is sent again', async () => {
    s3.on(DeleteObjectsCommand)
      .rejectsOnce(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
      .resolves(answer({ Key: 'a', VersionId: 'm-a' }, gone(marker('b'))));
    expect(await open().removeEntries([marker('a'), marker('b')])).toEqual([
      { ok: true, confirmed: false, unsure: true },
      ok,
    ]);
  });

  test('one that was not named in the answer may be removed by it', async () => {
    s3.on(DeleteObjectsCommand).resolves(answer(gone(marker('a'))));
    s3.on(DeleteObjectCommand).resolves({ ...meta } as DeleteObjectCommandOutput);
    expect(await open().removeEntries([marker('a'), marker('b')])).toEqual([
      ok,
      { ok: true, confirmed: false, unsure: true },
    ]);
  });

  test('a marker that is gone, on a server that is known to call one what it is', async () => {
    s3.on(DeleteObjectsCommand).resolves(answer({ Key: 'a', VersionId: 'm-a' }));
    expect(await open({ namesMarkers: true }).removeEntries([marker('a')])).toEqual([{ ok: true, confirmed: false }]);
  });

  test('stopped after S3 failed on an entry, which it may have removed', async () => {
    const stop = new AbortController();
    s3.on(DeleteObjectsCommand).callsFake(() => {
      stop.abort();
      return { ...meta, Errors: [{ Key: 'a', VersionId: 'm-a', Code: 'InternalError' }] };
    });
    const cancelled = open({ stop: stop.signal }).removeEntries([marker('a')]);
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled', maybeSent: true });
  });

  test('sends again only what failed for a while', async () => {
    const entries = [marker('a'), marker('b'), marker('c')];
    s3.on(DeleteObjectsCommand)
      .resolvesOnce({
        ...answer(gone(marker('a'))),
        Errors: [
          { ...denied, Code: 'SlowDown' },
          { Key: 'c', VersionId: 'm-c', Code: 'InternalError' },
        ],
      })
      .resolvesOnce(answer(gone(marker('b')), gone(marker('c'))));
    const buckets = bucketsWith();
    const port = buckets.open('b');
    expect(await port.removeEntries(entries)).toEqual([ok, ok, ok]);
    expect(s3.commandCalls(DeleteObjectsCommand)[1]?.args[0].input.Delete?.Objects).toHaveLength(2);
    expect(buckets.requests).toMatchObject({ delete: 2, retries: 1, throttled: 1 });
    expect(port.batchSize).toBeLessThan(1000);
  });

  test('gives up on what fails for ever, with its code', async () => {
    s3.on(DeleteObjectsCommand).resolves({ ...meta, Errors: [{ ...denied, Code: 'SlowDown' }] });
    expect(await open().removeEntries([marker('b')])).toEqual([failure('SlowDown')]);
    expect(s3.commandCalls(DeleteObjectsCommand)).toHaveLength(10);
  });

  test('asks alone for what had no answer', async () => {
    s3.on(DeleteObjectsCommand).resolves(answer(gone(marker('a'))));
    s3.on(DeleteObjectCommand).resolves({ ...meta, DeleteMarker: true, VersionId: 'm-b' } as DeleteObjectCommandOutput);
    expect(await open().removeEntries([marker('a'), marker('b')])).toEqual([ok, ok]);
    expect(s3.commandCalls(DeleteObjectCommand).map((c) => c.args[0].input)).toEqual([
      { Bucket: 'b', Key: 'b', VersionId: 'm-b' },
    ]);
  });

  test('knows an answer by its version id where the key came back garbled', async () => {
    s3.on(DeleteObjectsCommand).resolves(
      answer({ Key: '', VersionId: 'm-\n', DeleteMarker: true }, { Key: '', VersionId: 'v-\r' }),
    );
    expect(await open().removeEntries([marker('\n'), version('\r')])).toEqual([ok, ok]);
    expect(s3.commandCalls(DeleteObjectCommand)).toHaveLength(0);
  });

  test('takes an answer that names nothing for no answer', async () => {
    s3.on(DeleteObjectsCommand)
      .resolvesOnce(meta)
      .resolves(answer(gone(marker('a'))));
    expect(await open().removeEntries([marker('a')])).toEqual([ok]);
  });

  test('sends keys that XML cannot carry alone', async () => {
    s3.on(DeleteObjectsCommand).resolves(answer(gone(marker('a'))));
    s3.on(DeleteObjectCommand).resolves({ ...meta, DeleteMarker: true });
    expect(await open().removeEntries([marker('x\u0001y'), marker('a')])).toEqual([ok, ok]);
    expect(s3.commandCalls(DeleteObjectCommand)[0]?.args[0].input.Key).toBe('x\u0001y');
    expect(s3.commandCalls(DeleteObjectsCommand)[0]?.args[0].input.Delete?.Objects).toHaveLength(1);
  });

  test.each([
    ['gone', s3Error('NoSuchVersion', 404), { ok: true, confirmed: false }],
    ['refused', s3Error('AccessDenied', 403), failure('AccessDenied')],
    ['in a bucket that is gone', s3Error('NoSuchBucket', 404), failure('NoSuchBucket')],
  ])('one of these that is %s', async (_, error, expected) => {
    s3.on(DeleteObjectCommand).rejects(error);
    expect(await open().removeEntries([marker('\u0001')])).toEqual([expected]);
  });

  test('a request that is refused fails all its entries', async () => {
    s3.on(DeleteObjectsCommand).rejects(s3Error('AccessDenied', 403));
    expect(await open().removeEntries([marker('a'), marker('b')])).toEqual([
      failure('AccessDenied'),
      failure('AccessDenied'),
    ]);
  });

  test.each<[string, EntryName]>([
    ['key', { ...marker('a'), key: '' }],
    ['version id', { ...marker('a'), versionId: '' }],
  ])('an empty %s is refused before anything is sent', async (_, entry) => {
    await expect(open().removeEntries([marker('b'), entry])).rejects.toThrow(RangeError);
    expect(s3.calls()).toHaveLength(0);
  });

  test('splits after a thousand, and asks once for what is named twice', async () => {
    const entries = Array.from({ length: 1001 }, (_, i) => marker(`k${i}`));
    s3.on(DeleteObjectsCommand).callsFake((input) =>
      answer(...input.Delete.Objects.map((o: object) => ({ ...o, DeleteMarker: true }))),
    );
    const answers = await open().removeEntries([...entries, marker('k0')]);
    expect(answers).toHaveLength(1002);
    expect(answers.every((a) => a.ok && a.confirmed)).toBe(true);
    expect(s3.commandCalls(DeleteObjectsCommand).map((c) => c.args[0].input.Delete?.Objects?.length)).toEqual([
      1000, 1,
    ]);
  });

  test('bypasses governance retention only when told to', async () => {
    s3.on(DeleteObjectsCommand).resolves(answer(gone(version('a'))));
    await open({ bypassGovernanceRetention: true, expectedBucketOwner: '111122223333' }).removeEntries([version('a')]);
    expect(s3.commandCalls(DeleteObjectsCommand)[0]?.args[0].input).toMatchObject({
      BypassGovernanceRetention: true,
      ExpectedBucketOwner: '111122223333',
    });
  });

  test('stopped half-way, keeps what S3 confirmed', async () => {
    const stop = new AbortController();
    s3.on(DeleteObjectsCommand).callsFake(() => {
      stop.abort();
      return { ...answer(gone(marker('a'))), Errors: [{ ...denied, Code: 'SlowDown' }] };
    });
    const answers = await open({ stop: stop.signal }).removeEntries([marker('a'), marker('b')]);
    expect(answers).toEqual([ok, failure('cancelled')]);
  });

  test('stopped before it is sent, is cancelled', async () => {
    const cancelled = open({ stop: AbortSignal.abort() }).removeEntries([marker('a')]);
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled', maybeSent: false });
  });
});

describe('looking at a version', () => {
  test('takes what a copy needs', async () => {
    s3.on(HeadObjectCommand).resolves({
      ETag: '"abc-2"',
      ContentLength: 12,
      VersionId: 'v',
      ContentType: 'text/html',
      ExpiresString: 'never',
      Metadata: { a: 'b' },
      StorageClass: 'GLACIER_IR',
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: 'key',
      BucketKeyEnabled: false,
      ChecksumCRC64NVME: 'full',
      ChecksumType: 'FULL_OBJECT',
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: new Date('2026-12-01T00:00:00Z'),
      ObjectLockLegalHoldStatus: 'ON',
    });
    expect(await open().headVersion('k', 'v', true)).toEqual({
      etag: 'abc-2',
      size: 12,
      versionId: 'v',
      contentType: 'text/html',
      expires: 'never',
      metadata: { a: 'b' },
      storageClass: 'GLACIER_IR',
      encryption: 'aws:kms',
      kmsKeyId: 'key',
      bucketKey: false,
      checksums: { CRC64NVME: 'full' },
      lockMode: 'COMPLIANCE',
      lockUntil: '2026-12-01T00:00:00.000Z',
      legalHold: true,
    });
    expect(s3.commandCalls(HeadObjectCommand)[0]?.args[0].input).toEqual({
      Bucket: 'b',
      Key: 'k',
      VersionId: 'v',
      ChecksumMode: 'ENABLED',
    });
  });

  test('leaves out STANDARD, checksums of parts, and a legal hold that is off', async () => {
    s3.on(HeadObjectCommand).resolves({
      ETag: 'e',
      ContentLength: 0,
      StorageClass: 'STANDARD',
      ChecksumSHA256: 'x-2',
      ChecksumType: 'COMPOSITE',
      SSECustomerAlgorithm: 'AES256',
      ObjectLockLegalHoldStatus: 'OFF',
    });
    expect(await open().headVersion('k', 'v', true)).toEqual({
      etag: 'e',
      size: 0,
      metadata: {},
      checksums: {},
      customerKey: true,
    });
  });

  test.each([
    ['gone', s3Error('NotFound', 404)],
    ['a delete marker', s3Error('Unknown', 405)],
  ])('that is %s finds none', async (_, error) => {
    s3.on(HeadObjectCommand).rejects(error);
    expect(await open().headVersion('k', 'v', true)).toBeUndefined();
  });

  test('that may not be seen fails with the permission', async () => {
    s3.on(HeadObjectCommand).rejects(s3Error('', 403, { name: 'Unknown', Code: undefined, message: 'UnknownError' }));
    await expect(open().headVersion('k', 'v', true)).rejects.toMatchObject({
      name: 'S3Failure',
      failure: { code: 'AccessDenied', hint: expect.stringContaining('s3:GetObjectVersion') },
    });
  });
});

describe('preflight', () => {
  const noLock = s3Error('ObjectLockConfigurationNotFoundError', 404);

  test.each<[string, object, unknown, object]>([
    ['versioning on', { Status: 'Enabled' }, noLock, { versioning: 'Enabled', mfaDelete: false, objectLock: 'off' }],
    [
      'suspended, MFA delete',
      { Status: 'Suspended', MFADelete: 'Enabled' },
      noLock,
      { versioning: 'Suspended', mfaDelete: true, objectLock: 'off' },
    ],
    [
      'Object Lock',
      { Status: 'Enabled' },
      { ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' } },
      { objectLock: 'on' },
    ],
    [
      'Object Lock for days',
      { Status: 'Enabled' },
      {
        ObjectLockConfiguration: {
          ObjectLockEnabled: 'Enabled',
          Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 30 } },
        },
      },
      { objectLock: { mode: 'COMPLIANCE', period: '30 days' } },
    ],
    [
      'Object Lock for a year',
      { Status: 'Enabled' },
      {
        ObjectLockConfiguration: {
          ObjectLockEnabled: 'Enabled',
          Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Years: 1 } },
        },
      },
      { objectLock: { mode: 'GOVERNANCE', period: '1 year' } },
    ],
    [
      'Object Lock that may not be read',
      { Status: 'Enabled' },
      s3Error('AccessDenied', 403),
      { objectLock: 'unknown' },
    ],
    ['a server without Object Lock', { Status: 'Enabled' }, s3Error('NotImplemented', 501), { objectLock: 'off' }],
  ])('%s', async (_, versioning, lock, expected) => {
    s3.on(GetBucketVersioningCommand).resolves(versioning);
    if (lock instanceof Error) s3.on(GetObjectLockConfigurationCommand).rejects(lock);
    else s3.on(GetObjectLockConfigurationCommand).resolves(lock as object);
    expect(await open().preflight()).toMatchObject(expected);
  });

  test('versioning off', async () => {
    s3.on(GetBucketVersioningCommand).resolves({});
    await expect(open().preflight()).rejects.toMatchObject({
      code: 'versioning-off',
      hint: expect.stringContaining('Status=Enabled'),
    });
  });

  test.each<[string, unknown, string, RegExp]>([
    ['no such bucket', s3Error('NoSuchBucket', 404), 'bucket-not-found', /`bucket`/],
    [
      'redirected',
      s3Error('PermanentRedirect', 301, { $response: { headers: { 'x-amz-bucket-region': 'eu-west-1' } } }),
      'bucket-in-another-region',
      /`region: eu-west-1`/,
    ],
    [
      'signed for another region',
      s3Error('AuthorizationHeaderMalformed', 400, { Region: 'eu-west-1' }),
      'bucket-in-another-region',
      /`region: eu-west-1`/,
    ],
    ['denied', s3Error('AccessDenied', 403), 'access-denied', /s3:GetBucketVersioning/],
    [
      'no credentials',
      Object.assign(new Error('none'), { name: 'CredentialsProviderError' }),
      'no-credentials',
      /configure-aws-credentials/,
    ],
    [
      'nobody there',
      Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
      'endpoint-unreachable',
      /`endpoint-url`/,
    ],
    ['hung up', reset, 'endpoint-unreachable', /`endpoint-url`/],
    ['expired', s3Error('ExpiredToken', 400), 'ExpiredToken', /role-duration-seconds/],
  ])('%s', async (_, error, code, hint) => {
    s3.on(GetBucketVersioningCommand).rejects(error as Error);
    await expect(open().preflight()).rejects.toMatchObject({
      name: 'RollbackError',
      code,
      hint: expect.stringMatching(hint),
    });
  });

  test('of a bucket that the inputs do not name blames none of them', async () => {
    s3.on(GetBucketVersioningCommand).rejects(s3Error('NoSuchBucket', 404));
    await expect(bucketsWith().open('other').preflight()).rejects.toMatchObject({
      code: 'bucket-not-found',
      message: 'bucket "other" does not exist',
      hint: expect.not.stringContaining('`bucket`'),
    });
    await expect(open().preflight()).rejects.toMatchObject({ message: 'bucket "b" does not exist (input "bucket")' });
  });

  test('a refusal where an owner is expected names both the permission and the account', async () => {
    s3.on(GetBucketVersioningCommand).rejects(s3Error('AccessDenied', 403));
    await expect(open({ expectedBucketOwner: '111122223333' }).preflight()).rejects.toMatchObject({
      code: 'access-denied',
      hint: expect.stringMatching(/s3:GetBucketVersioning.*111122223333.*expected-bucket-owner/),
    });
    expect(s3.commandCalls(GetBucketVersioningCommand)).toHaveLength(1);
  });
});

describe('several buckets', () => {
  const elsewhere = s3Error('PermanentRedirect', 301, {
    $response: { headers: { 'x-amz-bucket-region': 'eu-west-1' } },
  });

  test('are one port each, counted together', async () => {
    s3.on(HeadObjectCommand).resolves({ ETag: 'e', ContentLength: 0 });
    const buckets = bucketsWith();
    expect(buckets.open('b')).toBe(buckets.open('b'));
    const [b, c] = [buckets.open('b'), buckets.open('c')];
    expect([b.bucket, c.bucket]).toEqual(['b', 'c']);
    const before = buckets.requests;
    await b.headVersion('k', 'v', false);
    await c.headVersion('k', 'v', false);
    expect(before.head).toBe(0);
    expect(buckets.requests).toEqual({ ...before, head: 2 });
    expect([...buckets.notes]).toEqual([]);
  });

  test('that are elsewhere are gone on with there, one client for each region', async () => {
    s3.restore();
    const clients = { east: new S3Client({ region: 'us-east-1' }), west: new S3Client({ region: 'eu-west-1' }) };
    const [east, west] = [mockClient(clients.east), mockClient(clients.west)];
    east.onAnyCommand().rejects(elsewhere);
    west.on(GetBucketVersioningCommand).resolves({ Status: 'Enabled' });
    west.on(GetObjectLockConfigurationCommand).rejects(s3Error('ObjectLockConfigurationNotFoundError', 404));
    west.on(HeadObjectCommand).resolves({ ETag: 'e', ContentLength: 0 });
    const made: string[] = [];
    const clientFor = (region: string) => {
      made.push(region);
      return clients.west;
    };
    const buckets = bucketsWith({ client: clients.east, clientFor });
    for (const name of ['c', 'd']) {
      const port = buckets.open(name);
      expect(await port.preflight()).toMatchObject({ versioning: 'Enabled' });
      await port.headVersion('k', 'v', false);
    }
    expect(made).toEqual(['eu-west-1']);
    expect(east.calls()).toHaveLength(2);
    await expect(buckets.open('b').preflight()).rejects.toMatchObject({ code: 'bucket-in-another-region' });
    expect(made).toEqual(['eu-west-1']);
  });

  test('that are nowhere are not looked for for ever', async () => {
    s3.on(GetBucketVersioningCommand).rejects(elsewhere);
    await expect(bucketsWith().open('c').preflight()).rejects.toMatchObject({
      code: 'bucket-in-another-region',
      message: 'bucket "c" is in region eu-west-1',
    });
    expect(s3.commandCalls(GetBucketVersioningCommand)).toHaveLength(2);
  });
});
