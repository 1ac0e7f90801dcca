import type { BucketEvent } from '../core/event.ts';
import { check, type Fields, fieldsIn, refused } from './fields.ts';
import { plainKey } from './key.ts';
import { bucketOf, sequencerOf, timeOf, versionIdOf, whoOf } from './values.ts';

/** Events as EventBridge hands them on. https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */

type What = Pick<BucketEvent, 'kind' | 'name' | 'copied'>;

/** All but the two that say more. https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html */
const OTHERS: ReadonlySet<string> = new Set([
  'Object Restore Initiated',
  'Object Restore Completed',
  'Object Restore Expired',
  'Object Storage Class Changed',
  'Object Access Tier Changed',
  'Object ACL Updated',
  'Object Tags Added',
  'Object Tags Deleted',
]);

/** The value is true where it is a copy. The page writes `POST Object`; whether the events do is not shown anywhere. */
const CREATED_BY: ReadonlyMap<string, boolean> = new Map([
  ['PutObject', false],
  ['POST Object', false],
  ['PostObject', false],
  ['CopyObject', true],
  ['CompleteMultipartUpload', true],
]);

const ENVELOPE_VERSION = /^0(\.\d{1,9})?$/;
const EVENT_VERSION = /^1(\.\d{1,9})?$/;

/** @throws NotUnderstood */
export function readEventBridge(event: Fields): BucketEvent {
  check(event, 'source', /^aws\.s3$/, 'is not S3');
  check(event, 'version', ENVELOPE_VERSION, 'is of a version that is not known (0 is)');
  const detail = fieldsIn(event, 'detail');
  check(detail, 'version', ENVELOPE_VERSION, 'is of a version that is not known (0 is)', 'detail.');
  // Since 2026; without it, the event has what version 1.0 has.
  if (detail['event-version'] !== undefined) {
    check(detail, 'event-version', EVENT_VERSION, 'is of a version that is not known (1.x is)', 'detail.');
  }
  const what = whatOf(event['detail-type'], detail);

  const object = fieldsIn(detail, 'object', 'detail.object');
  const versionId = versionIdOf(object['version-id'], 'detail.object.version-id');
  const sequencer = sequencerOf(object.sequencer, 'detail.object.sequencer');
  return {
    ...what,
    bucket: bucketOf(fieldsIn(detail, 'bucket', 'detail.bucket').name, 'detail.bucket.name'),
    key: plainKey(object.key, 'detail.object.key'),
    ...(versionId !== undefined && { versionId }),
    ...(sequencer !== undefined && { sequencer }),
    at: timeOf(event.time, 'time'),
    who: whoOf(detail.requester, detail['source-ip-address'], detail['request-id']),
  };
}

function whatOf(type: unknown, detail: Fields): What {
  if (type === 'Object Deleted') return deletion(detail);
  if (type === 'Object Created') return creation(detail.reason);
  if (typeof type === 'string' && OTHERS.has(type)) return { kind: 'other', name: type };
  throw refused('detail-type', type, 'is none of the events of S3');
}

function deletion(detail: Fields): What {
  const type = detail['deletion-type'];
  if (type === 'Permanently Deleted') return { kind: 'other', name: `Object Deleted: ${type}` };
  if (type !== 'Delete Marker Created') throw refused('detail.deletion-type', type, 'is no deletion of S3');
  // Whatever else may delete one day is no lifecycle rule, which is left alone unless a policy names it.
  const byRule = detail.reason === 'Lifecycle Expiration';
  return { kind: byRule ? 'lifecycle-delete-marker' : 'delete-marker', name: `Object Deleted: ${type}` };
}

/** Something was written, also where it is not known how. A name is S3's, never text from outside. */
function creation(reason: unknown): What {
  const copied = typeof reason === 'string' ? CREATED_BY.get(reason) : undefined;
  return {
    kind: 'overwrite',
    name: copied === undefined ? 'Object Created' : `Object Created: ${reason}`,
    ...(copied === true && { copied }),
  };
}
