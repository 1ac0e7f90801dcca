import { dirname, join } from 'node:path';
import { forEachConcurrently } from '../core/concurrent.ts';
import { sameObject } from '../core/copy.ts';
import type { Place } from '../core/decide.ts';
import { RollbackError } from '../core/errors.ts';
import { stopsTheRun } from '../core/outcome.ts';
import { type BucketFacts, type Buckets, S3Failure } from '../core/ports.ts';
import { newTally, type RunResult } from '../core/report.ts';
import type { UndoRequest } from '../core/request.ts';
import { forLog } from '../core/text.ts';
import { type Presumed, type Undoing, undoKey, type Window } from '../core/undo.ts';
import { countOf } from '../core/words.ts';
import { openJournal } from '../files/journal.ts';
import type { PlanSpool } from '../files/plan-spool.ts';
import { openArchivedSpool } from './archived.ts';
import { carryOut } from './carry-out.ts';
import { type JournalSteps, readJournalSteps, stepGroups } from './journal-steps.ts';
import { lookAtBuckets } from './look.ts';
import { makePlan } from './plan.ts';
import { checkPlan, noteFacts } from './plan-checks.ts';
import type { Candidate, Plan, Planner } from './planner.ts';
import { finishRun, type RunDeps } from './run.ts';

/** Groups of keys whose histories are read side by side. */
const GROUPS_AT_ONCE = 4;
/** Clocks of two runners, in ms. What is further off is a conflict, which a person can look at. */
const RUNNERS_DIFFER = 5 * 60_000;

/**
 * An earlier run is taken back: journal in → read histories → decide → carry out → prove → tell.
 * Never throws for what happens in the bucket: the result says what was done and why the run was refused or broken off.
 */
export async function undo(request: UndoRequest, deps: RunDeps): Promise<RunResult> {
  const startedAt = deps.now();
  const { narrator, stop } = deps;
  const tally = newTally(deps.onOutcome);
  const folder = join(dirname(request.reportFile), 'spool');
  const archived = openArchivedSpool(join(folder, 'archived'));
  let journalFile: string | undefined;
  let steps: JournalSteps | undefined;
  let plan: Plan | undefined;
  let thrown: unknown;
  try {
    narrator.phase('Journal: reading it');
    steps = await readJournalSteps(request.undoneJournal, folder, stop);
    const { header, buckets } = steps;
    checkJournal(request, steps);
    narrator.say(`The journal of the ${forLog(header.operation)} that began at ${header.startedAt}.`);
    narrator.phase('Preflight');
    const facts = await lookAtBuckets({ input: request.scope.bucket, named: buckets, by: 'the journal' }, deps);
    narrator.phase('Plan: reading the histories');
    const { steps: own } = steps;
    const window = await serverWindow(steps, deps);
    const keys = {
      plan: (planner: Planner, lines: PlanSpool) =>
        planUndo({ steps: own, window }, planner, lines, { ...deps, facts }),
    };
    plan = await makePlan(request, keys, { ...deps, facts, archived }, tally);
    const { keysExamined, planned, unchanged, conflicts, failed } = tally.totals;
    narrator.say(
      `${countOf(keysExamined, 'key')} in the journal: ${planned} to take back, ${unchanged} as before, ` +
        `${conflicts} written since, ${failed} that cannot come back.`,
    );
    if (!steps.ended) {
      tally.notes.add(
        'The journal has no end: that run was killed. Steps whose answer it does not have were looked for in the bucket.',
      );
    }
    noteFacts(request, facts, plan, tally);
    checkPlan(request, facts, plan, tally);
    if (!request.dryRun && tally.totals.planned > 0) {
      narrator.phase(`Apply: ${countOf(tally.totals.planned, 'key')}`);
      const journal = await openJournal(request.journalFile, narrator);
      journalFile = request.journalFile;
      await carryOut(request, plan, { ...deps, facts, folder, journal }, tally);
    }
  } catch (error) {
    thrown = error;
  }
  await steps?.steps.cleanUp().catch(() => {});
  await archived.cleanUp().catch(() => {});
  return finishRun(request, deps, tally, { startedAt, thrown, plan, journalFile });
}

/**
 * When the run went on, by the clock that stamps versions: the clock of this runner tells how far that one is off. The two
 * runners may differ a little. A server without a clock is taken for right.
 */
async function serverWindow({ window, buckets }: JournalSteps, deps: RunDeps): Promise<Window> {
  const [bucket] = buckets;
  if (bucket === undefined) return window;
  const now = deps.now();
  const serverNow = await deps.buckets
    .open(bucket)
    .serverTime()
    .catch((error: unknown) => {
      if (error instanceof RollbackError && error.code === 'no-server-clock') return now;
      throw error;
    });
  const off = serverNow - now;
  return { from: window.from + off - RUNNERS_DIFFER, to: window.to + off + RUNNERS_DIFFER };
}

function checkJournal({ scope, undoneJournal }: UndoRequest, { header, buckets }: JournalSteps): void {
  if (header.dryRun) {
    throw new RollbackError(
      'journal-of-dry-run',
      `input "journal-file": ${forLog(undoneJournal)} is of a dry run, which changed nothing`,
      'There is nothing to take back. Give the journal of the run that changed something.',
    );
  }
  // A run with a destination changed another bucket than the one that its scope names: either name is right.
  const changed = [...buckets].find((bucket) => bucket !== scope.bucket);
  const other = changed ?? (buckets.size === 0 ? header.bucket : undefined);
  if (scope.bucket !== undefined && other !== undefined && header.bucket !== scope.bucket) {
    throw new RollbackError(
      'journal-for-another-bucket',
      `input "bucket": the journal is of bucket ${forLog(other)}, and ${forLog(scope.bucket)} is given`,
      'Leave out "bucket", or give the journal of a run in this one.',
    );
  }
}

/** Decide on every key of the journal, and spool the lines of those that change. */
async function planUndo(
  { steps, window }: Pick<JournalSteps, 'steps'> & { readonly window: Window },
  plan: Planner,
  lines: PlanSpool,
  { buckets, facts, narrator, concurrency }: RunDeps & { facts: ReadonlyMap<string, BucketFacts> },
): Promise<void> {
  let number = 0;
  let done = 0;
  await forEachConcurrently(stepGroups(steps), GROUPS_AT_ONCE, async (group) => {
    // Ascending with the keys, as the spool wants it.
    const part = lines.segment(String(number++).padStart(12, '0'));
    try {
      const bucket = group[0]?.bucket ?? '';
      const histories = await buckets.open(bucket).readHistories(group.map(({ key }) => key));
      const versioning = facts.get(bucket)?.versioning ?? 'Enabled';
      const candidates: Candidate[] = [];
      await forEachConcurrently(group.entries(), concurrency, async ([i, { key, steps: own }]) => {
        const history = histories.get(key) ?? { key, entries: [] };
        const undoing = undoKey(history, { bucket, versioning, steps: own, window });
        candidates[i] = { bucket, history, settled: await proven(undoing, { bucket, key }, buckets) };
      });
      await part.write(await plan(candidates));
      done += group.length;
      narrator.progress(done, undefined, 'keys looked at');
    } finally {
      await part.end();
    }
  });
}

/** What nothing but its content tells to be of the run is compared with what the run copied, before it may go. */
async function proven(undoing: Undoing, place: Place, buckets: Buckets): Promise<Undoing> {
  if (undoing.kind !== 'change' || undoing.presumed === undefined) return undoing;
  try {
    for (const presumed of undoing.presumed) {
      if (!(await isCopy(place, presumed, buckets))) return { kind: 'conflict', found: MAY_BE_FOREIGN };
    }
    return undoing;
  } catch (error) {
    if (!(error instanceof S3Failure) || stopsTheRun(error.failure.code)) throw error;
    return { kind: 'failed', failure: error.failure };
  }
}

async function isCopy({ bucket, key }: Place, { versionId, copyOf }: Presumed, buckets: Buckets): Promise<boolean> {
  const entry = await buckets.open(bucket).headVersion(key, versionId, true);
  if (entry === undefined) return false;
  for (const copied of copyOf) {
    const source = await buckets.open(copied.bucket).headVersion(copied.key, copied.versionId, true);
    if (source !== undefined && sameObject(entry, source)) return true;
  }
  return false;
}

const MAY_BE_FOREIGN =
  'the journal does not have the id of what the run wrote, and what is there differs from what it copied,';
