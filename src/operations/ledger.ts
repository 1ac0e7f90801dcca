/** What is to become of each message: that depends on every record in it. */

export type Settled =
  /** Nothing in it was to be undone. */
  | 'ignored'
  /** Restored, unchanged or skipped. */
  | 'done'
  | 'failed'
  /** The run did not get so far. */
  | 'unreached'
  /** To be looked at again in so many seconds. */
  | { readonly again: number };

export interface Ledger {
  /** Take in a message with so many records, and get its number. Until all are settled, it counts as not reached. */
  add(id: string, records: number): number;
  settle(message: number, record: Settled): void;
  /** If one of these comes again all do, with what they are tied to besides: they tell of one key. */
  tie(messages: readonly number[]): void;
  answers(): Answers;
}

/** Ids of messages by what the queue is to be told. Each is in one list. */
export interface Answers {
  readonly acknowledge: readonly string[];
  /** Those of `acknowledge` in which nothing was to be undone. */
  readonly ignored: ReadonlySet<string>;
  readonly backOff: readonly string[];
  readonly unreached: readonly string[];
  /** To come again, by seconds. */
  readonly release: ReadonlyMap<number, readonly string[]>;
}

/** The strongest claim of any record decides. */
const RANK = { ignored: 0, done: 1, again: 2, unreached: 3, failed: 4 } as const;

export function openLedger(): Ledger {
  const ids: string[] = [];
  const open: number[] = [];
  const ranks: number[] = [];
  const seconds: number[] = [];
  /** Ties: each message knows one that it is tied to, in the end the one that speaks for all. */
  const tiedTo: number[] = [];
  const spokesman = (message: number): number => {
    let one = message;
    for (let next = tiedTo[one] ?? one; next !== one; next = tiedTo[one] ?? one) {
      tiedTo[one] = tiedTo[next] ?? next;
      one = next;
    }
    return one;
  };

  return {
    add(id, records) {
      open.push(records);
      ranks.push(RANK.ignored);
      seconds.push(Number.POSITIVE_INFINITY);
      return ids.push(id) - 1;
    },
    settle(message, record) {
      const rank = typeof record === 'string' ? RANK[record] : RANK.again;
      open[message] = (open[message] ?? 0) - 1;
      ranks[message] = Math.max(ranks[message] ?? RANK.ignored, rank);
      if (typeof record !== 'string') seconds[message] = Math.min(seconds[message] ?? record.again, record.again);
    },
    tie([first = 0, ...others]) {
      for (const other of others) tiedTo[spokesman(other)] = spokesman(first);
    },
    answers() {
      const ownRank = (i: number) => Math.max(ranks[i] ?? 0, (open[i] ?? 0) > 0 ? RANK.unreached : RANK.ignored);
      const rank = new Map<number, number>();
      const soonest = new Map<number, number>();
      ids.forEach((_, i) => {
        const all = spokesman(i);
        rank.set(all, Math.max(rank.get(all) ?? RANK.ignored, ownRank(i)));
        soonest.set(all, Math.min(soonest.get(all) ?? Number.POSITIVE_INFINITY, seconds[i] ?? 0));
      });
      const rankOf = (i: number) => {
        const all = rank.get(spokesman(i)) ?? RANK.ignored;
        return all > RANK.done ? all : ownRank(i);
      };
      const withRank = (wanted: number) => ids.filter((_, i) => rankOf(i) === wanted);
      const ignored = withRank(RANK.ignored);
      const release = new Map<number, string[]>();
      ids.forEach((id, i) => {
        if (rankOf(i) !== RANK.again) return;
        const delay = soonest.get(spokesman(i)) ?? 0;
        const known = release.get(delay);
        if (known === undefined) release.set(delay, [id]);
        else known.push(id);
      });
      return {
        acknowledge: [...ignored, ...withRank(RANK.done)],
        ignored: new Set(ignored),
        backOff: withRank(RANK.failed),
        unreached: withRank(RANK.unreached),
        release,
      };
    },
  };
}
