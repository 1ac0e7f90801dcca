/**
 * A versioned bucket in memory, as AWS documents one, and nothing else: no engine, no rules of ours. The oracle of the
 * property tests.
 *
 * - Enabled: a write stacks a new entry with an id of its own; a delete stacks a marker, on a marker too.
 *   https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html
 * - Suspended: a write or delete becomes the entry with id `null` and destroys the `null` entry there was, wherever in
 *   the history it lay. https://docs.aws.amazon.com/AmazonS3/latest/userguide/AddingObjectstoVersionSuspendedBuckets.html
 * - A delete that names a version id removes that entry for good, adds none, and succeeds on an entry that is not there.
 *   https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
 * - Entries are kept in the order in which they were stored; LastModified is only a label on them.
 */
export interface Bucket {
  versioning: 'Enabled' | 'Suspended';
  /** Newest first; a key without entries is not in it. */
  readonly keys: Map<string, readonly StoredEntry[]>;
  nextId: number;
}

export interface StoredEntry {
  readonly versionId: string;
  /** LastModified, ms, whole seconds. */
  readonly lastModified: number;
  /** Absent for a delete marker. */
  readonly object?: StoredObject;
}

/** What a reader gets: the body and one header, so that versions can differ in the header alone. */
export interface StoredObject {
  readonly body: string;
  readonly contentType: string;
}

export function emptyBucket(versioning: Bucket['versioning']): Bucket {
  return { versioning, keys: new Map(), nextId: 1 };
}

/** Entries are immutable and shared; the copy and its original go their own ways. */
export function copyOf(bucket: Bucket): Bucket {
  return { ...bucket, keys: new Map(bucket.keys) };
}

export function entriesOf(bucket: Bucket, key: string): readonly StoredEntry[] {
  return bucket.keys.get(key) ?? [];
}

/** What a reader of the key meets; `undefined` is S3's 404. */
export function read(bucket: Bucket, key: string): StoredObject | undefined {
  return entriesOf(bucket, key)[0]?.object;
}

/** Keys as S3 sorts them: by the bytes of their UTF-8. */
export function sortedKeys(bucket: Bucket): string[] {
  return [...bucket.keys.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

export function put(bucket: Bucket, key: string, object: StoredObject, at: number): StoredEntry {
  return store(bucket, key, { object }, at);
}

/** A delete without a version id. */
export function addMarker(bucket: Bucket, key: string, at: number): StoredEntry {
  return store(bucket, key, {}, at);
}

/** CopyObject of one version onto its own key, or another; `undefined` where S3 refuses the source (gone, or a marker). */
export function copyVersion(
  bucket: Bucket,
  key: string,
  versionId: string,
  at: number,
  from: { readonly bucket: Bucket; readonly key: string } = { bucket, key },
): StoredEntry | undefined {
  const source = entriesOf(from.bucket, from.key).find((e) => e.versionId === versionId)?.object;
  return source && put(bucket, key, source, at);
}

/** A delete by version id: what was removed, if anything. */
export function remove(bucket: Bucket, key: string, versionId: string): StoredEntry | undefined {
  const entries = entriesOf(bucket, key);
  const removed = entries.find((e) => e.versionId === versionId);
  setEntries(
    bucket,
    key,
    entries.filter((e) => e !== removed),
  );
  return removed;
}

/** `If-None-Match: *` and `If-Match`, judged by what is current: a marker counts as nothing there. */
export function holds(
  bucket: Bucket,
  key: string,
  condition: { readonly ifNoneMatch: true } | { readonly ifMatch: string },
): boolean {
  const current = read(bucket, key);
  if ('ifNoneMatch' in condition) return current === undefined;
  return current !== undefined && etagOf(current) === condition.ifMatch;
}

/** An ETag speaks of the body only. */
export function etagOf(object: StoredObject): string {
  return `etag-of-${object.body}`;
}

function store(bucket: Bucket, key: string, what: { object?: StoredObject }, at: number): StoredEntry {
  const suspended = bucket.versioning === 'Suspended';
  const versionId = suspended ? 'null' : `v${bucket.nextId++}`;
  const entry: StoredEntry = { versionId, lastModified: Math.floor(at / 1000) * 1000, ...what };
  const stays = entriesOf(bucket, key).filter((e) => !suspended || e.versionId !== 'null');
  setEntries(bucket, key, [entry, ...stays]);
  return entry;
}

function setEntries(bucket: Bucket, key: string, entries: readonly StoredEntry[]): void {
  if (entries.length === 0) bucket.keys.delete(key);
  else bucket.keys.set(key, entries);
}
