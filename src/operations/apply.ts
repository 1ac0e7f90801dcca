import { forEachConcurrently, inGroups } from '../core/concurrent.ts';
import { CancelledError, RollbackError } from '../core/errors.ts';
import { intentOf, type JournalLine, resultOf, type StepResult } from '../core/journal.ts';
import { type Failure, stopsTheRun } from '../core/outcome.ts';
import { isStill, isWrite, type Step, seenOf, type WriteStep } from '../core/plan.ts';
import { type BucketPort, type Buckets, type EntryName, S3Failure, type Write } from '../core/ports.ts';
import type { Tally } from '../core/report.ts';
import type { JournalFile } from '../files/journal.ts';
import type { Chunk, ChunkKey } from './chunk.ts';
import { isCopyBy } from './source.ts';

/** Batches whose intents are written ahead; the rate controller lets so many fly when S3 does not complain. */
const BATCHES_AT_ONCE = 4;

export interface ApplyDeps {
  readonly buckets: Buckets;
  readonly journal: JournalFile;
  readonly tally: Tally;
  readonly concurrency: number;
  /** Is the versioning of this bucket suspended? */
  readonly isSuspended: (bucket: string) => boolean;
  /**
   * The last marker of each key goes in a later request than the others, and only if these are gone. It tells the run that
   * finishes what was broken off that there is something to finish: in an undelete within a window the oldest, which says when
   * the key was deleted; of the bot the one that an event names.
   */
  readonly lastMarkerAlone: boolean;
  /** Counts up over the run; shared by its chunks. */
  readonly nextIntent: () => number;
  /** A key has all its answers. */
  readonly onKeyDone: () => void;
}

type Removable = Exclude<Step, WriteStep>;
interface Item {
  readonly key: ChunkKey;
  readonly step: Step;
}
interface RemovalItem extends Item {
  readonly step: Removable;
}

/**
 * Carry out a chunk of the plan: every step's intent is in the journal before it is sent, its result after.
 * Sets the keys' outcomes where something went wrong; a key left without one has all its steps confirmed (or was not
 * begun, when the run is being stopped).
 * `below`: only what comes before all else, of keys on which several versions are put: all of them but the newest.
 * @throws CancelledError when the run was told to stop; RollbackError when going on is pointless (credentials, disk)
 */
export async function applyChunk(chunk: Chunk, deps: ApplyDeps, part: 'all' | 'below' = 'all'): Promise<void> {
  const { journal, tally } = deps;
  const port: BucketPort = deps.buckets.open(chunk.bucket);
  if (part === 'below') {
    return forEachConcurrently(chunk.keys, deps.concurrency, (key) => writeSteps(key, key.line.steps.slice(0, -1)));
  }
  const open = chunk.keys.filter((k) => k.outcome === undefined);
  const markersOnly = open.filter((k) => k.line.steps.every((s) => s.do === 'remove-delete-marker'));
  const written = open.filter((k) => k.line.steps.some(isWrite));
  const deletions = open.filter((k) => k.line.steps.some((s) => s.do === 'delete-version'));

  await forEachConcurrently(markersOnly.filter(isReplaceable), deps.concurrency, checkUnchanged);
  const isHeldBack = (k: ChunkKey, s: Removable) => deps.lastMarkerAlone && s === k.line.steps.at(-1);
  await removeAll(itemsOf(markersOnly, (k, s) => k.outcome === undefined && !isHeldBack(k, s)));
  await removeAll(itemsOf(markersOnly, (k, s) => k.outcome === undefined && isHeldBack(k, s)));
  await forEachConcurrently(written, deps.concurrency, (key) => writeSteps(key, key.line.steps.slice(-key.open)));

  // Deleting for good: only keys that still are what the plan saw; the current entry last, and in a later request than
  // the rest, and only when all of the rest is gone. Readers then see one change, straight to the target.
  await forEachConcurrently(deletions, deps.concurrency, checkUnchanged);
  const isCurrent = (k: ChunkKey, s: Removable) => s.versionId === k.line.from?.versionId;
  await removeAll(itemsOf(deletions, (k, s) => k.outcome === undefined && !isCurrent(k, s)));
  await removeAll(itemsOf(deletions, (k, s) => k.outcome === undefined && k.open === 1 && isCurrent(k, s)));

  /**
   * In a suspended bucket any write replaces the `null` entry, so `null` may name new data by the time we remove the
   * marker that bore it, or uncover it; S3 has no condition against that (If-Match looks at versions only), so look just
   * before.
   * https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectsfromVersioningSuspendedBuckets.html
   */
  function isReplaceable(key: ChunkKey): boolean {
    const { steps, to } = key.line;
    return (
      deps.isSuspended(chunk.bucket) &&
      (to.versionId === 'null' || steps.some((s) => 'versionId' in s && s.versionId === 'null'))
    );
  }

  function* itemsOf(
    keys: Iterable<ChunkKey>,
    wanted: (key: ChunkKey, step: Removable) => boolean,
  ): Generator<RemovalItem> {
    for (const key of keys) {
      for (const step of key.line.steps) {
        if (isRemovable(step) && wanted(key, step)) yield { key, step };
      }
    }
  }

  async function removeAll(items: Iterable<RemovalItem>): Promise<void> {
    await forEachConcurrently(
      inGroups(items, () => port.batchSize),
      Math.min(BATCHES_AT_ONCE, deps.concurrency),
      removeBatch,
    );
  }

  async function removeBatch(items: readonly RemovalItem[]): Promise<void> {
    const numbers = await begin(items);
    const names: EntryName[] = items.map(({ key, step }) => ({
      key: key.line.key,
      versionId: step.versionId,
      deleteMarker: step.do === 'remove-delete-marker',
    }));
    const removals = await sendOrRecall(items, numbers, () => port.removeEntries(names));
    await finish(items, numbers, (_, i) => {
      const removal = removals[i];
      if (removal === undefined) throw new RangeError('the port answers every entry');
      const unsure = removal.unsure && { unsure: true as const };
      if (!removal.ok) return { status: 'failed', failure: removal.failure, ...unsure };
      return removal.confirmed ? { status: 'done' } : { status: 'gone', ...unsure };
    });
  }

  /** One after the other, each guarded by what the one before made. */
  async function writeSteps(key: ChunkKey, steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (key.outcome !== undefined) return;
      if (!isWrite(step)) throw new RangeError('a key is written to, or entries of it are removed, not both');
      await writeOne(key, step);
    }
  }

  async function writeOne(key: ChunkKey, step: WriteStep): Promise<void> {
    const items = [{ key, step }];
    const numbers = await begin(items);
    const write = await sendOrRecall(items, numbers, () => send(key, step));
    const result = await settle(key, step, write);
    key.below = key.seen;
    key.written = write.ok ? write : {};
    if (write.ok && write.unguarded) key.unsure = true;
    await finish(items, numbers, () => result);
    if (key.open > 0 && key.outcome === undefined) await seeWritten(key, step, result);
  }

  function send(key: ChunkKey, step: WriteStep): Promise<Write> {
    return step.do === 'copy-version'
      ? port.copyVersion(key.line.key, step, key.seen)
      : port.addDeleteMarker(key.line.key, key.seen);
  }

  /** What the next write to this key has to find on top. Servers that tell no ids are asked. */
  async function seeWritten(key: ChunkKey, step: WriteStep, result: StepResult): Promise<void> {
    const { etag } = key.written;
    const versionId = result.status === 'done' ? result.versionId : undefined;
    const deleteMarker = step.do === 'add-delete-marker';
    if (versionId !== undefined && (deleteMarker || etag !== undefined)) {
      key.seen = { versionId, deleteMarker, etag: deleteMarker ? null : (etag ?? null) };
      return;
    }
    try {
      const [current] = await port.readTop(key.line.key);
      const ours =
        current?.deleteMarker === deleteMarker &&
        !isStill(key.below, current) &&
        (versionId === undefined || versionId === current.versionId) &&
        (etag === undefined || etag === current.etag);
      if (ours) key.seen = seenOf(current);
      else key.outcome = { kind: 'conflict', found: 'the key was written while its versions were being copied' };
    } catch (error) {
      if (!(error instanceof S3Failure)) throw error;
      fail(key, error.failure);
    }
  }

  /** A guard that held after a try whose answer was lost may have met our own write: look before calling it a conflict. */
  async function settle(key: ChunkKey, step: WriteStep, write: Write): Promise<StepResult> {
    if (write.ok) return { status: 'done', ...(write.versionId !== undefined && { versionId: write.versionId }) };
    if (!write.conflict) {
      const { failure, unsure, versionId } = write;
      return { status: 'failed', failure, ...(unsure && { unsure }), ...(versionId !== undefined && { versionId }) };
    }
    if (write.unsure) {
      try {
        // Presumed: somebody else may have written the same in the same moment. The journal says so, for taking it back.
        const own = await ownWrite(key, step);
        if (own !== undefined) return { status: 'done', versionId: own, presumed: true };
      } catch (error) {
        if (error instanceof S3Failure) return { status: 'failed', failure: error.failure, unsure: true };
        throw error;
      }
    }
    return { status: 'conflict' };
  }

  async function ownWrite({ line, seen }: ChunkKey, step: WriteStep): Promise<string | undefined> {
    const [current] = await port.readTop(line.key);
    if (current === undefined || isStill(seen, current)) return undefined;
    if (step.do !== 'copy-version') return current.deleteMarker ? current.versionId : undefined;
    if (current.deleteMarker) return undefined;
    return (await isCopyBy(step, line, current.versionId, deps.buckets)) ? current.versionId : undefined;
  }

  async function checkUnchanged(key: ChunkKey): Promise<void> {
    try {
      const [current] = await port.readTop(key.line.key);
      if (!isStill(key.seen, current)) {
        key.outcome = { kind: 'conflict', found: 'the key was written or deleted after the plan was made' };
      }
    } catch (error) {
      if (!(error instanceof S3Failure)) throw error;
      fail(key, error.failure);
    }
  }

  async function begin(items: readonly Item[]): Promise<number[]> {
    const numbers = items.map(() => deps.nextIntent());
    const lines = items.map(({ key, step }, i): JournalLine => intentOf(numbers[i] ?? 0, key.line, step));
    await journal.append(lines);
    for (const { key } of items) key.begun = true;
    return numbers;
  }

  /** Told to stop before anything was sent: the intents are taken back, so that nobody takes them for done. */
  async function sendOrRecall<T>(
    items: readonly Item[],
    numbers: readonly number[],
    send: () => Promise<T>,
  ): Promise<T> {
    try {
      return await send();
    } catch (error) {
      if (error instanceof CancelledError && !error.maybeSent) {
        // A key whose other steps were answered stays begun: it is half way.
        for (const { key } of items) if (key.open === key.line.steps.length) key.begun = false;
        await journal.append(numbers.map((number) => resultOf(number, { status: 'not-sent' })));
      }
      throw error;
    }
  }

  async function finish(
    items: readonly Item[],
    numbers: readonly number[],
    resultFor: (item: Item, index: number) => StepResult,
  ): Promise<void> {
    const lines: JournalLine[] = [];
    let fatal: Failure | undefined;
    items.forEach((item, i) => {
      const result = resultFor(item, i);
      lines.push(resultOf(numbers[i] ?? 0, result));
      take(item, result);
      if (result.status === 'failed' && stopsTheRun(result.failure.code)) fatal = result.failure;
    });
    await journal.append(lines);
    if (fatal !== undefined) throw new RollbackError(fatal.code, fatal.message, fatal.hint);
  }

  function take({ key, step }: Item, result: StepResult): void {
    key.open -= 1;
    if (key.open === 0) deps.onKeyDone();
    switch (result.status) {
      case 'done':
        tally.steps[step.do] += 1;
        break;
      case 'gone':
        key.unsure = true;
        break;
      case 'not-sent':
        break;
      case 'conflict':
        key.outcome = { kind: 'conflict', found: 'the current version is not the one that the plan saw' };
        break;
      case 'failed':
        fail(key, result.failure);
        break;
    }
  }

  function fail(key: ChunkKey, failure: Failure): void {
    key.outcome ??= { kind: 'failed', failure };
  }
}

function isRemovable(step: Step): step is Removable {
  return !isWrite(step);
}
