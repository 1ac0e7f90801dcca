import { renderComment } from './action/comment.ts';
import { chooseComment, familyOf } from './action/comment-memory.ts';
import type { CommentAccess, GitHubAccess } from './action/input-reporting.ts';
import { issueTitle, newsOf, renderIssue } from './action/issue.ts';
import type { Log } from './action/log.ts';
import { type PlanLook, shapePlan } from './action/summary-risks.ts';
import type { RunResult } from './core/report.ts';
import { isChange, type Request } from './core/request.ts';
import { readPlan, readPlanHeader } from './files/plan-spool.ts';
import { findPullRequest, openGitHub, updateComment, updateIncident } from './github/index.ts';

/** What is told on GitHub's pages, once a run is over: the comment on its pull request, the issues of the bot. */

export interface Telling {
  readonly log: Log;
  /** ms since 1970. */
  readonly now: () => number;
  /** Send nothing new. */
  readonly stop: AbortSignal;
  /** Drop what is in flight. */
  readonly abort: AbortSignal;
}

/** Buckets whose issues are written; one after the other, for GitHub asks that of whoever writes. */
const MAX_ISSUES = 20;

/** A comment is not worth more of a job, in ms. */
const COMMENT_MS = 120_000;

/**
 * Tell the run in the comment on its pull request, if it belongs to one. Never throws, and changes no result: what GitHub
 * refuses is a warning. `family`: which of the comments there; that of the operation, if it is not said.
 */
export async function tellPullRequest(
  result: RunResult,
  access: CommentAccess,
  about: { readonly request: Request; readonly look?: PlanLook | undefined; readonly family?: string },
  { log, stop, abort }: Telling,
): Promise<void> {
  const { request, look, family = familyOf(request.operation) } = about;
  if (stop.aborted) return;
  const { token, serverUrl, repository, runId, reportId, asked } = access;
  if (token === '') return log.say('No comment: the input github-token is empty.');
  if (repository === '') return log.say('No comment: GITHUB_REPOSITORY, which the runner sets, is empty.');
  try {
    const github = openGitHub({ ...access, stop, abort, mostMs: COMMENT_MS });
    const found = await findPullRequest(github, access);
    if ('none' in found) return log.say(`No comment: ${found.none}.`);
    // Whether there is a pull request is not known: nobody asked, so nobody misses it.
    if ('problem' in found) return asked ? log.warning(found.problem) : log.say(found.problem);
    const told = await updateComment(github, {
      number: found.number,
      key: `${family}/${reportId}`,
      choose: (memories) => chooseComment(result, request, memories),
      render: (old, room) =>
        renderComment(result, {
          request,
          guarded: family === 'guard',
          old,
          room,
          look,
          runId,
          runsUrl: `${serverUrl}/${repository}/actions/runs`,
        }),
      absent:
        found.by === 'input'
          ? `there is no pull request ${found.number} that the token sees; check the input issue-number`
          : `pull request ${found.number} is not there, or the token does not see it; give the job "permissions: pull-requests: write"`,
    });
    if ('problem' in told) return log.warning(told.problem);
    for (const warning of told.warnings) log.warning(warning);
    log.say(`Comment ${told.created ? 'written' : 'brought up to date'}: ${told.url}`);
  } catch (error) {
    log.warning(`The comment could not be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * When the plan was made, and of a dry run what it comes to, read from its file. Undefined where there is none, or it cannot be
 * read: then less is told.
 */
export async function lookAtPlan(
  { plan, report }: RunResult,
  request: Request,
  stop: AbortSignal,
): Promise<PlanLook | undefined> {
  if (plan === undefined || !isChange(request)) return undefined;
  try {
    const madeAt = Date.parse((await readPlanHeader(plan.file)).createdAt);
    if (!report.dryRun || report.error !== undefined) return { madeAt };
    const { add, shape } = shapePlan();
    for await (const line of readPlan(plan.file, plan.digest)) {
      if (stop.aborted) return { madeAt };
      add(line);
    }
    return { madeAt, shape };
  } catch {
    return undefined;
  }
}

/**
 * Bring the incident issue of each bucket with news up to date. Never throws, and changes no result: what GitHub refuses is a
 * warning. A dry run, which changes nothing, writes none.
 */
export async function tellIssues(
  result: RunResult,
  access: GitHubAccess,
  { log, now, stop, abort }: Telling,
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
