import type { S3Client } from '@aws-sdk/client-s3';
import type { BucketPort, Buckets, RequestCounts } from '../core/ports.ts';
import type { Bucket } from './bucket.ts';
import { headVersion } from './head.ts';
import { listVersions } from './listing/listing.ts';
import { readTop } from './listing/pages.ts';
import { HistoryReader } from './listing/read-histories.ts';
import { ServerOrder } from './listing/server-order.ts';
import { preflight } from './preflight.ts';
import { RateGate, RateState, Room } from './rate.ts';
import { readObject } from './read-object.ts';
import { MAX_BATCH, removeEntries } from './remove.ts';
import { Requester, realWaiting, type Waiting } from './request.ts';
import { requestRestore } from './restore-object.ts';
import { serverTime } from './server-time.ts';
import { addDeleteMarker } from './writing/add-marker.ts';
import { copyVersion } from './writing/copy-object.ts';
import { newServerMemory, type ServerMemory } from './writing/server-memory.ts';

export { type ClientOptions, createClient } from './client.ts';

export interface BucketsOptions {
  readonly client: S3Client;
  /** A client for another region: for buckets that S3 says are there. Asked for once for each region. */
  readonly clientFor: (region: string) => S3Client;
  /**
   * The bucket that the inputs name, together with the region: if it is elsewhere, the run is refused instead of going
   * there, for the region may say which bucket was meant.
   */
  readonly strictRegionFor?: string;
  /** Account id; sent with every request. */
  readonly expectedBucketOwner?: string;
  /** Most requests in flight to each bucket. */
  readonly concurrency: number;
  /** Most keys in one DeleteObjects, up to 1000. */
  readonly batchSize: number;
  readonly bypassGovernanceRetention: boolean;
  /** The server is known to say of each marker that it removed that it was one, as AWS does. */
  readonly namesMarkers?: boolean;
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

/** The buckets of a run over HTTP. Nothing is sent before a method of one is called. */
export function openBuckets(options: BucketsOptions): Buckets {
  const memory = newServerMemory();
  const room = new Room(options.concurrency);
  const clients = new Map<string, S3Client>();
  const clientFor = (region: string) => {
    const client = clients.get(region) ?? options.clientFor(region);
    clients.set(region, client);
    return client;
  };
  const opened = new Map<string, Opened>();
  const open = (name: string): Opened => {
    const known = opened.get(name) ?? openBucket(name, { ...options, clientFor }, { memory, other, room });
    opened.set(name, known);
    return known;
  };
  const other = (name: string) => open(name).bucket;
  return {
    open: (name) => open(name).port,
    get requests() {
      const total: RequestCounts = { list: 0, head: 0, get: 0, copy: 0, delete: 0, put: 0, retries: 0, throttled: 0 };
      for (const { counts } of opened.values()) {
        for (const kind of Object.keys(total) as (keyof RequestCounts)[]) total[kind] += counts[kind];
      }
      return total;
    },
    notes: memory.notes,
  };
}

interface Opened {
  readonly port: BucketPort;
  readonly bucket: Bucket;
  readonly counts: RequestCounts;
}

/** What the buckets of a run have in common. */
interface Run {
  readonly memory: ServerMemory;
  readonly room: Room;
  /** Any bucket, wherever it was found to be. */
  readonly other: (name: string) => Bucket;
}

function openBucket(name: string, options: BucketsOptions, { memory, other, room }: Run): Opened {
  const { concurrency, stop, abort, pageSize } = options;
  const waiting = options.waiting ?? realWaiting;
  const bucket = locatedBucket(name, options);
  const rate = new RateState(concurrency, Math.min(options.batchSize, MAX_BATCH));
  const requester = new Requester(new RateGate(rate, { ...waiting, stop }, room), options, waiting);
  const { bypassGovernanceRetention, namesMarkers = false } = options;
  const removal = { bypassGovernanceRetention, namesMarkers };
  const lanes = options.lanes ?? Math.max(1, Math.min(MOST_LANES, concurrency));
  const listing = { lanes, order: new ServerOrder(memory.notes), ...(pageSize !== undefined && { pageSize }) };
  const histories = new HistoryReader(requester, bucket, listing);
  const reading = { requester, timer: waiting.timer, stop, abort };

  const port: BucketPort = {
    bucket: name,
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
    serverTime: () => serverTime(requester, bucket),
    list: (range) => listVersions(requester, bucket, range, listing),
    readHistories: (keys, how) => histories.read(keys, how),
    headVersion: (key, versionId, checksums) => headVersion(requester, bucket, key, versionId, checksums),
    readTop: (key) => readTop(requester, bucket, key),
    removeEntries: (entries) => removeEntries(requester, bucket, entries, removal),
    copyVersion: (key, step, seen) =>
      copyVersion(requester, bucket, key, step, seen, memory, other(step.source?.bucket ?? name)),
    addDeleteMarker: (key, seen) => addDeleteMarker(requester, bucket, key, seen, memory),
    requestRestore: (key, versionId, storageClass, how) =>
      requestRestore(requester, bucket, key, versionId, storageClass, how),
    readObject: (key, versionId) => readObject(reading, bucket, key, versionId),
  };
  return { port, bucket, counts: requester.counts };
}

/** A bucket that is asked in the region of the inputs, until S3 names another. */
function locatedBucket(name: string, options: BucketsOptions): Bucket {
  const { expectedBucketOwner: expectedOwner, clientFor } = options;
  const isInput = name === options.strictRegionFor;
  let { client } = options;
  return {
    name,
    isInput,
    get client() {
      return client;
    },
    moveTo(region) {
      if (!isInput) client = clientFor(region);
      return !isInput;
    },
    ...(expectedOwner !== undefined && { expectedOwner }),
  };
}
