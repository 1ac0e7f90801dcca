import { readFile, stat } from 'node:fs/promises';
import { isRecord, readList } from './answers.ts';
import type { GitHub } from './client.ts';
import { GitHubError, problemOf } from './trouble.ts';

/** What a run knows of where it runs. */
export interface Where {
  /** The input; absent: not given. */
  readonly issueNumber?: number;
  /** GITHUB_EVENT_NAME. */
  readonly eventName: string;
  /** GITHUB_EVENT_PATH; '' where there is none. */
  readonly eventPath: string;
  /** GITHUB_SHA. */
  readonly sha: string;
}

export type PullRequest =
  | { readonly number: number; readonly by: 'input' | 'event' | 'commit' }
  /** There is none: the rest of a sentence that says why. */
  | { readonly none: string }
  /** One sentence for the log: it could not be found out. */
  | { readonly problem: string };

/** GitHub delivers no event that is larger. https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap */
const MOST_BYTES = 25 * 1024 * 1024;

/** Events whose commit is the one that somebody works on. Of others it is the last one of the default branch. */
const OF_A_COMMIT: ReadonlySet<string> = new Set(['push', 'workflow_dispatch']);

/** The pull request that a run belongs to: the input says it, or its event, or its commit. Asks GitHub only for the last. */
export async function findPullRequest(github: GitHub, where: Where): Promise<PullRequest> {
  const { issueNumber, eventName, eventPath, sha } = where;
  if (issueNumber !== undefined) return { number: issueNumber, by: 'input' };
  const number = numberIn(await readEvent(eventPath));
  if (number !== undefined) return { number, by: 'event' };
  if (!OF_A_COMMIT.has(eventName) || !/^[0-9a-f]{40,64}$/.test(sha)) {
    return { none: 'this run belongs to no pull request' };
  }
  try {
    return choose(await github.request('GET /commits/{sha}/pulls', { sha, per_page: 100 }), sha);
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    const deed = {
      undone: 'No comment was written, for it is not known which pull request the commit belongs to',
      permission: 'pull-requests: write',
      repository: github.repository,
      absent: 'GitHub does not know the commit; name the pull request with the input issue-number',
    };
    return { problem: problemOf(deed, error.trouble) };
  }
}

/** The event of the run, as GitHub sent it; undefined where it cannot be read. */
async function readEvent(path: string): Promise<unknown> {
  try {
    const there = await stat(path);
    // Not a pipe: one would be waited for.
    if (!there.isFile() || there.size > MOST_BYTES) return undefined;
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#issue_comment */
function numberIn(event: unknown): number | undefined {
  if (!isRecord(event)) return undefined;
  const { pull_request: pull, issue } = event;
  const found = isRecord(pull)
    ? pull.number
    : isRecord(issue) && isRecord(issue.pull_request)
      ? issue.number
      : undefined;
  return typeof found === 'number' && Number.isSafeInteger(found) && found > 0 ? found : undefined;
}

/** The open one whose head the commit is; else the only open one that has it. Merged ones are over. */
function choose(answer: unknown, sha: string): PullRequest {
  const open = readList(answer).flatMap((pull) =>
    isRecord(pull) && pull.state === 'open' && typeof pull.number === 'number'
      ? [{ number: pull.number, isHead: isRecord(pull.head) && pull.head.sha === sha }]
      : [],
  );
  const heads = open.filter(({ isHead }) => isHead);
  const [first, ...others] = heads.length > 0 ? heads : open;
  if (first === undefined) return { none: 'the commit belongs to no open pull request' };
  if (others.length === 0) return { number: first.number, by: 'commit' };
  return { none: 'the commit belongs to several open pull requests; name one with the input issue-number' };
}
