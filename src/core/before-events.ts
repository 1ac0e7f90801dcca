import { type BucketEvent, compareEvents, identityOf } from './event.ts';
import { type Entry, type KeyHistory, markersOnTop } from './history.ts';
import type { Verdict } from './judge.ts';
import type { SkipReason } from './target.ts';

/** An event of a key, and what the policy says of it. */
export interface Judged {
  readonly event: BucketEvent;
  readonly verdict: Exclude<Verdict, { kind: 'irrelevant' }>;
}

export type KeyVerdict =
  /**
   * The version to go back to. `last`: the marker that has to go last, and after all others are gone; until then an event that is
   * still in the queue names what makes the key deleted, and a run that was broken off is finished by the next.
   */
  | { readonly kind: 'back'; readonly versionId: string; readonly last?: string }
  | { readonly kind: 'unchanged' }
  /** An event that is not in hand may come: all of this key are looked at again in so many seconds. */
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'skip'; readonly reason: SkipReason };

export interface Moment {
  /** ms. */
  readonly now: number;
  /** How often the key's messages were received: the most of any. */
  readonly receives: number;
}

/**
 * What one key was before the events that were not wanted: its history is the only truth, the events only say who made
 * which of its entries. Nothing is gone back behind what somebody wanted, or wrote since. Pure.
 * `judged`: all events of the key that are known, duplicates too; at least one.
 */
export function beforeEvents(history: KeyHistory, judged: readonly Judged[], moment: Moment): KeyVerdict {
  const found = goBack(history.entries, judged, moment);
  if (history.otherOrder === undefined) return found;
  const other = goBack(history.otherOrder, judged, moment);
  return essence(found) === essence(other) ? found : { kind: 'skip', reason: 'ambiguous-order' };
}

/** Of two markers it does not matter which goes last. */
function essence(verdict: KeyVerdict): string {
  return JSON.stringify(verdict.kind === 'back' ? verdict.versionId : verdict);
}

/** Does anything ask for the history of the key? Otherwise: why it is left. */
export function whyLeft(judged: readonly Judged[]): SkipReason | undefined {
  if (judged.some(({ verdict }) => verdict.kind === 'act')) return undefined;
  const newest = judged.reduce((a, b) => (compareEvents(a.event, b.event) > 0 ? a : b));
  return reasonOf(newest.verdict);
}

function reasonOf(verdict: Judged['verdict']): SkipReason | undefined {
  return verdict.kind === 'leave' ? verdict.reason : verdict.kind === 'wait' ? 'held-off' : undefined;
}

/** Markers on top that no event names, and that were made within a minute of one that is named, are the same deletion. In ms. */
const SAME_DELETION_MS = 60_000;
/**
 * Of any other marker on top nobody knows who made it: its event may be late, hidden after a failure, or was dealt with in an
 * earlier run. So long the messages of the key are received again, a minute later each time, so that all of them meet; then it
 * is left, and told.
 */
const MOST_RECEIVES = 4;
const AGAIN_SECONDS = 60;
/** How far an event may lie from the `null` entry that it made. In ms. */
const NULL_MS = 60_000;

function goBack(entries: readonly Entry[], judged: readonly Judged[], moment: Moment): KeyVerdict {
  const left = whyLeft(judged);
  if (left !== undefined) return { kind: 'skip', reason: left };
  const verdicts = verdictsById(judged);
  const verdictsOn = (entry: Entry) =>
    (verdicts.get(entry.versionId) ?? []).filter(({ event }) => made(event, entry)).map(({ verdict }) => verdict);
  const isUnwanted = (entry: Entry | undefined) =>
    entry !== undefined && verdictsOn(entry).some(({ kind }) => kind === 'act');

  // The markers on top: one of them has to be an unwanted one, and none may be wanted, or too young to tell.
  const markers = markersOnTop(entries);
  const top = entries.slice(0, markers === 0 ? 1 : markers);
  const oldest = top.findLastIndex(isUnwanted);
  const against = top
    .flatMap(verdictsOn)
    .map(reasonOf)
    .find((reason) => reason !== undefined);
  if (oldest === -1)
    return against === 'held-off' ? skip(against) : (untilRipe(top, judged, moment) ?? notOnTop(entries, judged));
  if (against !== undefined) return skip(against);

  const fight = isFight(judged);
  if (markers > 0) {
    const unknown = unexplained(top, (entry) => verdictsOn(entry).length > 0, isUnwanted);
    if (unknown.length > 0) {
      return untilRipe(unknown, judged, moment) ?? untilMet(moment) ?? skip('unexplained');
    }
    if (markers === entries.length) return skip('nothing-to-restore');
  }

  // Below, what was overwritten unwanted as well.
  const bringsBack = restoringCopies(entries, judged);
  let target = markers;
  while (isUnwanted(entries[target]) && !bringsBack(target)) target += 1;
  if (target === 0) return skip('restored-by-copy');
  // What was written where nothing was has overwritten nothing.
  while (target > markers && entries[target]?.deleteMarker !== false) target -= 1;
  const version = entries[target];
  if (target === 0 || version === undefined) return skip('not-an-overwrite');
  if (fight) return skip('deleted-again');
  const last = markers > 1 ? top[oldest]?.versionId : undefined;
  return { kind: 'back', versionId: version.versionId, ...(last !== undefined && { last }) };
}

/** Markers that no event in hand names, and that are not of the same minute as one that is to be undone. */
function unexplained(
  markers: readonly Entry[],
  isNamed: (entry: Entry) => boolean,
  isUnwanted: (entry: Entry) => boolean,
): readonly Entry[] {
  const times = markers.filter(isUnwanted).map(({ lastModified }) => lastModified);
  const [from, to] = [times.reduce((a, b) => Math.min(a, b)), times.reduce((a, b) => Math.max(a, b))];
  // Of a long run of markers, between the first and the last that are named there is no need to be exact.
  const isNear = ({ lastModified: at }: Entry) =>
    times.length > 100
      ? at >= from - SAME_DELETION_MS && at <= to + SAME_DELETION_MS
      : times.some((time) => Math.abs(time - at) <= SAME_DELETION_MS);
  return markers.filter((entry) => !isNamed(entry) && !isNear(entry));
}

/** What is on top, and not told of, is younger than `hold-off`: then its event is still held. */
function untilRipe(top: readonly Entry[], judged: readonly Judged[], { now }: Moment): KeyVerdict | undefined {
  const holdOff = judged.reduce(
    (most, { verdict }) => (verdict.kind === 'act' ? Math.max(most, verdict.rule.holdOff) : most),
    0,
  );
  const youngest = top.reduce((latest, { lastModified }) => Math.max(latest, lastModified), 0);
  const left = youngest + holdOff - now;
  return holdOff > 0 && left > 0 && left <= holdOff ? { kind: 'wait', seconds: Math.ceil(left / 1000) } : undefined;
}

function untilMet({ receives }: Moment): KeyVerdict | undefined {
  return receives < MOST_RECEIVES ? { kind: 'wait', seconds: AGAIN_SECONDS } : undefined;
}

function skip(reason: SkipReason): KeyVerdict {
  return { kind: 'skip', reason };
}

function verdictsById(judged: readonly Judged[]): ReadonlyMap<string, readonly Judged[]> {
  const byId = new Map<string, Judged[]>();
  for (const one of judged) {
    const id = one.event.versionId ?? 'null';
    const known = byId.get(id);
    if (known === undefined) byId.set(id, [one]);
    else known.push(one);
  }
  return byId;
}

/** Did this event make this entry? */
function made({ kind, versionId = 'null', at }: BucketEvent, entry: Entry): boolean {
  if (versionId !== entry.versionId || (kind === 'overwrite') === entry.deleteMarker) return false;
  if (versionId !== 'null') return true;
  // That name may be another's by now. The stamp of a lifecycle rule is midnight, that of an upload in parts its beginning.
  if (kind === 'lifecycle-delete-marker') return true;
  return entry.lastModified - at <= NULL_MS && (kind === 'overwrite' || at - entry.lastModified <= NULL_MS);
}

/** What the unwanted events made is not on top: undone already, or covered by something newer. */
function notOnTop(entries: readonly Entry[], judged: readonly Judged[]): KeyVerdict {
  const acts = judged.filter(({ verdict }) => verdict.kind === 'act');
  const isLive = entries[0]?.deleteMarker === false;
  const byId = new Map(entries.map((entry) => [entry.versionId, entry]));
  const isGone = acts.every(({ event }) => {
    const entry = byId.get(event.versionId ?? 'null');
    return event.kind !== 'overwrite' && (entry === undefined || !made(event, entry));
  });
  return isLive && isGone ? { kind: 'unchanged' } : skip(entries.length === 0 ? 'nothing-to-restore' : 'superseded');
}

/**
 * Is the entry at this index a copy that has the content of an older version than the one below it? Then somebody, perhaps
 * ourselves, put the key back. To undo that would bring back what was wrong.
 */
function restoringCopies(entries: readonly Entry[], judged: readonly Judged[]): (index: number) => boolean {
  const copies = new Set(judged.flatMap(({ event }) => (event.copied ? [event.versionId ?? 'null'] : [])));
  if (copies.size === 0) return () => false;
  const contentOf = ({ etag, size }: Entry) => `${etag} ${size}`;
  const oldest = new Map(entries.map((entry, index) => [contentOf(entry), index]));
  return (index) => {
    const entry = entries[index];
    if (entry?.etag === undefined || !copies.has(entry.versionId)) return false;
    return (oldest.get(contentOf(entry)) ?? 0) > index + 1;
  };
}

/** The same key again and again: somebody, or something, wants it gone. */
function isFight(judged: readonly Judged[]): boolean {
  const acts = judged.flatMap(({ event, verdict }) => (verdict.kind === 'act' ? [{ event, rule: verdict.rule }] : []));
  const most = acts.reduce(
    (least, { rule }) => Math.min(least, rule.maxRestoresPerKey ?? least),
    Number.POSITIVE_INFINITY,
  );
  return new Set(acts.map(({ event }) => identityOf(event))).size > most;
}
