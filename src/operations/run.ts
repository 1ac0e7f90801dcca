import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { againWords } from '../core/again.ts';
import { CancelledError, RollbackError } from '../core/errors.ts';
import type { Narrator } from '../core/narrator.ts';
import { type Buckets, S3Failure } from '../core/ports.ts';
import { type Asked, finishReport, highlightsOf, type Report, type RunResult, type Tally } from '../core/report.ts';
import type { Request } from '../core/request.ts';
import { makeFolder } from '../files/open.ts';

/** What every run is given, and how each ends. */

export interface RunDeps {
  readonly buckets: Buckets;
  readonly narrator: Narrator;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Aborted: nothing new is sent, what is in flight lands, and the run is accounted for. */
  readonly stop: AbortSignal;
  /** Requests the engine keeps ready at a time. */
  readonly concurrency: number;
  /** Told of every outcome, besides the account. */
  readonly onOutcome?: Tally['onOutcome'];
}

export interface RunEnd {
  readonly startedAt: number;
  /** What was thrown, where the run did not go to its end. */
  readonly thrown: unknown;
  readonly plan: RunResult['plan'];
  readonly journalFile?: string | undefined;
  /** What an earlier run was asked, where this one carries it out, or takes it back. */
  readonly asked?: Asked | undefined;
}

/** Account for a run: the keys that it did not get to, the notes, the report on disk. Never throws. */
export async function finishRun(request: Request, deps: RunDeps, tally: Tally, end: RunEnd): Promise<RunResult> {
  const { startedAt, thrown, plan, journalFile, asked } = end;
  const error = thrown === undefined ? undefined : asRollbackError(thrown, request);
  if (!request.dryRun) countNotAttempted(tally);
  for (const note of deps.buckets.notes) tally.notes.add(note);
  const report = finishReport(request, tally, {
    startedAt,
    finishedAt: deps.now(),
    requests: deps.buckets.requests,
    ...(asked !== undefined && { asked }),
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

/** Keys that the run never got to, so that the counts add up to the keys in scope. */
function countNotAttempted({ totals, skipped }: Tally): void {
  const { keysExamined, restored, unchanged, conflicts, failed } = totals;
  const left = keysExamined - restored - unchanged - totals.skipped - conflicts - failed;
  if (left === 0) return;
  totals.skipped += left;
  skipped['not-attempted'] = (skipped['not-attempted'] ?? 0) + left;
}

function asRollbackError(thrown: unknown, request: Request): RollbackError {
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

/** The report on disk. That it cannot be written must not hide what the run did: then `undefined`, and a line in the log. */
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
