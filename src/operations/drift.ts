import { forEachConcurrently, inGroups } from '../core/concurrent.ts';
import type { Entry, KeyHistory } from '../core/history.ts';
import { type Outcome, stopsTheRun } from '../core/outcome.ts';
import { isStill, isWrite, type PlannedKey, type Step, seenOf } from '../core/plan.ts';
import { type Buckets, S3Failure } from '../core/ports.ts';
import type { Chunk, ChunkKey } from './chunk.ts';
import { isCopyBy } from './source.ts';

/** Keys whose whole histories are read and looked at together. */
const GROUP = 1000;
/** Entries of each key that are read at once, for most keys: three to go, and what lies below. */
const SHALLOW = 4;

/**
 * Look at every key of a chunk before its first step: a plan that was made some time ago may be overtaken. What is not what
 * the plan saw is given its outcome, and left alone. Neighbours are read a page at a time.
 * @throws S3Failure, CancelledError
 */
export async function checkDrift(
  { bucket, keys }: Chunk,
  { buckets, concurrency }: { buckets: Buckets; concurrency: number },
): Promise<void> {
  const port = buckets.open(bucket);
  // Of several versions the first may be in place already.
  const fresh = keys.filter(({ begun, outcome }) => !begun && outcome === undefined);
  const drifted = new Set<ChunkKey>();
  for (const [depth, some] of byDepth(fresh)) {
    const now = await port.readHistories(
      some.map(({ line }) => line.key),
      { depth },
    );
    for (const key of some) {
      const orders = ordersOf(now.get(key.line.key));
      if (!orders.some((entries) => isAsSeen(key.line, entries))) drifted.add(key);
    }
  }
  // In the order of the chunk again.
  for (const group of inGroups(
    fresh.filter((key) => drifted.has(key)),
    () => GROUP,
  )) {
    const whole = await port.readHistories(group.map(({ line }) => line.key));
    await forEachConcurrently(group, concurrency, async (key) => {
      key.outcome = await driftOf(key, whole.get(key.line.key), buckets);
    });
  }
}

/** Keys by how much of their histories tells whether they are as planned; memory is bounded by the steps of a chunk. */
function byDepth(keys: readonly ChunkKey[]): Map<number, ChunkKey[]> {
  const groups = new Map<number, ChunkKey[]>();
  for (const key of keys) {
    const { steps } = key.line;
    const needed = steps.some(isWrite) ? 1 : steps.length + 1;
    const depth = Math.max(SHALLOW, 2 ** Math.ceil(Math.log2(needed)));
    const group = groups.get(depth);
    if (group === undefined) groups.set(depth, [key]);
    else group.push(key);
  }
  return groups;
}

/** Some servers leave two orders possible. */
function ordersOf(history: KeyHistory | undefined): readonly (readonly Entry[])[] {
  if (history === undefined) return [[]];
  return history.otherOrder === undefined ? [history.entries] : [history.entries, history.otherOrder];
}

/** What goes lies on top, all of it, and under it what the key goes back to. A write has its guard besides. */
function isAsSeen(line: PlannedKey, entries: readonly Entry[]): boolean {
  if (!isStill(line.from, entries[0])) return false;
  return line.steps.some(isWrite) || toGo(line, entries).length === line.steps.length;
}

/**
 * The entries above what the key goes back to, where all of them are to be removed, and are what the plan takes them for;
 * otherwise none.
 */
function toGo({ to, steps }: PlannedKey, entries: readonly Entry[]): readonly Entry[] {
  const kinds = new Map(steps.map((step) => ['versionId' in step ? step.versionId : '', step.do]));
  const base = entries.findIndex((entry) => kinds.get(entry.versionId) !== removalOf(entry));
  const below = base === -1 ? undefined : entries[base];
  const isTarget =
    to.versionId === null
      ? below === undefined || below.deleteMarker
      : below?.versionId === to.versionId && (to.etag === undefined || to.etag === below.etag);
  return isTarget ? entries.slice(0, base === -1 ? entries.length : base) : [];
}

function removalOf({ deleteMarker }: Entry): Step['do'] {
  return deleteMarker ? 'remove-delete-marker' : 'delete-version';
}

/** The whole history tells whether the key is where the plan wants it already; `undefined`: the plan is still to be ended. */
async function driftOf(key: ChunkKey, history: KeyHistory | undefined, buckets: Buckets): Promise<Outcome | undefined> {
  const { line } = key;
  const orders = ordersOf(history);
  const halfWay = orders.find((entries) => isHalfWay(line, entries));
  if (halfWay !== undefined) {
    goOn(key, halfWay);
    return undefined;
  }
  const [entries = []] = orders;
  try {
    const there = await howFar(line, entries, buckets);
    if (there === 'all') return { kind: 'unchanged' };
    return { kind: 'conflict', found: there === 'some' ? HALF_A_STACK : foundWords(line, entries[0]) };
  } catch (error) {
    if (!(error instanceof S3Failure) || stopsTheRun(error.failure.code)) throw error;
    return { kind: 'failed', failure: error.failure };
  }
}

/**
 * A run that did not come to its end removed some of what goes: what still lies above the target is in the plan, and nothing
 * else. Of versions the current one goes last.
 */
function isHalfWay(line: PlannedKey, entries: readonly Entry[]): boolean {
  if (line.steps.some(isWrite) || toGo(line, entries).length === 0) return false;
  return line.steps.every((step) => step.do === 'remove-delete-marker') || isStill(line.from, entries[0]);
}

/** What is gone is not removed again: whoever takes this run back would take it for ours. */
function goOn(key: ChunkKey, entries: readonly Entry[]): void {
  const left = new Set(toGo(key.line, entries).map(({ versionId }) => versionId));
  const steps = key.line.steps.filter((step) => 'versionId' in step && left.has(step.versionId));
  key.line = { ...key.line, steps };
  key.open = steps.length;
  key.seen = seenOf(entries[0]);
}

/** How much of a line was carried out before, by a run that did not come to its end, or by somebody else. */
async function howFar(
  line: PlannedKey,
  entries: readonly Entry[],
  buckets: Buckets,
): Promise<'all' | 'some' | 'nothing'> {
  const { to, steps } = line;
  const [current] = entries;
  if (steps.length > 1 && steps.some(isWrite)) return howFarUp(line, entries, buckets);
  if (to.versionId === null) return current === undefined || current.deleteMarker ? 'all' : 'nothing';
  if (current === undefined) return 'nothing';
  const [step] = steps;
  const isElsewhere = step?.do === 'copy-version' && step.source !== undefined;
  const isTarget = current.versionId === to.versionId && (to.etag === undefined || to.etag === current.etag);
  if (!isElsewhere && isTarget) return 'all';
  return step !== undefined && (await isMadeBy(step, line, current, buckets)) ? 'all' : 'nothing';
}

/** Of versions that are put on each other: do the first of them lie on top? */
async function howFarUp(
  line: PlannedKey,
  entries: readonly Entry[],
  buckets: Buckets,
): Promise<'all' | 'some' | 'nothing'> {
  const { from, steps } = line;
  const base = from === null ? entries.length : entries.findIndex((entry) => isStill(from, entry));
  const made = entries.slice(0, Math.max(0, base)).toReversed();
  if (made.length === 0 || made.length > steps.length) return 'nothing';
  for (const [i, entry] of made.entries()) {
    const step = steps[i];
    if (step === undefined || !(await isMadeBy(step, line, entry, buckets))) return 'nothing';
  }
  return made.length === steps.length ? 'all' : 'some';
}

async function isMadeBy(step: Step, line: PlannedKey, entry: Entry, buckets: Buckets): Promise<boolean> {
  if (step.do === 'add-delete-marker') return entry.deleteMarker;
  if (step.do !== 'copy-version' || entry.deleteMarker) return false;
  return isCopyBy(step, line, entry.versionId, buckets);
}

const HALF_A_STACK =
  'some of its versions were copied already, by a run that did not come to its end; a new plan goes on from there:';

function foundWords({ from }: PlannedKey, current: Entry | undefined): string {
  if (current === undefined) return 'the key has no versions any more';
  if (isStill(from, current)) return 'what lies under its current entry is not what it was when the plan was made';
  return current.deleteMarker
    ? 'the key was deleted after the plan was made'
    : 'the key was written after the plan was made';
}
