import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { ACCOUNT, deploy, REGION, readTemplate } from './cloudformation.ts';

/** The templates in infra/ give the bot what it needs, and no more. */

const root = resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const queueTemplate = readTemplate(join(root, 'infra/recovery-queue.yaml'));
const dispatchTemplate = readTemplate(join(root, 'infra/dispatch.yaml'));

const PROVIDER = `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`;
const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd`;
const QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:s3-bot-events`;
const DEAD = `arn:aws:sqs:${REGION}:${ACCOUNT}:s3-bot-dead`;
const BUCKET = 'arn:aws:s3:::my-bucket';
const SECRET = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:s3-bot/github-token-AbCdEf`;
const repository = { GitHubOwner: 'your-org', GitHubRepository: 'your-repo' };
const needed = { BucketName: 'my-bucket', ...repository, OidcProviderArn: PROVIDER };
const stack = (more: Record<string, string> = {}) => deploy(queueTemplate, { ...needed, ...more });

const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const statementSchema = z.strictObject({
  Sid: z.string(),
  Effect: z.enum(['Allow', 'Deny']),
  Principal: z.unknown().optional(),
  Action: oneOrMore,
  Resource: oneOrMore.optional(),
  Condition: z.record(z.string(), z.record(z.string(), oneOrMore)).optional(),
});
const documentSchema = z.strictObject({ Version: z.literal('2012-10-17'), Statement: z.array(statementSchema) });
type Statement = z.output<typeof statementSchema>;

const roleSchema = z.looseObject({
  AssumeRolePolicyDocument: documentSchema,
  Policies: z.tuple([z.looseObject({ PolicyDocument: documentSchema })]),
});
const permissions = (more?: Record<string, string>) =>
  roleSchema.parse(stack(more).resources.Role).Policies[0].PolicyDocument.Statement;
const trust = (more?: Record<string, string>) =>
  roleSchema.parse(stack(more).resources.Role).AssumeRolePolicyDocument.Statement;
const queuePolicy = (id: string, more?: Record<string, string>) =>
  z.looseObject({ PolicyDocument: documentSchema }).parse(stack(more).resources[id]).PolicyDocument.Statement;
const actionsOf = (statements: readonly Statement[]) => statements.flatMap(({ Action }) => Action).sort();

/** The actions of the first policy below a heading of docs/permissions.md. */
function documented(heading: string): string[] {
  const page = read('docs/permissions.md');
  const below = page.slice(page.indexOf(`\n## ${heading}\n`));
  return actionsOf(documentSchema.parse(JSON.parse(/```json\n([\s\S]*?)```/.exec(below)?.[1] ?? '')).Statement);
}

describe('the role may do exactly what the bot needs', () => {
  // What the queue room asks permission for, by the words of its own errors.
  const queue = [...new Set(read('src/queue/errors.ts').match(/sqs:[A-Z]\w+/g))].sort();
  const undelete = documented('undelete');
  // An overwrite is undone by a copy, never by a deletion; a copy over 5 GiB can be broken off.
  const copies = documented('rollback, method copy')
    .filter((action) => !undelete.includes(action) && action !== 's3:DeleteObject')
    .concat('s3:AbortMultipartUpload');

  test('there is something to compare with', () => {
    expect(queue).toEqual(['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:ReceiveMessage']);
    expect(undelete).toHaveLength(4);
    expect(copies).toHaveLength(6);
  });

  test.each([
    ['deletions', {}, []],
    ['deletions, by way of EventBridge', { Source: 'EventBridge', AlsoLifecycle: 'true' }, []],
    ['a queue with a new key', { QueueKey: 'create' }, ['kms:Decrypt']],
    ['a queue with a key of yours', { QueueKey: KEY }, ['kms:Decrypt']],
    ['keys of objects, which removing a marker does not need', { ObjectKeyArns: KEY }, []],
    ['overwrites', { UndoOverwrites: 'true' }, copies],
    [
      'overwrites of encrypted objects',
      { UndoOverwrites: 'true', ObjectKeyArns: `${KEY},${KEY}2` },
      [...copies, 'kms:Decrypt', 'kms:GenerateDataKey'],
    ],
  ])('%s', (_, parameters, more) => {
    expect(actionsOf(permissions(parameters))).toEqual([...queue, ...undelete, ...more].sort());
  });

  test.each([
    ['the whole bucket', '', undefined],
    ['a part of it', 'site/', { StringLike: { 's3:prefix': ['site/*'] } }],
  ])('on this queue, and of the bucket on %s', (_, KeyPrefix, Condition) => {
    for (const statement of permissions({ KeyPrefix, UndoOverwrites: 'true' })) {
      for (const action of statement.Action) {
        if (action.startsWith('sqs:')) expect(statement.Resource).toEqual([QUEUE]);
        else if (/^s3:(GetBucket|ListBucket)/.test(action)) expect(statement.Resource).toEqual([BUCKET]);
        else expect(statement.Resource).toEqual([`${BUCKET}/${KeyPrefix}*`]);
      }
      if (statement.Action.includes('s3:ListBucketVersions')) expect(statement.Condition).toEqual(Condition);
    }
  });

  test('with keys: the key of the queue, and those of the objects', () => {
    const keys = (more: Record<string, string>) =>
      permissions(more)
        .filter(({ Action }) => Action.includes('kms:Decrypt'))
        .flatMap(({ Resource }) => Resource);
    expect(keys({ QueueKey: KEY, UndoOverwrites: 'true', ObjectKeyArns: `${KEY}2,${KEY}3` })).toEqual([
      KEY,
      `${KEY}2`,
      `${KEY}3`,
    ]);
    expect(keys({ QueueKey: 'create' })).toEqual(['arn:aws:AWS::KMS::Key:Key.Arn']);
  });
});

describe('who may assume it', () => {
  const subjects = (more: Record<string, string>) =>
    trust(more)[0]?.Condition?.StringEquals?.['token.actions.githubusercontent.com:sub'];
  const numbers = { GitHubOwnerId: '12345678', GitHubRepositoryId: '987654321' };

  test.each([
    ['names', {}, ['repo:your-org/your-repo:environment:s3-bot']],
    ['a branch', { GitHubSubject: 'ref:refs/heads/main' }, ['repo:your-org/your-repo:ref:refs/heads/main']],
    [
      'names, and the permanent form',
      numbers,
      ['repo:your-org/your-repo:environment:s3-bot', 'repo:your-org@12345678/your-repo@987654321:environment:s3-bot'],
    ],
  ])('%s', (_, more, expected) => {
    expect(subjects(more)).toEqual(expected);
    expect(trust(more)).toHaveLength(1);
    expect(trust(more)[0]).toMatchObject({
      Effect: 'Allow',
      Principal: { Federated: PROVIDER },
      Action: ['sts:AssumeRoleWithWebIdentity'],
    });
    // Compared to the letter, both: StringLike would make wildcards of what is in them.
    expect(trust(more)[0]?.Condition).toEqual({
      StringEquals: {
        'token.actions.githubusercontent.com:aud': ['sts.amazonaws.com'],
        'token.actions.githubusercontent.com:sub': expected,
      },
    });
  });

  test.each([
    ['GitHubOwner', '*'],
    ['GitHubRepository', 'your-*'],
    ['GitHubSubject', '*'],
    ['GitHubSubject', 'environment:*'],
    ['GitHubSubject', 'ref:refs/heads/*'],
    ['GitHubSubject', 'pull_request'],
    ['KeyPrefix', 'site'],
    ['KeyPrefix', '*/'],
    ['QueueKey', 'alias/aws/sqs'],
    ['BucketName', 'my-*'],
  ])('%s: %j is refused', (name, value) => {
    expect(stack({ [name]: value }).refused).toEqual([name]);
  });

  test('one of the two numbers is refused, for the other would be empty in the subject', () => {
    expect(stack({ GitHubOwnerId: '1' }).refused).toEqual(['BothNumbersOrNeither']);
    expect(stack({ GitHubRepositoryId: '1' }).refused).toEqual(['BothNumbersOrNeither']);
    expect([...stack(numbers).refused, ...stack().refused]).toEqual([]);
  });

  test('the provider is made only where there is none', () => {
    expect(stack().resources.OidcProvider).toBeUndefined();
    expect(stack({ OidcProviderArn: '' }).resources.OidcProvider).toMatchObject({
      Url: 'https://token.actions.githubusercontent.com',
    });
  });
});

describe('the queues', () => {
  const noEncryptedConnection = { Bool: { 'aws:SecureTransport': ['false'] } };
  const rules = ['deletions', 'writes'].map((end) => `arn:aws:events:${REGION}:${ACCOUNT}:rule/s3-bot-${end}`);

  test('what fails for good goes to the dead-letter queue, which takes from this queue alone', () => {
    const { Queue, DeadLetterQueue } = stack().resources;
    expect(Queue?.RedrivePolicy).toEqual({ deadLetterTargetArn: DEAD, maxReceiveCount: 10 });
    expect(DeadLetterQueue?.RedriveAllowPolicy).toEqual({ redrivePermission: 'byQueue', sourceQueueArns: [QUEUE] });
  });

  test('the dead-letter queue keeps messages for longer than the queue ever can', () => {
    const most = queueTemplate.Parameters.RetentionSeconds?.MaxValue;
    expect(stack().resources.DeadLetterQueue?.MessageRetentionPeriod).toBeGreaterThan(most ?? Number.POSITIVE_INFINITY);
    expect(stack().resources.Queue?.MessageRetentionPeriod).toBe(345_600);
  });

  test('are standard queues: S3 cannot send to others', () => {
    for (const id of ['Queue', 'DeadLetterQueue']) {
      expect(stack().resources[id]).not.toHaveProperty('FifoQueue');
      expect(stack().resources[id]?.QueueName).not.toMatch(/\.fifo$/);
    }
  });

  test.each([
    ['sqs', { SqsManagedSseEnabled: true }],
    ['create', { KmsMasterKeyId: 'arn:aws:AWS::KMS::Key:Key.Arn' }],
    [KEY, { KmsMasterKeyId: KEY }],
  ])('are encrypted: %s', (QueueKey, expected) => {
    for (const id of ['Queue', 'DeadLetterQueue']) {
      const { SqsManagedSseEnabled, KmsMasterKeyId } = stack({ QueueKey }).resources[id] ?? {};
      expect({ SqsManagedSseEnabled, KmsMasterKeyId }).toEqual(expected);
    }
  });

  test.each([
    [
      'S3',
      's3.amazonaws.com',
      { ArnEquals: { 'aws:SourceArn': [BUCKET] }, StringEquals: { 'aws:SourceAccount': [ACCOUNT] } },
    ],
    ['EventBridge', 'events.amazonaws.com', { ArnEquals: { 'aws:SourceArn': rules } }],
  ])(
    'take events from %s, of this source alone, and nothing over a connection that is not encrypted',
    (Source, Service, Condition) => {
      const statements = queuePolicy('QueuePolicy', { Source });
      expect(statements.map(({ Effect }) => Effect)).toEqual(['Allow', 'Deny']);
      expect(statements[0]).toMatchObject({
        Principal: { Service },
        Action: ['sqs:SendMessage'],
        Resource: [QUEUE],
        Condition,
      });
      expect(statements[1]).toMatchObject({ Principal: '*', Resource: [QUEUE], Condition: noEncryptedConnection });
    },
  );

  test('the dead-letter queue takes what EventBridge could not deliver, and of S3 nothing', () => {
    expect(queuePolicy('DeadLetterQueuePolicy').map(({ Effect }) => Effect)).toEqual(['Deny']);
    const [allow, deny] = queuePolicy('DeadLetterQueuePolicy', { Source: 'EventBridge' });
    expect(allow).toMatchObject({ Resource: [DEAD], Condition: { ArnEquals: { 'aws:SourceArn': rules } } });
    expect(deny).toMatchObject({ Resource: [DEAD], Condition: noEncryptedConnection });
  });

  test.each([
    ['S3', 's3.amazonaws.com'],
    ['EventBridge', 'events.amazonaws.com'],
  ])('a key lets %s encrypt, for this account', (Source, Service) => {
    const made = z
      .looseObject({ KeyPolicy: documentSchema })
      .parse(stack({ Source, QueueKey: 'create' }).resources.Key);
    expect(made.KeyPolicy.Statement[1]).toMatchObject({
      Principal: { Service },
      Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
      Condition: { StringEquals: { 'aws:SourceAccount': [ACCOUNT] } },
    });
    // Of a key that is yours, the same statement is told.
    const { QueueKeyStatement } = stack({ Source, QueueKey: KEY }).outputs;
    expect(statementSchema.parse(JSON.parse(String(QueueKeyStatement)))).toEqual(made.KeyPolicy.Statement[1]);
  });

  test.each(['DeadAlarm', 'StuckAlarm'])(
    '%s looks at a queue of this stack, and rings where there is a topic',
    (id) => {
      const AlarmTopicArn = `arn:aws:sns:${REGION}:${ACCOUNT}:ops`;
      expect(stack().resources[id]?.AlarmActions).toBeUndefined();
      expect(stack({ AlarmTopicArn }).resources[id]).toMatchObject({
        AlarmActions: [AlarmTopicArn],
        Dimensions: [{ Name: 'QueueName', Value: id === 'DeadAlarm' ? 's3-bot-dead' : 's3-bot-events' }],
        ComparisonOperator: 'GreaterThanThreshold',
      });
    },
  );
});

describe('no wildcards', () => {
  const everything = { UndoOverwrites: 'true', AlsoLifecycle: 'true', QueueKey: 'create', ObjectKeyArns: KEY };
  const statements = ['S3', 'EventBridge'].flatMap((Source) => [
    ...statementsIn(stack({ Source, ...everything }).resources),
    ...statementsIn(
      deploy(dispatchTemplate, { BucketName: 'my-bucket', ...repository, TokenSecretArn: SECRET }).resources,
    ),
  ]);

  test('there is something to look at', () => {
    expect(statements.length).toBeGreaterThan(20);
  });

  test.each(statements)('$Sid', ({ Sid, Effect, Principal, Action, Resource }) => {
    // A denial is as wide as it can be. In the policy of a key `*` is the key itself, and without a statement for the account IAM
    // could give nobody access: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    const inKeyPolicy = ['ManagedThroughIam', 'EncryptEvents'].includes(Sid);
    if (Effect === 'Allow' && Sid !== 'ManagedThroughIam') expect(Action.join()).not.toContain('*');
    if (Effect === 'Allow') expect(Principal).not.toBe('*');
    for (const resource of Resource ?? []) {
      if (resource.startsWith(`${BUCKET}/`)) continue;
      if (inKeyPolicy) expect(resource).toBe('*');
      else expect(resource).not.toContain('*');
    }
    // A trust policy has no resource: it is about its role.
    if (Resource === undefined) expect(Action.join()).toMatch(/^sts:AssumeRole(WithWebIdentity)?$/);
  });
});

function statementsIn(node: unknown): Statement[] {
  if (Array.isArray(node)) return node.flatMap(statementsIn);
  if (typeof node !== 'object' || node === null) return [];
  return 'Effect' in node ? [statementSchema.parse(node)] : Object.values(node).flatMap(statementsIn);
}

describe('which events', () => {
  const deletionMarkers = 's3:ObjectRemoved:DeleteMarkerCreated';
  const lifecycle = { AlsoLifecycle: 'true' };
  const overwrites = { UndoOverwrites: 'true' };

  test.each([
    [{}, [deletionMarkers]],
    [lifecycle, [deletionMarkers, 's3:LifecycleExpiration:DeleteMarkerCreated']],
    [overwrites, [deletionMarkers, 's3:ObjectCreated:*']],
    [
      { ...lifecycle, ...overwrites },
      [deletionMarkers, 's3:LifecycleExpiration:DeleteMarkerCreated', 's3:ObjectCreated:*'],
    ],
  ])('S3, %j: %j', (more, Events) => {
    const { outputs, resources } = stack(more);
    const own = { Id: 's3-rollback-bot', QueueArn: QUEUE, Events };
    expect(JSON.parse(String(outputs.NotificationConfiguration))).toEqual(own);
    expect(Object.keys(resources).filter((id) => id.endsWith('Rule'))).toEqual([]);
    const Filter = { Key: { FilterRules: [{ Name: 'prefix', Value: 'site/' }] } };
    const part = stack({ ...more, KeyPrefix: 'site/' }).outputs.NotificationConfiguration;
    expect(JSON.parse(String(part))).toEqual({ ...own, Filter });
  });

  const inBucket = { bucket: { name: ['my-bucket'] } };
  const inPart = { ...inBucket, object: { key: [{ prefix: 'site/' }] } };
  const marker = { 'deletion-type': ['Delete Marker Created'], reason: ['DeleteObject'] };
  const deleted = { source: ['aws.s3'], 'detail-type': ['Object Deleted'] };
  const created = { source: ['aws.s3'], 'detail-type': ['Object Created'] };

  test.each([
    ['deletions', {}, { ...deleted, detail: { ...inBucket, ...marker } }, undefined],
    ['of a part', { KeyPrefix: 'site/' }, { ...deleted, detail: { ...inPart, ...marker } }, undefined],
    [
      'lifecycle rules too',
      lifecycle,
      { ...deleted, detail: { ...inBucket, ...marker, reason: ['DeleteObject', 'Lifecycle Expiration'] } },
      undefined,
    ],
    [
      'overwrites too',
      { ...overwrites, KeyPrefix: 'site/' },
      { ...deleted, detail: { ...inPart, ...marker } },
      { ...created, detail: inPart },
    ],
  ])('EventBridge, %s', (_, more, deletions, writes) => {
    const { resources, outputs } = stack({ Source: 'EventBridge', ...more });
    expect(resources.DeletionsRule?.EventPattern).toEqual(deletions);
    expect(resources.WritesRule?.EventPattern).toEqual(writes);
    for (const rule of [resources.DeletionsRule, resources.WritesRule]) {
      if (rule === undefined) continue;
      // The names that the policies of the queues let in.
      expect(rule.Name).toMatch(/^s3-bot-(deletions|writes)$/);
      expect(rule.Targets).toEqual([{ Id: 'queue', Arn: QUEUE, DeadLetterConfig: { Arn: DEAD } }]);
    }
    expect(outputs.NotificationConfiguration).toBeUndefined();
  });
});
