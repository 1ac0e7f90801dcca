import type { CompletedPart } from '@aws-sdk/client-s3';
import { CancelledError } from '../../core/errors.ts';
import { type CopyStep, isStill, type Seen } from '../../core/plan.ts';
import { S3Failure, type Write } from '../../core/ports.ts';
import type { Bucket } from '../bucket.ts';
import { RequestError } from '../errors.ts';
import { readTop } from '../listing/pages.ts';
import type { Requester } from '../request.ts';
import type { Source } from './copy-source.ts';
import {
  Changed,
  CONFLICT,
  failedWrite,
  guardHeld,
  guardOf,
  leavesOpen,
  lookFirst,
  notDone,
  UNSURE,
  Unseen,
  withoutRefused,
} from './guard.ts';
import { provenOnTop, settleLost } from './multipart-proof.ts';
import { lookAtSource } from './multipart-source.ts';
import { abandon, begin, type Completed, complete, copyParts, type Upload } from './multipart-upload.ts';
import { noteLeftover, noteLostAnnotations, type ServerMemory } from './server-memory.ts';

/** How often an upload is made anew because another write to the key was faster and yet changed nothing. */
const ROUNDS = 3;

export interface Job {
  readonly requester: Requester;
  readonly bucket: Bucket;
  readonly key: string;
  readonly step: CopyStep;
  readonly seen: Seen;
  readonly memory: ServerMemory;
  readonly source: Source;
}

/**
 * Copy a version part by part, for what CopyObject does not take: over 5 GiB, or, on some servers, onto its own key.
 * Nothing is left behind where it does not come off, as far as the server lets us.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/CopyingObjectsMPUapi.html
 * @throws CancelledError
 */
export async function copyInParts(job: Job): Promise<Write> {
  const { requester, bucket, key, step, memory, source } = job;
  try {
    const whole = await lookAtSource(requester, source, step);
    if (step.carry?.annotations === true) noteLostAnnotations(memory);
    for (let round = 1; ; round++) {
      const written = await upload(job, await begin(requester, bucket, key, step, whole));
      if (written !== 'raced') return written;
      if (round === ROUNDS || !(await isAsSeen(job))) return CONFLICT;
    }
  } catch (error) {
    return failedCopy(error, step, false);
  }
}

/** `landed`: what was asked last may have put the whole object there. */
function failedCopy(error: unknown, { carry }: CopyStep, landed: boolean): Write {
  const write = failedWrite('multipart-copy', error, carry);
  return write.ok || write.conflict ? write : notDone(write.failure, landed);
}

async function isAsSeen({ requester, bucket, key, seen }: Job): Promise<boolean> {
  const [top] = await readTop(requester, bucket, key);
  return isStill(seen, top);
}

/** One upload from its first part to its end, whatever that is. */
async function upload(job: Job, begun: Upload): Promise<Write | 'raced'> {
  const { bucket, memory, step } = job;
  let ended: Ended;
  let completing = false;
  try {
    const parts = await copyParts(begun);
    completing = true;
    ended = await finish(job, begun, parts);
  } catch (error) {
    const end = await abandon(begun);
    if (end === 'left') noteLeftover(memory, bucket.name);
    if (error instanceof CancelledError) throw error;
    // Completed, it seems, by a try whose answer was lost, and not to be known by its ETag.
    const landed = completing && leavesOpen(error);
    if (end === 'was-gone' && landed) return UNSURE;
    const write = failedCopy(error, step, end === 'left' && landed);
    return end === 'left' ? withLeftover(write, begun) : write;
  }
  if (ended !== 'raced' && ended.ok) {
    const { done, guarded } = ended;
    const write = await provenOnTop(begun, done);
    return write.ok && !guarded ? { ...write, unguarded: true } : write;
  }
  if ((await abandon(begun)) === 'left') noteLeftover(memory, bucket.name);
  return ended;
}

type Ended =
  | { readonly ok: true; readonly done: Completed; readonly guarded: boolean }
  | { readonly ok: false; readonly conflict: true; readonly unsure: boolean }
  | 'raced';

/** @throws what is neither an object nor a conflict */
async function finish(job: Job, begun: Upload, parts: readonly CompletedPart[]): Promise<Ended> {
  const { requester, bucket, key, seen, memory } = job;
  const guard = guardOf(seen);
  let guarded = true as boolean;
  // Parts take minutes, and some servers ignore conditions: there a write since then would be covered unseen.
  if (!memory.refusesConditions && !(await isAsSeen(job))) return conflict(false);
  const settled = async (): Promise<Ended | undefined> => {
    const done = await settleLost(begun, parts, seen);
    return done && { ok: true, done, guarded };
  };
  try {
    const { value, unsure } = await withoutRefused(memory, ['conditions'], false, (without) => {
      guarded = !without.conditions;
      return guarded
        ? complete(begun, parts, guard)
        : complete(begun, parts, undefined, lookFirst(requester, bucket, key, seen));
    });
    if (value !== 'raced') return { ok: true, done: value, guarded };
    // What was faster may have been our own earlier try.
    if (!unsure) return 'raced';
    return (await settled()) ?? ((await maybeSent(isAsSeen(job))) ? 'raced' : conflict(true));
  } catch (error) {
    if (error instanceof Changed) return (error.unsure ? await settled() : undefined) ?? conflict(error.unsure);
    if (!(error instanceof RequestError)) throw error;
    const { trouble, unsure } = error;
    const held = guarded && guardHeld(error, guard);
    const mine = leavesOpen(error) ? await settled() : undefined;
    if (mine !== undefined) return mine;
    // An upload that is not there any more was completed by an earlier try, or aborted by somebody.
    if (held || (unsure && trouble.code === 'NoSuchUpload')) return conflict(unsure);
    throw error;
  }
}

/** A question after a write that may have landed; stopped, the run has to say so. */
function maybeSent<T>(question: Promise<T>): Promise<T> {
  return question.catch((error: unknown) => {
    if (error instanceof CancelledError) throw new CancelledError(true);
    throw error instanceof S3Failure ? new Unseen(error.failure) : error;
  });
}

function conflict(unsure: boolean): Ended {
  return { ok: false, conflict: true, unsure };
}

function withLeftover(write: Write, { id }: Upload): Write {
  if (write.ok || write.conflict) return write;
  const { code, message, hint } = write.failure;
  return {
    ...write,
    failure: {
      code,
      message: `${message} (upload ${id} could not be aborted)`,
      hint: `${hint} The parts of upload ${id} cost money until it is aborted: aws s3api abort-multipart-upload.`.trim(),
    },
  };
}
