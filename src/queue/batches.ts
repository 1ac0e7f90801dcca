import { forEachConcurrently, inGroups } from '../core/concurrent.ts';
import { CancelledError } from '../core/errors.ts';
import { cuttable } from './cut.ts';
import { pause, type Timer } from './timer.ts';
import { diagnose, newerCode, type Sort } from './trouble.ts';

/** The most that one request takes. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessageBatch.html */
const BATCH = 10;
/** For messages that the queue failed to do; the SDK only repeats whole requests. */
const TRIES = 4;
const BACKOFF_MS = { base: 200, cap: 5_000 };
/** Whole requests that failed, after the SDK's own retries: the next ones would not do better. */
const MOST_ERRORS = 3;

/** An answer to a batch: HTTP 200 also when nothing in it was done. */
export interface BatchAnswer {
  readonly Successful?: readonly { readonly Id?: string | undefined }[] | undefined;
  readonly Failed?: readonly Failed[] | undefined;
}

interface Failed {
  readonly Id?: string | undefined;
  readonly SenderFault?: boolean | undefined;
  readonly Code?: string | undefined;
  readonly Message?: string | undefined;
}

/** A message that was not done. */
export interface Refusal<M> {
  readonly item: M;
  readonly code: string;
  readonly message: string;
  /** It would be refused again. */
  readonly final: boolean;
}

export interface BatchResult<M> {
  readonly done: readonly M[];
  readonly refused: readonly Refusal<M>[];
  /** Of whole requests. */
  readonly errors: readonly unknown[];
}

export interface BatchWays {
  /** Most requests side by side. */
  readonly width: number;
  /** Send nothing new. */
  readonly stop: AbortSignal;
  /** Drop what is in flight. */
  readonly abort: AbortSignal;
  readonly timer: Timer;
  /** In [0, 1). */
  readonly random: () => number;
  readonly tries?: number;
}

/**
 * Send items in batches, side by side; what the queue failed to do is sent again a few times. `send` numbers the entries
 * of its request by their place: `Id` 0 is the first item. Never throws: what is in no list of the result was not sent,
 * or cut in flight.
 */
export async function sendBatches<M>(
  items: readonly M[],
  send: (batch: readonly M[], signal: AbortSignal) => Promise<BatchAnswer>,
  ways: BatchWays,
): Promise<BatchResult<M>> {
  const done: M[] = [];
  const refused: Refusal<M>[] = [];
  const errors: unknown[] = [];
  const over = () => ways.stop.aborted || errors.length >= MOST_ERRORS || errors.some(isLasting);

  await forEachConcurrently(
    inGroups(items, () => BATCH),
    ways.width,
    async (group) => {
      let batch: readonly M[] = group;
      for (let tries = 1; !over(); tries++) {
        const answer = await once(batch, send, ways.abort, errors);
        if (answer === undefined) return;
        const failed = sift(batch, answer, done);
        refused.push(...failed.filter(({ final }) => final));
        const again = failed.filter(({ final }) => !final);
        if (tries >= (ways.tries ?? TRIES)) refused.push(...again);
        if (again.length === 0 || tries >= (ways.tries ?? TRIES)) return;
        batch = again.map(({ item }) => item);
        await pause(ways.timer, ways.random() * Math.min(BACKOFF_MS.cap, BACKOFF_MS.base * 2 ** tries), ways.stop);
      }
    },
  );
  return { done, refused, errors };
}

async function once<M>(
  batch: readonly M[],
  send: (batch: readonly M[], signal: AbortSignal) => Promise<BatchAnswer>,
  abort: AbortSignal,
  errors: unknown[],
): Promise<BatchAnswer | undefined> {
  try {
    return await cuttable([abort], (signal) => send(batch, signal));
  } catch (error) {
    if (!(error instanceof CancelledError)) errors.push(error);
    return undefined;
  }
}

/** What was done goes to `done`, the rest is given back. What the answer leaves out counts as failed. */
function sift<M>(batch: readonly M[], answer: BatchAnswer, done: M[]): Refusal<M>[] {
  const good = new Set(answer.Successful?.map(({ Id }) => Id));
  const bad = new Map(answer.Failed?.map((failed) => [failed.Id, failed]));
  const refused: Refusal<M>[] = [];
  for (const [place, item] of batch.entries()) {
    const id = String(place);
    const failed = bad.get(id);
    if (good.has(id) && failed === undefined) {
      done.push(item);
      continue;
    }
    const { Code: code = 'NoAnswer', Message: message = 'the answer does not mention it' } = failed ?? {};
    refused.push({ item, code: newerCode(code), message, final: failed?.SenderFault === true });
  }
  return refused;
}

const LASTING: ReadonlySet<Sort> = new Set(['not-found', 'denied', 'key', 'no-credentials', 'credentials', 'other']);

function isLasting(error: unknown): boolean {
  return LASTING.has(diagnose(error).sort);
}
