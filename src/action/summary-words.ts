import type { PlannedKey, StepKind } from '../core/plan.ts';
import type { RunResult } from '../core/report.ts';
import type { RestoreRequest } from '../core/request.ts';
import type { Scope } from '../core/scope.ts';
import type { SkipReason } from '../core/target.ts';
import { forMarkdown, shorten } from '../core/text.ts';
import { formatTime } from '../core/time.ts';
import { count, grouped } from './format.ts';

/** The sentences of the summary. All of it is HTML that GitHub may show: names went through `forMarkdown`. */

export const SKIP_WORDS: Readonly<Record<SkipReason, string>> = {
  'nothing-to-restore': 'No version is left underneath the delete markers: there is nothing to bring back.',
  'outside-window': 'Deleted outside the window of deleted-after and deleted-before.',
  'not-enough-versions': 'The key does not have that many versions.',
  'ambiguous-order': 'The server does not tell which of two entries is newer, and here it matters.',
  'would-destroy-null-version':
    'Versioning is suspended, and a write here would destroy the version whose id is <code>null</code>. Turn versioning on first.',
  archived: 'The version to go back to is in an archive, and has to be restored from it first.',
  'too-large': 'The version to go back to is over 5 GiB, which one CopyObject request cannot copy.',
  'customer-encryption-key': 'The version to go back to is encrypted with a key that only its owner has (SSE-C).',
  'not-attempted': 'The run ended before it was the turn of these keys.',
};

/** A name as it stands in a table: whole keys are up to a kilobyte. */
export function name(text: string, max = 120): string {
  return forMarkdown(shorten(text, max));
}

/** `in my-bucket under site/`. */
export function whereWords(scope: Scope): string {
  const bucket = `in ${name(scope.bucket)}`;
  if (scope.key !== undefined) return `${bucket}, key ${name(scope.key)}`;
  return scope.prefix === '' ? bucket : `${bucket} under ${name(scope.prefix)}`;
}

export function scopeWords(scope: Scope): string {
  if (scope.key !== undefined) return `the key ${name(scope.key)}`;
  return scope.prefix === '' ? 'the whole bucket' : `all that begin with ${name(scope.prefix)}`;
}

export function targetWords({ target }: RestoreRequest): string {
  switch (target.kind) {
    case 'undelete': {
      const { after, before } = target;
      if (after !== undefined && before !== undefined) {
        return `the newest version, if deleted from ${time(after)} to ${time(before)}`;
      }
      if (after !== undefined) return `the newest version, if deleted at ${time(after)} or later`;
      return before === undefined
        ? 'the newest version, where the key is deleted'
        : `the newest version, if deleted at ${time(before)} or earlier`;
    }
    case 'version':
      return `version ${name(target.versionId)}`;
    case 'time':
      return `the state at ${time(target.at)}`;
    case 'versions-back':
      return target.count === 0 ? 'the newest version' : `${count(target.count, 'version')} back`;
  }
}

export function methodWords(request: RestoreRequest): string {
  if (request.operation === 'undelete') return 'delete markers are removed, no data moves';
  return request.method === 'copy'
    ? 'copy: the old version is put on top, nothing is lost'
    : `delete: everything newer is deleted for good (at most ${count(request.maxDeletes ?? 0, 'version')})`;
}

/** A point in time (ms), in UTC. */
export function time(at: number): string {
  return formatTime(at).replace('T', ' ').replace('Z', ' UTC');
}

const STEP_WORDS: Readonly<Record<StepKind, (n: number) => string>> = {
  'remove-delete-marker': (n) => (n === 1 ? 'remove the delete marker' : `remove ${grouped(n)} delete markers`),
  'copy-version': () => 'copy that version on top',
  'delete-version': (n) => `delete ${count(n, 'newer version')} for good`,
  'add-delete-marker': () => 'add a delete marker',
};

/** What a plan does to one key, in a few words. */
export function stepsWords(line: PlannedKey): string {
  const counts = new Map<StepKind, number>();
  for (const step of line.steps) counts.set(step.do, (counts.get(step.do) ?? 0) + 1);
  return [...counts].map(([kind, n]) => STEP_WORDS[kind](n)).join(', ');
}

/** Emoji and sentence: what became of the run, before anything else. */
export function verdict({ report }: RunResult, request: RestoreRequest): string {
  const { totals, status } = report;
  const where = whereWords(request.scope);
  const changed = Object.values(report.steps).some((n) => n > 0) && !report.dryRun;
  const trouble = troubleWords(totals);

  if (report.error !== undefined) {
    if (report.error.code === 'cancelled') return `⚠️ Cancelled: ${restoredOf(totals)} ${where}`;
    return changed || totals.restored > 0
      ? `❌ Stopped: ${restoredOf(totals)} ${where}`
      : `❌ ${report.dryRun ? 'Dry run refused' : 'Refused'}: nothing was changed ${where}`;
  }
  if (totals.keysExamined === 0) return `⚠️ No key found ${where}`;
  if (report.dryRun) {
    if (totals.planned > 0) return `📝 Dry run: ${count(totals.planned, 'key')} would be restored ${where}${trouble}`;
    return status === 'failed'
      ? `❌ Dry run: no plan for any key ${where}${trouble}`
      : `✅ Dry run: nothing to do ${where}${trouble}`;
  }
  switch (status) {
    case 'success':
      return `✅ ${count(totals.restored, 'key')} restored ${where}`;
    case 'no-change':
      return `✅ Nothing to do ${where}`;
    case 'failed':
      return `❌ No key restored ${where}${trouble}`;
    default:
      return `⚠️ ${restoredOf(totals)} ${where}${trouble}`;
  }
}

function restoredOf(totals: { planned: number; restored: number }): string {
  return totals.restored === totals.planned
    ? `${count(totals.restored, 'key')} restored`
    : `${grouped(totals.restored)} of ${count(totals.planned, 'key')} restored`;
}

function troubleWords(totals: { conflicts: number; failed: number }): string {
  const parts = [
    ...(totals.failed > 0 ? [`${grouped(totals.failed)} failed`] : []),
    ...(totals.conflicts > 0 ? [`${count(totals.conflicts, 'conflict')}`] : []),
  ];
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

/** `showing 20 of 2,500`; nothing when all are shown. */
export function showing(shown: number, of: number): string {
  return shown >= of ? '' : ` (showing ${grouped(shown)} of ${grouped(of)})`;
}
