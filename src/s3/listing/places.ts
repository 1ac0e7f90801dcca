/**
 * What is known of the characters of a bucket's keys, place by place. A place is a depth below the prefix, counted in
 * slashes, an index within that part of the key, and the character before: years, counters, hashes and names each have
 * their own, so that the letters of file names are not expected in dates. Any digit before, or letter of a hash, is as
 * good as another.
 */
export class Places {
  readonly #places = new Map<number, Place>();

  learn(key: readonly number[]): void {
    const walk = new Walk();
    for (const code of key.slice(0, MOST_PLACES)) {
      const place = this.#places.get(walk.id) ?? new Place();
      this.#places.set(walk.id, place);
      place.see(code);
      walk.step(code);
    }
  }

  /** Nothing lies at `from` or behind it, up to `to` (absent: to the end). */
  nothing(from: readonly number[], to: readonly number[] | undefined): void {
    const differ = to === undefined ? 0 : commonLength(from, to);
    const walk = new Walk();
    for (const [at, code] of from.entries()) {
      const least = at === from.length - 1 ? code : code + 1;
      const most = at === differ && to !== undefined ? (to[at] ?? 0) - 1 : LAST_CODE;
      if (at >= differ) this.#places.get(walk.id)?.exclude(least, most);
      walk.step(code);
    }
  }

  /** What may stand behind these characters, ascending. */
  after(base: readonly number[]): readonly Choice[] {
    const walk = new Walk();
    for (const code of base) walk.step(code);
    // The digits of a hash come before its letters: the places next to this one may have shown them already.
    const hexNear = () => walk.near.flatMap((id) => this.#places.get(id)?.hexLetters() ?? []);
    return this.#places.get(walk.id)?.choices(hexNear) ?? [];
  }
}

export interface Choice {
  readonly code: number;
  readonly seen: boolean;
  /** How likely it is, beside the others. */
  readonly weight: number;
}

/** Places of a key that are looked at: bounds the memory. */
const MOST_PLACES = 200;
const LAST_CODE = 0x10ffff;
export const SLASH = 0x2f;
export const isDigit = (code: number) => code >= 0x30 && code <= 0x39;
const isHexLetter = (code: number) => (code >= 0x61 && code <= 0x66) || (code >= 0x41 && code <= 0x46);
const isWide = (code: number) => code >= 0x80;

class Walk {
  #depth = 0;
  #index = 0;
  #before = 0;
  #last = 0;
  id = 0;

  step(code: number): void {
    this.#last = this.id;
    this.#depth += code === SLASH ? 1 : 0;
    this.#index = code === SLASH ? 0 : this.#index + 1;
    this.#before = isDigit(code) || isHexLetter(code) ? 0 : code;
    this.id = idOf(this.#depth, this.#index, this.#before);
  }

  /** The place before, the one after a digit, and the first one below. */
  get near(): number[] {
    return [this.#last, idOf(this.#depth, this.#index + 1, 0), idOf(this.#depth + 1, 0, SLASH)];
  }
}

function idOf(depth: number, index: number, before: number): number {
  return (depth * 2048 + index) * (LAST_CODE + 1) + before;
}

class Place {
  readonly #seen = new Set<number>();
  readonly #excluded: { readonly from: number; readonly to: number }[] = [];
  #choices: readonly Choice[] | undefined;
  /** Only digits so far. */
  #mayBeHex = false;

  see(code: number): void {
    if (this.#seen.has(code)) return;
    this.#seen.add(code);
    this.#choices = undefined;
  }

  exclude(from: number, to: number): void {
    if (from > to) return;
    this.#excluded.push({ from, to });
    this.#choices = undefined;
  }

  /** All hexadecimal letters of its case, where it shows digits and such letters only. */
  hexLetters(): number[] {
    const seen = [...this.#seen];
    const letter = seen.find(isHexLetter);
    if (letter === undefined || !seen.some(isDigit) || !seen.every((c) => isDigit(c) || isHexLetter(c))) return [];
    return codes(letter >= 0x61 ? 0x61 : 0x41, 6);
  }

  choices(hexNear: () => readonly number[]): readonly Choice[] {
    if (this.#choices !== undefined && !this.#mayBeHex) return this.#choices;
    const seen = [...this.#seen].sort((a, b) => a - b);
    this.#mayBeHex = seen.every(isDigit);
    // The more of them turned up so far, and the fewer were looked for in vain, the likelier are the others.
    const unseen = seen.length / (seen.length + 1 + 2 * this.#excluded.length);
    const weights = new Map<number, number>();
    for (const code of [...kinOf(seen), ...(this.#mayBeHex ? hexNear() : [])]) weights.set(code, unseen);
    for (const code of seen) weights.set(code, 1);
    for (const [code, weight] of wideWeights(seen.filter(isWide), unseen)) weights.set(code, weight);
    this.#choices = [...weights]
      .map(([code, weight]) => ({ code, seen: this.#seen.has(code), weight }))
      .filter((choice) => choice.seen || !this.#isExcluded(choice.code))
      .sort((a, b) => a.code - b.code);
    return this.#choices;
  }

  #isExcluded(code: number): boolean {
    return this.#excluded.some(({ from, to }) => code >= from && code <= to);
  }
}

/**
 * The other digits where there are digits. The other letters where there are several, as one may always stand there;
 * only those of hexadecimal numbers, where there are digits as well.
 */
function kinOf(seen: readonly number[]): number[] {
  const has = (from: number, to: number) => seen.some((code) => code >= from && code <= to);
  const digits = seen.some(isDigit);
  const kin = digits ? codes(0x30, 10) : [];
  for (const a of [0x41, 0x61]) {
    if (seen.length > 1 && has(a, a + 25)) kin.push(...codes(a, digits && !has(a + 6, a + 25) ? 6 : 26));
  }
  return kin;
}

/**
 * Scripts with many characters: evenly between those that were seen, and behind them at growing distances, up to the
 * size of the largest; as many behind as were seen.
 */
function wideWeights(seen: readonly number[], unseen: number): Map<number, number> {
  const weights = new Map<number, number>();
  const [first] = seen;
  const last = seen.at(-1);
  if (first === undefined || last === undefined) return weights;
  const density = seen.length / (last - first + 1);
  const put = (code: number, weight: number) => {
    if (code <= LAST_CODE && !(code >= 0xd800 && code <= 0xdfff)) weights.set(code, weight);
  };
  for (const [i, code] of seen.entries()) {
    const gap = (seen[i + 1] ?? code + 1) - code;
    const step = Math.ceil(gap / GAP_PARTS);
    for (let at = 0; at < gap; at += step) put(code + at, density * Math.min(step, gap - at));
  }
  for (let k = 0; k < WIDE_BITS; k++) put(last + 2 ** k, (unseen * seen.length * 2 ** (k / 2)) / WIDE_SUM);
  return weights;
}

/** Into how many parts a gap between two characters of a large script is cut at most. */
const GAP_PARTS = 8;
/** The largest script, CJK, has some 20,000 characters. */
const WIDE_BITS = 14;
const WIDE_SUM = Array.from({ length: WIDE_BITS }, (_, k) => 2 ** (k / 2)).reduce((sum, weight) => sum + weight, 0);

function codes(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

export function commonLength(a: readonly number[], b: readonly number[]): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}
