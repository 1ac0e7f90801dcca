import { forEachConcurrently } from '../core/concurrent.ts';
import { sameObject } from '../core/copy.ts';
import { currentOf, type Entry } from '../core/history.ts';
import type { Outcome } from '../core/outcome.ts';
import { type BucketPort, S3Failure } from '../core/ports.ts';
import { type Chunk, type ChunkKey, isStill } from './chunk.ts';

/** Entries a page of a listing holds. */
const PAGE = 1000;

/**
 * Read the chunk's keys again and compare with their targets. Keys that already have an outcome keep it.
 * Where the changed keys lie close together the stretch is listed, a thousand entries a request; else each key is read.
 * `entriesPerKey`: how many entries the listing had for each planned key, on average.
 */
export async function verifyChunk(
  chunk: Chunk,
  deps: { port: BucketPort; prefix: string; entriesPerKey: number; concurrency: number },
): Promise<void> {
  const { port } = deps;
  const open = chunk.keys.filter((k) => k.outcome === undefined);
  const last = chunk.keys.at(-1);
  if (open.length === 0 || last === undefined) return;

  const pages = (chunk.keys.length * deps.entriesPerKey) / PAGE + 1;
  if (pages < open.length) {
    const seen = new Map<string, Entry>();
    const wanted = new Set(open.map((k) => k.line.key));
    const listing = port.list({
      prefix: deps.prefix,
      upTo: last.line.key,
      ...(chunk.after !== undefined && { after: chunk.after }),
    });
    const segments: Promise<void>[] = [];
    for await (const segment of listing.segments) {
      const read = (async () => {
        for await (const batch of segment.batches) {
          for (const { key, entries } of batch) if (wanted.has(key)) seen.set(key, currentOf(entries));
        }
      })();
      read.catch(() => {});
      segments.push(read);
    }
    await Promise.all(segments);
    await forEachConcurrently(open, deps.concurrency, async (key) => {
      key.outcome = await judge(key, seen.get(key.line.key), port);
    });
  } else {
    await forEachConcurrently(open, deps.concurrency, (key) => verifyKey(key, port));
  }
}

/** Read one key again and set its outcome. */
export async function verifyKey(key: ChunkKey, port: BucketPort): Promise<void> {
  try {
    key.outcome = await judge(key, await port.readCurrent(key.line.key), port);
  } catch (error) {
    if (!(error instanceof S3Failure)) throw error;
    key.outcome = { kind: 'failed', failure: error.failure };
  }
}

/** Is what is current now what the plan wanted? A key that is something else was written after our change. */
async function judge(key: ChunkKey, current: Entry | undefined, port: BucketPort): Promise<Outcome> {
  const { line } = key;
  const wanted = line.to.versionId;
  if (wanted === null) {
    return current === undefined || current.deleteMarker ? { kind: 'restored' } : changed('it was written again');
  }
  if (current === undefined) return changed('it has no versions any more');
  if (current.versionId === wanted) return { kind: 'restored' };
  if (!line.steps.some((s) => s.do === 'copy-version')) {
    return changed(current.deleteMarker ? 'it was deleted again' : 'it was written again');
  }
  if (current.versionId === key.written) return { kind: 'restored' };
  if (current.deleteMarker) return changed('it was deleted again');
  if (key.written !== undefined) return changed('it was written again');

  // The server did not tell the new version's id: what is current must be new, and equal to what was copied.
  if (isStill(line.from, current)) return changed('the copy did not become current');
  try {
    const [now, source] = await Promise.all([
      port.headVersion(line.key, current.versionId, true),
      port.headVersion(line.key, wanted, true),
    ]);
    const same = now !== undefined && source !== undefined && sameObject(now, source);
    return same ? { kind: 'restored' } : changed('it was written again');
  } catch (error) {
    if (error instanceof S3Failure) return { kind: 'failed', failure: error.failure };
    throw error;
  }
}

function changed(found: string): Outcome {
  return { kind: 'conflict', found: `${found} while the run was going on` };
}
