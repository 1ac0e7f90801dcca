import { compareKeys, keyBytes, MAX_KEY_BYTES } from '../core/keys.ts';

/**
 * Where to cut a range of keys in two, knowing only the keys listed so far. Any string between the last listed key and
 * the end is a correct cut; a good one leaves about as many keys on either side. UTF-8 byte order is the order of code
 * points, so everything here works on those. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
 */
export interface CutQuestion {
  readonly prefix: string;
  /** The first key of the whole listing: where it differs from `last`, keys are known to vary. */
  readonly origin: string;
  /** The first key of the page listed last in the range, and the last key of it. */
  readonly first: string;
  readonly last: string;
  /** No key of the range is greater; absent: all that start with the prefix. */
  readonly end?: string;
  readonly alphabet: Alphabet;
}

/** The characters that keys of this bucket are made of. */
export class Alphabet {
  readonly #seen = new Set<number>();
  #sorted: number[] | undefined;

  learn(key: string): void {
    for (const char of key) {
      const code = char.codePointAt(0) ?? 0;
      if (this.#seen.has(code)) continue;
      this.#seen.add(code);
      this.#sorted = undefined;
    }
  }

  /** In order; where some digits or letters were seen, the others of their kind are expected too. */
  codes(): readonly number[] {
    if (this.#sorted === undefined) {
      const all = new Set(this.#seen);
      for (const [from, to] of KINDS) {
        if ([...this.#seen].some((code) => code >= from && code <= to)) {
          for (let code = from; code <= to; code++) all.add(code);
        }
      }
      this.#sorted = [...all].sort((a, b) => a - b);
    }
    return this.#sorted;
  }
}

/** Digits, capitals, the letters of hexadecimal numbers, the other letters. */
const KINDS = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x61, 0x66],
  [0x67, 0x7a],
] as const;

function sameKind(a: number, b: number): boolean {
  return KINDS.some(([from, to]) => a >= from && a <= to && b >= from && b <= to);
}

/**
 * At most `count` strings, ascending, greater than `last` and less than `end`; none where none seems worth trying.
 * Half of them at the shallowest place where keys are known to vary, one at each place above it, where all keys so far
 * are alike: if nothing lies behind, one question has told so.
 */
export function cutPoints(question: CutQuestion, count: number): string[] {
  const { prefix, origin, first, last, end } = question;
  const low = points(last);
  const start = end === undefined ? points(prefix).length : common(low, points(end)).length;
  const varied = Math.max(start, common(low, points(origin)).length);
  const local = Math.max(varied, common(low, points(first)).length);

  const cuts = new Set<string>();
  const add = (some: readonly string[]) => {
    for (const cut of some) if (cuts.size < count && isWithin(cut, question)) cuts.add(cut);
  };
  const choicesAt = (at: number) => choices(low, at, question.alphabet).filter((cut) => isWithin(cut, question));

  for (let at = varied; at <= local && at < low.length && cuts.size < count; at++) {
    add(spread(choicesAt(at), Math.ceil((count - cuts.size) / 2)));
  }
  const untried = range(start, varied).flatMap((at) => successor(low.slice(0, at + 1), at) ?? []);
  add(spread(untried, count - cuts.size));
  // What is left over goes to where it is likeliest to hit: near where keys vary, and above.
  for (const at of [...range(varied, local + 1), ...range(start, varied).reverse()]) {
    if (at < low.length) add(spread(choicesAt(at), count - cuts.size));
  }
  for (let at = local + 1; at < low.length && cuts.size === 0; at++) {
    add(spread(choicesAt(at), count));
    add([successor(low.slice(0, at + 1), at) ?? last]);
  }
  return [...cuts].sort(compareKeys);
}

/**
 * How much of a range is still to come for each bit of it that is listed, going by the characters at the first place
 * where its keys vary. A guess, for choosing which range to cut.
 */
export function restRatio({ prefix, origin, last, end, alphabet }: CutQuestion, firstOfRange: string): number {
  const low = points(last);
  const start = end === undefined ? points(prefix).length : common(low, points(end)).length;
  const at = Math.max(start, common(low, points(origin)).length);
  const from = points(firstOfRange)[at] ?? 0;
  const here = low[at] ?? 0;
  const listed = alphabet.codes().filter((code) => code >= from && code <= here).length;
  const limit = end === undefined ? Number.POSITIVE_INFINITY : (points(end)[at] ?? Number.POSITIVE_INFINITY);
  const rest = alphabet.codes().filter((code) => code > here && code <= limit && sameKind(code, here)).length;
  return (1 + rest) / (1 + listed);
}

function isWithin(cut: string, { prefix, last, end }: CutQuestion): boolean {
  return (
    cut.startsWith(prefix) &&
    compareKeys(cut, last) > 0 &&
    (end === undefined || compareKeys(cut, end) < 0) &&
    keyBytes(cut) <= MAX_KEY_BYTES
  );
}

/** What could stand at this place instead: all of the same kind that is greater, and the first of each other kind. */
function choices(low: readonly number[], at: number, alphabet: Alphabet): string[] {
  const here = low[at] ?? 0;
  const base = low.slice(0, at);
  const above = alphabet.codes().filter((code) => code > here);
  const chosen = above.filter((code, i) => sameKind(code, here) || !sameKind(code, above[i - 1] ?? -1));
  return chosen.map((code) => text([...base, code]));
}

/** So many of a list, evenly spaced, the middle one for one. */
function spread(list: readonly string[], count: number): string[] {
  if (list.length <= count) return [...list];
  return range(0, count).map((i) => list[Math.floor(((i + 0.5) * list.length) / count)] ?? '');
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
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

function common(a: readonly number[], b: readonly number[]): number[] {
  const differ = a.findIndex((code, i) => code !== b[i]);
  return a.slice(0, differ === -1 ? a.length : differ);
}

function points(key: string): number[] {
  return Array.from(key, (char) => char.codePointAt(0) ?? 0);
}

function text(codes: readonly number[]): string {
  return codes.map((code) => String.fromCodePoint(code)).join('');
}
