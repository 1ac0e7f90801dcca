import type { Operation } from '../core/request.ts';
import type { Env, InputReader } from './input-reader.ts';

/** Where people are told. */
export interface Reporting {
  readonly summary: boolean;
  /** One open incident issue for each bucket; absent: none. */
  readonly issue?: IssueAccess;
}

export interface IssueAccess {
  readonly token: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly apiUrl: string;
  readonly graphqlUrl: string;
  readonly serverUrl: string;
  /** Of this workflow run; '' where the runner does not say. */
  readonly runId: string;
}

const PLACES = ['summary', 'pr-comment', 'issue'] as const;

/** With a problem the result means nothing. */
export function parseReporting(read: InputReader, env: Env, operation: Operation | undefined): Reporting {
  const places = read.list('report-to', PLACES);
  // Nobody asked for the default.
  const isDefault = places.includes('summary') && !places.includes('issue');
  if (places.includes('pr-comment') && !isDefault) {
    read.warn('input "report-to": pr-comment is not in this version of the action yet; no comment is written.');
  }
  const summary = places.includes('summary');
  if (!places.includes('issue')) return { summary };
  if (operation !== undefined && operation !== 'recover') {
    read.problem(
      'report-to',
      `issue is for operation: recover, not for ${operation}`,
      'Leave out issue: the job summary has it all.',
    );
  }
  return { summary, issue: parseAccess(read, env) };
}

/** https://docs.github.com/en/actions/reference/workflows-and-actions/variables */
function parseAccess(read: InputReader, env: Env): IssueAccess {
  const token = read.exact('github-token').trim();
  if (token === '') {
    read.problem(
      'github-token',
      'is empty, and report-to asks for an issue',
      'Leave github-token out, so that the token of the job is used, or give one that may write issues.',
    );
  }
  const repository = env.GITHUB_REPOSITORY ?? '';
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) {
    read.problem(
      'report-to',
      'asks for an issue, and GITHUB_REPOSITORY, which the runner sets, does not name a repository',
      'Run this in a workflow, or leave out issue.',
    );
  }
  const apiUrl = env.GITHUB_API_URL || 'https://api.github.com';
  return {
    token,
    repository,
    apiUrl,
    graphqlUrl: env.GITHUB_GRAPHQL_URL || `${apiUrl}/graphql`,
    serverUrl: env.GITHUB_SERVER_URL || 'https://github.com',
    runId: /^\d{1,20}$/.test(env.GITHUB_RUN_ID ?? '') ? (env.GITHUB_RUN_ID ?? '') : '',
  };
}
