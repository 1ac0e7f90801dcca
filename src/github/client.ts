import './event-file.ts';
import { setTimeout } from 'node:timers/promises';
import { getOctokit } from '@actions/github';
import { isRecord, readList } from './answers.ts';
import { loginOf } from './author.ts';
import { type Sleep, Tries } from './tries.ts';
import { GitHubError } from './trouble.ts';

/** One repository on GitHub, or on a GitHub Enterprise Server. Everything that asks throws a `GitHubError`. */
export interface GitHub {
  /** `owner/name`. */
  readonly repository: string;
  /** Of a page of the repository: `issues/1`. */
  url(path: string): string;
  /**
   * One request; the answer's body. `route` is a method and a path below the repository: `PATCH /issues/{number}`. A POST
   * that may have been carried out is not sent again.
   */
  request(route: string, parameters?: Parameters): Promise<unknown>;
  /** A list, page by page, each as long as GitHub makes them; no more than `most` pages, which is an error. */
  pages(route: string, parameters: Parameters, most: number): AsyncIterable<readonly unknown[]>;
  /** The `data` of an answer. The query must be one that may be sent twice. */
  graphql(query: string, variables?: Parameters): Promise<unknown>;
  /** The login of the account that the token belongs to; asked once. */
  login(): Promise<string>;
}

export type Parameters = Readonly<Record<string, unknown>>;

export interface Connection {
  /** '' where there is none: every request fails, and says so. */
  readonly token: string;
  /** GITHUB_API_URL. */
  readonly apiUrl: string;
  /** GITHUB_GRAPHQL_URL. */
  readonly graphqlUrl: string;
  /** GITHUB_SERVER_URL. */
  readonly serverUrl: string;
  /** GITHUB_REPOSITORY: `owner/name`. */
  readonly repository: string;
  /** Send nothing new. */
  readonly stop: AbortSignal;
  /** Drop what is in flight. */
  readonly abort: AbortSignal;
  /** For tests. */
  readonly now?: () => number;
  readonly sleep?: Sleep;
  /** The longest one try of a request may take, in ms. */
  readonly tryMs?: number;
  /** The longest that all requests together may take, in ms, from the first on; no limit where it is not given. */
  readonly mostMs?: number;
}

interface Answer {
  readonly data: unknown;
  readonly headers: { readonly link?: string | undefined };
}

const sleepFor: Sleep = (ms, signal) => setTimeout(ms, undefined, { signal });

/** Opens a repository. Sends nothing, and throws nothing: what is wrong with the connection is told by the first request. */
export function openGitHub(connection: Connection): GitHub {
  const { token, repository, stop, abort, now = Date.now, sleep = sleepFor, tryMs = 15_000 } = connection;
  const apiUrl = withoutSlash(connection.apiUrl);
  const wrong = problemWith(connection);
  const { mostMs } = connection;
  const tries = new Tries({ now, sleep, stop, abort, tryMs, ...(mostMs !== undefined && { mostMs }) });
  const options = { baseUrl: apiUrl, userAgent: 's3-rollback' };
  const octokit = wrong === undefined ? getOctokit(token, options) : undefined;

  /** `read` throws a `GitHubError` where the answer is an error after all. */
  const send = <T>(
    route: string,
    parameters: Parameters,
    repeatable: boolean,
    read: (answer: Answer) => T,
  ): Promise<T> =>
    tries.run(async (signal) => {
      if (octokit === undefined) throw new GitHubError({ kind: 'unasked', message: wrong ?? '' });
      const answer: Answer & { readonly status: number } = await octokit.request(route, {
        ...parameters,
        request: { signal, log: QUIET },
      });
      // Octokit gives as text what is no JSON: a page of a proxy, or an answer that was cut off.
      if (typeof answer.data !== 'object' && answer.status !== 204) {
        throw new GitHubError({ kind: 'broken', message: `status ${answer.status}, and no JSON` });
      }
      return read(answer);
    }, repeatable);

  const inRepository = (route: string) => {
    const [method = '', path = ''] = route.split(' ');
    return { route: `${method} /repos/${repository}${path}`, repeatable: method !== 'POST' };
  };

  const graphql = (query: string, variables: Parameters = {}): Promise<unknown> =>
    send(`POST ${connection.graphqlUrl}`, { query, variables }, true, ({ data }) => dataOf(data));

  let login: Promise<string> | undefined;

  return {
    repository,
    url: (path) => `${withoutSlash(connection.serverUrl)}/${repository}/${path}`,
    request: (given, parameters = {}) => {
      const { route, repeatable } = inRepository(given);
      return send(route, parameters, repeatable, ({ data }) => data);
    },
    pages: async function* (given, parameters, most) {
      let route: string | undefined = inRepository(given).route;
      let asked: Parameters = { ...parameters, per_page: 100 };
      for (let page = 1; route !== undefined; page++) {
        if (page > most) throw new GitHubError({ kind: 'broken', message: `a list of more than ${most} pages` });
        const { data, headers } = await send(route, asked, true, (answer) => answer);
        yield readList(data);
        route = nextPage(headers.link, apiUrl);
        asked = {};
      }
    },
    graphql,
    login: () => {
      login ??= loginOf({
        viewer: async () => fieldOf(await graphql('query { viewer { login } }'), 'viewer'),
        user: () => send('GET /user', {}, true, ({ data }) => data),
      });
      return login;
    },
  };
}

/** Octokit would print what the server says of deprecations, unescaped. */
const QUIET = { debug() {}, info() {}, warn() {}, error() {} };

function problemWith({ token, apiUrl, graphqlUrl, repository }: Connection): string | undefined {
  if (token === '') return 'there is no token; set the input github-token, or leave it at its default';
  if (!URL.canParse(apiUrl)) return 'GITHUB_API_URL is no URL; on a runner it is set';
  if (!URL.canParse(graphqlUrl)) return 'GITHUB_GRAPHQL_URL is no URL; on a runner it is set';
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) return 'GITHUB_REPOSITORY is not owner/name; on a runner it is';
  return undefined;
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

/**
 * Pages are followed by their links, since page numbers end before long lists do; but only to the server that was asked: the
 * token goes along. https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
 */
function nextPage(link: string | undefined, apiUrl: string): string | undefined {
  const url = /<([^<>]+)>;\s*rel="next"/.exec(link ?? '')?.[1];
  if (url === undefined) return undefined;
  if (!URL.canParse(url) || new URL(url).origin !== new URL(apiUrl).origin) {
    throw new GitHubError({ kind: 'broken', message: 'the next page of a list is on another server' });
  }
  // A route is a template, and these have no place in a URL as they are.
  return `GET ${url.replace(/\{/g, '%7B').replace(/\}/g, '%7D')}`;
}

/**
 * GraphQL answers 200 to what it refuses. What is gone of several things is null, with an error of its own: the rest is an answer.
 * https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
 */
function dataOf(answer: unknown): unknown {
  const errors = fieldOf(answer, 'errors');
  const data = fieldOf(answer, 'data');
  if (!Array.isArray(errors) || errors.length === 0) return data;
  const types = errors.map((error) => fieldOf(error, 'type'));
  const isPart = isRecord(data) && Object.values(data).some((value) => value !== null);
  if (isPart && types.every((type) => type === 'NOT_FOUND')) return data;
  const message = String(fieldOf(errors[0], 'message') ?? 'no reason');
  if (types.includes('RATE_LIMITED')) throw new GitHubError({ kind: 'limited', message, waitMs: 60_000 });
  const isForbidden = types.some((type) => type === 'FORBIDDEN' || type === 'INSUFFICIENT_SCOPES');
  throw new GitHubError({ kind: 'refused', status: isForbidden ? 403 : 200, message });
}

function fieldOf(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}
