import type { Entry } from '../core/history.ts';
import type { Outcome } from '../core/outcome.ts';
import type { PlannedKey } from '../core/plan.ts';

/**
 * A stretch of the plan that is carried out and proven as one: enough to fill batches, small enough that memory does
 * not grow with the plan. Its keys are neighbours in S3's order.
 */
export interface Chunk {
  readonly keys: ChunkKey[];
  /** The last key of the chunk before it. */
  readonly after: string | undefined;
}

/** One key of a chunk, and how far it is. */
export interface ChunkKey {
  readonly line: PlannedKey;
  /** Steps that S3 has not yet answered. */
  open: number;
  /** Set once it is decided; a key without one has all its steps answered, or was not begun. */
  outcome: Outcome | undefined;
  /** A request about it was sent. */
  begun: boolean;
  /** An answer left it open whether the step did what it should; only a look at the key can tell. */
  unsure: boolean;
  /** The entry that our copy made, as far as the server told. */
  written: { readonly versionId?: string; readonly etag?: string };
}

const MAX_KEYS = 10_000;
const MAX_STEPS = 20_000;

/** Cut a plan into chunks. */
export async function* chunksOf(plan: AsyncIterable<PlannedKey>): AsyncGenerator<Chunk> {
  let keys: ChunkKey[] = [];
  let steps = 0;
  let after: string | undefined;
  for await (const line of plan) {
    keys.push({
      line,
      open: line.steps.length,
      outcome: undefined,
      begun: false,
      unsure: false,
      written: {},
    });
    steps += line.steps.length;
    if (keys.length >= MAX_KEYS || steps >= MAX_STEPS) {
      yield { keys, after };
      after = line.key;
      keys = [];
      steps = 0;
    }
  }
  if (keys.length > 0) yield { keys, after };
}

/** Is this entry the one that the plan saw? `null` names whatever was written last while suspended, hence the ETag. */
export function isStill(from: PlannedKey['from'], entry: Entry): boolean {
  return (
    entry.versionId === from.versionId &&
    entry.deleteMarker === from.deleteMarker &&
    (entry.deleteMarker || (entry.etag ?? null) === from.etag)
  );
}
