import { toMillis, wholeSeconds } from '../clock.ts';
import { NO_NOTIFICATIONS, type Notifications } from '../events/notifications.ts';
import type { BucketOptions, ObjectLock, Surroundings, Versioning } from './bucket-options.ts';
import { draftOf, type PutOptions } from './draft.ts';
import { type Draft, deleteMarker, type Entry, type Lock } from './entry.ts';
import { type History, KeyIndex, type Row } from './key-index.ts';
import type { Quirks } from './quirks.ts';
import { type ChecksumChoice, type Description, type Upload, Uploads } from './uploads.ts';
import { NULL_VERSION, sequenceOf, uploadIdOf, versionIdOf } from './version-ids.ts';

const DAY = 86_400_000;

/** A versioned bucket in memory: the store behind the HTTP face, and the handle that tests prepare and inspect it with. */
export class Bucket {
  readonly name: string;
  readonly region: string;
  readonly owner: string;
  readonly created: number;
  readonly index = new KeyIndex();
  readonly uploads = new Uploads();
  versioning: Versioning;
  mfaDelete: boolean;
  objectLock: ObjectLock | undefined;
  listing: 'interleaved' | 'grouped';
  encodesKeys: boolean;
  pageLimit: number;
  quirks: Quirks;
  notifications: Notifications = NO_NOTIFICATIONS;
  #surroundings: Surroundings;
  /** Ids that tests chose themselves; all others prove themselves. */
  #chosenIds = new Set<string>();

  constructor(name: string, options: BucketOptions, surroundings: Surroundings) {
    const { objectLock = false } = options;
    if (objectLock !== false && (options.versioning ?? 'Enabled') !== 'Enabled') {
      throw new Error(`versioning: bucket ${name} has Object Lock, which needs it`);
    }
    this.name = name;
    this.region = options.region ?? 'us-east-1';
    this.owner = options.owner ?? surroundings.owner;
    this.created = wholeSeconds(surroundings.clock.now());
    this.versioning = options.versioning ?? 'Enabled';
    this.mfaDelete = options.mfaDelete ?? false;
    this.objectLock = objectLock === false ? undefined : objectLock === true ? {} : { rule: objectLock };
    this.listing = options.listing ?? 'interleaved';
    this.encodesKeys = options.encodesKeys ?? true;
    this.pageLimit = options.pageLimit ?? 1000;
    this.quirks = { ...options.quirks };
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
      this.remove(key, NULL_VERSION);
      return undefined;
    }
    const versionId = this.nextVersionId(options.versionId);
    this.#store(key, deleteMarker(versionId, this.#time(options.lastModified)));
    return versionId;
  }

  /** A DELETE of one version: gone for good. Harmless where it is gone already. */
  remove(key: string, versionId: string): Entry | undefined {
    const removed = this.index.remove(key, versionId);
    if (removed) this.uploads.touch(key, this.#surroundings.nextSequence);
    return removed;
  }

  /**
   * What a lifecycle rule does to a current version: a marker stamped with the last midnight (UTC), and its event. Returns
   * the marker's id; undefined where versioning is off.
   * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
   */
  expire(key: string): string | undefined {
    const expired = this.current(key);
    if (expired === undefined || expired.deleteMarker) {
      throw new Error(`expire: ${key} has no current version in bucket ${this.name}`);
    }
    const midnight = Math.floor(this.#surroundings.clock.now() / DAY) * DAY;
    const marker = this.delete(key, { lastModified: midnight });
    const entry = marker === undefined ? expired : this.find(key, marker);
    if (entry !== undefined) this.#surroundings.expired(this, key, entry, midnight);
    return marker;
  }

  /**
   * Ends a restore that is under way: by default the copy is there for the days asked for. What comes back from an
   * archive tier does so for good.
   */
  finishRestore(key: string, options: { versionId?: string; until?: string | number } = {}): void {
    const { versionId, until } = options;
    const entry = versionId === undefined ? this.current(key) : this.find(key, versionId);
    if (entry?.restore === undefined || entry.restore.until !== undefined) {
      throw new Error(`restore: none under way of ${key} in bucket ${this.name}`);
    }
    const { days = 1 } = entry.restore;
    if (entry.archiveTier === undefined) {
      entry.restore = { until: until === undefined ? this.#surroundings.clock.now() + days * DAY : toMillis(until) };
    } else {
      entry.archiveTier = undefined;
      entry.restore = undefined;
    }
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

  /** For the handlers of requests: a multipart upload takes its time and its place in the history when it is started. */
  startUpload(key: string, described: Description, checksum: ChecksumChoice | undefined): Upload {
    const sequence = this.#surroundings.nextSequence();
    const id = uploadIdOf(this.#surroundings.nextSequence());
    return this.uploads.start({ id, key, sequence, started: this.#time(undefined), described, checksum });
  }

  /**
   * Stores what an upload made, where and when it was started: the current version is the one whose upload began last.
   * A null version that was written since takes precedence; then the upload succeeds without ever being seen.
   * https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html (concurrent multipart upload operations)
   */
  completeUpload(upload: Upload, draft: Draft): Entry {
    const { key, sequence } = upload;
    const versionId = this.versioning === 'Enabled' ? versionIdOf(sequence) : NULL_VERSION;
    const lock = this.#withDefaultRetention(draft.lock);
    const entry: Entry = { ...draft, lock, versionId, deleteMarker: false, lastModified: upload.started };
    this.uploads.remove(upload);
    if (!this.#isOvertaken(upload)) this.#store(key, entry, sequence);
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
   * On top of the history, or at its place in it. A null entry replaces the null entry that was there, wherever in the history it stood.
   * https://docs.aws.amazon.com/AmazonS3/latest/userguide/AddingObjectstoVersionSuspendedBuckets.html
   */
  #store(key: string, entry: Entry, sequence?: number): void {
    if (entry.versionId === NULL_VERSION) this.index.remove(key, NULL_VERSION);
    else if (this.#chosenIds.has(entry.versionId) && this.find(key, entry.versionId)) {
      throw new Error(`versionId: ${key} already has ${entry.versionId}`);
    }
    this.index.insert(key, { sequence: sequence ?? this.#surroundings.nextSequence(), entry });
    this.uploads.touch(key, this.#surroundings.nextSequence);
  }

  #isOvertaken({ key, sequence, changed = 0 }: Upload): boolean {
    if (this.versioning === 'Enabled') return false;
    // Without versioning a deletion leaves nothing behind that could be compared.
    if (this.versioning === 'Off') return changed > sequence;
    return this.#rows(key).some((row) => row.entry.versionId === NULL_VERSION && row.sequence > sequence);
  }

  #time(time: string | number | undefined): number {
    return wholeSeconds(time === undefined ? this.#surroundings.clock.now() : toMillis(time));
  }

  /** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html#object-lock-default-retention */
  #withDefaultRetention(lock: Lock): Lock {
    const rule = this.objectLock?.rule;
    if (rule === undefined || lock.mode !== undefined) return lock;
    return { ...lock, mode: rule.mode, retainUntil: this.#surroundings.clock.now() + rule.days * DAY };
  }
}
