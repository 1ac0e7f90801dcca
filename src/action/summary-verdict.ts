import type { Report, RunResult } from '../core/report.ts';
import { isChange, type RecoverRequest, type Request } from '../core/request.ts';
import { deedOf, leftInArchive, waitingFor } from './deed.ts';
import { count, grouped } from './format.ts';
import { destinationWords, manifestOf, whereWords } from './summary-asked.ts';
import { historyVerdict } from './summary-history.ts';
import { leftWords } from './summary-incident.ts';
import { name } from './summary-words.ts';

/** Emoji and sentence: what became of the run, before anything else. */
export function verdict(result: RunResult, request: Request): string {
  const { report } = result;
  if (request.operation === 'history') return historyVerdict(result, request);
  const { totals, status } = report;
  const { did, toDo } = deedOf(report);
  const where = request.operation === 'recover' ? recoverWay(result, request) : wholeWay(request);
  const changed = Object.values(report.steps).some((n) => n > 0) && !report.dryRun;
  const trouble = troubleWords(report);
  const nothing = toDo === 'change' ? 'nothing to do' : `nothing to ${toDo}`;

  if (request.operation === 'guard' && result.checkpoint !== undefined) {
    return `🛡️ Guarded: if this job fails or is cancelled, it goes back to ${result.checkpoint} ${where}`;
  }
  if (report.error !== undefined) {
    if (report.error.code === 'cancelled') return `⚠️ Cancelled: ${doneOf(result)} ${where}`;
    return changed || totals.restored > 0
      ? `❌ Stopped: ${doneOf(result)} ${where}`
      : `❌ ${report.dryRun ? 'Dry run refused' : 'Refused'}: nothing was ${did === 'restored' ? 'changed' : did} ${where}`;
  }
  if (totals.keysExamined === 0) return nothingFound(report, request);
  if (report.dryRun) {
    const asked = requestedWords(report, request);
    if (totals.planned > 0) return `📝 Dry run: ${wouldBe(result)} ${where}${trouble}${asked}`;
    if (asked !== '') return `📝 Dry run${asked} ${whereWords(request, 'in')}`;
    return status === 'failed'
      ? `❌ Dry run: no plan for any key ${whereWords(request, 'in')}${trouble}`
      : `✅ Dry run: ${nothing} ${where}${trouble}`;
  }
  switch (status) {
    case 'success':
      return `${waitingFor(report) > 0 ? '⏳' : leftInArchive(report) > 0 ? '⚠️' : '✅'} ${doneOf(result)} ${where}${trouble}`;
    case 'no-change': {
      const waiting = waitingFor(report);
      return waiting > 0
        ? `⏳ ${waits(waiting)} for the archive ${whereWords(request, 'in')}`
        : `✅ ${nothing.replace(/^n/, 'N')} ${where}${leftWords(report) !== '' ? trouble : totals.skipped > 0 ? `: ${count(totals.skipped, 'key')} skipped` : ''}`;
    }
    case 'failed':
      return `❌ No key ${did} ${where}${trouble}`;
    default:
      return `⚠️ ${doneOf(result)} ${where}${trouble}`;
  }
}

/** In the bucket, if all events are of one. */
function recoverWay({ highlights }: RunResult, request: RecoverRequest): string {
  const buckets = new Set([...(highlights.incident?.deeds.values() ?? [])].map(({ bucket }) => bucket));
  const [bucket] = buckets;
  return buckets.size === 1 && bucket ? `in ${name(bucket)}` : whereWords(request, 'in');
}

/** From where to where; in place, just where. */
function wholeWay(request: Request): string {
  if (request.operation === 'download') return `${whereWords(request, 'from')} into ${name(request.directory)}`;
  if (!isChange(request) || request.destination === undefined) return whereWords(request, 'in');
  return `${whereWords(request, 'from')} to ${destinationWords(request)}`;
}

function nothingFound({ messages, dryRun }: Report, request: Request): string {
  if (request.operation === 'recover') {
    const of = messages === undefined ? '' : `: ${count(messages.received, 'message')}`;
    const unknown =
      messages !== undefined && messages.invalid > 0 ? `, ${grouped(messages.invalid)} not understood` : '';
    return `${unknown === '' ? '✅' : '⚠️'} ${dryRun ? 'Dry run: nothing' : 'Nothing'} to undo ${whereWords(request, 'in')}${of}${unknown}`;
  }
  const manifest = manifestOf(request);
  return manifest === undefined
    ? `⚠️ No key found ${whereWords(request, 'in')}`
    : `⚠️ No row to act on in manifest ${name(manifest.given)}`;
}

/** What a plan does, deletions named as such: a key that goes back to not being there is not brought back. */
function wouldBe({ report, highlights }: RunResult): string {
  const { planned } = report.totals;
  const { toAbsent } = highlights;
  const back = planned - toAbsent;
  const { did } = deedOf(report);
  if (toAbsent === 0) return `${count(planned, 'key')} would be ${did}`;
  const deleted = `${count(toAbsent, 'key')} would be deleted, for ${toAbsent === 1 ? 'it was' : 'they were'} not there then,`;
  return back === 0 ? deleted : `${count(back, 'key')} would be ${did}, and ${deleted}`;
}

/** What `archived: restore` would send. */
function requestedWords({ skipped }: Report, request: Request): string {
  const keys = skipped.archived ?? 0;
  const asks = isChange(request) && request.archived !== undefined && keys > 0;
  return asks ? `: versions of ${count(keys, 'key')} would be requested from the archive` : '';
}

function doneOf({ report, highlights }: RunResult): string {
  const { totals } = report;
  const { did } = deedOf(report);
  const { toAbsent } = highlights;
  if (totals.restored === totals.planned) {
    if (toAbsent === 0) return `${count(totals.restored, 'key')} ${did}`;
    const back = totals.restored - toAbsent;
    return back === 0
      ? `${count(toAbsent, 'key')} deleted again`
      : `${count(back, 'key')} ${did} and ${grouped(toAbsent)} deleted again`;
  }
  // Only a download plans what then turns out to be there.
  const there = did === 'fetched' && totals.unchanged > 0 ? `, ${grouped(totals.unchanged)} there already,` : '';
  return `${grouped(totals.restored)} of ${count(totals.planned, 'key')} ${did}${there}`;
}

function troubleWords(report: Report): string {
  const { failed, conflicts } = report.totals;
  const waiting = waitingFor(report);
  const archived = report.dryRun ? 0 : leftInArchive(report);
  const left = leftWords(report);
  const parts = [
    ...(left === '' ? [] : [left]),
    ...(failed > 0 ? [`${grouped(failed)} failed`] : []),
    ...(conflicts > 0 ? [`${count(conflicts, 'conflict')}`] : []),
    ...(waiting > 0 ? [`${waits(waiting)} for the archive`] : []),
    ...(archived > 0 ? [`${count(archived, 'key')} left in the archive`] : []),
  ];
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

function waits(keys: number): string {
  return `${count(keys, 'key')} ${keys === 1 ? 'waits' : 'wait'}`;
}
