/**
 * How much may be in flight at once to one bucket: a window that grows by one per round of successes and is halved
 * when S3 says "slow down". Keys of a DeleteObjects have a budget of their own that shrinks with it, since each of
 * them counts as a write. https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html
 *
 * `RateState` is arithmetic without waiting; `RateGate` adds the waiting, in order of arrival.
 */

export interface Ticket {
  readonly keys: number;
  /** How often the window had been cut when this request was sent. */
  readonly generation: number;
}

/** `slowed`: an answer that did some of what was asked and refused the rest as too fast. */
export type TicketEnd = 'ok' | 'slowed' | 'throttled' | 'failed';

/** Throttled so many times in a row without one success, pauses of up to 10 s between: about a minute and a half. */
const HOPELESS = 15;

export class RateState {
  readonly #most: number;
  readonly #batch: number;
  #window: number;
  #inFlight = 0;
  #keysInFlight = 0;
  #generation = 0;
  #streak = 0;

  /** `concurrency`: the widest window. `batchSize`: the most keys in one DeleteObjects. */
  constructor(concurrency: number, batchSize: number) {
    this.#most = Math.max(1, concurrency);
    this.#batch = Math.max(1, batchSize);
    this.#window = this.#most;
  }

  get window(): number {
    return this.#window;
  }

  /** How many keys a DeleteObjects should name now: no fewer than 50, unless fewer were asked for. */
  get batchSize(): number {
    return Math.max(Math.min(50, this.#batch), Math.floor((this.#batch * this.#window) / this.#most));
  }

  /** Throttled how many times in a row, with no success in between. */
  get streak(): number {
    return this.#streak;
  }

  /** Nothing has got through for so long that going on would only be silence. */
  get hopeless(): boolean {
    return this.#streak >= HOPELESS;
  }

  /** May a request with this many keys (0 for all but DeleteObjects) be sent? One alone always may. */
  fits(keys: number): boolean {
    if (this.#inFlight > 0 && this.#inFlight + 1 > this.#window) return false;
    return keys === 0 || this.#keysInFlight === 0 || this.#keysInFlight + keys <= 4 * this.batchSize;
  }

  start(keys: number): Ticket {
    this.#inFlight += 1;
    this.#keysInFlight += keys;
    return { keys, generation: this.#generation };
  }

  /** Returns whether the window was cut: at most once for all that was in flight when S3 first complained. */
  end(ticket: Ticket, how: TicketEnd): boolean {
    this.#inFlight -= 1;
    this.#keysInFlight -= ticket.keys;
    const current = ticket.generation === this.#generation;
    if (how === 'ok' && current) {
      this.#streak = 0;
      this.#window = Math.min(this.#most, this.#window + 1 / this.#window);
    }
    if ((how !== 'throttled' && how !== 'slowed') || !current) return false;
    this.#generation += 1;
    this.#streak = how === 'slowed' ? 1 : this.#streak + 1;
    this.#window = Math.max(1, this.#window / 2);
    return true;
  }
}

/** Resolves after so many milliseconds; rejects with the signal's reason when it is aborted. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

interface Waiter {
  readonly keys: number;
  readonly order: number;
  readonly go: (ticket: Ticket) => void;
}

/** The pause after the n-th throttling in a row, in milliseconds, before jitter. */
const pauseAfter = (streak: number): number => Math.min(10_000, 250 * 2 ** streak);

/** What all buckets of a run have in common: so many requests in flight, and no more. */
export class Room {
  readonly #gates = new Set<() => void>();
  #free: number;

  constructor(concurrency: number) {
    this.#free = Math.max(1, concurrency);
  }

  /** `pump` is called when there may be room again. */
  join(pump: () => void): void {
    this.#gates.add(pump);
  }

  get isFull(): boolean {
    return this.#free === 0;
  }

  take(): void {
    this.#free -= 1;
  }

  leave(): void {
    this.#free += 1;
    for (const pump of this.#gates) pump();
  }
}

export class RateGate {
  readonly state: RateState;
  readonly #room: Room | undefined;
  readonly #sleep: Sleep;
  readonly #random: () => number;
  readonly #stop: AbortSignal;
  /** Two queues, so that a large DeleteObjects that waits for its keys' budget does not hold up everything else. */
  readonly #plain: Waiter[] = [];
  readonly #keyed: Waiter[] = [];
  #arrivals = 0;
  #pauses = 0;

  constructor(state: RateState, wait: { sleep: Sleep; random: () => number; stop: AbortSignal }, room?: Room) {
    this.state = state;
    this.#room = room;
    room?.join(() => this.#pump());
    this.#sleep = wait.sleep;
    this.#random = wait.random;
    this.#stop = wait.stop;
  }

  /** Resolves when the request may be sent; rejects with the reason of the first of the signals to be aborted. */
  acquire(keys: number, signals: readonly AbortSignal[]): Promise<Ticket> {
    for (const signal of signals) if (signal.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const queue = keys > 0 ? this.#keyed : this.#plain;
      const leave = () => {
        for (const signal of signals) signal.removeEventListener('abort', cut);
      };
      const waiter: Waiter = {
        keys,
        order: this.#arrivals++,
        go: (ticket) => {
          leave();
          resolve(ticket);
        },
      };
      const cut = () => {
        leave();
        queue.splice(queue.indexOf(waiter), 1);
        reject(signals.find((s) => s.aborted)?.reason);
        this.#pump();
      };
      for (const signal of signals) signal.addEventListener('abort', cut, { once: true });
      queue.push(waiter);
      this.#pump();
    });
  }

  release(ticket: Ticket, how: TicketEnd): void {
    if (this.state.end(ticket, how)) this.#pause();
    this.#room?.leave();
    this.#pump();
  }

  #pause(): void {
    this.#pauses += 1;
    const over = () => {
      this.#pauses -= 1;
      this.#pump();
    };
    const ms = pauseAfter(this.state.streak) * (0.5 + this.#random() / 2);
    this.#sleep(ms, this.#stop).then(over, over);
  }

  #pump(): void {
    while (this.#pauses === 0 && this.#room?.isFull !== true) {
      const [plain, keyed] = [this.#plain[0], this.#keyed[0]];
      const first = keyed === undefined || (plain !== undefined && plain.order < keyed.order) ? plain : keyed;
      const second = first === plain ? keyed : plain;
      const next = [first, second].find((waiter) => waiter !== undefined && this.state.fits(waiter.keys));
      if (next === undefined) return;
      (next.keys > 0 ? this.#keyed : this.#plain).shift();
      this.#room?.take();
      next.go(this.state.start(next.keys));
    }
  }
}
