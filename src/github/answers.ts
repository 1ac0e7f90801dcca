import { type Author, readAuthor } from './author.ts';
import { GitHubError } from './trouble.ts';

/** What GitHub answers, read field by field: a proxy, or another server at that address, may answer anything. */

export interface Issue {
  readonly number: number;
  readonly body: string;
  readonly open: boolean;
  readonly author: Author;
  /** The list of issues has pull requests in it. https://docs.github.com/en/rest/issues/issues */
  readonly pullRequest: boolean;
}

/** Throws a `GitHubError` for anything but an issue. */
export function readIssue(value: unknown): Issue {
  if (!isRecord(value) || typeof value.number !== 'number') throw unreadable('an issue');
  return {
    number: value.number,
    // null: an issue without text.
    body: typeof value.body === 'string' ? value.body : '',
    open: value.state === 'open',
    author: readAuthor(value.user),
    pullRequest: isRecord(value.pull_request),
  };
}

export interface Comment {
  readonly id: number;
  /** Its name in GraphQL. */
  readonly nodeId: string;
  readonly body: string;
  readonly author: Author;
}

/** Throws a `GitHubError` for anything but a comment. */
export function readComment(value: unknown): Comment {
  if (!isRecord(value) || typeof value.id !== 'number') throw unreadable('a comment');
  return {
    id: value.id,
    nodeId: typeof value.node_id === 'string' ? value.node_id : '',
    body: typeof value.body === 'string' ? value.body : '',
    author: readAuthor(value.user),
  };
}

export function readList(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw unreadable('a list');
  return value;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function unreadable(what: string): GitHubError {
  return new GitHubError({ kind: 'broken', message: `what came is not ${what}` });
}
