import { afterAll } from 'vitest';
import { type Connection, type GitHub, openGitHub } from '../../../src/github/index.ts';
import { type FakeGitHub, type FakeOptions, startFakeGitHub } from '../../support/fake-github.ts';

const started: FakeGitHub[] = [];

afterAll(async () => {
  await Promise.all(started.map((fake) => fake.stop()));
});

/** A GitHub of its own for each test, stopped after the file. */
export async function aGitHub(options?: FakeOptions): Promise<FakeGitHub> {
  const fake = await startFakeGitHub(options);
  started.push(fake);
  return fake;
}

export interface Opened {
  readonly github: GitHub;
  /** The pauses between tries, in ms; the clock moves by them, and by nothing else. */
  readonly pauses: readonly number[];
  readonly stop: AbortController;
  readonly abort: AbortController;
}

/** 2026-03-04T12:00:00Z. */
export const NOW = 1_772_625_600_000;

/** Opens it as main does, from the variables that the runner gives. Waiting takes no time. */
export function opened(fake: FakeGitHub, given: Partial<Connection> & { readonly token?: string } = {}): Opened {
  const env = fake.env(given.token);
  const pauses: number[] = [];
  let now = NOW;
  const stop = new AbortController();
  const abort = new AbortController();
  const github = openGitHub({
    token: env.GITHUB_TOKEN ?? '',
    apiUrl: env.GITHUB_API_URL ?? '',
    graphqlUrl: env.GITHUB_GRAPHQL_URL ?? '',
    serverUrl: env.GITHUB_SERVER_URL ?? '',
    repository: env.GITHUB_REPOSITORY ?? '',
    stop: stop.signal,
    abort: abort.signal,
    now: () => now,
    sleep: async (ms) => {
      pauses.push(ms);
      now += ms;
    },
    ...given,
  });
  return { github, pauses, stop, abort };
}

/** What was asked, in order: `GET /repos/acme/site/issues`. */
export function asked(fake: FakeGitHub): string[] {
  return fake.log.map(({ method, path }) => `${method} ${path}`);
}
