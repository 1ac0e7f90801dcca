import type { Place } from './decide.ts';
import type { ObjectHead } from './head.ts';
import type { Entry } from './history.ts';
import type { RestoreTier } from './request.ts';

/** Archived versions: to be removed from under a marker they need nothing, to be copied they have to be restored first. */

export interface ArchivedVersion extends Place {
  readonly versionId: string;
  readonly storageClass: string;
  /** The class, or the archive tier of Intelligent-Tiering: what decides how long a restore takes. */
  readonly archive: string;
  /** Bytes. */
  readonly size: number;
  /** A restore was requested before, and is not done. */
  readonly inProgress: boolean;
}

export const ARCHIVE_CLASSES: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/**
 * Is this version in an archive, with no restored copy to read from? The listing tells of the classes; of the archive
 * tiers of Intelligent-Tiering only HeadObject does.
 */
export function archivedIn(
  place: Place,
  { versionId, ...entry }: Entry,
  head?: ObjectHead,
): ArchivedVersion | undefined {
  const storageClass = head?.storageClass ?? entry.storageClass ?? 'STANDARD';
  const archive = ARCHIVE_CLASSES.has(storageClass) ? storageClass : head?.archiveStatus;
  if (archive === undefined) return undefined;
  const restored = head === undefined ? entry.restore === 'done' : /ongoing-request="false"/.test(head.restore ?? '');
  if (restored) return undefined;
  const inProgress = entry.restore === 'in-progress' || /ongoing-request="true"/.test(head?.restore ?? '');
  return { ...place, versionId, storageClass, archive, size: head?.size ?? entry.size ?? 0, inProgress };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html */
const WAITING: Readonly<Record<string, Readonly<Record<RestoreTier, string>>>> = {
  GLACIER: { Expedited: '1 to 5 minutes', Standard: '3 to 5 hours', Bulk: '5 to 12 hours' },
  ARCHIVE_ACCESS: { Expedited: '1 to 5 minutes', Standard: '3 to 5 hours', Bulk: '5 to 12 hours' },
  DEEP_ARCHIVE: { Expedited: 'not possible', Standard: 'up to 12 hours', Bulk: 'up to 48 hours' },
  DEEP_ARCHIVE_ACCESS: { Expedited: 'not possible', Standard: 'up to 12 hours', Bulk: 'up to 48 hours' },
};

/** How long a restore from this archive takes; '' where it is not known. */
export function waitingTime(archive: string, tier: RestoreTier): string {
  return WAITING[archive]?.[tier] ?? '';
}
