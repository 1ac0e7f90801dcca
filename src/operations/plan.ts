import { dirname } from 'node:path';
import { CancelledError } from '../core/errors.ts';
import { firstStepKind, parsePlanLine } from '../core/plan.ts';
import { offerSample, type Tally, targetRecord } from '../core/report.ts';
import type { ChangeRequest } from '../core/request.ts';
import { scopeRecord } from '../core/scope.ts';
import { formatTime } from '../core/time.ts';
import { openPlanSpool, type PlanSpool } from '../files/plan-spool.ts';
import { newPlanCounts } from './plan-counts.ts';
import { type KeySource, type Plan, type PlanDeps, type Planner, planner } from './planner.ts';
import { readScope } from './segments.ts';

/**
 * Read every history in scope, decide on each key, and write the plan to disk. Changes nothing in the bucket.
 * Keys that need no change, or cannot have one, are counted in `tally`; the planned ones too, as planned.
 * `keys`: where they come from; without, the bucket is listed.
 * @throws RollbackError `version-not-found`, `file-not-writable`, and what the reading throws
 */
export async function makePlan(
  request: ChangeRequest,
  keys: KeySource | undefined,
  deps: PlanDeps,
  tally: Tally,
): Promise<Plan> {
  const { scope } = request;
  const counts = newPlanCounts();
  const spool = await openPlanSpool(request.planFile, dirname(request.reportFile), {
    schemaVersion: 1,
    kind: 'plan',
    operation: request.operation,
    ...(scope.bucket !== undefined && { bucket: scope.bucket }),
    scope: scopeRecord(scope, request),
    target: targetRecord(request.target),
    method: request.method,
    createdAt: formatTime(deps.now()),
  });
  try {
    const plan = planner(request, deps, counts, tally);
    if (keys === undefined) await planListing(request, plan, spool, deps);
    else await keys.plan(plan, spool);

    let number = 1;
    const { digest } = await spool.finish((text) => {
      if (deps.stop.aborted) throw new CancelledError();
      number += 1;
      const kind = firstStepKind(text);
      if (kind !== undefined) offerSample(tally, kind, () => parsePlanLine(text, number));
    });
    return { file: request.planFile, digest, ...counts };
  } finally {
    await spool.cleanUp();
  }
}

/** Plan what a listing of the bucket shows. */
function planListing({ scope }: ChangeRequest, plan: Planner, spool: PlanSpool, deps: PlanDeps): Promise<void> {
  const bucket = scope.bucket ?? '';
  return readScope(scope, deps, async (start, batches) => {
    const part = spool.segment(start);
    try {
      for await (const batch of batches) await part.write(await plan(batch.map((history) => ({ bucket, history }))));
    } finally {
      // Also when the listing broke off: an open file is closed by nobody else.
      await part.end();
    }
  });
}
