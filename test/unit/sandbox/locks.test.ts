import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectLegalHoldCommand,
  GetObjectRetentionCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { failure, raw, rig } from './support.ts';

const LATER = '2026-04-01T00:00:00Z';
const EARLIER = '2026-03-01T00:00:00Z';
const Bucket = 'b';
const LOCKED = { status: 403, code: 'AccessDenied', message: 'Access Denied because object protected by object lock.' };

// Recorded: test_s3_object_retention, test_s3_object_retention_compliance_mode, test_delete_locked_object.
describe('deleting a locked version', () => {
  it.each([
    { lock: { mode: 'GOVERNANCE', retainUntil: LATER }, bypass: false, locked: true },
    { lock: { mode: 'GOVERNANCE', retainUntil: LATER }, bypass: true, locked: false },
    { lock: { mode: 'GOVERNANCE', retainUntil: EARLIER }, bypass: false, locked: false },
    { lock: { mode: 'COMPLIANCE', retainUntil: LATER }, bypass: true, locked: true },
    { lock: { mode: 'COMPLIANCE', retainUntil: EARLIER }, bypass: false, locked: false },
    { lock: { legalHold: true }, bypass: true, locked: true },
    { lock: { legalHold: false }, bypass: false, locked: false },
    { lock: { mode: 'GOVERNANCE', retainUntil: LATER, legalHold: true }, bypass: true, locked: true },
    { lock: {}, bypass: false, locked: false },
  ] as const)('$lock, bypass $bypass → locked $locked', async ({ lock, bypass, locked }) => {
    const { sandbox, s3 } = await rig();
    const bucket = sandbox.createBucket(Bucket, { objectLock: true });
    const BypassGovernanceRetention = bypass || undefined;
    const more = BypassGovernanceRetention && { BypassGovernanceRetention };
    const [VersionId, second] = [bucket.put('k', { lock }), bucket.put('k', { lock })];

    const single = s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId, ...more }));
    if (locked) expect(await failure(single)).toEqual(LOCKED);
    else expect((await single).VersionId).toBe(VersionId);

    const Delete = { Objects: [{ Key: 'k', VersionId: second }] };
    const batch = await s3.send(new DeleteObjectsCommand({ Bucket, Delete, ...more }));
    if (locked)
      expect(batch.Errors).toMatchObject([
        { Key: 'k', VersionId: second, Code: 'AccessDenied', Message: LOCKED.message },
      ]);
    else expect(batch.Deleted).toEqual([{ Key: 'k', VersionId: second }]);
    expect(bucket.entries('k')).toHaveLength(locked ? 2 : 0);
  });

  it('does not keep markers from coming and going', async () => {
    const { sandbox, s3 } = await rig();
    const bucket = sandbox.createBucket(Bucket, { objectLock: { mode: 'COMPLIANCE', days: 9 } });
    bucket.put('k');
    const { VersionId } = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    expect((await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId }))).DeleteMarker).toBe(true);
    expect(bucket.entries('k')).toHaveLength(1);
  });

  // Recorded: test_delete_object_with_no_locking.
  it.each(['true', 'false'])('refuses the bypass header (%s) where there is no Object Lock', async (value) => {
    const { sandbox } = await rig();
    sandbox.createBucket(Bucket).put('k');
    const headers = { 'x-amz-bypass-governance-retention': value };
    const answer = await raw(sandbox, '/b/k', { method: 'DELETE', headers });
    expect([answer.status, answer.text]).toEqual([
      400,
      expect.stringContaining('only applicable to Object Lock enabled buckets'),
    ]);
  });
});

// Recorded: test_object_lock_extend_duration, test_s3_object_retention_exc, test_object_lock_delete_markers.
describe('changing a lock', () => {
  const until = (date: string) => ({ RetainUntilDate: new Date(date) });

  it.each([
    { name: 'longer', from: 'GOVERNANCE', to: { Mode: 'GOVERNANCE', ...until('2026-05-01') }, allowed: true },
    { name: 'shorter', from: 'GOVERNANCE', to: { Mode: 'GOVERNANCE', ...until('2026-03-20') }, allowed: false },
    {
      name: 'shorter',
      from: 'GOVERNANCE',
      to: { Mode: 'GOVERNANCE', ...until('2026-03-20') },
      bypass: true,
      allowed: true,
    },
    { name: 'stricter', from: 'GOVERNANCE', to: { Mode: 'COMPLIANCE', ...until(LATER) }, allowed: true },
    {
      name: 'less strict',
      from: 'COMPLIANCE',
      to: { Mode: 'GOVERNANCE', ...until('2026-05-01') },
      bypass: true,
      allowed: false,
    },
    { name: 'none', from: 'GOVERNANCE', to: {}, allowed: false },
    { name: 'none', from: 'GOVERNANCE', to: {}, bypass: true, allowed: true },
  ] as const)('$from to $name, bypass $bypass → $allowed', async ({ from, to, allowed, ...more }) => {
    const { sandbox, s3 } = await rig();
    const bucket = sandbox.createBucket(Bucket, { objectLock: true });
    bucket.put('k', { lock: { mode: from, retainUntil: LATER } });
    const bypass = 'bypass' in more ? { BypassGovernanceRetention: true } : {};
    const call = s3.send(new PutObjectRetentionCommand({ Bucket, Key: 'k', Retention: to, ...bypass }));
    if (allowed) {
      await call;
      expect(bucket.current('k')?.lock.mode).toBe('Mode' in to ? to.Mode : undefined);
    } else {
      expect(await failure(call)).toEqual(LOCKED);
      expect(bucket.current('k')?.lock).toEqual({ mode: from, retainUntil: Date.parse(LATER) });
    }
  });

  it('answers retention and legal hold, or that there is none', async () => {
    const { sandbox, s3 } = await rig();
    sandbox.createBucket(Bucket, { objectLock: true }).put('k');
    const target = { Bucket, Key: 'k' };
    const none = { status: 404, code: 'NoSuchObjectLockConfiguration' };
    expect(await failure(s3.send(new GetObjectRetentionCommand(target)))).toMatchObject(none);
    expect(await failure(s3.send(new GetObjectLegalHoldCommand(target)))).toMatchObject(none);
    await s3.send(new PutObjectLegalHoldCommand({ ...target, LegalHold: { Status: 'ON' } }));
    await s3.send(new PutObjectRetentionCommand({ ...target, Retention: { Mode: 'GOVERNANCE', ...until(LATER) } }));
    expect((await s3.send(new GetObjectLegalHoldCommand(target))).LegalHold).toEqual({ Status: 'ON' });
    expect((await s3.send(new GetObjectRetentionCommand(target))).Retention).toEqual({
      Mode: 'GOVERNANCE',
      ...until(LATER),
    });
  });

  it.each([
    {
      name: 'a marker',
      lock: true,
      marker: true,
      retention: { Mode: 'GOVERNANCE', ...until(LATER) },
      code: 'MethodNotAllowed',
    },
    {
      name: 'the past',
      lock: true,
      marker: false,
      retention: { Mode: 'GOVERNANCE', ...until(EARLIER) },
      code: 'InvalidArgument',
    },
    { name: 'half a retention', lock: true, marker: false, retention: { Mode: 'GOVERNANCE' }, code: 'MalformedXML' },
    {
      name: 'a plain bucket',
      lock: false,
      marker: false,
      retention: { Mode: 'GOVERNANCE', ...until(LATER) },
      code: 'InvalidRequest',
    },
  ] as const)('refuses $name', async ({ lock, marker, retention, code }) => {
    const { sandbox, s3 } = await rig();
    const bucket = sandbox.createBucket(Bucket, { objectLock: lock });
    bucket.put('k');
    if (marker) bucket.delete('k');
    const call = s3.send(new PutObjectRetentionCommand({ Bucket, Key: 'k', Retention: retention }));
    expect((await failure(call)).code).toBe(code);
  });
});

// Recorded: test_bucket_config_default_retention, test_s3_object_lock_mode_validation.
describe('locks that come with a PUT', () => {
  it('beat the default of the bucket', async () => {
    const { sandbox, s3 } = await rig();
    const bucket = sandbox.createBucket(Bucket, { objectLock: { mode: 'GOVERNANCE', days: 1 } });
    await s3.send(new PutObjectCommand({ Bucket, Key: 'default', Body: 'x' }));
    const ObjectLockRetainUntilDate = new Date(LATER);
    await s3.send(
      new PutObjectCommand({ Bucket, Key: 'own', Body: 'x', ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate }),
    );
    expect(bucket.current('default')?.lock).toEqual({
      mode: 'GOVERNANCE',
      retainUntil: Date.parse('2026-03-05T12:00:00Z'),
    });
    expect(bucket.current('own')?.lock).toEqual({ mode: 'COMPLIANCE', retainUntil: Date.parse(LATER) });
  });

  it.each([
    [{ 'x-amz-object-lock-mode': 'GOVERNANCE' }, 'x-amz-object-lock-retain-until-date'],
    [{ 'x-amz-object-lock-retain-until-date': LATER }, 'x-amz-object-lock-mode'],
    [{ 'x-amz-object-lock-retain-until-date': LATER, 'x-amz-object-lock-mode': 'BAD-VALUE' }, 'x-amz-object-lock-mode'],
  ])('must be whole: %j', async (headers, argument) => {
    const { sandbox } = await rig();
    sandbox.createBucket(Bucket, { objectLock: true });
    const answer = await raw(sandbox, '/b/k', { method: 'PUT', headers });
    expect([answer.status, answer.text]).toEqual([
      400,
      expect.stringContaining(`<ArgumentName>${argument}</ArgumentName>`),
    ]);
  });
});
