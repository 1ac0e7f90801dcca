import { compareKeys, keyBytes, MAX_KEY_BYTES } from '../core/keys.ts';

/**
 * Where to cut a range of keys in two, knowing only the keys listed so far. Any string between the last listed key and
 * the end is a correct cut; a good one leaves about as many keys on either side. UTF-8 byte order is the order of code
 * points, so everything here works on those. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
 */
export interface CutQuestion {
  readonly prefix: string;
  /** The first and the last key listed in the range so far. */
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

/** A string greater than `last` and less than `end`, or undefined where none seems worth trying. */
export function cutPoint(question: CutQuestion): string | undefined {
  const { prefix, last, end } = question;
  const cut = behindShared(question) ?? bisect(question);
  const fits =
    cut?.startsWith(prefix) &&
    compareKeys(cut, last) > 0 &&
    (end === undefined || compareKeys(cut, end) < 0) &&
    keyBytes(cut) <= MAX_KEY_BYTES;
  return fits ? cut : undefined;
}

/**
 * Behind all that begins as every key so far does. Keys with a date or a counter in them share much of it; if nothing
 * lies behind, one question has told more than halving the alphabet at each place would.
 */
function behindShared({ prefix, first, last, end }: CutQuestion): string | undefined {
  const shared = common(points(first), points(last));
  const start = points(prefix).length;
  const cut = successor(shared, start);
  return cut !== undefined && (end === undefined || compareKeys(cut, end) < 0) ? cut : undefined;
}

/** In the middle of the characters that are possible at the first place where there is a choice. */
function bisect({ prefix, last, end, alphabet }: CutQuestion): string | undefined {
  const low = points(last);
  const start = end === undefined ? points(prefix).length : common(low, points(end)).length;
  const codes = alphabet.codes();
  for (let at = start; at < low.length; at++) {
    const base = low.slice(0, at);
    const here = low[at] ?? 0;
    const inRange = (cut: string) => end === undefined || compareKeys(cut, end) < 0;
    const above = codes.filter((code) => code > here && inRange(text([...base, code])));
    const alike = above.filter((code) => sameKind(code, here));
    const choice = alike.length > 0 ? alike : above;
    const middle = choice[Math.floor(choice.length / 2)];
    if (middle !== undefined) return text([...base, middle]);
    // Nothing known lies between, but something unknown may: cut it off, or learn that there is nothing.
    const behind = successor(low.slice(0, at + 1), at);
    if (behind !== undefined && inRange(behind)) return behind;
  }
  return undefined;
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
