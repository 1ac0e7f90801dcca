import {
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { behaviours } from './support/behaviour.ts';
import type { Bucket } from './support/bucket.ts';
import { reply } from './support/reply.ts';
import { s3 } from './support/server.ts';

/** Uploads `hello` in one part. */
async function upload(
  bucket: Bucket,
  said: Partial<CreateMultipartUploadCommandInput>,
  more: Partial<CompleteMultipartUploadCommandInput> = {},
  prepare: (command: CreateMultipartUploadCommand) => void = () => {},
) {
  const target = { Bucket: bucket.name, Key: 'a' };
  const command = new CreateMultipartUploadCommand({ ...target, ...said });
  prepare(command);
  const { UploadId } = await s3.send(command);
  const { ETag, ChecksumCRC32 } = await s3.uploadPart({ ...target, UploadId, PartNumber: 1, Body: 'hello' });
  const part = { ETag, PartNumber: 1, ...(said.ChecksumAlgorithm === undefined ? {} : { ChecksumCRC32 }) };
  const MultipartUpload = { Parts: [part] };
  const answer = await reply(() => s3.completeMultipartUpload({ ...target, UploadId, MultipartUpload, ...more }));
  if (answer.status !== 200) await s3.abortMultipartUpload({ ...target, UploadId });
  return answer;
}

function hasHeaders(request: unknown): request is { headers: Record<string, string> } {
  return typeof request === 'object' && request !== null && 'headers' in request;
}

// A copy in parts carries nothing over by itself: all of it is said again at the start.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
behaviours('multipart-metadata', (behaviour) => {
  behaviour('content headers and metadata said at the start are kept', async (bucket) => {
    const said = {
      ContentType: 'text/x-test',
      CacheControl: 'max-age=7',
      ContentDisposition: 'attachment; filename="x"',
      ContentLanguage: 'de',
      ContentEncoding: 'identity',
      Metadata: { who: 'me', 'with-dash': 'yes' },
    };
    await upload(bucket, { ...said, Expires: new Date('2030-01-02T03:04:05Z') });
    const { output } = await bucket.head('a');
    expect(output).toMatchObject(said);
    expect(output?.Metadata).toEqual(said.Metadata);
    expect(output?.ExpiresString).toBe('Wed, 02 Jan 2030 03:04:05 GMT');
  });

  behaviour('Expires is kept also where it is no date', async (bucket) => {
    await upload(bucket, { Expires: new Date(0) }, {}, (command) =>
      command.middlewareStack.add(
        (next) => (args) => {
          // The SDK takes dates only.
          if (hasHeaders(args.request)) args.request.headers.expires = 'never, really';
          return next(args);
        },
        { step: 'build' },
      ),
    );
    expect((await bucket.head('a')).output?.ExpiresString).toBe('never, really');
  });

  behaviour('tags said at the start are those of that version', async (bucket) => {
    await upload(bucket, { Tagging: 'which=old&k%201=v%2B1' });
    const VersionId = (await bucket.head('a')).output?.VersionId;
    await bucket.put('a', 'new', { Tagging: 'which=new' });
    const { TagSet } = await s3.getObjectTagging({ Bucket: bucket.name, Key: 'a', VersionId });
    expect(TagSet?.toSorted((a, b) => ((a.Key ?? '') < (b.Key ?? '') ? -1 : 1))).toEqual([
      { Key: 'k 1', Value: 'v+1' },
      { Key: 'which', Value: 'old' },
    ]);
  });

  behaviour('a storage class said at the start is kept', async (bucket) => {
    await upload(bucket, { StorageClass: 'STANDARD_IA' });
    expect((await bucket.list()).entries[0]?.fields.StorageClass).toBe('STANDARD_IA');
    expect((await bucket.head('a')).output?.StorageClass).toBe('STANDARD_IA');
  });

  behaviour('a website redirect said at the start is kept', async (bucket) => {
    await upload(bucket, { WebsiteRedirectLocation: '/elsewhere' });
    expect((await bucket.head('a')).output?.WebsiteRedirectLocation).toBe('/elsewhere');
  });

  behaviour(
    'a legal hold and a retention said at the start are kept',
    async (bucket) => {
      // In governance mode the clean-up can lift it.
      const ObjectLockRetainUntilDate = new Date(Math.ceil(Date.now() / 1000) * 1000 + 60_000);
      const lock = {
        ObjectLockMode: 'GOVERNANCE',
        ObjectLockRetainUntilDate,
        ObjectLockLegalHoldStatus: 'ON',
      } as const;
      await upload(bucket, lock);
      expect((await bucket.head('a')).output).toMatchObject(lock);
    },
    { objectLock: true },
  );

  // AWS, recorded by LocalStack: test_complete_multipart_parts_checksum_composite, …_full_object
  behaviour('a checksum of checksums says how many there were', async (bucket) => {
    await upload(bucket, { ChecksumAlgorithm: 'CRC32' });
    const { headers } = await reply(() => s3.headObject({ Bucket: bucket.name, Key: 'a', ChecksumMode: 'ENABLED' }));
    expect([headers['x-amz-checksum-type'], headers['x-amz-checksum-crc32']?.slice(-2)]).toEqual(['COMPOSITE', '-1']);
  });

  behaviour('a checksum of the whole is that of the bytes', async (bucket) => {
    await upload(bucket, { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
    const { headers } = await reply(() => s3.headObject({ Bucket: bucket.name, Key: 'a', ChecksumMode: 'ENABLED' }));
    expect([headers['x-amz-checksum-type'], headers['x-amz-checksum-crc32']]).toEqual(['FULL_OBJECT', 'NhCmhg==']);
  });

  // AWS, recorded by LocalStack: test_multipart_size_validation
  behaviour('a completion that claims the right size is done', async (bucket) => {
    expect((await upload(bucket, {}, { MpuObjectSize: 5 })).verdict).toBe('200');
  });

  behaviour('a completion that claims another size: 400, and no version is added', async (bucket) => {
    expect((await upload(bucket, {}, { MpuObjectSize: 4 })).verdict).toBe('400 InvalidRequest');
    expect(await bucket.history()).toEqual([]);
  });

  behaviour('completion, If-None-Match: * over a marker: done', async (bucket) => {
    await bucket.put('a');
    await bucket.mark('a');
    expect((await upload(bucket, {}, { IfNoneMatch: '*' })).verdict).toBe('200');
  });

  behaviour('completion, If-Match with the ETag of the current version: done', async (bucket) => {
    await bucket.put('a', 'hello');
    expect((await upload(bucket, {}, { IfMatch: '"5d41402abc4b2a76b9719d911017c592"' })).verdict).toBe('200');
    expect(await bucket.history()).toHaveLength(2);
  });

  behaviour('completion, If-Match over a marker: 404', async (bucket) => {
    await bucket.put('a', 'hello');
    await bucket.mark('a');
    const answer = await upload(bucket, {}, { IfMatch: '"5d41402abc4b2a76b9719d911017c592"' });
    expect(answer.verdict).toBe('404 NoSuchKey');
  });
});
