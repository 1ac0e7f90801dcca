import type { Entry, KeyHistory } from './history.ts';
import type { Traffic } from './incident-finder.ts';
import { type Deed, happenings, type Loss, type LossKind } from './timeline.ts';
import { type Cells, openCells } from './timeline-cells.ts';
import { type Folders, openFolders } from './timeline-folders.ts';

/**
 * Takes in histories in any order, in bounded memory: everything is counted by deed and, over time, in cells that merge.
 * Losses are handed back, one for each, to be sorted by their seconds: a time to roll back to must be exact.
 */
export interface Intake {
  take(history: KeyHistory): Loss[];
  readonly counts: Readonly<Record<Deed, number>>;
  readonly cells: Cells;
  readonly folders: Folders;
  /** By midnight (seconds since 1970): keys deleted by a marker stamped so; of these, those that still are. */
  readonly midnights: ReadonlyMap<number, Midnight>;
  /** Keys whose server does not tell which of two entries is newer. */
  readonly doubtful: number;
  /** The history of the only key, as long as there is one only. */
  readonly only: KeyHistory | undefined;
  /** The traffic of one kind; `now` in seconds since 1970. */
  traffic(kind: LossKind, now: number): Traffic;
}

export interface Midnight {
  keys: number;
  still: number;
}

/** Seconds. Losses that all came lately are compared with a quiet week, as far back as there is anything; a day at least. */
const DAY = 86_400;
const WEEK = 7 * DAY;

export function openIntake(): Intake {
  const counts: Record<Deed, number> = {
    created: 0,
    overwritten: 0,
    deleted: 0,
    'put-back': 0,
    restored: 0,
    'deleted-again': 0,
    'deleted-nothing': 0,
  };
  const cells = openCells();
  const folders = openFolders();
  const midnights = new Map<number, Midnight>();
  const seen = {
    deleted: { events: 0, first: Number.POSITIVE_INFINITY },
    overwritten: { events: 0, first: Number.POSITIVE_INFINITY },
  };
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  let keys = 0;
  let doubtful = 0;
  let only: KeyHistory | undefined;

  function countMidnight({ lastModified }: Entry, still: boolean): void {
    const second = lastModified / 1000;
    const day = midnights.get(second) ?? { keys: 0, still: 0 };
    midnights.set(second, day);
    day.keys += 1;
    if (still) day.still += 1;
  }

  function take({ key, entries, otherOrder }: KeyHistory): Loss[] {
    const losses: Loss[] = [];
    const before = { deleted: -1, overwritten: -1 };
    if (otherOrder !== undefined) doubtful += 1;
    const all = happenings(entries);
    // Oldest first.
    for (let i = all.length - 1; i >= 0; i--) {
      const entry = entries[i];
      const happening = all[i];
      if (entry === undefined || happening === undefined) continue;
      const { deed, midnight, still } = happening;
      const at = Math.floor(happening.at / 1000);
      counts[deed] += 1;
      first = Math.min(first, at);
      last = Math.max(last, at);
      if (deed === 'deleted-again' || deed === 'deleted-nothing') continue;
      cells.add(at, midnight ? 'midnight' : deed === 'put-back' ? 'restored' : deed);
      if (midnight) countMidnight(entry, still);
      else if (deed === 'deleted' || deed === 'overwritten') {
        losses.push({ at, kind: deed, still, before: before[deed], folder: folders.numberOf(key) });
        before[deed] = at;
        seen[deed].events += 1;
        seen[deed].first = Math.min(seen[deed].first, at);
      }
    }
    return losses;
  }

  return {
    take(history) {
      keys += 1;
      only = keys === 1 ? history : undefined;
      return take(history);
    },
    counts,
    cells,
    folders,
    midnights,
    get doubtful() {
      return doubtful;
    },
    get only() {
      return only;
    },
    traffic(kind, now) {
      const until = Math.max(now, last);
      const { events, first: firstOfKind } = seen[kind];
      // What came before the first loss tells little: what old versions tell of it may have expired with them.
      return { events, from: Math.min(firstOfKind, until - DAY, Math.max(first, until - WEEK)), until };
    },
  };
}
