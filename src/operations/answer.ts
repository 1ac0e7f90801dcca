import { countEvent, type Incident, type MessageCounts } from '../core/incident.ts';
import type { Judge, Verdict } from '../core/judge.ts';
import type { Queue } from '../core/queue.ts';
import type { Sorter } from '../files/sort.ts';
import { keyGroups, type SpooledEvent } from './event-spool.ts';
import type { Ledger, Settled } from './ledger.ts';
import type { KeyOutcome, OutcomeSpool } from './outcome-spool.ts';

/** After so many seconds the next run should see an event again that may be, or is, one of a burst. */
const RECOUNT_SECONDS = 60;

export interface AccountDeps {
  readonly spool: Sorter<SpooledEvent>;
  readonly judge: Judge;
  readonly outcomes: OutcomeSpool;
  readonly ledger: Ledger;
  readonly incident: Incident;
  readonly dryRun: boolean;
}

/** Bring together what was asked and what became of it: for people, and for each message. */
export async function account({ spool, judge, outcomes, ledger, incident, dryRun }: AccountDeps): Promise<void> {
  const outcomeOf = await outcomes.reader();
  for await (const group of keyGroups(spool)) {
    for (const { bucket, key, events } of group) {
      const outcome = await outcomeOf({ bucket, key });
      const word = outcome?.word ?? (dryRun ? 'planned' : 'not-attempted');
      for (const { event, message } of events) {
        const verdict = judge.judge(event);
        countEvent(incident, event, verdict, word);
        if (message >= 0) ledger.settle(message, settledBy(verdict, outcome, dryRun));
      }
    }
  }
}

function settledBy(verdict: Verdict, outcome: KeyOutcome | undefined, dryRun: boolean): Settled {
  if (verdict.kind === 'irrelevant' || verdict.kind === 'leave') return 'ignored';
  if (verdict.kind === 'wait') {
    // Each receive counts towards the dead-letter queue, so it comes back when it is ripe; or earlier, to be counted.
    const { rule, seconds } = verdict;
    return { again: rule.onlyIf === undefined ? seconds : Math.min(seconds, RECOUNT_SECONDS) };
  }
  if (outcome === undefined) return dryRun ? 'done' : 'unreached';
  if (outcome.kind === 'failed' || outcome.kind === 'conflict') return 'failed';
  if (outcome.word === 'not-attempted') return 'unreached';
  if (outcome.word === 'held-off' || verdict.recount) return { again: RECOUNT_SECONDS };
  return 'done';
}

/**
 * Tell the queue. What cannot be told is no harm: messages then come again, and find nothing left to do.
 * `broken`: the run was refused or broken off, and would be again.
 */
export async function answerQueue(
  queue: Queue,
  ledger: Ledger,
  messages: MessageCounts,
  { dryRun, broken }: { dryRun: boolean; broken: boolean },
): Promise<void> {
  const { acknowledge, ignored, backOff, unreached, release } = ledger.answers();
  const later = [...release.values()].flat();
  messages.ignored = ignored.size;
  messages.deferred = later.length + unreached.length + backOff.length - messages.invalid;
  if (dryRun) return queue.release([...acknowledge, ...backOff, ...unreached, ...later], 0);

  const gone = await queue.acknowledge(acknowledge);
  messages.acknowledged = gone.size;
  messages.ignored = [...ignored].filter((id) => gone.has(id)).length;
  messages.deferred += acknowledge.length - gone.size;
  await queue.backOff(broken ? [...backOff, ...unreached] : backOff);
  if (!broken) await queue.release(unreached, 0);
  for (const [seconds, ids] of release) await queue.release(ids, seconds);
}
