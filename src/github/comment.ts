import { proseForLog, shorten } from '../core/text.ts';
import { type Comment, isRecord, readComment, readList } from './answers.ts';
import { isAuthor } from './author.ts';
import { type Rendering, sameText, sendBody } from './body.ts';
import type { GitHub } from './client.ts';
import { type Kind, readMarker } from './marker.ts';
import { type Deed, GitHubError, mayHaveLanded, problemOf } from './trouble.ts';

/** What a comment of ours said before, without its marker. */
export interface OldText {
  /** '' where somebody damaged it. */
  readonly memory: string;
  readonly body: string;
}

/** What is to stand in our comment on a pull request, or on an issue. */
export interface Sticky {
  /** Of the pull request. */
  readonly number: number;
  /** Which of our comments there: each has a place of its own. */
  readonly key: string;
  /**
   * `memories`: of our comments of this key that nobody folded away, the newest first; '' where somebody damaged it. None where
   * GitHub does not say which are folded away.
   */
  readonly choose: (memories: readonly string[]) => Choice;
  /** `old`: what the comment said that is brought up to date; undefined: there was none. `room`: the most characters. */
  readonly render: (old: OldText | undefined, room: number) => Rendering;
  /** What it means, and the mend, where GitHub does not find the pull request. */
  readonly absent: string;
}

/** By their places in the list of memories: the comment to bring up to date; or a new one, and which it makes outdated. */
export type Choice = { readonly update: number } | { readonly outdated: readonly number[] };

export type StickyResult =
  | {
      readonly url: string;
      /** Written now; else there was one. */
      readonly created: boolean;
      /** For the log, a sentence each: it is written, but something is odd about it. */
      readonly warnings: readonly string[];
    }
  /** One sentence for the log: what was not done, why, and the mend. */
  | { readonly problem: string };

const KIND: Kind = 'comment';

/** A hundred comments each. */
const MOST_PAGES = 50;
/** Of ours, the newest. */
const MOST_OURS = 20;

/**
 * Brings our comment on a pull request up to date, or writes a new one. It is found by our marker on its first line and by its
 * author. One that somebody folded away is left alone: it is over. Never throws for what GitHub does or does not; only
 * `choose` and `render` may throw.
 */
export async function updateComment(github: GitHub, sticky: Sticky): Promise<StickyResult> {
  const deed: Deed = {
    undone: 'The comment on the pull request was not written',
    permission: 'pull-requests: write',
    repository: github.repository,
    absent: sticky.absent,
  };
  try {
    const me = await github.login();
    const ours = await findOurs(github, me, sticky);
    const { shown, unknown } = await withoutFolded(github, ours.slice(0, MOST_OURS));
    const choice = sticky.choose(shown.map(({ body }) => readMarker(KIND, sticky.key, body) ?? ''));
    if ('update' in choice) {
      const chosen = shown[choice.update];
      const written = chosen && (await rewrite(github, sticky, chosen));
      if (written === true) return { url: urlOf(github, sticky, chosen?.id), created: false, warnings: [] };
    }
    const created = await write(github, sticky, me, ours);
    const outdated = 'outdated' in choice ? choice.outdated.flatMap((i) => shown[i] ?? []) : [];
    const warnings = [
      ...unknown,
      ...(await oddness(github, sticky, me, ours, created)),
      ...(await foldAway(github, sticky, outdated)),
    ];
    return { url: urlOf(github, sticky, created.id), created: true, warnings };
  } catch (error) {
    if (error instanceof GitHubError) return { problem: problemOf(deed, error.trouble) };
    throw error;
  }
}

/** The newest first. GitHub lists the oldest first, and can do nothing else, so all are listed. */
async function findOurs(github: GitHub, me: string, { number, key }: Sticky): Promise<Comment[]> {
  const found: Comment[] = [];
  for await (const page of github.pages('GET /issues/{number}/comments', { number }, MOST_PAGES)) {
    for (const comment of page.map(readComment)) {
      if (isAuthor(me, comment.author) && readMarker(KIND, key, comment.body) !== undefined) found.push(comment);
    }
  }
  return found.reverse();
}

const IS_FOLDED = 'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on IssueComment { id isMinimized } } }';

/**
 * Only GraphQL knows. A server that has none, or keeps it from this token, folds nothing away for us. One that has it and does
 * not answer leaves it open: then none is taken for one to bring up to date, and `unknown` says so, a sentence for the log.
 */
async function withoutFolded(
  github: GitHub,
  comments: readonly Comment[],
): Promise<{ readonly shown: readonly Comment[]; readonly unknown: readonly string[] }> {
  const ids = comments.map(({ nodeId }) => nodeId).filter((id) => id !== '');
  if (ids.length === 0) return { shown: comments, unknown: [] };
  try {
    const data = await github.graphql(IS_FOLDED, { ids });
    const nodes = readList(isRecord(data) ? data.nodes : undefined);
    const folded = new Set(nodes.flatMap((node) => (isRecord(node) && node.isMinimized === true ? node.id : [])));
    return { shown: comments.filter(({ nodeId }) => !folded.has(nodeId)), unknown: [] };
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    const { kind, status = 0, message } = error.trouble;
    if (kind === 'refused' && [403, 404, 410].includes(status)) return { shown: comments, unknown: [] };
    // Then there is no comment either. A limit of GraphQL is not one of REST.
    if (kind === 'cancelled' || kind === 'slow') throw error;
    const said = proseForLog(shorten(message, 300));
    return {
      shown: [],
      unknown: [
        `GitHub does not say which comments of earlier runs were folded away (${said}), so a new one is written, and those are ` +
          'left as they are: fold them away by hand where they are outdated.',
      ],
    };
  }
}

/** False: it was deleted since it was found. */
async function rewrite(github: GitHub, sticky: Sticky, { id, body }: Comment): Promise<boolean> {
  const old = { memory: readMarker(KIND, sticky.key, body) ?? '', body: body.replace(/^[^\n]*\n?/, '') };
  const about = { kind: KIND, key: sticky.key, previous: undefined };
  const send = async (text: string) => {
    if (!sameText(text, body)) await github.request('PATCH /issues/comments/{id}', { id, body: text });
    return true;
  };
  try {
    return await sendBody(about, (_, room) => sticky.render(old, room), send);
  } catch (error) {
    if (error instanceof GitHubError && [404, 410].includes(error.trouble.status ?? 0)) return false;
    throw error;
  }
}

async function write(github: GitHub, sticky: Sticky, me: string, before: readonly Comment[]): Promise<Comment> {
  const { number, key, render } = sticky;
  const post = async (body: string) =>
    readComment(await github.request('POST /issues/{number}/comments', { number, body }));
  const about = { kind: KIND, key, previous: undefined };
  return sendBody(
    about,
    (_, room) => render(undefined, room),
    async (body) => {
      try {
        return await post(body);
      } catch (error) {
        if (!(error instanceof GitHubError) || !mayHaveLanded(error.trouble)) throw error;
        // The answer was lost, perhaps not the comment. Only ours has this very text.
        const since = await newOnes(github, me, sticky, before);
        return since.find((one) => sameText(one.body, body)) ?? (await post(body));
      }
    },
  );
}

async function newOnes(github: GitHub, me: string, sticky: Sticky, before: readonly Comment[]): Promise<Comment[]> {
  const known = new Set(before.map(({ id }) => id));
  return (await findOurs(github, me, sticky)).filter(({ id }) => !known.has(id));
}

/** What a person should know of a comment that was just written. */
async function oddness(
  github: GitHub,
  sticky: Sticky,
  me: string,
  before: readonly Comment[],
  created: Comment,
): Promise<string[]> {
  if (!isAuthor(me, created.author)) {
    return [
      `The comment ${urlOf(github, sticky, created.id)} will not be found again, and the next run writes another: GitHub does ` +
        'not tell whose the token is. Let it ask GITHUB_GRAPHQL_URL, or use the token of the job.',
    ];
  }
  // The comment is written: what goes wrong here is no loss.
  const since = await newOnes(github, me, sticky, before).catch(() => []);
  const other = since.find(({ id }) => id !== created.id);
  if (other === undefined) return [];
  return [
    `Another run wrote the same comment at the same time: ${urlOf(github, sticky, other.id)}. Give each its own report-id, or ` +
      'let them run one after the other, with a concurrency group.',
  ];
}

const FOLD_AWAY =
  'mutation ($subjectId: ID!) { minimizeComment(input: { subjectId: $subjectId, classifier: OUTDATED }) { minimizedComment { isMinimized } } }';

/** https://docs.github.com/en/graphql/reference/mutations#minimizecomment */
async function foldAway(github: GitHub, sticky: Sticky, comments: readonly Comment[]): Promise<string[]> {
  const warnings: string[] = [];
  for (const { id, nodeId } of comments) {
    try {
      await github.graphql(FOLD_AWAY, { subjectId: nodeId });
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      const said = proseForLog(shorten(error.trouble.message, 300));
      warnings.push(
        `The comment ${urlOf(github, sticky, id)} is outdated, and was not folded away (GitHub says: ${said}): do it by hand.`,
      );
    }
  }
  return warnings;
}

/** GitHub leads from here to the pull request, where it is one. */
function urlOf(github: GitHub, { number }: Sticky, id = 0): string {
  return github.url(`issues/${number}#issuecomment-${id}`);
}
