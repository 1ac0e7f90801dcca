import * as z from 'zod';
import type { Failure } from './outcome.ts';
import type { PlannedKey, Step } from './plan.ts';

/**
 * The journal: JSON Lines. The intent of a step is on disk before the step is sent, its result after S3 answered.
 * A run that died can be told from it what was done, what may have been done, and what was not begun.
 */

const step = z.enum(['remove-delete-marker', 'copy-version', 'delete-version', 'add-delete-marker']);

const headerSchema = z.object({
  schemaVersion: z.literal(1),
  kind: z.literal('journal'),
  operation: z.string(),
  /** Absent where a manifest names several. */
  bucket: z.string().optional(),
  dryRun: z.boolean(),
  planDigest: z.string(),
  startedAt: z.string(),
});

const intentSchema = z.object({
  /** Counts from 1; the result carries the same number. */
  intent: z.number().int().positive(),
  bucket: z.string(),
  key: z.string(),
  do: step,
  /** The entry removed, or the version copied. */
  versionId: z.string().optional(),
  /** The current entry before the run; null where there was none. */
  from: z.object({ versionId: z.string(), deleteMarker: z.boolean() }).nullable(),
  /** The entry that the key goes back to; null where it should not be there. Absent in journals of older versions. */
  to: z.object({ versionId: z.string().nullable() }).optional(),
  /** Of a copy: where the version came from, if not from the key itself. */
  source: z.object({ bucket: z.string(), key: z.string() }).optional(),
});

const resultSchema = z.object({
  result: z.number().int().positive(),
  /**
   * `gone`: the entry was not there any more; `conflict`: the guard held and nothing was written; `not-sent`: the run
   * was stopped before the request was made.
   */
  status: z.enum(['done', 'gone', 'conflict', 'failed', 'not-sent']),
  /** The new entry: of a copy or an added marker, where the server told it; also of one that failed after it was made. */
  versionId: z.string().optional(),
  /** The answer was lost; the entry found instead is as ours would be. */
  presumed: z.literal(true).optional(),
  /** Of `failed`: it may have been done all the same. Of `gone`: this run may have removed it. */
  unsure: z.literal(true).optional(),
  code: z.string().optional(),
});

/** The last line of a run that came to its end; missing where it was killed. */
const endSchema = z.object({ end: z.string() });

export type JournalHeader = z.output<typeof headerSchema>;
export type JournalIntent = z.output<typeof intentSchema>;
export type JournalResult = z.output<typeof resultSchema>;
export type JournalEnd = z.output<typeof endSchema>;
export type JournalLine = JournalHeader | JournalIntent | JournalResult | JournalEnd;

const lineSchema = z.union([intentSchema, resultSchema, endSchema, headerSchema]);

export function intentOf(number: number, line: PlannedKey, of: Step): JournalIntent {
  return {
    intent: number,
    bucket: line.bucket,
    key: line.key,
    do: of.do,
    ...('versionId' in of && { versionId: of.versionId }),
    from: line.from && { versionId: line.from.versionId, deleteMarker: line.from.deleteMarker },
    to: { versionId: line.to.versionId },
    ...(of.do === 'copy-version' && of.source !== undefined && { source: of.source }),
  };
}

export type StepResult =
  | { readonly status: 'done'; readonly versionId?: string; readonly presumed?: true }
  | { readonly status: 'gone'; readonly unsure?: true }
  | { readonly status: 'conflict' }
  | { readonly status: 'not-sent' }
  | { readonly status: 'failed'; readonly failure: Failure; readonly unsure?: true; readonly versionId?: string };

export function resultOf(number: number, result: StepResult): JournalResult {
  return {
    result: number,
    status: result.status,
    ...('versionId' in result && result.versionId !== undefined && { versionId: result.versionId }),
    ...('presumed' in result && result.presumed && { presumed: true }),
    ...('unsure' in result && result.unsure && { unsure: true }),
    ...(result.status === 'failed' && { code: result.failure.code }),
  };
}

/** `undefined` for a line that was cut short when the process died: only the last one may be. */
export function parseJournalLine(text: string): JournalLine | undefined {
  try {
    const parsed = lineSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
