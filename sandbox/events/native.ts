import { HOST_ID } from '../http/reply.ts';
import { encodeKey } from '../http/xml.ts';
import type { Happening } from './happening.ts';
import { kindOf, type Told } from './names.ts';

/** S3 calls this id obsolete, and sends it still. */
const OWNER_ID = 'A3SANDBOXOWNER';

/**
 * The body of one message, with one record, as all of S3's are. `version`: that of every record, whatever S3 gave it.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export function nativeBody(happening: Happening, configurationId: string, version: string | undefined): string {
  const { name, at, bucket, key, versionId, size, etag, sequencer, actor, requestId } = happening;
  const kind = kindOf(name);
  const tells = (what: Told) => kind.tells.includes(what);
  const record = {
    eventVersion: version ?? kind.version,
    eventSource: 'aws:s3',
    awsRegion: bucket.region,
    eventTime: new Date(at).toISOString(),
    eventName: name,
    userIdentity: { principalId: actor.principal },
    requestParameters: { sourceIPAddress: actor.sourceIp },
    responseElements: { 'x-amz-request-id': requestId, 'x-amz-id-2': HOST_ID },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId,
      bucket: { name: bucket.name, ownerIdentity: { principalId: OWNER_ID }, arn: `arn:aws:s3:::${bucket.name}` },
      object: {
        key: encodeKey(key),
        ...(tells('size') && { size }),
        ...(tells('etag') && { eTag: etag }),
        ...(versionId !== undefined && { versionId }),
        ...(tells('sequencer') && { sequencer: sequencer.toString(16).toUpperCase().padStart(18, '0') }),
      },
    },
  };
  return JSON.stringify({ Records: [record] });
}

/** What S3 sends to a queue when its notifications are switched on: the same page. */
export function testBody(bucket: string, at: number, requestId: string): string {
  return JSON.stringify({
    Service: 'Amazon S3',
    Event: 's3:TestEvent',
    Time: new Date(at).toISOString(),
    Bucket: bucket,
    RequestId: requestId,
    HostId: HOST_ID,
  });
}
