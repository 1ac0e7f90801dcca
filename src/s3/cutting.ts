import { Alphabet, type CutQuestion, cutPoints, restRatio } from './cut.ts';

/** A range being listed, as far as it matters for cutting it. */
export interface Cuttable {
  /** No key of it is greater; absent: all that start with the prefix. */
  end?: string;
  /** The first key listed in it, the first key of its last page, and the last key of that. */
  first?: string;
  firstOfPage?: string;
  last?: string;
  /** Pages that had something for it. */
  pages: number;
  /** It has seen its end, or waits for its reader: cutting it would not help. */
  ended: boolean;
  parked: boolean;
  /** What it was cut from, until its first page has shown whether there is anything. */
  cutFrom?: Cuttable;
  /** How many cut from it have not shown yet whether there is anything; whether one of them did. */
  probes: number;
  probeHit: boolean;
  /** How often in a row cutting it found nothing. */
  misses: number;
  /** Not to be cut before it has so many pages. */
  cutAgainAt: number;
}

/** Pages a range must have shown before it is worth cutting. */
export const PAGES_BEFORE_CUT = 2;
/** Cuts that a listing may make beyond one for each of its pages: each costs a request. */
const SPARE_CUTS = 8;

/** Decides which of the ranges being listed is cut, and where. */
export class Cutter<R extends Cuttable> {
  readonly #prefix: string;
  readonly #alphabet = new Alphabet();
  /** The first key listed. */
  #origin: string | undefined;
  #pages = 0;
  #cuts = 0;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** A range has listed a page, from this key to that; some keys in between are enough to know the alphabet. */
  listed(range: R, first: string, last: string, some: readonly string[]): void {
    range.first ??= first;
    range.firstOfPage = first;
    range.last = last;
    range.pages += 1;
    this.#origin ??= first;
    this.#pages += 1;
    for (const key of some) this.#alphabet.learn(key.slice(this.#prefix.length));
  }

  /** The first page of a range that was cut off, or its end, tells whether the cut was a good one. */
  settle(range: R): void {
    const left = range.cutFrom;
    if (left === undefined) return;
    delete range.cutFrom;
    left.probes -= 1;
    if (range.last !== undefined) left.probeHit = true;
    if (left.probes > 0) return;
    left.misses = left.probeHit ? 0 : left.misses + 1;
    left.cutAgainAt = left.probeHit ? left.pages : left.pages + 2 ** left.misses - 1;
  }

  /** Cut one of the ranges, for at most so many idle listers. Returns which, and what is cut off it, ascending. */
  cut(ranges: Iterable<R>, idle: number): { from: R; parts: { after: string; end: string | undefined }[] } | undefined {
    const allowed = Math.min(idle, this.#pages + SPARE_CUTS - this.#cuts);
    while (allowed > 0) {
      const found = this.#largest(ranges);
      if (found === undefined) return undefined;
      const { range, question, rivals } = found;
      // Those that could be cut as well get their share of the idle.
      const cuts = cutPoints(question, Math.max(1, Math.ceil(allowed / rivals)));
      const [first] = cuts;
      if (first === undefined) {
        range.cutAgainAt = range.pages + 1;
        continue;
      }
      const parts = cuts.map((after, i) => ({ after, end: cuts[i + 1] ?? range.end }));
      range.end = first;
      range.probes = cuts.length;
      range.probeHit = false;
      this.#cuts += cuts.length;
      return { from: range, parts };
    }
    return undefined;
  }

  /** The range that seems to have most before it, of those that may be cut; and how many these are. */
  #largest(ranges: Iterable<R>): { range: R; question: CutQuestion; rivals: number } | undefined {
    let best: { range: R; question: CutQuestion; rest: number } | undefined;
    let rivals = 0;
    for (const range of ranges) {
      const { first, ended, parked, probes, cutFrom, pages, cutAgainAt } = range;
      const question = this.#questionOf(range);
      const able = !ended && !parked && probes === 0 && cutFrom === undefined && pages >= cutAgainAt;
      if (!able || first === undefined || question === undefined) continue;
      rivals += 1;
      const rest = pages * restRatio(question, first);
      if (best === undefined || rest > best.rest) best = { range, question, rest };
    }
    return best === undefined ? undefined : { ...best, rivals };
  }

  #questionOf({ firstOfPage, last, end }: R): CutQuestion | undefined {
    if (firstOfPage === undefined || last === undefined || this.#origin === undefined) return undefined;
    const question = { prefix: this.#prefix, origin: this.#origin, first: firstOfPage, last, alphabet: this.#alphabet };
    return end === undefined ? question : { ...question, end };
  }
}
