import { canRepeat } from '../core/again.ts';
import { RollbackError } from '../core/errors.ts';
import type { BucketFacts } from '../core/ports.ts';
import type { Tally } from '../core/report.ts';
import type { ChangeRequest } from '../core/request.ts';
import { forLog } from '../core/text.ts';
import { formatTime } from '../core/time.ts';
import { countOf } from '../core/words.ts';
import { archivedNotes } from './archived.ts';
import type { Plan } from './planner.ts';

/** Of each bucket that the run touches. */
type AllFacts = ReadonlyMap<string, BucketFacts>;

/** What is to be said of a plan before it is carried out, and when it must not be. */

/**
 * Limits that the user set, and what the bucket cannot do. A dry run is only told of them.
 * @throws RollbackError `max-changes-exceeded`, `max-deletes-exceeded`, `mfa-delete-enabled`, before the first change
 */
export function checkPlan(request: ChangeRequest, facts: AllFacts, plan: Plan, tally: Tally): void {
  const refusals: RollbackError[] = [];
  const { planned } = tally.totals;
  if (request.maxChanges !== undefined && planned > request.maxChanges) {
    refusals.push(
      new RollbackError(
        'max-changes-exceeded',
        `input "max-changes": the plan changes ${planned} keys, more than the ${request.maxChanges} allowed`,
        request.operation === 'recover'
          ? 'Look at who did it, in the summary; then raise "max-changes", or let a rule of the policy only report (then: report).'
          : 'Look at the plan; then narrow the scope, or raise "max-changes".',
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
  for (const [bucket, { mfaDelete }] of facts) {
    const removals = plan.removals.get(bucket) ?? 0;
    if (!mfaDelete || removals === 0) continue;
    refusals.push(
      new RollbackError(
        'mfa-delete-enabled',
        `bucket ${forLog(bucket)} has MFA delete enabled: ${countOf(removals, 'entry', 'entries')} of it in the plan can only be removed with a one-time password`,
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
export function noteFacts(request: ChangeRequest, facts: AllFacts, plan: Plan, tally: Tally): void {
  const changed = request.destination?.bucket;
  for (const [bucket, { versioning, objectLock }] of facts) {
    if (changed !== undefined && bucket !== changed) continue;
    const which = facts.size === 1 ? 'this bucket' : `bucket ${forLog(bucket)}`;
    if (versioning === 'Suspended') {
      tally.notes.add(`Versioning of ${which} is suspended: what is written to it now is kept in one version only.`);
    }
    if (typeof objectLock === 'object' && plan.copies > 0) {
      tally.notes.add(
        `Object Lock: the default retention of ${which} (${objectLock.mode}, ${objectLock.period}) applies to every copy made there; it cannot be deleted before.`,
      );
    }
  }
  if (plan.unproven > 0) {
    tally.notes.add(
      `${countOf(plan.unproven, 'key is', 'keys are')} copied although an equal version may be there: it was uploaded in parts or is encrypted ` +
        'with KMS, and has no checksum of the whole object to compare. Nothing is lost by it; a second run copies it again.',
    );
  }
  if (plan.toArchive > 0) {
    tally.notes.add(
      `${countOf(plan.toArchive, 'copy goes', 'copies go')} into an archive, the storage class of the version: to be read, it has to be restored ` +
        'there first (aws s3api restore-object). operation: download fetches the version while its restored copy lasts.',
    );
  }
  const { toAbsent, totals } = tally;
  if (request.target.kind === 'time' && toAbsent > 0 && toAbsent === totals.planned && totals.unchanged === 0) {
    tally.notes.add(
      `At ${formatTime(request.target.at)} no key in scope was there, so this deletes ${toAbsent === 1 ? 'it' : `all ${toAbsent}`}. Is the time right?`,
    );
  }
  const mayBeLocked = [...facts.values()].some(({ objectLock }) => objectLock !== 'off');
  if (request.preserve.objectLock && plan.copies > 0 && plan.locked === 0 && mayBeLocked) {
    tally.notes.add(
      'preserve: object-lock found no retention and no legal hold on the versions to copy. S3 shows them only to roles with ' +
        's3:GetObjectRetention and s3:GetObjectLegalHold.',
    );
  }
  for (const note of archivedNotes(request, tally)) tally.notes.add(note);
  if (!canRepeat(request) && tally.totals.planned > 0) {
    tally.notes.add(
      'versions-back counts from what is there when it runs: running this again goes back from the result, it does not ' +
        'repeat it. With to-time, or a version-id, it can be run again safely.',
    );
  }
  if (request.method === 'delete' && plan.versionDeletes > 0) {
    tally.notes.add(`Method delete: the plan deletes ${plan.versionDeletes} versions for good. They cannot come back.`);
  }
}
