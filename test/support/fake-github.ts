import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { answerGraphql } from './fake-github-graphql.ts';
import { type Answer, answerRest, type Call, refuse, type Token } from './fake-github-rest.ts';
import { ACTIONS_BOT, type Account, Repository } from './fake-github-state.ts';

export { ACTIONS_BOT, type Account, type FakeComment, type FakeIssue, person } from './fake-github-state.ts';

/**
 * A GitHub over HTTP, in this process: one repository with issues, pull requests and comments, tokens with their rights,
 * faults to order, and a log of all requests. What it does not know it answers with 404.
 */

export interface FakeGitHub {
  readonly repository: Repository;
  readonly apiUrl: string;
  readonly graphqlUrl: string;
  readonly serverUrl: string;
  /** All requests, in order of arrival. */
  readonly log: readonly LoggedRequest[];
  /** The faults that were ordered and have not happened (often enough). */
  readonly pending: readonly Fault[];
  /** The variables that the runner gives a step. `token`: the default is that of GITHUB_TOKEN with all rights. */
  env(token?: string): Readonly<Record<string, string>>;
  addToken(
    token: string,
    given: { account: Account; issues?: Token['issues']; pullRequests?: Token['pullRequests'] },
  ): void;
  /** Order a fault; those that match a request happen in the order in which they were ordered. */
  fail(fault: Fault): void;
  /** Called, once, just before the next such request is answered: what somebody else does at that moment. */
  before(method: string, path: string | RegExp, what: () => void): void;
  stop(): Promise<void>;
}

export interface LoggedRequest extends Call {
  /** The token that came along. */
  readonly token: string | undefined;
  /** 0: it was not answered. */
  readonly status: number;
}

export interface Fault {
  readonly method?: string;
  /** Below the base path: all of it, or a pattern. */
  readonly path?: string | RegExp;
  /** `drop`: the connection breaks. `hang`: no answer comes. Otherwise an answer. */
  readonly answer: 'drop' | 'hang' | (Answer & { readonly raw?: string });
  /** Carry the request out first, so that only the answer is lost. */
  readonly landed?: boolean;
  /** Once, if it is not said how often. */
  readonly times?: number;
}

export interface FakeOptions {
  /** The paths of a GitHub Enterprise Server: /api/v3 and /api/graphql. */
  readonly enterprise?: boolean;
  /** `owner/name`. */
  readonly repository?: string;
}

/** The token that `env()` gives: GITHUB_TOKEN with `issues: write` and `pull-requests: write`. */
export const JOB_TOKEN = 'ghs_job-token-that-must-not-leak';
/** GITHUB_TOKEN of a run for a pull request from a fork. */
export const READ_ONLY_TOKEN = 'ghs_read-only-that-must-not-leak';

export async function startFakeGitHub(options: FakeOptions = {}): Promise<FakeGitHub> {
  const { enterprise = false, repository: name = 'acme/site' } = options;
  const repository = new Repository();
  const tokens = new Map<string, Token>();
  const log: LoggedRequest[] = [];
  const faults: { fault: Fault; left: number }[] = [];
  const hooks: { method: string; path: string | RegExp; what: () => void }[] = [];

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      response.writeHead(599).end(`the fake GitHub has a fault: ${String(error)}`);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const serverUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const base = enterprise ? '/api/v3' : '';
  const apiUrl = `${serverUrl}${base}`;
  const graphqlPath = enterprise ? '/api/graphql' : '/graphql';
  const place = { repository, name, apiUrl, serverUrl };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', serverUrl);
    const sent = await text(request);
    const isGraphql = url.pathname === graphqlPath;
    const call: Call = {
      method: request.method ?? '',
      path: isGraphql || !url.pathname.startsWith(base) ? url.pathname : url.pathname.slice(base.length),
      query: url.searchParams,
      body: sent === '' ? undefined : JSON.parse(sent),
    };
    const given = /^(?:token|bearer) (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const hook = hooks.findIndex((one) => matches(one, call));
    if (hook >= 0) hooks.splice(hook, 1)[0]?.what();

    const answerTruly = (): Answer => {
      if (given === undefined) return refuse(401, 'Requires authentication');
      const token = tokens.get(given);
      if (token === undefined) return refuse(401, 'Bad credentials');
      if (isGraphql) return answerGraphql(place, token, call);
      return url.pathname.startsWith(base) ? answerRest(place, token, call) : refuse(404, 'Not Found');
    };
    const ordered = faults.find(({ fault, left }) => left > 0 && matches(fault, call));
    if (ordered !== undefined) ordered.left -= 1;
    if (ordered?.fault.landed === true) answerTruly();
    const answer = ordered?.fault.answer ?? answerTruly();
    log.push({ ...call, token: given, status: typeof answer === 'string' ? 0 : answer.status });
    if (answer === 'drop') request.socket.destroy();
    else if (answer !== 'hang') send(response, answer);
  }

  const fake: FakeGitHub = {
    repository,
    apiUrl,
    graphqlUrl: `${serverUrl}${graphqlPath}`,
    serverUrl,
    log,
    get pending() {
      return faults.filter(({ left }) => left > 0).map(({ fault }) => fault);
    },
    env: (token = JOB_TOKEN) => ({
      GITHUB_API_URL: apiUrl,
      GITHUB_GRAPHQL_URL: fake.graphqlUrl,
      GITHUB_SERVER_URL: serverUrl,
      GITHUB_REPOSITORY: name,
      GITHUB_TOKEN: token,
    }),
    addToken: (token, { account, issues = 'write', pullRequests = 'write' }) => {
      tokens.set(token, { account, app: account.type === 'Bot', issues, pullRequests });
    },
    fail: (fault) => faults.push({ fault, left: fault.times ?? 1 }),
    before: (method, path, what) => hooks.push({ method, path, what }),
    stop: async () => {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
    },
  };
  fake.addToken(JOB_TOKEN, { account: ACTIONS_BOT });
  fake.addToken(READ_ONLY_TOKEN, { account: ACTIONS_BOT, issues: 'read', pullRequests: 'read' });
  return fake;
}

function matches(wanted: { readonly method?: string; readonly path?: string | RegExp }, call: Call): boolean {
  const { method = call.method, path = call.path } = wanted;
  return method === call.method && (typeof path === 'string' ? path === call.path : path.test(call.path));
}

function send(response: ServerResponse, answer: Answer & { readonly raw?: string }): void {
  const { status, body, raw = body === undefined ? '' : JSON.stringify(body), headers = {} } = answer;
  const type = raw === '' ? {} : { 'content-type': 'application/json; charset=utf-8' };
  response.writeHead(status, { ...type, ...headers }).end(raw);
}
