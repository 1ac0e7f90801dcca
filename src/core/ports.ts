import type { Versioning } from './decide.ts';
import type { ObjectHead } from './head.ts';
import type { Entry, KeyHistory } from './history.ts';
import type { ListingOrder } from './order.ts';
import type { Failure } from './outcome.ts';
import type { CopyStep, Seen } from './plan.ts';
import type { ArchiveRequest } from './request.ts';

/** The buckets of a run: one, or those that a manifest names, and the one that is copied into. */
export interface Buckets {
  /** The same port for the same name. Nothing is sent before a method of it is called. */
  open(bucket: string): BucketPort;
  /** What was sent so far, to all of them together; a snapshot. */
  readonly requests: RequestCounts;
  /** What was found out about a server that people have to know: what it refuses, and what is done instead. Grows. */
  readonly notes: ReadonlySet<string>;
}

/**
 * What the engine asks of a bucket. src/s3 answers it over HTTP, with retries, timeouts and the rate controller
 * inside; the property tests answer it with the model of a versioned bucket.
 *
 * Every method throws `CancelledError` when the run is told to stop before the request is sent.
 */
export interface BucketPort {
  readonly bucket: string;

  /** @throws RollbackError when the bucket cannot be rolled back: missing, elsewhere, unversioned, no permission. */
  preflight(): Promise<BucketFacts>;

  /**
   * What S3's clock says, in ms, cut to whole seconds: the clock that stamps versions.
   * @throws RollbackError `no-server-clock`
   */
  serverTime(): Promise<number>;

  /**
   * The histories of all keys of a range, listed side by side. Each segment is a run of neighbouring keys, in S3's
   * order inside; segments come in any order, are disjoint, and together are the whole range. A segment's batches must
   * be read to its end. Segments grow out of others while these are read, so read them concurrently as they come.
   * @throws RollbackError where a page cannot be had or trusted. Nothing is ever silently cut short.
   */
  list(range: KeyRange): Listing;

  /**
   * The histories of these keys, which are in S3's order and each there once. A key without entries is not in the answer.
   * Neighbours share a request where they fit into a page; it never takes more requests than keys, but for long
   * histories.
   * @throws S3Failure
   */
  readHistories(keys: readonly string[], how?: ReadHow): Promise<ReadonlyMap<string, KeyHistory>>;

  /**
   * HeadObject of one version, with its checksums where they are needed to compare. `undefined`: the version is gone.
   * @throws S3Failure
   */
  headVersion(key: string, versionId: string, checksums: boolean): Promise<ObjectHead | undefined>;

  /**
   * The newest entries of one key as it is now, the current one first, up to TOP_ENTRIES; none where the key has none.
   * A listing (Prefix=key) and not a HEAD: it needs no permission to read the object, tells markers by id on every
   * server, and works for objects encrypted with a customer's key. @throws S3Failure
   */
  readTop(key: string): Promise<readonly Entry[]>;

  /**
   * One DeleteObjects (or single DeleteObjects for keys that XML cannot carry) of entries named by version id.
   * As many answers as entries, in their order.
   */
  removeEntries(entries: readonly EntryName[]): Promise<readonly Removal[]>;

  /**
   * Copy a version on top of this key: of the key itself, or of `step.source`. Guarded by what is current there: nothing
   * is written where that is not what was `seen` any more.
   */
  copyVersion(key: string, step: CopyStep, seen: Seen): Promise<Write>;

  /** Add a delete marker on top of the version that was `seen`, guarded by its ETag. */
  addDeleteMarker(key: string, seen: Seen): Promise<Write>;

  /** Ask for an archived version to be made readable. */
  requestRestore(key: string, versionId: string, storageClass: string, how: ArchiveRequest): Promise<RestoreAnswer>;

  /**
   * The bytes of a version, or of what is current. A connection that breaks is taken up again where it broke, and only
   * if the object is still the same. @throws S3Failure, also while it is read
   */
  readObject(key: string, versionId?: string): Promise<ObjectStream>;

  /** How many entries one `removeEntries` should name now: at most 1000, fewer after throttling. */
  readonly batchSize: number;
}

/** The entries that tell what became of a key: its current one, the one below, and one that may have come in between. */
export const TOP_ENTRIES = 3;

export interface BucketFacts {
  readonly versioning: Versioning;
  /** Removing any entry by version id needs a one-time password that a workflow does not have. */
  readonly mfaDelete: boolean;
  /** `unknown` where we may not ask. */
  readonly objectLock: { readonly mode: string; readonly period: string } | 'on' | 'off' | 'unknown';
}

export interface KeyRange {
  readonly prefix: string;
  /** One exact key; the listing stops at the first other. */
  readonly key?: string;
  /** Keys after this one only. */
  readonly after?: string;
  /** Keys up to and including this one only. */
  readonly upTo?: string;
  /** Ascending strings at which cutting the range pays, where they are known; then it is cut nowhere else. */
  readonly cuts?: readonly string[];
}

export interface Listing {
  /** Settled: `unknown` may become `wire` or `grouped` while pages arrive. */
  readonly order: ListingOrder;
  readonly segments: AsyncIterable<Segment>;
}

export interface Segment {
  /** Unique in its listing and ascending with the keys: sorting segments by it sorts all keys. */
  readonly start: string;
  readonly batches: AsyncIterable<readonly KeyHistory[]>;
}

export interface ReadHow {
  /** What all keys begin with and the role may list; absent: what they have in common. */
  readonly prefix?: string;
  /** Only so many of the newest entries of each key are wanted. */
  readonly depth?: number;
}

export type RestoreAnswer =
  /** `requested` now; `in-progress` since an earlier request; `available`: it can be read already. */
  | { readonly ok: true; readonly state: 'requested' | 'in-progress' | 'available' }
  | { readonly ok: false; readonly failure: Failure };

export interface ObjectStream {
  /** Bytes. */
  readonly size: number;
  /** Without its quotes. */
  readonly etag: string;
  /** ms since 1970. */
  readonly lastModified: number;
  /** `AES256`, `aws:kms`, …; absent where the server does not say. */
  readonly encryption?: string;
  /** Checksums of the whole object by algorithm. */
  readonly checksums: Readonly<Record<string, string>>;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface EntryName {
  readonly key: string;
  readonly versionId: string;
  readonly deleteMarker: boolean;
}

export type Removal =
  /**
   * `confirmed`: S3's answer says that it was what we took it for (a marker's says so). Otherwise the entry is gone,
   * and whether we or somebody before us removed it is not known: the caller looks. `unsure`: it may have been us, as an
   * earlier try may have landed, or this server never says what it removed.
   */
  | { readonly ok: true; readonly confirmed: boolean; readonly unsure?: true }
  /** `unsure`: a try of it may have landed all the same. */
  | { readonly ok: false; readonly failure: Failure; readonly unsure?: true };

export type Write =
  /**
   * The new entry's id, and a copy's ETag, where the server told them. `unguarded`: the server refuses conditions, so the
   * key was looked at just before instead; only a look afterwards can tell that nobody wrote in between.
   */
  | { readonly ok: true; readonly versionId?: string; readonly etag?: string; readonly unguarded?: true }
  /** The guard held: the key is not what the plan saw. `unsure`: an earlier try may have landed, so it may be our own. */
  | { readonly ok: false; readonly conflict: true; readonly unsure: boolean }
  /** `unsure`: a try of it may have landed all the same; `versionId`: it has, and what is wrong is wrong with that entry. */
  | {
      readonly ok: false;
      readonly conflict: false;
      readonly failure: Failure;
      readonly unsure?: true;
      readonly versionId?: string;
    };

export interface RequestCounts {
  list: number;
  head: number;
  get: number;
  copy: number;
  delete: number;
  put: number;
  retries: number;
  throttled: number;
}

/** A request that failed for good. Thrown by the reading methods; the writing ones return its failure. */
export class S3Failure extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(`${failure.code}: ${failure.message}`, options);
    this.name = 'S3Failure';
    this.failure = failure;
  }
}
