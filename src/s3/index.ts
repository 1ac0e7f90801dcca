import type { S3Client } from '@aws-sdk/client-s3';
import type { BucketPort } from '../core/ports.ts';
import { headVersion } from './head.ts';
import { listVersions } from './listing.ts';
import { type Bucket, readTop } from './pages.ts';
import { preflight } from './preflight.ts';
import { RateGate, RateState } from './rate.ts';
import { MAX_BATCH, removeEntries } from './remove.ts';
import { Requester, realWaiting, type Waiting } from './request.ts';
import { addDeleteMarker, copyOnTop } from './write.ts';

export { type ClientOptions, createClient } from './client.ts';

export interface BucketOptions {
  readonly client: S3Client;
  readonly bucket: string;
  /** Account id; sent with every request. */
  readonly expectedBucketOwner?: string;
  /** Most requests in flight. */
  readonly concurrency: number;
  /** Most keys in one DeleteObjects, up to 1000. */
  readonly batchSize: number;
  readonly bypassGovernanceRetention: boolean;
  /** Send nothing new; what is being written may finish. */
  readonly stop: AbortSignal;
  /** Drop what is in flight as well. */
  readonly abort: AbortSignal;
  /** Sleeping and chance, for tests. */
  readonly waiting?: Waiting;
  /** Listing: most ranges listed side by side, and the size of a page. For tests and weak servers. */
  readonly lanes?: number;
  readonly pageSize?: number;
}

const MOST_LANES = 16;

/** A bucket over HTTP. Nothing is sent before a method is called. */
export function openBucket(options: BucketOptions): BucketPort {
  const { client, expectedBucketOwner, concurrency } = options;
  const waiting = options.waiting ?? realWaiting;
  const bucket: Bucket = {
    client,
    name: options.bucket,
    ...(expectedBucketOwner !== undefined && { expectedOwner: expectedBucketOwner }),
  };
  const rate = new RateState(concurrency, Math.min(options.batchSize, MAX_BATCH));
  const requester = new Requester(new RateGate(rate, { ...waiting, stop: options.stop }), options, waiting);
  const removal = { bypassGovernanceRetention: options.bypassGovernanceRetention };
  const lanes = options.lanes ?? Math.max(1, Math.min(MOST_LANES, concurrency));

  return {
    bucket: options.bucket,
    requests: requester.counts,
    get batchSize() {
      return rate.batchSize;
    },
    async preflight() {
      const facts = await preflight(requester, bucket);
      // In a bucket without Object Lock S3 refuses the header with 400, for the whole request.
      // https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
      if (facts.objectLock === 'off') removal.bypassGovernanceRetention = false;
      return facts;
    },
    list: (range) =>
      listVersions(requester, bucket, range, {
        lanes,
        ...(options.pageSize !== undefined && { pageSize: options.pageSize }),
      }),
    headVersion: (key, versionId, checksums) => headVersion(requester, bucket, key, versionId, checksums),
    readTop: (key) => readTop(requester, bucket, key),
    removeEntries: (entries) => removeEntries(requester, bucket, entries, removal),
    copyOnTop: (key, step, guard) => copyOnTop(requester, bucket, key, step, guard),
    addDeleteMarker: (key, ifMatch) => addDeleteMarker(requester, bucket, key, ifMatch),
  };
}
