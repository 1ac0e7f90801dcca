import { createReadStream } from 'node:fs';
import { copyFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RollbackError } from '../core/errors.ts';
import { fileKindOf } from '../core/file-kind.ts';
import { linesOf } from '../core/lines.ts';
import type { PlanHeader, PlannedKey } from '../core/plan.ts';
import { lineTest } from '../core/plan-sense.ts';
import { countPlanned, offerSample, type Tally } from '../core/report.ts';
import type { ApplyRequest } from '../core/request.ts';
import { forLog } from '../core/text.ts';
import { formatTime } from '../core/time.ts';
import { durationOf } from '../core/words.ts';
import { makeFolder } from '../files/open.ts';
import { readPlan, readPlanHeader } from '../files/plan-spool.ts';
import { countLine, newPlanCounts } from './plan-counts.ts';
import type { Plan } from './planner.ts';

/** Clocks of two runners may differ so much, in ms. */
const MAX_AHEAD = 5 * 60_000;

/** A plan that somebody looked at: it is what it was, and not too old. */
export interface Reviewed {
  readonly header: PlanHeader;
  /** Of a copy of ours, which nobody changes between the check and the carrying out. */
  readonly plan: Plan;
  readonly buckets: ReadonlySet<string>;
}

/**
 * Take a plan file in: copied, read to its end, its digest checked, before anything else is done. Its keys are counted as
 * planned.
 * @throws RollbackError `plan-not-found`, `invalid-plan`, `plan-digest-mismatch`, `plan-too-old`, `plan-for-another-bucket`
 */
export async function openReviewed(request: ApplyRequest, now: number, tally: Tally): Promise<Reviewed> {
  await takeIn(request.reviewed.file, request.planFile);
  try {
    return await readReviewed(request, now, tally);
  } catch (error) {
    const isText = !(
      error instanceof TypeError &&
      'code' in error &&
      error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
    );
    if (!isText) throw invalid('it has bytes that are no UTF-8');
    if (!(error instanceof RollbackError) || error.message.startsWith('input ')) throw error;
    throw new RollbackError(error.code, `input "plan-file": ${error.message}`, error.hint, { cause: error });
  }
}

async function readReviewed(request: ApplyRequest, now: number, tally: Tally): Promise<Reviewed> {
  const { planFile, scope } = request;
  await checkKind(planFile);
  const header = await readPlanHeader(planFile);
  checkHeader(request, header, now);
  const test = lineTest(header);
  const buckets = new Set<string>();
  // A file that was changed or cut is told as that: its digest is known when it was read to its end.
  let refusal = typeof test === 'string' ? invalid(test) : undefined;
  let number = 1;
  for await (const line of readPlan(planFile, header.digest)) {
    number += 1;
    buckets.add(line.bucket);
    if (isForeign(line.bucket, scope.bucket, header)) refusal ??= foreign(line, scope.bucket ?? '');
    const amiss = typeof test === 'string' ? undefined : test(line);
    if (amiss !== undefined) refusal ??= invalid(`line ${number} ${amiss}`);
  }
  if (refusal !== undefined) throw refusal;
  if (buckets.size === 0 && isForeign(header.bucket, scope.bucket, header)) {
    throw new RollbackError(
      'plan-for-another-bucket',
      `input "bucket": the plan is for ${forLog(header.bucket ?? '')}, and ${forLog(scope.bucket ?? '')} is given`,
      OWN_BUCKET,
    );
  }
  if (request.reviewed.digest === undefined) {
    tally.notes.add(
      'No "plan-digest" was given: this is a whole plan, and nothing tells that it is the one that somebody looked at. Give ' +
        'the output plan-digest of the dry run.',
    );
  }
  // Not before it is known to be the plan: what is refused counts for nothing.
  const counts = newPlanCounts();
  const prefix = commonPrefix(header.scope);
  for await (const line of readPlan(planFile, header.digest)) {
    tally.totals.keysExamined += 1;
    countPlanned(tally, line, prefix);
    const [first] = line.steps;
    if (first !== undefined) offerSample(tally, first.do, () => line);
    countLine(line, counts, request.dryRun ? tally.steps : undefined);
  }
  return { header, plan: { file: planFile, digest: header.digest, ...counts }, buckets };
}

/** What all keys of a plan begin with, as far as its scope says; `lineTest` holds them to it. */
export function commonPrefix({ prefix, destination }: PlanHeader['scope']): string {
  const own = typeof prefix === 'string' ? prefix : '';
  const isRecord = typeof destination === 'object' && destination !== null && 'prefix' in destination;
  return isRecord && typeof destination.prefix === 'string' ? destination.prefix + own : own;
}

async function takeIn(from: string, to: string): Promise<void> {
  const there = await stat(from).catch(() => undefined);
  if (there === undefined) {
    throw new RollbackError(
      'plan-not-found',
      `input "plan-file": there is no file ${forLog(from)}`,
      'Give the path at which actions/download-artifact put the plan of the dry run.',
    );
  }
  if (!there.isFile()) {
    throw new RollbackError(
      'plan-not-found',
      `input "plan-file": ${forLog(from)} is no file`,
      'Give the plan of a dry run.',
    );
  }
  await makeFolder(dirname(to));
  try {
    await copyFile(from, to);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RollbackError(
      'plan-not-found',
      `input "plan-file": ${forLog(from)} cannot be read (${forLog(reason)})`,
      'Give a file that this job may read, and room for a copy of it.',
      { cause: error },
    );
  }
}

/** A file of ours that is no plan, or is of another version, is named as what it is. */
async function checkKind(file: string): Promise<void> {
  for await (const text of linesOf(createReadStream(file))) {
    const data = fileKindOf(text);
    if (data?.kind === 'plan' && data.schemaVersion !== 1) {
      throw new RollbackError(
        'invalid-plan',
        `input "plan-file": the plan is of another version of s3-rollback (schemaVersion ${data.schemaVersion}; this one reads 1)`,
        'Make the plan and apply it with the same version of the action.',
      );
    }
    if (data !== undefined && data.kind !== 'plan') {
      throw new RollbackError(
        'invalid-plan',
        `input "plan-file": this is a ${forLog(data.kind)}, not a plan that changes a bucket`,
        'Give the output plan-file of a dry run of undelete, rollback or undo.',
      );
    }
    return;
  }
  throw invalid('it is empty');
}

function invalid(what: string): RollbackError {
  return new RollbackError(
    'invalid-plan',
    `input "plan-file": this is no plan: ${what}`,
    'The file was changed or cut short. Make a new plan with dry-run: true.',
  );
}

/** A plan with a destination changes another bucket than the one that its scope names: either name is right. */
function isForeign(bucket: string | undefined, given: string | undefined, header: PlanHeader): boolean {
  if (given === undefined || bucket === undefined || bucket === given) return false;
  return header.bucket !== given || !('destination' in header.scope);
}

function checkHeader({ reviewed }: ApplyRequest, header: PlanHeader, now: number): void {
  const { digest, maxAge } = reviewed;
  if (digest !== undefined && digest !== header.digest) {
    throw new RollbackError(
      'plan-digest-mismatch',
      `input "plan-digest": ${forLog(digest)} was approved, and the plan has ${forLog(header.digest)}`,
      'This is not the plan that was approved. Give the output plan-digest of the dry run that made this file, or make a new plan.',
    );
  }
  const createdAt = Date.parse(header.createdAt);
  const age = now - createdAt;
  if (Number.isNaN(age)) throw invalid(`it was made at ${forLog(header.createdAt)}, which is no time`);
  if (age < -MAX_AHEAD) {
    throw new RollbackError(
      'plan-from-the-future',
      `input "plan-file": the plan says that it was made at ${formatTime(createdAt)}, ${durationOf(-age)} from now`,
      'How old it is cannot be told. Make a new plan with dry-run: true; set the clock of the runner if it is wrong.',
    );
  }
  if (age > maxAge) {
    throw new RollbackError(
      'plan-too-old',
      `input "max-plan-age": the plan was made at ${formatTime(createdAt)}, ${durationOf(age)} ago; at most ${durationOf(maxAge)} are allowed`,
      'Make a new plan with dry-run: true, and look at it again. Or raise "max-plan-age": keys that changed since are left alone in any case.',
    );
  }
}

function foreign({ bucket, key }: PlannedKey, own: string): RollbackError {
  return new RollbackError(
    'plan-for-another-bucket',
    `input "bucket": the plan changes key ${forLog(key)} in bucket ${forLog(bucket)}, and ${forLog(own)} is given`,
    OWN_BUCKET,
  );
}

const OWN_BUCKET = 'Leave out "bucket", or give the plan of this one.';
