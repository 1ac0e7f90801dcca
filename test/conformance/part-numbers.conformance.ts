import type { CreateMultipartUploadCommandInput } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { behaviours } from './support/behaviour.ts';
import type { Bucket } from './support/bucket.ts';
import { reply } from './support/reply.ts';
import { s3 } from './support/server.ts';

const fiveMiB = 5 * 1024 * 1024;

/** Uploads an object in these parts. */
async function upload(
  bucket: Bucket,
  key: string,
  bodies: readonly string[],
  more: Partial<CreateMultipartUploadCommandInput> = {},
): Promise<void> {
  const target = { Bucket: bucket.name, Key: key };
  const { UploadId } = await s3.createMultipartUpload({ ...target, ...more });
  const Parts = [];
  for (const [index, Body] of bodies.entries()) {
    const PartNumber = index + 1;
    const { ETag } = await s3.uploadPart({ ...target, UploadId, PartNumber, Body });
    Parts.push({ PartNumber, ETag });
  }
  await s3.completeMultipartUpload({ ...target, UploadId, MultipartUpload: { Parts } });
}

const head = (bucket: Bucket, PartNumber: number) =>
  reply(() => s3.headObject({ Bucket: bucket.name, Key: 'a', PartNumber }));
const get = (bucket: Bucket, PartNumber: number) =>
  reply(() => s3.getObject({ Bucket: bucket.name, Key: 'a', PartNumber }));

// How a copy learns the parts of its source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
// AWS, recorded by LocalStack: test_get_object_part
behaviours('part-numbers', (behaviour) => {
  behaviour('HEAD of a part tells its size, its place and how many there are', async (bucket) => {
    await upload(bucket, 'a', ['x'.repeat(fiveMiB), 'the end']);
    const whole = fiveMiB + 7;
    const first = await head(bucket, 1);
    expect(first.output).toMatchObject({
      ContentLength: fiveMiB,
      ContentRange: `bytes 0-${fiveMiB - 1}/${whole}`,
      PartsCount: 2,
    });
    const last = await head(bucket, 2);
    expect(last.output).toMatchObject({
      ContentLength: 7,
      ContentRange: `bytes ${fiveMiB}-${whole - 1}/${whole}`,
      PartsCount: 2,
    });
    expect([first.status, last.status]).toEqual([206, 206]);
  });

  behaviour('GET of a part gives its bytes', async (bucket) => {
    await upload(bucket, 'a', ['x'.repeat(fiveMiB), 'the end']);
    const answer = await get(bucket, 2);
    expect([answer.verdict, answer.body]).toEqual(['206', 'the end']);
  });

  behaviour('a part is told with the ETag of the whole', async (bucket) => {
    await upload(bucket, 'a', ['x'.repeat(fiveMiB), 'the end']);
    const etags = [await bucket.head('a'), await head(bucket, 1)].map(({ output }) => output?.ETag);
    expect(etags[0]).toMatch(/^"[0-9a-f]{32}-2"$/);
    expect(etags[1]).toBe(etags[0]);
  });

  behaviour('a copy in the parts of its source has the ETag of its source', async (bucket) => {
    await upload(bucket, 'a', ['x'.repeat(fiveMiB), 'the end']);
    const source = (await bucket.head('a')).output;
    const target = { Bucket: bucket.name, Key: 'b' };
    const { UploadId } = await s3.createMultipartUpload(target);
    const Parts = [];
    for (const PartNumber of [1, 2]) {
      const range = (await head(bucket, PartNumber)).output?.ContentRange;
      const CopySourceRange = range?.replace(/^bytes (.*)\/\d+$/, 'bytes=$1');
      const from = { CopySource: bucket.source('a', source?.VersionId), CopySourceRange };
      const { CopyPartResult } = await s3.uploadPartCopy({ ...target, UploadId, PartNumber, ...from });
      Parts.push({ PartNumber, ETag: CopyPartResult?.ETag });
    }
    await s3.completeMultipartUpload({ ...target, UploadId, MultipartUpload: { Parts } });
    expect((await bucket.head('b')).output?.ETag).toBe(source?.ETag);
  });

  behaviour('an object uploaded in one part has a count of one', async (bucket) => {
    await upload(bucket, 'a', ['hello']);
    const { output, status } = await head(bucket, 1);
    expect([status, output?.ContentRange, output?.PartsCount]).toEqual([206, 'bytes 0-4/5', 1]);
  });

  behaviour('an object put in one piece is its own first part, without a count', async (bucket) => {
    await bucket.put('a', 'hello');
    const { output, status } = await head(bucket, 1);
    expect([status, output?.ContentRange, output?.PartsCount]).toEqual([206, 'bytes 0-4/5', undefined]);
  });

  behaviour('a part beyond the last: 416', async (bucket) => {
    await upload(bucket, 'a', ['hello']);
    expect((await get(bucket, 2)).verdict).toBe('416 InvalidPartNumber');
    expect((await head(bucket, 2)).status).toBe(416);
  });

  behaviour('a second part of an object put in one piece: 416', async (bucket) => {
    await bucket.put('a', 'hello');
    expect((await get(bucket, 2)).verdict).toBe('416 InvalidPartNumber');
  });

  behaviour('a part and a range together: 400', async (bucket) => {
    await upload(bucket, 'a', ['hello']);
    const call = () => s3.getObject({ Bucket: bucket.name, Key: 'a', PartNumber: 1, Range: 'bytes=0-1' });
    expect((await reply(call)).verdict).toBe('400 InvalidRequest');
  });

  behaviour('a part of an older version', async (bucket) => {
    await upload(bucket, 'a', ['hello']);
    const VersionId = (await bucket.head('a')).output?.VersionId;
    await bucket.put('a', 'newer');
    const call = () => s3.headObject({ Bucket: bucket.name, Key: 'a', VersionId, PartNumber: 1 });
    expect((await reply(call)).output).toMatchObject({ VersionId, PartsCount: 1 });
  });
});
