import type { BatchResult } from './batches.ts';
import type { Held, HeldMessage } from './held.ts';
import type { Timer } from './timer.ts';

export interface HeartbeatOptions {
  readonly held: Held;
  readonly visibilityMs: number;
  readonly now: () => number;
  readonly timer: Timer;
  /** Give these messages the whole visibility again. Sends nothing new once the signal fires. Never throws. */
  readonly extend: (messages: readonly HeldMessage[], stop: AbortSignal) => Promise<BatchResult<HeldMessage>>;
  readonly stop: AbortSignal;
}

/** So many beats in one visibility: what has less than half of it left is extended with a third of it to spare. */
const BEATS = 8;

/**
 * Keeps what is held from others, with one timer for all. The next beat is set when one has ended, so there are never two.
 * A message is held for 12 hours at most; then the queue refuses, and it comes again.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #end = new AbortController();
  #clear: (() => void) | undefined;
  #beating: Promise<void> | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    if (options.stop.aborted) this.close();
    else options.stop.addEventListener('abort', this.close, { once: true });
  }

  /** To be called when something is held. */
  start(): void {
    if (this.#end.signal.aborted || this.#clear !== undefined || this.#beating !== undefined) return;
    const { visibilityMs, timer } = this.#options;
    this.#clear = timer(visibilityMs / BEATS, () => {
      this.#clear = undefined;
      this.#beating = this.#beat().finally(() => {
        this.#beating = undefined;
        if (this.#options.held.size > 0) this.start();
      });
    });
  }

  /** Resolves when no extension is under way that could undo a shorter visibility. */
  async quiet(): Promise<void> {
    await this.#beating;
  }

  readonly close = (): void => {
    this.#end.abort();
    this.#clear?.();
    this.#clear = undefined;
    this.#options.stop.removeEventListener('abort', this.close);
  };

  async #beat(): Promise<void> {
    const { held, visibilityMs, now, extend } = this.#options;
    const at = now();
    const due = held.due(at, visibilityMs / 2);
    if (due.length === 0) return;
    const handles = new Map(due.map((message) => [message, message.handle]));
    const { done, refused } = await extend(due, this.#end.signal);
    // Also right for what was delivered again meanwhile: that began later.
    for (const message of done) message.visibleAt = at + visibilityMs;
    // Its handle is worth nothing any more, or the 12 hours are over. What was no fault of ours is tried at the next beat.
    for (const { item, final } of refused) if (final && item.handle === handles.get(item)) item.kept = false;
  }
}
