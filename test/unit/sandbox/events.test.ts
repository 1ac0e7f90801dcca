import {
  CopyObjectCommand,
  DeleteObjectsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  RestoreObjectCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { type EventRig, eventRig, recordOf, removeMany, saidOf } from './events-support.ts';
import { failure } from './support.ts';
import { startOne } from './uploads-support.ts';

const OF_ABC = '900150983cd24fb0d6963f7d28e17f72';
const OF_NOTHING = 'd41d8cd98f00b204e9800998ecf8427e';
const CREATED = 'ObjectCreated:Put';
const MARKED = 'ObjectRemoved:DeleteMarkerCreated';
const REMOVED = 'ObjectRemoved:Delete';

/** What was sent, in order. */
async function said(env: EventRig): Promise<unknown[]> {
  return (await env.bodies()).map(saidOf);
}

// Recorded: test_object_created_put_versioned, test_object_created_put, test_object_created_copy,
// test_object_created_complete_multipart_upload, test_object_created_and_object_removed.
describe('what events say of the object', () => {
  it('where versioning is on', async () => {
    const env = await eventRig();
    const version = await env.put('k', 'abc');
    const marker = await env.remove('k');
    await env.remove('k', version);
    await env.remove('k', marker);
    expect(await said(env)).toEqual([
      [CREATED, { key: 'k', size: 3, eTag: OF_ABC, versionId: version }],
      [MARKED, { key: 'k', eTag: OF_NOTHING, versionId: marker }],
      [REMOVED, { key: 'k', versionId: version }],
      [REMOVED, { key: 'k', versionId: marker }],
    ]);
  });

  it('where it is suspended: null versions are not named, others are', async () => {
    const env = await eventRig();
    const marker = env.bucket.delete('k');
    env.bucket.versioning = 'Suspended';
    await env.put('k', 'abc');
    await env.remove('k', marker);
    await env.remove('k', 'null');
    await env.remove('k');
    expect(await said(env)).toEqual([
      [CREATED, { key: 'k', size: 3, eTag: OF_ABC }],
      [REMOVED, { key: 'k', versionId: marker }],
      [REMOVED, { key: 'k' }],
      [MARKED, { key: 'k', eTag: OF_NOTHING }],
    ]);
  });

  it('where it was never on', async () => {
    const env = await eventRig({ versioning: 'Off' });
    await env.put('k', 'abc');
    await env.remove('k');
    expect(await said(env)).toEqual([
      [CREATED, { key: 'k', size: 3, eTag: OF_ABC }],
      [REMOVED, { key: 'k' }],
    ]);
  });

  it('of copies and of uploads in parts', async () => {
    const env = await eventRig();
    env.bucket.put('source', { body: 'abc' });
    const copy = new CopyObjectCommand({ Bucket: 'b', Key: 'copy', CopySource: 'b/source' });
    const { VersionId } = await env.s3.send(copy);
    const upload = await (await startOne(env)).finish();
    expect(await said(env)).toEqual([
      ['ObjectCreated:Copy', { key: 'copy', size: 3, eTag: OF_ABC, versionId: VersionId }],
      [
        'ObjectCreated:CompleteMultipartUpload',
        { key: 'k', size: 3, eTag: upload.ETag?.replaceAll('"', ''), versionId: upload.VersionId },
      ],
    ]);
  });

  // Recorded: test_object_tagging_put_event, test_restore_object.
  it('of tags and of restores, which tagging gives neither size nor sequencer', async () => {
    const env = await eventRig();
    const versionId = env.bucket.put('k', { body: 'abc', storageClass: 'GLACIER' });
    const target = { Bucket: 'b', Key: 'k' };
    await env.s3.send(new PutObjectTaggingCommand({ ...target, Tagging: { TagSet: [{ Key: 'a', Value: '1' }] } }));
    await env.s3.send(new RestoreObjectCommand({ ...target, RestoreRequest: { Days: 1 } }));
    env.bucket.finishRestore('k');
    // Moves the date, and is no restore.
    await env.s3.send(new RestoreObjectCommand({ ...target, RestoreRequest: { Days: 2 } }));
    expect(await said(env)).toEqual([
      ['ObjectTagging:Put', { key: 'k', eTag: OF_ABC, versionId }],
      ['ObjectRestore:Post', { key: 'k', size: 3, eTag: OF_ABC, versionId }],
    ]);
    const records = (await env.bodies()).map(recordOf);
    expect(records.map(({ eventVersion }) => eventVersion)).toEqual(['2.3', '2.1']);
    expect(records.map(({ s3 }) => s3.object.sequencer !== undefined)).toEqual([false, true]);
  });

  // Recorded: test_key_encoding. https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
  it.each([
    ['a@b', 'a%40b'],
    ['red flower.jpg', 'red+flower.jpg'],
    ['a/b/c', 'a/b/c'],
    ['1+1=2', '1%2B1%3D2'],
    ['100%', '100%25'],
    ['naïve/日本', 'na%C3%AFve/%E6%97%A5%E6%9C%AC'],
    ["it's(1)!~", 'it%27s%281%29%21%7E'],
  ])('the key %j as %j', async (key, encoded) => {
    const env = await eventRig();
    await env.put(key);
    expect((await env.bodies()).map((body) => recordOf(body).s3.object.key)).toEqual([encoded]);
  });
});

describe('what events say of the request', () => {
  it('is all of this, and nothing else', async () => {
    const env = await eventRig({ region: 'us-east-1' });
    env.sandbox.clock.set('2026-03-04T12:00:00.123Z');
    const { $metadata, VersionId } = await env.s3.send(new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: 'abc' }));
    const [body = ''] = await env.bodies();
    expect(JSON.parse(body)).toEqual({
      Records: [
        {
          eventVersion: '2.1',
          eventSource: 'aws:s3',
          awsRegion: 'us-east-1',
          eventTime: '2026-03-04T12:00:00.123Z',
          eventName: CREATED,
          userIdentity: { principalId: 'AWS:AIDAAKIAEXAMPLE' },
          requestParameters: { sourceIPAddress: '127.0.0.1' },
          responseElements: { 'x-amz-request-id': $metadata.requestId, 'x-amz-id-2': $metadata.extendedRequestId },
          s3: {
            s3SchemaVersion: '1.0',
            configurationId: env.bucket.notifications.queues[0]?.id,
            bucket: { name: 'b', ownerIdentity: { principalId: expect.any(String) }, arn: 'arn:aws:s3:::b' },
            object: {
              key: 'k',
              size: 3,
              eTag: OF_ABC,
              versionId: VersionId,
              // The seconds of the moment, then what orders within them.
              sequencer: expect.stringMatching(/^0069A81EC0[0-9A-F]{8}$/),
            },
          },
        },
      ],
    });
  });

  it('names who signed as the test wants it, and where from', async () => {
    const env = await eventRig({
      events: {
        principals: { AKIAEXAMPLE: 'AWS:AROACLEANUP:nightly-cleanup' },
        sourceIps: { AKIAEXAMPLE: '198.51.100.7' },
        eventVersion: '2.6',
      },
    });
    await env.remove('k');
    await fetch(`${env.sandbox.endpoint}/b/k`, { method: 'DELETE' });
    const records = (await env.bodies()).map(recordOf);
    expect(
      records.map((record) => [record.userIdentity.principalId, record.requestParameters.sourceIPAddress]),
    ).toEqual([
      ['AWS:AROACLEANUP:nightly-cleanup', '198.51.100.7'],
      ['Anonymous', '127.0.0.1'],
    ]);
    expect(records.map(({ eventVersion }) => eventVersion)).toEqual(['2.6', '2.6']);
  });

  it('grows from event to event of a key, while the clock stands still and when it is set back', async () => {
    const env = await eventRig();
    await env.put('k');
    await env.remove('k');
    env.sandbox.clock.advance(1);
    await env.put('k');
    env.sandbox.clock.advance(-60_000);
    await env.put('k');
    const sequencers = (await env.bodies()).map((body) => recordOf(body).s3.object.sequencer ?? '');
    expect(sequencers.map((sequencer) => sequencer.length)).toEqual([18, 18, 18, 18]);
    expect(new Set(sequencers).size).toBe(4);
    expect(sequencers).toEqual(sequencers.toSorted());
  });
});

// Recorded: test_delete_objects.
describe('DeleteObjects', () => {
  it('sends a message for each key, all with the id of the one request', async () => {
    const env = await eventRig();
    const keys = ['a', 'b', 'c'];
    const { $metadata } = await removeMany(env, keys);
    const records = (await env.bodies()).map(recordOf);
    expect(records.map(({ eventName, s3 }) => [eventName, s3.object.key])).toEqual(keys.map((key) => [MARKED, key]));
    expect(records.map(({ responseElements }) => responseElements['x-amz-request-id'])).toEqual(
      keys.map(() => $metadata.requestId),
    );
  });

  it('sends none for what it failed to delete, or what was gone', async () => {
    const env = await eventRig({ objectLock: true });
    const held = env.bucket.put('held', { lock: { legalHold: true } });
    const gone = env.bucket.put('gone');
    env.bucket.remove('gone', gone);
    env.sandbox.faults.add({ operation: 'DeleteObjects', key: 'slow', keyError: { code: 'SlowDown' } });
    const Objects = [
      { Key: 'held', VersionId: held },
      { Key: 'gone', VersionId: gone },
      { Key: 'slow' },
      { Key: 'ok' },
    ];
    await env.s3.send(new DeleteObjectsCommand({ Bucket: 'b', Delete: { Objects } }));
    expect((await said(env)).map((one) => JSON.stringify(one))).toEqual([expect.stringContaining('"key":"ok"')]);
  });
});

describe('no event', () => {
  it.each<[string, (env: EventRig) => unknown]>([
    ['of what a test puts, marks or removes itself', ({ bucket }) => bucket.remove('k', bucket.delete('k') ?? '')],
    ['of a version that is gone already', async (env) => env.remove('k', env.bucket.nextVersionId())],
    [
      'of a write whose condition fails',
      (env) => failure(env.s3.send(new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: 'x', IfNoneMatch: '*' }))),
    ],
    [
      'of a request that a fault answers',
      (env) => {
        env.sandbox.faults.add({ respond: { status: 503, code: 'SlowDown' } });
        return failure(env.put('k'));
      },
    ],
    ['of a read', (env) => fetch(`${env.sandbox.endpoint}/b/k`)],
  ])('%s', async (_, act) => {
    const env = await eventRig();
    env.bucket.put('k', { body: 'abc' });
    await act(env);
    expect(await said(env)).toEqual([]);
  });

  it('of a key that is not there, where versioning is off', async () => {
    const env = await eventRig({ versioning: 'Off' });
    await env.remove('never-there');
    expect(await said(env)).toEqual([]);
  });

  it('of a bucket that was told to send none', async () => {
    const env = await eventRig();
    const silent = env.sandbox.createBucket('silent');
    await env.s3.send(new PutObjectCommand({ Bucket: 'silent', Key: 'k', Body: 'x' }));
    expect([silent.keys(), await said(env)]).toEqual([['k'], []]);
  });
});

describe('an event of what nobody was told', () => {
  it('is sent where the reply is lost after the deed', async () => {
    const env = await eventRig();
    env.sandbox.faults.add({ operation: 'DeleteObject', drop: 'after' });
    await expect(env.remove('k')).rejects.toThrow();
    expect(await said(env)).toEqual([[MARKED, { key: 'k', eTag: OF_NOTHING, versionId: expect.any(String) }]]);
  });
});
