import type { Failure } from '../../core/outcome.ts';
import { isStill, type Seen } from '../../core/plan.ts';
import { S3Failure, type Write } from '../../core/ports.ts';
import type { Bucket } from '../bucket.ts';
import { type Asked, type Carried, failureOf, mayHaveLanded, RequestError } from '../errors.ts';
import { readTop } from '../listing/pages.ts';
import type { Requester } from '../request.ts';
import { learnAnnotations, learnConditions, refusalOf, type ServerMemory } from './server-memory.ts';

/** The condition that lets a write happen only on top of what the plan saw. */
export type Guard = { readonly IfMatch: string } | { readonly IfNoneMatch: '*' };

/**
 * A delete marker counts as no object. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 * @throws RangeError for a version without an ETag: nothing could guard a write on top of it.
 */
export function guardOf(seen: Seen): Guard {
  if (seen === null || seen.deleteMarker) return { IfNoneMatch: '*' };
  if (seen.etag === null || seen.etag === '') throw new RangeError('a version that was seen needs its ETag');
  return { IfMatch: `"${seen.etag}"` };
}

/** The key is not what the plan saw any more, as a look just before an unguarded write told. */
export class Changed extends Error {
  readonly unsure: boolean;

  constructor(unsure: boolean) {
    super('the key has changed');
    this.name = 'Changed';
    this.unsure = unsure;
  }
}

/** The key could not be looked at before another try, and an earlier one may have landed. */
export class Unseen extends S3Failure {}

/** May a write that ended so be there all the same? */
export function leavesOpen(error: unknown): boolean {
  return error instanceof Unseen || (error instanceof RequestError && mayHaveLanded(error));
}

/**
 * What stands in for the condition on a server that refuses them: a look at the key, before each try.
 * The function throws Changed where the key is not what was seen, S3Failure where it cannot be looked at.
 */
export function lookFirst(
  requester: Requester,
  bucket: Bucket,
  key: string,
  seen: Seen,
): (unsure: boolean) => Promise<void> {
  return async (unsure) => {
    const [top] = await readTop(requester, bucket, key).catch((error: unknown) => {
      throw unsure && error instanceof S3Failure ? new Unseen(error.failure) : error;
    });
    if (!isStill(seen, top)) throw new Changed(unsure);
  };
}

/** What of a request is left out because the server refuses it. */
export interface Without {
  readonly conditions: boolean;
  readonly annotations: boolean;
}

export type Droppable = keyof Without;

/**
 * Send a write; where the server refuses a feature in it, send it again without, and remember. A refusal that does not
 * say what it refuses is taken apart: one thing is left out after the other, and what made the difference is what is
 * refused. A server that answers so has written nothing, and what it takes is never left out.
 * @throws what `send` throws in the end.
 */
export async function withoutRefused<T>(
  memory: ServerMemory,
  droppable: readonly Droppable[],
  annotationsWanted: boolean,
  send: (without: Without) => Promise<T>,
): Promise<T> {
  const learn = {
    annotations: () => learnAnnotations(memory, annotationsWanted),
    conditions: () => learnConditions(memory),
  };
  const left = { conditions: false, annotations: false };
  let suspect: Droppable | undefined;
  for (;;) {
    left.annotations ||= memory.refusesAnnotations;
    left.conditions ||= memory.refusesConditions;
    try {
      const value = await send({ ...left });
      if (suspect !== undefined) learn[suspect]();
      return value;
    } catch (error) {
      const refused = error instanceof RequestError ? refusalOf(error.trouble) : undefined;
      // Looked at and turned down for its key or its source, no longer for a feature: so the last one left out was it.
      if (suspect !== undefined && error instanceof RequestError && isVerdict(error)) learn[suspect]();
      if (refused === undefined || refused === 'self-copy') throw error;
      const next = refused === 'unnamed' ? droppable.find((one) => !left[one]) : refused;
      if (next === undefined || left[next] || !droppable.includes(next)) throw error;
      left[next] = true;
      if (refused === 'unnamed') suspect = next;
      else {
        suspect = undefined;
        learn[next]();
      }
    }
  }
}

function isVerdict({ trouble: { status } }: RequestError): boolean {
  return status === 412 || status === 404;
}

export const CONFLICT: Write = { ok: false, conflict: true, unsure: false };
export const UNSURE: Write = { ok: false, conflict: true, unsure: true };

/** Does this answer say that what is current on the key is not what it was guarded for? */
export function guardHeld({ trouble: { status, code } }: RequestError, guard: Guard): boolean {
  if (status === 412) return true;
  // If-Match on a key that is deleted by now is answered with 404.
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
  const elsewhere = code === 'NoSuchBucket' || code === 'NoSuchVersion' || code === 'NoSuchUpload';
  return status === 404 && 'IfMatch' in guard && !elsewhere;
}

/** A write that did not come off. @throws what is neither the server's answer nor the key's state */
export function failedWrite(asked: Asked, error: unknown, carried: Carried = {}): Write {
  if (error instanceof Changed) return error.unsure ? UNSURE : CONFLICT;
  if (error instanceof S3Failure) return notDone(error.failure, leavesOpen(error));
  if (!(error instanceof RequestError)) throw error;
  return notDone(failureOf(asked, error.trouble, carried), leavesOpen(error));
}

/** `unsure`: a try of it may have landed all the same. */
export function notDone(failure: Failure, unsure: boolean): Write {
  return { ok: false, conflict: false, failure, ...(unsure && { unsure }) };
}
