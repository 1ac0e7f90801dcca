import type { Clock } from '../clock.ts';
import type { Bucket } from './bucket.ts';
import type { Entry, LockMode } from './entry.ts';
import type { Quirks } from './quirks.ts';

/** `Off`: versioning was never enabled. S3 has no way back to it. */
export type Versioning = 'Enabled' | 'Suspended' | 'Off';

export interface BucketOptions {
  /** Default `Enabled`; with Object Lock nothing else is possible. */
  versioning?: Versioning;
  /** Default `us-east-1`. */
  region?: string;
  mfaDelete?: boolean;
  /** `true`: Object Lock on, no default retention. */
  objectLock?: boolean | { mode: LockMode; days: number };
  /** Account id of 12 digits; default the sandbox's owner. */
  owner?: string;
  /** `grouped`: all versions of a page, then all its markers, as some third-party servers list. Default `interleaved`. */
  listing?: 'interleaved' | 'grouped';
  /** `false`: ignores `encoding-type`, as some third-party servers do. Default `true`. */
  encodesKeys?: boolean;
  /** The most rows ListObjectVersions sends in a page, however many are asked for: S3 may always send fewer. Default 1,000. */
  pageLimit?: number;
  /** What some servers do other than AWS. Default none. */
  quirks?: Quirks;
}

/** Object Lock of a bucket; `undefined` rule: no default retention. */
export interface ObjectLock {
  rule?: { mode: LockMode; days: number };
}

/** What the buckets of one sandbox share: the time, the counter behind version ids, and who hears of expirations. */
export interface Surroundings {
  readonly clock: Clock;
  readonly owner: string;
  readonly nextSequence: () => number;
  /** Lifecycle took a current version; `entry` is its marker or, where versioning is off, what was removed. */
  readonly expired: (bucket: Bucket, key: string, entry: Entry, midnight: number) => void;
}
