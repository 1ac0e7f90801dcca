import { proseForLog, shorten } from '../core/text.ts';

/** What went wrong with a request to GitHub. */
export interface Trouble {
  /**
   * `refused`: answered with an error. `limited`: too many requests, nothing was done. `silent`: no answer came.
   * `broken`: one that cannot be read. `cancelled`: the job was. `unasked`: nothing was sent. `slow`: no time is left.
   */
  readonly kind: 'refused' | 'limited' | 'silent' | 'broken' | 'cancelled' | 'unasked' | 'slow';
  readonly status?: number;
  /** Text from outside. */
  readonly message: string;
  /** `limited`: how long GitHub asks to wait, in ms. */
  readonly waitMs?: number;
}

/** Thrown by everything that asks GitHub, for whatever goes wrong there. */
export class GitHubError extends Error {
  readonly trouble: Trouble;

  constructor(trouble: Trouble, options?: ErrorOptions) {
    super(trouble.message, options);
    this.name = 'GitHubError';
    this.trouble = trouble;
  }
}

/** Where GitHub does not say how long. https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api */
const LIMITED_MS = 60_000;

/** Reads what Octokit throws. `now` in ms since 1970: a limit may end at a time. */
export function diagnose(error: unknown, now: number): Trouble {
  const message = error instanceof Error ? error.message : String(error);
  const response = fieldOf(error, 'response');
  const status = fieldOf(error, 'status');
  // Octokit says status 500 too where no answer came.
  if (response === undefined || typeof status !== 'number') return { kind: 'silent', message };
  const waitMs = limitOf(status, message, fieldOf(response, 'headers'), now);
  if (waitMs !== undefined) return { kind: 'limited', status, message, waitMs };
  return { kind: 'refused', status, message };
}

/**
 * A limit is told in several ways: by a wait, by a time at which it ends, or in words only.
 * https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately
 */
function limitOf(status: number, message: string, headers: unknown, now: number): number | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const after = numberOf(headers, 'retry-after');
  if (after !== undefined) return after * 1000;
  const reset = numberOf(headers, 'x-ratelimit-reset');
  if (numberOf(headers, 'x-ratelimit-remaining') === 0 && reset !== undefined)
    return Math.max(1000, reset * 1000 - now);
  return status === 429 || /\brate limit\b/i.test(message) ? LIMITED_MS : undefined;
}

function numberOf(headers: unknown, name: string): number | undefined {
  const text = fieldOf(headers, name);
  return typeof text === 'string' && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** May the request have been carried out, though we were not told? */
export function mayHaveLanded({ kind, status }: Trouble): boolean {
  return kind === 'silent' || kind === 'broken' || (kind === 'refused' && status !== undefined && status >= 500);
}

/** What was being done, for the sentence that tells that it was not. */
export interface Deed {
  /** Begins the sentence: `The incident issue was not written`. */
  readonly undone: string;
  /** What the job's token needs: `issues: write`. */
  readonly permission: string;
  readonly repository: string;
  /** What a 404 or a 410 means, and the mend; absent: that issues are disabled. */
  readonly absent?: string;
}

/** One sentence for the log: what was not done, why, and the mend. Text from outside in it is harmless there. */
export function problemOf(deed: Deed, trouble: Trouble): string {
  return `${deed.undone}: ${because(trouble, deed)}.`;
}

function because(trouble: Trouble, deed: Deed): string {
  const said = `(GitHub says: ${proseForLog(shorten(trouble.message, 300))})`;
  switch (trouble.kind) {
    case 'unasked':
      return proseForLog(trouble.message);
    case 'cancelled':
      return 'the job was cancelled';
    case 'limited':
      return (
        `GitHub takes no more requests with this token for ${Math.ceil((trouble.waitMs ?? 0) / 1000)} s, which is longer than a ` +
        'run waits; the next run tries again'
      );
    case 'slow':
      return `GitHub is slow (${trouble.message}), and a report is not worth more of a job; the next run tries again`;
    case 'silent':
      return `GitHub did not answer (${proseForLog(shorten(trouble.message, 300))}); the next run tries again`;
    case 'broken':
      return (
        `GitHub's answer could not be read (${proseForLog(shorten(trouble.message, 300))}); is GITHUB_API_URL right, and ` +
        'no proxy in between'
      );
    case 'refused':
      return refusal(trouble.status ?? 0, trouble.message, { ...deed, said });
  }
}

interface Said extends Deed {
  readonly said: string;
}

function refusal(status: number, message: string, { said, permission, repository, absent }: Said): string {
  if (status === 401) return `GitHub does not know the token ${said}; check the input github-token`;
  if (status === 403 && /\barchived\b/i.test(message))
    return `${repository} is archived ${said}; nobody can write there`;
  // https://docs.github.com/en/communities/moderating-comments-and-conversations/locking-conversations
  if (status === 403 && /\blocked\b/i.test(message)) {
    return `the conversation is locked ${said}; unlock it, or see the job summary, which has it all`;
  }
  if (status === 403) {
    return (
      `the token may not ${said}; give the job "permissions: ${permission}", which runs for pull requests from forks never ` +
      'get, and a token of your own the same right'
    );
  }
  if (absent !== undefined && (status === 404 || status === 410)) return `${absent} ${said}`;
  if (status === 404) {
    return (
      `the token sees nothing there ${said}; give the job "permissions: ${permission}", and see that issues are enabled in ` +
      `the settings of ${repository}`
    );
  }
  if (status === 410) {
    return (
      `issues are disabled in ${repository} ${said}; enable them in its settings, or take "issue" out of the input ` +
      'report-to'
    );
  }
  if (status >= 500) return `GitHub is in trouble, status ${status} ${said}; the next run tries again`;
  return `GitHub refused, status ${status} ${said}; if it stays, please report it with this line`;
}
