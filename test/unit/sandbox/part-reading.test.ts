import { GetObjectCommand, type GetObjectCommandInput, HeadObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { raw, texts } from './support.ts';
import { complete, type Started, send, setUp, start, TARGET } from './uploads-support.ts';

const FIVE_MIB = 5 * 2 ** 20;
const CONTENT = 'test content 123';

/** Sends the parts that AWS was recorded with and completes the upload. */
async function upload(bodies: readonly string[], choice: Parameters<typeof start>[1] = {}) {
  const env = await setUp();
  const started: Started = await start(env, choice);
  const parts = [];
  for (const [index, body] of bodies.entries()) {
    const PartNumber = index + 1;
    const { $metadata, ServerSideEncryption, ...part } = await send(env, started, PartNumber, body, {
      ...(choice.ChecksumAlgorithm && { ChecksumAlgorithm: choice.ChecksumAlgorithm }),
    });
    parts.push({ PartNumber, ...(choice.ChecksumAlgorithm ? part : { ETag: part.ETag }) });
  }
  await complete(env, started, parts);
  const read = (PartNumber: number, more: Partial<GetObjectCommandInput> = {}) => ({
    get: () => env.s3.send(new GetObjectCommand({ ...TARGET, PartNumber, ...more })),
    head: () => env.s3.send(new HeadObjectCommand({ ...TARGET, PartNumber, ...more })),
  });
  return { ...env, read };
}

// Recorded: test_get_object_part.
describe('one part of an object that was uploaded in parts', () => {
  it.each([
    { number: 1, size: FIVE_MIB, range: `bytes 0-${FIVE_MIB - 1}/${FIVE_MIB + 16}` },
    { number: 2, size: 16, range: `bytes ${FIVE_MIB}-${FIVE_MIB + 15}/${FIVE_MIB + 16}` },
  ])('part $number', async ({ number, size, range }) => {
    const { read } = await upload(['x'.repeat(FIVE_MIB), CONTENT]);
    const told = { ContentLength: size, ContentRange: range, PartsCount: 2, $metadata: { httpStatusCode: 206 } };
    const { get, head } = read(number);
    const answer = await get();
    expect(answer).toMatchObject({ ...told, ETag: expect.stringMatching(/-2"$/) });
    expect(await answer.Body?.transformToString()).toBe(number === 1 ? 'x'.repeat(FIVE_MIB) : CONTENT);
    expect(await head()).toMatchObject(told);
  });

  it('is not there beyond the last', async () => {
    const { sandbox, read } = await upload([CONTENT]);
    const { status, text } = await raw(sandbox, '/b/k?partNumber=10');
    expect([status, texts(text, 'Code'), texts(text, 'PartNumberRequested'), texts(text, 'ActualPartCount')]).toEqual([
      416,
      ['InvalidPartNumber'],
      ['10'],
      ['1'],
    ]);
    await expect(read(10).head()).rejects.toMatchObject({ $metadata: { httpStatusCode: 416 } });
  });

  it.each(['0', '10001', 'x', ''])('number %j is none', async (number) => {
    const { sandbox } = await upload([CONTENT]);
    const { status, text } = await raw(sandbox, `/b/k?partNumber=${number}`);
    expect([status, texts(text, 'ArgumentName')]).toEqual([400, ['partNumber']]);
  });

  it('cannot be asked for together with a range', async () => {
    const { sandbox } = await upload([CONTENT]);
    const { status, text } = await raw(sandbox, '/b/k?partNumber=1', { headers: { range: 'bytes=0-1' } });
    expect([status, texts(text, 'Code')]).toEqual([400, ['InvalidRequest']]);
  });
});

// Recorded: test_get_object_part_checksum, test_complete_multipart_parts_checksum_composite, …_full_object.
describe('the checksum of a part', () => {
  it.each([
    { type: 'COMPOSITE', whole: 'sZB91Q==-1' },
    { type: 'FULL_OBJECT', whole: 'fwuu0Q==' },
  ] as const)('of one part, $type, is that of its bytes', async ({ type, whole }) => {
    const { read, bucket } = await upload([CONTENT], { ChecksumAlgorithm: 'CRC32C', ChecksumType: type });
    expect(bucket.current('k')?.checksums).toEqual({ crc32c: whole });
    const { get, head } = read(1, { ChecksumMode: 'ENABLED' });
    const told = { ChecksumCRC32C: 'fwuu0Q==', ChecksumType: type, PartsCount: 1 };
    expect(await get()).toMatchObject(told);
    expect(await head()).toMatchObject(told);
    expect((await read(1).head()).ChecksumCRC32C).toBeUndefined();
  });

  it('of more parts is told where checksums are of parts, and not where they are of the whole', async () => {
    const bodies = ['a'.repeat(FIVE_MIB + 1), 'a'.repeat(FIVE_MIB + 1), 'a'.repeat(10)];
    const composite = await upload(bodies, { ChecksumAlgorithm: 'CRC32' });
    expect(composite.bucket.current('k')).toMatchObject({
      etag: '4d45984fc3feb2ac9b22683c49674b56-3',
      checksums: { crc32: '5FRUiw==-3' },
    });
    const part = await composite.read(3, { ChecksumMode: 'ENABLED' }).head();
    expect(part).toMatchObject({ ChecksumCRC32: 'TBHN8A==', ChecksumType: 'COMPOSITE', PartsCount: 3 });

    const full = await upload(bodies, { ChecksumAlgorithm: 'CRC64NVME' });
    expect(full.bucket.current('k')?.checksums).toEqual({ crc64nvme: 'ZMNX55lZurA=' });
    const { ChecksumCRC64NVME, ChecksumType, PartsCount } = await full.read(3, { ChecksumMode: 'ENABLED' }).head();
    expect([ChecksumCRC64NVME, ChecksumType, PartsCount]).toEqual([undefined, undefined, 3]);
  });
});

// Recorded: test_get_object_part (get-obj-no-multipart, part-no-multipart).
describe('an object that was put in one piece', () => {
  it('is its own first part, and nobody counts parts', async () => {
    const { sandbox, bucket } = await setUp();
    bucket.put('k', { body: 'test-123', checksum: { algorithm: 'CRC32' } });
    const headers = { 'x-amz-checksum-mode': 'ENABLED' };
    const { status, headers: told, text } = await raw(sandbox, '/b/k?partNumber=1', { headers });
    expect([status, text, told.get('content-range'), told.get('x-amz-checksum-crc32')]).toEqual([
      206,
      'test-123',
      'bytes 0-7/8',
      'MAPXAg==',
    ]);
    expect(told.get('x-amz-mp-parts-count')).toBeNull();
    expect((await raw(sandbox, '/b/k?partNumber=2')).status).toBe(416);
  });

  it('is told without a range where it is empty', async () => {
    const { sandbox, bucket } = await setUp();
    bucket.put('k');
    const { status, headers } = await raw(sandbox, '/b/k?partNumber=1');
    expect([status, headers.get('content-range')]).toEqual([200, null]);
  });
});
