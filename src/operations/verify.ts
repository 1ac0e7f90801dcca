import { forEachConcurrently } from '../core/concurrent.ts';
import { sameObject } from '../core/copy.ts';
import type { Entry } from '../core/history.ts';
import type { Outcome } from '../core/outcome.ts';
import { type BucketPort, S3Failure, TOP_ENTRIES } from '../core/ports.ts';
import { type Chunk, type ChunkKey, isStill } from './chunk.ts';
import { readSegments } from './segments.ts';

/** Entries a page of a listing holds. */
const PAGE = 1000;
/** Pages that a part of a stretch should have to be listed on its own: its last one is half empty. */
const PAGES_PER_PART = 2;

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
    const seen = new Map<string, readonly Entry[]>();
    const wanted = new Set(open.map((k) => k.line.key));
    const listing = port.list({
      prefix: deps.prefix,
      upTo: last.line.key,
      cuts: cutsOf(chunk.keys, deps.entriesPerKey),
      ...(chunk.after !== undefined && { after: chunk.after }),
    });
    await readSegments(listing, async (segment) => {
      for await (const batch of segment.batches) {
        for (const { key, entries } of batch) if (wanted.has(key)) seen.set(key, entries.slice(0, TOP_ENTRIES));
      }
    });
    await forEachConcurrently(open, deps.concurrency, async (key) => {
      key.outcome = await judge(key, seen.get(key.line.key) ?? [], port);
    });
  } else {
    await forEachConcurrently(open, deps.concurrency, (key) => verifyKey(key, port));
  }
}

/** Keys of the chunk between which lie as many entries as a part should have. */
function cutsOf(keys: readonly ChunkKey[], entriesPerKey: number): string[] {
  const step = Math.max(1, Math.round((PAGES_PER_PART * PAGE) / entriesPerKey));
  const parts = Math.floor(keys.length / step);
  return keys.flatMap(({ line }, i) => (i > 0 && i % step === 0 && i / step < parts ? [line.key] : []));
}

/** Read one key again and set its outcome. */
export async function verifyKey(key: ChunkKey, port: BucketPort): Promise<void> {
  try {
    key.outcome = await judge(key, await port.readTop(key.line.key), port);
  } catch (error) {
    if (!(error instanceof S3Failure)) throw error;
    key.outcome = { kind: 'failed', failure: error.failure };
  }
}

/** Is what is current now what the plan wanted? A key that is something else was written after our change. */
async function judge(key: ChunkKey, top: readonly Entry[], port: BucketPort): Promise<Outcome> {
  const { line, written } = key;
  const { versionId: wanted, etag } = line.to;
  const [current] = top;
  const between = wroteOver(line, top);
  if (wanted === null) {
    if (current !== undefined && !current.deleteMarker) return changed('it was written again');
    return between ? changed(UNGUARDED) : { kind: 'restored' };
  }
  if (current === undefined) return changed('it has no versions any more');
  // In a suspended bucket `null` is the name of whatever was written last.
  if (current.versionId === wanted && (etag === undefined || etag === current.etag)) return { kind: 'restored' };
  if (current.deleteMarker) return changed('it was deleted again');
  if (!line.steps.some((s) => s.do === 'copy-version')) return changed('it was written again');
  if (isStill(line.from, current)) return changed('the copy did not become current');
  if (between) return changed(UNGUARDED);

  if (written.versionId !== undefined) {
    return current.versionId === written.versionId ? { kind: 'restored' } : changed('it was written again');
  }
  // The server did not tell the new version's id: what is current is new, and must be equal to what was copied.
  if (written.etag !== undefined && written.etag === current.etag) return { kind: 'restored' };
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

const UNGUARDED =
  'it was written between plan and change, and this server does not honour conditions: that write lies under ours now,';

/**
 * Did our write go on top of another that the plan did not see? Then the server took the request and not its condition.
 * A write of the same content in between is most likely our own first try, whose answer was lost.
 */
function wroteOver(line: ChunkKey['line'], top: readonly Entry[]): boolean {
  const ours = line.steps.some((s) => s.do === 'copy-version' || s.do === 'add-delete-marker');
  const [current, ...below] = top;
  // A `null` entry replaces the one that there was, so what the plan saw may be gone.
  if (!ours || current === undefined || current.versionId === 'null') return false;
  const seen = below.findIndex((entry) => isStill(line.from, entry));
  return below
    .slice(0, Math.max(0, seen))
    .some((e) => e.deleteMarker !== current.deleteMarker || e.etag !== current.etag);
}

function changed(found: string): Outcome {
  return { kind: 'conflict', found: `${found} while the run was going on` };
}
