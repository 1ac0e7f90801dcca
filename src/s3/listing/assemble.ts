import type { Entry, KeyHistory } from '../../core/history.ts';
import { compareKeys } from '../../core/keys.ts';
import { isDoubtful, type ListingOrder, orderedHistory } from '../../core/order.ts';
import { BadAnswer } from '../errors.ts';
import type { PageEntry } from './list-xml.ts';

/** How many histories wait at most for the server's order to show. */
const MOST_HELD = 2_000;

/** Makes whole histories of entries that arrive page by page, the keys in S3's order. */
export class Assembler {
  /** The key whose entries are still coming. */
  #key: string | undefined;
  #entries: Entry[] = [];
  /**
   * Complete, and not yet given out. While it is not known how the server orders, a history whose order depends on it
   * waits here, and with it all later ones, so that keys go out in order.
   */
  #held: { readonly key: string; readonly entries: readonly Entry[] }[] = [];

  /** @throws BadAnswer when keys go backwards: the listing cannot be trusted then. */
  add({ key, entry }: PageEntry): void {
    if (key !== this.#key) {
      if (this.#key !== undefined && compareKeys(key, this.#key) < 0) {
        throw new BadAnswer(
          'malformed-page',
          `the listing goes back from ${JSON.stringify(this.#key)} to ${JSON.stringify(key)}`,
        );
      }
      this.#complete();
      this.#key = key;
    }
    this.#entries.push(entry);
  }

  /** The histories that are ready. `ended`: no more entries come. */
  take(order: ListingOrder, ended: boolean): KeyHistory[] {
    if (ended) this.#complete();
    const held = this.#held;
    let ready = held.length;
    if (order === 'unknown' && !ended) {
      const doubtful = held.findIndex(({ entries }) => isDoubtful(entries));
      if (doubtful !== -1) ready = Math.max(doubtful, held.length - MOST_HELD);
    }
    this.#held = held.slice(ready);
    return held.slice(0, ready).map(({ key, entries }) => orderedHistory(key, entries, order));
  }

  #complete(): void {
    if (this.#key !== undefined) this.#held.push({ key: this.#key, entries: this.#entries });
    this.#key = undefined;
    this.#entries = [];
  }
}
