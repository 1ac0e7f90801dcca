import type { Outcome } from '../core/outcome.ts';
import type { PlannedKey, Seen } from '../core/plan.ts';

/**
 * A stretch of the plan that is carried out and proven as one: enough to fill batches, small enough that memory does
 * not grow with the plan. Its keys are neighbours in S3's order, in one bucket.
 */
export interface Chunk {
  readonly bucket: string;
  readonly keys: ChunkKey[];
}

/** One key of a chunk, and how far it is. */
export interface ChunkKey {
  /** Of a plan that was begun before: with the steps that are left. */
  line: PlannedKey;
  /** Steps that S3 has not yet answered; the last ones of the line. */
  open: number;
  /** Set once it is decided; a key without one has all its steps answered, or was not begun. */
  outcome: Outcome | undefined;
  /** A request about it was sent. */
  begun: boolean;
  /** An answer left it open whether the step did what it should; only a look at the key can tell. */
  unsure: boolean;
  /** What has to be on top for the next write: what the plan saw, then what we wrote. */
  seen: Seen;
  /** What was on top when our last write was sent. */
  below: Seen;
  /** The entry that our last write made, as far as the server told. */
  written: { readonly versionId?: string; readonly etag?: string };
}

const MAX_KEYS = 10_000;
const MAX_STEPS = 20_000;

export function chunkKeyOf(line: PlannedKey): ChunkKey {
  return {
    line,
    open: line.steps.length,
    outcome: undefined,
    begun: false,
    unsure: false,
    seen: line.from,
    below: line.from,
    written: {},
  };
}

/**
 * Cut a plan into chunks. Where they are given up between two buckets, the first key of the next was taken already:
 * `giveBack` gets it.
 */
export async function* chunksOf(
  keys: AsyncIterable<ChunkKey>,
  giveBack: (key: ChunkKey) => void = () => {},
): AsyncGenerator<Chunk> {
  let chunk: Chunk = { bucket: '', keys: [] };
  let steps = 0;
  for await (const key of keys) {
    const { bucket } = key.line;
    if (chunk.bucket !== bucket) {
      let taken = false;
      try {
        if (chunk.keys.length > 0) yield chunk;
        taken = true;
      } finally {
        if (!taken) giveBack(key);
      }
      chunk = { bucket, keys: [] };
      steps = 0;
    }
    chunk.keys.push(key);
    steps += key.open;
    if (chunk.keys.length >= MAX_KEYS || steps >= MAX_STEPS) {
      yield chunk;
      chunk = { bucket, keys: [] };
      steps = 0;
    }
  }
  if (chunk.keys.length > 0) yield chunk;
}
