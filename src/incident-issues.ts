import type { IssueAccess } from './action/input-reporting.ts';
import { issueTitle, newsOf, renderIssue } from './action/issue.ts';
import type { Log } from './action/log.ts';
import type { RunResult } from './core/report.ts';
import { openGitHub, updateIncident } from './github/index.ts';

/** Buckets whose issues are written; one after the other, for GitHub asks that of whoever writes. */
const MAX_ISSUES = 20;

/**
 * Bring the incident issue of each bucket with news up to date. Never throws, and changes no result: what GitHub refuses is a
 * warning. A dry run, which changes nothing, writes none.
 */
export async function tellIssues(
  result: RunResult,
  access: IssueAccess,
  { log, now, stop, abort }: { log: Log; now: () => number; stop: AbortSignal; abort: AbortSignal },
): Promise<void> {
  const { incident } = result.highlights;
  if (incident === undefined || result.report.dryRun || stop.aborted) return;
  const { runId, serverUrl, repository } = access;
  try {
    const github = openGitHub({ ...access, stop, abort });
    for (const news of newsOf(incident).slice(0, MAX_ISSUES)) {
      const told = await updateIncident(github, {
        key: news.bucket,
        title: issueTitle(news.bucket),
        render: (previous, room) =>
          renderIssue(news, result, {
            previous,
            room,
            now: now(),
            runId,
            runsUrl: `${serverUrl}/${repository}/actions/runs`,
          }),
      });
      if ('problem' in told) return log.warning(told.problem);
      if (told.warning !== undefined) log.warning(told.warning);
      log.say(`Incident issue ${told.created ? 'opened' : 'brought up to date'}: ${told.url}`);
    }
  } catch (error) {
    log.warning(`The incident issue could not be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}
