import { currentOf, type Entry, type KeyHistory, markersOnTop } from './history.ts';
import { type PlannedKey, type Step, seenOf } from './plan.ts';
import { findTarget, type SkipReason, type Target } from './target.ts';

/** `copy`: the old version is copied on top, nothing is lost. `delete`: everything newer is deleted for good. */
export type Method = 'copy' | 'delete';

/** A bucket that can be rolled back: versioning is on, or was and is suspended. */
export type Versioning = 'Enabled' | 'Suspended';

/** A key in its bucket. */
export interface Place {
  readonly bucket: string;
  readonly key: string;
}

/** What is asked of one key. */
export interface Wish {
  readonly bucket: string;
  /** Its history may be empty: a manifest may name a key that is not there. */
  readonly history: KeyHistory;
  readonly target: Target;
  /** Versions or markers that a manifest names; then they are the target (`undelete`: they have to be markers on top). */
  readonly versionIds?: readonly string[];
  readonly method: Method;
  /** Of the bucket that is changed. */
  readonly versioning: Versioning;
  /** Copy there; what is there now. */
  readonly destination?: { readonly bucket: string; readonly history: KeyHistory };
}

export type Decision =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'skip'; readonly reason: SkipReason }
  | { readonly kind: 'change'; readonly line: PlannedKey }
  /** Settled by operations/settle.ts once the versions, and what is on top now, were looked at. */
  | { readonly kind: 'copy'; readonly copy: CopyQuestion }
  | { readonly kind: 'version-not-found'; readonly versionId: string; readonly isMarker: boolean }
  | { readonly kind: 'key-not-found' };

export interface CopyQuestion extends Place {
  /** What is there now, newest first; may be empty. */
  readonly entries: readonly Entry[];
  /** Where the versions to copy are. */
  readonly source: Place;
  /** What has to lie on top in the end, oldest first. Markers among them are neither first nor next to each other. */
  readonly wanted: readonly Entry[];
  /** A write would replace a `null` version, which destroys it. */
  readonly destroysNull: boolean;
}

/**
 * The truth table: what becomes of one key. Pure; the same wish always has the same answer.
 * Where the server left two orders possible, the key is only touched if both lead to the same.
 */
export function decide(wish: Wish): Decision {
  const decision = decideOrdered(wish);
  const { history, destination } = wish;
  if (history.otherOrder === undefined && destination?.history.otherOrder === undefined) return decision;
  const other = decideOrdered({
    ...wish,
    history: otherOrder(history),
    ...(destination && { destination: { ...destination, history: otherOrder(destination.history) } }),
  });
  return essence(decision) === essence(other) ? decision : { kind: 'skip', reason: 'ambiguous-order' };
}

function otherOrder(history: KeyHistory): KeyHistory {
  return { key: history.key, entries: history.otherOrder ?? history.entries };
}

/** All of a decision that leads to a change; what lies further down in the history does not. */
function essence(decision: Decision): string {
  if (decision.kind !== 'copy') return JSON.stringify(decision);
  const { entries, ...copy } = decision.copy;
  return JSON.stringify([entries[0], copy]);
}

function decideOrdered(wish: Wish): Decision {
  const { versionIds, destination, history, target } = wish;
  if (target.kind === 'undelete' && versionIds !== undefined) {
    const markers = history.entries.slice(0, markersOnTop(history.entries));
    const named = new Set(versionIds);
    const onTop = markers.some((marker) => named.has(marker.versionId));
    return onTop ? goBack(wish, target) : { kind: 'skip', reason: 'not-a-current-delete-marker' };
  }
  if (history.entries.length === 0 && (versionIds === undefined || versionIds.length === 0)) {
    return { kind: 'key-not-found' };
  }
  if (destination !== undefined || (versionIds?.length ?? 0) > 1) return stack(wish);
  const [versionId] = versionIds ?? [];
  return goBack(wish, versionId === undefined ? target : { kind: 'version', versionId });
}

/** The key goes back to one entry of its own history. */
function goBack({ bucket, history, method, versioning }: Wish, target: Target): Decision {
  const { key, entries } = history;
  const found = findTarget(entries, target);
  if ('skip' in found) return { kind: 'skip', reason: found.skip };
  if ('missing' in found) return notFound(entries, found.missing);

  const { index } = found;
  const current = currentOf(entries);
  const wanted: Entry | undefined = entries[index];
  const above = entries.slice(0, index);
  const wantsData = wanted !== undefined && !wanted.deleteMarker;

  // 1. The target is current.
  if (index === 0) return { kind: 'unchanged' };
  // 2. Deleted now, and to be deleted or absent.
  if (current.deleteMarker && !wantsData) return { kind: 'unchanged' };

  const from = seenOf(current);
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

  const destroysNull = wouldDestroyNull(entries, versioning);
  // 4. The version is copied on top.
  if (wantsData) {
    const source = { bucket, key };
    return { kind: 'copy', copy: { bucket, key, entries, source, wanted: [wanted], destroysNull } };
  }

  // 5. It should not exist, and does: a delete marker goes on top.
  if (destroysNull) return { kind: 'skip', reason: 'would-destroy-null-version' };
  return change(undefined, [{ do: 'add-delete-marker' }]);
}

/** Several versions are put on top of each other in their old order, or one or more in another place. */
function stack(wish: Wish): Decision {
  const { bucket, history, versionIds, destination, versioning } = wish;
  const chosen = choose(wish);
  if ('kind' in chosen) return chosen;
  const wanted = withoutIdleMarkers(chosen);
  if (wanted.length === 0) return { kind: 'skip', reason: 'nothing-to-copy' };

  const place = destination === undefined ? { bucket, key: history.key } : placeOf(destination);
  const entries = destination === undefined ? history.entries : destination.history.entries;
  if (destination === undefined && versionIds !== undefined) {
    // Covered by markers only, the versions lie there as they should: the markers go, as ever.
    const markers = entries.slice(0, markersOnTop(entries));
    const below = entries.slice(markers.length, markers.length + wanted.length);
    if (markers.length > 0 && below.length === wanted.length && below.every((e, i) => e === wanted.at(-1 - i))) {
      const to = { versionId: wanted.at(-1)?.versionId ?? null };
      const steps = markers.map(removal);
      return { kind: 'change', line: { ...place, from: seenOf(entries[0]), to, steps } };
    }
  }
  // Of several writes into a suspended bucket each destroys the one before.
  const destroysNull = wouldDestroyNull(entries, versioning) || (versioning === 'Suspended' && wanted.length > 1);
  return { kind: 'copy', copy: { ...place, entries, source: { bucket, key: history.key }, wanted, destroysNull } };
}

function placeOf(destination: NonNullable<Wish['destination']>): Place {
  return { bucket: destination.bucket, key: destination.history.key };
}

/** The entries that a wish means, oldest first. */
function choose({ history, target, versionIds }: Wish): readonly Entry[] | Decision {
  const { entries } = history;
  if (versionIds === undefined) {
    const found = findTarget(entries, target);
    if ('skip' in found) return { kind: 'skip', reason: found.skip };
    if ('missing' in found) return notFound(entries, found.missing);
    const entry = entries[found.index];
    return entry === undefined ? [] : [entry];
  }
  // A key may have a hundred thousand versions, all of them named.
  const there = new Set(entries.map((e) => e.versionId));
  const missing = versionIds.find((id) => !there.has(id));
  if (missing !== undefined) return notFound(entries, missing);
  const named = new Set(versionIds);
  return entries.filter((e) => named.has(e.versionId)).toReversed();
}

/** A marker over nothing, or over another marker, changes nothing for a reader, and could not be put there guarded. */
function withoutIdleMarkers(entries: readonly Entry[]): Entry[] {
  return entries.filter((entry, i) => !entry.deleteMarker || entries[i - 1]?.deleteMarker === false);
}

function notFound(entries: readonly Entry[], versionId: string): Decision {
  const isMarker = entries.some((e) => e.versionId === versionId);
  return { kind: 'version-not-found', versionId, isMarker };
}

/**
 * A write into a suspended bucket becomes the `null` entry and destroys the one there was. Where that is a marker below
 * others, a part of the history would be gone, and the same time would mean another state from then on.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/AddingObjectstoVersionSuspendedBuckets.html
 */
export function wouldDestroyNull(entries: readonly Entry[], versioning: Versioning): boolean {
  return (
    versioning === 'Suspended' && entries.some((e, index) => e.versionId === 'null' && !(e.deleteMarker && index === 0))
  );
}

export function removal(entry: Entry): Step {
  return { do: entry.deleteMarker ? 'remove-delete-marker' : 'delete-version', versionId: entry.versionId };
}
