import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventRig, OTHER_QUEUE, QUEUE, recordOf, saidOf } from './events-support.ts';

const OF_ABC = '900150983cd24fb0d6963f7d28e17f72';
const OF_NOTHING = 'd41d8cd98f00b204e9800998ecf8427e';
const UUID = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const SEQUENCER = expect.stringMatching(/^69a81ec0[0-9a-f]{8}$/);

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
describe('by way of EventBridge', () => {
  async function bridged() {
    const env = await eventRig({ events: { forms: { [QUEUE]: 'eventbridge' } } });
    const details = async () =>
      (await env.bodies()).map((body) => z.looseObject({ detail: z.unknown() }).parse(JSON.parse(body)).detail);
    return { ...env, details };
  }

  it('comes in its envelope, with the key as it is and an account for a principal', async () => {
    const env = await bridged();
    const VersionId = await env.put('red flower/ü.jpg');
    const [body = ''] = await env.bodies();
    expect(JSON.parse(body)).toEqual({
      version: '0',
      id: UUID,
      'detail-type': 'Object Created',
      source: 'aws.s3',
      account: '111122223333',
      time: '2026-03-04T12:00:00Z',
      region: 'us-east-1',
      resources: ['arn:aws:s3:::b'],
      detail: {
        version: '0',
        'event-version': '1.1',
        bucket: { name: 'b' },
        object: { key: 'red flower/ü.jpg', size: 3, etag: OF_ABC, 'version-id': VersionId, sequencer: SEQUENCER },
        'request-id': expect.stringMatching(/^SANDBOX/),
        requester: '111122223333',
        'source-ip-address': '127.0.0.1',
        reason: 'PutObject',
      },
    });
  });

  it('tells a marker from what is deleted for good, and a person from lifecycle', async () => {
    const env = await bridged();
    const version = env.bucket.put('k');
    const marker = await env.remove('k');
    await env.remove('k', marker);
    const expired = env.bucket.expire('k');
    const [added, removed, lifecycle] = await env.details();
    const request = { requester: '111122223333', 'source-ip-address': '127.0.0.1', reason: 'DeleteObject' };
    expect(added).toMatchObject({
      object: { key: 'k', etag: OF_NOTHING, 'version-id': marker, sequencer: SEQUENCER },
      ...request,
      'deletion-type': 'Delete Marker Created',
    });
    expect(removed).toMatchObject({ ...request, 'deletion-type': 'Permanently Deleted' });
    expect(removed).toHaveProperty('object', { key: 'k', 'version-id': marker, sequencer: SEQUENCER });
    expect(lifecycle).toEqual({
      version: '0',
      'event-version': '1.1',
      bucket: { name: 'b' },
      // The first number of its midnight, as in the documentation's example.
      object: { key: 'k', etag: OF_NOTHING, 'version-id': expired, sequencer: '69a7760000000000' },
      'request-id': expect.any(String),
      requester: 's3.amazonaws.com',
      reason: 'Lifecycle Expiration',
      'deletion-type': 'Delete Marker Created',
    });
    expect(env.bucket.entries('k').map(({ versionId }) => versionId)).toEqual([expired, version]);
  });

  it('is not announced', async () => {
    const env = await bridged();
    await env.sandbox.events.settled();
    expect(env.sandbox.events.sent).toBe(0);
  });
});

// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
describe('by way of an SNS topic', () => {
  it('is the native message in an envelope, the announcement too', async () => {
    const env = await eventRig({ events: { forms: { [QUEUE]: 'sns' } } });
    const versionId = await env.remove('k');
    const [body = ''] = await env.bodies();
    const envelope: unknown = JSON.parse(body);
    expect(envelope).toMatchObject({
      Type: 'Notification',
      MessageId: UUID,
      TopicArn: 'arn:aws:sns:us-east-1:111122223333:deletions',
      Subject: 'Amazon S3 Notification',
      Timestamp: '2026-03-04T12:00:00.000Z',
    });
    const { Message } = z.looseObject({ Message: z.string() }).parse(envelope);
    expect(saidOf(Message)).toEqual(['ObjectRemoved:DeleteMarkerCreated', { key: 'k', eTag: OF_NOTHING, versionId }]);
    expect(env.sandbox.events.sent).toBe(2);
  });
});

it('every form of the same event, side by side', async () => {
  const bridge = 'arn:aws:sqs:us-east-1:111122223333:bridge';
  const env = await eventRig({
    events: { arns: [QUEUE, OTHER_QUEUE, bridge], forms: { [OTHER_QUEUE]: 'sns', [bridge]: 'eventbridge' } },
  });
  const marker = await env.remove('k');
  const messages = await Promise.all([QUEUE, OTHER_QUEUE, bridge].map((arn) => env.bodies(arn)));
  expect(messages.map((bodies) => bodies.length)).toEqual([1, 1, 1]);
  expect(messages.flat().filter((body) => body.includes(marker ?? ''))).toHaveLength(3);
});

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configure-notification.html
describe('expire, as lifecycle does', () => {
  it('puts a marker stamped midnight, and sends its event of now', async () => {
    const env = await eventRig();
    env.bucket.put('k', { body: 'abc' });
    env.sandbox.clock.set('2026-03-04T12:34:56.789Z');
    const versionId = env.bucket.expire('k');
    expect(env.bucket.current('k')).toMatchObject({
      versionId,
      deleteMarker: true,
      lastModified: Date.parse('2026-03-04T00:00:00Z'),
    });
    const [body = ''] = await env.bodies();
    expect(saidOf(body)).toEqual([
      'LifecycleExpiration:DeleteMarkerCreated',
      { key: 'k', eTag: OF_NOTHING, versionId },
    ]);
    expect(recordOf(body)).toMatchObject({
      eventVersion: '2.3',
      eventTime: '2026-03-04T12:34:56.789Z',
      userIdentity: { principalId: 's3.amazonaws.com' },
      requestParameters: { sourceIPAddress: 's3.amazonaws.com' },
      s3: { object: { sequencer: '0069A7760000000000' } },
    });
  });

  it('removes for good where versioning is off', async () => {
    const env = await eventRig({ versioning: 'Off' });
    env.bucket.put('k');
    expect(env.bucket.expire('k')).toBeUndefined();
    expect(env.bucket.keys()).toEqual([]);
    expect((await env.bodies()).map(saidOf)).toEqual([['LifecycleExpiration:Delete', { key: 'k' }]]);
  });

  it('refuses a key that has no current version', async () => {
    const { bucket } = await eventRig();
    bucket.put('k');
    bucket.delete('k');
    for (const key of ['k', 'never-there']) expect(() => bucket.expire(key)).toThrow(`expire: ${key} has no current`);
  });
});
