import { compareKeys, keyBytes, MAX_KEY_BYTES } from '../../core/keys.ts';
import { type Choice, commonLength, isDigit, type Places, SLASH } from './places.ts';

/**
 * Where to cut a range of keys, knowing only the keys listed so far. Any string between the last listed key and the end
 * is a correct cut; a good one leaves keys on either side. UTF-8 byte order is the order of code points, so everything
 * here works on those. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
 */
export interface CutQuestion {
  readonly prefix: string;
  /** The first key of the whole listing: where it differs from `last`, keys are known to vary. */
  readonly origin: string;
  /** The first key of what was listed last in the range, in so many pages, and the last key of it. */
  readonly first: string;
  readonly last: string;
  readonly pages: number;
  /** No key of the range is greater; absent: all that start with the prefix. */
  readonly end?: string;
  /** Keys are known to lie right behind the end, so that the range may well reach up to it. */
  readonly bounded: boolean;
  /** How often in a row cutting the range found nothing. */
  readonly misses: number;
  readonly places: Places;
}

/**
 * Keys as numbers: each place divides what it got among its characters, by their weights. Between two listed keys lies
 * what was listed, so a part of the line is worth pages.
 */
interface Line {
  readonly low: readonly number[];
  /** What all that is on the line starts with. */
  readonly base: readonly number[];
  readonly from: number;
  readonly to: number;
  /** Pages that are likely to come between `from` and `to`. */
  readonly rest: number;
}

/** Places that decide where a key lies on the line: the next ones hardly move it. */
const PRECISION = 8;
/** After so many misses in a row a range is taken to hold only what starts like the keys it showed. */
const MISSES_BEFORE_NEAR = 2;

function lineOf(question: CutQuestion): Line {
  const { bounded, misses, pages, places } = question;
  const low = tail(question, question.last);
  const first = tail(question, question.first);
  const end = endOf(question);
  const closed = end === undefined ? 0 : commonLength(low, end);
  const known = misses < MISSES_BEFORE_NEAR ? tail(question, question.origin) : first;
  const varied = bounded ? closed : Math.max(closed, commonLength(low, known));
  // What was listed must be on the line too.
  const base = low.slice(0, Math.min(varied, commonLength(low, first)));
  const start = position(base, first, places);
  const from = position(base, low, places);
  const to = end !== undefined && base.length <= closed ? position(base, end, places) : 1;
  // What is too small to be told from nothing counts all the same.
  const listed = Math.max(from - start, 1e-6);
  return { low, base, from, to, rest: to <= from ? 0 : (pages * (to - from)) / listed };
}

/** Pages that are likely still to come in the range. A guess, going by what was listed of it. */
export function restOf(question: CutQuestion): number {
  return lineOf(question).rest;
}

/**
 * At most `count` strings, ascending, greater than `last` and less than `end`, that divide the rest evenly. Only one has
 * characters that were not seen at their places: it tells about the others.
 */
export function cutPoints(question: CutQuestion, count: number): string[] {
  const line = lineOf(question);
  const share = (line.to - line.from) / (count + 1);
  const sure = new Set<string>();
  const unsure: string[] = [];
  for (let i = 1; share > 0 && i <= count; i++) {
    const point = pointAt(line, line.from + share * i, share / 3, question.places);
    const cut = point === undefined ? undefined : question.prefix + text(point.cut);
    if (point === undefined || cut === undefined || !isWithin(cut, question)) continue;
    if (point.sure) sure.add(cut);
    else unsure.push(cut);
  }
  const tried = unsure[Math.floor((unsure.length - 1) / 2)];
  return [...sure, ...(tried === undefined ? [] : [tried])].sort(compareKeys);
}

/**
 * A string behind all that shares a beginning with the keys so far, in a range of which it is not known how far it
 * reaches: half way between the shallowest beginning and the deepest one where keys are known to go on, so that the
 * answer, whatever it is, halves the question. Digits change, and first letters of names; other letters are tried last.
 */
export function cutBehind(question: CutQuestion): { cut: string; likely: boolean } | undefined {
  if (question.bounded) return undefined;
  const low = tail(question, question.last);
  const end = endOf(question);
  const start = end === undefined ? 0 : commonLength(low, end) + 1;
  const varied = commonLength(low, tail(question, question.origin));
  const behind = (at: number) => {
    const cut = successor(low.slice(0, at + 1), at);
    return cut !== undefined && isWithin(question.prefix + cut, question) ? [question.prefix + cut] : [];
  };
  const places = Array.from({ length: Math.max(0, varied - start) }, (_, i) => start + i);
  const digits = places.filter((at) => isDigit(low[at] ?? 0)).flatMap(behind);
  const tried = digits.length > 0 ? digits : places.filter((at) => at === 0 || low[at - 1] === SLASH).flatMap(behind);
  const cut = tried[Math.floor((tried.length * 2) / 3)];
  return cut === undefined ? undefined : { cut, likely: digits.length > 0 };
}

function position(base: readonly number[], key: readonly number[], places: Places): number {
  let from = 0;
  let size = 1;
  for (let at = base.length; at < key.length && at < base.length + PRECISION; at++) {
    const code = key[at] ?? 0;
    let below = 0;
    let own = 0;
    let all = 0;
    for (const choice of places.after(key.slice(0, at))) {
      if (choice.code < code) below += choice.weight;
      if (choice.code === code) own = choice.weight;
      all += choice.weight;
    }
    if (all === 0) break;
    from += (size * below) / all;
    size *= own / all;
    if (size === 0) break;
  }
  return from;
}

/** The shortest string that lies at this point of the line, give or take. */
function pointAt({ low, base, from }: Line, target: number, tolerance: number, places: Places): Point | undefined {
  const cut = [...base];
  let start = 0;
  let size = 1;
  let sure = true;
  for (let i = 0; i < PRECISION; i++) {
    const choices = places.after(cut);
    const all = choices.reduce((sum, { weight }) => sum + weight, 0);
    let edge = start;
    let best: { choice: Choice; start: number } | undefined;
    for (const choice of choices) {
      const nearer = best !== undefined && edge - target < tolerance && target - best.start >= tolerance;
      if (best === undefined || edge <= target || nearer) best = { choice, start: edge };
      edge += (size * choice.weight) / all;
    }
    if (best === undefined) break;
    cut.push(best.choice.code);
    sure &&= best.choice.seen;
    start = best.start;
    size *= best.choice.weight / all;
    if (start > from && Math.abs(start - target) < tolerance) break;
  }
  return commonLength(cut, low) === cut.length ? undefined : { cut, sure };
}

interface Point {
  readonly cut: readonly number[];
  readonly sure: boolean;
}

/** Absent too where it lies behind all that starts with the prefix. */
function endOf({ prefix, end }: CutQuestion): readonly number[] | undefined {
  return end?.startsWith(prefix) ? points(end.slice(prefix.length)) : undefined;
}

function tail({ prefix }: CutQuestion, key: string): number[] {
  return points(key.slice(prefix.length));
}

function isWithin(cut: string, { prefix, last, end }: CutQuestion): boolean {
  return (
    cut.startsWith(prefix) &&
    compareKeys(cut, last) > 0 &&
    (end === undefined || compareKeys(cut, end) < 0) &&
    keyBytes(cut) <= MAX_KEY_BYTES
  );
}

/** The least string greater than all that start with `base`, changing nothing before `start`. */
function successor(base: readonly number[], start: number): string | undefined {
  for (let at = base.length - 1; at >= start; at--) {
    const code = base[at] ?? 0;
    if (code === 0x10ffff) continue;
    // No surrogates: they are halves of characters.
    return text([...base.slice(0, at), code === 0xd7ff ? 0xe000 : code + 1]);
  }
  return undefined;
}

export function points(key: string): number[] {
  return Array.from(key, (char) => char.codePointAt(0) ?? 0);
}

function text(codes: readonly number[]): string {
  return codes.map((code) => String.fromCodePoint(code)).join('');
}
