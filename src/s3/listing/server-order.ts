import type { ListingOrder } from '../../core/order.ts';
import { BadAnswer } from '../trouble.ts';
import type { Evidence } from './pages.ts';

/** What the pages of a bucket have shown of its server's order; what one listing learns holds for the next. */
export class ServerOrder {
  #order: ListingOrder = 'unknown';
  readonly #notes: Set<string>;

  /** `notes`: what people have to know of the server. */
  constructor(notes: Set<string> = new Set()) {
    this.#notes = notes;
  }

  get order(): ListingOrder {
    return this.#order;
  }

  /** @throws BadAnswer when a page contradicts an earlier one. */
  learn(evidence: Evidence): void {
    if (evidence === 'none' || evidence === this.#order) return;
    if (this.#order === 'unknown') {
      this.#order = evidence;
      if (evidence === 'grouped') this.#notes.add(GROUPED);
    }
    // A page that shows nothing wrong proves nothing against one that did. The other way round, histories that were
    // taken for ordered may be out already.
    else if (evidence === 'grouped')
      throw new BadAnswer('malformed-page', 'pages of the listing contradict each other in their order');
  }
}

const GROUPED =
  'This server lists versions and delete markers apart, so their order was taken from their times; ' +
  'keys for which a tie matters were left alone (ambiguous-order).';
