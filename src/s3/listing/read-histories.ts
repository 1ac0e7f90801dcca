import { forEachConcurrently } from '../../core/concurrent.ts';
import type { Entry, KeyHistory } from '../../core/history.ts';
import { keyBytes, MAX_KEY_BYTES } from '../../core/keys.ts';
import { orderedHistory } from '../../core/order.ts';
import { type ReadHow, S3Failure } from '../../core/ports.ts';
import type { Bucket } from '../bucket.ts';
import { failureOf } from '../errors.ts';
import { asFailure } from '../head.ts';
import type { Requester } from '../request.ts';
import { BadAnswer, diagnose } from '../trouble.ts';
import { Gallop, SMALL_PAGE } from './gallop.ts';
import { fetchPage, type Marker, type Page, type PageQuestion } from './pages.ts';
import type { ServerOrder } from './server-order.ts';

export interface HistoryReaderOptions {
  /** Most requests side by side. */
  readonly lanes: number;
  /** Entries in the largest page; absent: 1000. */
  readonly pageSize?: number;
  /** What is known of the server's order; it learns. */
  readonly order: ServerOrder;
}

const LARGEST_PAGE = 1000;

/** The histories of keys that are known by name. It remembers what its server does not let it do. */
export class HistoryReader {
  readonly #requester: Requester;
  readonly #bucket: Bucket;
  readonly #options: HistoryReaderOptions;
  readonly #largest: number;
  /** The server cannot be trusted with markers, or the role may list only what it asks for key by key. */
  #oneByOne = false;

  constructor(requester: Requester, bucket: Bucket, options: HistoryReaderOptions) {
    this.#requester = requester;
    this.#bucket = bucket;
    this.#options = options;
    this.#largest = options.pageSize ?? LARGEST_PAGE;
  }

  /**
   * The whole histories of these keys, which are in S3's order and each there once; those without entries are left out.
   * At most a request for each key, but for histories longer than a page, and one in a run to find out that keys have
   * to be read one by one.
   * @throws S3Failure, CancelledError
   */
  async read(keys: readonly string[], how: ReadHow = {}): Promise<ReadonlyMap<string, KeyHistory>> {
    const possible = keys.filter(canBeKey);
    const depth = how.depth ?? Number.POSITIVE_INFINITY;
    let entries: ReadonlyMap<string, readonly Entry[]>;
    try {
      entries = await this.#readEntries(possible, how.prefix, depth);
    } catch (error) {
      if (error instanceof BadAnswer) throw new S3Failure(failureOf('list', diagnose(error)), { cause: error });
      throw inBucket(this.#bucket.name, asFailure('list', error));
    }
    const histories = new Map<string, KeyHistory>();
    for (const key of possible) {
      const own = entries.get(key);
      // Not before all pages are there: each may show how this server orders.
      if (own !== undefined) histories.set(key, cutTo(depth, orderedHistory(key, own, this.#options.order.order)));
    }
    return histories;
  }

  async #readEntries(keys: readonly string[], prefix: string | undefined, depth: number) {
    const { lanes } = this.#options;
    const gallop = new Gallop(keys, {
      fetch: (question, signal) => this.#fetch(question, signal),
      depth,
      lanes,
      largest: this.#largest,
      ...(prefix !== undefined && { prefix }),
    });
    const left = this.#oneByOne ? keys : await gallop.run();
    if (left.length === 0) return gallop.found;

    const found = new Map(gallop.found);
    await forEachConcurrently(left, lanes, async (key) => {
      const entries = await this.#readOne(key, depth);
      if (entries.length > 0) found.set(key, entries);
    });
    this.#oneByOne = true;
    return found;
  }

  /** The key is the first of all that begin with it. */
  async #readOne(key: string, depth: number): Promise<readonly Entry[]> {
    const entries: Entry[] = [];
    let after: Marker | undefined;
    let maxKeys = Math.min(SMALL_PAGE, this.#largest);
    for (;;) {
      const page = await this.#fetch({ prefix: key, maxKeys, ...(after !== undefined && { after }) });
      let others = false;
      for (const row of page.entries) {
        if (row.key !== key) others = true;
        else if (row.entry.versionId !== after?.versionId) entries.push(row.entry);
      }
      if (others || page.next === undefined || entries.length >= depth) return entries;
      after = page.next;
      maxKeys = this.#largest;
    }
  }

  async #fetch(question: PageQuestion, signal?: AbortSignal): Promise<Page> {
    const page = await fetchPage(this.#requester, this.#bucket, question, signal);
    this.#options.order.learn(page.evidence);
    return page;
  }
}

/** Where two orders are possible, which entries are the newest is not known: they all stay. */
function cutTo(depth: number, history: KeyHistory): KeyHistory {
  if (history.otherOrder !== undefined || history.entries.length <= depth) return history;
  return { key: history.key, entries: history.entries.slice(0, depth) };
}

/** A manifest may name what no bucket can hold, and what S3 would refuse to be asked for. */
function canBeKey(key: string): boolean {
  return key !== '' && key.isWellFormed() && keyBytes(key) <= MAX_KEY_BYTES;
}

/** A run may read several buckets. */
function inBucket(name: string, error: unknown): unknown {
  if (!(error instanceof S3Failure)) return error;
  const { failure } = error;
  return new S3Failure({ ...failure, message: `listing bucket "${name}": ${failure.message}` }, { cause: error });
}
