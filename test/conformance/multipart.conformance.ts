import type { CompleteMultipartUploadCommandInput, CompleteMultipartUploadCommandOutput } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { behaviours } from './support/behaviour.ts';
import type { Bucket } from './support/bucket.ts';
import { type Reply, reply } from './support/reply.ts';
import { s3 } from './support/server.ts';

const fiveMiB = 5 * 1024 * 1024;

interface Upload {
  complete(more?: Partial<CompleteMultipartUploadCommandInput>): Promise<Reply<CompleteMultipartUploadCommandOutput>>;
  abort(): Promise<unknown>;
}

/** Starts an upload and sends its only part. */
async function start(bucket: Bucket, key: string, body: string): Promise<Upload> {
  const target = { Bucket: bucket.name, Key: key };
  const { UploadId } = await s3.createMultipartUpload(target);
  const { ETag } = await s3.uploadPart({ ...target, UploadId, PartNumber: 1, Body: body });
  const MultipartUpload = { Parts: [{ ETag, PartNumber: 1 }] };
  return {
    complete: (more = {}) => reply(() => s3.completeMultipartUpload({ ...target, UploadId, MultipartUpload, ...more })),
    abort: () => s3.abortMultipartUpload({ ...target, UploadId }),
  };
}

const body = async (bucket: Bucket, key: string) => (await bucket.get(key)).output?.Body?.transformToString();

// LastModified has whole seconds: on a real server there is no other way to tell two starts apart.
const aWholeSecond = () => new Promise((resolve) => setTimeout(resolve, 1100));

// Copies of more than 5 GiB: https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
behaviours('multipart', (behaviour) => {
  behaviour('parts copied from ranges of an old version make up that version', async (bucket) => {
    const old = `${'o'.repeat(fiveMiB)}the end`;
    const v1 = await bucket.put('a', old);
    await bucket.put('a', 'new');
    const target = { Bucket: bucket.name, Key: 'a' };
    const { UploadId } = await s3.createMultipartUpload(target);
    const ranges = [`bytes=0-${fiveMiB - 1}`, `bytes=${fiveMiB}-${old.length - 1}`];
    const Parts = [];
    for (const [index, CopySourceRange] of ranges.entries()) {
      const part = { ...target, UploadId, PartNumber: index + 1, CopySource: bucket.source('a', v1), CopySourceRange };
      const { CopyPartResult } = await s3.uploadPartCopy(part);
      Parts.push({ PartNumber: index + 1, ETag: CopyPartResult?.ETag });
    }
    await s3.completeMultipartUpload({ ...target, UploadId, MultipartUpload: { Parts } });
    expect((await body(bucket, 'a')) === old).toBe(true);
    expect(await bucket.history()).toHaveLength(3);
  });

  behaviour('the answer to a copied part tells the id of the source', async (bucket) => {
    const v1 = await bucket.put('a', 'hello');
    const target = { Bucket: bucket.name, Key: 'a' };
    const { UploadId } = await s3.createMultipartUpload(target);
    const part = { ...target, UploadId, PartNumber: 1, CopySource: bucket.source('a', v1) };
    const answer = await reply(() => s3.uploadPartCopy(part));
    await s3.abortMultipartUpload({ ...target, UploadId });
    expect(answer.verdict).toBe('200');
    expect(answer.headers['x-amz-copy-source-version-id']).toBe(v1);
  });

  behaviour('a marker as the source of a part, by its id: 400', async (bucket) => {
    await bucket.put('a', 'hello');
    const marker = await bucket.mark('a');
    const target = { Bucket: bucket.name, Key: 'a' };
    const { UploadId } = await s3.createMultipartUpload(target);
    const part = { ...target, UploadId, PartNumber: 1, CopySource: bucket.source('a', marker) };
    const answer = await reply(() => s3.uploadPartCopy(part));
    await s3.abortMultipartUpload({ ...target, UploadId });
    expect(answer.verdict).toBe('400 InvalidRequest');
  });

  behaviour('the answer to the completion tells the id of the new version', async (bucket) => {
    const upload = await start(bucket, 'a', 'hello');
    const { output } = await upload.complete();
    expect(output?.VersionId).toBe((await bucket.list()).entries[0]?.versionId);
  });

  behaviour('an upload that is aborted leaves no version', async (bucket) => {
    const v1 = await bucket.put('a', 'old');
    await (await start(bucket, 'a', 'never')).abort();
    expect(await bucket.history()).toEqual([['a', 'version', v1]]);
  });

  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html, concurrent multipart upload operations
  behaviour('of two uploads the one that was started last is current, not the one completed last', async (bucket) => {
    const first = await start(bucket, 'a', 'started first');
    await aWholeSecond();
    const second = await start(bucket, 'a', 'started second');
    await second.complete();
    await first.complete();
    expect(await body(bucket, 'a')).toBe('started second');
    expect(await bucket.history()).toHaveLength(2);
  });

  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html, system-defined metadata
  behaviour('LastModified is when the upload was started, not when it was completed', async (bucket) => {
    const upload = await start(bucket, 'a', 'hello');
    const started = Date.now();
    await aWholeSecond();
    await aWholeSecond();
    await upload.complete();
    const { output } = await bucket.head('a');
    // The clocks of server and client may differ: compare with a version put right now.
    await bucket.put('now');
    const now = (await bucket.head('now')).output?.LastModified?.getTime() ?? 0;
    const age = now - (output?.LastModified?.getTime() ?? 0);
    expect(age).toBeGreaterThanOrEqual(2000);
    expect(age).toBeLessThanOrEqual(Date.now() - started + 1000);
  });

  // AWS, recorded by LocalStack: test_multipart_if_none_match_with_put
  behaviour('completion, If-None-Match: * over a live key: 412', async (bucket) => {
    const upload = await start(bucket, 'a', 'hello');
    await bucket.put('a', 'written meanwhile');
    const answer = await upload.complete({ IfNoneMatch: '*' });
    await upload.abort().catch(() => {});
    expect(answer.verdict).toBe('412 PreconditionFailed');
    expect(await body(bucket, 'a')).toBe('written meanwhile');
  });

  // AWS, recorded by LocalStack: test_multipart_if_match_with_put
  behaviour('completion, If-Match with the ETag of an older version: 412', async (bucket) => {
    await bucket.put('a', 'hello');
    const upload = await start(bucket, 'a', 'upload');
    await bucket.put('a', 'written meanwhile');
    const answer = await upload.complete({ IfMatch: '"5d41402abc4b2a76b9719d911017c592"' });
    await upload.abort().catch(() => {});
    expect(answer.verdict).toBe('412 PreconditionFailed');
    expect(await body(bucket, 'a')).toBe('written meanwhile');
  });

  // Same recording (put-during), of a bucket without versioning
  behaviour(
    'completion, If-Match with the ETag of what was written since the start: 409, start again',
    async (bucket) => {
      const upload = await start(bucket, 'a', 'upload');
      await bucket.put('a', 'hello');
      const answer = await upload.complete({ IfMatch: '"5d41402abc4b2a76b9719d911017c592"' });
      await upload.abort().catch(() => {});
      expect(answer.verdict).toBe('409 ConditionalRequestConflict');
    },
    { versioning: 'never' },
  );
});
