import type { RunResult } from '../core/report.ts';
import { deedOf } from './deed.ts';
import { count, duration, grouped } from './format.ts';

/** The run in two lines of the log, for whoever reads nothing else. No text from outside but our own paths. */
export function conclusion({ report, plan, journalFile, reportFile }: RunResult): string[] {
  const { totals, requests } = report;
  const { did, toDo } = deedOf(report);
  const verdict = report.dryRun
    ? `Dry run: ${count(totals.planned, 'key')} to ${toDo}`
    : `${grouped(totals.restored)} of ${count(totals.planned, 'planned key')} ${did}`;
  const sent = requests.list + requests.head + requests.get + requests.copy + requests.delete + requests.put;
  const took = duration(Date.parse(report.finishedAt) - Date.parse(report.startedAt));
  const files = [
    plan === undefined ? [] : [`plan ${plan.file}`],
    journalFile === undefined ? [] : [`journal ${journalFile}`],
    reportFile === undefined ? [] : [`report ${reportFile}`],
  ].flat();
  return [
    `${verdict}; ${grouped(totals.unchanged)} unchanged, ${grouped(totals.skipped)} skipped, ` +
      `${grouped(totals.conflicts)} in conflict, ${grouped(totals.failed)} failed ` +
      `(status ${report.status}, ${count(sent, 'request')}, ${took}).`,
    ...(files.length > 0 ? [`Files: ${files.join(', ')}`] : []),
  ];
}
