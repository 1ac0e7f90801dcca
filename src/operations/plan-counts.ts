import { ARCHIVE_CLASSES } from '../core/archive.ts';
import { isWrite, type PlannedKey, type StepKind } from '../core/plan.ts';

/** What the plan's size is, beyond the numbers of keys. */
export interface PlanCounts {
  /** Planned steps that delete a version for good. */
  versionDeletes: number;
  /** By bucket: planned steps that remove an entry by its id, markers included. */
  readonly removals: Map<string, number>;
  copies: number;
  /** Copies that take over a retention or a legal hold. */
  locked: number;
  /** Copies that go into an archive, as their versions are. */
  toArchive: number;
  /** Copies of what may be there already, which nothing can tell. */
  unproven: number;
  /** Keys on which several versions are put. */
  stacks: number;
}

export function newPlanCounts(): PlanCounts {
  return { versionDeletes: 0, removals: new Map(), copies: 0, locked: 0, toArchive: 0, unproven: 0, stacks: 0 };
}

/** `steps`: by kind, where they are wanted. */
export function countLine(line: PlannedKey, counts: PlanCounts, steps?: Record<StepKind, number>): void {
  let writes = 0;
  for (const step of line.steps) {
    if (steps !== undefined) steps[step.do] += 1;
    if (step.do === 'delete-version') counts.versionDeletes += 1;
    if (isWrite(step)) writes += 1;
    else counts.removals.set(line.bucket, (counts.removals.get(line.bucket) ?? 0) + 1);
    if (step.do !== 'copy-version') continue;
    counts.copies += 1;
    if (ARCHIVE_CLASSES.has(step.carry?.storageClass ?? '')) counts.toArchive += 1;
    if (step.carry?.lockMode !== undefined || step.carry?.legalHold === true) counts.locked += 1;
  }
  if (writes > 1) counts.stacks += 1;
}
