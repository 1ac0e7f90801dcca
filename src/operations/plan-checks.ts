import { RollbackError } from '../core/errors.ts';
import type { BucketFacts } from '../core/ports.ts';
import type { Tally } from '../core/report.ts';
import type { RestoreRequest } from '../core/request.ts';
import { forLog } from '../core/text.ts';
import type { Plan } from './plan.ts';

/** What is to be said of a plan before it is carried out, and when it must not be. */

/**
 * Limits that the user set, and what the bucket cannot do. A dry run is only told of them.
 * @throws RollbackError `max-changes-exceeded`, `max-deletes-exceeded`, `mfa-delete-enabled`, before the first change
 */
export function checkPlan(request: RestoreRequest, facts: BucketFacts, plan: Plan, tally: Tally): void {
  const refusals: RollbackError[] = [];
  const { planned } = tally.totals;
  if (request.maxChanges !== undefined && planned > request.maxChanges) {
    refusals.push(
      new RollbackError(
        'max-changes-exceeded',
        `input "max-changes": the plan changes ${planned} keys, more than the ${request.maxChanges} allowed`,
        'Look at the plan; then narrow the scope, or raise "max-changes".',
      ),
    );
  }
  if (request.method === 'delete' && plan.versionDeletes > (request.maxDeletes ?? 0)) {
    refusals.push(
      new RollbackError(
        'max-deletes-exceeded',
        `input "max-deletes": the plan deletes ${plan.versionDeletes} versions for good, more than the ${request.maxDeletes ?? 0} allowed`,
        'Look at the plan; then narrow the scope, raise "max-deletes", or use method: copy, which deletes nothing.',
      ),
    );
  }
  if (facts.mfaDelete && plan.removals > 0) {
    refusals.push(
      new RollbackError(
        'mfa-delete-enabled',
        `bucket ${forLog(request.scope.bucket)} has MFA delete enabled: the ${plan.removals} entries in the plan can only be removed with a one-time password`,
        "The bucket owner's root user can remove them, or turn MFA delete off for the time of the restore (PutBucketVersioning).",
      ),
    );
  }
  const [first] = refusals;
  if (first === undefined) return;
  if (!request.dryRun) throw first;
  for (const refusal of refusals)
    tally.notes.add(`Without dry-run this would be refused. ${refusal.message}. ${refusal.hint}`);
}

/** What is worth knowing about this plan in this bucket. */
export function noteFacts(request: RestoreRequest, facts: BucketFacts, plan: Plan, tally: Tally): void {
  if (facts.versioning === 'Suspended') {
    tally.notes.add('Versioning of this bucket is suspended: what is written to it now is kept in one version only.');
  }
  if (typeof facts.objectLock === 'object' && plan.copies > 0) {
    const { mode, period } = facts.objectLock;
    tally.notes.add(
      `Object Lock: the bucket's default retention (${mode}, ${period}) applies to every copy made here; it cannot be deleted before.`,
    );
  }
  if (request.target.kind === 'versions-back' && request.target.count > 0 && tally.totals.planned > 0) {
    tally.notes.add(
      'versions-back counts from what is there when it runs: running this again goes back from the result, it does not ' +
        'repeat it. With to-time, or a version-id, it can be run again safely.',
    );
  }
  if (request.method === 'delete' && plan.versionDeletes > 0) {
    tally.notes.add(`Method delete: the plan deletes ${plan.versionDeletes} versions for good. They cannot come back.`);
  }
}

/** @throws RollbackError `version-not-found` where a version of a key that has none was asked for */
export function nothingInScope(request: RestoreRequest, tally: Tally): void {
  const { scope, target } = request;
  if (target.kind === 'version') {
    throw new RollbackError(
      'version-not-found',
      `input "version-id": key ${forLog(scope.key ?? '')} has no versions in bucket ${forLog(scope.bucket)}`,
      'Check "key" letter by letter: keys are case-sensitive and have no leading slash unless they were written with one.',
    );
  }
  const what = scope.key !== undefined ? `key ${forLog(scope.key)}` : `keys under ${forLog(scope.prefix)}`;
  tally.notes.add(
    `No ${what} in bucket ${forLog(scope.bucket)}, neither now nor in its history. Check the spelling: keys are ` +
      'case-sensitive and have no leading slash unless they were written with one.',
  );
}
