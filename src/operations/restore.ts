import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { againWords } from '../core/again.ts';
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
  type RestoreRequest,
  type RunResult,
  type Tally,
} from '../core/report.ts';
import { forLog } from '../core/text.ts';
import { formatTime } from '../core/time.ts';
import { type JournalFile, openJournal } from '../files/journal.ts';
import { readPlan } from '../files/plan-spool.ts';
import { applyChunk } from './apply.ts';
import { type Chunk, type ChunkKey, chunksOf } from './chunk.ts';
import { makePlan, type Plan } from './plan.ts';
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
    refuseIfTooMuch(request, facts, plan, tally);
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
    await mkdir(dirname(file), { recursive: true });
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
        for (const key of chunk.keys) if (key.outcome === undefined && key.unsure) await verifyKey(key, port);
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

/** Limits that the user set, and what the bucket cannot do. @throws RollbackError before the first change */
function refuseIfTooMuch(request: RestoreRequest, facts: BucketFacts, plan: Plan, tally: Tally): void {
  const refusals: RollbackError[] = [];
  const { planned } = tally.totals;
  if (request.maxChanges !== undefined && planned > request.maxChanges) {
    refusals.push(
      new RollbackError(
        'max-changes-exceeded',
        `input "max-changes": the plan changes ${planned} keys, more than the ${request.maxChanges} allowed`,
        'Look at the plan; then narrow the scope, or raise "max-changes".',
      ),
    );
  }
  if (request.method === 'delete' && plan.versionDeletes > (request.maxDeletes ?? 0)) {
    refusals.push(
      new RollbackError(
        'max-deletes-exceeded',
        `input "max-deletes": the plan deletes ${plan.versionDeletes} versions for good, more than the ${request.maxDeletes ?? 0} allowed`,
        'Look at the plan; then narrow the scope, raise "max-deletes", or use method: copy, which deletes nothing.',
      ),
    );
  }
  if (facts.mfaDelete && plan.removals > 0) {
    refusals.push(
      new RollbackError(
        'mfa-delete-enabled',
        `bucket ${forLog(request.scope.bucket)} has MFA delete enabled: the ${plan.removals} entries in the plan can only be removed with a one-time password`,
        "The bucket owner's root user can remove them, or turn MFA delete off for the time of the restore (PutBucketVersioning).",
      ),
    );
  }
  const [first] = refusals;
  if (first === undefined) return;
  if (!request.dryRun) throw first;
  for (const refusal of refusals)
    tally.notes.add(`Without dry-run this would be refused. ${refusal.message}. ${refusal.hint}`);
}

function noteFacts(request: RestoreRequest, facts: BucketFacts, plan: Plan, tally: Tally): void {
  if (facts.versioning === 'Suspended') {
    tally.notes.add('Versioning of this bucket is suspended: what is written to it now is kept in one version only.');
  }
  if (typeof facts.objectLock === 'object' && plan.copies > 0) {
    const { mode, period } = facts.objectLock;
    tally.notes.add(
      `Object Lock: the bucket's default retention (${mode}, ${period}) applies to every copy made here; it cannot be deleted before.`,
    );
  }
  if (request.target.kind === 'versions-back' && request.target.count > 0 && tally.totals.planned > 0) {
    tally.notes.add(
      'versions-back counts from what is there when it runs: running this again goes back from the result, it does not ' +
        'repeat it. With to-time, or a version-id, it can be run again safely.',
    );
  }
  if (request.method === 'delete' && plan.versionDeletes > 0) {
    tally.notes.add(`Method delete: the plan deletes ${plan.versionDeletes} versions for good. They cannot come back.`);
  }
}

/** @throws RollbackError `version-not-found` where a version of a key that has none was asked for */
function nothingInScope(request: RestoreRequest, tally: Tally): void {
  const { scope, target } = request;
  if (target.kind === 'version') {
    throw new RollbackError(
      'version-not-found',
      `input "version-id": key ${forLog(scope.key ?? '')} has no versions in bucket ${forLog(scope.bucket)}`,
      'Check "key" letter by letter: keys are case-sensitive and have no leading slash unless they were written with one.',
    );
  }
  const what = scope.key !== undefined ? `key ${forLog(scope.key)}` : `keys under ${forLog(scope.prefix)}`;
  tally.notes.add(
    `No ${what} in bucket ${forLog(scope.bucket)}, neither now nor in its history. Check the spelling: keys are ` +
      'case-sensitive and have no leading slash unless they were written with one.',
  );
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
