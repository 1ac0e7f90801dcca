import * as z from 'zod';
import type { RunResult } from '../core/report.ts';
import type { Operation, Request } from '../core/request.ts';

/** What a comment remembers of the runs that it tells of, and which comment a run belongs to. */

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/** What became of a run. */
const DID = [
  'planned',
  'checked',
  'read',
  'nothing to do',
  'done',
  'partly done',
  'failed',
  'refused',
  'stopped',
  'cancelled',
] as const;

const number = z.number().int().nonnegative();

const runSchema = z.object({
  /** ms since 1970. */
  at: number.max(8.64e15),
  /** It is written into the comment: only a word of ours. */
  operation: z.string().regex(/^[a-z]{1,20}$/),
  did: z.enum(DID),
  planned: number,
  restored: number,
  conflicts: number,
  failed: number,
  /** GitHub's id of the workflow run; '' where it was not known. */
  run: z.string().regex(/^\d{0,20}$/),
});

/** It stands in the comment, so whoever may edit that may have changed it. */
const memorySchema = z.object({
  /** Of the plan that the comment is about. */
  digest: digest.optional(),
  /** When that was made, in ms since 1970. */
  madeAt: number.max(8.64e15).optional(),
  /** It waits for somebody to carry it out. */
  open: z.boolean(),
  /** Newest first. */
  runs: z.array(runSchema).max(100),
});

export type Memory = z.output<typeof memorySchema>;
export type RunEntry = z.output<typeof runSchema>;

const MAX_RUNS = 10;

/** Nothing, where somebody damaged it. */
export function recall(text: string | undefined): Memory {
  try {
    return memorySchema.parse(JSON.parse(text ?? ''));
  } catch {
    return { open: false, runs: [] };
  }
}

export function remember(memory: Memory): string {
  return JSON.stringify({ ...memory, runs: memory.runs.slice(0, MAX_RUNS) });
}

/** What is told in one comment. Whoever plans, applies and takes back is telling one story. */
export function familyOf(operation: Operation): string {
  return operation === 'undelete' || operation === 'rollback' || operation === 'apply' || operation === 'undo'
    ? 'restore'
    : operation;
}

/** The plan that a run is about; undefined: none, or it is not known. */
export function digestOf({ plan }: RunResult, request: Request): string | undefined {
  const found = plan?.digest ?? (request.operation === 'apply' ? request.reviewed.digest : undefined);
  return digest.safeParse(found).success ? found : undefined;
}

/** A plan for people to decide on. */
function isNewPlan({ report, plan }: RunResult, request: Request): boolean {
  return report.dryRun && request.operation !== 'apply' && plan !== undefined && report.error === undefined;
}

/**
 * Where a run is told, of the comments there are (by their memories, newest first): by their places, the one to bring up to date;
 * or in a new one, and which of the old ones are outdated by it. A plan that waits for people is written over by no run but one
 * that is about it, and goes only when a newer plan takes its place.
 */
export function chooseComment(
  result: RunResult,
  request: Request,
  memories: readonly string[],
): { readonly update: number } | { readonly outdated: readonly number[] } {
  const known = memories.map(recall);
  const [newest] = known;
  if (newest === undefined) return { outdated: [] };
  const own = digestOf(result, request);
  const same = known.findIndex((memory) => own !== undefined && memory.digest === own);
  if (same >= 0) return { update: same };
  // What nobody can apply waits for nobody.
  const isWaiting = ({ open }: Memory) => open && familyOf(request.operation) === 'restore';
  if (isNewPlan(result, request)) {
    const isNothingTwice = result.report.totals.planned === 0 && newest.runs[0]?.did === 'nothing to do';
    const isOfNoPlan = known.every((memory) => memory.digest === undefined);
    return isOfNoPlan || (isNothingTwice && !known.some(isWaiting)) ? { update: 0 } : { outdated: [...known.keys()] };
  }
  return isWaiting(newest) ? { outdated: [] } : { update: 0 };
}

/** The run as it is remembered. */
export function entryOf({ report }: RunResult, run: string): RunEntry {
  const { planned, restored, conflicts, failed } = report.totals;
  const at = Date.parse(report.finishedAt);
  return { at, operation: report.operation, did: didOf(report), planned, restored, conflicts, failed, run };
}

function didOf({ error, dryRun, operation, totals, steps, status }: RunResult['report']): RunEntry['did'] {
  if (error !== undefined) {
    if (error.code === 'cancelled') return 'cancelled';
    const touched = !dryRun && (totals.restored > 0 || Object.values(steps).some((n) => n > 0));
    return touched ? 'stopped' : 'refused';
  }
  if (status === 'failed') return 'failed';
  if (operation === 'history') return 'read';
  if (dryRun) return totals.planned === 0 ? 'nothing to do' : operation === 'apply' ? 'checked' : 'planned';
  if (status === 'no-change') return 'nothing to do';
  if (status === 'success') return 'done';
  return totals.restored > 0 ? 'partly done' : 'failed';
}
