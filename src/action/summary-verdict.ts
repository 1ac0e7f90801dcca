import type { Report, RunResult } from '../core/report.ts';
import type { Request } from '../core/request.ts';
import { deedOf, waitingFor } from './deed.ts';
import { count, grouped } from './format.ts';
import { destinationWords, manifestOf, whereWords } from './summary-asked.ts';
import { name } from './summary-words.ts';

/** Emoji and sentence: what became of the run, before anything else. */
export function verdict({ report }: RunResult, request: Request): string {
  const { totals, status } = report;
  const { did, toDo } = deedOf(report);
  const where = wholeWay(request);
  const changed = Object.values(report.steps).some((n) => n > 0) && !report.dryRun;
  const trouble = troubleWords(report);
  const nothing = toDo === 'change' ? 'nothing to do' : `nothing to ${toDo}`;

  if (report.error !== undefined) {
    if (report.error.code === 'cancelled') return `⚠️ Cancelled: ${doneOf(report)} ${where}`;
    return changed || totals.restored > 0
      ? `❌ Stopped: ${doneOf(report)} ${where}`
      : `❌ ${report.dryRun ? 'Dry run refused' : 'Refused'}: nothing was ${did === 'restored' ? 'changed' : did} ${where}`;
  }
  if (totals.keysExamined === 0) return nothingFound(request);
  if (report.dryRun) {
    if (totals.planned > 0) return `📝 Dry run: ${count(totals.planned, 'key')} would be ${did} ${where}${trouble}`;
    return status === 'failed'
      ? `❌ Dry run: no plan for any key ${whereWords(request, 'in')}${trouble}`
      : `✅ Dry run: ${nothing} ${where}${trouble}`;
  }
  switch (status) {
    case 'success':
      return `${waitingFor(report) > 0 ? '⏳' : '✅'} ${doneOf(report)} ${where}${trouble}`;
    case 'no-change': {
      const waiting = waitingFor(report);
      return waiting > 0
        ? `⏳ ${waits(waiting)} for the archive ${whereWords(request, 'in')}`
        : `✅ ${nothing.replace(/^n/, 'N')} ${where}${totals.skipped > 0 ? `: ${count(totals.skipped, 'key')} skipped` : ''}`;
    }
    case 'failed':
      return `❌ No key ${did} ${where}${trouble}`;
    default:
      return `⚠️ ${doneOf(report)} ${where}${trouble}`;
  }
}

/** From where to where; in place, just where. */
function wholeWay(request: Request): string {
  if (request.operation === 'download') return `${whereWords(request, 'from')} into ${name(request.directory)}`;
  if (request.destination === undefined) return whereWords(request, 'in');
  return `${whereWords(request, 'from')} to ${destinationWords(request)}`;
}

function nothingFound(request: Request): string {
  const manifest = manifestOf(request);
  return manifest === undefined
    ? `⚠️ No key found ${whereWords(request, 'in')}`
    : `⚠️ No row to act on in manifest ${name(manifest.given)}`;
}

function doneOf(report: Report): string {
  const { totals } = report;
  const { did } = deedOf(report);
  if (totals.restored === totals.planned) return `${count(totals.restored, 'key')} ${did}`;
  // Only a download plans what then turns out to be there.
  const there = did === 'fetched' && totals.unchanged > 0 ? `, ${grouped(totals.unchanged)} there already,` : '';
  return `${grouped(totals.restored)} of ${count(totals.planned, 'key')} ${did}${there}`;
}

function troubleWords(report: Report): string {
  const { failed, conflicts } = report.totals;
  const waiting = waitingFor(report);
  const parts = [
    ...(failed > 0 ? [`${grouped(failed)} failed`] : []),
    ...(conflicts > 0 ? [`${count(conflicts, 'conflict')}`] : []),
    ...(waiting > 0 ? [`${waits(waiting)} for the archive`] : []),
  ];
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

function waits(keys: number): string {
  return `${count(keys, 'key')} ${keys === 1 ? 'waits' : 'wait'}`;
}
