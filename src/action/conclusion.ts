import type { MessageCounts } from '../core/incident.ts';
import type { RunResult } from '../core/report.ts';
import { deedOf } from './deed.ts';
import { count, duration, grouped } from './format.ts';
import { lostWords } from './summary-history.ts';

const MAX_NOTES = 10;

/** What is worth knowing, and the run in two lines, for whoever reads nothing else of the log. */
export function conclusion(result: RunResult): string[] {
  const { report, plan, journalFile, reportFile } = result;
  const { requests } = report;
  const sent = requests.list + requests.head + requests.get + requests.copy + requests.delete + requests.put;
  const took = duration(Date.parse(report.finishedAt) - Date.parse(report.startedAt));
  const files = [
    plan === undefined ? [] : [`plan ${plan.file}`],
    journalFile === undefined ? [] : [`journal ${journalFile}`],
    reportFile === undefined ? [] : [`report ${reportFile}`],
  ].flat();
  return [
    ...report.notes.slice(0, MAX_NOTES).map((note) => `Note: ${note}`),
    `${report.operation === 'history' ? historyWords(report) : countsWords(result)} ` +
      `(status ${report.status}, ${count(sent, 'request')}, ${took}).`,
    ...(report.messages === undefined ? [] : [messagesLine(report.messages)]),
    ...(files.length > 0 ? [`Files: ${files.join(', ')}`] : []),
  ];
}

function countsWords({
  report,
  highlights,
  checkpoint,
}: Pick<RunResult, 'report' | 'highlights' | 'checkpoint'>): string {
  const { totals } = report;
  const { did, toDo } = deedOf(report);
  const absent = highlights.toAbsent > 0 ? ` (${grouped(highlights.toAbsent)} of them to be deleted again)` : '';
  const touched = totals.restored > 0 || Object.values(report.steps).some((n) => n > 0);
  const verdict =
    checkpoint !== undefined
      ? `Guarded: the checkpoint is ${checkpoint}`
      : report.error !== undefined && !touched
        ? `Refused: nothing was ${did === 'restored' ? 'changed' : did}`
        : report.dryRun
          ? `Dry run: ${count(totals.planned, 'key')} to ${toDo}${absent}`
          : `${grouped(totals.restored)} of ${count(totals.planned, 'planned key')} ${did}${absent}`;
  return (
    `${verdict}; ${grouped(totals.unchanged)} unchanged, ${grouped(totals.skipped)} skipped, ` +
    `${grouped(totals.conflicts)} in conflict, ${grouped(totals.failed)} failed`
  );
}

/** A history changes nothing, so it counts what it read, and says what it found. */
function historyWords({ error, history, totals }: RunResult['report']): string {
  const read = `${count(totals.entriesExamined, 'entry', 'entries')} of ${count(totals.keysExamined, 'key')} read`;
  if (error !== undefined) return `Not read to the end: ${read}`;
  const suggested = history?.suggestedTime === undefined ? '' : `, suggested-time ${history.suggestedTime}`;
  if (history?.timeline !== undefined) return `${read}${suggested}`;
  const { incident } = history ?? {};
  return incident === undefined
    ? `${read}; no incident found`
    : `${read}; incident: ${lostWords(incident)} from ${incident.began} to ${incident.ended}${suggested}`;
}

function messagesLine({ received, acknowledged, ignored, deferred, invalid }: MessageCounts): string {
  return (
    `${count(received, 'message')} received: ${grouped(acknowledged)} acknowledged (${grouped(ignored)} of them with nothing to undo), ` +
    `${grouped(deferred)} left for later, ${grouped(invalid)} not understood.`
  );
}
