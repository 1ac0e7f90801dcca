import { CancelledError } from '../core/errors.ts';
import type { RequestCounts } from '../core/ports.ts';
import { diagnose, RequestError, type Trouble } from './errors.ts';
import type { RateGate, Sleep, TicketEnd } from './rate.ts';

/** Runs `fire` after so many milliseconds unless the returned function is called before. */
export type Timer = (ms: number, fire: () => void) => () => void;

export interface Waiting {
  readonly sleep: Sleep;
  readonly timer: Timer;
  /** In [0, 1). */
  readonly random: () => number;
}

export interface Request<T> {
  /** Under what it is counted. */
  readonly kind: Exclude<keyof RequestCounts, 'retries' | 'throttled'>;
  /** Fewer tries than usual, for a question that is not worth waiting for. */
  readonly tries?: number;
  /** Of a DeleteObjects: how many keys it names. */
  readonly keys?: number;
  /** A request that changes nothing that anybody sees may be dropped in flight when the run stops. */
  readonly readOnly?: boolean;
  /** Cuts this request only, in flight too. */
  readonly signal?: AbortSignal;
  /** Tidies up after a run that stops: `stop` does not hold it back, only `abort` does. */
  readonly cleanup?: boolean;
  /** The server may take minutes to answer, as it does for a copy. */
  readonly slow?: boolean;
  /**
   * Called before each try, while no slot is held, so it may send requests itself. `unsure`: an earlier try may have
   * landed. What it throws ends the request.
   */
  readonly before?: (unsure: boolean) => Promise<void>;
  /**
   * Send it once. May throw `BadAnswer` to have it sent again. `throttled()` tells the rate controller that a good
   * answer complained inside (as DeleteObjects does, key by key).
   */
  readonly send: (signal: AbortSignal, throttled: () => void) => Promise<T>;
}

export interface Answer<T> {
  readonly value: T;
  /** An earlier try may have landed, although no good answer came. */
  readonly unsure: boolean;
}

type Once<T> = { readonly value: T } | Failed;

interface Failed {
  readonly trouble: Trouble;
  readonly error: unknown;
}

/** Deadlines for one try, in milliseconds. S3 keeps the connection of a long CopyObject alive with white space. */
const DEADLINE_MS = 60_000;
const COPY_DEADLINE_MS = 15 * 60_000;

const TRIES: Readonly<Record<Trouble['sort'], number>> = { throttled: 10, transient: 8, unreachable: 4, permanent: 1 };
const BACKOFF = { throttled: { base: 500, cap: 20_000 }, other: { base: 100, cap: 5_000 } };

/** The wait before the n-th retry (from 0), in milliseconds: full jitter, so that lanes do not come back in step. */
export function backoff(retry: number, sort: Trouble['sort'], random: () => number): number {
  const { base, cap } = sort === 'throttled' ? BACKOFF.throttled : BACKOFF.other;
  return random() * Math.min(cap, base * 2 ** retry);
}

/** Every request to the bucket goes through here: rate, deadline, counting, retries, stopping. */
export class Requester {
  readonly counts: RequestCounts = { list: 0, head: 0, get: 0, copy: 0, delete: 0, put: 0, retries: 0, throttled: 0 };
  readonly gate: RateGate;
  readonly #stop: AbortSignal;
  readonly #abort: AbortSignal;
  readonly #waiting: Waiting;

  /** `stop`: send nothing new. `abort`: drop what is in flight as well. */
  constructor(gate: RateGate, signals: { stop: AbortSignal; abort: AbortSignal }, waiting: Waiting) {
    this.gate = gate;
    this.#stop = signals.stop;
    this.#abort = signals.abort;
    this.#waiting = waiting;
  }

  /**
   * Send a request until it has a good answer.
   * @throws CancelledError when stopped before it was sent (again).
   * @throws RequestError when the answer is final, or the tries are used up.
   */
  async send<T>(request: Request<T>): Promise<Answer<T>> {
    const own = request.signal === undefined ? [] : [request.signal];
    const waits = [...(request.cleanup === true ? [] : [this.#stop]), this.#abort, ...own];
    let unsure = false;
    for (let tries = 1; ; tries++) {
      if (request.before !== undefined) await look(request.before, unsure);
      const result: Once<T> = await this.#once(request, waits, own, unsure);
      if ('value' in result) return { value: result.value, unsure };
      const { trouble, error }: Failed = result;
      if (trouble.sort === 'throttled' && this.gate.state.hopeless) {
        throw new RequestError({ ...trouble, code: 'throttled', message: hopeless(trouble) }, unsure, tries, error);
      }
      if (tries >= Math.min(TRIES[trouble.sort], request.tries ?? Number.POSITIVE_INFINITY))
        throw new RequestError(trouble, unsure, tries, error);
      unsure ||= trouble.mayHaveLanded;
      await this.#pause(tries - 1, trouble.sort, unsure && request.readOnly !== true, waits);
      this.counts.retries += 1;
    }
  }

  /** The wait before a retry. Holds no slot. `maybeSent` goes into the CancelledError if it is cut. */
  async pause(retry: number, sort: Trouble['sort'], maybeSent: boolean): Promise<void> {
    await this.#pause(retry, sort, maybeSent, [this.#stop, this.#abort]);
  }

  async #pause(retry: number, sort: Trouble['sort'], maybeSent: boolean, waits: readonly AbortSignal[]): Promise<void> {
    const cut = linked(waits);
    try {
      cut.signal.throwIfAborted();
      await this.#waiting.sleep(backoff(retry, sort, this.#waiting.random), cut.signal);
    } catch (error) {
      throw cut.signal.aborted ? new CancelledError(maybeSent) : error;
    } finally {
      cut.release();
    }
  }

  async #once<T>(
    request: Request<T>,
    waits: readonly AbortSignal[],
    own: readonly AbortSignal[],
    unsure: boolean,
  ): Promise<Once<T>> {
    const changes = request.readOnly !== true;
    const ticket = await this.gate.acquire(request.keys ?? 0, waits).catch(() => {
      throw new CancelledError(unsure && changes);
    });
    this.counts[request.kind] += 1;
    const cut = linked([this.#abort, ...(changes ? [] : [this.#stop]), ...own]);
    const slow = request.kind === 'copy' || request.slow === true;
    const clear = this.#waiting.timer(slow ? COPY_DEADLINE_MS : DEADLINE_MS, () => cut.fire(LATE));
    let end: TicketEnd = 'failed';
    let complaint = false;
    try {
      const value = await orAborted(
        request.send(cut.signal, () => {
          complaint = true;
        }),
        cut.signal,
      );
      end = complaint ? 'slowed' : 'ok';
      return { value };
    } catch (error) {
      if (cut.signal.aborted && cut.signal.reason !== LATE) throw new CancelledError(changes);
      const trouble = cut.signal.aborted ? LATE_TROUBLE : diagnose(error);
      // An answer that says no is an answer: the server is well.
      end = trouble.sort === 'throttled' ? 'throttled' : trouble.sort === 'permanent' ? 'ok' : 'failed';
      return { trouble, error };
    } finally {
      clear();
      cut.release();
      if (end === 'throttled' || end === 'slowed') this.counts.throttled += 1;
      this.gate.release(ticket, end);
    }
  }
}

async function look(before: (unsure: boolean) => Promise<void>, unsure: boolean): Promise<void> {
  try {
    await before(unsure);
  } catch (error) {
    throw error instanceof CancelledError ? new CancelledError(unsure) : error;
  }
}

function hopeless({ code, message }: Trouble): string {
  return `nothing got through for more than a minute, the answer was ${code} each time: ${message}`;
}

const LATE = new Error('no answer in time');
const LATE_TROUBLE: Trouble = {
  code: 'Timeout',
  message: 'no answer in time',
  sort: 'transient',
  mayHaveLanded: true,
  headers: {},
};

/**
 * A signal that follows several others until released. `AbortSignal.any` would do, but keeps a trace of every request
 * on the run's long-lived signals.
 */
function linked(signals: readonly AbortSignal[]): {
  signal: AbortSignal;
  fire: (reason: unknown) => void;
  release: () => void;
} {
  const controller = new AbortController();
  const follow = (event: Event) => {
    if (event.target instanceof AbortSignal) controller.abort(event.target.reason);
  };
  for (const signal of signals) {
    if (signal.aborted) controller.abort(signal.reason);
    else signal.addEventListener('abort', follow, { once: true });
  }
  return {
    signal: controller.signal,
    fire: (reason) => controller.abort(reason),
    release: () => {
      for (const signal of signals) signal.removeEventListener('abort', follow);
    },
  };
}

/** Does not rely on the SDK to let go of a request that was aborted. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const cut = () => reject(signal.reason);
    if (signal.aborted) cut();
    else signal.addEventListener('abort', cut, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', cut));
  });
}

/** Real time. */
export const realWaiting: Waiting = {
  random: Math.random,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const cut = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', cut);
        resolve();
      }, ms);
      signal.addEventListener('abort', cut, { once: true });
    }),
  timer: (ms, fire) => {
    const timer = setTimeout(fire, ms);
    return () => clearTimeout(timer);
  },
};
