import type { DrainLimits, QueueMessage } from '../core/queue.ts';

/** The most messages that one receive gives. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html */
const MOST = 10;

export interface Poll {
  /** Deliveries, duplicates too. */
  readonly received: number;
  /** The messages among them that were not seen before. */
  readonly fresh: readonly QueueMessage[];
}

export interface Draining {
  /** Most polls side by side. */
  readonly lanes: number;
  /** How long a poll waits at most, in seconds. */
  readonly waitSeconds: number;
  readonly now: () => number;
  /** One poll; undefined where there is no point in another. What it throws ends the drain. */
  readonly receive: (most: number, waitSeconds: number) => Promise<Poll | undefined>;
  /** Called for one poll at a time. */
  readonly take: (messages: readonly QueueMessage[]) => Promise<void>;
}

/**
 * Receive until a limit is met. It begins with one lane, a receive after the other; one that comes back full says that
 * there is more, and adds a lane; one that comes back empty ends its lane. Only the last lane can say that the queue is
 * empty: while others have messages, its emptiness is chance.
 *
 * The deadline cuts no poll: what a poll has taken from the queue as it is cut is seen by nobody until its visibility ends.
 * @throws what `receive` and `take` throw, when the polls in flight have landed
 */
export async function drain({ maxMessages, seconds, idlePolls }: DrainLimits, draining: Draining): Promise<void> {
  const { now } = draining;
  const deadline = now() + seconds * 1000;
  /** Deliveries that nobody has asked for yet. */
  let left = maxMessages;
  let lanes = 0;
  let idle = 0;
  let over = false;
  let turn: Promise<void> = Promise.resolve();
  const failures: unknown[] = [];

  async function poll(): Promise<Poll | undefined> {
    const remaining = deadline - now();
    const most = Math.min(MOST, left);
    if (over || most <= 0 || remaining <= 0) return undefined;
    left -= most;
    const answer = await draining.receive(most, Math.min(draining.waitSeconds, Math.floor(remaining / 1000)));
    if (answer === undefined) over = true;
    left += most - (answer?.received ?? 0);
    return answer;
  }

  function takeInTurn(messages: readonly QueueMessage[]): Promise<void> {
    const own = turn.then(() => (failures.length === 0 ? draining.take(messages) : undefined));
    turn = own.catch(() => {});
    return own;
  }

  async function lane(): Promise<void> {
    const more: Promise<void>[] = [];
    lanes += 1;
    try {
      while (failures.length === 0) {
        const answer = await poll();
        if (answer === undefined) break;
        const { received, fresh } = answer;
        if (received > 0) idle = 0;
        else if (lanes > 1 || ++idle >= idlePolls) break;
        if (received === MOST && lanes < draining.lanes) more.push(lane());
        if (fresh.length > 0) await takeInTurn(fresh);
      }
    } catch (error) {
      failures.push(error);
    } finally {
      lanes -= 1;
    }
    await Promise.all(more);
  }

  await lane();
  if (failures.length > 0) throw failures[0];
}
