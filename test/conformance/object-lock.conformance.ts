import { expect } from 'vitest';
import { behaviours } from './support/behaviour.ts';
import type { Bucket } from './support/bucket.ts';
import { reply } from './support/reply.ts';
import { s3 } from './support/server.ts';

const locked = { objectLock: true } as const;
const soon = (seconds: number) => new Date(Date.now() + seconds * 1000);
const governance = () => ({ ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: soon(3600) }) as const;

const hold = (bucket: Bucket, key: string, Status: 'ON' | 'OFF', VersionId: string) =>
  s3.putObjectLegalHold({ Bucket: bucket.name, Key: key, VersionId, LegalHold: { Status } });

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
behaviours('object-lock', (behaviour) => {
  // AWS, recorded by LocalStack: test_s3_object_retention (delete-obj-locked)
  behaviour(
    'a version under governance cannot be removed',
    async (bucket) => {
      const v1 = await bucket.put('a', 'x', governance());
      expect((await bucket.delete('a', v1)).verdict).toBe('403 AccessDenied');
      expect(await bucket.history()).toHaveLength(1);
    },
    locked,
  );

  // Same recording (delete-obj-locked-bypass)
  behaviour(
    'governance can be bypassed by saying so',
    async (bucket) => {
      const v1 = await bucket.put('a', 'x', governance());
      expect((await bucket.delete('a', v1, { BypassGovernanceRetention: true })).status).toBe(204);
      expect(await bucket.history()).toEqual([]);
    },
    locked,
  );

  behaviour(
    'governance can be bypassed in DeleteObjects',
    async (bucket) => {
      const VersionId = await bucket.put('a', 'x', governance());
      const { output } = await bucket.deleteMany([{ Key: 'a', VersionId }], { bypass: true });
      expect(output?.Deleted).toEqual([{ Key: 'a', VersionId }]);
    },
    locked,
  );

  // AWS, recorded by LocalStack: test_s3_object_retention_compliance_mode
  behaviour(
    'compliance cannot be bypassed',
    async (bucket) => {
      const VersionId = await bucket.put('a');
      // Only for seconds, since nothing can remove it before: cleaning up has to wait.
      const Retention = { Mode: 'COMPLIANCE', RetainUntilDate: soon(3) } as const;
      await s3.putObjectRetention({ Bucket: bucket.name, Key: 'a', VersionId, Retention });
      expect((await bucket.delete('a', VersionId, { BypassGovernanceRetention: true })).verdict).toBe(
        '403 AccessDenied',
      );
    },
    locked,
  );

  // AWS, recorded by LocalStack: test_delete_locked_object
  behaviour(
    'a legal hold cannot be bypassed, and ends when it is taken off',
    async (bucket) => {
      const v1 = await bucket.put('a');
      await hold(bucket, 'a', 'ON', v1);
      expect((await bucket.delete('a', v1)).verdict).toBe('403 AccessDenied');
      expect((await bucket.delete('a', v1, { BypassGovernanceRetention: true })).verdict).toBe('403 AccessDenied');
      await hold(bucket, 'a', 'OFF', v1);
      expect((await bucket.delete('a', v1)).status).toBe(204);
    },
    locked,
  );

  // Same recording (delete-objects-locked)
  behaviour(
    'in DeleteObjects a locked version is an error of that entry; the others are done',
    async (bucket) => {
      const VersionId = await bucket.put('held');
      await hold(bucket, 'held', 'ON', VersionId);
      const free = { Key: 'free', VersionId: await bucket.put('free') };
      const { output } = await bucket.deleteMany([{ Key: 'held', VersionId }, free]);
      expect(output?.Errors).toMatchObject([{ Key: 'held', VersionId, Code: 'AccessDenied' }]);
      expect(output?.Deleted).toEqual([free]);
    },
    locked,
  );

  behaviour(
    'in a quiet DeleteObjects the error is told all the same',
    async (bucket) => {
      const VersionId = await bucket.put('held');
      await hold(bucket, 'held', 'ON', VersionId);
      const free = { Key: 'free', VersionId: await bucket.put('free') };
      const { output } = await bucket.deleteMany([{ Key: 'held', VersionId }, free], { quiet: true });
      expect(output?.Errors).toMatchObject([{ Key: 'held', Code: 'AccessDenied' }]);
      expect(output?.Deleted ?? []).toEqual([]);
    },
    locked,
  );

  // Markers are not protected: userguide, object-lock-managing, "Delete markers are not WORM-protected".
  behaviour(
    'a locked version can be covered by a marker, and the marker can be removed again',
    async (bucket) => {
      const v1 = await bucket.put('a', 'x', governance());
      const marker = await bucket.mark('a');
      const answer = await bucket.delete('a', marker);
      expect([answer.status, answer.headers['x-amz-delete-marker']]).toEqual([204, 'true']);
      expect((await bucket.head('a')).output?.VersionId).toBe(v1);
    },
    locked,
  );

  behaviour(
    'under a bucket default too, markers can be removed',
    async (bucket) => {
      await withDefaultRetention(bucket);
      const v1 = await bucket.put('a');
      const { output } = await bucket.deleteMany([{ Key: 'a', VersionId: await bucket.mark('a') }]);
      expect(output?.Errors ?? []).toEqual([]);
      expect((await bucket.head('a')).output?.VersionId).toBe(v1);
    },
    locked,
  );

  // AWS, recorded by LocalStack: test_object_lock_delete_markers (put-object-retention-delete-marker)
  behaviour(
    'a marker cannot be locked: 405',
    async (bucket) => {
      const VersionId = await bucket.mark('a');
      const Retention = { Mode: 'GOVERNANCE', RetainUntilDate: soon(3600) } as const;
      const request = { Bucket: bucket.name, Key: 'a', VersionId, Retention };
      expect((await reply(() => s3.putObjectRetention(request))).verdict).toBe('405 MethodNotAllowed');
    },
    locked,
  );

  // AWS, recorded by LocalStack: test_s3_copy_object_retention_lock
  behaviour(
    'a lock does not come along with a copy',
    async (bucket) => {
      const v1 = await bucket.put('a', 'x', governance());
      await bucket.copy('a', v1);
      const { output } = await bucket.head('a');
      expect(output?.VersionId).not.toBe(v1);
      expect(output?.ObjectLockMode).toBeUndefined();
      expect((await bucket.delete('a', output?.VersionId)).status).toBe(204);
    },
    locked,
  );

  // AWS, recorded by LocalStack: test_bucket_config_default_retention
  behaviour(
    'a bucket default locks a copy',
    async (bucket) => {
      const v1 = await bucket.put('a');
      await withDefaultRetention(bucket);
      await bucket.copy('a', v1);
      const { output } = await bucket.head('a');
      expect(output?.ObjectLockMode).toBe('GOVERNANCE');
      expect((await bucket.delete('a', output?.VersionId)).verdict).toBe('403 AccessDenied');
    },
    locked,
  );

  behaviour(
    'HEAD and the bucket tell about locks',
    async (bucket) => {
      const v1 = await bucket.put('a', 'x', governance());
      await hold(bucket, 'a', 'ON', v1);
      expect((await bucket.head('a')).output).toMatchObject({
        ObjectLockMode: 'GOVERNANCE',
        ObjectLockRetainUntilDate: expect.any(Date),
        ObjectLockLegalHoldStatus: 'ON',
      });
      const { ObjectLockConfiguration } = await s3.getObjectLockConfiguration({ Bucket: bucket.name });
      expect(ObjectLockConfiguration?.ObjectLockEnabled).toBe('Enabled');
    },
    locked,
  );

  // AWS, recorded by LocalStack: test_get_object_lock_configuration_exc
  behaviour('a bucket without Object Lock says so with 404', async (bucket) => {
    const answer = await reply(() => s3.getObjectLockConfiguration({ Bucket: bucket.name }));
    expect(answer.verdict).toBe('404 ObjectLockConfigurationNotFoundError');
  });

  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html
  behaviour(
    'a bucket made with Object Lock is versioned from the start',
    async (bucket) => {
      expect((await s3.getBucketVersioning({ Bucket: bucket.name })).Status).toBe('Enabled');
    },
    locked,
  );

  // AWS, recorded by LocalStack: test_delete_object_with_no_locking
  behaviour('where there is no Object Lock there is nothing to bypass: 400', async (bucket) => {
    const VersionId = await bucket.put('a');
    const single = await bucket.delete('a', VersionId, { BypassGovernanceRetention: true });
    const batch = await bucket.deleteMany([{ Key: 'a', VersionId }], { bypass: true });
    expect([single.verdict, batch.verdict]).toEqual(['400 InvalidArgument', '400 InvalidArgument']);
  });

  // AWS, recorded by LocalStack: test_disable_versioning_on_locked_bucket
  behaviour(
    'versioning cannot be suspended under Object Lock',
    async (bucket) => {
      const suspend = { Bucket: bucket.name, VersioningConfiguration: { Status: 'Suspended' as const } };
      expect((await reply(() => s3.putBucketVersioning(suspend))).verdict).toBe('409 InvalidBucketState');
    },
    locked,
  );
});

async function withDefaultRetention(bucket: Bucket): Promise<void> {
  await s3.putObjectLockConfiguration({
    Bucket: bucket.name,
    ObjectLockConfiguration: {
      ObjectLockEnabled: 'Enabled',
      Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 1 } },
    },
  });
}
