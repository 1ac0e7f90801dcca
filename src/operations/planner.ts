import { forEachConcurrently } from '../core/concurrent.ts';
import { type CopyQuestion, type Decision, decide, type Wish } from '../core/decide.ts';
import type { KeyHistory } from '../core/history.ts';
import { keyBytes, MAX_KEY_BYTES } from '../core/keys.ts';
import type { Narrator } from '../core/narrator.ts';
import { type Failure, type Outcome, stopsTheRun } from '../core/outcome.ts';
import type { PlannedKey } from '../core/plan.ts';
import { type BucketFacts, type Buckets, S3Failure } from '../core/ports.ts';
import { countOutcome, countPlanned, type Tally } from '../core/report.ts';
import { type ChangeRequest, changedPlace, changedPrefix } from '../core/request.ts';
import type { Target } from '../core/target.ts';
import { forLog } from '../core/text.ts';
import type { PlanSpool } from '../files/plan-spool.ts';
import type { Sorter } from '../files/sort.ts';
import { type ArchivedKey, collectArchived } from './archived.ts';
import { versionNotFound, versionRefused } from './not-there.ts';
import { countLine, type PlanCounts } from './plan-counts.ts';
import { readPlaces } from './read-places.ts';
import { type SettledCopy, settleCopy } from './settle.ts';

export interface Plan extends Readonly<PlanCounts> {
  readonly file: string;
  readonly digest: string;
}

export interface PlanDeps {
  readonly buckets: Buckets;
  readonly facts: ReadonlyMap<string, BucketFacts>;
  readonly narrator: Narrator;
  readonly stop: AbortSignal;
  readonly now: () => number;
  readonly concurrency: number;
  /** Takes the keys of which a version has to be restored from an archive first. */
  readonly archived: Sorter<ArchivedKey>;
}

/** A key to be planned: its history, which is empty where there is no such key, and what a manifest says of it. */
export interface Candidate {
  readonly bucket: string;
  readonly history: KeyHistory;
  readonly versionIds?: readonly string[];
  /** Named by an inventory, so what it says of the key may be over: no entry of it needs to be left. */
  readonly mayBeGone?: boolean;
  /** Where each key has a target of its own. */
  readonly target?: Target;
  /** Decided on already: it is only counted, and its line taken. */
  readonly settled?: Outcome | { readonly kind: 'change'; readonly line: PlannedKey };
  /** Of several markers that go: the one that goes last. */
  readonly last?: string;
}

/** Where keys come from, other than a listing of the bucket. */
export interface KeySource {
  /** Plan all keys, and spool the lines of those that change. */
  plan(plan: Planner, spool: PlanSpool): Promise<void>;
}

/** Decides on a batch of keys, in S3's order; counts each of them, and gives the lines of those to change. */
export type Planner = (batch: readonly Candidate[]) => Promise<PlannedKey[]>;

export function planner(request: ChangeRequest, deps: PlanDeps, counts: PlanCounts, tally: Tally): Planner {
  const { buckets, facts } = deps;
  const prefix = changedPrefix(request);
  const options = { preserve: request.preserve, now: deps.now() };

  return async (batch) => {
    const wishes = await asWishes(batch);
    const decisions: (Outcome | SettledCopy)[] = [];
    await forEachConcurrently(wishes.entries(), deps.concurrency, async ([i, wish]) => {
      const candidate = batch[i];
      const settled = candidate?.settled ?? (await settle(wish, candidate?.mayBeGone === true));
      decisions[i] = settled.kind === 'change' ? { ...settled, line: inOrder(settled.line, candidate?.last) } : settled;
    });
    const lines: PlannedKey[] = [];
    for (const [i, { bucket, history }] of wishes.entries()) {
      tally.totals.keysExamined += 1;
      tally.totals.entriesExamined += history.entries.length;
      const decision = decisions[i];
      const place = changedPlace(request, { bucket, key: history.key });
      if (decision === undefined) continue;
      if (decision.kind === 'change') {
        lines.push(decision.line);
        countPlanned(tally, decision.line, prefix);
        countLine(decision.line, counts, request.dryRun ? tally.steps : undefined);
      } else if (decision.kind === 'archived') {
        await collectArchived({ ...place, versions: decision.versions }, request, deps, tally);
      } else {
        countOutcome(tally, place.bucket, place.key, decision, prefix);
      }
    }
    return lines;
  };

  async function asWishes(batch: readonly Candidate[]): Promise<Wish[]> {
    const { target, method, destination } = request;
    const places = batch.map(({ bucket, history }) => changedPlace(request, { bucket, key: history.key }));
    const there = destination === undefined ? [] : await readPlaces(places, buckets);
    return batch.map((candidate, i) => {
      const place = places[i] ?? { bucket: candidate.bucket, key: candidate.history.key };
      const history = there[i];
      return {
        ...candidate,
        target: candidate.target ?? target,
        method,
        versioning: facts.get(place.bucket)?.versioning ?? 'Enabled',
        ...(history !== undefined && { destination: { bucket: place.bucket, history } }),
      };
    });
  }

  async function settle(wish: Wish, mayBeGone: boolean): Promise<Outcome | SettledCopy> {
    const decision = decide(wish);
    switch (decision.kind) {
      case 'unchanged':
      case 'change':
        return decision;
      case 'skip':
        return { kind: 'skipped', reason: decision.reason };
      case 'key-not-found':
        return mayBeGone
          ? { kind: 'skipped', reason: 'nothing-to-restore' }
          : { kind: 'failed', failure: KEY_NOT_FOUND };
      case 'version-not-found':
        return notFound(wish.history, decision);
      case 'copy':
        return lookAndSettle(decision.copy);
    }
  }

  /** Where the version is an input of the run there is nothing else to do; a row of a manifest is one of many. */
  function notFound({ key, entries }: KeyHistory, decision: VersionNotFound): Outcome {
    const failure = versionNotFound(key, { ...decision, isKnown: entries.length > 0 });
    if (request.target.kind === 'version') throw versionRefused(failure);
    return { kind: 'failed', failure };
  }

  async function lookAndSettle(question: CopyQuestion): Promise<Outcome | SettledCopy> {
    const bytes = keyBytes(question.key);
    if (bytes > MAX_KEY_BYTES) return { kind: 'failed', failure: keyTooLong(question, bytes) };
    try {
      const settled = await settleCopy(question, buckets, options);
      if (settled.kind === 'change' && settled.unproven) counts.unproven += 1;
      return settled;
    } catch (error) {
      if (error instanceof S3Failure && !stopsTheRun(error.failure.code)) {
        return { kind: 'failed', failure: error.failure };
      }
      throw error;
    }
  }
}

/** The same line; a step that removes `last` comes last. */
function inOrder(line: PlannedKey, last: string | undefined): PlannedKey {
  const isLast = (step: PlannedKey['steps'][number]) => step.do === 'remove-delete-marker' && step.versionId === last;
  if (last === undefined || !line.steps.some(isLast)) return line;
  return { ...line, steps: [...line.steps.filter((step) => !isLast(step)), ...line.steps.filter(isLast)] };
}

type VersionNotFound = Extract<Decision, { kind: 'version-not-found' }>;

const KEY_NOT_FOUND: Failure = {
  code: 'key-not-found',
  message: 'the bucket has no such key, neither now nor in its history',
  hint:
    'Check the row letter by letter: keys are case-sensitive. In a CSV manifest they are URL-encoded: "+" and "%20" mean a ' +
    'space, a plus is "%2B".',
};

function keyTooLong({ key }: CopyQuestion, bytes: number): Failure {
  return {
    code: 'key-too-long',
    message: `with the destination-prefix before it the key is ${bytes} bytes of UTF-8; S3 has none over ${MAX_KEY_BYTES}: ${forLog(key.slice(0, 100))}…`,
    hint: 'Give a shorter "destination-prefix".',
  };
}
