import {
  GetBucketNotificationConfigurationCommand,
  type NotificationConfiguration,
  PutBucketNotificationConfigurationCommand,
  type QueueConfiguration,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { eventRig, memoryQueues, OTHER_QUEUE, QUEUE, recordOf } from './events-support.ts';
import { failure, raw, rig, texts } from './support.ts';

const CREATED: QueueConfiguration = { Id: 'id', QueueArn: QUEUE, Events: ['s3:ObjectCreated:*'] };

/** A bucket `b` in a sandbox with both queues, and what it is told to send. */
async function setUp() {
  const queues = memoryQueues(QUEUE, OTHER_QUEUE);
  const env = await rig({ events: { queues } });
  const bucket = env.sandbox.createBucket('b');
  const put = (NotificationConfiguration: NotificationConfiguration, SkipDestinationValidation = false) =>
    env.s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: 'b',
        NotificationConfiguration,
        SkipDestinationValidation,
      }),
    );
  const get = async () => {
    const { $metadata: _, ...answer } = await env.s3.send(
      new GetBucketNotificationConfigurationCommand({ Bucket: 'b' }),
    );
    return answer;
  };
  return { ...env, queues, bucket, put, get };
}

function filtered(...FilterRules: { Name: string; Value: string }[]): QueueConfiguration {
  // The SDK's type knows only the names in lower case.
  return { ...CREATED, Filter: { Key: { FilterRules: FilterRules as { Name: 'prefix'; Value: string }[] } } };
}

// Recorded: test_notifications_with_filter, test_filter_rules_case_insensitive, test_filter_rules_empty_value.
describe('the notifications of a bucket', () => {
  it('are none at first, then what was put last, and none again after nothing was put', async () => {
    const { put, get } = await setUp();
    expect(await get()).toEqual({});
    const both: QueueConfiguration[] = [CREATED, { ...CREATED, Id: 'id0002', Events: ['s3:ObjectTagging:*'] }];
    await put({ QueueConfigurations: both });
    expect(await get()).toEqual({ QueueConfigurations: both });
    await put({ QueueConfigurations: [CREATED] });
    expect(await get()).toEqual({ QueueConfigurations: [CREATED] });
    await put({});
    expect(await get()).toEqual({});
  });

  it('get an id where they have none', async () => {
    const { put, get } = await setUp();
    const { Id: _, ...anonymous } = CREATED;
    await put({ QueueConfigurations: [anonymous, { ...anonymous, Events: ['s3:ObjectRemoved:*'] }] });
    const ids = (await get()).QueueConfigurations?.map(({ Id }) => Id);
    expect(ids).toEqual([expect.stringMatching(/^\S{20,}$/), expect.stringMatching(/^\S{20,}$/)]);
    expect(new Set(ids).size).toBe(2);
  });

  it.each([
    [
      'names of rules in any case',
      [
        { Name: 'suffix', Value: '.txt' },
        { Name: 'PREFIX', Value: 'notif-' },
      ],
    ],
    ['an empty value', [{ Name: 'Suffix', Value: '' }]],
  ])('take %s', async (_, rules) => {
    const { put, get } = await setUp();
    await put({ QueueConfigurations: [filtered(...rules)] });
    const told = (await get()).QueueConfigurations?.[0]?.Filter?.Key?.FilterRules;
    const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1).toLowerCase();
    expect(told).toEqual(rules.map(({ Name, Value }) => ({ Name: capital(Name), Value })));
  });

  it('may be the event bus, which the sandbox only remembers', async () => {
    const { put, get } = await setUp();
    await put({ EventBridgeConfiguration: {} });
    expect(await get()).toEqual({ EventBridgeConfiguration: {} });
  });

  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
  it('are announced to each queue once', async () => {
    const { sandbox, queues, put } = await setUp();
    const { $metadata } = await put({
      QueueConfigurations: [CREATED, { QueueArn: QUEUE, Events: ['s3:ObjectTagging:*'] }],
    });
    await sandbox.events.settled();
    expect(queues.bodies.get(OTHER_QUEUE)).toEqual([]);
    expect(queues.bodies.get(QUEUE)?.map((body): unknown => JSON.parse(body))).toEqual([
      {
        Service: 'Amazon S3',
        Event: 's3:TestEvent',
        Time: '2026-03-04T12:00:00.000Z',
        Bucket: 'b',
        RequestId: $metadata.requestId,
        HostId: $metadata.extendedRequestId,
      },
    ]);
  });
});

describe('which events are sent', () => {
  it.each<[string, QueueConfiguration['Events'], string[]]>([
    ['all of a family', ['s3:ObjectRemoved:*'], ['ObjectRemoved:DeleteMarkerCreated', 'ObjectRemoved:Delete']],
    ['one of a family', ['s3:ObjectRemoved:DeleteMarkerCreated'], ['ObjectRemoved:DeleteMarkerCreated']],
    ['several', ['s3:ObjectCreated:Put', 's3:ObjectRemoved:Delete'], ['ObjectCreated:Put', 'ObjectRemoved:Delete']],
    ['others', ['s3:ObjectCreated:Copy', 's3:LifecycleExpiration:*'], []],
  ])('%s', async (_, Events, sent) => {
    const env = await eventRig();
    await env.notify({ QueueArn: QUEUE, Events });
    await env.put('k');
    await env.remove('k', await env.remove('k'));
    expect((await env.bodies()).map((body) => recordOf(body).eventName)).toEqual(sent);
  });

  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
  it.each<[{ Name: string; Value: string }[], string[]]>([
    [[{ Name: 'prefix', Value: 'in/' }], ['in/a.txt', 'in/a b.html']],
    [[{ Name: 'suffix', Value: '.txt' }], ['in/a.txt', 'out/a.txt']],
    [
      [
        { Name: 'prefix', Value: 'in/' },
        { Name: 'suffix', Value: '.txt' },
      ],
      ['in/a.txt'],
    ],
    [[{ Name: 'suffix', Value: '' }], ['in/a.txt', 'out/a.txt', 'in/a b.html', 'year=2026/a']],
    [[{ Name: 'prefix', Value: 'in/a+b' }], ['in/a b.html']],
    [[{ Name: 'prefix', Value: 'in/a%20b' }], ['in/a b.html']],
    [[{ Name: 'prefix', Value: 'year%3d2026/' }], ['year=2026/a']],
    // Not encoded, so it is the start of no key.
    [[{ Name: 'prefix', Value: 'year=2026/' }], []],
  ])('those of keys with %j', async (rules, sent) => {
    const env = await eventRig();
    await env.notify(filtered(...rules));
    for (const key of ['in/a.txt', 'out/a.txt', 'in/a b.html', 'year=2026/a']) await env.put(key);
    const keys = (await env.bodies()).map((body) =>
      decodeURIComponent(recordOf(body).s3.object.key.replaceAll('+', ' ')),
    );
    expect(keys).toEqual(sent);
  });

  it('to each queue that asked for them, with the id under which it did', async () => {
    const env = await eventRig({ events: { arns: [QUEUE, OTHER_QUEUE], forms: { [OTHER_QUEUE]: 'sns' } } });
    await env.notify(CREATED, { Id: 'other', QueueArn: QUEUE, Events: ['s3:ObjectRemoved:*'] });
    await env.put('k');
    await env.remove('k');
    const ids = (await env.bodies()).map((body) => recordOf(body).s3.configurationId);
    expect(ids).toEqual(['id', 'other']);
    expect(await env.bodies(OTHER_QUEUE)).toEqual([]);
  });
});

// Recorded: test_invalid_sqs_arn, test_multiple_invalid_sqs_arns.
describe('a configuration is refused, and the one before stays', () => {
  const NOWHERE = 'arn:aws:sqs:us-east-1:111122223333:nowhere';
  const elsewhere = (QueueArn: string, Id = QueueArn): QueueConfiguration => ({ ...CREATED, Id, QueueArn });
  const removed = (QueueArn: string): QueueConfiguration => ({ QueueArn, Events: ['s3:ObjectRemoved:*'] });

  it.each<[string, QueueConfiguration[], string]>([
    ['an ARN that is none', [elsewhere('invalid-queue')], 'The ARN could not be parsed'],
    ['one such among unknown queues', [elsewhere(NOWHERE), removed('invalid')], 'The ARN could not be parsed'],
    ['a queue that is not there', [elsewhere(NOWHERE)], 'Unable to validate the following destination configurations'],
    [
      'a type of event that is none',
      [{ ...CREATED, Events: ['s3:ObjectRead:*' as 's3:ObjectCreated:*'] }],
      'The event is not supported for notifications',
    ],
    [
      'a filter by something else',
      [filtered({ Name: 'infix', Value: 'a' })],
      'filter rule name must be either prefix or suffix',
    ],
    [
      'two filters of a kind',
      [filtered({ Name: 'prefix', Value: 'a' }, { Name: 'Prefix', Value: 'b' })],
      'Cannot specify more than one prefix rule in a filter.',
    ],
    [
      'the same events twice',
      [filtered({ Name: 'prefix', Value: 'a/' }), { ...CREATED, Id: 'two', Events: ['s3:ObjectCreated:Put'] }],
      'Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.',
    ],
    [
      'the same id twice',
      [CREATED, { ...removed(QUEUE), Id: 'id' }],
      'Same ID used for multiple configurations. IDs must be unique',
    ],
  ])('%s', async (_, QueueConfigurations, message) => {
    const { put, get } = await setUp();
    const before = { QueueConfigurations: [{ ...CREATED, Id: 'before' }] };
    await put(before);
    expect(await failure(put({ QueueConfigurations }))).toEqual({ status: 400, code: 'InvalidArgument', message });
    expect(await get()).toEqual(before);
  });

  it.each([
    ['other prefixes', { Name: 'prefix', Value: 'a/' }, { Name: 'prefix', Value: 'b/' }],
    ['other suffixes', { Name: 'suffix', Value: '.a' }, { Name: 'suffix', Value: '.b' }],
  ])('but not for the same events of %s', async (_, one, other) => {
    const { bucket, put } = await setUp();
    await put({ QueueConfigurations: [filtered(one), { ...filtered(other), Id: 'other' }] });
    expect(bucket.notifications.queues).toHaveLength(2);
  });

  it('naming every queue that is not there', async () => {
    const { sandbox } = await setUp();
    const queue = (arn: string) =>
      `<QueueConfiguration><Id>${arn}</Id><Queue>${arn}</Queue><Event>s3:ObjectAcl:Put</Event></QueueConfiguration>`;
    const body = (arns: string[]) =>
      `<NotificationConfiguration>${arns.map(queue).join('')}</NotificationConfiguration>`;
    const put = (...arns: string[]) => raw(sandbox, '/b?notification', { method: 'PUT', body: body(arns) });
    const unknown = await put(NOWHERE);
    expect(texts(unknown.text, 'ArgumentName1')).toEqual([NOWHERE]);
    expect(texts(unknown.text, 'ArgumentValue1')).toEqual(['The destination queue does not exist']);
    const invalid = await put('invalid-queue');
    expect([...texts(invalid.text, 'ArgumentName'), ...texts(invalid.text, 'ArgumentValue')]).toEqual([
      'Queue',
      'invalid-queue',
    ]);
  });

  it('unless its queues are not to be looked at; an ARN must be one all the same', async () => {
    const { sandbox, queues, put, get } = await setUp();
    const unknown = { QueueConfigurations: [{ ...CREATED, QueueArn: NOWHERE }] };
    await put(unknown, true);
    expect(await get()).toEqual(unknown);
    await sandbox.events.settled();
    expect([sandbox.events.sent, queues.bodies.get(QUEUE)]).toEqual([0, []]);
    expect(await failure(put({ QueueConfigurations: [elsewhere('invalid-queue')] }, true))).toMatchObject({
      message: 'The ARN could not be parsed',
    });
  });

  it.each<[string, NotificationConfiguration]>([
    ['TopicConfiguration', { TopicConfigurations: [{ TopicArn: 'arn:aws:sns:us-east-1:1:t', Events: [] }] }],
    [
      'CloudFunctionConfiguration',
      { LambdaFunctionConfigurations: [{ LambdaFunctionArn: 'arn:aws:lambda:us-east-1:1:function:f', Events: [] }] },
    ],
  ])('because the sandbox has no %s', async (part, configuration) => {
    const { put } = await setUp();
    expect(await failure(put(configuration))).toEqual({
      status: 501,
      code: 'NotImplemented',
      message: `The sandbox sends events to queues only: ${part} is not in it.`,
    });
  });

  it('because the sandbox was started without queues', async () => {
    const { sandbox, s3 } = await rig();
    sandbox.createBucket('b');
    const NotificationConfiguration = { QueueConfigurations: [CREATED] };
    const put = new PutBucketNotificationConfigurationCommand({ Bucket: 'b', NotificationConfiguration });
    expect(await failure(s3.send(put))).toMatchObject({ status: 400, code: 'InvalidArgument' });
  });
});
