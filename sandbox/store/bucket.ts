import { type Clock, toMillis, wholeSeconds } from '../clock.ts';
import { draftOf, type PutOptions } from './draft.ts';
import { type Draft, deleteMarker, type Entry, type Lock, type LockMode } from './entry.ts';
import { type History, KeyIndex, type Row } from './key-index.ts';
import { NULL_VERSION, sequenceOf, versionIdOf } from './version-ids.ts';

/** `Off`: versioning was never enabled. S3 has no way back to it. */
export type Versioning = 'Enabled' | 'Suspended' | 'Off';

export interface BucketOptions {
  /** Default `Enabled`. */
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
}

/** Object Lock of a bucket; `undefined` rule: no default retention. */
export interface ObjectLock {
  rule?: { mode: LockMode; days: number };
}

/** What the buckets of one sandbox share: the time and the counter behind version ids. */
export interface Surroundings {
  readonly clock: Clock;
  readonly owner: string;
  nextSequence(): number;
}

/** A versioned bucket in memory: the store behind the HTTP face, and the handle that tests prepare and inspect it with. */
export class Bucket {
  readonly name: string;
  readonly region: string;
  readonly owner: string;
  readonly created: number;
  readonly index = new KeyIndex();
  versioning: Versioning;
  mfaDelete: boolean;
  objectLock: ObjectLock | undefined;
  listing: 'interleaved' | 'grouped';
  encodesKeys: boolean;
  #surroundings: Surroundings;
  /** Ids that tests chose themselves; all others prove themselves. */
  #chosenIds = new Set<string>();

  constructor(name: string, options: BucketOptions, surroundings: Surroundings) {
    const { objectLock = false } = options;
    this.name = name;
    this.region = options.region ?? 'us-east-1';
    this.owner = options.owner ?? surroundings.owner;
    this.created = wholeSeconds(surroundings.clock.now());
    this.versioning = options.versioning ?? 'Enabled';
    this.mfaDelete = options.mfaDelete ?? false;
    this.objectLock = objectLock === false ? undefined : objectLock === true ? {} : { rule: objectLock };
    this.listing = options.listing ?? 'interleaved';
    this.encodesKeys = options.encodesKeys ?? true;
    this.#surroundings = surroundings;
  }

  /** Writes a version as a PUT would, obeying the bucket's versioning state. Returns its version id. */
  put(key: string, options: PutOptions = {}): string {
    const versionId = this.nextVersionId(options.versionId);
    return this.add(key, draftOf(options, versionId), versionId, options.lastModified).versionId;
  }

  /** A simple DELETE. Returns the id of the marker it left; undefined where versioning is off. */
  delete(key: string, options: { lastModified?: string | number; versionId?: string } = {}): string | undefined {
    if (this.versioning === 'Off') {
      this.index.remove(key, NULL_VERSION);
      return undefined;
    }
    const versionId = this.nextVersionId(options.versionId);
    this.#store(key, deleteMarker(versionId, this.#time(options.lastModified)));
    return versionId;
  }

  /** A DELETE of one version: gone for good. Harmless where it is gone already. */
  remove(key: string, versionId: string): Entry | undefined {
    return this.index.remove(key, versionId);
  }

  /** The history of a key, newest first, in storage order. */
  entries(key: string): Entry[] {
    return this.#rows(key)
      .map((row) => row.entry)
      .reverse();
  }

  current(key: string): Entry | undefined {
    return this.#rows(key).at(-1)?.entry;
  }

  find(key: string, versionId: string): Entry | undefined {
    return this.#rows(key).findLast((row) => row.entry.versionId === versionId)?.entry;
  }

  /** All keys that have at least one entry, in UTF-8 byte order. */
  keys(): string[] {
    return this.#histories().map((history) => history.key);
  }

  /** A deep copy of everything, for comparing states. */
  snapshot(): Record<string, Entry[]> {
    const copy = this.#histories().map((history) => [history.key, structuredClone(this.entries(history.key))] as const);
    return Object.fromEntries(copy);
  }

  isEmpty(): boolean {
    return this.#histories().length === 0;
  }

  /** For the handlers of requests: stores a finished draft. */
  add(key: string, draft: Draft, versionId = this.nextVersionId(), time?: string | number): Entry {
    const lastModified = this.#time(time);
    const lock = this.#withDefaultRetention(draft.lock);
    const entry: Entry = { ...draft, lock, versionId, deleteMarker: false, lastModified };
    this.#store(key, entry);
    return entry;
  }

  /** The id that the next write gets: outside Enabled buckets always the null version. */
  nextVersionId(chosen?: string): string {
    if (chosen === undefined) {
      return this.versioning === 'Enabled' ? versionIdOf(this.#surroundings.nextSequence()) : NULL_VERSION;
    }
    if (chosen !== NULL_VERSION && this.versioning !== 'Enabled') {
      throw new Error(`versionId: bucket ${this.name} is ${this.versioning} and writes null versions only`);
    }
    if (sequenceOf(chosen) === undefined) this.#chosenIds.add(chosen);
    return chosen;
  }

  /** S3 tells ids that it could have issued from those that it could not. */
  couldHaveIssued(versionId: string): boolean {
    return versionId === NULL_VERSION || sequenceOf(versionId) !== undefined || this.#chosenIds.has(versionId);
  }

  #rows(key: string): readonly Row[] {
    return this.index.get(key)?.rows ?? [];
  }

  #histories(): History[] {
    return this.index.sorted().filter((history) => history.rows.length > 0);
  }

  /**
   * On top of the history. A null entry replaces the null entry that was there, wherever in the history it stood.
   * https://docs.aws.amazon.com/AmazonS3/latest/userguide/AddingObjectstoVersionSuspendedBuckets.html
   */
  #store(key: string, entry: Entry): void {
    if (entry.versionId === NULL_VERSION) this.index.remove(key, NULL_VERSION);
    else if (this.#chosenIds.has(entry.versionId) && this.find(key, entry.versionId)) {
      throw new Error(`versionId: ${key} already has ${entry.versionId}`);
    }
    this.index.push(key, { sequence: this.#surroundings.nextSequence(), entry });
  }

  #time(time: string | number | undefined): number {
    return wholeSeconds(time === undefined ? this.#surroundings.clock.now() : toMillis(time));
  }

  /** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html#object-lock-default-retention */
  #withDefaultRetention(lock: Lock): Lock {
    const rule = this.objectLock?.rule;
    if (rule === undefined || lock.mode !== undefined) return lock;
    return { ...lock, mode: rule.mode, retainUntil: this.#surroundings.clock.now() + rule.days * 86_400_000 };
  }
}
