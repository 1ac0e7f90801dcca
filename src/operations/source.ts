import type { Place } from '../core/decide.ts';
import type { CopyStep, PlannedKey } from '../core/plan.ts';

/** Where the version that a step copies is. */
export function sourceOf(line: PlannedKey, step: CopyStep): Place {
  return step.source ?? { bucket: line.bucket, key: line.key };
}
