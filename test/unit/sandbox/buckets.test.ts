import { request } from 'node:http';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { clientOf, failure, raw, rig } from './support.ts';

const Bucket = 'bkt';

// Recorded: test_bucket_versioning_crud.
describe('bucket versioning', () => {
  it('goes Off → Suspended → Enabled, as asked', async () => {
    const { sandbox, s3 } = await rig();
    const bucket = sandbox.createBucket(Bucket, { versioning: 'Off' });
    expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBeUndefined();
    for (const Status of ['Suspended', 'Enabled'] as const) {
      await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
      expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe(Status);
      expect(bucket.versioning).toBe(Status);
    }
  });

  it.each([
    ['<Status>enabled</Status>', 'MalformedXML'],
    ['<Status>Disabled</Status>', 'MalformedXML'],
    ['', 'IllegalVersioningConfigurationException'],
  ])('refuses %j', async (content, code) => {
    const { sandbox } = await rig();
    const bucket = sandbox.createBucket(Bucket, { versioning: 'Off' });
    const body = `<VersioningConfiguration>${content}</VersioningConfiguration>`;
    const answer = await raw(sandbox, `/${Bucket}?versioning`, { method: 'PUT', body });
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining(`<Code>${code}</Code>`)]);
    expect(bucket.versioning).toBe('Off');
  });

  it('tells of MFA delete', async () => {
    const { sandbox, s3 } = await rig();
    sandbox.createBucket(Bucket, { mfaDelete: true });
    const answer = await s3.send(new GetBucketVersioningCommand({ Bucket }));
    expect(answer).toMatchObject({ Status: 'Enabled', MFADelete: 'Enabled' });
  });
});

// Recorded: test_get_put_object_lock_configuration and its neighbours, test_disable_versioning_on_locked_bucket.
describe('Object Lock of a bucket', () => {
  it('is not found, enabled, and with a default', async () => {
    const { sandbox, s3 } = await rig();
    const bucket = sandbox.createBucket(Bucket);
    const get = () => s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
    expect(await failure(get())).toMatchObject({ status: 404, code: 'ObjectLockConfigurationNotFoundError' });
    bucket.objectLock = {};
    expect((await get()).ObjectLockConfiguration).toEqual({ ObjectLockEnabled: 'Enabled' });
    const rule = { DefaultRetention: { Mode: 'GOVERNANCE', Days: 1 } } as const;
    const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled', Rule: rule } as const;
    await s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
    expect((await get()).ObjectLockConfiguration).toEqual(ObjectLockConfiguration);
  });

  it('switches versioning on where a bucket is made with it', async () => {
    const { sandbox, s3 } = await rig();
    await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    expect(sandbox.bucket(Bucket)).toMatchObject({ versioning: 'Enabled', objectLock: {} });
    expect(sandbox.createBucket('other', { objectLock: true }).versioning).toBe('Enabled');
    for (const versioning of ['Suspended', 'Off'] as const) {
      expect(() => sandbox.createBucket('third', { objectLock: true, versioning })).toThrow('Object Lock');
    }
  });

  it('needs versioning, and keeps it', async () => {
    const { sandbox, s3 } = await rig();
    const bucket = sandbox.createBucket(Bucket, { versioning: 'Suspended' });
    const lock = new PutObjectLockConfigurationCommand({
      Bucket,
      ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' },
    });
    expect(await failure(s3.send(lock))).toMatchObject({ status: 409, code: 'InvalidBucketState' });
    bucket.versioning = 'Enabled';
    await s3.send(lock);
    const suspend = new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } });
    expect(await failure(s3.send(suspend))).toMatchObject({ status: 409, code: 'InvalidBucketState' });
  });
});

describe('finding a bucket', () => {
  it('creates, lists, and deletes when every version and marker is gone', async () => {
    const { sandbox, s3 } = await rig();
    await s3.send(new CreateBucketCommand({ Bucket }));
    expect(await failure(s3.send(new CreateBucketCommand({ Bucket })))).toMatchObject({ status: 409 });
    expect((await s3.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name)).toEqual([Bucket]);
    // Recorded: test_delete_versioned_bucket_with_objects.
    sandbox.bucket(Bucket).versioning = 'Enabled';
    const marker = sandbox.bucket(Bucket).delete('k') ?? '';
    expect(await failure(s3.send(new DeleteBucketCommand({ Bucket })))).toMatchObject({
      status: 409,
      code: 'BucketNotEmpty',
    });
    sandbox.bucket(Bucket).remove('k', marker);
    await s3.send(new DeleteBucketCommand({ Bucket }));
    expect(await failure(s3.send(new ListObjectVersionsCommand({ Bucket })))).toMatchObject({
      status: 404,
      code: 'NoSuchBucket',
    });
    expect(await failure(s3.send(new HeadBucketCommand({ Bucket })))).toMatchObject({ status: 404, code: 'NotFound' });
    expect(() => sandbox.bucket(Bucket)).toThrow('there is no bucket bkt');
  });

  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html
  it('points to the region of the bucket', async () => {
    const { sandbox } = await rig();
    sandbox.createBucket(Bucket, { region: 'eu-central-1' });
    const authorization =
      'AWS4-HMAC-SHA256 Credential=AKIA/20260304/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0';
    const head = await raw(sandbox, `/${Bucket}`, { method: 'HEAD', headers: { authorization }, redirect: 'manual' });
    expect([head.status, head.headers.get('x-amz-bucket-region'), head.text]).toEqual([301, 'eu-central-1', '']);
    const list = await raw(sandbox, `/${Bucket}?versions`, { headers: { authorization }, redirect: 'manual' });
    expect([list.status, list.headers.get('x-amz-bucket-region')]).toEqual([301, 'eu-central-1']);
    expect(list.text).toContain('<Code>PermanentRedirect</Code>');
    expect(list.text).toContain('<Endpoint>bkt.s3.eu-central-1.amazonaws.com</Endpoint>');
    const s3 = clientOf(sandbox);
    expect((await s3.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBe('eu-central-1');
    const right = clientOf(sandbox, { region: 'eu-central-1' });
    expect((await right.send(new HeadBucketCommand({ Bucket }))).BucketRegion).toBe('eu-central-1');
  });

  // Recorded: test_delete_bucket_policy_expected_bucket_owner.
  it.each([
    ['111122223333', 200, undefined],
    ['999999999999', 403, 'AccessDenied'],
    ['nobody', 400, 'InvalidBucketOwnerAWSAccountID'],
  ])('expected owner %s → %i', async (ExpectedBucketOwner, status, code) => {
    const { sandbox, s3 } = await rig();
    sandbox.createBucket(Bucket);
    const call = s3.send(new ListObjectVersionsCommand({ Bucket, ExpectedBucketOwner }));
    if (code === undefined) expect((await call).IsTruncated).toBe(false);
    else expect(await failure(call)).toMatchObject({ status, code });
  });

  it.each(['bkt.s3.test', 'bkt.localhost', 'bkt.s3.eu-west-1.amazonaws.com', 'bkt.127.0.0.1'])(
    'finds it in the host name %s',
    async (host) => {
      const { sandbox } = await rig();
      sandbox.createBucket(Bucket).put('a/b', { body: 'abc' });
      const status = await new Promise((resolve, reject) => {
        const headers = { host: `${host}:9000` };
        request(`${sandbox.endpoint}/a/b`, { headers, agent: false }, (response) => {
          response.resume();
          resolve([response.statusCode, response.headers['content-length']]);
        })
          .on('error', reject)
          .end();
      });
      expect(status).toEqual([200, '3']);
    },
  );

  it.each(['/bkt/k?acl', '/bkt/k?uploads', '/bkt?lifecycle', '/bkt/k?restore'])(
    'never takes %s for a plain request',
    async (path) => {
      const { sandbox } = await rig();
      const bucket = sandbox.createBucket(Bucket);
      bucket.put('k');
      const before = bucket.snapshot();
      for (const method of ['PUT', 'DELETE', 'PATCH']) expect((await raw(sandbox, path, { method })).status).toBe(501);
      expect(bucket.snapshot()).toEqual(before);
    },
  );
});

describe('the handle of a bucket', () => {
  it('gives the same ids in every run', async () => {
    const ids = [];
    for (let run = 0; run < 2; run++) {
      const bucket = (await rig()).sandbox.createBucket(Bucket);
      ids.push([bucket.put('a'), bucket.delete('a'), bucket.put('b')]);
    }
    expect(ids[0]).toEqual(ids[1]);
    expect(new Set(ids[0]).size).toBe(3);
    for (const id of ids[0] ?? []) expect(id).toMatch(/^[A-Za-z0-9._]{32}$/);
  });

  it('takes snapshots that later changes leave alone', async () => {
    const bucket = (await rig()).sandbox.createBucket(Bucket);
    bucket.put('k', { versionId: 'v', tags: { a: '1' } });
    const before = bucket.snapshot();
    const [entry] = bucket.entries('k');
    if (entry) entry.tags = { a: '2' };
    bucket.delete('k');
    expect(before.k?.map(({ versionId, tags }) => [versionId, tags])).toEqual([['v', { a: '1' }]]);
    expect(bucket.snapshot()).not.toEqual(before);
  });

  it.each([
    ['an id that the key has', { versionId: 'v' }],
    ['a size beside a body', { size: 1, body: 'x' }],
    ['half a lock', { lock: { mode: 'GOVERNANCE' } }],
    ['no time', { lastModified: 'yesterday' }],
  ] as const)('refuses %s', async (_name, options) => {
    const bucket = (await rig()).sandbox.createBucket(Bucket);
    bucket.put('k', { versionId: 'v' });
    expect(() => bucket.put('k', options)).toThrow();
    expect(bucket.entries('k')).toHaveLength(1);
  });

  it('refuses an issued id where only null versions are written', async () => {
    const bucket = (await rig()).sandbox.createBucket(Bucket, { versioning: 'Suspended' });
    expect(() => bucket.put('k', { versionId: 'v' })).toThrow('bkt is Suspended');
  });
});

describe('the clock', () => {
  it('stamps entries and replies', async () => {
    const { sandbox, s3 } = await rig({ now: '2026-01-02T03:04:05.999Z' });
    const bucket = sandbox.createBucket(Bucket);
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
    sandbox.clock.advance(1000);
    bucket.put('k');
    sandbox.clock.set('2026-02-01T00:00:00Z');
    bucket.delete('k');
    expect(bucket.entries('k').map(({ lastModified }) => new Date(lastModified).toISOString())).toEqual([
      '2026-02-01T00:00:00.000Z',
      '2026-01-02T03:04:06.000Z',
      '2026-01-02T03:04:05.000Z',
    ]);
    expect((await raw(sandbox, '/')).headers.get('date')).toBe('Sun, 01 Feb 2026 00:00:00 GMT');
  });

  it('does not make clients believe that their own clock is wrong', async () => {
    const { sandbox } = await rig({ now: '2001-01-01T00:00:00Z' });
    const s3 = clientOf(sandbox, { maxAttempts: 3 });
    expect(await failure(s3.send(new HeadBucketCommand({ Bucket: 'absent' })))).toMatchObject({ status: 404 });
    expect(sandbox.requests.count()).toBe(1);
  });
});
