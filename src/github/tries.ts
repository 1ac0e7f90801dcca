import { diagnose, GitHubError, type Trouble } from './trouble.ts';

/** Resolves after so many milliseconds; rejects when the signal is aborted. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

export interface Waiting {
  /** ms since 1970. */
  readonly now: () => number;
  readonly sleep: Sleep;
  /** Send nothing new. */
  readonly stop: AbortSignal;
  /** Drop what is in flight. */
  readonly abort: AbortSignal;
  /** The longest one try may take, in ms. */
  readonly tryMs: number;
  /** The longest that all requests together may take, in ms, from the first on. */
  readonly mostMs?: number;
}

/** One request is sent so often at most. */
const MOST_TRIES = 4;

/** What failed tries and the pauses after them may take, all requests together, in ms: a report is not worth more of a job. */
const PATIENCE_MS = 75_000;

/**
 * Requests, sent again where that may help. Ours, and not Octokit's plugins: these re-send what may have been carried out
 * (one more issue), wait as long as GitHub asks for, and three seconds between any two writes, and no signal cuts that.
 */
export class Tries {
  readonly #waiting: Waiting;
  #patience = PATIENCE_MS;
  #firstAt: number | undefined;

  constructor(waiting: Waiting) {
    this.#waiting = waiting;
  }

  /**
   * `send` gets the signal that cuts it. `repeatable`: doing it twice is the same as doing it once. Throws a `GitHubError`.
   */
  async run<T>(send: (signal: AbortSignal) => Promise<T>, repeatable: boolean): Promise<T> {
    const { now, sleep, stop } = this.#waiting;
    for (let tries = 1; ; tries++) {
      const began = now();
      const trouble = await this.#once(send);
      if (!('kind' in trouble)) return trouble.value;
      this.#patience -= now() - began;
      const pause = pauseAfter(trouble, tries, repeatable);
      if (tries === MOST_TRIES || pause === undefined || pause > this.#patience) throw new GitHubError(trouble);
      this.#patience -= pause;
      // Cut short: the next try finds the signal aborted.
      await sleep(pause, stop).catch(() => undefined);
    }
  }

  async #once<T>(send: (signal: AbortSignal) => Promise<T>): Promise<{ readonly value: T } | Trouble> {
    const { now, stop, abort, tryMs, mostMs = Number.POSITIVE_INFINITY } = this.#waiting;
    if (stop.aborted || abort.aborted) return CANCELLED;
    this.#firstAt ??= now();
    if (now() - this.#firstAt >= mostMs) {
      return { kind: 'slow', message: `all requests together took ${Math.round(mostMs / 1000)} s` };
    }
    try {
      return { value: await send(AbortSignal.any([abort, AbortSignal.timeout(tryMs)])) };
    } catch (error) {
      if (abort.aborted) return CANCELLED;
      return error instanceof GitHubError ? error.trouble : diagnose(error, now());
    }
  }
}

const CANCELLED: Trouble = { kind: 'cancelled', message: 'the job was cancelled' };

/** How long to wait before it is sent again, in ms; undefined: it would not help, or might do it twice. */
function pauseAfter(trouble: Trouble, tries: number, repeatable: boolean): number | undefined {
  switch (trouble.kind) {
    case 'limited':
      return trouble.waitMs;
    case 'silent':
    case 'broken':
      return repeatable ? 1000 * 2 ** (tries - 1) : undefined;
    case 'refused':
      return repeatable && (trouble.status ?? 0) >= 500 ? 1000 * 2 ** (tries - 1) : undefined;
    case 'cancelled':
    case 'unasked':
    case 'slow':
      return undefined;
  }
}
