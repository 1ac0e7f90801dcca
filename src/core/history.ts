/**
 * The history of a key: what ListObjectVersions says about it, newest first, in the order in which S3 sent it.
 * Never re-sorted by time: LastModified is whole seconds, midnight for markers made by a lifecycle rule, and the
 * start of the upload for multipart objects.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
 */

/** One row of a history: a version (data) or a delete marker. */
export interface Entry {
  /** Opaque; `null` (the four letters) for what was written while versioning was off or suspended. */
  readonly versionId: string;
  readonly deleteMarker: boolean;
  /** LastModified, in milliseconds since 1970 (S3 gives whole seconds). */
  readonly lastModified: number;
  /** What S3 said of it; the first entry of a history in wire order. */
  readonly isLatest: boolean;
  /** Without its quotes. Versions only. */
  readonly etag?: string;
  /** Bytes. Versions only. */
  readonly size?: number;
  /** `STANDARD`, `GLACIER`, …: any string, newer classes come. Versions only. */
  readonly storageClass?: string;
  /** Of an archived version: a copy that can be read is being made, or is there for some days. */
  readonly restore?: 'in-progress' | 'done';
}

export interface KeyHistory {
  readonly key: string;
  /** Newest first; at least one. */
  readonly entries: readonly Entry[];
  /**
   * Only from a server that does not tell the true order: the same entries in the other order that is possible.
   * A decision that depends on which of the two is true is not made.
   */
  readonly otherOrder?: readonly Entry[];
}

/** The newest entry: what a reader of the key meets. */
export function currentOf(entries: readonly Entry[]): Entry {
  const current = entries[0];
  if (current === undefined) throw new RangeError('a history has at least one entry');
  return current;
}

/** How many delete markers lie on top; the index of the newest version, or the length where there is none. */
export function markersOnTop(entries: readonly Entry[]): number {
  const firstVersion = entries.findIndex((e) => !e.deleteMarker);
  return firstVersion === -1 ? entries.length : firstVersion;
}

/**
 * The time that counts for each entry, in milliseconds, same order as the entries. Walking up from the oldest, an
 * entry counts as no older than the one below it, so a lifecycle marker stamped midnight cannot sort below a
 * version of the same day. https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configure-notification.html
 */
export function effectiveTimes(entries: readonly Entry[]): number[] {
  const times = entries.map((e) => e.lastModified);
  for (let i = times.length - 2; i >= 0; i--) {
    times[i] = Math.max(times[i] ?? 0, times[i + 1] ?? 0);
  }
  return times;
}

/** The index of the newest entry with time ≤ `at` (ms), or the length where the key did not exist yet. */
export function indexAt(entries: readonly Entry[], at: number): number {
  const times = effectiveTimes(entries);
  const index = times.findIndex((t) => t <= at);
  return index === -1 ? entries.length : index;
}
