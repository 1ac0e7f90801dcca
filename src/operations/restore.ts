import { dirname, join } from 'node:path';
import { newTally, type RunResult } from '../core/report.ts';
import type { RestoreRequest } from '../core/request.ts';
import { countOf } from '../core/words.ts';
import { openJournal } from '../files/journal.ts';
import { openArchivedSpool, requestArchived } from './archived.ts';
import { carryOut } from './carry-out.ts';
import { lookAtBuckets } from './look.ts';
import { nothingInScope } from './not-there.ts';
import { makePlan } from './plan.ts';
import { checkPlan, noteFacts } from './plan-checks.ts';
import type { Plan } from './planner.ts';
import { readRows } from './rows.ts';
import { finishRun, type RunDeps } from './run.ts';

export interface RestoreDeps extends RunDeps {
  /** See CarryOutDeps. */
  readonly markersFirst?: boolean;
}

/**
 * Undelete and rollback: read histories → decide → carry out → prove → tell.
 * Never throws for what happens in the bucket: the result says what was done and why the run was refused or broken off.
 */
export async function restore(request: RestoreRequest, deps: RestoreDeps): Promise<RunResult> {
  const startedAt = deps.now();
  const tally = newTally(deps.onOutcome);
  const folder = join(dirname(request.reportFile), 'spool');
  const archived = openArchivedSpool(join(folder, 'archived'));
  const cleanUps = [() => archived.cleanUp()];
  let journalFile: string | undefined;
  let plan: Plan | undefined;
  let thrown: unknown;
  try {
    const { manifest } = request;
    if (manifest !== undefined) deps.narrator.phase('Manifest: reading the rows');
    const rows =
      manifest === undefined ? undefined : await readRows({ ...request, manifest }, { ...deps, folder }, tally);
    if (rows !== undefined) cleanUps.push(() => rows.cleanUp());

    deps.narrator.phase('Preflight');
    const { scope, destination } = request;
    const facts = await lookAtBuckets(
      { input: scope.bucket, named: rows?.buckets ?? [], by: 'the manifest', destination: destination?.bucket },
      deps,
    );
    deps.narrator.phase('Plan: reading the histories');
    plan = await makePlan(request, rows, { ...deps, facts, archived }, tally);
    const { keysExamined, entriesExamined, planned, unchanged, skipped } = tally.totals;
    deps.narrator.say(
      `${countOf(keysExamined, 'key')} in scope with ${countOf(entriesExamined, 'version and delete marker', 'versions and delete markers')}: ` +
        `${planned} to change, ${unchanged} as ${unchanged === 1 ? 'it' : 'they'} should be, ${skipped} skipped.`,
    );
    noteFacts(request, facts, plan, tally);
    if (tally.totals.keysExamined === 0) nothingInScope(request, tally);
    checkPlan(request, facts, plan, tally);
    if (!request.dryRun && request.archived !== undefined) {
      await requestArchived(request.archived, request, { ...deps, archived }, tally);
    }
    if (!request.dryRun && tally.totals.planned > 0) {
      deps.narrator.phase(`Apply: ${countOf(tally.totals.planned, 'key')}`);
      const journal = await openJournal(request.journalFile, deps.narrator);
      journalFile = request.journalFile;
      await carryOut(request, plan, { ...deps, facts, folder, journal }, tally);
    }
  } catch (error) {
    thrown = error;
  } finally {
    for (const cleanUp of cleanUps) await cleanUp().catch(() => {});
  }
  return finishRun(request, deps, tally, { startedAt, thrown, plan, journalFile });
}
