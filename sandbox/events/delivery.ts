import { setTimeout as delay } from 'node:timers/promises';

/** The queues, as far as the sandbox needs them. It knows no SQS: whoever starts it brings them. */
export interface EventQueues {
  /** Is there such a queue? Asked when a bucket is told to send events there. */
  has(arn: string): boolean | Promise<boolean>;
  /** Rejects where the message was not taken; it is then sent again. */
  send(arn: string, body: string): Promise<void>;
}

interface Message {
  readonly queue: string;
  readonly body: string;
}

/** Between tries, in ms. S3's own patience is far longer, and nobody's tests should wait for it. */
const PAUSES = [0, 10, 50];

/** Hands messages over: those of one lane one after the other, in order, all lanes side by side. */
export class Delivery {
  sent = 0;
  lost = 0;
  #queues: EventQueues;
  #lanes = new Map<string, Message[]>();
  #open = 0;
  #waiting: (() => void)[] = [];
  #stopped = false;

  constructor(queues: EventQueues) {
    this.#queues = queues;
  }

  add(lane: string, message: Message): void {
    this.#open++;
    const before = this.#lanes.get(lane);
    if (before !== undefined) return void before.push(message);
    this.#lanes.set(lane, [message]);
    // Not before the request that it is about has had its answer.
    setImmediate(() => void this.#empty(lane));
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    if (this.#open > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** What was not handed over yet is lost. */
  stop(): void {
    this.#stopped = true;
  }

  async #empty(lane: string): Promise<void> {
    const messages = this.#lanes.get(lane) ?? [];
    for (let next = messages.shift(); next !== undefined; next = messages.shift()) {
      if (await this.#handOver(next)) this.sent++;
      else this.lost++;
      if (--this.#open === 0) for (const resolve of this.#waiting.splice(0)) resolve();
    }
    this.#lanes.delete(lane);
  }

  async #handOver({ queue, body }: Message): Promise<boolean> {
    for (const pause of PAUSES) {
      if (pause > 0) await delay(pause, undefined, { ref: false });
      if (this.#stopped) return false;
      const taken = await this.#queues.send(queue, body).then(
        () => true,
        () => false,
      );
      if (taken) return true;
    }
    return false;
  }
}
