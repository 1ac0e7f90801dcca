import type { Entry, KeyHistory } from './history.ts';
import { currentOf } from './history.ts';
import type { PlannedKey, Step } from './plan.ts';
import { findTarget, type SkipReason, type Target } from './target.ts';

/** `copy`: the old version is copied on top, nothing is lost. `delete`: everything newer is deleted for good. */
export type Method = 'copy' | 'delete';

/** A bucket that can be rolled back: versioning is on, or was and is suspended. */
export type Versioning = 'Enabled' | 'Suspended';

export type Decision =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'skip'; readonly reason: SkipReason }
  | { readonly kind: 'change'; readonly line: PlannedKey }
  /** Settled by `settleCopy` (core/copy.ts) once the source, and the current version if `compare`, were looked at. */
  | { readonly kind: 'copy'; readonly copy: CopyQuestion }
  | { readonly kind: 'version-not-found'; readonly versionId: string };

/** A decision that needs no further look at the bucket. */
export type Settled = Exclude<Decision, { readonly kind: 'copy' | 'version-not-found' }>;

export interface CopyQuestion {
  readonly key: string;
  readonly current: Entry;
  readonly source: Entry;
  /** The current entry is a version of the source's size: it may hold the same already. */
  readonly compare: boolean;
  /** A copy would replace a `null` version, which destroys it. */
  readonly destroysNull: boolean;
}

/**
 * The truth table: what becomes of one key. Pure; the same history, target and method always give the same answer.
 * Where the server left two orders possible, the key is only touched if both lead to the same.
 */
export function decide(
  bucket: string,
  history: KeyHistory,
  target: Target,
  method: Method,
  versioning: Versioning,
): Decision {
  const decision = decideOrdered(bucket, history.key, history.entries, target, method, versioning);
  if (history.otherOrder === undefined) return decision;
  const other = decideOrdered(bucket, history.key, history.otherOrder, target, method, versioning);
  return JSON.stringify(decision) === JSON.stringify(other) ? decision : { kind: 'skip', reason: 'ambiguous-order' };
}

function decideOrdered(
  bucket: string,
  key: string,
  entries: readonly Entry[],
  target: Target,
  method: Method,
  versioning: Versioning,
): Decision {
  const found = findTarget(entries, target);
  if ('skip' in found) return { kind: 'skip', reason: found.skip };
  if ('missing' in found) return { kind: 'version-not-found', versionId: found.missing };

  const { index } = found;
  const current = currentOf(entries);
  const wanted: Entry | undefined = entries[index];
  const above = entries.slice(0, index);
  const wantsData = wanted !== undefined && !wanted.deleteMarker;

  // 1. The target is current.
  if (index === 0) return { kind: 'unchanged' };
  // 2. Deleted now, and to be deleted or absent.
  if (current.deleteMarker && !wantsData) return { kind: 'unchanged' };

  const from = { versionId: current.versionId, deleteMarker: current.deleteMarker, etag: current.etag ?? null };
  const change = (to: Entry | undefined, steps: readonly Step[]): Decision => {
    const replaceable = versioning === 'Suspended' && to?.versionId === 'null' && to.etag !== undefined;
    const target = { versionId: to?.versionId ?? null, ...(replaceable && { etag: to.etag }) };
    return { kind: 'change', line: { bucket, key, from, to: target, steps } };
  };

  // 3. Only markers lie above it: they go, no data moves.
  if (above.every((e) => e.deleteMarker)) return change(wanted, above.map(removal));

  // 6. Everything above goes, the current entry last, so that readers see one change, straight to the target.
  if (method === 'delete') {
    return change(wanted, [...above.slice(1), current].map(removal));
  }

  // A write into a suspended bucket becomes the `null` entry and destroys the one there was. Where that is a marker
  // below others, a part of the history would be gone, and the same time would mean another state from then on.
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/AddingObjectstoVersionSuspendedBuckets.html
  const destroysNull =
    versioning === 'Suspended' && entries.some((e) => e.versionId === 'null' && !(e.deleteMarker && e === current));

  // 4. The version is copied on top.
  if (wantsData) {
    const compare = !current.deleteMarker && current.size === wanted.size;
    return { kind: 'copy', copy: { key, current, source: wanted, compare, destroysNull } };
  }

  // 5. It should not exist, and does: a delete marker goes on top.
  if (destroysNull) return { kind: 'skip', reason: 'would-destroy-null-version' };
  return change(undefined, [{ do: 'add-delete-marker' }]);
}

function removal(entry: Entry): Step {
  return { do: entry.deleteMarker ? 'remove-delete-marker' : 'delete-version', versionId: entry.versionId };
}
