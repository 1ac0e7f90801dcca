import { annotateResult } from './action/annotations.ts';
import { conclusion } from './action/conclusion.ts';
import type { Env } from './action/input-reader.ts';
import type { ParsedInputs } from './action/inputs.ts';
import type { Log } from './action/log.ts';
import { renderSummary } from './action/summary.ts';
import { writeSummary } from './action/summary-file.ts';
import type { RunResult } from './core/report.ts';
import type { Request } from './core/request.ts';
import { carryOut } from './engine.ts';
import { openReportPage } from './report-page.ts';
import { lookAtPlan, tellIssues, tellPullRequest } from './tell.ts';

export interface Step {
  readonly env: Env;
  readonly log: Log;
  readonly stop: AbortSignal;
  readonly abort: AbortSignal;
  /** The second half of a guard. */
  readonly guarded?: boolean;
  /** As soon as the result is known, and told in the log: what must be out whatever comes then. */
  readonly onResult?: (result: RunResult) => void;
}

/**
 * Carry out a request, and tell: log, annotations, summary, page, comment, issues, in the order of how sure they are to be
 * there. What cannot be told must not take the result with it.
 */
export async function runAndTell(
  request: Request,
  { connection, reporting, page }: Pick<ParsedInputs, 'connection' | 'reporting' | 'page'>,
  { env, log, stop, abort, guarded = false, onResult }: Step,
): Promise<RunResult> {
  // The first half of a guard has no keys to show, and is no news: its second half tells.
  const isNews = request.operation !== 'guard';
  const reportPage = page && isNews ? openReportPage(page, request, log) : undefined;
  const onOutcome = reportPage && { onOutcome: reportPage.onOutcome };
  const result = await carryOut(request, connection, { narrator: log, stop, abort, hurry: guarded, ...onOutcome });

  log.endGroup();
  for (const line of conclusion(result)) log.say(line);
  annotateResult(log, result, request.failOn);
  onResult?.(result);
  const look = await lookAtPlan(result, request, stop);
  if (reporting.summary) {
    const problem = await writeSummary(env, (maxBytes) =>
      renderSummary(result, { request, maxBytes, guarded, shape: look?.shape }),
    );
    if (problem !== undefined) log.warning(problem);
  }
  await reportPage?.write(result);
  const telling = { log, now: Date.now, stop, abort };
  if (reporting.comment !== undefined && isNews) {
    const family = guarded ? { family: 'guard' } : {};
    await tellPullRequest(result, reporting.comment, { request, look, ...family }, telling);
  }
  if (reporting.issue !== undefined) await tellIssues(result, reporting.issue, telling);
  return result;
}
