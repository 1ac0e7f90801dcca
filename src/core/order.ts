import type { Entry, KeyHistory } from './history.ts';

/**
 * What a listing has shown about its server's order.
 * `wire`: a marker was seen before a version, as S3 sends them: the order is the truth.
 * `grouped`: all versions of a page came before all markers (some other servers): the order is lost.
 * `unknown`: nothing seen yet that tells them apart.
 */
export type ListingOrder = 'wire' | 'grouped' | 'unknown';

/** Newest first by time, what the server calls latest on top; the order among versions and among markers is kept. */
function byTime(entries: readonly Entry[], markersFirst: boolean): Entry[] {
  const rank = (e: Entry) => (e.deleteMarker === markersFirst ? 0 : 1);
  return entries
    .map((entry, index) => ({ entry, index }))
    .sort(
      (a, b) =>
        Number(b.entry.isLatest) - Number(a.entry.isLatest) ||
        b.entry.lastModified - a.entry.lastModified ||
        rank(a.entry) - rank(b.entry) ||
        a.index - b.index,
    )
    .map(({ entry }) => entry);
}

/**
 * Does the order of these entries depend on how the server sends them? Only where a version is sent before a marker
 * that is not provably older than it.
 */
export function isDoubtful(entries: readonly Entry[]): boolean {
  let oldestVersion = Number.POSITIVE_INFINITY;
  for (const e of entries) {
    if (!e.deleteMarker) oldestVersion = Math.min(oldestVersion, e.lastModified);
    else if (e.lastModified >= oldestVersion) return true;
  }
  return false;
}

/**
 * The history of a key whose entries came in this order from a server of this kind.
 * From a `grouped` server the order falls back to time, and a tie between a version and a marker yields both
 * possible orders. From an `unknown` one the wire's order stands, with the order by time beside it where time
 * contradicts it outright (a tie does not).
 */
export function orderedHistory(key: string, wire: readonly Entry[], order: ListingOrder): KeyHistory {
  if (order === 'wire' || wire.length < 2) return { key, entries: wire };
  if (order === 'grouped') {
    const entries = byTime(wire, false);
    const otherOrder = byTime(wire, true);
    return sameOrder(entries, otherOrder) ? { key, entries } : { key, entries, otherOrder };
  }
  const otherOrder = byTime(wire, false);
  return sameOrder(wire, otherOrder) || !isDoubtful(wire) ? { key, entries: wire } : { key, entries: wire, otherOrder };
}

function sameOrder(a: readonly Entry[], b: readonly Entry[]): boolean {
  return a.every((entry, i) => entry === b[i]);
}
