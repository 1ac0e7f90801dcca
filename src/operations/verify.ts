import { forEachConcurrently } from '../core/concurrent.ts';
import type { Entry } from '../core/history.ts';
import type { Outcome } from '../core/outcome.ts';
import { isStill, isWrite } from '../core/plan.ts';
import { type Buckets, S3Failure, TOP_ENTRIES } from '../core/ports.ts';
import type { Chunk, ChunkKey } from './chunk.ts';
import { isCopyBy } from './source.ts';

/**
 * Read the chunk's keys again and compare with their targets. Keys that already have an outcome keep it. `prefix`: what
 * all keys begin with, where that is known.
 */
export async function verifyChunk(
  chunk: Chunk,
  deps: { buckets: Buckets; prefix: string; concurrency: number },
): Promise<void> {
  const { buckets, prefix } = deps;
  const open = chunk.keys.filter((k) => k.outcome === undefined);
  if (open.length === 0) return;
  const now = await buckets.open(chunk.bucket).readHistories(
    open.map((k) => k.line.key),
    { depth: TOP_ENTRIES, ...(prefix !== '' && { prefix }) },
  );
  await forEachConcurrently(open, deps.concurrency, async (key) => {
    const { entries } = now.get(key.line.key) ?? { entries: [] };
    key.outcome = await judge(key, entries.slice(0, TOP_ENTRIES), buckets);
  });
}

/** Read one key again and set its outcome. */
export async function verifyKey(key: ChunkKey, buckets: Buckets): Promise<void> {
  const { bucket, key: name } = key.line;
  try {
    key.outcome = await judge(key, await buckets.open(bucket).readTop(name), buckets);
  } catch (error) {
    if (!(error instanceof S3Failure)) throw error;
    key.outcome = { kind: 'failed', failure: error.failure };
  }
}

/** Is what is current now what the plan wanted? A key that is something else was written after our change. */
async function judge(key: ChunkKey, top: readonly Entry[], buckets: Buckets): Promise<Outcome> {
  const { line, written } = key;
  const { versionId: wanted, etag } = line.to;
  const [current] = top;
  const isOurs = written.versionId === undefined || current?.versionId === written.versionId;
  const between = isOurs && wroteOver(key, top);
  if (wanted === null) {
    if (current !== undefined && !current.deleteMarker) return changed('it was written again');
    return between ? changed(UNGUARDED) : { kind: 'restored' };
  }
  if (current === undefined) return changed('it has no versions any more');
  const step = line.steps.at(-1);
  const inPlace = step?.do !== 'copy-version' || step.source === undefined;
  // In a suspended bucket `null` is the name of whatever was written last.
  const isWanted = current.versionId === wanted && (etag === undefined || etag === current.etag);
  if (inPlace && isWanted) return { kind: 'restored' };
  if (current.deleteMarker) return changed('it was deleted again');
  if (step?.do !== 'copy-version') return changed('it was written again');
  if (isStill(key.below, current)) return changed('the copy did not become current');
  if (!isOurs) return changed('it was written again');
  if (between) return changed(UNGUARDED);
  if (written.versionId !== undefined) return { kind: 'restored' };
  // The server did not tell the new version's id: what is current is new, and must be equal to what was copied.
  if (written.etag !== undefined && written.etag === current.etag) return { kind: 'restored' };
  try {
    return (await isCopyBy(step, line, current.versionId, buckets))
      ? { kind: 'restored' }
      : changed('it was written again');
  } catch (error) {
    if (error instanceof S3Failure) return { kind: 'failed', failure: error.failure };
    throw error;
  }
}

const UNGUARDED =
  'it was written between plan and change, and this server does not honour conditions: that write lies under ours now,';

/**
 * Did our write go on top of another that the plan did not see? Then the server took the request and not its condition.
 * A write of the same content in between is most likely our own first try, whose answer was lost.
 */
function wroteOver({ line, below: seen }: ChunkKey, top: readonly Entry[]): boolean {
  const [current, ...below] = top;
  // A `null` entry replaces the one that there was, so what the plan saw may be gone.
  if (!line.steps.some(isWrite) || current === undefined || current.versionId === 'null') return false;
  // Where there was nothing, all that lies below ours came in between.
  const known = seen === null ? below.length : below.findIndex((entry) => isStill(seen, entry));
  return below
    .slice(0, Math.max(0, known))
    .some((e) => e.deleteMarker !== current.deleteMarker || e.etag !== current.etag);
}

function changed(found: string): Outcome {
  return { kind: 'conflict', found: `${found} while the run was going on` };
}
