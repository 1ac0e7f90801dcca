import { GitHubError } from './trouble.ts';

/** Who wrote something on GitHub. */
export interface Author {
  /** '' where the account is gone. */
  readonly login: string;
  readonly bot: boolean;
}

const SUFFIX = '[bot]';

/** The identity of GITHUB_TOKEN. https://docs.github.com/en/actions/concepts/security/github_token */
export const ACTIONS_BOT = `github-actions${SUFFIX}`;

export function readAuthor(user: unknown): Author {
  if (typeof user !== 'object' || user === null || !('login' in user) || typeof user.login !== 'string') {
    return { login: '', bot: false };
  }
  return { login: user.login, bot: user.login.endsWith(SUFFIX) || ('type' in user && user.type === 'Bot') };
}

/**
 * Is the author the account that a token belongs to? An app is `name[bot]` in one API and `name` in another; so its names
 * are compared without the suffix, but a person of that name is not the app.
 */
export function isAuthor(login: string, author: Author): boolean {
  if (author.login === '' || (login.endsWith(SUFFIX) && !author.bot)) return false;
  return plain(login) === plain(author.login);
}

/** The names under which REST may know a login. */
export function namesOf(login: string): readonly string[] {
  return login.endsWith(SUFFIX) ? [login] : [login, login + SUFFIX];
}

function plain(login: string): string {
  return (login.endsWith(SUFFIX) ? login.slice(0, -SUFFIX.length) : login).toLowerCase();
}

/** The two questions that tell whose a token is; each throws a `GitHubError`. */
export interface Whose {
  /** GraphQL `viewer`. */
  viewer(): Promise<unknown>;
  /** REST `GET /user`. */
  user(): Promise<unknown>;
}

/**
 * The login of the account that the token belongs to. GraphQL answers for every token; where it is blocked (it may be, on
 * GitHub Enterprise Server), REST answers for a person's token; it refuses those of apps, of which GITHUB_TOKEN is the usual.
 * Throws a `GitHubError` where asking on is of no use: the token is bad, a limit is hit, the job was cancelled.
 */
export async function loginOf(whose: Whose): Promise<string> {
  for (const ask of [whose.viewer, whose.user]) {
    try {
      const { login } = readAuthor(await ask());
      if (login !== '') return login;
    } catch (error) {
      if (!(error instanceof GitHubError) || isFinal(error)) throw error;
    }
  }
  return ACTIONS_BOT;
}

function isFinal({ trouble }: GitHubError): boolean {
  return ['unasked', 'cancelled', 'limited', 'slow'].includes(trouble.kind) || trouble.status === 401;
}
