import { CancelledError, RollbackError } from '../core/errors.ts';
import type { KeyHistory } from '../core/history.ts';
import { compareKeys } from '../core/keys.ts';
import type { ListingOrder } from '../core/order.ts';
import type { KeyRange, Listing, Segment } from '../core/ports.ts';
import { Assembler } from './assemble.ts';
import { Channel } from './channel.ts';
import { Alphabet, type CutQuestion, cutPoints, restRatio } from './cut.ts';
import { BadAnswer, diagnose, failureOf, RequestError } from './errors.ts';
import { type Bucket, fetchPage, type Marker, type Page } from './pages.ts';
import type { Requester } from './request.ts';

/**
 * A listing is a chain of pages, about 3,000 entries a second. KeyMarker may be any string, so the range is cut into
 * lanes that are listed side by side: whenever one is free, it takes over the right part of another's unlisted rest.
 * A cut belongs to the left: AWS starts after KeyMarker, other servers at it, and what is not greater is dropped.
 * No key's entries are ever in two lanes.
 */

export interface ListingOptions {
  /** Most ranges listed side by side. */
  readonly lanes: number;
  /** Entries per page; absent: as many as the server gives (1000). */
  readonly pageSize?: number;
}

/** Batches (of a page each) that wait for their reader, per lane. */
const BUFFERED = 2;
/** Pages a lane must have shown before it is worth cutting. */
const PAGES_BEFORE_CUT = 2;
/** Cuts that a listing may make beyond one for each of its pages: each costs a request. */
const SPARE_CUTS = 24;

interface Lane {
  /** Its keys are greater than this; absent: all from the start. */
  readonly after?: string;
  /** And not greater than this. Moves to the left when the lane is cut. */
  end?: string;
  /** The lane it was cut from, until its first page has shown whether there is anything. */
  cutFrom?: Lane;
  readonly assembler: Assembler;
  readonly batches: Channel<readonly KeyHistory[]>;
  announced: boolean;
  first?: string;
  last?: string;
  pages: number;
  /** The first key of its last page. */
  firstOfPage?: string;
  /** Waits for its reader: cutting it would not help. */
  parked: boolean;
  /** How many lanes cut from it have not shown yet whether there is anything. */
  probes: number;
  /** One of the last cuts did find something. */
  probeHit: boolean;
  /** How often in a row cutting it found nothing. */
  misses: number;
  /** Not to be cut before it has so many pages. */
  cutAgainAt: number;
}

/**
 * The histories of all keys of a range. Nothing is sent before the segments are read.
 * Iterating throws RollbackError where a page cannot be had or trusted, CancelledError when the run is stopped.
 */
export function listVersions(requester: Requester, bucket: Bucket, range: KeyRange, options: ListingOptions): Listing {
  return new ParallelListing(requester, bucket, range, options);
}

class ParallelListing implements Listing {
  order: ListingOrder = 'unknown';
  readonly segments: AsyncIterable<Segment>;
  readonly #requester: Requester;
  readonly #bucket: Bucket;
  readonly #range: KeyRange;
  readonly #options: ListingOptions;
  readonly #prefix: string;
  readonly #lanes = new Set<Lane>();
  readonly #announced: Channel<Segment>;
  readonly #alphabet = new Alphabet();
  readonly #controller = new AbortController();
  #failed = false;
  #started = false;
  #mayCut: boolean;
  /** The first key listed. */
  #origin: string | undefined;
  /** Pages that had something for their lane. */
  #pages = 0;
  #cuts = 0;

  constructor(requester: Requester, bucket: Bucket, range: KeyRange, options: ListingOptions) {
    this.#requester = requester;
    this.#bucket = bucket;
    this.#range = range;
    this.#options = options;
    this.#prefix = range.key ?? range.prefix;
    this.#mayCut = range.key === undefined && options.lanes > 1;
    this.#announced = new Channel(Number.POSITIVE_INFINITY, () => this.#giveUp());
    this.segments = {
      [Symbol.asyncIterator]: () => {
        this.#start();
        return this.#announced[Symbol.asyncIterator]();
      },
    };
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    const { after, upTo } = this.#range;
    // A marker before the prefix says nothing.
    const from = after !== undefined && compareKeys(after, this.#prefix) >= 0 ? after : undefined;
    if (upTo !== undefined && compareKeys(upTo, this.#prefix) < 0) this.#announced.close();
    else this.#open(from, upTo, undefined);
  }

  #open(after: string | undefined, end: string | undefined, cutFrom: Lane | undefined): void {
    const lane: Lane = {
      assembler: new Assembler(),
      batches: new Channel(BUFFERED, () => this.#giveUp()),
      announced: false,
      pages: 0,
      parked: false,
      probes: 0,
      probeHit: false,
      misses: 0,
      cutAgainAt: PAGES_BEFORE_CUT,
      ...(after !== undefined && { after }),
      ...(end !== undefined && { end }),
      ...(cutFrom !== undefined && { cutFrom }),
    };
    this.#lanes.add(lane);
    this.#run(lane).then(
      () => this.#finish(lane),
      (error: unknown) => this.#fail(error),
    );
  }

  async #run(lane: Lane): Promise<void> {
    let marker: Marker | undefined = lane.after === undefined ? undefined : { key: lane.after };
    for (let ended = false; !ended; ) {
      const page = await this.#fetch(marker);
      if (marker !== undefined && marker.versionId === undefined && !page.urlEncoded) {
        // A server that did not do as asked may also take a key marker differently: from the start, then.
        marker = undefined;
        continue;
      }
      ended = this.#add(lane, page, marker);
      const batch = lane.assembler.take(this.order, ended);
      if (batch.length > 0) await this.#hand(lane, batch);
      marker = page.next;
      if (!ended) this.#fill();
    }
  }

  async #fetch(after: Marker | undefined): Promise<Page> {
    const { pageSize } = this.#options;
    const question = {
      prefix: this.#prefix,
      ...(after !== undefined && { after }),
      ...(pageSize !== undefined && { maxKeys: pageSize }),
    };
    const page = await fetchPage(this.#requester, this.#bucket, question, this.#controller.signal);
    if (!page.urlEncoded) this.#mayCut = false;
    this.#judgeOrder(page);
    return page;
  }

  #judgeOrder({ evidence }: Page): void {
    if (evidence === 'none' || evidence === this.order) return;
    if (this.order === 'unknown') this.order = evidence;
    // A page that shows nothing wrong proves nothing against one that did. The other way round, histories that were
    // taken for ordered may be out already.
    else if (evidence === 'grouped')
      throw new BadAnswer('malformed-page', 'pages of the listing contradict each other in their order');
  }

  /** Take in a page. Returns whether the lane is at its end. */
  #add(lane: Lane, page: Page, asked: Marker | undefined): boolean {
    let ended = page.next === undefined;
    let known = '';
    let first: string | undefined;
    for (const [index, row] of page.entries.entries()) {
      const { key } = row;
      if (key !== known) {
        if (lane.after !== undefined && compareKeys(key, lane.after) <= 0) continue;
        if (this.#isBeyond(lane, key)) {
          ended = true;
          break;
        }
        known = key;
        first ??= key;
        if (index % 50 === 0) this.#alphabet.learn(key.slice(this.#prefix.length));
      }
      // A server whose marker includes the entry it names.
      if (index === 0 && key === asked?.key && row.entry.versionId === asked.versionId) continue;
      lane.assembler.add(row);
    }
    if (first !== undefined) {
      lane.first ??= first;
      this.#origin ??= first;
      lane.firstOfPage = first;
      lane.last = known;
      lane.pages += 1;
      this.#pages += 1;
    }
    if (ended || first !== undefined) this.#settleProbe(lane);
    return ended;
  }

  #isBeyond(lane: Lane, key: string): boolean {
    if (this.#range.key !== undefined && key !== this.#range.key) return true;
    return lane.end !== undefined && compareKeys(key, lane.end) > 0;
  }

  /** The first page of a lane tells whether the cut was a good one. */
  #settleProbe(lane: Lane): void {
    const left = lane.cutFrom;
    if (left === undefined) return;
    delete lane.cutFrom;
    left.probes -= 1;
    if (lane.last !== undefined) left.probeHit = true;
    if (left.probes > 0) return;
    left.misses = left.probeHit ? 0 : left.misses + 1;
    left.cutAgainAt = left.probeHit ? left.pages : left.pages + 2 ** left.misses - 1;
  }

  /** Give a batch to the lane's reader; resolves when there is room for the next. */
  async #hand(lane: Lane, batch: readonly KeyHistory[]): Promise<void> {
    if (!lane.announced) {
      lane.announced = true;
      void this.#announced.push({ start: lane.after ?? '', batches: lane.batches });
    }
    lane.parked = true;
    await lane.batches.push(batch);
    lane.parked = false;
    this.#controller.signal.throwIfAborted();
  }

  /** Put idle lanes to work on the unlisted rest of the others. */
  #fill(): void {
    for (;;) {
      const idle = this.#options.lanes - this.#lanes.size;
      const allowed = Math.min(idle, this.#pages + SPARE_CUTS - this.#cuts);
      if (!this.#mayCut || this.order === 'grouped' || this.#failed || allowed <= 0) return;
      const victim = this.#largest();
      if (victim === undefined) return;
      // The lanes that could be cut as well get their share.
      this.#cut(victim.lane, victim.question, Math.max(1, Math.ceil(allowed / victim.rivals)));
    }
  }

  #cut(lane: Lane, question: CutQuestion, count: number): void {
    const cuts = cutPoints(question, count);
    const [first] = cuts;
    if (first === undefined) {
      lane.cutAgainAt = lane.pages + 1;
      return;
    }
    const end = lane.end;
    lane.end = first;
    lane.probes = cuts.length;
    lane.probeHit = false;
    this.#cuts += cuts.length;
    for (const [i, cut] of cuts.entries()) this.#open(cut, cuts[i + 1] ?? end, lane);
  }

  /** The lane that seems to have most before it, of those that may be cut; and how many these are. */
  #largest(): { lane: Lane; question: CutQuestion; rivals: number } | undefined {
    let best: { lane: Lane; question: CutQuestion; rest: number } | undefined;
    let rivals = 0;
    for (const lane of this.#lanes) {
      if (lane.parked || lane.probes > 0 || lane.pages < lane.cutAgainAt || lane.cutFrom !== undefined) continue;
      const question = this.#questionOf(lane);
      if (question === undefined) continue;
      rivals += 1;
      const rest = lane.pages * restRatio(question, lane.first ?? '');
      if (best === undefined || rest > best.rest) best = { lane, question, rest };
    }
    return best === undefined ? undefined : { ...best, rivals };
  }

  #questionOf({ firstOfPage, last, end }: Lane): CutQuestion | undefined {
    if (firstOfPage === undefined || last === undefined || this.#origin === undefined) return undefined;
    const question = { prefix: this.#prefix, origin: this.#origin, first: firstOfPage, last, alphabet: this.#alphabet };
    return end === undefined ? question : { ...question, end };
  }

  #finish(lane: Lane): void {
    this.#lanes.delete(lane);
    lane.batches.close();
    if (this.#failed) return;
    if (this.#lanes.size === 0) this.#announced.close();
    else this.#fill();
  }

  #giveUp(): void {
    if (this.#lanes.size > 0) this.#fail(new CancelledError());
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    const reason = this.#explain(error);
    this.#controller.abort(reason);
    this.#announced.fail(reason);
    for (const lane of this.#lanes) lane.batches.fail(reason);
  }

  #explain(error: unknown): unknown {
    const trouble =
      error instanceof RequestError ? error.trouble : error instanceof BadAnswer ? diagnose(error) : undefined;
    if (trouble === undefined) return error;
    const { code, message, hint } = failureOf('list', trouble);
    const text = `listing bucket "${this.#bucket.name}": ${code}: ${message}`;
    return new RollbackError(code, text, hint, { cause: error });
  }
}
