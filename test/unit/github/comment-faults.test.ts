import { describe, expect, test } from 'vitest';
import { type Sticky, updateComment } from '../../../src/github/index.ts';
import { writeMarker } from '../../../src/github/marker.ts';
import { ACTIONS_BOT, type Fault, READ_ONLY_TOKEN } from '../../support/fake-github.ts';
import { aGitHub, asked, NOW, opened } from './opened.ts';

const STICKY: Sticky = {
  number: 1,
  key: 'restore/',
  choose: (memories) => (memories.length === 0 ? { outdated: [] } : { update: 0 }),
  render: () => ({ body: 'body', memory: 'new' }),
  absent: 'there is no pull request 1; check the input issue-number',
};
const COMMENTS = '/repos/acme/site/issues/1/comments';
const LIST = { method: 'GET', path: COMMENTS };
const CREATE = { method: 'POST', path: COMMENTS };
const UPDATE = { method: 'PATCH', path: /comments\/\d+$/ };

const answer = (status: number, message: string, headers: Record<string, string> = {}): Fault['answer'] => ({
  status,
  body: { message },
  headers,
});

async function faulty(fault: Fault) {
  const fake = await aGitHub();
  fake.repository.addIssue({ pullRequest: true });
  if (fault.method === 'PATCH') {
    fake.repository.addComment(1, { author: ACTIONS_BOT, body: writeMarker('comment', 'restore/', 'old') });
  }
  fake.fail(fault);
  return fake;
}

describe('what GitHub refuses is one sentence with the mend', () => {
  const always = { times: 1000 };

  test.each<[string, Fault, RegExp]>([
    ['a bad token', { ...LIST, answer: answer(401, 'Bad credentials') }, /check the input github-token/],
    [
      'a token without the right to write',
      { ...CREATE, answer: answer(403, 'Resource not accessible by integration') },
      /"permissions: pull-requests: write", which runs for pull requests from forks never get/,
    ],
    ['the same of an update', { ...UPDATE, answer: answer(403, 'no') }, /"permissions: pull-requests: write"/],
    [
      'a locked conversation',
      { ...CREATE, answer: answer(403, 'Unable to create comment because issue is locked.') },
      /the conversation is locked .*unlock it/,
    ],
    ['an archive', { ...CREATE, answer: answer(403, 'Repository was archived so is read-only.') }, /is archived/],
    [
      'no such pull request',
      { ...LIST, answer: answer(404, 'Not Found') },
      /no pull request 1; check the input issue-number/,
    ],
    [
      'one that was deleted',
      { ...LIST, answer: answer(410, 'This issue was deleted') },
      /check the input issue-number/,
    ],
    [
      'what it does not like',
      { ...CREATE, answer: answer(422, 'Validation Failed') },
      /status 422 .*Validation Failed/,
    ],
    ['trouble', { ...LIST, ...always, answer: answer(503, 'Unicorn') }, /status 503 .*next run/],
    ['silence', { ...LIST, ...always, answer: 'drop' }, /did not answer/],
    ['a page of a proxy', { ...LIST, ...always, answer: { status: 200, raw: '<html>' } }, /could not be read/],
    ['a list of nonsense', { ...LIST, answer: { status: 200, body: [{ id: 'x' }] } }, /could not be read.*a comment/],
    [
      'a limit that holds longer than a run waits',
      { ...CREATE, answer: answer(403, 'secondary rate limit', { 'retry-after': '3600' }) },
      /no more requests with this token for 3600 s/,
    ],
  ])('%s', async (_, fault, problem) => {
    const fake = await faulty(fault);
    const result = await updateComment(opened(fake).github, STICKY);
    expect(result).toEqual({ problem: expect.stringMatching(problem) });
    expect(result).toEqual({
      problem: expect.stringMatching(/^The comment on the pull request was not written: .+\.$/),
    });
    expect(fake.repository.comments.every(({ edits }) => edits === 0)).toBe(true);
  });

  test.each([
    ['a run from a fork', READ_ONLY_TOKEN, /forks never get/],
    ['a token that nobody knows', 'ghs_nobody-that-must-not-leak', /Bad credentials/],
  ])('%s, and the token is not in the sentence', async (_, token, problem) => {
    const fake = await aGitHub();
    fake.repository.addIssue({ pullRequest: true });
    const result = await updateComment(opened(fake, { token }).github, STICKY);
    expect(result).toEqual({ problem: expect.stringMatching(problem) });
    expect(JSON.stringify(result)).not.toContain('must-not-leak');
  });

  test('the real ones: locked, never there, deleted', async () => {
    const fake = await aGitHub();
    fake.repository.addIssue({ pullRequest: true, locked: true });
    fake.repository.addIssue({ pullRequest: true });
    fake.repository.deleteIssue(2);
    const problemOf = (number: number) => updateComment(opened(fake).github, { ...STICKY, number });
    expect(await problemOf(1)).toEqual({ problem: expect.stringContaining('the conversation is locked') });
    expect(await problemOf(2)).toEqual({ problem: expect.stringContaining('there is no pull request 1') });
    expect(await problemOf(99)).toEqual({ problem: expect.stringContaining('there is no pull request 1') });
  });
});

describe('what passes is waited for', () => {
  test.each<[string, Fault, number[]]>([
    ['trouble', { ...LIST, answer: answer(502, 'x') }, [1000]],
    ['trouble of an update', { ...UPDATE, answer: answer(500, 'x') }, [1000]],
    ['a secondary limit', { ...CREATE, answer: answer(403, 'secondary rate limit', { 'retry-after': '7' }) }, [7000]],
  ])('%s', async (_, fault, waited) => {
    const fake = await faulty(fault);
    const { github, pauses } = opened(fake);
    expect(await updateComment(github, STICKY)).toHaveProperty('url');
    expect(pauses).toEqual(waited);
    expect(fake.repository.comments).toHaveLength(1);
  });

  test('but all of it together no longer than was said', async () => {
    const fake = await aGitHub();
    fake.repository.addIssue({ pullRequest: true });
    let now = NOW;
    const { github } = opened(fake, { mostMs: 60_000, now: () => now });
    fake.before('GET', COMMENTS, () => {
      now += 60_000;
    });
    expect(await updateComment(github, STICKY)).toEqual({ problem: expect.stringMatching(/GitHub is slow .*60 s/) });
    expect(asked(fake)).toEqual(['POST /graphql', `GET ${COMMENTS}`]);
  });
});

describe('a new comment whose answer is lost', () => {
  test.each<[string, Fault['answer']]>([
    ['the connection broke', 'drop'],
    ['a gateway gave up', answer(504, 'x')],
    ['half an answer', { status: 201, raw: '{"id":' }],
  ])('%s, and it was written: it is found, not written again', async (_, lost) => {
    const fake = await faulty({ ...CREATE, answer: lost, landed: true });
    expect(await updateComment(opened(fake).github, STICKY)).toMatchObject({ created: true, warnings: [] });
    expect(fake.repository.comments).toHaveLength(1);
  });

  test('it was not written: then it is', async () => {
    const fake = await faulty({ ...CREATE, answer: 'drop' });
    expect(await updateComment(opened(fake).github, STICKY)).toMatchObject({ created: true });
    expect(fake.repository.comments).toHaveLength(1);
  });

  test('an older one with the same text is not taken for it', async () => {
    const fake = await faulty({ ...CREATE, answer: 'drop' });
    fake.repository.addComment(1, { author: ACTIONS_BOT, body: `${writeMarker('comment', 'restore/', 'new')}\nbody` });
    const result = await updateComment(opened(fake).github, { ...STICKY, choose: () => ({ outdated: [] }) });
    expect(result).toMatchObject({ url: expect.stringContaining('1000002'), created: true });
  });
});

describe('a cancelled job', () => {
  const cancelled = { problem: 'The comment on the pull request was not written: the job was cancelled.' };

  test('sends nothing new', async () => {
    const fake = await aGitHub();
    const { github, stop } = opened(fake);
    stop.abort();
    expect(await updateComment(github, STICKY)).toEqual(cancelled);
    expect(fake.log).toEqual([]);
  });

  test('lets what is in flight land, and sends nothing after it', async () => {
    const fake = await aGitHub();
    fake.repository.addIssue({ pullRequest: true });
    const { github, stop } = opened(fake);
    fake.before('GET', COMMENTS, () => stop.abort());
    expect(await updateComment(github, STICKY)).toEqual(cancelled);
    expect(fake.repository.comments).toEqual([]);
  });

  test('a comment that landed then is told', async () => {
    const fake = await aGitHub();
    fake.repository.addIssue({ pullRequest: true });
    const { github, stop } = opened(fake);
    fake.before('POST', COMMENTS, () => stop.abort());
    expect(await updateComment(github, STICKY)).toMatchObject({ created: true, warnings: [] });
  });

  test('drops what hangs', async () => {
    const fake = await faulty({ ...LIST, answer: 'hang' });
    const { github, abort } = opened(fake);
    fake.before('GET', COMMENTS, () => abort.abort());
    expect(await updateComment(github, STICKY)).toEqual(cancelled);
  });
});

test('a fault of the caller is not taken for one of GitHub', async () => {
  const fake = await aGitHub();
  fake.repository.addIssue({ pullRequest: true });
  const choose = () => {
    throw new TypeError('a fault of ours');
  };
  await expect(updateComment(opened(fake).github, { ...STICKY, choose })).rejects.toThrow('a fault of ours');
});
