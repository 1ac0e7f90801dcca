import {
  type BatchResultErrorEntry,
  ChangeMessageVisibilityBatchCommand,
  type ChangeMessageVisibilityBatchCommandInput,
  DeleteMessageBatchCommand,
  type DeleteMessageBatchCommandInput,
  type Message,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import type { DrainLimits, Queue, QueueMessage } from '../../../src/core/queue.ts';
import { openQueue, type QueueOptions, type Timer } from '../../../src/queue/index.ts';

export const URL_OF_QUEUE = 'https://sqs.eu-west-1.amazonaws.com/123456789012/deletions';
export const NEVER = new AbortController().signal;

/** Time that stands still until somebody moves it. */
export class FakeClock {
  time = 1_000_000;
  #timers: { readonly at: number; readonly fire: () => void }[] = [];

  readonly now = (): number => this.time;

  readonly timer: Timer = (ms, fire) => {
    const timer = { at: this.time + ms, fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  get waiting(): number {
    return this.#timers.length;
  }

  async advance(ms: number): Promise<void> {
    const until = this.time + ms;
    while (this.#fireNext(until)) await settle();
    this.time = until;
    await settle();
  }

  /** Move time on from timer to timer until the promise is settled. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const mark = () => {
      settled = true;
    };
    promise.then(mark, mark);
    for (await settle(); !settled && this.#fireNext(Number.POSITIVE_INFINITY); ) await settle();
    if (!settled) throw new Error('it waits for something that is not time');
    return promise;
  }

  #fireNext(until: number): boolean {
    const [next] = this.#timers.toSorted((a, b) => a.at - b.at);
    if (next === undefined || next.at > until) return false;
    this.#timers = this.#timers.filter((other) => other !== next);
    this.time = Math.max(this.time, next.at);
    next.fire();
    return true;
  }
}

/** Let everything happen that needs no time. */
export async function settle(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
}

type Received = readonly Message[] | Error;
type Failures = readonly BatchResultErrorEntry[] | Error;
/** How a poll is answered; `n` counts from 0. */
export type Receive = (input: ReceiveMessageCommandInput, n: number) => Received | Promise<Received>;

/** SQS as a test wants it. By default: an empty queue that does what it is asked. */
export class FakeSqs {
  readonly client = new SQSClient({ region: 'eu-west-1', endpoint: 'https://sqs.eu-west-1.amazonaws.com' });
  readonly receives: ReceiveMessageCommandInput[] = [];
  readonly deletes: DeleteMessageBatchCommandInput[] = [];
  readonly changes: ChangeMessageVisibilityBatchCommandInput[] = [];
  receive: Receive = () => [];
  /** What of a batch fails. */
  onDelete: (input: DeleteMessageBatchCommandInput, n: number) => Failures | Promise<Failures> = () => [];
  onChange: (input: ChangeMessageVisibilityBatchCommandInput, n: number) => Failures | Promise<Failures> = () => [];
  /** Entries by their `Id` that answers to batches do not mention. */
  readonly mute = new Set<string>();
  /** Of each request, in their order. */
  readonly signals: () => readonly AbortSignal[];
  /** Requests under way, now and at most. */
  readonly flying = { now: 0, most: 0 };

  constructor() {
    const mock = mockClient(this.client);
    this.signals = () => mock.calls().map(({ args }) => signalOf(args));
    mock.on(ReceiveMessageCommand).callsFake((input) =>
      this.#fly(async () => {
        const messages = thrown(await this.receive(input, this.receives.push(input) - 1));
        // SQS leaves the list out where it is empty.
        return messages.length === 0 ? {} : { Messages: messages };
      }),
    );
    mock
      .on(DeleteMessageBatchCommand)
      .callsFake((input) =>
        this.#fly(async () => this.#answer(input, await this.onDelete(input, this.deletes.push(input) - 1))),
      );
    mock
      .on(ChangeMessageVisibilityBatchCommand)
      .callsFake((input) =>
        this.#fly(async () => this.#answer(input, await this.onChange(input, this.changes.push(input) - 1))),
      );
  }

  #answer(
    { Entries = [] }: DeleteMessageBatchCommandInput | ChangeMessageVisibilityBatchCommandInput,
    failures: Failures,
  ) {
    const Failed = thrown(failures);
    const failed = new Set(Failed.map(({ Id }) => Id));
    const done = Entries.flatMap(({ Id = '' }) => (failed.has(Id) || this.mute.has(Id) ? [] : [{ Id }]));
    return { Successful: done, Failed };
  }

  async #fly<T>(work: () => Promise<T>): Promise<T> {
    this.flying.now += 1;
    this.flying.most = Math.max(this.flying.most, this.flying.now);
    try {
      return await work();
    } finally {
      this.flying.now -= 1;
    }
  }
}

/** Of a call of `client.send(command, { abortSignal })`. */
export function signalOf([, options]: readonly unknown[]): AbortSignal {
  if (typeof options === 'object' && options !== null && 'abortSignal' in options) {
    if (options.abortSignal instanceof AbortSignal) return options.abortSignal;
  }
  throw new Error('sent without a signal');
}

function thrown<T>(value: T | Error): T {
  if (value instanceof Error) throw value;
  return value;
}

/** An error as the SDK throws it. */
export function sqsError(name: string, message = 'no', more: object = {}): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } }, more);
}

export function message(id: string, receives = 1, handle = `${id}/${receives}`): Message {
  return {
    MessageId: id,
    ReceiptHandle: handle,
    Body: `body of ${id}`,
    Attributes: { ApproximateReceiveCount: `${receives}` },
  };
}

/** A queue with so many messages, each delivered once; the polls overlap. */
export function backlog(count: number): Receive {
  let given = 0;
  return async ({ MaxNumberOfMessages: most = 1 }) => {
    const messages = Array.from({ length: Math.min(most, count - given) }, (_, n) => message(`m${given + n}`));
    given += messages.length;
    await new Promise((resolve) => setImmediate(resolve));
    return messages;
  };
}

/** These answers, then empty ones. */
export function answers(...list: readonly (Received | (() => Received | Promise<Received>))[]): Receive {
  return (_, n) => {
    const one = list[n] ?? [];
    return typeof one === 'function' ? one() : one;
  };
}

export const LIMITS: DrainLimits = { maxMessages: 1000, seconds: 240, idlePolls: 2 };

export interface Scene {
  readonly sqs: FakeSqs;
  readonly clock: FakeClock;
  readonly queue: Queue;
  /** Drain all there is; gives what was taken. */
  readonly fill: (limits?: Partial<DrainLimits>) => Promise<QueueMessage[]>;
}

export function scene(receive: Receive, options: Partial<QueueOptions> = {}): Scene {
  const sqs = new FakeSqs();
  const clock = new FakeClock();
  sqs.receive = receive;
  const { now, timer } = clock;
  const fixed = { client: sqs.client, url: URL_OF_QUEUE, stop: NEVER, abort: NEVER, now, timer, random: () => 0.5 };
  const queue = openQueue({ ...fixed, concurrency: 32, visibilitySeconds: VISIBILITY, ...options });
  const fill = async (limits: Partial<DrainLimits> = {}) => {
    const taken: QueueMessage[] = [];
    await queue.drain({ ...LIMITS, ...limits }, async (messages) => void taken.push(...messages));
    return taken;
  };
  return { sqs, clock, queue, fill };
}

/** Long enough that the clock of a test can go on without a beat. Seconds. */
const VISIBILITY = 120;

export const idsOf = (messages: readonly QueueMessage[]): string[] => messages.map(({ id }) => id);
