import type { Place } from '../core/decide.ts';
import { InputError, RollbackError } from '../core/errors.ts';
import { TO_LOOK_AT } from '../core/incident.ts';
import type { FailOn, KeyFailure } from '../core/outcome.ts';
import type { Report, RunResult } from '../core/report.ts';
import { forLog, shorten } from '../core/text.ts';
import { deedOf, leftInArchive, waitingFor } from './deed.ts';
import { count, grouped, sentence } from './format.ts';
import { RefusedInputs } from './inputs.ts';
import type { Log } from './log.ts';

/** Tell an error that ended the run: message and mend, one annotation for each thing that is wrong. */
export function annotateError(log: Log, error: unknown): void {
  if (error instanceof RefusedInputs) for (const warning of error.warnings) log.warning(warning);
  if (error instanceof InputError) {
    for (const { input, problem, mend } of error.problems) {
      log.error(lines(`input "${input}": ${problem}`, mend), `Input "${input}"`);
    }
  } else if (error instanceof RollbackError) {
    annotateStop(log, error);
  } else {
    const message = error instanceof Error ? error.message : String(error);
    log.error(
      `${sentence(message)}\nThis is a fault of the action. Run it again with debug logging, and report it.`,
      'Unexpected error',
    );
  }
  if (error instanceof Error && error.stack !== undefined) log.debug(error.stack);
}

/**
 * Tell what did not go well in a run that went to its end or was stopped. Failures are grouped by code, so that a
 * thousand keys with one cause are one annotation. What does not make the step fail is a warning.
 */
export function annotateResult(log: Log, { report }: RunResult, failOn: FailOn): void {
  const tell = failOn === 'never' ? log.warning : log.error;
  if (report.error !== undefined) annotateStop({ error: tell }, report.error);
  for (const group of groupFailures(report.failures)) {
    const first = `${sentence(group.first.message)} First: ${placeWords(group.first, report)}`;
    tell(lines(`${failureCount(group, report)}: ${first}`, group.first.hint), group.code);
  }
  const [conflict] = report.conflicts;
  if (conflict !== undefined) {
    const keys = report.totals.conflicts;
    const [what, mend] =
      report.operation === 'download'
        ? [`${count(keys, 'key')} not fetched, for nothing that is there is replaced`, 'Fetch into an empty folder.']
        : [
            `${count(keys, 'key')} changed while this ran, and ${keys === 1 ? 'was' : 'were'} left alone`,
            'Look at what was written before you run it again.',
          ];
    (failOn === 'conflicts' ? log.error : log.warning)(
      `${what}. First: ${placeWords(conflict, report)}: ${sentence(conflict.found)}\n${mend}`,
      'Conflicts',
    );
  }
  const archived = leftInArchive(report);
  if (archived > 0 && !report.dryRun && report.operation !== 'recover') {
    const mend =
      report.operation === 'download'
        ? 'Restore them from there first (aws s3api restore-object).'
        : 'Set archived: restore to request them from there.';
    log.warning(
      `${count(archived, 'key')} not ${deedOf(report).did}: the version is in an archive.\n${mend}`,
      'Archive',
    );
  }
  if (report.operation === 'recover') annotateIncident(log, report);
  else if (report.totals.keysExamined === 0 && report.error === undefined && report.operation !== 'guard') {
    log.warning([...report.notes].join('\n') || 'No key is in scope.', 'Nothing in scope');
  }
  const waiting = waitingFor(report);
  if (waiting > 0 && !report.dryRun) {
    log.warning(
      `${count(waiting, 'key')} not copied yet: versions were requested from an archive, now or before, and are not there.\n` +
        `Run the same step again${fixedTime(report)} when they are: it finishes these keys. How long that takes is in the summary.`,
      'Archive',
    );
  }
}

/** What people have to look at although nothing failed. */
function annotateIncident(log: Log, { skipped, messages, notes }: Report): void {
  const toLookAt = TO_LOOK_AT.reduce((n, reason) => n + (skipped[reason] ?? 0), 0);
  if (toLookAt > 0) {
    log.warning(
      `${count(toLookAt, 'key')} left alone for people to look at: why, and how many of each, is in the summary under Skipped.\n` +
        'Who did it is there too, and in the report file.',
      'Recovery bot',
    );
  }
  if (messages !== undefined && messages.invalid > 0) {
    log.warning(
      `${count(messages.invalid, 'message is', 'messages are')} not understood, and ${messages.invalid === 1 ? 'stays' : 'stay'} in the queue.\n` +
        'What is wrong with them is in the summary. The queue moves them to its dead-letter queue, where it has one.',
      'Recovery bot',
    );
  }
  // What may undo more than was meant, or less.
  for (const note of notes)
    if (/^There is no policy file|^STS did|other buckets than/.test(note)) log.warning(note, 'Recovery bot');
}

/** `15m ago` is another time when it is said later. */
function fixedTime({ target }: Report): string {
  return typeof target.toTime === 'string' ? ` with to-time: ${target.toTime}` : '';
}

/** A key; with its bucket where the inputs do not say it. */
function placeWords({ bucket, key }: Place, { scope }: Report): string {
  const words = forLog(shorten(key, 200));
  return bucket === scope.bucket ? words : `${words} in bucket ${forLog(bucket)}`;
}

function annotateStop(log: Pick<Log, 'error'>, error: { code: string; message: string; hint: string }): void {
  log.error(lines(error.message, error.hint), error.code);
}

/** What happened, and below it what to do, where that is known. */
function lines(message: string, hint: string): string {
  return [sentence(message), sentence(hint)].filter((line) => line !== '').join('\n');
}

export interface FailureGroup {
  readonly code: string;
  readonly first: KeyFailure;
  readonly count: number;
}

/** By code, most keys first. The listed failures are the first of a long run's; see `failureCount`. */
export function groupFailures(failures: readonly KeyFailure[]): FailureGroup[] {
  const groups = new Map<string, FailureGroup>();
  for (const failure of failures) {
    const group = groups.get(failure.code);
    groups.set(failure.code, { code: failure.code, first: group?.first ?? failure, count: (group?.count ?? 0) + 1 });
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}

/** `12 keys failed`; honest about failures beyond those that the report lists. */
function failureCount(group: FailureGroup, report: Report): string {
  const listed = report.failures.length;
  const all = report.totals.failed;
  return listed === all
    ? `${count(group.count, 'key')} failed`
    : `${grouped(group.count)} of the first ${grouped(listed)} failures (of ${grouped(all)})`;
}
