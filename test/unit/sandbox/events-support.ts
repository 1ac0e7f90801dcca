import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  type Event,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  type QueueConfiguration,
} from '@aws-sdk/client-s3';
import { z } from 'zod';
import type { Bucket, BucketOptions, EventOptions, EventQueues } from '../../../sandbox/index.ts';
import { type Rig, rig } from './support.ts';

export const QUEUE = 'arn:aws:sqs:us-east-1:111122223333:deletions';
export const OTHER_QUEUE = 'arn:aws:sqs:us-east-1:111122223333:other';
/** Every event that the sandbox sends. */
export const EVERYTHING: Event[] = [
  's3:ObjectCreated:*',
  's3:ObjectRemoved:*',
  's3:ObjectRestore:*',
  's3:ObjectTagging:*',
  's3:LifecycleExpiration:*',
];

/** Queues that only remember. */
export function memoryQueues(...arns: string[]): EventQueues & { readonly bodies: Map<string, string[]> } {
  const bodies = new Map(arns.map((arn): [string, string[]] => [arn, []]));
  return {
    bodies,
    has: (arn) => bodies.has(arn),
    async send(arn, body) {
      const queue = bodies.get(arn);
      if (queue === undefined) throw new Error(`no queue ${arn}`);
      queue.push(body);
    },
  };
}

const Message = z.object({
  Records: z.tuple([
    z.looseObject({
      eventVersion: z.string(),
      eventTime: z.string(),
      eventName: z.string(),
      userIdentity: z.object({ principalId: z.string() }),
      requestParameters: z.object({ sourceIPAddress: z.string() }),
      responseElements: z.object({ 'x-amz-request-id': z.string(), 'x-amz-id-2': z.string() }),
      s3: z.looseObject({
        configurationId: z.string(),
        object: z.looseObject({ key: z.string(), sequencer: z.string().optional() }),
      }),
    }),
  ]),
});

/** The record of a native message, which has exactly one. */
export function recordOf(body: string) {
  return Message.parse(JSON.parse(body)).Records[0];
}

/** What it says, without what differs from run to run: `[name, object without its sequencer]`. */
export function saidOf(body: string): unknown[] {
  const { eventName, s3 } = recordOf(body);
  const { sequencer: _any, ...object } = s3.object;
  return [eventName, object];
}

export interface EventRig extends Rig {
  readonly bucket: Bucket;
  /** Sends the bucket's events of these types to a queue, with S3's own operation. */
  notify(...configurations: QueueConfiguration[]): Promise<unknown>;
  /** The messages so far in the queue, test events aside, once all are there. */
  bodies(arn?: string): Promise<string[]>;
  put(key: string, body?: string): Promise<string | undefined>;
  remove(key: string, versionId?: string): Promise<string | undefined>;
}

/** A bucket `b`, all of whose events go to `QUEUE`. */
export async function eventRig(
  options: BucketOptions & { events?: Partial<EventOptions> & { arns?: string[] } } = {},
): Promise<EventRig> {
  const { events: { arns = [QUEUE], ...events } = {}, ...bucketOptions } = options;
  const queues = memoryQueues(...arns);
  const env = await rig({ events: { queues, ...events } });
  const bucket = env.sandbox.createBucket('b', bucketOptions);
  const notify = (...QueueConfigurations: QueueConfiguration[]) =>
    env.s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: 'b',
        NotificationConfiguration: { QueueConfigurations },
      }),
    );
  await notify(...arns.map((QueueArn) => ({ QueueArn, Events: EVERYTHING })));
  return {
    ...env,
    bucket,
    notify,
    async bodies(arn = QUEUE) {
      await env.sandbox.events.settled();
      return (queues.bodies.get(arn) ?? []).filter((body) => !body.includes('s3:TestEvent'));
    },
    put: async (Key, Body = 'abc') => (await env.s3.send(new PutObjectCommand({ Bucket: 'b', Key, Body }))).VersionId,
    remove: async (Key, VersionId) =>
      (await env.s3.send(new DeleteObjectCommand({ Bucket: 'b', Key, ...(VersionId && { VersionId }) }))).VersionId,
  };
}

export function removeMany({ s3 }: Rig, keys: readonly string[]) {
  const Objects = keys.map((Key) => ({ Key }));
  return s3.send(new DeleteObjectsCommand({ Bucket: 'b', Delete: { Objects, Quiet: true } }));
}
