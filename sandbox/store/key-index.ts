import type { Entry } from './entry.ts';
import { sequenceOf } from './version-ids.ts';

/** Everything one key has, and what it had. */
export interface History {
  readonly key: string;
  /** The key in a form whose `<` is S3's order; the same string for nearly every key. */
  readonly order: string;
  /** Newest LAST, in the order in which they were stored (uploads: started); listings walk it from the end. */
  readonly rows: Row[];
  /** Where removed entries with foreign or null ids stood, for listings that continue after them. */
  gone: Map<string, number> | undefined;
}

export interface Row {
  readonly sequence: number;
  readonly entry: Entry;
}

/**
 * The keys of a bucket, sorted when somebody looks. Listing a page costs O(log n + page): inserts are merged in bulk at
 * the next look, and keys that lost their last entry stay as empty histories until they are the majority.
 */
export class KeyIndex {
  #byKey = new Map<string, History>();
  #sorted: History[] = [];
  #added: History[] = [];
  #empty = 0;

  get(key: string): History | undefined {
    return this.#byKey.get(key);
  }

  /** By its sequence: nearly always on top. */
  insert(key: string, row: Row): void {
    let history = this.#byKey.get(key);
    if (history === undefined) {
      history = { key, order: orderOf(key), rows: [], gone: undefined };
      this.#byKey.set(key, history);
      this.#added.push(history);
    } else if (history.rows.length === 0) {
      this.#empty--;
    }
    const below = history.rows.findLastIndex((other) => other.sequence < row.sequence);
    history.rows.splice(below + 1, 0, row);
  }

  remove(key: string, versionId: string): Entry | undefined {
    const history = this.#byKey.get(key);
    const at = history?.rows.findLastIndex((row) => row.entry.versionId === versionId) ?? -1;
    const row = history?.rows[at];
    if (history === undefined || row === undefined) return undefined;
    history.rows.splice(at, 1);
    if (sequenceOf(versionId) === undefined) {
      history.gone ??= new Map();
      history.gone.set(versionId, row.sequence);
    }
    if (history.rows.length === 0) this.#empty++;
    return row.entry;
  }

  /** All histories in S3's order of keys; some may be empty. */
  sorted(): readonly History[] {
    if (this.#empty > 1000 && this.#empty * 2 > this.#byKey.size) this.#dropEmpty();
    if (this.#added.length > 0) {
      this.#added.sort((a, b) => (a.order < b.order ? -1 : 1));
      this.#sorted = merge(this.#sorted, this.#added);
      this.#added = [];
    }
    return this.#sorted;
  }

  #dropEmpty(): void {
    const live = (history: History) => history.rows.length > 0;
    for (const [key, history] of this.#byKey) if (!live(history)) this.#byKey.delete(key);
    this.#sorted = this.#sorted.filter(live);
    this.#added = this.#added.filter(live);
    this.#empty = 0;
  }
}

/** Index into `rows` of the newest entry that comes after `versionId` in a listing, -1 for none. */
export function rowAfter(history: History, versionId: string): number {
  const at = history.rows.findIndex((row) => row.entry.versionId === versionId);
  if (at >= 0) return at - 1;
  // Gone meanwhile, or of another key: continue with what was stored before it.
  const sequence = history.gone?.get(versionId) ?? sequenceOf(versionId) ?? Number.POSITIVE_INFINITY;
  return history.rows.findLastIndex((row) => row.sequence < sequence);
}

/** First index whose history satisfies a test that is false, then true, along the sorted keys. */
export function firstIndex(sorted: readonly History[], test: (history: History) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const history = sorted[middle];
    if (history !== undefined && test(history)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * S3 sorts keys by their UTF-8 bytes; JavaScript compares UTF-16 units, which puts the surrogates (characters beyond
 * U+FFFF) before U+E000–U+FFFF. Swapping those two blocks makes `<` agree.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ListingKeysUsingAPIs.html
 */
export function orderOf(text: string): string {
  if (!/[\uD800-\uFFFF]/.test(text)) return text;
  let result = '';
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    result += String.fromCharCode(unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);
  }
  return result;
}

function merge(a: readonly History[], b: readonly History[]): History[] {
  const result: History[] = [];
  let j = 0;
  for (const history of a) {
    for (let next = b[j]; next !== undefined && next.order < history.order; next = b[++j]) result.push(next);
    result.push(history);
  }
  for (; j < b.length; j++) {
    const next = b[j];
    if (next !== undefined) result.push(next);
  }
  return result;
}
