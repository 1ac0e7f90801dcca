import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { CancelledError, RollbackError } from '../core/errors.ts';
import type { DrainLimits, Queue, QueueMessage } from '../core/queue.ts';
import { type BatchResult, type BatchWays, sendBatches } from './batches.ts';
import { cuttable } from './cut.ts';
import { drain, type Poll } from './drain.ts';
import { type Action, type Asked, notDeleted, type Problem, problemOf } from './errors.ts';
import { Heartbeat } from './heartbeat.ts';
import { type Delivery, Held, type HeldMessage } from './held.ts';
import { type Place, placeOf } from './place.ts';
import { realTimer, type Timer } from './timer.ts';
import { diagnose } from './trouble.ts';

export interface QueueOptions {
  readonly client: SQSClient;
  readonly url: string;
  /** Most requests of one sort (receives, deletions, extensions) side by side. */
  readonly concurrency: number;
  /** Send nothing new, and give up polls; what is being deleted may land. */
  readonly stop: AbortSignal;
  /** Drop what is in flight as well. */
  readonly abort: AbortSignal;
  /** ms. */
  readonly now: () => number;
  /** For how long a message that is held is hidden from others before it is extended, or comes again. */
  readonly visibilitySeconds?: number;
  /** How long a poll waits for a first message. */
  readonly waitSeconds?: number;
  /** For tests. */
  readonly timer?: Timer;
  readonly random?: () => number;
}

/** As long as SQS hides a message by itself: what a run held that was killed is soon there again. */
const VISIBILITY_SECONDS = 30;
/**
 * Any wait makes it a long poll, which asks all servers of the queue, so that an empty answer means an empty queue. The
 * 20 seconds that SQS allows save requests where a queue is watched all day; here they would be idle time in an incident.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
 */
const WAIT_SECONDS = 5;
const MOST_LANES = 8;
/** Extensions leave room for what matters more. */
const MOST_EXTENSIONS = 8;
/** A message stays in flight for 12 hours at most, counted from its receive; a minute less, for clocks and the way. */
const MOST_HELD_SECONDS = 12 * 60 * 60 - 60;
const BACK_OFF_SECONDS = { first: 30, most: 900 };

/** A queue of SQS. Nothing is sent before a method is called. Must be closed: a heartbeat keeps the process alive. */
export function openQueue(options: QueueOptions): Queue {
  return new SqsQueue(options);
}

class SqsQueue implements Queue {
  readonly url: string;
  readonly #options: QueueOptions;
  readonly #client: SQSClient;
  readonly #place: Place;
  readonly #visibilitySeconds: number;
  readonly #held: Held;
  readonly #heartbeat: Heartbeat;
  readonly #ways: BatchWays;
  readonly #problems = new Map<string, Problem>();

  constructor(options: QueueOptions) {
    const { client, url, concurrency, stop, abort, now, timer = realTimer, random = Math.random } = options;
    const visibilityMs = (options.visibilitySeconds ?? VISIBILITY_SECONDS) * 1000;
    this.url = url;
    this.#options = options;
    this.#client = client;
    this.#place = placeOf(url);
    this.#visibilitySeconds = visibilityMs / 1000;
    this.#ways = { width: concurrency, stop, abort, timer, random };
    this.#held = new Held(visibilityMs);
    const extend = this.#extend.bind(this);
    this.#heartbeat = new Heartbeat({ held: this.#held, visibilityMs, now, timer, stop, extend });
  }

  get problems(): readonly Problem[] {
    return [...this.#problems.values()];
  }

  async drain(limits: DrainLimits, take: (messages: readonly QueueMessage[]) => Promise<void>): Promise<void> {
    const { concurrency, waitSeconds = WAIT_SECONDS, now } = this.#options;
    const lanes = Math.min(MOST_LANES, Math.max(1, concurrency));
    const seen = new Set<string>();
    const receive = async (most: number, wait: number): Promise<Poll | undefined> => {
      try {
        return this.#hold(await this.#receive(most, wait), seen);
      } catch (error) {
        return this.#notReceived(error, seen.size > 0);
      }
    };
    await drain(limits, { lanes, waitSeconds, now, receive, take });
  }

  async acknowledge(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const messages = this.#held.all(ids);
    const remove = (batch: readonly HeldMessage[], abortSignal: AbortSignal) => {
      const Entries = batch.map(({ handle: ReceiptHandle }, place) => ({ Id: String(place), ReceiptHandle }));
      return this.#client.send(new DeleteMessageBatchCommand({ QueueUrl: this.url, Entries }), { abortSignal });
    };
    const { done, refused, errors } = await sendBatches(messages, remove, this.#ways);
    // The others are to come again.
    for (const message of messages) message.kept = false;
    for (const { id } of done) this.#held.drop(id);
    for (const refusal of refused) this.#report(refusal.code, notDeleted(this.#place, refusal));
    await this.#reportErrors('sqs:DeleteMessage', errors);
    return new Set(done.map(({ id }) => id));
  }

  async release(ids: readonly string[], seconds: number): Promise<void> {
    await this.#letGo(ids, () => seconds);
  }

  async backOff(ids: readonly string[]): Promise<void> {
    const { first, most } = BACK_OFF_SECONDS;
    await this.#letGo(ids, ({ receives }) => Math.min(most, first * 2 ** (receives - 1)));
  }

  close(): void {
    this.#heartbeat.close();
  }

  async #receive(most: number, wait: number): Promise<readonly Delivery[]> {
    const { stop, abort, now } = this.#options;
    const at = now();
    const command = new ReceiveMessageCommand({
      QueueUrl: this.url,
      MaxNumberOfMessages: most,
      WaitTimeSeconds: wait,
      VisibilityTimeout: this.#visibilitySeconds,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    });
    const { Messages: messages = [] } = await cuttable([stop, abort], (abortSignal) =>
      this.#client.send(command, { abortSignal }),
    );
    return messages.flatMap((message) => deliveryOf(message, at));
  }

  /** What comes again although it was answered for in this drain is left alone: the next run gets it, and finds it done. */
  #hold(deliveries: readonly Delivery[], seen: Set<string>): Poll {
    const fresh: QueueMessage[] = [];
    for (const delivery of deliveries) {
      const { id, body, receives } = delivery;
      if (seen.has(id)) {
        this.#held.renew(delivery);
        continue;
      }
      seen.add(id);
      this.#held.add(delivery);
      fresh.push({ id, body, receives });
    }
    if (deliveries.length > 0) this.#heartbeat.start();
    return { received: deliveries.length, fresh };
  }

  /** What was received before an error is worth working on, and the error is told beside it. */
  async #notReceived(error: unknown, some: boolean): Promise<Poll | undefined> {
    if (error instanceof CancelledError) throw error;
    const trouble = diagnose(error);
    const problem = problemOf(await this.#asked('sqs:ReceiveMessage'), trouble);
    if (trouble.sort !== 'over-limit' && !some) {
      throw new RollbackError(problem.code, problem.message, problem.hint, { cause: error });
    }
    this.#report('sqs:ReceiveMessage', problem);
    return trouble.sort === 'over-limit' ? { received: 0, fresh: [] } : undefined;
  }

  async #extend(messages: readonly HeldMessage[], stop: AbortSignal): Promise<BatchResult<HeldMessage>> {
    const ways = { ...this.#ways, stop, width: Math.min(MOST_EXTENSIONS, this.#ways.width), tries: 1 };
    const result = await sendBatches(
      messages,
      this.#changeVisibility(() => this.#visibilitySeconds),
      ways,
    );
    const denied = result.errors.filter((error) => diagnose(error).sort === 'denied');
    if (denied.length > 0) this.close();
    await this.#reportErrors('sqs:ChangeMessageVisibility', denied);
    return result;
  }

  /** Best effort: a message that is visible already, or cannot be changed any more, comes again anyway. */
  async #letGo(ids: readonly string[], secondsFor: (message: HeldMessage) => number): Promise<void> {
    const messages = this.#held.all(ids);
    for (const { id } of messages) this.#held.drop(id);
    if (this.#options.stop.aborted || messages.length === 0) return;
    await this.#heartbeat.quiet();
    const allowed = this.#changeVisibility((message) => this.#allowed(message, secondsFor(message)));
    const { errors } = await sendBatches(messages, allowed, this.#ways);
    await this.#reportErrors('sqs:ChangeMessageVisibility', errors);
  }

  #changeVisibility(secondsFor: (message: HeldMessage) => number) {
    return (batch: readonly HeldMessage[], abortSignal: AbortSignal) => {
      const Entries = batch.map((message, place) => ({
        Id: String(place),
        ReceiptHandle: message.handle,
        VisibilityTimeout: secondsFor(message),
      }));
      return this.#client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.url, Entries }), {
        abortSignal,
      });
    };
  }

  /** Whole seconds that the queue takes: where more are asked for it refuses, instead of giving what is left. */
  #allowed({ receivedAt }: HeldMessage, seconds: number): number {
    const heldSeconds = Math.ceil((this.#options.now() - receivedAt) / 1000);
    return Math.max(0, Math.min(Math.ceil(seconds), MOST_HELD_SECONDS - heldSeconds));
  }

  async #reportErrors(action: Action, errors: readonly unknown[]): Promise<void> {
    for (const error of errors) this.#report(action, problemOf(await this.#asked(action), diagnose(error)));
  }

  /** Each problem once: with thousands of messages there would be thousands of the same. */
  #report(about: string, problem: Problem): void {
    const key = `${problem.code} ${about}`;
    if (!this.#problems.has(key)) this.#problems.set(key, problem);
  }

  async #asked(action: Action): Promise<Asked> {
    const { config } = this.#client;
    const endpoint = await config.endpoint?.();
    const { protocol = '', hostname = '', port } = endpoint ?? {};
    const origin = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`;
    return { action, place: this.#place, endpoint: origin, region: await config.region() };
  }
}

/** None for what cannot be answered for, which no server sends. */
function deliveryOf(message: Message, at: number): Delivery[] {
  const { MessageId: id, ReceiptHandle: handle, Body: body = '', Attributes: attributes } = message;
  if (id === undefined || handle === undefined) return [];
  const receives = Number(attributes?.ApproximateReceiveCount ?? 1);
  return [{ id, handle, body, at, receives: receives >= 1 ? receives : 1 }];
}
