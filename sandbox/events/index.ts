import type { Clock } from '../clock.ts';
import { accessKeyOf, type S3Request } from '../http/request.ts';
import { encodeKey } from '../http/xml.ts';
import type { Bucket } from '../store/bucket.ts';
import { EMPTY_DRAFT, type Entry } from '../store/entry.ts';
import { NULL_VERSION } from '../store/version-ids.ts';
import { Delivery, type EventQueues } from './delivery.ts';
import { bridgeBody, topicBody } from './envelopes.ts';
import { type Actor, atSecond, createSequencer, type Happening, LIFECYCLE } from './happening.ts';
import type { EventName } from './names.ts';
import { nativeBody, testBody } from './native.ts';
import { wants } from './notifications.ts';

/** How events come to a queue: from S3 itself, by way of EventBridge, or by way of an SNS topic. */
export type EventForm = 'native' | 'eventbridge' | 'sns';

export interface EventOptions {
  readonly queues: EventQueues;
  /** By ARN of the queue; default `native`. Looked at for every event, so it may be filled later. */
  readonly forms?: Readonly<Record<string, EventForm>>;
  /** By access key id; default `AWS:AIDA` and the access key id. */
  readonly principals?: Readonly<Record<string, string>>;
  /** By access key id; default 127.0.0.1. */
  readonly sourceIps?: Readonly<Record<string, string>>;
  /** Of all native records. Default as AWS was recorded: 2.1, of tagging and lifecycle 2.3. */
  readonly eventVersion?: string;
}

/** What became of the events. */
export interface Events {
  /** Resolves when every event so far is in its queue, or lost. */
  settled(): Promise<void>;
  /** Messages handed over, test events included. */
  readonly sent: number;
  /** Messages that no queue took, after some tries. */
  readonly lost: number;
}

/** What the handlers use. */
export interface EventBox extends Events {
  hasQueue(arn: string): Promise<boolean>;
  formOf(arn: string): EventForm;
  /** Notifications were switched on. */
  enabled(request: S3Request, bucket: Bucket, queues: readonly string[]): void;
  /** A request changed something. `entry`: what was written, marked or removed. */
  happened(request: S3Request, bucket: Bucket, name: EventName, key: string, entry: Entry): void;
  /** Lifecycle took a current version. `entry`: the marker; where there are none, what was removed. */
  expired(bucket: Bucket, key: string, entry: Entry, midnight: number): void;
  stop(): void;
}

/** Without options there is no queue, and nothing is sent. */
export function createEvents(options: EventOptions | undefined, clock: Clock): EventBox {
  const delivery = new Delivery(options?.queues ?? NO_QUEUES);
  const next = createSequencer();
  let expirations = 0;

  const formOf = (arn: string) => options?.forms?.[arn] ?? 'native';

  const actorOf = (request: S3Request, { owner }: Bucket): Actor => {
    const id = accessKeyOf(request);
    // Nobody signed: the sandbox lets everybody in.
    if (id === undefined) return { principal: 'Anonymous', requester: owner, sourceIp: '127.0.0.1' };
    const principal = options?.principals?.[id] ?? `AWS:AIDA${id}`;
    return { principal, requester: owner, sourceIp: options?.sourceIps?.[id] ?? '127.0.0.1' };
  };

  const deliver = (lane: string, queue: string, body: string, at: number): void => {
    delivery.add(`${queue} ${lane}`, { queue, body: formOf(queue) === 'sns' ? topicBody(body, queue, at) : body });
  };

  const send = (happening: Happening, { name: bucket, notifications }: Bucket): void => {
    const { name, key, at } = happening;
    const encoded = encodeKey(key);
    for (const notification of notifications.queues) {
      if (!wants(notification, name, encoded)) continue;
      const { id, queue } = notification;
      const bridged = formOf(queue) === 'eventbridge';
      const body = bridged ? bridgeBody(happening) : nativeBody(happening, id, options?.eventVersion);
      deliver(`${bucket} ${key}`, queue, body, at);
    }
  };

  return {
    settled: () => delivery.settled(),
    get sent() {
      return delivery.sent;
    },
    get lost() {
      return delivery.lost;
    },
    hasQueue: async (arn) => (await options?.queues.has(arn)) === true,
    formOf,
    enabled({ id }, bucket, queues) {
      const at = clock.now();
      // EventBridge says nothing until something happens.
      for (const queue of queues.filter((arn) => formOf(arn) !== 'eventbridge')) {
        deliver(bucket.name, queue, testBody(bucket.name, at, id), at);
      }
    },
    happened(request, bucket, name, key, entry) {
      if (bucket.notifications.queues.length === 0) return;
      const at = clock.now();
      const about = { name, at, bucket, key, ...objectOf(entry), sequencer: next(at) };
      send({ ...about, actor: actorOf(request, bucket), requestId: request.id }, bucket);
    },
    expired(bucket, key, entry, midnight) {
      const name = entry.deleteMarker ? 'LifecycleExpiration:DeleteMarkerCreated' : 'LifecycleExpiration:Delete';
      const requestId = (++expirations).toString(36).toUpperCase().padStart(16, 'LIFECYCLE0000000');
      const sequencer = atSecond(midnight);
      const about = { name, at: clock.now(), bucket, key, ...objectOf(entry), sequencer } as const;
      send({ ...about, actor: LIFECYCLE, requestId }, bucket);
    },
    stop: () => delivery.stop(),
  };
}

/** A null version is not named, and the ETag of a marker is that of nothing. */
function objectOf({ versionId, size, etag }: Entry): Pick<Happening, 'versionId' | 'size' | 'etag'> {
  return { versionId: versionId === NULL_VERSION ? undefined : versionId, size, etag: etag || EMPTY_DRAFT.etag };
}

const NO_QUEUES: EventQueues = { has: () => false, send: () => Promise.reject(new Error('there are no queues')) };
