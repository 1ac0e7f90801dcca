import type { Entry } from '../../core/history.ts';
import { compareKeys } from '../../core/keys.ts';
import { RequestError } from '../trouble.ts';
import { commonPrefix, justBefore } from './just-before.ts';
import type { Marker, Page, PageQuestion } from './pages.ts';

/**
 * Reads the histories of many keys out of the listing, in jumps: a request starts just before the next wanted key, its
 * page answers as many as it covers, and the next starts just before the first one that is left. Keys far apart take a
 * request each, with small pages; neighbours share one. Stretches of the keys are worked on side by side: a lane that is
 * idle takes over a part of what another has left.
 */
export interface GallopOptions {
  readonly fetch: (question: PageQuestion, signal: AbortSignal) => Promise<Page>;
  /** What all keys begin with; absent: what those of a stretch have in common. */
  readonly prefix?: string;
  /** Enough entries of a key. */
  readonly depth: number;
  /** Most stretches side by side. */
  readonly lanes: number;
  /** Entries in the largest page. */
  readonly largest: number;
}

/** A run of wanted keys, from the first that has no answer yet. */
interface Stretch {
  readonly prefix: string;
  at: number;
  end: number;
  /** The entries of the key at `at` that came so far. */
  partial: Entry[];
  /** Where the last page ended. */
  next?: Marker;
  /** Entries to ask for. */
  size: number;
  /** How many keys the last page that answered any has answered. */
  pace?: number;
}

/** Entries in a page where keys lie far apart: more than most keys have, and a small answer. */
export const SMALL_PAGE = 100;
const GROWTH = 4;

/** The role may not list so much, or the server does not take a marker that is no key. */
const REFUSED = new Set(['AccessDenied', 'InvalidArgument', 'InvalidRequest', 'InvalidURI']);

export class Gallop {
  /** The entries of each key that is answered and has any, in the order in which they were sent. */
  readonly found = new Map<string, readonly Entry[]>();
  readonly #keys: readonly string[];
  readonly #options: GallopOptions;
  readonly #smallest: number;
  readonly #answered: Uint8Array;
  readonly #active = new Set<Stretch>();
  readonly #lanes: Promise<void>[] = [];
  readonly #controller = new AbortController();
  /** The server, or what the role may list, does not allow it. */
  #mayNot = false;
  #failure: { readonly error: unknown } | undefined;

  /** `keys`: in S3's order, each there once. */
  constructor(keys: readonly string[], options: GallopOptions) {
    this.#keys = keys;
    this.#options = options;
    this.#smallest = Math.min(SMALL_PAGE, 4 * (options.depth + 1), options.largest);
    this.#answered = new Uint8Array(keys.length);
  }

  /**
   * Returns the keys that this server, or the role, does not let be read so: they have to be read one by one.
   * @throws what `fetch` throws, but for a refusal of the question
   */
  async run(): Promise<readonly string[]> {
    const { length } = this.#keys;
    this.#open(0, length, this.#clamp(4 * length), undefined);
    // Lanes open others before they end.
    for (let i = 0; i < this.#lanes.length; i++) await this.#lanes[i];
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#keys.filter((_, i) => this.#answered[i] === 0);
  }

  get #over(): boolean {
    return this.#mayNot || this.#failure !== undefined;
  }

  #open(at: number, end: number, size: number, pace: number | undefined): void {
    const [first, last] = [this.#keys[at], this.#keys[end - 1]];
    if (first === undefined || last === undefined) return;
    const prefix = this.#options.prefix ?? commonPrefix(first, last);
    const stretch: Stretch = { prefix, at, end, partial: [], size, ...(pace !== undefined && { pace }) };
    this.#active.add(stretch);
    this.#lanes.push(this.#run(stretch));
  }

  async #run(stretch: Stretch): Promise<void> {
    try {
      for (let wanted = this.#wanted(stretch); wanted !== undefined && !this.#over; wanted = this.#wanted(stretch)) {
        const question = questionFor(stretch, wanted);
        const page = await this.#options.fetch(question, this.#controller.signal);
        if (isTrusted(page, question)) this.#take(stretch, page, question.after);
        else this.#mayNot = true;
        this.#share();
      }
    } catch (error) {
      this.#fail(error, stretch);
    } finally {
      this.#active.delete(stretch);
      this.#share();
    }
  }

  #wanted({ at, end }: Stretch): string | undefined {
    return at < end ? this.#keys[at] : undefined;
  }

  #fail(error: unknown, { prefix, at, end }: Stretch): void {
    const refused = error instanceof RequestError && REFUSED.has(error.trouble.code);
    // The question for one key could not be any narrower.
    if (refused && !(end - at === 1 && prefix === this.#keys[at])) {
      this.#mayNot = true;
      return;
    }
    this.#failure ??= { error };
    this.#controller.abort(error);
  }

  /** Answer what the page answers. A key is whole when one behind it is seen, or the end. */
  #take(stretch: Stretch, page: Page, asked: Marker | undefined): void {
    const from = stretch.at;
    let used = 0;
    for (const { key, entry } of page.entries) {
      // Some servers' markers include the entry that they name.
      if (asked?.versionId === entry.versionId && asked.key === key) continue;
      let wanted = this.#wanted(stretch);
      while (wanted !== undefined && compareKeys(wanted, key) < 0) {
        this.#answer(stretch, wanted);
        wanted = this.#wanted(stretch);
      }
      if (wanted === undefined) return;
      if (wanted !== key) continue;
      used += 1;
      stretch.partial.push(entry);
    }
    for (let wanted = this.#wanted(stretch); wanted !== undefined; wanted = this.#wanted(stretch)) {
      if (page.next !== undefined && stretch.partial.length < this.#options.depth) break;
      this.#answer(stretch, wanted);
    }
    if (page.next !== undefined) stretch.next = page.next;
    const answered = stretch.at - from;
    if (answered > 0) stretch.pace = answered;
    if (used * 2 >= page.entries.length) stretch.size = this.#clamp(stretch.size * GROWTH);
    else if (answered <= 1) stretch.size = this.#smallest;
  }

  #answer(stretch: Stretch, key: string): void {
    if (stretch.partial.length > 0) this.found.set(key, stretch.partial);
    stretch.partial = [];
    this.#answered[stretch.at] = 1;
    stretch.at += 1;
  }

  #clamp(size: number): number {
    return Math.min(this.#options.largest, Math.max(this.#smallest, size));
  }

  /** Give idle lanes a part of the longest stretch. */
  #share(): void {
    while (!this.#over) {
      const idle = this.#options.lanes - this.#active.size;
      const [longest] = [...this.#active].sort((a, b) => pagesLeft(b) - pagesLeft(a));
      if (idle <= 0 || longest?.pace === undefined || pagesLeft(longest) < 2) return;
      const { at, end, size, pace } = longest;
      const parts = Math.min(idle + 1, Math.floor(pagesLeft(longest)));
      // Whole pages, as far as can be foreseen.
      const each = Math.ceil((end - at) / parts / pace) * pace;
      longest.end = at + each;
      for (let start = longest.end; start < end; start += each)
        this.#open(start, Math.min(end, start + each), size, pace);
    }
  }
}

function pagesLeft({ at, end, pace }: Stretch): number {
  return pace === undefined ? 0 : (end - at) / pace;
}

/** On from where the last page ended if there is no jumping over the rest: a history goes on, or the key comes soon. */
function questionFor({ prefix, partial, next, size }: Stretch, wanted: string): PageQuestion {
  const before = justBefore(wanted);
  if (next !== undefined && (partial.length > 0 || compareKeys(next.key, before) >= 0)) {
    return { prefix, after: next, maxKeys: size };
  }
  // A marker before the prefix says nothing.
  if (before === '' || compareKeys(before, prefix) < 0) return { prefix, maxKeys: size };
  return { prefix, after: { key: before }, jump: true, maxKeys: size };
}

/** Did the server do as it was asked: encode the keys, and start at the marker? */
function isTrusted({ urlEncoded, entries, next }: Page, { after, jump }: PageQuestion): boolean {
  if (!urlEncoded) return false;
  if (jump !== true || after === undefined) return true;
  const [first = next] = entries;
  return first === undefined || compareKeys(first.key, after.key) >= 0;
}
