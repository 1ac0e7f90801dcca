import { type Clock, createClock } from './clock.ts';
import { createEvents, type EventOptions, type Events } from './events/index.ts';
import { createFaults, type Faults, generator } from './faults.ts';
import type { Context } from './http/context.ts';
import { createHttpServer } from './http/server.ts';
import { createRequestLog, type RequestLog } from './request-log.ts';
import { Bucket } from './store/bucket.ts';
import type { BucketOptions, Surroundings } from './store/bucket-options.ts';

export type { Clock } from './clock.ts';
export type { EventQueues } from './events/delivery.ts';
export type { EventForm, EventOptions, Events } from './events/index.ts';
export type { FilterRule, Notifications, QueueNotification } from './events/notifications.ts';
export type { FaultEffect, FaultRequest, FaultRule, FaultScope, Faults } from './faults.ts';
export { OPERATIONS, type Operation } from './operation.ts';
export type { RequestLog, RequestRecord } from './request-log.ts';
export type { Bucket } from './store/bucket.ts';
export type { BucketOptions, Versioning } from './store/bucket-options.ts';
export type { PutOptions } from './store/draft.ts';
export type { ArchiveTier, Encryption, Entry, Lock, LockMode, Restore, SystemHeaders } from './store/entry.ts';
export type { Quirks } from './store/quirks.ts';
export type { Part, Upload } from './store/uploads.ts';

export interface SandboxOptions {
  /** Default: any free port. */
  port?: number;
  /** Freezes the clock at this moment. */
  now?: string | number;
  /** Account that owns the buckets, 12 digits. */
  owner?: string;
  /** Where events go. Without: nowhere, and a bucket can name no queue. */
  events?: EventOptions;
}

/** A local, in-memory, versioned S3 over HTTP. */
export interface Sandbox {
  /** `http://127.0.0.1:PORT`; address buckets path-style. */
  readonly endpoint: string;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly events: Events;
  readonly requests: RequestLog;
  createBucket(name: string, options?: BucketOptions): Bucket;
  /** Throws if there is no such bucket. */
  bucket(name: string): Bucket;
  /** Closes at once, whatever is in flight. */
  stop(): Promise<void>;
}

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const buckets = new Map<string, Bucket>();
  const faults = createFaults();
  const requests = createRequestLog();
  const clock = createClock(options.now);
  const events = createEvents(options.events, clock);
  let sequence = 0;
  const owner = options.owner ?? '111122223333';
  const surroundings: Surroundings = { clock, owner, nextSequence: () => ++sequence, expired: events.expired };

  const createBucket = (name: string, bucketOptions: BucketOptions = {}): Bucket => {
    if (buckets.has(name)) throw new Error(`there already is a bucket ${name}`);
    const bucket = new Bucket(name, bucketOptions, surroundings);
    buckets.set(name, bucket);
    return bucket;
  };

  const context: Context = {
    clock,
    events,
    faults,
    buckets,
    random: generator(1),
    createBucket,
    deleteBucket: (name) => void buckets.delete(name),
  };
  const server = createHttpServer(context, requests);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: options.port ?? 0, host: '127.0.0.1', backlog: 1024 }, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the sandbox has no port');

  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    clock,
    faults,
    events,
    requests,
    createBucket,
    bucket(name) {
      const bucket = buckets.get(name);
      if (bucket === undefined) throw new Error(`there is no bucket ${name}`);
      return bucket;
    },
    stop() {
      events.stop();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}
