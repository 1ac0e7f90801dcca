import { compareKeys } from '../../core/keys.ts';
import { type CutQuestion, cutBehind, cutPoints, points, restOf } from './cut.ts';
import { Places } from './places.ts';

/** A range being listed, as far as it matters for cutting it. */
export interface Cuttable {
  /** No key of it is greater; absent: all that start with the prefix. */
  end?: string;
  /** Keys are known to lie right behind its end. */
  bounded: boolean;
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
  /** How many cut from it have not shown yet whether there is anything. */
  probes: number;
  /** How often in a row cutting it found nothing. */
  misses: number;
  /** Not to be cut before it has so many pages. */
  cutAgainAt: number;
}

export interface Part {
  readonly after: string;
  readonly end: string | undefined;
}

export interface Cut<R> {
  readonly from: R;
  /** What is cut off, ascending. */
  readonly parts: readonly Part[];
}

/** Pages a range must have shown before it is worth cutting. */
export const PAGES_BEFORE_CUT = 2;
/** Pages that must be likely to come on either side of a cut: about half of one is read twice for it. */
const LEAST_PART = 3;
/** How many parts are cut off at once where it is not known how far the range reaches: all may be empty. */
const MOST_UNBOUNDED = 3;
/** Requests that cuts may waste: so many, and a share of the pages that seem necessary. */
const FREE_WASTE = 2;
const WASTE = 0.12;
/** What seems still to come is trusted up to so many times what is listed, and up to so many pages in all. */
const TRUST = 8;
const MOST_TRUSTED = 60;
/** Of a page, what is read on both sides of a cut on average. */
const OVERLAP = 0.5;

interface Candidate<R> {
  readonly range: R;
  readonly question: CutQuestion;
  readonly rest: number;
}

/** Cut the unlisted rest of a range at these strings, ascending, as far as they lie in it. Returns what is cut off. */
export function cutAt(range: Cuttable, cuts: readonly string[]): Part[] {
  const { last = '', end } = range;
  const inside = cuts.filter((c) => compareKeys(c, last) > 0 && (end === undefined || compareKeys(c, end) < 0));
  if (inside[0] !== undefined) range.end = inside[0];
  return inside.map((after, i) => ({ after, end: inside[i + 1] ?? end }));
}

/** Decides which of the ranges being listed is cut, and where. */
export class Cutter<R extends Cuttable> {
  readonly #prefix: string;
  readonly #places = new Places();
  /** The first key listed. */
  #origin: string | undefined;
  #pages = 0;
  /** Requests that cuts have cost, or may yet. */
  #spent = 0;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** A range has listed a page, from this key to that; some keys in between are enough to know the characters. */
  listed(range: R, first: string, last: string, some: readonly string[]): void {
    range.first ??= first;
    range.firstOfPage = first;
    range.last = last;
    range.pages += 1;
    this.#origin ??= first;
    this.#pages += 1;
    for (const key of [...some, last]) this.#places.learn(this.#tail(key));
  }

  /** The first page of a range that was cut off at `cut`, or its end, tells whether that was a good one. */
  settle(range: R, cut: string): void {
    const left = range.cutFrom;
    if (left === undefined) return;
    delete range.cutFrom;
    left.probes -= 1;
    if (range.first === undefined) left.misses += 1;
    else {
      this.#spent -= 1 - OVERLAP;
      left.bounded = true;
      left.misses = 0;
    }
    left.cutAgainAt = left.pages + 2 ** left.misses - 1;
    const limit = range.first ?? range.end;
    this.#places.nothing(this.#tail(cut), limit?.startsWith(this.#prefix) ? this.#tail(limit) : undefined);
  }

  /** Cut one of the ranges, for at most so many idle listers. */
  cut(ranges: Iterable<R>, idle: number): Cut<R> | undefined {
    if (idle <= 0) return undefined;
    const { able, rest } = this.#survey(ranges);
    const seeming = this.#pages + Math.min(rest, TRUST * this.#pages, MOST_TRUSTED);
    const allowed = Math.min(idle, Math.floor(FREE_WASTE + WASTE * seeming - this.#spent));
    if (allowed <= 0) return undefined;
    able.sort((a, b) => b.rest - a.rest);
    const all = able.reduce((sum, candidate) => sum + candidate.rest, 0);
    for (const { range, question, rest } of able) {
      // Those that could be cut as well get their share of the idle.
      const most = Math.max(1, Math.min(Math.ceil((allowed * rest) / all), Math.floor(rest / LEAST_PART) - 1));
      const cuts = cutsOf(question, rest >= 2 * LEAST_PART, most);
      if (cuts.length === 0) {
        range.cutAgainAt = range.pages + 1;
        continue;
      }
      const parts = cutAt(range, cuts);
      range.probes = cuts.length;
      range.bounded = false;
      this.#spent += cuts.length;
      return { from: range, parts };
    }
    return undefined;
  }

  /** The ranges that may be cut now, and how many pages seem to be still to come in all. */
  #survey(ranges: Iterable<R>): { able: Candidate<R>[]; rest: number } {
    const able: Candidate<R>[] = [];
    let all = 0;
    for (const range of ranges) {
      const { ended, parked, probes, cutFrom, pages, cutAgainAt } = range;
      const question = this.#questionOf(range);
      if (ended || question === undefined) continue;
      const rest = Math.min(restOf(question), TRUST * range.pages);
      all += rest;
      if (!parked && probes === 0 && cutFrom === undefined && pages >= cutAgainAt) able.push({ range, question, rest });
    }
    return { able, rest: all };
  }

  #questionOf({ first, last, pages, end, bounded, misses }: R): CutQuestion | undefined {
    if (first === undefined || last === undefined || this.#origin === undefined) return undefined;
    const places = this.#places;
    const question = { prefix: this.#prefix, origin: this.#origin, first, last, pages, bounded, misses, places };
    return end === undefined ? question : { ...question, end };
  }

  #tail(key: string): number[] {
    return points(key.slice(this.#prefix.length));
  }
}

function cutsOf(question: CutQuestion, isLarge: boolean, most: number): string[] {
  const inside = isLarge ? cutPoints(question, question.bounded ? most : Math.min(most, MOST_UNBOUNDED)) : [];
  const behind = cutBehind(question);
  if (behind === undefined || (!behind.likely && most === 1 && inside.length > 0)) return inside;
  return [...new Set([...inside.slice(0, most - 1), behind.cut])].sort(compareKeys);
}
