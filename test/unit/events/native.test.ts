import { describe, expect, it } from 'vitest';
import { parseMessage } from '../../../src/events/index.ts';
import { MARKER } from '../../support/event-samples.ts';
import { changed, eventOf, native, parse, problemOf } from './support.ts';

describe('the events of S3', () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
  it.each([
    ['ObjectRemoved:DeleteMarkerCreated', 'delete-marker'],
    ['LifecycleExpiration:DeleteMarkerCreated', 'lifecycle-delete-marker'],
    ['ObjectCreated:Put', 'overwrite'],
    ['ObjectCreated:Post', 'overwrite'],
    ['ObjectCreated:Copy', 'overwrite, copied'],
    ['ObjectCreated:CompleteMultipartUpload', 'overwrite, copied'],
    ['ObjectRemoved:Delete', 'other'],
    ['LifecycleExpiration:Delete', 'other'],
    ['LifecycleTransition', 'other'],
    ['IntelligentTiering', 'other'],
    ['ObjectRestore:Post', 'other'],
    ['ObjectRestore:Completed', 'other'],
    ['ObjectRestore:Delete', 'other'],
    ['ObjectTagging:Put', 'other'],
    ['ObjectTagging:Delete', 'other'],
    ['ObjectAcl:Put', 'other'],
    ['ObjectAnnotation:Put', 'other'],
    ['ObjectAnnotation:Delete', 'other'],
    ['ObjectRetention:Put', 'other'],
    ['Replication:OperationFailedReplication', 'other'],
    ['Replication:OperationMissedThreshold', 'other'],
    ['Replication:OperationReplicatedAfterThreshold', 'other'],
    ['Replication:OperationNotTracked', 'other'],
    ['ReducedRedundancyLostObject', 'other'],
  ])('%s is of kind %s, with and without "s3:"', (name, kind) => {
    for (const eventName of [name, `s3:${name}`]) {
      const event = eventOf(native('eventName', eventName));
      expect(event.copied ? `${event.kind}, copied` : event.kind).toBe(kind);
      expect(event.name).toBe(name);
    }
  });

  it.each([
    'ObjectRemoved:*',
    'ObjectRemoved',
    'ObjectRemoved:deletemarkercreated',
    'ObjectRemoved:DeleteMarkerCreated ',
    's3:s3:ObjectRemoved:DeleteMarkerCreated',
    'ObjectRemoved:NoOP',
    'ObjectCreated:Append',
    'ObjectLifecycle:Expiration:Current',
    'LifecycleExpiration:Marker',
    's3:TestEvent',
    's3:',
    '',
    'constructor',
    '__proto__',
    null,
    7,
  ])('%j is none of them, so the message is not understood', (name) => {
    expect(problemOf(native('eventName', name))).toMatch(/^record 1: eventName .* is none of the events of S3$/);
  });
});

describe('a native key', () => {
  it.each([
    ['red+flower.jpg', 'red flower.jpg'],
    ['a%20b', 'a b'],
    ['a%2Bb', 'a+b'],
    ['a%252Bb', 'a%2Bb'],
    ['a/b', 'a/b'],
    ['a%2Fb', 'a/b'],
    ['a%40b', 'a@b'],
    ['+', ' '],
    ['%0A', '\n'],
    ['%F0%9F%98%80', '\u{1f600}'],
    ['\u{1f600}', '\u{1f600}'],
    ['%EF%BF%BD', '\ufffd'],
    ['..%2F..', '../..'],
    ['__proto__', '__proto__'],
    ['a'.repeat(1024), 'a'.repeat(1024)],
    ['%61'.repeat(1024), 'a'.repeat(1024)],
    ['%C3%A9'.repeat(512), '\u00e9'.repeat(512)],
  ])('%#: is decoded', (encoded, key) => {
    expect(eventOf(native('s3/object/key', encoded)).key).toBe(key);
  });

  it.each([
    ['%', 'is not URL-encoded UTF-8'],
    ['100%', 'is not URL-encoded UTF-8'],
    ['%zz', 'is not URL-encoded UTF-8'],
    ['%E0%A4', 'is not URL-encoded UTF-8'],
    ['%C0%80', 'is not URL-encoded UTF-8'],
    ['%ED%A0%80', 'is not URL-encoded UTF-8'],
    ['%FF', 'is not URL-encoded UTF-8'],
    ['', 'is empty'],
    ['\ud800', 'has half a character'],
    ['a\udc00b', 'has half a character'],
    ['a'.repeat(1025), 'is 1025 bytes of UTF-8'],
    ['%C3%A9'.repeat(513), 'is 1026 bytes of UTF-8'],
    [undefined, 'is missing'],
    [null, 'is not text'],
    [7, 'is not text'],
    [['a'], 'is not text'],
  ])('%#: is refused', (encoded, problem) => {
    expect(problemOf(native('s3/object/key', encoded))).toMatch(/^record 1: s3\.object\.key /);
    expect(problemOf(native('s3/object/key', encoded))).toContain(problem);
  });
});

describe('a native record that is understood', () => {
  it.each(['2.0', '2.1', '2.2', '2.3', '2.4', '2.5', '2.6', '2.99'])('of version %s', (version) => {
    expect(eventOf(native('eventVersion', version)).kind).toBe('delete-marker');
  });

  it.each(['aws:s3', 'ceph:s3', 'minio:s3', 'my-cloud.example:s3'])('from %s', (source) => {
    expect(eventOf(native('eventSource', source)).kind).toBe('delete-marker');
  });

  it.each(['abc', 'a.b-c_D9', 'x'.repeat(255)])('of the bucket %s', (bucket) => {
    expect(eventOf(native('s3/bucket/name', bucket)).bucket).toBe(bucket);
  });

  it.each([
    ['null', 'null'],
    ['x'.repeat(1024), 'x'.repeat(1024)],
    ['', undefined],
    [null, undefined],
    [undefined, undefined],
  ])('with version id %j', (versionId, expected) => {
    const event = eventOf(native('s3/object/versionId', versionId));
    expect(event.versionId).toBe(expected);
    expect('versionId' in event).toBe(expected !== undefined);
  });

  it.each([
    ['0', '0'],
    ['0055AED6DCD90281E5', '0055AED6DCD90281E5'],
    ['f'.repeat(64), 'f'.repeat(64)],
    [null, undefined],
    [undefined, undefined],
  ])('with sequencer %j', (sequencer, expected) => {
    expect(eventOf(native('s3/object/sequencer', sequencer)).sequencer).toBe(expected);
  });

  it.each([
    ['1970-01-01T00:00:00.000Z', 0],
    ['2024-02-29T23:59:59Z', Date.UTC(2024, 1, 29, 23, 59, 59)],
    ['2019-11-22T13:47:35.124724Z', Date.UTC(2019, 10, 22, 13, 47, 35, 124)],
  ])('at %s', (time, at) => {
    expect(eventOf(native('eventTime', time)).at).toBe(at);
  });

  it.each(['1.0', '1.7', undefined])('whose schema is of version %s', (version) => {
    expect(eventOf(native('s3/s3SchemaVersion', version)).kind).toBe('delete-marker');
  });

  it('ignores fields that are not known, whatever they are called', () => {
    const strange = JSON.parse(
      '{"__proto__":{"s3":1},"constructor":null,"toString":1e999,"eventname":"ObjectCreated:Put","deep":[[[[{}]]]]}',
    );
    const record = { ...MARKER, ...strange };
    Object.defineProperty(record, '__proto__', { value: { eventName: 'x' }, enumerable: true });
    expect(parse({ Records: [record], other: strange })).toEqual(parse({ Records: [MARKER] }));
    expect(Object.hasOwn(Object.prototype, 's3')).toBe(false);
  });

  it('does not take a field of a prototype for one of the message', () => {
    const text = JSON.stringify(changed(MARKER, 's3', undefined)).replace(
      '{',
      `{"__proto__":${JSON.stringify(MARKER)},`,
    );
    expect(parseMessage(`{"Records":[${text}]}`)).toEqual({ kind: 'invalid', problem: 'record 1: s3 is missing' });
  });
});

describe('a native record that is not understood', () => {
  it.each([
    ['eventSource', 'aws:sns', 'eventSource "aws:sns" is not S3'],
    ['eventSource', 's3', 'eventSource "s3" is not S3'],
    ['eventSource', ':s3', 'eventSource ":s3" is not S3'],
    ['eventSource', 'aws:s3 ', 'eventSource "aws:s3 " is not S3'],
    ['eventSource', undefined, 'eventSource is missing'],
    ['eventVersion', '3.0', 'eventVersion "3.0" is of a version that is not known (2.x is)'],
    ['eventVersion', '1.0', 'eventVersion "1.0" is of a version that is not known (2.x is)'],
    ['eventVersion', '22.1', 'eventVersion "22.1" is of a version that is not known (2.x is)'],
    ['eventVersion', '2', 'eventVersion "2" is of a version that is not known (2.x is)'],
    ['eventVersion', '2.x', 'eventVersion "2.x" is of a version that is not known (2.x is)'],
    ['eventVersion', 2.1, 'eventVersion 2.1 is of a version that is not known (2.x is)'],
    ['eventVersion', undefined, 'eventVersion is missing'],
    ['eventName', undefined, 'eventName is missing'],
    ['eventTime', 'date', 'eventTime "date" is not a time (such as 2026-11-22T14:00:00.000Z)'],
    [
      'eventTime',
      '2026-02-30T00:00:00.000Z',
      'eventTime "2026-02-30T00:00:00.000Z" is not a time (such as 2026-11-22T14:00:00.000Z)',
    ],
    [
      'eventTime',
      '2026-01-01T24:00:00.000Z',
      'eventTime "2026-01-01T24:00:00.000Z" is not a time (such as 2026-11-22T14:00:00.000Z)',
    ],
    [
      'eventTime',
      '2026-01-01T00:00:00',
      'eventTime "2026-01-01T00:00:00" is not a time (such as 2026-11-22T14:00:00.000Z)',
    ],
    [
      'eventTime',
      '1969-12-31T23:59:59Z',
      'eventTime "1969-12-31T23:59:59Z" is not a time (such as 2026-11-22T14:00:00.000Z)',
    ],
    ['eventTime', 1795345200, 'eventTime 1795345200 is not a time (such as 2026-11-22T14:00:00.000Z)'],
    ['eventTime', undefined, 'eventTime is missing'],
    ['s3', undefined, 's3 is missing'],
    ['s3', null, 's3 null is not an object'],
    ['s3', [], 's3 (a list) is not an object'],
    ['s3/s3SchemaVersion', '2.0', 's3.s3SchemaVersion "2.0" is of a version that is not known (1.x is)'],
    ['s3/bucket', undefined, 's3.bucket is missing'],
    ['s3/bucket', 'my-site', 's3.bucket "my-site" is not an object'],
    ['s3/bucket/name', undefined, 's3.bucket.name is missing'],
    ['s3/bucket/name', '', 's3.bucket.name "" is not the name of a bucket'],
    ['s3/bucket/name', '   ', 's3.bucket.name "   " is not the name of a bucket'],
    ['s3/bucket/name', '..', 's3.bucket.name ".." is not the name of a bucket'],
    ['s3/bucket/name', 'a/b', 's3.bucket.name "a/b" is not the name of a bucket'],
    ['s3/bucket/name', 'my-site\n', 's3.bucket.name "my-site\\n" is not the name of a bucket'],
    ['s3/bucket/name', 'b\u00fccket', 's3.bucket.name "b\u00fccket" is not the name of a bucket'],
    ['s3/bucket/name', 5, 's3.bucket.name 5 is not the name of a bucket'],
    ['s3/object', undefined, 's3.object is missing'],
    ['s3/object/versionId', 'a b', 's3.object.versionId "a b" is not a version id'],
    ['s3/object/versionId', '\ud800', 's3.object.versionId "\\ud800" is not a version id'],
    ['s3/object/versionId', 7, 's3.object.versionId 7 is not a version id'],
    ['s3/object/sequencer', '', 's3.object.sequencer "" is not a hexadecimal number of at most 64 digits'],
    ['s3/object/sequencer', '0x1F', 's3.object.sequencer "0x1F" is not a hexadecimal number of at most 64 digits'],
    [
      's3/object/sequencer',
      'sequencer',
      's3.object.sequencer "sequencer" is not a hexadecimal number of at most 64 digits',
    ],
    ['s3/object/sequencer', 12, 's3.object.sequencer 12 is not a hexadecimal number of at most 64 digits'],
  ])('%s: %j', (path, value, problem) => {
    expect(problemOf(native(path, value))).toBe(`record 1: ${problem}`);
  });

  it.each([
    ['s3/bucket/name', 'x'.repeat(256)],
    ['s3/object/versionId', 'x'.repeat(1025)],
    ['s3/object/sequencer', 'f'.repeat(100)],
  ])('%s that is too long, which is told in short', (path, value) => {
    const problem = problemOf(native(path, value));
    expect(problem).toContain('\u2026');
    expect(problem.length).toBeLessThan(200);
  });

  it.each([0, 1, 2])('among others, at place %i, spoils the whole message', (place) => {
    const records = [MARKER, MARKER, MARKER].toSpliced(place, 1, changed(MARKER, 'eventVersion', '3.0'));
    expect(problemOf({ Records: records })).toBe(
      `record ${place + 1}: eventVersion "3.0" is of a version that is not known (2.x is)`,
    );
  });
});
