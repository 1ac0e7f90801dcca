import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { againWords } from '../core/again.ts';
import { forEachConcurrently } from '../core/concurrent.ts';
import { CancelledError, RollbackError } from '../core/errors.ts';
import type { Narrator } from '../core/narrator.ts';
import type { Outcome } from '../core/outcome.ts';
import { type BucketFacts, type BucketPort, S3Failure } from '../core/ports.ts';
import {
  countOutcome,
  finishReport,
  highlightsOf,
  newTally,
  type Report,
  type RunResult,
  type Tally,
} from '../core/report.ts';
import type { RestoreRequest } from '../core/request.ts';
import { forLog } from '../core/text.ts';
import { formatTime } from '../core/time.ts';
import { type JournalFile, openJournal } from '../files/journal.ts';
import { makeFolder } from '../files/open.ts';
import { readPlan } from '../files/plan-spool.ts';
import { applyChunk } from './apply.ts';
import { type Chunk, type ChunkKey, chunksOf } from './chunk.ts';
import { makePlan, type Plan } from './plan.ts';
import { checkPlan, noteFacts, nothingInScope } from './plan-checks.ts';
import { verifyChunk, verifyKey } from './verify.ts';

export interface RestoreDeps {
  readonly port: BucketPort;
  readonly narrator: Narrator;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Aborted: nothing new is sent, what is in flight lands, and the run is accounted for. */
  readonly stop: AbortSignal;
  /** Requests the engine keeps ready at a time. */
  readonly concurrency: number;
}

/**
 * Undelete and rollback: read histories → decide → carry out → prove → tell.
 * Never throws for what happens in the bucket: the result says what was done and why the run was refused or broken off.
 */
export async function restore(request: RestoreRequest, deps: RestoreDeps): Promise<RunResult> {
  const startedAt = deps.now();
  const tally = newTally();
  let journalFile: string | undefined;
  let plan: Plan | undefined;
  let error: RollbackError | undefined;
  try {
    deps.narrator.phase('Preflight');
    const facts = await deps.port.preflight();
    deps.narrator.say(`Bucket ${forLog(request.scope.bucket)}: versioning ${facts.versioning.toLowerCase()}.`);
    deps.narrator.phase('Plan: reading the histories');
    plan = await makePlan(request, facts, deps, tally);
    const { keysExamined, entriesExamined, planned, unchanged, skipped } = tally.totals;
    deps.narrator.say(
      `${keysExamined} keys in scope with ${entriesExamined} versions and delete markers: ` +
        `${planned} to change, ${unchanged} as they should be, ${skipped} skipped.`,
    );
    noteFacts(request, facts, plan, tally);
    if (tally.totals.keysExamined === 0) nothingInScope(request, tally);
    checkPlan(request, facts, plan, tally);
    if (!request.dryRun && tally.totals.planned > 0) {
      deps.narrator.phase(`Apply: ${tally.totals.planned} keys`);
      const journal = await openJournal(request.journalFile, deps.narrator);
      journalFile = request.journalFile;
      await carryOut(request, facts, plan, journal, deps, tally);
    }
  } catch (thrown) {
    error = asRollbackError(thrown, request);
  }
  if (!request.dryRun) countNotAttempted(tally);

  const report = finishReport(request, tally, {
    startedAt,
    finishedAt: deps.now(),
    requests: deps.port.requests,
    ...(error !== undefined && { error: { code: error.code, message: error.message, hint: error.hint } }),
  });
  const reportFile = await writeReport(request.reportFile, report, deps.narrator);
  return {
    report,
    highlights: highlightsOf(tally),
    ...(plan !== undefined && { plan: { file: plan.file, digest: plan.digest } }),
    ...(journalFile !== undefined && { journalFile }),
    ...(reportFile !== undefined && { reportFile }),
  };
}

/** The report on disk. That it cannot be written must not hide what the run did. */
async function writeReport(file: string, report: Report, narrator: Narrator): Promise<string | undefined> {
  try {
    await makeFolder(dirname(file));
    await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
    return file;
  } catch (error) {
    narrator.say(`The report could not be written: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

async function carryOut(
  request: RestoreRequest,
  facts: BucketFacts,
  plan: Plan,
  journal: JournalFile,
  deps: RestoreDeps,
  tally: Tally,
): Promise<void> {
  const { port, narrator, stop, concurrency } = deps;
  const { prefix } = request.scope;
  const entriesPerKey = plan.entriesListed / tally.totals.planned;
  let intents = 0;
  let done = 0;
  let proving: Promise<void> = Promise.resolve();
  try {
    await journal.append([
      {
        schemaVersion: 1,
        kind: 'journal',
        operation: request.operation,
        bucket: request.scope.bucket,
        dryRun: false,
        planDigest: plan.digest,
        startedAt: formatTime(deps.now()),
      },
    ]);
    for await (const chunk of chunksOf(readPlan(plan.file, plan.digest))) {
      let broken: unknown;
      try {
        await applyChunk(chunk, {
          port,
          journal,
          tally,
          concurrency,
          suspended: facts.versioning === 'Suspended',
          oldestMarkerLast:
            request.target.kind === 'undelete' && (request.target.after ?? request.target.before) !== undefined,
          nextIntent: () => ++intents,
          onKeyDone: () => narrator.progress(++done, tally.totals.planned, 'keys'),
        });
      } catch (error) {
        broken = error;
      }
      // The chunk before is proven while this one is carried out; the two never touch the same key.
      await proving;
      proving = prove(chunk, broken === undefined && !stop.aborted);
      proving.catch(() => {});
      if (broken !== undefined) throw broken;
    }
    // Told to stop when the last answer was in: there was no time to prove it, and the job is cancelled all the same.
    if (stop.aborted) throw new CancelledError();
  } finally {
    try {
      await proving;
    } finally {
      await endJournal(journal, deps.now());
    }
  }

  /** Give every key of the chunk its outcome, and count it. */
  async function prove(chunk: Chunk, whole: boolean): Promise<void> {
    try {
      if (whole && request.verify) {
        await verifyChunk(chunk, { port, prefix, entriesPerKey, concurrency });
      } else if (whole) {
        const unsure = chunk.keys.filter((key) => key.outcome === undefined && key.unsure);
        await forEachConcurrently(unsure, concurrency, (key) => verifyKey(key, port));
      }
    } finally {
      for (const key of chunk.keys) {
        countOutcome(tally, key.line.bucket, key.line.key, settledOutcome(key, request), prefix);
      }
    }
  }
}

/** The outcome of a key that verification did not get to: only what S3's answers say. */
function settledOutcome(key: ChunkKey, request: RestoreRequest): Outcome {
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

/** Planned keys that the run never got to, so that the counts add up to the keys in scope. */
function countNotAttempted({ totals, skipped }: Tally): void {
  const { keysExamined, restored, unchanged, conflicts, failed } = totals;
  const left = keysExamined - restored - unchanged - totals.skipped - conflicts - failed;
  if (left === 0) return;
  totals.skipped += left;
  skipped['not-attempted'] = (skipped['not-attempted'] ?? 0) + left;
}

function asRollbackError(thrown: unknown, request: RestoreRequest): RollbackError {
  if (thrown instanceof CancelledError || (thrown instanceof Error && thrown.name === 'AbortError')) {
    return new RollbackError('cancelled', 'the job was cancelled', againWords(request), { cause: thrown });
  }
  if (thrown instanceof RollbackError) return thrown;
  if (thrown instanceof S3Failure) {
    const { code, message, hint } = thrown.failure;
    return new RollbackError(code, message, hint, { cause: thrown });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new RollbackError('unexpected', message, 'Please report this: it is a bug in s3-rollback.', { cause: thrown });
}
