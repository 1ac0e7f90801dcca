import type { Operation } from '../core/request.ts';
import { type Env, type InputReader, quoted } from './input-reader.ts';

/** Where people are told. */
export interface Reporting {
  readonly summary: boolean;
  /** A comment on the pull request, if there is one; absent: none. */
  readonly comment?: CommentAccess;
  /** One open incident issue for each bucket; absent: none. */
  readonly issue?: GitHubAccess;
}

export interface GitHubAccess {
  /** '' where there is none. */
  readonly token: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly apiUrl: string;
  readonly graphqlUrl: string;
  readonly serverUrl: string;
  /** Of this workflow run; '' where the runner does not say. */
  readonly runId: string;
}

export interface CommentAccess extends GitHubAccess {
  /** Somebody asked for it; else it is the default, which nobody misses where there is no pull request. */
  readonly asked: boolean;
  /** '' where there is one comment only. */
  readonly reportId: string;
  /** Of a pull request, or an issue; absent: that of the event, or of the commit. */
  readonly issueNumber?: number;
  /** '' where the runner does not say. */
  readonly eventName: string;
  readonly eventPath: string;
  readonly sha: string;
}

const PLACES = ['summary', 'pr-comment', 'issue'] as const;

/** With a problem the result means nothing. */
export function parseReporting(read: InputReader, env: Env, operation: Operation | undefined): Reporting {
  const places = read.list('report-to', PLACES);
  const access = accessOf(read, env);
  const comment = parseComment(read, env, access, places.includes('pr-comment'));
  const reporting = { summary: places.includes('summary'), ...(comment !== undefined && { comment }) };
  if (!places.includes('issue')) return reporting;
  if (operation !== undefined && operation !== 'recover') {
    read.problem(
      'report-to',
      `issue is for operation: recover, not for ${operation}`,
      'Leave out issue: the job summary has it all.',
    );
  }
  checkAccess(read, access);
  return { ...reporting, issue: access };
}

/** https://docs.github.com/en/actions/reference/workflows-and-actions/variables */
function accessOf(read: InputReader, env: Env): GitHubAccess {
  const apiUrl = env.GITHUB_API_URL || 'https://api.github.com';
  return {
    token: read.exact('github-token').trim(),
    repository: env.GITHUB_REPOSITORY ?? '',
    apiUrl,
    graphqlUrl: env.GITHUB_GRAPHQL_URL || `${apiUrl}/graphql`,
    serverUrl: env.GITHUB_SERVER_URL || 'https://github.com',
    runId: /^\d{1,20}$/.test(env.GITHUB_RUN_ID ?? '') ? (env.GITHUB_RUN_ID ?? '') : '',
  };
}

/** An issue is only written for whoever asked for it, so what it lacks is said before anything else is done. */
function checkAccess(read: InputReader, { token, repository }: GitHubAccess): void {
  if (token === '') {
    read.problem(
      'github-token',
      'is empty, and report-to asks for an issue',
      'Leave github-token out, so that the token of the job is used, or give one that may write issues.',
    );
  }
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) {
    read.problem(
      'report-to',
      'asks for an issue, and GITHUB_REPOSITORY, which the runner sets, does not name a repository',
      'Run this in a workflow, or leave out issue.',
    );
  }
}

function parseComment(read: InputReader, env: Env, access: GitHubAccess, isWanted: boolean): CommentAccess | undefined {
  // An issue has a number in nine digits, for a long time to come.
  const issueNumber = read.integer('issue-number', { min: 1, max: 2 ** 31 - 1 });
  const reportId = read.text('report-id');
  if (reportId !== '' && !/^[\w.-]{1,64}$/.test(reportId)) {
    read.problem(
      'report-id',
      `${quoted(reportId)} is no id`,
      'Use 1 to 64 of A to Z, a to z, 0 to 9, "_", "." and "-".',
    );
  }
  if (!isWanted) {
    for (const name of ['issue-number', 'report-id'] as const) {
      if (read.given(name))
        read.warn(`input "${name}" is about pr-comment, which report-to does not have: no comment is written.`);
    }
    return undefined;
  }
  return {
    ...access,
    asked: read.given('report-to'),
    reportId,
    ...(issueNumber !== undefined && { issueNumber }),
    eventName: env.GITHUB_EVENT_NAME ?? '',
    eventPath: env.GITHUB_EVENT_PATH ?? '',
    sha: env.GITHUB_SHA ?? '',
  };
}
