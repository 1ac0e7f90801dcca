import { againWords } from '../core/again.ts';
import { forEachConcurrently } from '../core/concurrent.ts';
import { CancelledError, RollbackError } from '../core/errors.ts';
import type { Outcome } from '../core/outcome.ts';
import type { PlannedKey } from '../core/plan.ts';
import { type BucketFacts, S3Failure } from '../core/ports.ts';
import { countOutcome, type Tally } from '../core/report.ts';
import { type ChangeRequest, changedPrefix } from '../core/request.ts';
import { formatTime } from '../core/time.ts';
import type { JournalFile } from '../files/journal.ts';
import { readPlan } from '../files/plan-spool.ts';
import { type ApplyDeps, applyChunk } from './apply.ts';
import { type Chunk, type ChunkKey, chunksOf } from './chunk.ts';
import type { Plan } from './planner.ts';
import type { RunDeps } from './run.ts';
import { openStacks } from './stacks.ts';
import { verifyChunk, verifyKey } from './verify.ts';

export interface CarryOutDeps extends RunDeps {
  readonly facts: ReadonlyMap<string, BucketFacts>;
  /** For what does not fit into memory. */
  readonly folder: string;
  /** Open; is closed here. */
  readonly journal: JournalFile;
  /** Before the first step of each chunk: may give keys their outcome, which are left alone then. */
  readonly beforeChunk?: (chunk: Chunk) => Promise<void>;
  /** Little time is left: keys that only lose markers, which take a request a thousand, come before all others. */
  readonly markersFirst?: boolean;
}

/**
 * Carry out the plan that was written, chunk by chunk, and prove each. Every planned key that was reached has its
 * outcome counted, also when this throws.
 * @throws CancelledError, RollbackError
 */
export async function carryOut(request: ChangeRequest, plan: Plan, deps: CarryOutDeps, tally: Tally): Promise<void> {
  const { buckets, narrator, stop, concurrency, facts, now, journal, beforeChunk = async () => {} } = deps;
  const prefix = changedPrefix(request);
  const stacks = openStacks(deps.folder);
  let intents = 0;
  let done = 0;
  let proving: Promise<void> = Promise.resolve();
  const apply: ApplyDeps = {
    buckets,
    journal,
    tally,
    concurrency,
    isSuspended: (bucket) => facts.get(bucket)?.versioning === 'Suspended',
    // Of a plan that is applied it is not asked how it was made.
    lastMarkerAlone:
      request.target.kind === 'before-events' ||
      request.target.kind === 'as-planned' ||
      (request.target.kind === 'undelete' && (request.target.after ?? request.target.before) !== undefined),
    nextIntent: () => ++intents,
    onKeyDone: () => narrator.progress(++done, tally.totals.planned, 'keys'),
  };
  try {
    await journal.append([
      {
        schemaVersion: 1,
        kind: 'journal',
        operation: request.operation,
        ...(request.scope.bucket !== undefined && { bucket: request.scope.bucket }),
        dryRun: false,
        planDigest: plan.digest,
        startedAt: formatTime(now()),
      },
    ]);
    // Of keys on which several versions are put the newest has to wait until all others, of all keys, are in place.
    if (plan.stacks > 0) {
      for await (const chunk of chunksOf(stacks.toBegin(readPlan(plan.file, plan.digest)))) {
        try {
          await beforeChunk(chunk);
          await applyChunk(chunk, apply, 'below');
        } finally {
          await stacks.keep(chunk.keys);
        }
      }
    }
    const giveBack = (key: ChunkKey) => {
      if (key.begun) settleKey(key);
    };
    const passes = deps.markersFirst ? [isMarkersOnly, (line: PlannedKey) => !isMarkersOnly(line)] : [() => true];
    for (const isWanted of passes) {
      for await (const chunk of chunksOf(stacks.goOn(only(readPlan(plan.file, plan.digest), isWanted)), giveBack)) {
        let broken: unknown;
        try {
          await beforeChunk(chunk);
          await applyChunk(chunk, apply);
        } catch (error) {
          broken = error;
        }
        // The chunk before is proven while this one is carried out; the two never touch the same key.
        await proving;
        proving = prove(chunk, broken === undefined && !stop.aborted);
        proving.catch(() => {});
        if (broken !== undefined) throw broken;
      }
    }
    // Told to stop when the last answer was in: there was no time to prove it, and the job is cancelled all the same.
    if (stop.aborted) throw new CancelledError();
  } finally {
    try {
      await proving;
    } finally {
      for await (const keys of stacks.left()) for (const key of keys) if (key.begun) settleKey(key);
      await stacks.cleanUp();
      await endJournal(journal, now());
    }
  }

  /** Give every key of the chunk its outcome, and count it. */
  async function prove(chunk: Chunk, whole: boolean): Promise<void> {
    try {
      if (whole && request.verify) {
        await verifyChunk(chunk, { buckets, prefix, concurrency }).catch(whileVerifying);
      } else if (whole) {
        const unsure = chunk.keys.filter((key) => key.outcome === undefined && key.unsure);
        await forEachConcurrently(unsure, concurrency, (key) => verifyKey(key, buckets));
      }
    } finally {
      for (const key of chunk.keys) settleKey(key);
    }
  }

  function settleKey(key: ChunkKey): void {
    countOutcome(tally, key.line.bucket, key.line.key, settledOutcome(key, request), prefix);
  }
}

function isMarkersOnly({ steps }: PlannedKey): boolean {
  return steps.every((step) => step.do === 'remove-delete-marker');
}

async function* only(
  lines: AsyncIterable<PlannedKey>,
  isWanted: (line: PlannedKey) => boolean,
): AsyncGenerator<PlannedKey> {
  for await (const line of lines) if (isWanted(line)) yield line;
}

function whileVerifying(error: unknown): never {
  if (!(error instanceof S3Failure)) throw error;
  const { code, message, hint } = error.failure;
  const what = 'while reading the changed keys again: they are changed, and not all are verified';
  throw new RollbackError(code, `${what}. ${message}`, hint, { cause: error });
}

/** The outcome of a key that verification did not get to: only what S3's answers say. */
function settledOutcome(key: ChunkKey, request: ChangeRequest): Outcome {
  if (key.outcome !== undefined) return key.outcome;
  if (key.open === 0 && !key.unsure) return { kind: 'restored' };
  if (!key.begun) return { kind: 'skipped', reason: 'not-attempted' };
  return {
    kind: 'failed',
    failure: {
      code: 'unconfirmed',
      message: 'the run was stopped before S3 had confirmed every step of this key',
      hint: againWords(request),
    },
  };
}

async function endJournal(journal: JournalFile, now: number): Promise<void> {
  await journal.append([{ end: formatTime(now) }]);
  await journal.close();
}
