import type { Clock } from '../clock.ts';
import type { EventBox } from '../events/index.ts';
import type { FaultBox } from '../faults.ts';
import type { Bucket } from '../store/bucket.ts';
import type { BucketOptions } from '../store/bucket-options.ts';
import type { Reply } from './reply.ts';
import type { S3Request } from './request.ts';

/** What a handler may use besides its request. */
export interface Context {
  readonly clock: Clock;
  readonly events: EventBox;
  readonly faults: FaultBox;
  readonly buckets: ReadonlyMap<string, Bucket>;
  /** Shuffles what S3 returns in no particular order. */
  readonly random: () => number;
  createBucket(name: string, options: BucketOptions): Bucket;
  deleteBucket(name: string): void;
}

/**
 * For requests that name a bucket: it exists, is in the right region and has the expected owner. Only one that has to ask
 * others, and changes nothing before it has their answer, gives a promise.
 */
export type BucketHandler = (request: S3Request, bucket: Bucket, context: Context) => Reply | Promise<Reply>;
/** For requests that name a key: it has an acceptable length. */
export type KeyHandler = (request: S3Request, bucket: Bucket, key: string, context: Context) => Reply;
