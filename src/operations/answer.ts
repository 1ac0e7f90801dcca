import { identityOf } from '../core/event.ts';
import { countEvent, type Incident, type MessageCounts } from '../core/incident.ts';
import type { Judge, Verdict } from '../core/judge.ts';
import type { Queue } from '../core/queue.ts';
import type { Sorter } from '../files/sort.ts';
import { keyGroups, type SpooledEvent } from './event-spool.ts';
import type { Ledger, Settled } from './ledger.ts';
import type { KeyOutcome, OutcomeSpool } from './outcome-spool.ts';

/** After so many seconds the next run should see an event again that may be, or is, one of a burst. */
const RECOUNT_SECONDS = 60;
/** After so many seconds the event of a newer marker, which was not there yet, should have come. */
const LATE_SECONDS = 300;

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
      const seen = new Set<string>();
      const verdicts = events.map(({ event }) => judge.judge(event));
      const wait = longestWait(verdicts);
      events.forEach(({ event, message }, i) => {
        const verdict = verdicts[i] ?? { kind: 'irrelevant' };
        const identity = identityOf(event);
        if (!seen.has(identity)) countEvent(incident, event, verdict, word);
        seen.add(identity);
        if (message >= 0) ledger.settle(message, settledBy(verdict, outcome, dryRun, wait));
      });
    }
  }
}

/**
 * How long the messages of a key wait, in seconds, if any of them is too young: all of them, so that they are judged together. A
 * deletion that was wanted must be known of when the other is ripe.
 */
function longestWait(verdicts: readonly Verdict[]): number | undefined {
  const waits = verdicts.flatMap((verdict) => (verdict.kind === 'wait' ? [verdict] : []));
  if (waits.length === 0) return undefined;
  const seconds = Math.max(...waits.map((wait) => wait.seconds));
  // Each receive counts towards the dead-letter queue, so they come back when they are ripe; or earlier, to be counted.
  const isCounted = waits.some(({ rule }) => rule.onlyIf !== undefined);
  return isCounted ? Math.min(seconds, RECOUNT_SECONDS) : seconds;
}

function settledBy(
  verdict: Verdict,
  outcome: KeyOutcome | undefined,
  dryRun: boolean,
  wait: number | undefined,
): Settled {
  if (verdict.kind === 'irrelevant') return 'ignored';
  if (wait !== undefined) return { again: wait };
  if (verdict.kind !== 'act') return 'ignored';
  if (outcome === undefined) return dryRun ? 'done' : 'unreached';
  if (outcome.kind === 'failed' || outcome.kind === 'conflict') return 'failed';
  if (outcome.word === 'not-attempted') return 'unreached';
  if (outcome.word === 'held-off') return { again: LATE_SECONDS };
  if (verdict.recount) return { again: RECOUNT_SECONDS };
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
