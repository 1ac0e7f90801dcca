import type { QueueMessage } from '../core/queue.ts';

/** A message as it came from the queue. */
export interface Delivery extends QueueMessage {
  readonly handle: string;
  /** How often the queue has given it to anybody, this time included. */
  readonly receives: number;
  /** When it was asked for, in ms: no later than its visibility began. */
  readonly at: number;
}

/** A message that nobody else gets while it is held, and how to answer for it. */
export interface HeldMessage {
  readonly id: string;
  /** Of its newest delivery: an older one may be taken and do nothing. */
  handle: string;
  receives: number;
  /** ms. */
  receivedAt: number;
  /** When others would get it, in ms; rather too early than too late. */
  visibleAt: number;
  /** Its visibility is to be extended. */
  kept: boolean;
}

/** All messages that were received and not answered for. */
export class Held {
  readonly #visibilityMs: number;
  readonly #messages = new Map<string, HeldMessage>();

  constructor(visibilityMs: number) {
    this.#visibilityMs = visibilityMs;
  }

  get size(): number {
    return this.#messages.size;
  }

  add({ id, handle, receives, at }: Delivery): void {
    const visibleAt = at + this.#visibilityMs;
    this.#messages.set(id, { id, handle, receives, receivedAt: at, visibleAt, kept: true });
  }

  /**
   * A message came again. Only the handle of the newest delivery surely deletes it; lanes may get answers out of order, so
   * the count of receives says which is newer.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
   */
  renew({ id, handle, receives, at }: Delivery): void {
    const known = this.#messages.get(id);
    if (known === undefined || receives < known.receives) return;
    Object.assign(known, { handle, receives, receivedAt: at, visibleAt: at + this.#visibilityMs });
  }

  /** Each once. @throws Error for an id that is not held: a fault of the caller. */
  all(ids: readonly string[]): HeldMessage[] {
    return [...new Set(ids)].map((id) => {
      const message = this.#messages.get(id);
      if (message === undefined) throw new Error(`message ${id} is not held`);
      return message;
    });
  }

  /** Those that others would get in less than so many milliseconds. */
  due(now: number, withinMs: number): HeldMessage[] {
    return [...this.#messages.values()].filter(({ kept, visibleAt }) => kept && visibleAt - now < withinMs);
  }

  drop(id: string): void {
    this.#messages.delete(id);
  }
}
