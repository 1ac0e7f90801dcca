import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  RestoreObjectCommand,
  type RestoreRequest,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import type { PutOptions } from '../../../sandbox/index.ts';
import { failure, raw, rig, texts } from './support.ts';

const TARGET = { Bucket: 'b', Key: 'k' };

/** An archived version under a newer one, so that the version id matters. */
async function archived(options: PutOptions) {
  const env = await rig();
  const bucket = env.sandbox.createBucket('b');
  const versionId = bucket.put('k', { body: 'abc', ...options });
  bucket.put('k', { body: 'new' });
  const target = { ...TARGET, VersionId: versionId };
  const restore = (RestoreRequest: RestoreRequest) =>
    env.s3.send(new RestoreObjectCommand({ ...target, RestoreRequest }));
  const head = () => env.s3.send(new HeadObjectCommand(target));
  const read = () => raw(env.sandbox, `/b/k?versionId=${versionId}`);
  const entry = () => bucket.find('k', versionId);
  return { ...env, bucket, versionId, restore, head, read, entry };
}

const statusOf = async (call: Promise<{ $metadata: { httpStatusCode?: number } }>) =>
  (await call).$metadata.httpStatusCode;

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html; recorded: test_s3_get_deep_archive_object_restore.
describe.each(['GLACIER', 'DEEP_ARCHIVE'])('RestoreObject of %s', (storageClass) => {
  it('goes from archived through under way to readable, and back', async () => {
    const { sandbox, restore, head, read, entry } = await archived({ storageClass });
    const state = async () => [(await head()).Restore, (await read()).status];

    expect(await state()).toEqual([undefined, 403]);
    expect(await statusOf(restore({ Days: 2 }))).toBe(202);
    expect(await state()).toEqual(['ongoing-request="true"', 403]);
    expect(await failure(restore({ Days: 2 }))).toMatchObject({ status: 409, code: 'RestoreAlreadyInProgress' });

    const found = entry();
    if (found) found.restore = { until: Date.parse('2026-03-05T00:00:00Z') };
    expect(await state()).toEqual(['ongoing-request="false", expiry-date="Thu, 05 Mar 2026 00:00:00 GMT"', 200]);
    expect(await statusOf(restore({ Days: 2 }))).toBe(200);
    sandbox.clock.set('2026-03-06T11:59:59Z');
    expect((await read()).status).toBe(200);
    sandbox.clock.set('2026-03-06T12:00:00Z');
    expect(await state()).toEqual([undefined, 403]);
    expect(await statusOf(restore({ Days: 1 }))).toBe(202);
  });

  it('can be finished by a test: for the days asked for, or until a time', async () => {
    const { bucket, versionId, restore, entry } = await archived({ storageClass });
    expect(() => bucket.finishRestore('k', { versionId })).toThrow('none under way');
    await restore({ Days: 3 });
    bucket.finishRestore('k', { versionId });
    expect(entry()?.restore?.until).toBe(Date.parse('2026-03-07T12:00:00Z'));
    expect(() => bucket.finishRestore('k', { versionId })).toThrow('none under way');

    bucket.put('other', { storageClass, restore: 'ongoing' });
    bucket.finishRestore('other', { until: '2026-04-01T00:00:00Z' });
    expect(bucket.current('other')?.restore).toEqual({ until: Date.parse('2026-04-01T00:00:00Z') });
  });

  it.each([
    [{}, 'MalformedXML'],
    [{ Days: 0 }, 'MalformedXML'],
    [{ Days: 1.5 }, 'MalformedXML'],
    [{ Days: 1, GlacierJobParameters: { Tier: 'Slow' as 'Bulk' } }, 'MalformedXML'],
  ])('refuses %j', async (request, code) => {
    const { restore, entry } = await archived({ storageClass });
    expect(await failure(restore(request))).toMatchObject({ status: 400, code });
    expect(entry()?.restore).toBeUndefined();
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html
describe('the retrieval tier', () => {
  it.each([
    { put: { storageClass: 'GLACIER' }, tier: 'Expedited', days: 1, accepted: true },
    { put: { storageClass: 'DEEP_ARCHIVE' }, tier: 'Expedited', days: 1, accepted: false },
    { put: { storageClass: 'DEEP_ARCHIVE' }, tier: 'Standard', days: 1, accepted: true },
    { put: { storageClass: 'DEEP_ARCHIVE' }, tier: 'Bulk', days: 1, accepted: true },
    { put: { archiveTier: 'ARCHIVE_ACCESS' }, tier: 'Expedited', days: undefined, accepted: true },
    { put: { archiveTier: 'DEEP_ARCHIVE_ACCESS' }, tier: 'Expedited', days: undefined, accepted: false },
  ] as const)('$tier of $put is accepted: $accepted', async ({ put, tier, days, accepted }) => {
    const { restore } = await archived(put);
    const call = restore({ GlacierJobParameters: { Tier: tier }, ...(days && { Days: days }) });
    if (accepted) expect(await statusOf(call)).toBe(202);
    else expect(await failure(call)).toMatchObject({ status: 400, code: 'InvalidArgument' });
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/intelligent-tiering-managing.html
describe.each(['ARCHIVE_ACCESS', 'DEEP_ARCHIVE_ACCESS'] as const)('INTELLIGENT_TIERING in %s', (archiveTier) => {
  it('tells its tier, is not readable, and is restored for good', async () => {
    const { bucket, versionId, restore, head, read } = await archived({ archiveTier });
    expect(await head()).toMatchObject({ StorageClass: 'INTELLIGENT_TIERING', ArchiveStatus: archiveTier });
    const { status, text } = await read();
    expect([status, texts(text, 'Code'), texts(text, 'AccessTier')]).toEqual([
      403,
      ['InvalidObjectState'],
      [archiveTier],
    ]);

    expect(await statusOf(restore({}))).toBe(202);
    expect(await head()).toMatchObject({ ArchiveStatus: archiveTier, Restore: 'ongoing-request="true"' });
    expect(await failure(restore({}))).toMatchObject({ status: 409, code: 'RestoreAlreadyInProgress' });

    bucket.finishRestore('k', { versionId });
    const { ArchiveStatus, Restore, StorageClass } = await head();
    expect([ArchiveStatus, Restore, StorageClass]).toEqual([undefined, undefined, 'INTELLIGENT_TIERING']);
    expect((await read()).status).toBe(200);
    expect(await failure(restore({}))).toMatchObject({ status: 403, code: 'InvalidObjectState' });
  });

  it('is not restored for days', async () => {
    const { restore } = await archived({ archiveTier });
    expect(await failure(restore({ Days: 1 }))).toMatchObject({
      status: 400,
      code: 'InvalidArgument',
      message: expect.stringContaining('not subject to restore expiry'),
    });
  });
});

describe('RestoreObject is refused', () => {
  it.each(['STANDARD', 'GLACIER_IR', 'STANDARD_IA'])('for %s', async (storageClass) => {
    const { restore } = await archived({ storageClass });
    expect(await failure(restore({ Days: 1 }))).toMatchObject({ status: 403, code: 'InvalidObjectState' });
  });

  it('for INTELLIGENT_TIERING that is not archived', async () => {
    const { restore } = await archived({ storageClass: 'INTELLIGENT_TIERING' });
    expect(await failure(restore({}))).toMatchObject({ status: 403, code: 'InvalidObjectState' });
  });

  it('for a marker', async () => {
    const { s3, bucket } = await archived({ storageClass: 'GLACIER' });
    bucket.delete('k');
    const call = s3.send(new RestoreObjectCommand({ ...TARGET, RestoreRequest: { Days: 1 } }));
    expect(await failure(call)).toMatchObject({ status: 405, code: 'MethodNotAllowed' });
  });
});

describe.each([
  { storageClass: 'GLACIER' },
  { storageClass: 'DEEP_ARCHIVE' },
  { archiveTier: 'ARCHIVE_ACCESS' },
  { archiveTier: 'DEEP_ARCHIVE_ACCESS' },
] as const)('a copy of $storageClass$archiveTier', (options) => {
  it('is refused until the source is restored, whole or in parts', async () => {
    const { s3, bucket, versionId, restore } = await archived(options);
    const CopySource = `b/k?versionId=${versionId}`;
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: 'b', Key: 'parts' }));
    const copies = [
      () => s3.send(new CopyObjectCommand({ Bucket: 'b', Key: 'copy', CopySource })),
      () => s3.send(new UploadPartCopyCommand({ Bucket: 'b', Key: 'parts', UploadId, PartNumber: 1, CopySource })),
    ];
    const refused = {
      status: 403,
      code: 'InvalidObjectState',
      message: expect.stringContaining('not valid for the source object'),
    };
    for (const copy of copies) expect(await failure(copy())).toMatchObject(refused);
    await restore('storageClass' in options ? { Days: 1 } : {});
    for (const copy of copies) expect(await failure(copy())).toMatchObject(refused);
    bucket.finishRestore('k', { versionId });
    for (const copy of copies) expect(await statusOf(copy())).toBe(200);
    expect(bucket.current('copy')).toMatchObject({ storageClass: 'STANDARD', size: 3 });
    expect(bucket.current('copy')?.archiveTier).toBeUndefined();
  });
});

describe('a put that cannot be', () => {
  it.each([
    [{ archiveTier: 'ARCHIVE_ACCESS', storageClass: 'GLACIER' }, 'archiveTier'],
    [{ archiveTier: 'ARCHIVE_ACCESS', restore: { until: 0 } }, 'restore'],
  ] as const)('%j', async (options, message) => {
    const { sandbox } = await rig();
    const bucket = sandbox.createBucket('b');
    expect(() => bucket.put('k', options)).toThrow(message);
  });
});
