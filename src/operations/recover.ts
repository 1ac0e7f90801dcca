import { dirname, join } from 'node:path';
import { CancelledError, RollbackError } from '../core/errors.ts';
import { newIncident } from '../core/incident.ts';
import { openJudge } from '../core/judge.ts';
import { DEFAULT_POLICY, type Policy } from '../core/policy.ts';
import type { BucketFacts } from '../core/ports.ts';
import type { Queue } from '../core/queue.ts';
import { newTally, type RunResult, type Tally } from '../core/report.ts';
import type { RecoverRequest } from '../core/request.ts';
import { forLog } from '../core/text.ts';
import { countOf } from '../core/words.ts';
import { openJournal } from '../files/journal.ts';
import { readPolicy } from '../policy/index.ts';
import { account, answerQueue } from './answer.ts';
import { openArchivedSpool } from './archived.ts';
import { carryOut } from './carry-out.ts';
import { countEvents, planEvents } from './event-keys.ts';
import { openEventSpool } from './event-spool.ts';
import { takeIn } from './intake.ts';
import { openLedger } from './ledger.ts';
import { openOutcomeSpool } from './outcome-spool.ts';
import { makePlan } from './plan.ts';
import { checkPlan, noteFacts } from './plan-checks.ts';
import type { KeySource, Plan } from './planner.ts';
import { finishRun, type RunDeps } from './run.ts';

export interface RecoverDeps extends RunDeps {
  /** Where the events come from a queue. It is closed here. */
  readonly queue?: Queue | undefined;
  /** Who we are, as STS says it; `undefined` where it does not. Absent: there is nobody to ask. */
  readonly self?: Promise<string | undefined> | undefined;
}

/**
 * The bot: events in → judge by the policy → read histories → decide → carry out → prove → answer the queue → tell.
 * Never throws for what happens in queue or buckets: the result says what was done and why the run was broken off.
 */
export async function recover(request: RecoverRequest, deps: RecoverDeps): Promise<RunResult> {
  const startedAt = deps.now();
  const { narrator, queue, stop } = deps;
  const folder = join(dirname(request.reportFile), 'spool');
  const spool = openEventSpool(folder);
  const outcomes = openOutcomeSpool(folder);
  const archived = openArchivedSpool(join(folder, 'archived'));
  const ledger = openLedger();
  const messages = { received: 0, acknowledged: 0, ignored: 0, deferred: 0, invalid: 0 };
  const incident = newIncident();
  const tally: Tally = { ...newTally(tellBoth(outcomes.add, deps.onOutcome)), messages, incident };
  const { dryRun } = request;
  let journalFile: string | undefined;
  let plan: Plan | undefined;
  let thrown: unknown;
  try {
    const policy = await policyOf(request, tally);
    narrator.phase(queue === undefined ? 'Event' : 'Queue: receiving');
    await takeIn(request, { queue, narrator, spool, ledger, messages, incident, notes: tally.notes });

    const now = deps.now();
    const judge = openJudge(policy, { now, self: await whoWeAre(deps, tally) });
    await countEvents(spool, judge, stop);
    narrator.phase('Plan: reading the histories');
    const facts = new Map<string, BucketFacts>();
    const keys: KeySource = {
      plan: (planner, lines) => planEvents(spool, planner, lines, { ...deps, judge, facts, now }),
    };
    try {
      plan = await makePlan(request, keys, { ...deps, facts, archived }, tally);
      const { keysExamined, planned, unchanged, skipped, failed } = tally.totals;
      narrator.say(
        `${countOf(keysExamined, 'key')} with events: ${planned} to restore, ${unchanged} restored before, ` +
          `${skipped} left alone, ${failed} failed.`,
      );
      noteFacts(request, facts, plan, tally);
      if (queue === undefined && (tally.skipped['held-off'] ?? 0) > 0) {
        tally.notes.add(
          'An event that is given as an input does not come again: what is left for a later run is left for good.',
        );
      }
      checkPlan(request, facts, plan, tally);
      if (!dryRun && tally.totals.planned > 0) {
        narrator.phase(`Apply: ${countOf(tally.totals.planned, 'key')}`);
        const journal = await openJournal(request.journalFile, narrator);
        journalFile = request.journalFile;
        await carryOut(request, plan, { ...deps, facts, folder, journal }, tally);
      }
    } finally {
      await account({ spool, judge, outcomes, ledger, incident, dryRun, planned: plan !== undefined });
    }
  } catch (error) {
    thrown = error;
  }
  if (queue !== undefined) {
    await answerQueue(queue, ledger, messages, { dryRun, broken: thrown !== undefined }).catch((error: unknown) => {
      thrown ??= error;
    });
    queue.close();
    // Told to stop while it answered: what was restored is restored, and the messages come again.
    if (stop.aborted) thrown ??= new CancelledError();
    thrown ??= queueProblem(queue, tally);
  }
  for (const spooled of [spool, outcomes, archived]) await spooled.cleanUp().catch(() => {});
  return finishRun(request, deps, tally, { startedAt, thrown, plan, journalFile });
}

function tellBoth(own: OnOutcome, other: OnOutcome | undefined): OnOutcome {
  if (other === undefined) return own;
  return (place, outcome) => {
    own(place, outcome);
    other(place, outcome);
  };
}

type OnOutcome = NonNullable<Tally['onOutcome']>;

async function whoWeAre({ self }: RecoverDeps, tally: Tally): Promise<string | undefined> {
  if (self === undefined) return undefined;
  const id = await self;
  if (id === undefined) {
    tally.notes.add(
      'STS did not say who this run is, so deletions by its own identity could not be told apart: they are undone like others. ' +
        'Check the network of the runner; or list that identity under wanted-by.',
    );
  }
  return id;
}

/** The policy file; without one, every deletion is undone, which is said. */
async function policyOf({ policyFile }: RecoverRequest, tally: Tally): Promise<Policy> {
  const { path, given, required } = policyFile;
  // Also of a file that cannot be used: it is there.
  if (tally.incident !== undefined) tally.incident.policy = given;
  const policy = await readPolicy(path, given);
  if (policy !== undefined) return policy;
  if (tally.incident !== undefined) delete tally.incident.policy;
  if (required) {
    throw new RollbackError(
      'policy-not-found',
      `input "policy-file": there is no file ${forLog(given)} in the workspace`,
      'Check the path. The file has to be checked out first: actions/checkout comes before this step.',
    );
  }
  tally.notes.add(
    `There is no policy file ${forLog(given)}: every deletion by delete marker is undone, whoever made it, but those of lifecycle rules. ` +
      'If you have one: actions/checkout comes before this step.',
  );
  return DEFAULT_POLICY;
}

/** What the queue could not do although the run went on: the first stops nothing and must not be green; all are told. */
function queueProblem({ problems }: Queue, tally: Tally): RollbackError | undefined {
  const [first, ...others] = problems;
  for (const { message, hint } of others) tally.notes.add(`${message}. ${hint}`);
  return first && new RollbackError(first.code, first.message, first.hint);
}
