import { expect } from 'vitest';
import { behaviours } from './support/behaviour.ts';
import { readListing } from './support/listing.ts';
import { reply } from './support/reply.ts';
import { s3 } from './support/server.ts';

const neverVersioned = { versioning: 'never' } as const;

behaviours('buckets', (behaviour) => {
  // AWS, recorded by LocalStack: test_bucket_versioning_crud
  behaviour(
    'a bucket that was never versioned has no versioning status',
    async (bucket) => {
      expect((await s3.getBucketVersioning({ Bucket: bucket.name })).Status).toBeUndefined();
    },
    neverVersioned,
  );

  behaviour('versioning is Enabled or Suspended, as it was set', async (bucket) => {
    const status = async () => (await s3.getBucketVersioning({ Bucket: bucket.name })).Status;
    expect(await status()).toBe('Enabled');
    await bucket.versioning('Suspended');
    expect(await status()).toBe('Suspended');
  });

  // AWS, recorded by LocalStack: test_list_object_versions_order_unversioned
  behaviour(
    'a bucket that was never versioned lists its objects as null versions',
    async (bucket) => {
      await bucket.put('a');
      await bucket.put('a');
      expect(await bucket.history()).toEqual([['a', 'version', 'null']]);
    },
    neverVersioned,
  );

  // AWS, recorded by LocalStack: test_delete_object (unversioned: no marker, nothing in the answer)
  behaviour(
    'DELETE in a bucket that was never versioned deletes for good',
    async (bucket) => {
      await bucket.put('a');
      const answer = await bucket.delete('a');
      expect(answer.status).toBe(204);
      expect(answer.headers).not.toHaveProperty('x-amz-delete-marker');
      expect(await bucket.history()).toEqual([]);
    },
    neverVersioned,
  );

  // AWS, recorded by LocalStack: test_bucket_versioning_crud (no-bucket), test_delete_non_existing_keys_in_non_existing_bucket
  behaviour('every request to a bucket that is not there: 404 NoSuchBucket', async (bucket) => {
    const Bucket = `${bucket.name}-never`;
    const object = { Bucket, Key: 'a' };
    const answers = {
      list: readListing(await reply(() => s3.listObjectVersions({ Bucket }))).verdict,
      versioning: (await reply(() => s3.getBucketVersioning({ Bucket }))).verdict,
      get: (await reply(() => s3.getObject(object))).verdict,
      delete: (await reply(() => s3.deleteObject(object))).verdict,
      deleteMany: (await reply(() => s3.deleteObjects({ Bucket, Delete: { Objects: [{ Key: 'a' }] } }))).verdict,
      copy: (await reply(() => s3.copyObject({ ...object, CopySource: bucket.source('a') }))).verdict,
    };
    const expected = Object.keys(answers).map((name) => [name, '404 NoSuchBucket']);
    await bucket.put('a');
    expect(Object.entries(answers)).toEqual(expected);
    expect((await reply(() => s3.headBucket({ Bucket }))).status).toBe(404);
  });

  // AWS, recorded by LocalStack: test_delete_versioned_bucket_with_objects
  behaviour('a bucket with versions or only markers left cannot be deleted', async (bucket) => {
    const v1 = await bucket.put('a');
    await bucket.mark('a');
    expect((await reply(() => s3.deleteBucket({ Bucket: bucket.name }))).verdict).toBe('409 BucketNotEmpty');
    await bucket.delete('a', v1);
    expect((await reply(() => s3.deleteBucket({ Bucket: bucket.name }))).verdict).toBe('409 BucketNotEmpty');
  });

  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
  behaviour('a request that expects another owner of the bucket is refused', async (bucket) => {
    const v1 = await bucket.put('a');
    const owner = { Bucket: bucket.name, ExpectedBucketOwner: '000000000001' };
    expect((await reply(() => s3.listObjectVersions(owner))).verdict).toBe('403 AccessDenied');
    expect((await reply(() => s3.deleteObject({ ...owner, Key: 'a', VersionId: v1 }))).verdict).toBe(
      '403 AccessDenied',
    );
    expect(await bucket.history()).toHaveLength(1);
  });
});
