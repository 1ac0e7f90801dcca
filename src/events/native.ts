import type { BucketEvent } from '../core/event.ts';
import { check, type Fields, fieldsIn, isFields, refused } from './fields.ts';
import { nativeKey } from './key.ts';
import { bucketOf, sequencerOf, timeOf, versionIdOf, whoOf } from './values.ts';

/**
 * Records of S3's own notifications, to a queue, a topic or a function.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */

type What = Pick<BucketEvent, 'kind' | 'copied'>;

const OTHER: What = { kind: 'other' };
const WRITTEN: What = { kind: 'overwrite' };
const COPIED: What = { kind: 'overwrite', copied: true };

/**
 * Every event that S3 has. One that is not here is not understood, and so never acknowledged: it may be a new way to delete.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
 */
const EVENTS: ReadonlyMap<string, What> = new Map([
  ['ObjectRemoved:DeleteMarkerCreated', { kind: 'delete-marker' }],
  ['LifecycleExpiration:DeleteMarkerCreated', { kind: 'lifecycle-delete-marker' }],
  ['ObjectCreated:Put', WRITTEN],
  ['ObjectCreated:Post', WRITTEN],
  ['ObjectCreated:Copy', COPIED],
  // Also where the parts were copied (UploadPartCopy).
  ['ObjectCreated:CompleteMultipartUpload', COPIED],
  // A version is gone for good, or a marker was removed, as an undelete does: nothing to undo.
  ['ObjectRemoved:Delete', OTHER],
  ['LifecycleExpiration:Delete', OTHER],
  ['LifecycleTransition', OTHER],
  ['IntelligentTiering', OTHER],
  ['ObjectRestore:Post', OTHER],
  ['ObjectRestore:Completed', OTHER],
  ['ObjectRestore:Delete', OTHER],
  ['ObjectTagging:Put', OTHER],
  ['ObjectTagging:Delete', OTHER],
  ['ObjectAcl:Put', OTHER],
  ['ObjectAnnotation:Put', OTHER],
  ['ObjectAnnotation:Delete', OTHER],
  ['ObjectRetention:Put', OTHER],
  ['Replication:OperationFailedReplication', OTHER],
  ['Replication:OperationMissedThreshold', OTHER],
  ['Replication:OperationReplicatedAfterThreshold', OTHER],
  ['Replication:OperationNotTracked', OTHER],
  ['ReducedRedundancyLostObject', OTHER],
]);

/** `aws:s3`; other servers put their own name in front. */
const SOURCE = /^[\w.-]+:s3$/;

/** Compare the major version, ignore fields that are not known: so S3 asks for it. */
const VERSION = /^2\.\d{1,9}$/;
const SCHEMA_VERSION = /^1\.\d{1,9}$/;

/** @throws NotUnderstood */
export function readRecord(record: Fields): BucketEvent {
  check(record, 'eventSource', SOURCE, 'is not S3');
  check(record, 'eventVersion', VERSION, 'is of a version that is not known (2.x is)');
  const { name, what } = eventOf(record.eventName);

  const s3 = fieldsIn(record, 's3');
  if (s3.s3SchemaVersion !== undefined) {
    check(s3, 's3SchemaVersion', SCHEMA_VERSION, 'is of a version that is not known (1.x is)', 's3.');
  }
  const object = fieldsIn(s3, 'object', 's3.object');
  const versionId = versionIdOf(object.versionId, 's3.object.versionId');
  const sequencer = sequencerOf(object.sequencer, 's3.object.sequencer');
  return {
    ...what,
    name,
    bucket: bucketOf(fieldsIn(s3, 'bucket', 's3.bucket').name, 's3.bucket.name'),
    key: nativeKey(object.key, 's3.object.key'),
    ...(versionId !== undefined && { versionId }),
    ...(sequencer !== undefined && { sequencer }),
    at: timeOf(record.eventTime, 'eventTime'),
    who: whoOf(
      inner(record, 'userIdentity', 'principalId'),
      inner(record, 'requestParameters', 'sourceIPAddress'),
      inner(record, 'responseElements', 'x-amz-request-id'),
    ),
  };
}

/** The configuration of a bucket says `s3:ObjectRemoved:Delete`; in a record S3 leaves `s3:` away, and some servers do not. */
function eventOf(value: unknown): { name: string; what: What } {
  const name = typeof value === 'string' ? value.replace(/^s3:/, '') : '';
  const what = EVENTS.get(name);
  if (what === undefined) throw refused('eventName', value, 'is none of the events of S3');
  return { name, what };
}

function inner(of: Fields, part: string, name: string): unknown {
  const value = of[part];
  return isFields(value) ? value[name] : undefined;
}
