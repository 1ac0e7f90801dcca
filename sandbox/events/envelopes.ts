import { randomUUID } from 'node:crypto';
import { type Happening, LIFECYCLE } from './happening.ts';
import { kindOf, type Told } from './names.ts';

/**
 * The same by way of EventBridge: another document, with the key as it is, and an account for a principal.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
 */
export function bridgeBody(happening: Happening): string {
  const { name, at, bucket, key, versionId, size, etag, sequencer, actor, requestId } = happening;
  const { tells, bridge } = kindOf(name);
  const told = (what: Told) => tells.includes(what);
  const detail = {
    version: '0',
    'event-version': '1.1',
    bucket: { name: bucket.name },
    object: {
      key,
      ...(told('size') && { size }),
      ...(told('etag') && { etag }),
      ...(versionId !== undefined && { 'version-id': versionId }),
      ...(told('sequencer') && { sequencer: sequencer.toString(16).padStart(16, '0') }),
    },
    'request-id': requestId,
    requester: actor.requester,
    ...(actor !== LIFECYCLE && { 'source-ip-address': actor.sourceIp }),
    ...(bridge.reason !== undefined && { reason: bridge.reason }),
    ...(bridge.deletion !== undefined && { 'deletion-type': bridge.deletion }),
  };
  return JSON.stringify({
    version: '0',
    id: randomUUID(),
    'detail-type': bridge.type,
    source: 'aws.s3',
    account: bucket.owner,
    time: new Date(at).toISOString().replace(/\.\d+Z$/, 'Z'),
    region: bucket.region,
    resources: [`arn:aws:s3:::${bucket.name}`],
    detail,
  });
}

/**
 * A native message by way of a topic of the queue's name.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
 */
export function topicBody(native: string, queue: string, at: number): string {
  const [region, account, name] = queue.split(':').slice(3);
  const topic = `arn:aws:sns:${region}:${account}:${name}`;
  const host = `https://sns.${region}.amazonaws.com`;
  return JSON.stringify({
    Type: 'Notification',
    MessageId: randomUUID(),
    TopicArn: topic,
    Subject: 'Amazon S3 Notification',
    Message: native,
    Timestamp: new Date(at).toISOString(),
    SignatureVersion: '1',
    Signature: 'c2FuZGJveA==',
    SigningCertURL: `${host}/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem`,
    UnsubscribeURL: `${host}/?Action=Unsubscribe&SubscriptionArn=${topic}:${randomUUID()}`,
  });
}
