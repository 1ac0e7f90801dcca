import { describe, expect, test, vi } from 'vitest';
import { updateIncident } from '../../../src/github/index.ts';
import { writeMarker } from '../../../src/github/marker.ts';
import { ACTIONS_BOT, type Fault, READ_ONLY_TOKEN } from '../../support/fake-github.ts';
import { aGitHub, asked, NOW, opened } from './opened.ts';

const INCIDENT = { key: 'site', title: 'Deletions in site', render: () => ({ body: 'body', memory: 'new' }) };
const ISSUES = '/repos/acme/site/issues';
const LIST = { method: 'GET', path: ISSUES };
const CREATE = { method: 'POST', path: ISSUES };
const UPDATE = { method: 'PATCH', path: `${ISSUES}/1` };

const answer = (status: number, message: string, headers: Record<string, string> = {}): Fault['answer'] => ({
  status,
  body: { message },
  headers,
});

/** A GitHub with or without an issue of ours, and a fault. */
async function faulty(fault: Fault, withIssue = fault.method === 'PATCH') {
  const fake = await aGitHub();
  if (withIssue) fake.repository.addIssue({ author: ACTIONS_BOT, body: writeMarker('incident', 'site', 'old') });
  fake.fail(fault);
  return fake;
}

describe('what GitHub refuses is one sentence with the mend', () => {
  const always = { times: 1000 };
  const tooMany = 'API rate limit exceeded';

  test.each<[string, Fault, RegExp]>([
    [
      'a bad token',
      { ...LIST, answer: answer(401, 'Bad credentials') },
      /Bad credentials.*check the input github-token/,
    ],
    [
      'a token without the right to write',
      { ...CREATE, answer: answer(403, 'Resource not accessible by integration') },
      /not accessible by integration.*"permissions: issues: write", which runs for pull requests from forks never get/,
    ],
    ['the same of an update', { ...UPDATE, answer: answer(403, 'no') }, /"permissions: issues: write"/],
    [
      'an archive',
      { ...CREATE, answer: answer(403, 'Repository was archived so is read-only.') },
      /acme\/site is archived/,
    ],
    [
      'nothing to see',
      { ...LIST, answer: answer(404, 'Not Found') },
      /issues: write".*enabled in the settings of acme\/site/,
    ],
    [
      'issues that are disabled',
      { ...LIST, answer: answer(410, 'disabled') },
      /disabled in acme\/site.*or take "issue" out/,
    ],
    [
      'a title it does not like',
      { ...CREATE, answer: answer(422, 'Validation Failed') },
      /status 422 .*Validation Failed/,
    ],
    ['trouble', { ...LIST, ...always, answer: answer(503, 'Unicorn') }, /status 503 .*Unicorn.*next run/],
    ['silence', { ...LIST, ...always, answer: 'drop' }, /did not answer.*next run/],
    [
      'a page of a proxy',
      { ...LIST, ...always, answer: { status: 200, raw: '<html>' } },
      /could not be read.*GITHUB_API_URL/,
    ],
    ['no list', { ...LIST, answer: { status: 200, body: { total: 0 } } }, /could not be read.*not a list/],
    [
      'a list of nonsense',
      { ...LIST, answer: { status: 200, body: [{ number: 'x' }] } },
      /could not be read.*an issue/,
    ],
    [
      'a conflict, which is no empty list',
      { ...LIST, answer: answer(409, 'Git Repository is empty.') },
      /status 409 .*Git Repository is empty/,
    ],
    [
      'a limit that holds longer than a run waits',
      { ...LIST, answer: answer(403, tooMany, { 'retry-after': '3600' }) },
      /no more requests with this token for 3600 s/,
    ],
  ])('%s', async (_, fault, problem) => {
    const fake = await faulty(fault);
    const { github } = opened(fake);
    const result = await updateIncident(github, INCIDENT);
    expect(result).toEqual({ problem: expect.stringMatching(problem) });
    expect(result).toEqual({ problem: expect.stringMatching(/^The issue about this incident was not written: .+\.$/) });
    expect(fake.repository.issues.every(({ edits }) => edits === 0)).toBe(true);
  });

  test.each([
    ['a token that nobody knows', 'ghs_nobody-that-must-not-leak', /Bad credentials.*check the input github-token/],
    ['the token of a run from a fork', READ_ONLY_TOKEN, /not accessible by integration.*forks never get/],
  ])('%s, and it is not in the sentence', async (_, token, problem) => {
    const fake = await aGitHub();
    const result = await updateIncident(opened(fake, { token }).github, INCIDENT);
    expect(result).toEqual({ problem: expect.stringMatching(problem) });
    expect(JSON.stringify(result)).not.toContain('must-not-leak');
  });

  test('issues that are disabled are noticed by the new one, too', async () => {
    const fake = await aGitHub();
    fake.repository.issuesEnabled = false;
    const result = await updateIncident(opened(fake).github, INCIDENT);
    expect(result).toEqual({ problem: expect.stringContaining('issues are disabled in acme/site') });
  });

  test.each([
    ['no token', { token: '' }, 'there is no token; set the input github-token'],
    ['no address', { apiUrl: '' }, 'GITHUB_API_URL is no URL'],
    ['no address of GraphQL', { graphqlUrl: '/graphql' }, 'GITHUB_GRAPHQL_URL is no URL'],
    ['no repository', { repository: 'site' }, 'GITHUB_REPOSITORY is not owner/name'],
    ['a path for a repository', { repository: 'a/../b' }, 'GITHUB_REPOSITORY is not owner/name'],
  ])('%s: nothing is sent', async (_, given, problem) => {
    const fake = await aGitHub();
    const result = await updateIncident(opened(fake, given).github, INCIDENT);
    expect(result).toEqual({ problem: expect.stringContaining(problem) });
    expect(fake.log).toEqual([]);
  });

  test('what GitHub says cannot command the runner, nor fill the log', async () => {
    const fake = await faulty({
      ...LIST,
      answer: answer(422, `\n::error::x ##[error]y ${'z'.repeat(5000)}`),
      times: 2,
    });
    const result = await updateIncident(opened(fake).github, INCIDENT);
    const problem = 'problem' in result ? result.problem : '';
    expect(problem).toContain('\\n::error::x ##\\[error]y zzz');
    expect(problem).not.toMatch(/\n|##\[/);
    expect(problem.length).toBeLessThan(600);
  });

  test('what GitHub says of deprecations does not reach the log', async () => {
    const warn = vi.spyOn(console, 'warn');
    const fake = await faulty({
      ...LIST,
      answer: { status: 200, body: [], headers: { deprecation: 'x', sunset: '::error::x' } },
    });
    expect(await updateIncident(opened(fake).github, INCIDENT)).toMatchObject({ created: true });
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });
});

describe('what may help is tried again', () => {
  const at = (ms: number) => String((NOW + ms) / 1000);
  const left = (remaining: string, reset: string) => ({
    'x-ratelimit-remaining': remaining,
    'x-ratelimit-reset': reset,
  });
  const secondary = 'You have exceeded a secondary rate limit. Please wait.';

  test.each<[string, Fault, number[]]>([
    ['an error of the server', { ...LIST, answer: answer(500, 'x') }, [1000]],
    ['a gateway, three times', { ...LIST, answer: answer(502, 'x'), times: 3 }, [1000, 2000, 4000]],
    ['a broken connection', { ...LIST, answer: 'drop' }, [1000]],
    ['half an answer', { ...LIST, answer: { status: 200, raw: '[{"number":1,' } }, [1000]],
    ['an error on an update', { ...UPDATE, answer: answer(503, 'x') }, [1000]],
    ['a lost answer to an update', { ...UPDATE, answer: 'drop', landed: true }, [1000]],
    ['an error of GraphQL', { path: '/graphql', answer: answer(502, 'x') }, [1000]],
    ['429 with a wait', { ...LIST, answer: answer(429, 'x', { 'retry-after': '7' }) }, [7000]],
    ['403 with a wait', { ...CREATE, answer: answer(403, secondary, { 'retry-after': '9' }) }, [9000]],
    ['a limit in words only', { ...CREATE, answer: answer(403, secondary) }, [60_000]],
    ['429 without a word', { ...LIST, answer: answer(429, 'x') }, [60_000]],
    ['a limit with its end', { ...LIST, answer: answer(403, 'x', left('0', at(20_000))) }, [20_000]],
    ['a limit whose end is past, by our clock', { ...LIST, answer: answer(403, 'x', left('0', at(-5000))) }, [1000]],
  ])('%s', async (_, fault, expected) => {
    const fake = await faulty(fault);
    const { github, pauses } = opened(fake);
    const result = await updateIncident(github, INCIDENT);
    expect(result).toEqual({ url: `${fake.serverUrl}/acme/site/issues/1`, created: fault.method !== 'PATCH' });
    expect(pauses).toEqual(expected);
    expect(fake.pending).toEqual([]);
    expect(fake.repository.issues).toHaveLength(1);
  });

  test.each<[string, Fault]>([
    ['a right that is missing', { ...LIST, answer: answer(403, 'no', left('1', at(20_000))) }],
    ['a wait that is no number', { ...LIST, answer: answer(403, 'no', { 'retry-after': 'soon' }) }],
    ['a fault of ours', { ...LIST, answer: answer(400, 'no') }],
  ])('%s is not', async (_, fault) => {
    const fake = await faulty(fault);
    const { github, pauses } = opened(fake);
    expect(await updateIncident(github, INCIDENT)).toHaveProperty('problem');
    expect(pauses).toEqual([]);
  });

  test('four times at most', async () => {
    const fake = await faulty({ ...LIST, answer: answer(500, 'x'), times: 1000 });
    const { github, pauses } = opened(fake);
    await updateIncident(github, INCIDENT);
    expect(pauses).toEqual([1000, 2000, 4000]);
    expect(asked(fake).filter((line) => line.startsWith('GET'))).toHaveLength(4);
  });

  test('and all pauses together are little more than a minute', async () => {
    const fake = await faulty({ ...LIST, answer: answer(429, 'x', { 'retry-after': '25' }), times: 1000 });
    const { github, pauses } = opened(fake);
    expect(await updateIncident(github, INCIDENT)).toHaveProperty('problem');
    expect(pauses).toEqual([25_000, 25_000, 25_000]);
    expect(await updateIncident(github, INCIDENT)).toHaveProperty('problem');
    expect(pauses).toHaveLength(3);
  });

  test('the tries that failed count as waiting', async () => {
    const fake = await faulty({ ...LIST, answer: answer(500, 'x'), times: 1000 });
    let now = NOW;
    const slow = () => {
      now += 20_000;
      return now;
    };
    expect(await updateIncident(opened(fake, { now: slow }).github, INCIDENT)).toHaveProperty('problem');
    expect(asked(fake).filter((line) => line.startsWith('GET'))).toHaveLength(2);
  });

  test('an answer that does not come is not waited for', async () => {
    const fake = await faulty({ ...LIST, answer: 'hang' });
    const { github, pauses } = opened(fake, { tryMs: 500 });
    expect(await updateIncident(github, INCIDENT)).toMatchObject({ created: true });
    expect(pauses).toEqual([1000]);
  });
});

describe('a new issue whose answer is lost', () => {
  test.each<[string, Fault['answer']]>([
    ['the connection broke', 'drop'],
    ['a gateway gave up', answer(504, 'x')],
    ['half an answer', { status: 201, raw: '{"number":' }],
  ])('%s, and it was opened: it is found, not opened again', async (_, lost) => {
    const fake = await faulty({ ...CREATE, answer: lost, landed: true });
    expect(await updateIncident(opened(fake).github, INCIDENT)).toEqual({
      url: `${fake.serverUrl}/acme/site/issues/1`,
      created: true,
    });
    expect(fake.repository.issues).toHaveLength(1);
  });

  test('it was not opened: then it is', async () => {
    const fake = await faulty({ ...CREATE, answer: 'drop' });
    expect(await updateIncident(opened(fake).github, INCIDENT)).toMatchObject({ created: true });
    expect(fake.repository.issues).toHaveLength(1);
  });

  test('another run opened one meanwhile: that is not taken for ours', async () => {
    const fake = await faulty({ ...CREATE, answer: 'drop' });
    fake.before('POST', ISSUES, () => {
      fake.repository.addIssue({ author: ACTIONS_BOT, body: writeMarker('incident', 'site', 'theirs') });
    });
    expect(await updateIncident(opened(fake).github, INCIDENT)).toEqual({
      url: `${fake.serverUrl}/acme/site/issues/2`,
      created: true,
      warning: expect.stringContaining('at the same time'),
    });
  });

  test('lost twice: a problem, and no third', async () => {
    const fake = await faulty({ ...CREATE, answer: answer(502, 'x'), times: 1000 });
    expect(await updateIncident(opened(fake).github, INCIDENT)).toEqual({
      problem: expect.stringContaining('status 502'),
    });
    expect(asked(fake).filter((line) => line === `POST ${ISSUES}`)).toHaveLength(2);
  });
});

describe('a cancelled job', () => {
  const cancelled = { problem: 'The issue about this incident was not written: the job was cancelled.' };

  test('sends nothing new', async () => {
    const fake = await aGitHub();
    const { github, stop } = opened(fake);
    stop.abort();
    expect(await updateIncident(github, INCIDENT)).toEqual(cancelled);
    expect(fake.log).toEqual([]);
  });

  test('lets what is in flight land, and sends nothing after it', async () => {
    const fake = await aGitHub();
    const { github, stop } = opened(fake);
    fake.before('GET', ISSUES, () => stop.abort());
    expect(await updateIncident(github, INCIDENT)).toEqual(cancelled);
    expect(asked(fake)).toEqual(['POST /graphql', `GET ${ISSUES}`]);
  });

  test('an issue that landed then is told', async () => {
    const fake = await aGitHub();
    const { github, stop } = opened(fake);
    fake.before('POST', ISSUES, () => stop.abort());
    expect(await updateIncident(github, INCIDENT)).toEqual({
      url: `${fake.serverUrl}/acme/site/issues/1`,
      created: true,
    });
  });

  test('drops what hangs', async () => {
    const fake = await faulty({ ...LIST, answer: 'hang' });
    const { github, abort } = opened(fake);
    fake.before('GET', ISSUES, () => abort.abort());
    expect(await updateIncident(github, INCIDENT)).toEqual(cancelled);
  });

  test('does not take a write that was dropped for silence', async () => {
    const fake = await faulty({ ...CREATE, answer: 'hang' });
    const { github, abort } = opened(fake);
    fake.before('POST', ISSUES, () => abort.abort());
    await expect(github.request('POST /issues', { title: 'x' })).rejects.toMatchObject({
      trouble: { kind: 'cancelled' },
    });
  });

  test('does not wait any more', async () => {
    const fake = await faulty({ ...LIST, answer: answer(500, 'x') });
    const stop = new AbortController();
    const { github } = opened(fake, {
      stop: stop.signal,
      sleep: (_, signal) => {
        stop.abort();
        return signal.aborted ? Promise.reject(signal.reason) : Promise.resolve();
      },
    });
    expect(await updateIncident(github, INCIDENT)).toEqual(cancelled);
    expect(asked(fake).filter((line) => line.startsWith('GET'))).toHaveLength(1);
  });
});
