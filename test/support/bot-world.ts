import { randomBytes } from 'node:crypto';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  type Event,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { type Bucket, type BucketOptions, type EventForm, type Sandbox, startSandbox } from '../../sandbox/index.ts';
import { type Json, nativeRecord } from './event-samples.ts';
import { queuePort } from './queue-events.ts';
import { type QueueServer, startQueueServer, type TestQueue, type TestQueueOptions } from './queue-server.ts';

/**
 * Buckets whose requests become messages in queues, as on AWS, and people who send such requests: each has an access key,
 * which the events know by its principal and address.
 */

interface Person {
  readonly accessKey: string;
  /** As S3's events name them. */
  readonly principal: string;
  readonly sourceIp: string;
}

export const PEOPLE = {
  /** A cleanup that goes wrong. */
  cleanup: { accessKey: 'AKIACLEANUP', principal: 'AWS:AROACLEANUP:nightly-cleanup', sourceIp: '203.0.113.7' },
  /** Deletes what is to be deleted. */
  retention: { accessKey: 'AKIARETENTION', principal: 'AWS:AROARETENTION:retention-job-7', sourceIp: '10.20.0.5' },
  /** Mends things by hand. */
  operator: { accessKey: 'AKIAOPERATOR', principal: 'AWS:AIDAOPERATOR', sourceIp: '198.51.100.9' },
  /** Whoever the action runs as. */
  bot: { accessKey: 'AKIABOT', principal: 'AWS:AROABOT:s3-recovery-bot', sourceIp: '192.0.2.44' },
} as const satisfies Record<string, Person>;

export type Who = keyof typeof PEOPLE;

/** When the sandbox's clock stands still: safely in the past of the machine's own clock. */
const START = '2026-03-04T12:00:00Z';
const ACCOUNT = '000000000000';
const REGION = 'us-east-1';
/** The most keys of one DeleteObjects. */
const BATCH = 1000;

export interface BotWorld {
  readonly sandbox: Sandbox;
  readonly queues: QueueServer;
  /** What the action finds in its environment, as the bot. */
  readonly env: Readonly<Record<string, string>>;
  /** A bucket of a name of its own. */
  createBucket(options?: BucketOptions): Bucket;
  createQueue(options?: TestQueueOptions & { readonly form?: EventForm }): TestQueue;
  /** Let the bucket send its events there, by S3's own request; S3's test message comes first. */
  connect(bucket: Bucket, queue: TestQueue, events?: readonly Event[]): Promise<void>;
  /** Delete keys as S3's clients do: by the thousand. */
  remove(who: Who, bucket: Bucket, keys: readonly string[]): Promise<void>;
  /** Delete a key alone, or one version of it. */
  removeOne(who: Who, bucket: Bucket, key: string, versionId?: string): Promise<void>;
  /** Gives the version id. */
  write(who: Who, bucket: Bucket, key: string, body: string): Promise<string>;
  /** Resolves when all events are in their queues. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** One thing that happened, as S3 would tell it, for messages that a test writes by hand. */
export interface Told {
  readonly bucket: string;
  readonly key: string;
  /** Default: a key was deleted. */
  readonly name?: string;
  readonly versionId?: string | undefined;
  readonly sequencer?: string;
  /** ms since 1970; default the moment at which the sandbox stands still. */
  readonly at?: number;
  readonly principal?: string;
  readonly sourceIp?: string;
  readonly requestId?: string;
  readonly eventVersion?: string;
}

/** A record of S3's own form. */
export function recordOf(told: Told): Json {
  const { cleanup } = PEOPLE;
  const { bucket, key, name = 'ObjectRemoved:DeleteMarkerCreated', versionId, at = Date.parse(START) } = told;
  const { principal = cleanup.principal, sourceIp = cleanup.sourceIp, requestId = 'C3D13FE58DE4C810' } = told;
  const object = {
    key: encoded(key),
    ...(versionId !== undefined && { versionId }),
    sequencer: told.sequencer ?? '0067902B674A1C3E5F',
  };
  const record = nativeRecord(name, object);
  return {
    ...record,
    eventVersion: told.eventVersion ?? '2.1',
    eventTime: new Date(at).toISOString(),
    userIdentity: { principalId: principal },
    requestParameters: { sourceIPAddress: sourceIp },
    responseElements: { 'x-amz-request-id': requestId, 'x-amz-id-2': 'id-2' },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: 'undelete',
      bucket: { name: bucket, ownerIdentity: { principalId: 'A3OWNER' }, arn: `arn:aws:s3:::${bucket}` },
      object,
    },
  };
}

/** A message of S3's own form, with these records. */
export function messageOf(...told: readonly Told[]): string {
  return JSON.stringify({ Records: told.map(recordOf) });
}

/** As S3 encodes keys in events: a space is a plus. */
function encoded(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+');
}

export async function startBotWorld(): Promise<BotWorld> {
  const queues = await startQueueServer();
  const port = queuePort(queues.endpoint, REGION);
  const forms: Record<string, EventForm> = {};
  const people: Person[] = Object.values(PEOPLE);
  const sandbox = await startSandbox({
    now: START,
    events: {
      queues: port,
      forms,
      principals: Object.fromEntries(people.map(({ accessKey, principal }) => [accessKey, principal])),
      sourceIps: Object.fromEntries(people.map(({ accessKey, sourceIp }) => [accessKey, sourceIp])),
    },
  });
  const clients = new Map<Who, S3Client>();
  const as = (who: Who): S3Client => {
    const known = clients.get(who);
    if (known !== undefined) return known;
    const credentials = { accessKeyId: PEOPLE[who].accessKey, secretAccessKey: 'not-a-secret' };
    const made = new S3Client({ endpoint: sandbox.endpoint, region: REGION, credentials, forcePathStyle: true });
    clients.set(who, made);
    return made;
  };
  const nameOf = (what: string) => `${what}-${randomBytes(8).toString('hex')}`;

  return {
    sandbox,
    queues,
    env: { ...queues.env, AWS_ACCESS_KEY_ID: PEOPLE.bot.accessKey },
    createBucket: (options) => sandbox.createBucket(nameOf('acceptance'), options),
    createQueue({ form, ...options } = {}) {
      const queue = queues.createQueue(nameOf('events'), options);
      if (form !== undefined) forms[arnOf(queue)] = form;
      return queue;
    },
    async connect({ name: Bucket }, queue, Events = ['s3:ObjectRemoved:DeleteMarkerCreated']) {
      const QueueConfigurations = [{ Id: 'undelete', QueueArn: arnOf(queue), Events: [...Events] }];
      const NotificationConfiguration = { QueueConfigurations };
      await as('operator').send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
    },
    async remove(who, { name: Bucket }, keys) {
      for (let from = 0; from < keys.length; from += BATCH) {
        const Objects = keys.slice(from, from + BATCH).map((Key) => ({ Key }));
        const { Errors = [] } = await as(who).send(
          new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
        );
        if (Errors.length > 0) throw new Error(`not deleted: ${JSON.stringify(Errors[0])}`);
      }
    },
    async removeOne(who, { name: Bucket }, Key, VersionId) {
      await as(who).send(new DeleteObjectCommand({ Bucket, Key, ...(VersionId !== undefined && { VersionId }) }));
    },
    async write(who, { name: Bucket }, Key, Body) {
      const { VersionId } = await as(who).send(new PutObjectCommand({ Bucket, Key, Body }));
      return VersionId ?? 'null';
    },
    async settled() {
      await sandbox.events.settled();
      if (sandbox.events.lost > 0) throw new Error(`${sandbox.events.lost} events were lost on their way to the queue`);
    },
    async stop() {
      for (const client of clients.values()) client.destroy();
      await sandbox.stop();
      port.close();
      await queues.stop();
    },
  };
}

function arnOf({ name }: TestQueue): string {
  return `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;
}
