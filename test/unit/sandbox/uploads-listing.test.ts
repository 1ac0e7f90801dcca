import {
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandInput,
  ListPartsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { failure, NOON, type Rig, rig } from './support.ts';

const Bucket = 'b';

async function start({ s3 }: Rig, Key: string, more: Partial<CreateMultipartUploadCommandInput> = {}) {
  return (await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }))).UploadId ?? '';
}

async function setUp() {
  const env = await rig();
  env.sandbox.createBucket(Bucket);
  return env;
}

// Recorded: TestS3ListMultipartUploads.
describe('ListMultipartUploads', () => {
  const list = ({ s3 }: Rig, more: Partial<ListMultipartUploadsCommandInput> = {}) =>
    s3.send(new ListMultipartUploadsCommand({ Bucket, ...more }));

  it('is by key, the oldest upload of a key first', async () => {
    const env = await setUp();
    const ids: string[] = [];
    for (const key of ['c', 'b', 'a', 'a']) ids.push(await start(env, key));
    const page = await list(env);
    expect(page.Uploads?.map(({ Key, UploadId }) => [Key, UploadId])).toEqual([
      ['a', ids[2]],
      ['a', ids[3]],
      ['b', ids[1]],
      ['c', ids[0]],
    ]);
    expect(page.Uploads?.[0]).toMatchObject({ Initiated: new Date(NOON), StorageClass: 'STANDARD' });
    expect(page).toMatchObject({
      IsTruncated: false,
      MaxUploads: 1000,
      NextKeyMarker: 'c',
      NextUploadIdMarker: ids[0],
    });
  });

  it('continues after its markers', async () => {
    const env = await setUp();
    const [a1, a2, b] = [await start(env, 'a'), await start(env, 'a'), await start(env, 'b')];
    const next = async (KeyMarker: string, UploadIdMarker?: string) => {
      const page = await list(env, { MaxUploads: 1, KeyMarker, ...(UploadIdMarker && { UploadIdMarker }) });
      return [page.NextUploadIdMarker, page.IsTruncated];
    };
    expect(await next('')).toEqual([a1, true]);
    expect(await next('a', a1)).toEqual([a2, true]);
    expect(await next('a', a2)).toEqual([b, false]);
    expect(await next('a')).toEqual([b, false]);
    expect(await next('b')).toEqual(['', false]);
    expect(await next('', a1)).toEqual([a1, true]);
    expect(await failure(next('b', a1))).toMatchObject({ status: 400, code: 'InvalidArgument' });
  });

  it('groups by prefix and delimiter, and then tells no next key', async () => {
    const env = await setUp();
    for (const key of ['d/sub/1', 'd/sub/2', 'd/z', 'e']) await start(env, key);
    const first = await list(env, { Prefix: 'd/', Delimiter: '/', MaxUploads: 1 });
    expect(first).toMatchObject({ CommonPrefixes: [{ Prefix: 'd/sub/' }], IsTruncated: true, NextKeyMarker: '' });
    for (const KeyMarker of ['d/sub/', 'd/sub/1']) {
      const rest = await list(env, { Prefix: 'd/', Delimiter: '/', KeyMarker });
      expect([rest.CommonPrefixes, rest.Uploads?.map(({ Key }) => Key)]).toEqual([undefined, ['d/z']]);
    }
  });

  it('encodes keys when asked', async () => {
    const env = await setUp();
    await start(env, 'a b+ü');
    const page = await list(env, { EncodingType: 'url', Prefix: 'a b' });
    expect(page).toMatchObject({ EncodingType: 'url', Prefix: 'a+b', NextKeyMarker: 'a+b%2B%C3%BC' });
    expect(page.Uploads?.[0]?.Key).toBe('a+b%2B%C3%BC');
    expect(await failure(list(env, { EncodingType: 'x' as 'url' }))).toMatchObject({ code: 'InvalidArgument' });
  });
});

// Recorded: TestS3ListParts, test_multipart_and_list_parts.
describe('ListParts', () => {
  const Key = 'k';

  it('pages by part number', async () => {
    const env = await setUp();
    const UploadId = await start(env, Key, { StorageClass: 'STANDARD_IA' });
    for (const PartNumber of [7, 2]) {
      await env.s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body: 'abc' }));
    }
    const list = async (more: { MaxParts?: number; PartNumberMarker?: string }) => {
      const page = await env.s3.send(new ListPartsCommand({ Bucket, Key, UploadId, ...more }));
      const numbers = page.Parts?.map(({ PartNumber }) => PartNumber) ?? [];
      return [numbers, page.NextPartNumberMarker, page.IsTruncated];
    };
    expect(await list({})).toEqual([[2, 7], '7', false]);
    expect(await list({ MaxParts: 1 })).toEqual([[2], '2', true]);
    expect(await list({ MaxParts: 1, PartNumberMarker: '2' })).toEqual([[7], '7', false]);
    expect(await list({ PartNumberMarker: '10' })).toEqual([[], '0', false]);
    const page = await env.s3.send(new ListPartsCommand({ Bucket, Key, UploadId }));
    expect(page).toMatchObject({ Bucket, Key, UploadId, StorageClass: 'STANDARD_IA', PartNumberMarker: '0' });
    expect(page.Parts?.[0]).toEqual({
      PartNumber: 2,
      Size: 3,
      ETag: '"900150983cd24fb0d6963f7d28e17f72"',
      LastModified: new Date(NOON),
    });
  });

  it('shows the checksums that the upload was started for', async () => {
    const env = await setUp();
    const UploadId = await start(env, Key, { ChecksumAlgorithm: 'CRC32' });
    await env.s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: 'abc' }));
    const page = await env.s3.send(new ListPartsCommand({ Bucket, Key, UploadId }));
    expect(page).toMatchObject({ ChecksumAlgorithm: 'CRC32', ChecksumType: 'COMPOSITE' });
    expect(page.Parts?.[0]?.ChecksumCRC32).toBe('NSRBwg==');
  });

  it('of no upload: NoSuchUpload', async () => {
    const env = await setUp();
    const call = env.s3.send(new ListPartsCommand({ Bucket, Key, UploadId: 'fakeid' }));
    expect(await failure(call)).toMatchObject({ status: 404, code: 'NoSuchUpload' });
  });
});
