import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PutOptions } from '../../../sandbox/index.ts';
import { digest } from '../../../sandbox/store/checksums.ts';
import { raw, rig } from './support.ts';

const GIB = 2 ** 30;
const MIB = 2 ** 20;

/** Copies `src` in the parts that it has, as one would who asks for them by number. */
async function copyInParts(
  put: PutOptions,
  create: Partial<ConstructorParameters<typeof CreateMultipartUploadCommand>[0]>,
) {
  const { s3, sandbox } = await rig();
  const bucket = sandbox.createBucket('b');
  const VersionId = bucket.put('src', put);
  const target = { Bucket: 'b', Key: 'k' };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...target, ...create }));
  const Parts = [];
  let count = 1;
  for (let PartNumber = 1; PartNumber <= count; PartNumber++) {
    const head = await s3.send(new HeadObjectCommand({ Bucket: 'b', Key: 'src', VersionId, PartNumber }));
    count = head.PartsCount ?? 1;
    const CopySourceRange = head.ContentRange?.replace(/^bytes (.*)\/\d+$/, 'bytes=$1');
    const from = { CopySource: `b/src?versionId=${VersionId}`, CopySourceRange };
    const { CopyPartResult } = await s3.send(new UploadPartCopyCommand({ ...target, ...from, UploadId, PartNumber }));
    const { LastModified: _, ...part } = CopyPartResult ?? {};
    Parts.push({ PartNumber, ...part });
  }
  await s3.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }));
  return { bucket, source: bucket.current('src'), copy: bucket.current('k') };
}

describe('a put in parts', () => {
  it('is sparse without a body, and has what any other put has', async () => {
    const { s3, sandbox } = await rig();
    sandbox.createBucket('b').put('k', {
      parts: [4 * GIB, 2 * GIB],
      contentType: 'video/mp4',
      metadata: { owner: 'me' },
      tags: { a: '1' },
      storageClass: 'STANDARD_IA',
      sse: { algorithm: 'aws:kms', kmsKeyId: 'key-1' },
    });
    const head = await s3.send(new HeadObjectCommand({ Bucket: 'b', Key: 'k', PartNumber: 2 }));
    expect(head).toMatchObject({
      ContentLength: 2 * GIB,
      ContentRange: `bytes ${4 * GIB}-${6 * GIB - 1}/${6 * GIB}`,
      PartsCount: 2,
      ETag: expect.stringMatching(/^"[0-9a-f]{32}-2"$/),
      ContentType: 'video/mp4',
      Metadata: { owner: 'me' },
      TagCount: 1,
      StorageClass: 'STANDARD_IA',
      SSEKMSKeyId: 'key-1',
    });
  });

  // Recorded: test_get_object_part_checksum, test_complete_multipart_parts_checksum_composite.
  it.each([
    { parts: [16], body: 'test content 123', algorithm: 'CRC32C', checksum: 'sZB91Q==-1' },
    { parts: [16], body: 'test content 123', algorithm: 'CRC32C', type: 'FULL_OBJECT', checksum: 'fwuu0Q==' },
    { parts: [5242881, 5242881, 10], body: 'a'.repeat(10485772), algorithm: 'CRC32', checksum: '5FRUiw==-3' },
    { parts: [5242881, 5242881, 10], body: 'a'.repeat(10485772), algorithm: 'CRC64NVME', checksum: 'ZMNX55lZurA=' },
  ] as const)('has the ETag and the checksum of that upload: $algorithm $checksum', async (sample) => {
    const { algorithm, checksum, body, parts } = sample;
    const { sandbox } = await rig();
    const bucket = sandbox.createBucket('b');
    bucket.put('k', { body, parts, checksum: { algorithm, ...('type' in sample && { type: sample.type }) } });
    const entry = bucket.current('k');
    expect(entry?.checksums).toEqual({ [algorithm.toLowerCase()]: checksum });
    expect(entry?.etag).toBe(
      parts.length === 1 ? 'b972025bc34adf8d76d6d51e93c035cc-1' : '4d45984fc3feb2ac9b22683c49674b56-3',
    );
  });

  it('gives its bytes part by part', async () => {
    const { sandbox } = await rig();
    sandbox.createBucket('b').put('k', { body: '0123456789', parts: [4, 6] });
    expect((await raw(sandbox, '/b/k?partNumber=2')).text).toBe('456789');
    expect((await raw(sandbox, '/b/k')).text).toBe('0123456789');
  });

  it.each([
    [{ parts: [] }, 'parts'],
    [{ parts: [1, 2], size: 4 }, 'parts'],
    [{ parts: [1, 2], body: 'abcd' }, 'parts'],
    [{ body: 'abc', checksum: { algorithm: 'CRC32', type: 'COMPOSITE' } }, 'checksum'],
    [{ parts: [1], checksum: { algorithm: 'CRC64NVME', type: 'COMPOSITE' } }, 'checksum'],
    [{ parts: [1], checksum: { algorithm: 'SHA1', type: 'FULL_OBJECT' } }, 'checksum'],
  ] as const)('cannot be %j', async (options, message) => {
    const { sandbox } = await rig();
    const bucket = sandbox.createBucket('b');
    expect(() => bucket.put('k', options)).toThrow(message);
  });
});

describe('a copy in the same parts', () => {
  it.each([
    { name: 'sparse', put: { parts: [4 * GIB, 4 * GIB, 1] }, create: {} },
    { name: 'of bytes', put: { body: 'x'.repeat(6 * MIB), parts: [5 * MIB, MIB] }, create: {} },
    {
      name: 'sparse, with a checksum of the parts',
      put: { parts: [5 * GIB, GIB], checksum: { algorithm: 'SHA256' } },
      create: { ChecksumAlgorithm: 'SHA256' },
    },
    {
      name: 'sparse, with a checksum of the whole',
      put: { parts: [5 * GIB, GIB], checksum: { algorithm: 'CRC64NVME' } },
      create: { ChecksumAlgorithm: 'CRC64NVME' },
    },
  ] as const)('has the same ETag and checksum: $name', async ({ put, create }) => {
    const { source, copy } = await copyInParts(put, create);
    expect(copy?.etag).toBe(source?.etag);
    if ('checksum' in put) expect(copy?.checksums).toEqual(source?.checksums);
    expect(copy?.parts?.map(({ size }) => size)).toEqual(source?.parts?.map(({ size }) => size));
  });

  it('in other parts has another ETag, but the same checksum of the whole', async () => {
    const { sandbox } = await rig();
    const bucket = sandbox.createBucket('b');
    const checksum = { algorithm: 'CRC32', type: 'FULL_OBJECT' } as const;
    bucket.put('a', { parts: [GIB, GIB], checksum });
    bucket.put('b', { parts: [2 * GIB], checksum });
    bucket.put('c', { size: 2 * GIB, checksum });
    const entries = ['a', 'b', 'c'].map((key) => bucket.current(key));
    expect(new Set(entries.map((entry) => entry?.etag)).size).toBe(3);
    expect(new Set(entries.map((entry) => entry?.checksums.crc32)).size).toBe(1);
  });

  it('as a whole is one part again, with a checksum of the whole', async () => {
    const { s3, sandbox } = await rig();
    const bucket = sandbox.createBucket('b');
    bucket.put('src', { parts: [GIB, GIB], checksum: { algorithm: 'CRC32' } });
    bucket.put('plain', { size: 2 * GIB, checksum: { algorithm: 'CRC32' } });
    await s3.send(new CopyObjectCommand({ Bucket: 'b', Key: 'k', CopySource: 'b/src' }));
    const { etag, checksums } = bucket.current('plain') ?? {};
    expect(bucket.current('k')).toMatchObject({ etag, checksums });
    expect(bucket.current('k')?.parts).toBeUndefined();
  });
});

describe('checksums', () => {
  // The check values of https://reveng.sourceforge.io/crc-catalogue/all.htm
  it.each([
    ['crc32', 'cbf43926'],
    ['crc32c', 'e3069283'],
    ['crc64nvme', 'ae8b14860a799888'],
  ])('%s of 123456789', (algorithm, value) => {
    expect(digest(algorithm, Buffer.from('123456789'))).toBe(Buffer.from(value, 'hex').toString('base64'));
  });

  it('CRC64NVME is that of 64-bit integers', () => {
    const slow = (bytes: Uint8Array) => {
      let crc = 0xffff_ffff_ffff_ffffn;
      for (const byte of bytes) {
        crc ^= BigInt(byte);
        for (let bit = 0; bit < 8; bit++) crc = (crc >> 1n) ^ (crc & 1n ? 0x9a6c_9329_ac4b_c9b5n : 0n);
      }
      const buffer = Buffer.alloc(8);
      buffer.writeBigUInt64BE(crc ^ 0xffff_ffff_ffff_ffffn);
      return buffer.toString('base64');
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(digest('crc64nvme', bytes)).toBe(slow(bytes));
      }),
    );
  });
});
