import { describe, expect, it } from 'vitest';
import { parseInputs } from '../../../src/action/inputs.ts';
import { DOWNLOAD, envOf, type Inputs, problemsOf, ROLLBACK, UNDELETE } from './inputs-support.ts';
import { NOW } from './support.ts';

/** Where people are told: report-to, github-token, issue-number, report-id. */

const RUNNER = {
  GITHUB_REPOSITORY: 'acme/site',
  GITHUB_API_URL: 'https://ghe.example.com/api/v3',
  GITHUB_GRAPHQL_URL: 'https://ghe.example.com/api/graphql',
  GITHUB_SERVER_URL: 'https://ghe.example.com',
  GITHUB_RUN_ID: '42',
  GITHUB_EVENT_NAME: 'push',
  GITHUB_EVENT_PATH: '/runner/event.json',
  GITHUB_SHA: 'a'.repeat(40),
};

const parsed = (inputs: Inputs, env: Inputs = RUNNER) => parseInputs(envOf({ ...UNDELETE, ...inputs }, env), NOW);

describe('the comment', () => {
  it('is written by default, where the runner says', () => {
    expect(parsed({ 'github-token': ' t ' }).reporting).toEqual({
      summary: true,
      comment: {
        token: 't',
        repository: 'acme/site',
        apiUrl: 'https://ghe.example.com/api/v3',
        graphqlUrl: 'https://ghe.example.com/api/graphql',
        serverUrl: 'https://ghe.example.com',
        runId: '42',
        asked: false,
        reportId: '',
        eventName: 'push',
        eventPath: '/runner/event.json',
        sha: 'a'.repeat(40),
      },
    });
  });

  it('is no reason to refuse a run: without a runner, without a token, there is only less to go by', () => {
    expect(parsed({}, {}).reporting.comment).toMatchObject({
      ...{ token: '', repository: '', runId: '', eventName: '', eventPath: '', sha: '' },
      ...{
        apiUrl: 'https://api.github.com',
        graphqlUrl: 'https://api.github.com/graphql',
        serverUrl: 'https://github.com',
      },
    });
  });

  it.each([
    ['undelete', UNDELETE],
    ['rollback', ROLLBACK],
    ['download', DOWNLOAD],
    ['apply', { operation: 'apply', 'plan-file': 'plan.jsonl' }],
    ['undo', { operation: 'undo', 'journal-file': 'journal.jsonl' }],
    ['history', { operation: 'history', bucket: 'my-bucket', prefix: 'p' }],
    ['guard', { operation: 'guard', bucket: 'my-bucket', prefix: 'p' }],
    ['recover', { operation: 'recover', 'queue-url': 'https://sqs.eu-central-1.amazonaws.com/1/q' }],
  ])('can be asked for: %s', (_, inputs) => {
    const { reporting } = parseInputs(envOf({ ...inputs, 'report-to': 'pr-comment' }, RUNNER), NOW);
    expect(reporting).toMatchObject({ summary: false, comment: { asked: true } });
  });

  it('is not written where report-to does not have it', () => {
    expect(parsed({ 'report-to': 'summary' })).toMatchObject({ reporting: { summary: true }, warnings: [] });
    expect(parsed({ 'report-to': 'summary' }).reporting.comment).toBeUndefined();
  });

  it('has the number and the id that are given', () => {
    const given = { 'issue-number': '7', 'report-id': 'site.eu-1_A' };
    expect(parsed(given).reporting.comment).toMatchObject({ issueNumber: 7, reportId: 'site.eu-1_A' });
  });

  it.each(['issue-number', 'report-id'])('%s without a comment is said to do nothing', (name) => {
    const { warnings } = parsed({ 'report-to': 'summary', [name]: '7' });
    expect(warnings).toEqual([expect.stringMatching(`"${name}".*report-to`)]);
  });
});

describe('bad input: the input is named, and the mend', () => {
  it.each<[name: string, inputs: Inputs, input: string, mend: RegExp]>([
    ['a number that is none', { 'issue-number': '#7' }, 'issue-number', /whole number/],
    ['zero', { 'issue-number': '0' }, 'issue-number', /whole number/],
    ['a number in parts', { 'issue-number': '1.5' }, 'issue-number', /whole number/],
    ['more issues than there are', { 'issue-number': '99999999999' }, 'issue-number', /whole number/],
    ['a space in the id', { 'report-id': 'a b' }, 'report-id', /1 to 64 of A to Z/],
    ['a slash in the id', { 'report-id': 'a/b' }, 'report-id', /1 to 64/],
    ['the end of a comment', { 'report-id': '-->' }, 'report-id', /1 to 64/],
    ['an id of 65', { 'report-id': 'x'.repeat(65) }, 'report-id', /1 to 64/],
    ['letters of elsewhere', { 'report-id': 'ü' }, 'report-id', /1 to 64/],
    ['a place that is none', { 'report-to': 'comment' }, 'report-to', /pr-comment/],
    ['an issue, of a rollback', { 'report-to': 'issue', 'github-token': 't' }, 'report-to', /Leave out issue/],
  ])('%s', (_, inputs, input, mend) => {
    expect(problemsOf({ ...UNDELETE, ...inputs }, RUNNER)).toEqual([
      { input, problem: expect.any(String), mend: expect.stringMatching(mend) },
    ]);
  });
});
