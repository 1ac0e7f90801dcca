import type { Account, FakeComment, FakeIssue, Repository } from './fake-github-state.ts';

/**
 * GitHub's answers to the requests we send (and to no others): https://docs.github.com/en/rest/issues
 * What is permitted is what GITHUB_TOKEN is permitted: a right to write issues, and one to write pull requests, which
 * covers their comments.
 */

export interface Token {
  readonly account: Account;
  /** Of an app, GITHUB_TOKEN among them: GET /user is refused to it. */
  readonly app: boolean;
  readonly issues: 'write' | 'read';
  readonly pullRequests: 'write' | 'read';
}

export interface Call {
  readonly method: string;
  /** Below the base path. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Place {
  readonly repository: Repository;
  /** `owner/name`. */
  readonly name: string;
  readonly apiUrl: string;
  readonly serverUrl: string;
}

/** https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api */
export const refuse = (status: number, message: string, more: Readonly<Record<string, unknown>> = {}): Answer => ({
  status,
  body: { message, ...more, documentation_url: 'https://docs.github.com/rest', status: String(status) },
});

const NOT_FOUND = refuse(404, 'Not Found');
const FORBIDDEN = refuse(403, 'Resource not accessible by integration');
const DISABLED = refuse(410, 'Issues has been disabled in this repository.');
const LONGEST = 65_536;

export function answerRest(place: Place, token: Token, call: Call): Answer {
  const { repository } = place;
  if (call.path === '/user') return call.method === 'GET' && !token.app ? ok(userOf(token.account)) : FORBIDDEN;
  const [, sha] = /^\/commits\/([^/]+)\/pulls$/.exec(call.path.replace(`/repos/${place.name}`, '')) ?? [];
  if (sha !== undefined) return pullsOf(place, call, sha);
  const prefix = `/repos/${place.name}/issues`;
  if (!`${call.path}/`.startsWith(`${prefix}/`)) return NOT_FOUND;
  const [, first = '', second = '', ...more] = call.path.slice(prefix.length).split('/');
  if (more.length > 0) return NOT_FOUND;
  if (first === '') return allIssues(place, token, call);
  if (first === 'comments') return oneComment(place, token, call, repository.comment(Number(second)));
  const issue = repository.issue(Number(first));
  if (issue === undefined) {
    return repository.wasThere(Number(first)) ? refuse(410, 'This issue was deleted') : NOT_FOUND;
  }
  if (second === 'comments') return allComments(place, token, call, issue);
  return second === '' ? oneIssue(place, token, call, issue) : NOT_FOUND;
}

function allIssues(place: Place, token: Token, call: Call): Answer {
  const { repository } = place;
  if (call.method === 'POST') {
    if (!repository.issuesEnabled) return DISABLED;
    if (token.issues !== 'write') return FORBIDDEN;
    const { title, body } = fields(call.body);
    if (title === undefined || title === '') return invalid('Issue', 'title', 'missing_field');
    if (tooLong(body)) return invalid('Issue', 'body', 'custom', `body is too long (maximum is ${LONGEST} characters)`);
    const issue = repository.addIssue({ author: token.account, title, body: body ?? null });
    return { status: 201, body: issueOf(place, issue) };
  }
  if (call.method !== 'GET') return NOT_FOUND;
  const { query } = call;
  const state = query.get('state') ?? 'open';
  const creator = query.get('creator')?.toLowerCase();
  const found = repository.issues
    .filter((one) => repository.issuesEnabled || one.pullRequest)
    .filter((one) => state === 'all' || one.state === state)
    .filter((one) => creator === undefined || one.author.login.toLowerCase() === creator);
  const by = query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt';
  found.sort((a, b) => a[by].localeCompare(b[by]) || a.number - b.number);
  if ((query.get('direction') ?? 'desc') === 'desc') found.reverse();
  return page(place, call, found, (issue) => issueOf(place, issue));
}

/** https://docs.github.com/en/rest/commits/commits#list-pull-requests-associated-with-a-commit */
function pullsOf(place: Place, call: Call, sha: string): Answer {
  if (call.method !== 'GET') return NOT_FOUND;
  const found = place.repository.issues.filter((one) => one.pullRequest && one.commits.includes(sha));
  return page(place, call, found, (one) => ({
    number: one.number,
    state: one.state,
    head: { sha: one.commits.at(-1) },
  }));
}

function oneIssue(place: Place, token: Token, call: Call, issue: FakeIssue): Answer {
  if (call.method === 'GET') return ok(issueOf(place, issue));
  if (call.method !== 'PATCH') return NOT_FOUND;
  if (!mayWrite(token, issue)) return FORBIDDEN;
  const { title, body, state } = fields(call.body);
  if (tooLong(body)) return invalid('Issue', 'body', 'custom', `body is too long (maximum is ${LONGEST} characters)`);
  place.repository.edit(issue, {
    ...(title !== undefined && { title }),
    ...(body !== undefined && { body }),
    ...((state === 'open' || state === 'closed') && { state }),
  });
  return ok(issueOf(place, issue));
}

function allComments(place: Place, token: Token, call: Call, issue: FakeIssue): Answer {
  const { repository } = place;
  if (call.method === 'GET') {
    const found = repository.comments.filter((one) => one.issue === issue.number);
    return page(place, call, found, (comment) => commentOf(place, comment));
  }
  if (call.method !== 'POST') return NOT_FOUND;
  if (!mayWrite(token, issue)) return FORBIDDEN;
  if (issue.locked) return refuse(403, 'Unable to create comment because issue is locked.');
  const { body } = fields(call.body);
  if (body === undefined || body === '') return invalid('IssueComment', 'body', 'missing_field');
  if (tooLong(body)) return commentTooLong();
  const comment = repository.addComment(issue.number, { author: token.account, body });
  return { status: 201, body: commentOf(place, comment) };
}

function oneComment(place: Place, token: Token, call: Call, comment: FakeComment | undefined): Answer {
  const { repository } = place;
  const issue = comment && repository.issue(comment.issue);
  if (comment === undefined || issue === undefined) return NOT_FOUND;
  if (call.method === 'GET') return ok(commentOf(place, comment));
  if (!mayWrite(token, issue)) return FORBIDDEN;
  if (call.method === 'DELETE') {
    repository.comments.splice(repository.comments.indexOf(comment), 1);
    return { status: 204 };
  }
  if (call.method !== 'PATCH') return NOT_FOUND;
  const { body } = fields(call.body);
  if (body === undefined || body === '') return invalid('IssueComment', 'body', 'missing_field');
  if (tooLong(body)) return commentTooLong();
  repository.edit(comment, { body });
  return ok(commentOf(place, comment));
}

/** https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api */
function page<T>(place: Place, call: Call, all: readonly T[], shown: (one: T) => unknown): Answer {
  const size = Math.min(100, Number(call.query.get('per_page') ?? 30));
  const number = Number(call.query.get('page') ?? 1);
  const last = Math.max(1, Math.ceil(all.length / size));
  const link = (rel: string, to: number) => {
    const query = new URLSearchParams(call.query);
    query.set('page', String(to));
    return `<${place.apiUrl}${call.path}?${query}>; rel="${rel}"`;
  };
  const links = [
    ...(number > 1 ? [link('prev', number - 1), link('first', 1)] : []),
    ...(number < last ? [link('next', number + 1), link('last', last)] : []),
  ];
  const body = all.slice((number - 1) * size, number * size).map(shown);
  return { status: 200, body, headers: links.length > 0 ? { link: links.join(', ') } : {} };
}

function mayWrite(token: Token, issue: FakeIssue): boolean {
  return token.issues === 'write' || (issue.pullRequest && token.pullRequests === 'write');
}

function issueOf({ name, serverUrl, apiUrl }: Place, issue: FakeIssue): unknown {
  const path = `${name}/${issue.pullRequest ? 'pull' : 'issues'}/${issue.number}`;
  return {
    number: issue.number,
    title: issue.title,
    body: issue.body,
    state: issue.state,
    user: userOf(issue.author),
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    html_url: `${serverUrl}/${path}`,
    ...(issue.pullRequest && { pull_request: { url: `${apiUrl}/repos/${name}/pulls/${issue.number}` } }),
  };
}

function commentOf({ name, serverUrl }: Place, comment: FakeComment): unknown {
  return {
    id: comment.id,
    node_id: comment.nodeId,
    body: comment.body,
    user: userOf(comment.author),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    html_url: `${serverUrl}/${name}/issues/${comment.issue}#issuecomment-${comment.id}`,
  };
}

function userOf({ login, type }: Account): unknown {
  return { login, type };
}

function ok(body: unknown): Answer {
  return { status: 200, body };
}

function commentTooLong(): Answer {
  return invalid('IssueComment', 'data', 'unprocessable', `Body is too long (maximum is ${LONGEST} characters)`);
}

function invalid(resource: string, field: string, code: string, message?: string): Answer {
  return refuse(422, 'Validation Failed', { errors: [{ resource, code, field, ...(message && { message }) }] });
}

function tooLong(body: string | undefined): boolean {
  return [...(body ?? '')].length > LONGEST;
}

function fields(body: unknown): Readonly<Partial<Record<string, string>>> {
  const known = typeof body === 'object' && body !== null ? Object.entries(body) : [];
  return Object.fromEntries(known.filter((field): field is [string, string] => typeof field[1] === 'string'));
}
