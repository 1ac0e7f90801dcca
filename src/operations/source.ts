import { sameObject } from '../core/copy.ts';
import type { Place } from '../core/decide.ts';
import type { CopyStep, PlannedKey } from '../core/plan.ts';
import type { Buckets } from '../core/ports.ts';

/** Where the version that a step copies is. */
export function sourceOf(line: PlannedKey, step: CopyStep): Place {
  return step.source ?? { bucket: line.bucket, key: line.key };
}

/** Is this version of the line's key the same object as the one that the step copies? Both are looked at. @throws S3Failure */
export async function isCopyBy(
  step: CopyStep,
  line: PlannedKey,
  versionId: string,
  buckets: Buckets,
): Promise<boolean> {
  const source = sourceOf(line, step);
  const [made, copied] = await Promise.all([
    buckets.open(line.bucket).headVersion(line.key, versionId, true),
    buckets.open(source.bucket).headVersion(source.key, step.versionId, true),
  ]);
  return made !== undefined && copied !== undefined && sameObject(made, copied);
}
