import { dirname, join } from 'node:path';
import { CancelledError } from '../core/errors.ts';
import { countOutcome, newTally, type RunResult, type Tally, uncountPlanned } from '../core/report.ts';
import type { ApplyRequest, ChangeRequest } from '../core/request.ts';
import { forLog } from '../core/text.ts';
import { countOf } from '../core/words.ts';
import { openJournal } from '../files/journal.ts';
import { readPlan } from '../files/plan-spool.ts';
import { carryOut } from './carry-out.ts';
import { type Chunk, type ChunkKey, chunkKeyOf, chunksOf } from './chunk.ts';
import { checkDrift } from './drift.ts';
import { lookAtBuckets } from './look.ts';
import { checkPlan, noteFacts } from './plan-checks.ts';
import { commonPrefix, openReviewed, type Reviewed } from './reviewed.ts';
import { finishRun, type RunDeps } from './run.ts';

/**
 * A plan that was reviewed is carried out: exactly that plan. Nothing is derived anew; each key is looked at before its first
 * step, and left alone where it is not what the plan saw.
 * Never throws for what happens in the bucket: the result says what was done and why the run was refused or broken off.
 */
export async function applyPlan(request: ApplyRequest, deps: RunDeps): Promise<RunResult> {
  const startedAt = deps.now();
  const { narrator, buckets, concurrency, stop } = deps;
  const tally = newTally(deps.onOutcome);
  const folder = join(dirname(request.reportFile), 'spool');
  let journalFile: string | undefined;
  let reviewed: Reviewed | undefined;
  let thrown: unknown;
  try {
    narrator.phase('Plan: reading it, and checking its digest');
    reviewed = await openReviewed(request, deps.now(), tally);
    const { header, plan } = reviewed;
    narrator.say(
      `${countOf(tally.totals.planned, 'key')} to change, as planned by ${forLog(header.operation)} at ${header.createdAt}; digest ${header.digest}.`,
    );
    narrator.phase('Preflight');
    const facts = await lookAtBuckets({ input: request.scope.bucket, named: reviewed.buckets, by: 'the plan' }, deps);
    // The plan of an undo deletes copies; what its header says of the method is not what counts.
    const method = plan.versionDeletes > 0 ? 'delete' : header.method;
    const scope = { ...request.scope, prefix: commonPrefix(header.scope) };
    const asPlanned: ChangeRequest = { ...request, scope, method };
    noteFacts(asPlanned, facts, plan, tally);
    checkPlan(asPlanned, facts, plan, tally);
    const beforeChunk = (chunk: Chunk) => checkDrift(chunk, { buckets, concurrency });
    if (request.dryRun) {
      narrator.phase('Drift: looking at every key of the plan');
      await findDrift(plan.file, header.digest, beforeChunk, tally, { prefix: scope.prefix, stop });
    } else if (tally.totals.planned > 0) {
      narrator.phase(`Apply: ${countOf(tally.totals.planned, 'key')}`);
      const journal = await openJournal(request.journalFile, narrator);
      journalFile = request.journalFile;
      await carryOut(asPlanned, plan, { ...deps, facts, folder, journal, beforeChunk }, tally);
    }
  } catch (error) {
    thrown = error;
  }
  const asked = reviewed && {
    scope: reviewed.header.scope,
    target: { ...reviewed.header.target, method: reviewed.header.method },
  };
  return finishRun(request, deps, tally, { startedAt, thrown, plan: reviewed?.plan, journalFile, asked });
}

/** What a dry run can tell of a plan: which of its keys are not what it saw any more. */
async function findDrift(
  planFile: string,
  digest: string,
  check: (chunk: Chunk) => Promise<void>,
  tally: Tally,
  { prefix, stop }: { prefix: string; stop: AbortSignal },
): Promise<void> {
  for await (const chunk of chunksOf(keysOf(planFile, digest))) {
    if (stop.aborted) throw new CancelledError();
    await check(chunk);
    for (const { line, outcome } of chunk.keys) {
      if (outcome === undefined) continue;
      // Not to be changed any more, so that every key counts once.
      uncountPlanned(tally, line, prefix);
      countOutcome(tally, line.bucket, line.key, outcome, prefix);
    }
  }
}

async function* keysOf(planFile: string, digest: string): AsyncGenerator<ChunkKey> {
  for await (const line of readPlan(planFile, digest)) yield chunkKeyOf(line);
}
