import { describe, expect, it } from 'vitest';
import type { BucketEvent } from '../../../src/core/event.ts';
import { parseMessage } from '../../../src/events/index.ts';
import {
  EVENTBRIDGE_MARKER,
  fromSns,
  fromSqs,
  inSns,
  type Json,
  MARKER,
  nativeRecord,
  SAMPLES,
  TEST_EVENT,
} from '../../support/event-samples.ts';
import { bridge, eventOf, eventsOf, native, parse, problemOf } from './support.ts';

describe('a sample of each form, in short: kind, bucket, key, version', () => {
  const marker = 'delete-marker my-site test-key wzLOGlBsRlR8EsM3sJEBmRSfE1xoTn9w';
  const created = 'overwrite amzn-s3-demo-bucket1 example-key IYV3p45BT0ac8hjHg1houSdS1a.Mro8e';
  const deleted = 'delete-marker amzn-s3-demo-bucket1 example-key 1QW9g1Z99LUNbvaaYVpW9xDlOLU.qxgF';
  const expected: Readonly<Record<string, readonly string[]>> = {
    'a PUT': ['overwrite mybucket HappyFace.jpg 096fKKXTRTtl3on89fVO.nfljtsv6qko'],
    'the test event': [],
    'a delete marker': [marker],
    'a version deleted for good': ['other my-site test-key Ih6q2jQNwLvsjIYp7QNbdFTYyu8bGOeU'],
    'a PUT where versioning is suspended': ['overwrite my-site test-key -'],
    'a copy': ['overwrite my-site a@b - copied'],
    'tags, without a sequencer': ['other my-site my_key -'],
    'two records in one message': ['overwrite my-site test-key Ih6q2jQNwLvsjIYp7QNbdFTYyu8bGOeU copied', marker],
    'a delete marker of a lifecycle rule': [
      'lifecycle-delete-marker my-site expiration/delete 5ROTzBlxF4LvBuJXH0TZOJ2qnTTYR0Xz',
    ],
    'Ceph: an empty version id, a size as text, microseconds': ['overwrite mybucket1 myimage1.jpg -'],
    'EventBridge: created': [created],
    'EventBridge: copied': [`${created} copied`],
    'EventBridge: a delete marker': [deleted],
    'EventBridge: a delete marker of a lifecycle rule': [
      'lifecycle-delete-marker amzn-s3-demo-bucket1 example-key mtB0cV.jejK63XkRNceanNMC.qXPWLeK',
    ],
    'EventBridge: a restore is done, no sequencer': [
      'other amzn-s3-demo-bucket1 example-key KKsjUC1.6gIjqtvhfg5AdMI0eCePIiT3',
    ],
    'SNS: a delete marker': [marker],
    'SNS: an event of EventBridge': [deleted],
    'SNS: the test event': [],
    'Lambda: from a queue': [marker, created],
    'Lambda: from a topic': [marker],
    'Lambda: from a queue of a topic': [marker],
  };

  it.each(SAMPLES.map((sample) => [sample.name, sample] as const))('%s', (name, { message }) => {
    const parsed = parse(message);
    const found =
      parsed.kind === 'test'
        ? []
        : eventsOf(message).map(
            (e) => `${e.kind} ${e.bucket} ${e.key} ${e.versionId ?? '-'}${e.copied ? ' copied' : ''}`,
          );
    expect(found).toEqual(expected[name]);
  });

  it('the whole of a native event', () => {
    expect(parse({ Records: [MARKER] })).toEqual({
      kind: 'events',
      events: [
        {
          kind: 'delete-marker',
          name: 'ObjectRemoved:DeleteMarkerCreated',
          bucket: 'my-site',
          key: 'test-key',
          versionId: 'wzLOGlBsRlR8EsM3sJEBmRSfE1xoTn9w',
          sequencer: '0067902B674A1C3E5F',
          at: Date.UTC(2025, 0, 21, 23, 23, 51, 402),
          who: {
            principal: 'AWS:AROAEXAMPLEEXAMPLE123:deploy-job',
            sourceIp: '203.0.113.7',
            requestId: 'C3D13FE58DE4C810',
          },
        },
      ],
    });
  });

  it('the whole of an event of EventBridge', () => {
    expect(parse(EVENTBRIDGE_MARKER)).toEqual({
      kind: 'events',
      events: [
        {
          kind: 'delete-marker',
          name: 'Object Deleted: Delete Marker Created',
          bucket: 'amzn-s3-demo-bucket1',
          key: 'example-key',
          versionId: '1QW9g1Z99LUNbvaaYVpW9xDlOLU.qxgF',
          sequencer: '617f0837b476e463',
          at: Date.UTC(2021, 10, 12),
          who: { principal: '123456789012', sourceIp: '1.2.3.4', requestId: '0BH729840619AG5K' },
        },
      ],
    });
  });

  it('a test event is only that', () => {
    expect(parse(TEST_EVENT)).toEqual({ kind: 'test' });
    expect(parse(fromSqs(TEST_EVENT, inSns(TEST_EVENT)))).toEqual({ kind: 'test' });
    expect(eventsOf(fromSqs(TEST_EVENT, { Records: [MARKER] }))).toHaveLength(1);
  });
});

describe('who did it', () => {
  const full = 'x'.repeat(256);
  it.each([
    ['AWS:AROAEXAMPLE:job', 'AWS:AROAEXAMPLE:job'],
    [full, full],
    [`${full}y`, full],
    [`${'x'.repeat(255)}\u{1f600}`, `${'x'.repeat(255)}\ufffd`],
    ['::warning::', '::warning::'],
    ['', undefined],
    [' \n', undefined],
    [undefined, undefined],
    [null, undefined],
    [5, undefined],
    [{}, undefined],
  ])('%#: a name is kept, cut, or left out, and never makes a message invalid', (given, expected) => {
    const forms: readonly [keyof BucketEvent['who'], Json][] = [
      ['principal', native('userIdentity/principalId', given)],
      ['sourceIp', native('requestParameters/sourceIPAddress', given)],
      ['requestId', native('responseElements/x-amz-request-id', given)],
      ['principal', bridge('detail/requester', given)],
      ['sourceIp', bridge('detail/source-ip-address', given)],
      ['requestId', bridge('detail/request-id', given)],
    ];
    for (const [name, message] of forms) {
      const { who } = eventOf(message);
      expect(who[name]).toBe(expected);
      expect(name in who).toBe(expected !== undefined);
    }
  });

  it.each(['userIdentity', 'requestParameters', 'responseElements'])('%s may be anything', (part) => {
    for (const value of [undefined, null, 'x', [], 3]) expect(eventOf(native(part, value)).kind).toBe('delete-marker');
  });
});

describe('a message that is none', () => {
  const deep = 200_000;
  it.each([
    ['', 'it is empty'],
    [' \n', 'it is empty'],
    ['hello', 'it is not JSON: it begins "hello"'],
    ['{"Records":[', 'it is not JSON: it begins "{\\"Records\\":["'],
    ['::error::x', 'it is not JSON: it begins "\\::error::x"'],
    ['null', 'it is null, not an object'],
    ['[]', 'it is (a list), not an object'],
    ['7', 'it is 7, not an object'],
    ['"Records"', 'it is "Records", not an object'],
    ['true', 'it is true, not an object'],
    ['{}', 'it is no message of S3, SNS or EventBridge (no Records, no detail-type, no Event, no Type)'],
    [JSON.stringify([MARKER]), 'it is (a list), not an object'],
    [
      JSON.stringify(MARKER),
      'it is no message of S3, SNS or EventBridge (no Records, no detail-type, no Event, no Type)',
    ],
    ['{"Records":[]}', 'Records is empty'],
    ['{"Records":{"length":1}}', 'Records (an object) is not a list'],
    ['{"Records":null}', 'Records null is not a list'],
    ['{"Records":[null]}', 'record 1: it is null, not an object'],
    ['{"Records":[[]]}', 'record 1: it is (a list), not an object'],
    ['{"Event":"s3:Testevent"}', 'Event "s3:Testevent" is no event of S3'],
    ['{"Event":["s3:TestEvent"]}', 'Event (a list) is no event of S3'],
    ['{"Event":"s3:TestEvent","Records":[]}', 'it is of two forms at once (Records and Event)'],
    ['{"Type":"SubscriptionConfirmation","Message":"{}"}', 'Type "SubscriptionConfirmation" is no notification of SNS'],
    ['{"Type":"Notification"}', 'Message: Message is missing'],
    ['{"Type":"Notification","Message":{"Event":"s3:TestEvent"}}', 'Message: Message (an object) is not text'],
    ['{"Type":"Notification","Message":"hello"}', 'Message: it is not JSON: it begins "hello"'],
    ['['.repeat(deep), `it is not JSON: it begins "${'['.repeat(40)}"`],
    ['['.repeat(deep) + ']'.repeat(deep), 'it is (a list), not an object'],
    [`${'{"Records":['.repeat(deep)}${']}'.repeat(deep)}`, 'record 1: eventSource is missing'],
  ])('%#', (body, problem) => {
    expect(parseMessage(body)).toEqual({ kind: 'invalid', problem });
  });

  it.each([
    ['SNS in SNS', inSns(inSns({ Records: [MARKER] })), 'Message: it is a message of SNS in a message of SNS'],
    [
      'SNS in SNS, from Lambda',
      fromSns(inSns(TEST_EVENT)),
      'record 1: Message: it is a message of SNS in a message of SNS',
    ],
    [
      'a list of Lambda in a list',
      fromSqs(fromSqs(TEST_EVENT)),
      'record 1: body: record 1: eventSource "aws:sqs" is not S3',
    ],
    ['a list of Lambda in SNS', inSns(fromSqs(TEST_EVENT)), 'Message: record 1: eventSource "aws:sqs" is not S3'],
    ['a list of topics in a list', fromSqs(fromSns(TEST_EVENT)), 'record 1: body: record 1: eventSource is missing'],
    [
      'one bad message in a list',
      fromSqs({ Records: [MARKER] }, inSns(native('eventVersion', '3.0'))),
      'record 2: body: Message: record 1: eventVersion "3.0" is of a version that is not known (2.x is)',
    ],
    [
      'a body that is no text',
      { Records: [{ eventSource: 'aws:sqs', body: {} }] },
      'record 1: body: body (an object) is not text',
    ],
    ['a topic without a message', { Records: [{ EventSource: 'aws:sns' }] }, 'record 1: Sns is missing'],
  ])('%s', (_, message, problem) => {
    expect(problemOf(message)).toBe(problem);
  });

  it('is told without what could be a command, a line of its own, or long', () => {
    const problem = problemOf(native('eventName', `\n::error::${'\u202e##[group]'.repeat(1000)}`));
    expect(problem).not.toMatch(/[\n\u202e]|##\[/);
    expect(problem.length).toBeLessThan(500);
  });
});

describe('a body of a mebibyte', () => {
  it('of records is read record by record', () => {
    const record = nativeRecord('ObjectRemoved:DeleteMarkerCreated', { key: 'a+b', sequencer: '01' });
    const many = Math.floor(2 ** 20 / JSON.stringify(record).length);
    const events = eventsOf({ Records: Array(many).fill(record) });
    expect(events).toHaveLength(many);
    expect(new Set(events.map((e) => e.key))).toEqual(new Set(['a b']));
  });

  it('of the shortest records, the last of which is wrong, is read to its end', () => {
    const record = {
      eventSource: 'a:s3',
      eventVersion: '2.1',
      eventName: 'ObjectAcl:Put',
      eventTime: '2026-01-01T00:00:00Z',
      s3: { bucket: { name: 'abc' }, object: { key: 'k' } },
    };
    const many = Math.floor(2 ** 20 / JSON.stringify(record).length);
    expect(problemOf({ Records: [...Array(many).fill(record), 1] })).toBe(`record ${many + 1}: it is 1, not an object`);
  });

  it.each([
    ['+', 'is 1048576 bytes of UTF-8'],
    ['%', 'is not URL-encoded UTF-8'],
    ['%2B', 'is 1048576 bytes of UTF-8'],
  ])('of one key of %s is refused', (piece, problem) => {
    expect(problemOf(native('s3/object/key', piece.repeat(2 ** 20)))).toContain(problem);
  });
});
