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

export interface AccountDeps {
  readonly spool: Sorter<SpooledEvent>;
  readonly judge: Judge;
  readonly outcomes: OutcomeSpool;
  readonly ledger: Ledger;
  readonly incident: Incident;
  readonly dryRun: boolean;
  /** The plan was made: what has no outcome then is in it. */
  readonly planned: boolean;
}

/** Bring together what was asked and what became of it: for people, and for each message. */
export async function account(deps: AccountDeps): Promise<void> {
  const { spool, judge, outcomes, ledger, incident, dryRun, planned } = deps;
  const outcomeOf = await outcomes.reader();
  for await (const group of keyGroups(spool)) {
    for (const { bucket, key, events } of group) {
      const outcome = await outcomeOf({ bucket, key });
      const word = outcome?.word ?? (dryRun && planned ? 'planned' : 'not-attempted');
      const verdicts = events.map(({ event }) => judge.judge(event));
      const fate = fateOf(verdicts, outcome, dryRun);
      const tied: number[] = [];
      const seen = new Set<string>();
      events.forEach(({ event, message }, i) => {
        const verdict = verdicts[i] ?? { kind: 'irrelevant' };
        const identity = identityOf(event);
        if (!seen.has(identity)) countEvent(incident, event, verdict, word);
        seen.add(identity);
        if (message < 0) return;
        ledger.settle(message, settledBy(verdict, fate));
        if (verdict.kind !== 'irrelevant') tied.push(message);
      });
      ledger.tie(tied);
    }
  }
}

/**
 * What becomes of the messages of one key. They share one fate: as long as one of them has to come again, so have all others,
 * also those that tell of wanted deletions, for nothing would know of these any more when that one is decided on. So they are
 * tied in the ledger too: a message may come again for another key that it tells of.
 */
function fateOf(verdicts: readonly Verdict[], outcome: KeyOutcome | undefined, dryRun: boolean): Settled {
  const waits = verdicts.flatMap((verdict) => (verdict.kind === 'wait' ? [verdict] : []));
  if (waits.length > 0) {
    const seconds = waits.reduce((most, wait) => Math.max(most, wait.seconds), 0);
    // Each receive counts towards the dead-letter queue, so they come back when they are ripe; or earlier, to be counted.
    const isCounted = waits.some(({ rule }) => rule.onlyIf !== undefined);
    return { again: isCounted ? Math.min(seconds, RECOUNT_SECONDS) : seconds };
  }
  if (!verdicts.some(({ kind }) => kind === 'act')) return 'done';
  if (outcome === undefined) return dryRun ? 'done' : 'unreached';
  if (outcome.kind === 'failed' || outcome.kind === 'conflict') return 'failed';
  if (outcome.word === 'not-attempted') return 'unreached';
  if (outcome.again !== undefined) return { again: outcome.again };
  if (outcome.word === 'held-off') return { again: RECOUNT_SECONDS };
  return verdicts.some((verdict) => verdict.kind === 'act' && verdict.recount) ? { again: RECOUNT_SECONDS } : 'done';
}

function settledBy(verdict: Verdict, fate: Settled): Settled {
  if (verdict.kind === 'irrelevant') return 'ignored';
  return fate === 'done' && verdict.kind === 'leave' ? 'ignored' : fate;
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
