import { CancelledError } from '../../src/core/errors.ts';
import type { Queue, QueueMessage } from '../../src/core/queue.ts';
import { type Choose, Killed } from './model-port.ts';

/**
 * A standard queue in memory, as AWS documents one, and nothing else: at least once, in any order, hidden for a while after
 * each receive, moved to the dead-letter queue when it was received too often.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues.html
 */
export interface ModelQueue {
  /** Of every message that ever was in the queue, by id. */
  readonly bodies: ReadonlyMap<string, string>;
  /** In the queue now, visible or not. */
  readonly waiting: ReadonlyMap<string, Waiting>;
  readonly deadLetters: ReadonlySet<string>;
  /** Ids of messages that were deleted; one may come again all the same. */
  readonly acknowledged: ReadonlySet<string>;
  /** Returns its id. */
  send(body: string): string;
  /** A deleted message comes again, as a standard queue may do. */
  revive(id: string): void;
  /** When the next message that is hidden now can be received, in ms; `undefined` where there is none. */
  nextVisible(): number | undefined;
  /** One consumer's way to it. */
  open(how?: ConsumerOptions): Queue;
}

export interface Waiting {
  visibleAt: number;
  receives: number;
}

/** A call to the queue; `receive` is one poll. */
export type QueueCall = 'receive' | 'acknowledge' | 'release' | 'back-off';

export interface ConsumerOptions {
  readonly choose?: Choose;
  readonly stop?: AbortSignal;
  /** Shared with the buckets: once dead, nothing is sent any more. */
  readonly life?: { dead: boolean };
  /** Called before the n-th call (from 0). `kill`: the process dies before it; `kill-landed`: after it, without an answer. */
  readonly fault?: (call: QueueCall, n: number) => 'none' | 'kill' | 'kill-landed';
  /** Of each message to be deleted: is that refused? */
  readonly refuses?: (id: string) => boolean;
}

export interface ModelQueueOptions {
  readonly now: () => number;
  /** Received more often than this, it goes to the dead-letter queue. */
  readonly maxReceiveCount: number;
}

const VISIBILITY_MS = 120_000;
const BACK_OFF_SECONDS = { first: 30, most: 900 };
const MOST_AT_ONCE = 10;

export function modelQueue({ now, maxReceiveCount }: ModelQueueOptions): ModelQueue {
  const bodies = new Map<string, string>();
  const waiting = new Map<string, Waiting>();
  const deadLetters = new Set<string>();
  const acknowledged = new Set<string>();

  /** Ids of visible messages; those that were received too often leave the queue instead. */
  function visible(): string[] {
    for (const [id, { visibleAt, receives }] of waiting) {
      if (visibleAt > now() || receives < maxReceiveCount) continue;
      waiting.delete(id);
      deadLetters.add(id);
    }
    return [...waiting].flatMap(([id, { visibleAt }]) => (visibleAt <= now() ? [id] : []));
  }

  function open(how: ConsumerOptions = {}): Queue {
    const { choose = () => 0, stop, life = { dead: false }, fault, refuses } = how;
    const held = new Map<string, Waiting>();
    let calls = 0;

    /** One request; `undefined`: not sent, as the job is cancelled. */
    async function send<T>(call: QueueCall, act: () => T): Promise<T | undefined> {
      for (let wait = choose(3); wait > 0; wait--) await Promise.resolve();
      if (life.dead) throw new Killed();
      const what = fault?.(call, calls++) ?? 'none';
      if (what === 'kill') return die();
      if (stop?.aborted) return undefined;
      const answer = act();
      return what === 'kill-landed' ? die() : answer;
    }

    function die(): never {
      life.dead = true;
      throw new Killed();
    }

    function receive(most: number): QueueMessage[] {
      const there = visible();
      const some: string[] = [];
      for (let left = Math.min(most, there.length, 1 + choose(MOST_AT_ONCE)); left > 0; left--) {
        some.push(...there.splice(choose(there.length), 1));
      }
      return some.flatMap((id) => {
        const message = waiting.get(id);
        if (message === undefined) return [];
        message.receives += 1;
        // As long as it is held its visibility is extended.
        message.visibleAt = Number.POSITIVE_INFINITY;
        held.set(id, message);
        return [{ id, body: bodies.get(id) ?? '', receives: message.receives }];
      });
    }

    /** Each once. An id that is not held is a fault of the caller. */
    function take(ids: readonly string[]): [string, Waiting][] {
      return [...new Set(ids)].map((id) => {
        const message = held.get(id);
        if (message === undefined) throw new RangeError(`message ${id} is not held`);
        return [id, message];
      });
    }

    async function letGo(
      call: QueueCall,
      ids: readonly string[],
      secondsFor: (message: Waiting) => number,
    ): Promise<void> {
      const messages = take(ids);
      if (messages.length === 0) return;
      await send(call, () => {
        for (const [id, message] of messages) {
          held.delete(id);
          message.visibleAt = now() + secondsFor(message) * 1000;
        }
      });
    }

    return {
      url: 'https://sqs.eu-central-1.amazonaws.com/111122223333/events',
      problems: [],

      async drain({ maxMessages, idlePolls }, deliver) {
        for (let left = maxMessages, idle = 0; left > 0 && idle < idlePolls; ) {
          const messages = await send('receive', () => receive(Math.min(MOST_AT_ONCE, left)));
          if (messages === undefined) throw new CancelledError();
          left -= messages.length;
          idle = messages.length === 0 ? idle + 1 : 0;
          if (messages.length > 0) await deliver(messages);
        }
      },

      async acknowledge(ids) {
        const messages = take(ids);
        const gone = new Set<string>();
        if (messages.length === 0) return gone;
        await send('acknowledge', () => {
          for (const [id] of messages) {
            if (refuses?.(id)) continue;
            held.delete(id);
            waiting.delete(id);
            acknowledged.add(id);
            gone.add(id);
          }
        });
        return gone;
      },

      release: (ids, seconds) => letGo('release', ids, () => seconds),
      backOff: (ids) =>
        letGo('back-off', ids, ({ receives }) =>
          Math.min(BACK_OFF_SECONDS.most, BACK_OFF_SECONDS.first * 2 ** (receives - 1)),
        ),

      // Also when the process dies: then nobody extends what is held.
      close() {
        for (const message of held.values()) message.visibleAt = now() + VISIBILITY_MS;
        held.clear();
      },
    };
  }

  return {
    bodies,
    waiting,
    deadLetters,
    acknowledged,
    send(body) {
      const id = `m${bodies.size + 1}`;
      bodies.set(id, body);
      waiting.set(id, { visibleAt: now(), receives: 0 });
      return id;
    },
    revive(id) {
      if (bodies.has(id) && !waiting.has(id)) waiting.set(id, { visibleAt: now(), receives: 1 });
    },
    nextVisible() {
      const times = [...waiting.values()].map(({ visibleAt }) => visibleAt);
      return times.length === 0 ? undefined : Math.min(...times);
    },
    open,
  };
}
