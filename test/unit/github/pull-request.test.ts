import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { findPullRequest, type Where } from '../../../src/github/index.ts';
import { aGitHub, asked, opened } from './opened.ts';

const folder = mkdtempSync(join(tmpdir(), 's3-rollback-event-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;

/** The file of an event. */
function eventOf(event: unknown): string {
  const file = join(folder, `${files++}.json`);
  writeFileSync(file, typeof event === 'string' ? event : JSON.stringify(event));
  return file;
}

const SHA = 'a'.repeat(40);
const NOWHERE: Where = { eventName: 'schedule', eventPath: '', sha: SHA };
const PULL = { pull_request: { number: 7 } };

async function found(where: Partial<Where>, fill?: (fake: Awaited<ReturnType<typeof aGitHub>>) => void) {
  const fake = await aGitHub();
  fill?.(fake);
  return { result: await findPullRequest(opened(fake).github, { ...NOWHERE, ...where }), fake };
}

describe('the pull request of a run', () => {
  test.each<[string, Partial<Where>, object]>([
    ['the input, whatever the event is', { issueNumber: 5, eventPath: eventOf(PULL) }, { number: 5, by: 'input' }],
    ['of an event', { eventName: 'pull_request', eventPath: eventOf(PULL) }, { number: 7, by: 'event' }],
    [
      'of a comment on a pull request',
      { eventName: 'issue_comment', eventPath: eventOf({ issue: { number: 9, pull_request: { url: 'x' } } }) },
      { number: 9, by: 'event' },
    ],
  ])('%s: GitHub is not asked', async (_, where, expected) => {
    const { result, fake } = await found(where);
    expect(result).toEqual(expected);
    expect(fake.log).toEqual([]);
  });

  test.each<[string, Partial<Where>]>([
    ['a comment on an issue', { eventName: 'issue_comment', eventPath: eventOf({ issue: { number: 9 } }) }],
    ['a schedule, whose commit is that of the default branch', {}],
    ['a dispatch, likewise', { eventName: 'repository_dispatch', eventPath: eventOf({ client_payload: PULL }) }],
    ['a number that is a word', { eventPath: eventOf({ pull_request: { number: '7/../8' } }) }],
    ['a number that is none', { eventPath: eventOf({ pull_request: { number: -1.5 } }) }],
    ['an event that is no object', { eventPath: eventOf('[]') }],
    ['an event that is null', { eventPath: eventOf('null') }],
    ['an event that is no JSON', { eventPath: eventOf('{') }],
    ['a file that is not there', { eventPath: '/nowhere/event.json' }],
    ['a folder', { eventPath: folder }],
    ['a device without end', { eventPath: '/dev/zero' }],
    ['a push without a commit', { eventName: 'push', sha: '' }],
    ['a push with something else for a commit', { eventName: 'push', sha: '../../issues' }],
  ])('%s: none, and GitHub is not asked', async (_, where) => {
    const { result, fake } = await found(where);
    expect(result).toEqual({ none: 'this run belongs to no pull request' });
    expect(fake.log).toEqual([]);
  });

  test('a file that is longer than any event is not read', async () => {
    const eventPath = eventOf(PULL);
    truncateSync(eventPath, 26 * 1024 * 1024);
    expect((await found({ eventPath })).result).toHaveProperty('none');
  });
});

describe('the pull request of a commit', () => {
  const PUSH = { eventName: 'push' };
  const other = 'b'.repeat(40);

  test.each<[string, Parameters<typeof found>[1], object]>([
    [
      'the open one',
      (fake) => fake.repository.addIssue({ pullRequest: true, commits: [SHA] }),
      { number: 1, by: 'commit' },
    ],
    [
      'the branch has moved on since',
      (fake) => fake.repository.addIssue({ pullRequest: true, commits: [SHA, other] }),
      { number: 1, by: 'commit' },
    ],
    [
      'of several the one whose head it is',
      (fake) => {
        fake.repository.addIssue({ pullRequest: true, commits: [SHA, other] });
        fake.repository.addIssue({ pullRequest: true, commits: [SHA] });
      },
      { number: 2, by: 'commit' },
    ],
    [
      'a merged one is over',
      (fake) => fake.repository.addIssue({ pullRequest: true, commits: [SHA], state: 'closed' }),
      { none: 'the commit belongs to no open pull request' },
    ],
    ['none', undefined, { none: 'the commit belongs to no open pull request' }],
    [
      'two, and nothing tells which',
      (fake) => {
        for (let i = 0; i < 2; i++) fake.repository.addIssue({ pullRequest: true, commits: [SHA] });
      },
      { none: expect.stringContaining('issue-number') },
    ],
  ])('%s', async (_, fill, expected) => {
    const { result, fake } = await found(PUSH, fill);
    expect(result).toEqual(expected);
    expect(asked(fake)).toEqual([`GET /repos/acme/site/commits/${SHA}/pulls`]);
  });

  test.each([
    [403, 'Resource not accessible by integration', /pull-requests: write/],
    [404, 'Not Found', /issue-number/],
  ])('that GitHub does not tell, status %d', async (status, message, mend) => {
    const { result } = await found(PUSH, (fake) => fake.fail({ answer: { status, body: { message } } }));
    expect(result).toEqual({ problem: expect.stringMatching(mend) });
  });

  test('an answer that is no list', async () => {
    const { result } = await found(PUSH, (fake) => fake.fail({ answer: { status: 200, body: {} } }));
    expect(result).toEqual({ problem: expect.stringContaining('could not be read') });
  });
});
