import { CancelledError, RollbackError } from '../../core/errors.ts';
import type { KeyHistory } from '../../core/history.ts';
import { compareKeys } from '../../core/keys.ts';
import type { ListingOrder } from '../../core/order.ts';
import type { KeyRange, Listing, Segment } from '../../core/ports.ts';
import type { Bucket } from '../bucket.ts';
import { failureOf } from '../errors.ts';
import type { Requester } from '../request.ts';
import { BadAnswer, diagnose, RequestError } from '../trouble.ts';
import { Assembler } from './assemble.ts';
import { Channel } from './channel.ts';
import { type Cuttable, Cutter, cutAt, PAGES_BEFORE_CUT, type Part } from './cutting.ts';
import { fetchPage, type Marker, type Page } from './pages.ts';
import { ServerOrder } from './server-order.ts';

/**
 * A listing is a chain of pages, about 3,000 entries a second. KeyMarker may be any string, so the range is cut into
 * lanes that are listed side by side: a free one takes over the right part of another's unlisted rest, or, where good
 * cuts are known, the next part between two of them.
 * A cut belongs to the left: AWS starts after KeyMarker, other servers at it, and what is not greater is dropped.
 * No key's entries are ever in two lanes.
 */

export interface ListingOptions {
  /** Most ranges listed side by side. */
  readonly lanes: number;
  /** Entries per page; absent: as many as the server gives (1000). */
  readonly pageSize?: number;
  /** What is known of the server's order already; it learns. Absent: nothing. */
  readonly order?: ServerOrder;
}

/** Batches (of a page each) that wait for their reader, per lane. */
const BUFFERED = 2;
interface Lane extends Cuttable {
  /** Its keys are greater than this; absent: all from the start. */
  readonly after?: string;
  readonly assembler: Assembler;
  readonly batches: Channel<readonly KeyHistory[]>;
  /** Its reader knows of it. */
  announced: boolean;
}

/**
 * The histories of all keys of a range. Nothing is sent before the segments are read.
 * Iterating throws RollbackError where a page cannot be had or trusted, CancelledError when the run is stopped.
 */
export function listVersions(requester: Requester, bucket: Bucket, range: KeyRange, options: ListingOptions): Listing {
  return new ParallelListing(requester, bucket, range, options);
}

class ParallelListing implements Listing {
  readonly segments: AsyncIterable<Segment>;
  readonly #requester: Requester;
  readonly #bucket: Bucket;
  readonly #range: KeyRange;
  readonly #options: ListingOptions;
  readonly #prefix: string;
  readonly #order: ServerOrder;
  readonly #lanes = new Set<Lane>();
  readonly #announced: Channel<Segment>;
  readonly #cutter: Cutter<Lane>;
  readonly #controller = new AbortController();
  #failed = false;
  #started = false;
  #mayCut: boolean;
  /** Known cuts, until they are made; then what they cut off and no lane has taken yet. */
  #planned: readonly string[] | undefined;
  #waiting: Part[] = [];

  constructor(requester: Requester, bucket: Bucket, range: KeyRange, options: ListingOptions) {
    this.#requester = requester;
    this.#bucket = bucket;
    this.#range = range;
    this.#options = options;
    this.#prefix = range.key ?? range.prefix;
    this.#order = options.order ?? new ServerOrder();
    this.#cutter = new Cutter(this.#prefix);
    this.#planned = range.cuts;
    this.#mayCut = range.key === undefined && options.lanes > 1;
    this.#announced = new Channel(Number.POSITIVE_INFINITY, () => this.#giveUp());
    this.segments = {
      [Symbol.asyncIterator]: () => {
        this.#start();
        return this.#announced[Symbol.asyncIterator]();
      },
    };
  }

  get order(): ListingOrder {
    return this.#order.order;
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
      ended: false,
      parked: false,
      probes: 0,
      misses: 0,
      bounded: false,
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
    let page = await this.#fetch(marker);
    if (marker !== undefined && !page.urlEncoded) {
      // A server that did not do as asked may also take a key marker differently: from the start, then.
      marker = undefined;
      page = await this.#fetch(marker);
    }
    for (;;) {
      this.#add(lane, page, marker);
      const batch = lane.assembler.take(this.order, lane.ended);
      if (batch.length > 0) await this.#hand(lane, batch);
      if (lane.ended) return;
      if (this.#planned !== undefined) this.#cutAsPlanned(lane);
      this.#fill();
      marker = page.next;
      page = await this.#fetch(marker);
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
    this.#order.learn(page.evidence);
    return page;
  }

  /** Take in a page, up to the lane's end. */
  #add(lane: Lane, page: Page, asked: Marker | undefined): void {
    lane.ended = page.next === undefined;
    let first: string | undefined;
    let last = '';
    const some: string[] = [];
    for (const [index, row] of page.entries.entries()) {
      const { key } = row;
      if (key !== last) {
        if (lane.after !== undefined && compareKeys(key, lane.after) <= 0) continue;
        if (this.#isBeyond(lane, key)) {
          lane.ended = true;
          break;
        }
        first ??= key;
        last = key;
        if (index % 50 === 0) some.push(key);
      }
      // A server whose marker includes the entry it names.
      if (index === 0 && key === asked?.key && row.entry.versionId === asked.versionId) continue;
      lane.assembler.add(row);
    }
    if (first !== undefined) this.#cutter.listed(lane, first, last, some);
    if (lane.after !== undefined && (first !== undefined || lane.ended)) this.#cutter.settle(lane, lane.after);
  }

  #isBeyond(lane: Lane, key: string): boolean {
    if (this.#range.key !== undefined && key !== this.#range.key) return true;
    return lane.end !== undefined && compareKeys(key, lane.end) > 0;
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

  /** Put idle lanes to work on what waits, or on the unlisted rest of the others. */
  #fill(): void {
    while (!this.#failed) {
      const idle = this.#options.lanes - this.#lanes.size;
      for (const { after, end } of this.#waiting.splice(0, Math.max(0, idle))) this.#open(after, end, undefined);
      if (this.#range.cuts !== undefined || !this.#mayCut || this.order === 'grouped') return;
      const cut = this.#cutter.cut(this.#lanes, idle);
      if (cut === undefined) return;
      for (const { after, end } of cut.parts) this.#open(after, end, cut.from);
    }
  }

  /** Not before the range's first page: it shows whether the server is one to cut with. */
  #cutAsPlanned(lane: Lane): void {
    if (lane.last === undefined) return;
    if (this.#mayCut && this.order !== 'grouped') this.#waiting = cutAt(lane, this.#planned ?? []);
    this.#planned = undefined;
  }

  #finish(lane: Lane): void {
    this.#lanes.delete(lane);
    lane.batches.close();
    this.#fill();
    if (this.#lanes.size === 0 && !this.#failed) this.#announced.close();
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
