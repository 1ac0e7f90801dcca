import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  UploadPartCopyCommand,
  type UploadPartCopyCommandInput,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { failure, NOON, type Rig, rig } from './support.ts';

const TARGET = { Bucket: 'b', Key: 'k' };
const GIB = 2 ** 30;

async function setUp() {
  const env = await rig();
  const bucket = env.sandbox.createBucket('b');
  const old = bucket.put('src', { body: '0123456789' });
  const marker = bucket.delete('src') ?? '';
  const { UploadId = '' } = await env.s3.send(new CreateMultipartUploadCommand(TARGET));
  return { ...env, bucket, old, marker, upload: { ...TARGET, UploadId } };
}

type Env = Awaited<ReturnType<typeof setUp>>;

function copy(env: Env, CopySource: string, more: Partial<UploadPartCopyCommandInput> = {}) {
  return env.s3.send(new UploadPartCopyCommand({ ...env.upload, PartNumber: 1, CopySource, ...more }));
}

function finish({ s3, upload }: Env, etags: (string | undefined)[]) {
  const Parts = etags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }));
  return s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
}

const text = async ({ s3 }: Rig) => (await s3.send(new GetObjectCommand(TARGET))).Body?.transformToString();

describe('UploadPartCopy', () => {
  it('takes a version that is no longer current, whole', async () => {
    const env = await setUp();
    const { CopySourceVersionId, CopyPartResult } = await copy(env, `b/src?versionId=${env.old}`);
    expect(CopySourceVersionId).toBe(env.old);
    expect(CopyPartResult).toEqual({ ETag: '"781e5e245d69b566979b86e28d23f2c7"', LastModified: new Date(NOON) });
    await finish(env, [CopyPartResult?.ETag]);
    expect(await text(env)).toBe('0123456789');
    expect(env.sandbox.requests.count('UploadPartCopy')).toBe(1);
  });

  // Recorded: test_upload_part_copy_range.
  it.each([
    ['bytes=0-8', '012345678'],
    ['bytes=1-1', '1'],
    ['bytes=0-9', '0123456789'],
  ])('%s → %s', async (CopySourceRange, content) => {
    const env = await setUp();
    const { CopyPartResult } = await copy(env, `b/src?versionId=${env.old}`, { CopySourceRange });
    await finish(env, [CopyPartResult?.ETag]);
    expect(await text(env)).toBe(content);
  });

  it.each([
    ['0-8', 'InvalidArgument', 'must be of the form bytes=first-last'],
    ['bytes=1-0', 'InvalidArgument', 'must be of the form bytes=first-last'],
    ['bytes=1-', 'InvalidArgument', 'must be of the form bytes=first-last'],
    ['bytes=-2', 'InvalidArgument', 'must be of the form bytes=first-last'],
    ['bytes=0-1,3-4', 'InvalidArgument', 'must be of the form bytes=first-last'],
    ['bytes=0-10', 'InvalidArgument', 'not valid for source object of size: 10'],
    ['bytes=100-200', 'InvalidRequest', 'invalid for the source object size'],
  ])('refuses %s with %s', async (CopySourceRange, code, message) => {
    const env = await setUp();
    const call = copy(env, `b/src?versionId=${env.old}`, { CopySourceRange });
    expect(await failure(call)).toMatchObject({ status: 400, code, message: expect.stringContaining(message) });
    expect(env.bucket.uploads.all()[0]?.parts.size).toBe(0);
  });

  it.each([
    ['b/src', 404, 'NoSuchKey'],
    ['b/src?versionId=MARKER', 400, 'InvalidRequest'],
    ['b/absent?versionId=OLD', 404, 'NoSuchVersion'],
    ['absent/src', 404, 'NoSuchBucket'],
    ['nonsense', 400, 'InvalidArgument'],
  ])('%s → %i %s', async (source, status, code) => {
    const env = await setUp();
    const call = copy(env, source.replace('MARKER', env.marker).replace('OLD', env.old));
    expect(await failure(call)).toMatchObject({ status, code });
  });

  // Recorded: test_upload_part_copy_with_*.
  const at = (seconds: number) => new Date(Date.parse(NOON) + seconds * 1000);
  const ETAG = '781e5e245d69b566979b86e28d23f2c7';
  it.each([
    { condition: { CopySourceIfMatch: ETAG }, holds: true },
    { condition: { CopySourceIfMatch: '0123' }, holds: false },
    { condition: { CopySourceIfNoneMatch: ETAG }, holds: false },
    { condition: { CopySourceIfUnmodifiedSince: at(-1) }, holds: false },
    { condition: { CopySourceIfMatch: ETAG, CopySourceIfUnmodifiedSince: at(-1) }, holds: true },
    { condition: { CopySourceIfNoneMatch: '0123', CopySourceIfUnmodifiedSince: at(-1) }, holds: false },
    { condition: { CopySourceIfModifiedSince: at(0) }, holds: false },
    { condition: { CopySourceIfModifiedSince: at(3600) }, holds: true },
  ])('$condition holds: $holds', async ({ condition, holds }) => {
    const env = await setUp();
    const call = copy(env, `b/src?versionId=${env.old}`, condition);
    if (holds) expect((await call).CopySourceVersionId).toBe(env.old);
    else expect(await failure(call)).toMatchObject({ status: 412, code: 'PreconditionFailed' });
  });

  it('refuses an archived source', async () => {
    const env = await setUp();
    env.bucket.put('cold', { storageClass: 'GLACIER' });
    expect(await failure(copy(env, 'b/cold'))).toMatchObject({ status: 403, code: 'InvalidObjectState' });
  });

  it('copies 6 GiB that have no bytes here, in two parts of at most 5', async () => {
    const env = await setUp();
    const id = env.bucket.put('large', { size: 6 * GIB });
    const source = `b/large?versionId=${id}`;
    expect(await failure(copy(env, source))).toMatchObject({ status: 400, code: 'InvalidRequest' });
    const ranges = [`bytes=0-${5 * GIB - 1}`, `bytes=${5 * GIB}-${6 * GIB - 1}`];
    const etags = [];
    for (const [index, CopySourceRange] of ranges.entries()) {
      const answer = await copy(env, source, { PartNumber: index + 1, CopySourceRange });
      etags.push(answer.CopyPartResult?.ETag);
    }
    expect((await finish(env, etags)).ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
    const head = await env.s3.send(new HeadObjectCommand(TARGET));
    expect([head.ContentLength, env.bucket.current('k')?.body]).toEqual([6 * GIB, undefined]);
  });

  it('has the checksum that the upload asks for, also of a sparse source', async () => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b');
    bucket.put('src', { size: 6_000_000 });
    const choice = { ...TARGET, ChecksumAlgorithm: 'SHA256' } as const;
    const { UploadId = '' } = await env.s3.send(new CreateMultipartUploadCommand(choice));
    const part = { ...TARGET, UploadId, PartNumber: 1, CopySource: 'b/src' };
    const { CopyPartResult } = await env.s3.send(new UploadPartCopyCommand(part));
    const { ETag, ChecksumSHA256 } = CopyPartResult ?? {};
    expect(ChecksumSHA256).toMatch(/^.{43}=$/);
    const Parts = [{ PartNumber: 1, ETag, ChecksumSHA256 }];
    await env.s3.send(new CompleteMultipartUploadCommand({ ...TARGET, UploadId, MultipartUpload: { Parts } }));
    expect(bucket.current('k')?.checksums.sha256).toMatch(/-1$/);
  });

  // Recorded: test_multipart_copy_object_etag, copy-obj-checksum in test_complete_multipart_parts_checksum_composite.
  it('makes an object whose copy is one piece: a plain ETag, a checksum of the whole', async () => {
    const env = await rig();
    const bucket = env.sandbox.createBucket('b');
    bucket.put('src', { body: 'abc' });
    const choice = { ...TARGET, ChecksumAlgorithm: 'CRC32' } as const;
    const { UploadId = '' } = await env.s3.send(new CreateMultipartUploadCommand(choice));
    const part = { ...TARGET, UploadId, PartNumber: 1, CopySource: 'b/src' };
    const { CopyPartResult } = await env.s3.send(new UploadPartCopyCommand(part));
    const { ETag, ChecksumCRC32 } = CopyPartResult ?? {};
    const Parts = [{ PartNumber: 1, ETag, ChecksumCRC32 }];
    await env.s3.send(new CompleteMultipartUploadCommand({ ...TARGET, UploadId, MultipartUpload: { Parts } }));
    const answer = await env.s3.send(new CopyObjectCommand({ Bucket: 'b', Key: 'copy', CopySource: 'b/k' }));
    expect(answer.CopyObjectResult).toMatchObject({ ETag, ChecksumCRC32, ChecksumType: 'FULL_OBJECT' });
  });
});
