import { dirname, join } from 'node:path';
import { againWords } from '../core/again.ts';
import { CancelledError, RollbackError } from '../core/errors.ts';
import type { Narrator } from '../core/narrator.ts';
import { type BucketFacts, type Buckets, S3Failure } from '../core/ports.ts';
import { finishReport, highlightsOf, newTally, type RunResult, type Tally } from '../core/report.ts';
import type { Request, RestoreRequest } from '../core/request.ts';
import { forLog } from '../core/text.ts';
import { openJournal } from '../files/journal.ts';
import { openArchivedSpool, requestArchived } from './archived.ts';
import { carryOut } from './carry-out.ts';
import { makePlan, type Plan } from './plan.ts';
import { checkPlan, noteFacts, nothingInScope } from './plan-checks.ts';
import { writeReport } from './report-file.ts';
import { readRows } from './rows.ts';

export interface RunDeps {
  readonly buckets: Buckets;
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
export async function restore(request: RestoreRequest, deps: RunDeps): Promise<RunResult> {
  const startedAt = deps.now();
  const tally = newTally();
  const folder = join(dirname(request.reportFile), 'spool');
  const archived = openArchivedSpool(join(folder, 'archived'));
  const cleanUps = [() => archived.cleanUp()];
  let journalFile: string | undefined;
  let plan: Plan | undefined;
  let error: RollbackError | undefined;
  try {
    const { manifest } = request;
    if (manifest !== undefined) deps.narrator.phase('Manifest: reading the rows');
    const rows =
      manifest === undefined ? undefined : await readRows({ ...request, manifest }, { ...deps, folder }, tally);
    if (rows !== undefined) cleanUps.push(() => rows.cleanUp());

    deps.narrator.phase('Preflight');
    const facts = await lookAtBuckets(request, rows?.buckets ?? [], deps);
    deps.narrator.phase('Plan: reading the histories');
    plan = await makePlan(request, rows, { ...deps, facts, archived }, tally);
    const { keysExamined, entriesExamined, planned, unchanged, skipped } = tally.totals;
    deps.narrator.say(
      `${keysExamined} keys in scope with ${entriesExamined} versions and delete markers: ` +
        `${planned} to change, ${unchanged} as they should be, ${skipped} skipped.`,
    );
    noteFacts(request, facts, plan, tally);
    if (tally.totals.keysExamined === 0) nothingInScope(request, tally);
    checkPlan(request, facts, plan, tally);
    if (!request.dryRun && request.archived !== undefined) {
      await requestArchived(request.archived, request, { ...deps, archived }, tally);
    }
    if (!request.dryRun && tally.totals.planned > 0) {
      deps.narrator.phase(`Apply: ${tally.totals.planned} keys`);
      const journal = await openJournal(request.journalFile, deps.narrator);
      journalFile = request.journalFile;
      await carryOut(request, plan, { ...deps, facts, folder, journal }, tally);
    }
  } catch (thrown) {
    error = asRollbackError(thrown, request);
  } finally {
    for (const cleanUp of cleanUps) await cleanUp().catch(() => {});
  }
  if (!request.dryRun) countNotAttempted(tally);
  for (const note of deps.buckets.notes) tally.notes.add(note);

  const report = finishReport(request, tally, {
    startedAt,
    finishedAt: deps.now(),
    requests: deps.buckets.requests,
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

/**
 * Preflight of every bucket that the run reads or writes, before anything changes.
 * @throws RollbackError for the first that cannot be used
 */
async function lookAtBuckets(
  { scope, destination }: RestoreRequest,
  named: readonly string[],
  { buckets, narrator }: RunDeps,
): Promise<Map<string, BucketFacts>> {
  const facts = new Map<string, BucketFacts>();
  for (const bucket of new Set([scope.bucket, ...named, destination?.bucket])) {
    if (bucket === undefined) continue;
    const found = await buckets.open(bucket).preflight();
    facts.set(bucket, found);
    narrator.say(`Bucket ${forLog(bucket)}: versioning ${found.versioning.toLowerCase()}.`);
  }
  return facts;
}

/** Planned keys that the run never got to, so that the counts add up to the keys in scope. */
export function countNotAttempted({ totals, skipped }: Tally): void {
  const { keysExamined, restored, unchanged, conflicts, failed } = totals;
  const left = keysExamined - restored - unchanged - totals.skipped - conflicts - failed;
  if (left === 0) return;
  totals.skipped += left;
  skipped['not-attempted'] = (skipped['not-attempted'] ?? 0) + left;
}

/** What ended a run early, as it stands in the report. */
export function asRollbackError(thrown: unknown, request: Request): RollbackError {
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
