import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { ServerBucket } from '../../support/server-bucket.ts';
import { shapeOf } from '../support/shape.ts';
import { stories } from '../support/story.ts';

const DRESSED = {
  ContentType: 'text/css; charset=utf-8',
  CacheControl: 'max-age=60, must-revalidate',
  ContentDisposition: 'attachment; filename="a b.css"',
  ContentEncoding: 'identity',
  ContentLanguage: 'en, de',
  Expires: new Date('2030-01-02T03:04:05Z'),
  Metadata: { author: 'someone', 'release-number': '42' },
};

const ROLLBACK = { operation: 'rollback', key: 'k', 'versions-back': '1' };

function head(bucket: ServerBucket, key = 'k'): Promise<HeadObjectCommandOutput> {
  return bucket.server.s3.headObject({ Bucket: bucket.name, Key: key });
}

async function tags(bucket: ServerBucket): Promise<Record<string, string>> {
  const { TagSet = [] } = await bucket.server.s3.getObjectTagging({ Bucket: bucket.name, Key: 'k' });
  return Object.fromEntries(TagSet.map(({ Key = '', Value = '' }) => [Key, Value]));
}

/** A multipart upload of one part, with a checksum of the whole; gives the version's id. */
async function upload(bucket: ServerBucket, body: string): Promise<string> {
  const { s3 } = bucket.server;
  const object = { Bucket: bucket.name, Key: 'k' };
  const checksum = { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } as const;
  const { UploadId } = await s3.createMultipartUpload({ ...object, ...checksum });
  const { ETag } = await s3.uploadPart({ ...object, UploadId, PartNumber: 1, Body: body, ChecksumAlgorithm: 'CRC32' });
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await s3.completeMultipartUpload({ ...object, UploadId, MultipartUpload, ChecksumType: 'FULL_OBJECT' });
  return (await bucket.history('k'))[0]?.versionId ?? '';
}

stories('copy-fidelity', (story) => {
  story('headers and metadata come back with the content', async ({ bucket, act, expect }) => {
    await bucket.put('k', 'A', DRESSED);
    await bucket.put('k', 'B', { ContentType: 'text/plain', Metadata: { author: 'somebody else' } });
    const run = await act(ROLLBACK);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    const { Expires: _parsed, ...wanted } = DRESSED;
    expect(await head(bucket)).toMatchObject({ ...wanted, ExpiresString: DRESSED.Expires.toUTCString() });
    expect(await bucket.read('k')).toBe('A');
  });

  story('tags come back with the content', async ({ bucket, act, expect }) => {
    await bucket.put('k', 'A', { Tagging: 'stage=live&owner=a%20b%2Bc' });
    await bucket.put('k', 'B', { Tagging: 'stage=broken' });
    await act(ROLLBACK);
    expect(await tags(bucket)).toEqual({ stage: 'live', owner: 'a b+c' });
  });

  story('the storage class stays what it was', async ({ bucket, act, expect }) => {
    await bucket.put('k', 'A', { StorageClass: 'STANDARD_IA' });
    await bucket.put('k', 'B');
    const run = await act(ROLLBACK);
    expect(run.plan().lines[0]?.steps[0]).toMatchObject({ carry: { storageClass: 'STANDARD_IA' } });
    expect((await head(bucket)).StorageClass).toBe('STANDARD_IA');
  });

  story('a website redirect stays what it was', async ({ bucket, act, expect }) => {
    await bucket.put('k', 'A', { WebsiteRedirectLocation: '/elsewhere' });
    await bucket.put('k', 'B');
    await act(ROLLBACK);
    expect((await head(bucket)).WebsiteRedirectLocation).toBe('/elsewhere');
  });

  story('a second run adds no version', async ({ bucket, act, expect }) => {
    const first = await bucket.put('k', 'A', DRESSED);
    await bucket.put('k', 'B');
    const rollback = { operation: 'rollback', key: 'k', 'version-id': first };
    const run = await act(rollback);
    const again = await act(rollback);
    expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '1' });
    expect(again.after).toEqual(run.after);
    expect(shapeOf(await bucket.history('k'))).toBe('A B A');
  });

  story('of an object that was uploaded in parts, too', async ({ bucket, act, expect }) => {
    const first = await upload(bucket, 'A');
    expect((await bucket.history('k'))[0]?.etag).toMatch(/-1$/);
    await bucket.put('k', 'B');
    const rollback = { operation: 'rollback', key: 'k', 'version-id': first };
    const run = await act(rollback);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(await bucket.read('k')).toBe('A');
    const again = await act(rollback);
    expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '1' });
    expect(again.after).toEqual(run.after);
  });

  story('the same content under other metadata is not the same object', async ({ bucket, act, expect }) => {
    const first = await bucket.put('k', 'A', DRESSED);
    await bucket.put('k', 'A', { ContentType: 'text/plain' });
    const run = await act({ operation: 'rollback', key: 'k', 'version-id': first });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect((await head(bucket)).ContentType).toBe(DRESSED.ContentType);
  });

  story('an empty object and one of some megabytes', async ({ bucket, act, expect }) => {
    const large = 'x'.repeat(3 * 1024 * 1024);
    await bucket.put('empty', '');
    await bucket.put('large', large);
    await bucket.put('empty', 'B');
    await bucket.put('large', '');
    const run = await act({ operation: 'rollback', 'whole-bucket': 'true', 'versions-back': '1' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '2' });
    expect(await bucket.read('empty')).toBe('');
    expect(await bucket.read('large')).toBe(large);
  });
});
