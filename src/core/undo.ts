import { type Place, removal, type Versioning, wouldDestroyNull } from './decide.ts';
import type { Entry, KeyHistory } from './history.ts';
import type { JournalIntent, JournalResult } from './journal.ts';
import type { Failure, Outcome } from './outcome.ts';
import { type PlannedKey, type Seen, seenOf } from './plan.ts';

/** A step that a run began, as its journal tells it. */
export interface JournalStep {
  readonly intent: JournalIntent;
  /** Absent where the run died before the answer was noted. */
  readonly result?: JournalResult;
}

/** What a run did to one key. */
export interface KeyRun {
  readonly bucket: string;
  /** Of the bucket, now. */
  readonly versioning: Versioning;
  /** In the order of the journal. */
  readonly steps: readonly JournalStep[];
  readonly window: Window;
}

export type Undoing =
  | { readonly kind: 'change'; readonly line: PlannedKey; readonly presumed?: readonly Presumed[] }
  | Outcome;

/** When a run went on, in ms. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** An entry that no id tells to be of the run: it goes only if it is the same object as one of the versions that were copied. */
export interface Presumed {
  readonly versionId: string;
  readonly copyOf: readonly CopiedVersion[];
}

type CopiedVersion = Place & { readonly versionId: string };

/**
 * How one key goes back to what readers saw before a run: removed markers are put back as new ones, copies and added markers
 * are taken away by their version ids. What somebody wrote since stays. Pure.
 */
export function undoKey(history: KeyHistory, run: KeyRun): Undoing {
  const { key, otherOrder } = history;
  const undoing = undoOrdered(history, run);
  if (otherOrder === undefined) return undoing;
  const other = undoOrdered({ key, entries: otherOrder }, run);
  const isSame = JSON.stringify(undoing) === JSON.stringify(other);
  return isSame ? undoing : { kind: 'skipped', reason: 'ambiguous-order' };
}

function undoOrdered(history: KeyHistory, run: KeyRun): Undoing {
  const { steps } = run;
  const taken = steps.filter(mayBeDone);
  const there = new Set(history.entries.map(({ versionId }) => versionId));
  const isLost = ({ intent, result }: JournalStep) =>
    intent.do === 'delete-version' && (result?.status === 'done' || !there.has(intent.versionId ?? ''));
  if (taken.some(isLost)) return { kind: 'failed', failure: DELETED_FOR_GOOD };
  const writes = taken.filter(({ intent }) => intent.do === 'copy-version' || intent.do === 'add-delete-marker');
  if (writes.length > 0) return takeAway(history, writes, run);
  const removed = taken.filter(({ intent }) => intent.do === 'remove-delete-marker');
  return removed.length > 0 ? deleteAgain(history, removed, run) : { kind: 'unchanged' };
}

/** An entry that was `gone` before was removed by somebody else, who wanted it so. */
function mayBeDone({ result }: JournalStep): boolean {
  return result === undefined || result.status === 'done' || result.unsure === true;
}

/** The run removed markers. The key was deleted before, if a marker was current. */
function deleteAgain(
  { key, entries }: KeyHistory,
  removed: readonly JournalStep[],
  { bucket, versioning, window }: KeyRun,
): Undoing {
  const [current] = entries;
  const [first] = removed;
  const intent = first?.intent;
  if (current === undefined || current.deleteMarker || intent?.from?.deleteMarker !== true)
    return { kind: 'unchanged' };
  // Of a run that died before the answer: the marker is still in the history, so it was not removed, and lies below a newer write.
  if (!isUncovered(current, intent, window)) return written(current);
  if (wouldDestroyNull(entries, versioning)) return { kind: 'skipped', reason: 'would-destroy-null-version' };
  return {
    kind: 'change',
    line: { bucket, key, from: seenOf(current), to: { versionId: null }, steps: [{ do: 'add-delete-marker' }] },
  };
}

/** Is this what was under the markers? `null` names whatever was written last while versioning was suspended. */
function isUncovered({ versionId, lastModified }: Entry, { to }: JournalIntent, { from, to: end }: Window): boolean {
  if (to === undefined) return lastModified < from;
  return versionId === to.versionId && (versionId !== 'null' || lastModified <= end);
}

/** The run put entries on top: they go, the current one last, so that readers see one change. */
function takeAway({ key, entries }: KeyHistory, writes: readonly JournalStep[], run: KeyRun): Undoing {
  const { bucket, window } = run;
  const from = writes[0]?.intent.from ?? null;
  const base = from === null ? entries.length : entries.findIndex((entry) => isSeen(entry, from));
  const above = base === -1 ? entries : entries.slice(0, base);
  const [current, ...below] = above;
  // It was taken away before, or never came to be.
  if (current === undefined) return { kind: 'unchanged' };
  const { ours, presumed, mayBeCovered } = oursAmong(above, { key, entries, bucket, window }, writes);
  if (ours === 0) return mayBeCovered ? written(current) : { kind: 'unchanged' };
  if (base === -1) {
    // In a suspended bucket a copy takes the place of the marker on top: it cannot be put back without another loss.
    const isReplaced = from?.versionId === 'null' && current.versionId === 'null';
    return isReplaced ? { kind: 'skipped', reason: 'would-destroy-null-version' } : conflict(FROM_IS_GONE);
  }
  if (ours < above.length) return conflict(FOREIGN_BELOW);
  return {
    kind: 'change',
    line: {
      bucket,
      key,
      from: seenOf(current),
      to: { versionId: from === null || from.deleteMarker ? null : from.versionId },
      steps: [...below, current].map(removal),
    },
    ...(presumed.length > 0 && { presumed }),
  };
}

interface Surroundings extends KeyHistory {
  readonly bucket: string;
  readonly window: Window;
}

/**
 * How many of the entries on top this run made. Told by their ids, where the server said them. `null` is no such id: in a
 * suspended bucket it names whatever was written last. An entry without a telling id is taken for ours only where nothing is
 * lost if it is not: a marker, or a version that is the same object as the one that was copied, which is still there; and
 * only if it was written while the run went on.
 */
function oursAmong(
  above: readonly Entry[],
  around: Surroundings,
  writes: readonly JournalStep[],
): { ours: number; presumed: Presumed[]; mayBeCovered: boolean } {
  const copies = writes.filter(({ intent }) => intent.do === 'copy-version');
  const ids = new Set(writes.flatMap((write) => idOf(write) ?? []));
  const isNameless = (write: JournalStep) => idOf(write) === undefined;
  let namelessCopies = copies.filter(isNameless).length;
  let namelessMarkers = writes.filter(isNameless).length - namelessCopies;
  const mayBeCovered =
    namelessCopies + namelessMarkers > 0 || around.entries.some(({ versionId }) => ids.has(versionId));
  const presumed: Presumed[] = [];
  let ours = 0;
  let known = false;
  for (const entry of above) {
    if (ids.has(entry.versionId)) known = true;
    else if (!isWithin(entry, around.window)) break;
    else if (entry.deleteMarker) {
      if (namelessMarkers-- <= 0) break;
    } else {
      // A try whose answer was lost lies under the next: where what they copy has the ETag of what lay there, no condition tells.
      if (namelessCopies-- <= 0 && !known) break;
      const copyOf = copies.filter(({ intent }) => isLike(entry, intent, around)).map((w) => copied(w.intent, around));
      if (copyOf.length === 0) break;
      presumed.push({ versionId: entry.versionId, copyOf });
    }
    ours += 1;
  }
  return { ours, presumed, mayBeCovered };
}

function isWithin({ lastModified }: Entry, { from, to }: Window): boolean {
  return from <= lastModified && lastModified <= to;
}

function idOf({ result }: JournalStep): string | undefined {
  return result?.versionId === 'null' ? undefined : result?.versionId;
}

/** As far as a listing tells. */
function isLike(entry: Entry, intent: JournalIntent, { entries }: Surroundings): boolean {
  if (intent.source !== undefined) return true;
  const source = entries.find(({ versionId }) => versionId === intent.versionId);
  return source !== undefined && source !== entry && source.size === entry.size;
}

function copied({ versionId = '', source }: JournalIntent, { bucket, key }: Surroundings): CopiedVersion {
  return { ...(source ?? { bucket, key }), versionId };
}

function isSeen(entry: Entry, { versionId, deleteMarker }: Omit<NonNullable<Seen>, 'etag'>): boolean {
  return entry.versionId === versionId && entry.deleteMarker === deleteMarker;
}

function written(current: Entry): Outcome {
  return conflict(`the key was ${current.deleteMarker ? 'deleted' : 'written'} after the run that is to be taken back`);
}

function conflict(found: string): Outcome {
  return { kind: 'conflict', found };
}

const FROM_IS_GONE = 'what was current before the run is not there any more';
const FOREIGN_BELOW = 'under what the run wrote lies a write of somebody else';

const DELETED_FOR_GOOD: Failure = {
  code: 'deleted-for-good',
  message: 'the run deleted versions of this key, and a deleted version cannot come back',
  hint: 'Nothing in S3 has it any more: look for a backup, or a replica.',
};
