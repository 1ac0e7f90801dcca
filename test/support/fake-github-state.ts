/** What is in a repository of the fake GitHub, and what may be done to it: issues, pull requests, their comments. */

export interface Account {
  readonly login: string;
  readonly type: 'User' | 'Bot';
}

export interface FakeComment {
  readonly id: number;
  readonly nodeId: string;
  readonly issue: number;
  readonly author: Account;
  body: string;
  minimized: string | undefined;
  readonly createdAt: string;
  updatedAt: string;
  /** How often it was edited. */
  edits: number;
}

export interface FakeIssue {
  readonly number: number;
  readonly author: Account;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  readonly pullRequest: boolean;
  /** Of a pull request: its commits, the head last. */
  readonly commits: readonly string[];
  locked: boolean;
  readonly createdAt: string;
  updatedAt: string;
  edits: number;
}

/** https://docs.github.com/en/actions/concepts/security/github_token */
export const ACTIONS_BOT: Account = { login: 'github-actions[bot]', type: 'Bot' };

export function person(login: string): Account {
  return { login, type: 'User' };
}

export class Repository {
  readonly issues: FakeIssue[] = [];
  readonly comments: FakeComment[] = [];
  issuesEnabled = true;
  #last = 0;
  #commented = 0;
  #ticks = 0;

  addIssue(
    given: {
      author?: Account;
      title?: string;
      body?: string | null;
      state?: 'open' | 'closed';
      pullRequest?: boolean;
      commits?: readonly string[];
      locked?: boolean;
    } = {},
  ): FakeIssue {
    const at = this.#tick();
    const { author = person('octocat'), title = 'An issue', body = '', state = 'open', pullRequest = false } = given;
    const { commits = [], locked = false } = given;
    const number = ++this.#last;
    const issue: FakeIssue = {
      ...{ number, author, title, body, state, pullRequest, commits, locked, createdAt: at, updatedAt: at },
      edits: 0,
    };
    this.issues.push(issue);
    return issue;
  }

  addComment(issue: number, given: { author?: Account; body?: string } = {}): FakeComment {
    const at = this.#tick();
    const id = 1_000_001 + this.#commented++;
    const { author = person('octocat'), body = '' } = given;
    const comment: FakeComment = {
      ...{ id, nodeId: `IC_${id}`, issue, author, body, createdAt: at, updatedAt: at },
      minimized: undefined,
      edits: 0,
    };
    this.comments.push(comment);
    return comment;
  }

  issue(number: number): FakeIssue | undefined {
    return this.issues.find((one) => one.number === number);
  }

  comment(id: number): FakeComment | undefined {
    return this.comments.find((one) => one.id === id);
  }

  /** Was there ever an issue of this number? */
  wasThere(number: number): boolean {
    return number <= this.#last;
  }

  /** GitHub answers 410 for what was deleted. */
  deleteIssue(number: number): void {
    this.issues.splice(
      this.issues.findIndex((one) => one.number === number),
      1,
    );
  }

  edit(what: FakeIssue | FakeComment, changes: Partial<Pick<FakeIssue, 'title' | 'body' | 'state'>>): void {
    Object.assign(what, changes, { updatedAt: this.#tick(), edits: what.edits + 1 });
  }

  /** A second later than the last. */
  #tick(): string {
    return new Date(Date.parse('2026-03-04T12:00:00Z') + 1000 * this.#ticks++).toISOString();
  }
}
