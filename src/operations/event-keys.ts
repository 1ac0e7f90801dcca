import { beforeEvents, type Judged, whyLeft } from '../core/before-events.ts';
import { forEachConcurrently } from '../core/concurrent.ts';
import { CancelledError, RollbackError } from '../core/errors.ts';
import { identityOf } from '../core/event.ts';
import type { KeyHistory } from '../core/history.ts';
import type { Judge } from '../core/judge.ts';
import type { Narrator } from '../core/narrator.ts';
import { type Failure, type Outcome, stopsTheRun } from '../core/outcome.ts';
import { type BucketFacts, type Buckets, S3Failure } from '../core/ports.ts';
import { forLog } from '../core/text.ts';
import type { PlanSpool } from '../files/plan-spool.ts';
import type { Sorter } from '../files/sort.ts';
import { type KeyEvents, keyGroups, type SpooledEvent } from './event-spool.ts';
import type { Candidate, Planner } from './planner.ts';

/** Groups of keys whose histories are read side by side. */
const GROUPS_AT_ONCE = 4;

export interface EventKeysDeps {
  readonly buckets: Buckets;
  readonly narrator: Narrator;
  readonly judge: Judge;
  readonly stop: AbortSignal;
  /** ms. */
  readonly now: number;
  /** Preflight of each bucket is noted here when its first key comes up. */
  readonly facts: Map<string, BucketFacts>;
}

/** Let the judge see every event once, whatever the number of its deliveries. */
export async function countEvents(spool: Sorter<SpooledEvent>, judge: Judge, stop: AbortSignal): Promise<void> {
  for await (const group of keyGroups(spool)) {
    if (stop.aborted) throw new CancelledError();
    for (const { events } of group) {
      const seen = new Set<string>();
      for (const { event } of events) {
        const identity = identityOf(event);
        if (seen.has(identity)) continue;
        seen.add(identity);
        judge.count(event);
      }
    }
  }
}

/**
 * Decide on every key that events tell of, and spool the lines of those that change. The histories of keys are read only
 * where an event asks for it. A bucket that cannot be read fails its own keys, and no others.
 * @throws RollbackError, S3Failure where nothing else can succeed either; CancelledError
 */
export async function planEvents(
  spool: Sorter<SpooledEvent>,
  plan: Planner,
  lines: PlanSpool,
  deps: EventKeysDeps,
): Promise<void> {
  const { buckets, narrator, judge, facts, now, stop } = deps;
  const preflights = new Map<string, Promise<Failure | undefined>>();
  let number = 0;
  let done = 0;
  await forEachConcurrently(keyGroups(spool), GROUPS_AT_ONCE, async (group) => {
    if (stop.aborted) throw new CancelledError();
    // Ascending with the keys, as the spool wants it.
    const part = lines.segment(String(number++).padStart(12, '0'));
    try {
      await part.write(await plan(await candidatesOf(group)));
      done += group.length;
      narrator.progress(done, undefined, 'keys looked at');
    } finally {
      await part.end();
    }
  });

  async function candidatesOf(group: readonly KeyEvents[]): Promise<Candidate[]> {
    const keys = group.flatMap(({ bucket, key, events }) => {
      const judged = judgedOf(events, judge);
      if (judged.length === 0) return [];
      const receives = events.reduce((most, one) => Math.max(most, one.receives), 0);
      return [{ bucket, key, judged, receives, left: whyLeft(judged) }];
    });
    const asked = keys.filter(({ left }) => left === undefined);
    const histories = await read(
      group[0]?.bucket ?? '',
      asked.map(({ key }) => key),
    );
    return keys.map(({ bucket, key, judged, receives, left }): Candidate => {
      const nothing: KeyHistory = { key, entries: [] };
      if (left !== undefined) return { bucket, history: nothing, settled: { kind: 'skipped', reason: left } };
      if (!(histories instanceof Map)) {
        return { bucket, history: nothing, settled: { kind: 'failed', failure: histories } };
      }
      const history = histories.get(key) ?? nothing;
      const found = beforeEvents(history, judged, { now, receives });
      if (found.kind !== 'back') return { bucket, history, settled: settledAs(found) };
      const { versionId, last } = found;
      return { bucket, history, target: { kind: 'version', versionId }, ...(last !== undefined && { last }) };
    });
  }

  /** The histories of keys of one bucket, or why it cannot be read. */
  async function read(bucket: string, keys: readonly string[]): Promise<Map<string, KeyHistory> | Failure> {
    if (keys.length === 0) return new Map();
    const known = preflights.get(bucket) ?? look(bucket);
    preflights.set(bucket, known);
    const failure = await known;
    if (failure !== undefined) return failure;
    try {
      return new Map(await buckets.open(bucket).readHistories(keys));
    } catch (error) {
      return ownFailure(error);
    }
  }

  async function look(bucket: string): Promise<Failure | undefined> {
    try {
      const found = await buckets.open(bucket).preflight();
      facts.set(bucket, found);
      return found.mfaDelete ? mfaDelete(bucket) : undefined;
    } catch (error) {
      return ownFailure(error);
    }
  }
}

/** Of this bucket alone: those of other buckets must not wait for it. */
function mfaDelete(bucket: string): Failure {
  return {
    code: 'mfa-delete-enabled',
    message: `bucket ${forLog(bucket)} has MFA delete enabled: its delete markers can only be removed with a one-time password`,
    hint: "The bucket owner's root user can remove them, or turn MFA delete off (PutBucketVersioning). The bot cannot guard this bucket.",
  };
}

/** What is wrong with one bucket only. @throws the error where it is not of that bucket alone */
function ownFailure(error: unknown): Failure {
  if (error instanceof S3Failure && !stopsTheRun(error.failure.code)) return error.failure;
  const isOwn = error instanceof RollbackError && !(error instanceof CancelledError);
  if (!isOwn || stopsTheRun(error.code) || EVERY_BUCKET.has(error.code)) throw error;
  return { code: error.code, message: error.message, hint: error.hint };
}

const EVERY_BUCKET: ReadonlySet<string> = new Set(['no-credentials', 'endpoint-unreachable']);

function settledAs(found: Exclude<ReturnType<typeof beforeEvents>, { kind: 'back' }>): Outcome {
  if (found.kind === 'wait') return { kind: 'skipped', reason: 'held-off', again: found.seconds };
  return found.kind === 'skip' ? { kind: 'skipped', reason: found.reason } : { kind: 'unchanged' };
}

function judgedOf(events: readonly SpooledEvent[], judge: Judge): Judged[] {
  return events.flatMap(({ event }) => {
    const verdict = judge.judge(event);
    return verdict.kind === 'irrelevant' ? [] : [{ event, verdict }];
  });
}
