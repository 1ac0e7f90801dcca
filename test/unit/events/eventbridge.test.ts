import { describe, expect, it } from 'vitest';
import { EVENTBRIDGE_CREATED } from '../../support/event-samples.ts';
import { bridge, changed, eventOf, problemOf } from './support.ts';

describe('the events of EventBridge', () => {
  const created = (reason: unknown) => changed(EVENTBRIDGE_CREATED, 'detail/reason', reason);
  it.each([
    [created('PutObject'), 'overwrite', 'Object Created: PutObject'],
    [created('POST Object'), 'overwrite', 'Object Created: POST Object'],
    [created('CopyObject'), 'overwrite, copied', 'Object Created: CopyObject'],
    [created('CompleteMultipartUpload'), 'overwrite, copied', 'Object Created: CompleteMultipartUpload'],
    [created('::set-output'), 'overwrite', 'Object Created'],
    [created('constructor'), 'overwrite', 'Object Created'],
    [created(undefined), 'overwrite', 'Object Created'],
    [created(1), 'overwrite', 'Object Created'],
    [bridge('detail/reason', 'DeleteObject'), 'delete-marker', 'Object Deleted: Delete Marker Created'],
    [
      bridge('detail/reason', 'Lifecycle Expiration'),
      'lifecycle-delete-marker',
      'Object Deleted: Delete Marker Created',
    ],
    [bridge('detail/reason', 'Something New'), 'delete-marker', 'Object Deleted: Delete Marker Created'],
    [bridge('detail/reason', undefined), 'delete-marker', 'Object Deleted: Delete Marker Created'],
    [bridge('detail/deletion-type', 'Permanently Deleted'), 'other', 'Object Deleted: Permanently Deleted'],
    ...[
      'Object Restore Initiated',
      'Object Restore Completed',
      'Object Restore Expired',
      'Object Storage Class Changed',
      'Object Access Tier Changed',
      'Object ACL Updated',
      'Object Tags Added',
      'Object Tags Deleted',
    ].map((type) => [bridge('detail-type', type), 'other', type] as const),
  ] as const)('%#: of kind %s, %s', (message, kind, name) => {
    const event = eventOf(message);
    expect(event.copied ? `${event.kind}, copied` : event.kind).toBe(kind);
    expect(event.name).toBe(name);
  });

  it.each([
    [bridge('detail/deletion-type', undefined), 'detail.deletion-type is missing'],
    [bridge('detail/deletion-type', 'Gone'), 'detail.deletion-type "Gone" is no deletion of S3'],
    [
      bridge('detail-type', 'AWS API Call via CloudTrail'),
      'detail-type "AWS API Call via CloudTrail" is none of the events of S3',
    ],
    [bridge('detail-type', null), 'detail-type null is none of the events of S3'],
    [bridge('source', 'aws.ec2'), 'source "aws.ec2" is not S3'],
    [bridge('source', 'awsxs3'), 'source "awsxs3" is not S3'],
    [bridge('source', undefined), 'source is missing'],
    [bridge('version', '1'), 'version "1" is of a version that is not known (0 is)'],
    [bridge('version', undefined), 'version is missing'],
    [bridge('version', 0), 'version 0 is of a version that is not known (0 is)'],
    [bridge('detail/version', '1'), 'detail.version "1" is of a version that is not known (0 is)'],
    [bridge('detail/version', undefined), 'detail.version is missing'],
    [bridge('detail/event-version', '2.0'), 'detail.event-version "2.0" is of a version that is not known (1.x is)'],
    [bridge('detail/event-version', '10.0'), 'detail.event-version "10.0" is of a version that is not known (1.x is)'],
    [bridge('detail', []), 'detail (a list) is not an object'],
    [bridge('detail/bucket', undefined), 'detail.bucket is missing'],
    [bridge('detail/bucket/name', ''), 'detail.bucket.name "" is not the name of a bucket'],
    [bridge('detail/object', 'a'), 'detail.object "a" is not an object'],
    [bridge('detail/object/key', ''), 'detail.object.key "" is empty'],
    [bridge('detail/object/key', undefined), 'detail.object.key is missing'],
    [
      bridge('detail/object/sequencer', 'xyz'),
      'detail.object.sequencer "xyz" is not a hexadecimal number of at most 64 digits',
    ],
    [bridge('detail/object/version-id', 5), 'detail.object.version-id 5 is not a version id'],
    [bridge('time', 'now'), 'time "now" is not a time (such as 2026-11-22T14:00:00.000Z)'],
  ])('%#: not understood: %s', (message, problem) => {
    expect(problemOf(message)).toBe(problem);
  });

  it.each(['0', '0.1'])('envelope version %s is known', (version) => {
    expect(eventOf(bridge('version', version)).kind).toBe('delete-marker');
    expect(eventOf(bridge('detail/version', version)).kind).toBe('delete-marker');
  });

  it.each(['1.0', '1.2', '1.99', '1', undefined])('event version %s is known', (version) => {
    expect(eventOf(bridge('detail/event-version', version)).kind).toBe('delete-marker');
  });

  it.each(['a b+c', 'a%20b', '100%', '%zz', '\u{1f600}', ' ', 'a\nb'])('the key %j is taken as it is', (key) => {
    expect(eventOf(bridge('detail/object/key', key)).key).toBe(key);
  });
});
