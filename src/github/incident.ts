import { type Issue, readIssue } from './answers.ts';
import { isAuthor, namesOf } from './author.ts';
import { type Render, sameText, sendBody } from './body.ts';
import type { GitHub } from './client.ts';
import { type Kind, readMarker } from './marker.ts';
import { type Deed, GitHubError, mayHaveLanded, problemOf } from './trouble.ts';

/** What is to stand in the open issue about something. */
export interface Incident {
  /** What it is about: a bucket. One open issue each. */
  readonly key: string;
  /** Of a new issue. Later it is left alone: people may have put it better. */
  readonly title: string;
  /** `previous`: the memory of the open issue that is brought up to date; undefined: there is none, or it was damaged. */
  readonly render: Render;
}

export type IncidentResult =
  | {
      readonly url: string;
      /** Opened now; else there was one. */
      readonly created: boolean;
      /** One sentence for the log: it is written, but something is odd about it. */
      readonly warning?: string;
    }
  /** One sentence for the log: what was not done, why, and the mend. */
  | { readonly problem: string };

const KIND: Kind = 'incident';

/** Of open issues by this author, a hundred each. */
const MOST_PAGES = 50;

/**
 * Brings the open issue about `key` up to date, or opens one. It is found by our marker on its first line and by its author;
 * no label, which would have to exist. A closed issue is left alone, whatever it says: people close it when the incident is
 * over, and what comes then is another. Never throws for what GitHub does or does not; only `render` may throw.
 *
 * Two runs at the same moment may each open one. Both are left; from then on the older is kept up to date.
 */
export async function updateIncident(github: GitHub, incident: Incident): Promise<IncidentResult> {
  const deed: Deed = {
    undone: 'The issue about this incident was not written',
    permission: 'issues: write',
    repository: github.repository,
  };
  try {
    const me = await github.login();
    const existing = await findOpen(github, me, incident.key);
    return (existing && (await rewrite(github, incident, existing))) ?? (await open(github, incident, me));
  } catch (error) {
    if (error instanceof GitHubError) return { problem: problemOf(deed, error.trouble) };
    throw error;
  }
}

/**
 * The oldest open issue of ours about the key. The oldest, because all runs agree on which that is, however many there are;
 * and since they are listed from the oldest on, the search ends with it.
 */
async function findOpen(github: GitHub, me: string, key: string): Promise<Issue | undefined> {
  for (const creator of namesOf(me)) {
    const found = await searchBy(github, me, key, { creator }).catch((error: unknown) => {
      // A server that does not know the name as one of an author: then all issues are looked through.
      if (!(error instanceof GitHubError) || error.trouble.status !== 422) throw error;
      return creator === me ? searchBy(github, me, key, {}) : undefined;
    });
    if (found !== undefined) return found;
  }
  return undefined;
}

async function searchBy(github: GitHub, me: string, key: string, by: { readonly creator?: string }) {
  const asked = { ...by, state: 'open', sort: 'created', direction: 'asc' };
  for await (const page of github.pages('GET /issues', asked, MOST_PAGES)) {
    const found = page
      .map(readIssue)
      .find(
        (issue) =>
          issue.open &&
          !issue.pullRequest &&
          isAuthor(me, issue.author) &&
          readMarker(KIND, key, issue.body) !== undefined,
      );
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Undefined: it was deleted or closed since it was found. */
async function rewrite(github: GitHub, incident: Incident, issue: Issue): Promise<IncidentResult | undefined> {
  const { key, render } = incident;
  const previous = readMarker(KIND, key, issue.body) || undefined;
  const written = await sendBody({ kind: KIND, key, previous }, render, async (body) => {
    if (sameText(body, issue.body)) return issue;
    return readIssue(await github.request('PATCH /issues/{number}', { number: issue.number, body }));
  }).catch((error: unknown) => {
    if (error instanceof GitHubError && [404, 410].includes(error.trouble.status ?? 0)) return undefined;
    throw error;
  });
  return written?.open === true ? { url: urlOf(github, issue), created: false } : undefined;
}

async function open(github: GitHub, incident: Incident, me: string): Promise<IncidentResult> {
  const { key, title, render } = incident;
  const post = async (body: string) => readIssue(await github.request('POST /issues', { title, body }));
  const created = await sendBody({ kind: KIND, key, previous: undefined }, render, async (body) => {
    try {
      return await post(body);
    } catch (error) {
      if (!(error instanceof GitHubError) || !mayHaveLanded(error.trouble)) throw error;
      // The answer was lost, perhaps not the issue. Only ours has this very text.
      const landed = await findOpen(github, me, key);
      return landed !== undefined && sameText(landed.body, body) ? landed : await post(body);
    }
  });
  const warning = await oddness(github, incident, me, created);
  return { url: urlOf(github, created), created: true, ...(warning !== undefined && { warning }) };
}

/** What a person should know of an issue that was just opened. */
async function oddness(github: GitHub, { key }: Incident, me: string, created: Issue): Promise<string | undefined> {
  if (!isAuthor(me, created.author)) {
    return (
      `The issue ${urlOf(github, created)} will not be found again, and the next run opens another: GitHub does not tell ` +
      'whose the token is. Let it ask GITHUB_GRAPHQL_URL, or use the token of the job.'
    );
  }
  // The issue is written: what goes wrong here is no loss.
  const oldest = await findOpen(github, me, key).catch(() => undefined);
  if (oldest === undefined || oldest.number === created.number) return undefined;
  return (
    `Another run opened an issue about the same bucket at the same time: ${urlOf(github, oldest)} is kept up to date from ` +
    `now on, ${urlOf(github, created)} is not. Close the latter when it is read; a concurrency group prevents this.`
  );
}

function urlOf(github: GitHub, { number }: Issue): string {
  return github.url(`issues/${number}`);
}
