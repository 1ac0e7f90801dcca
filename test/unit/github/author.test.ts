import { describe, expect, test } from 'vitest';
import { isAuthor, readAuthor } from '../../../src/github/author.ts';
import { ACTIONS_BOT, person } from '../../support/fake-github.ts';
import { aGitHub, asked, opened } from './opened.ts';

describe('whose is it', () => {
  test.each([
    ['the bot of Actions', 'github-actions[bot]', { login: 'github-actions[bot]', type: 'Bot' }, true],
    ['as GraphQL names it', 'github-actions[bot]', { login: 'github-actions', type: 'Bot' }, true],
    ['the other way round', 'github-actions', { login: 'github-actions[bot]', type: 'Bot' }, true],
    ['a person who took the name of the bot', 'github-actions[bot]', { login: 'github-actions', type: 'User' }, false],
    ['a person', 'mona', { login: 'mona', type: 'User' }, true],
    ['a person, written otherwise', 'Mona', { login: 'mona', type: 'User' }, true],
    ['somebody else', 'mona', { login: 'monalisa', type: 'User' }, false],
    ['another bot', 'github-actions[bot]', { login: 'dependabot[bot]', type: 'Bot' }, false],
    ['somebody whose account is gone', 'mona', null, false],
    ['nobody', 'mona', 'mona', false],
  ])('%s', (_, login, user, same) => {
    expect(isAuthor(login, readAuthor(user))).toBe(same);
  });
});

describe('the login of a token', () => {
  test('GraphQL tells it, and is asked once', async () => {
    const fake = await aGitHub();
    const { github } = opened(fake);
    expect([await github.login(), await github.login()]).toEqual(['github-actions[bot]', 'github-actions[bot]']);
    expect(asked(fake)).toEqual(['POST /graphql']);
  });

  test.each([
    ['of a person, which REST tells where GraphQL is blocked', person('mona'), 'mona'],
    ['of an app, which REST does not tell: taken for that of the job', ACTIONS_BOT, 'github-actions[bot]'],
  ])('%s', async (_, account, login) => {
    const fake = await aGitHub();
    fake.addToken('some', { account });
    fake.fail({ path: '/graphql', answer: { status: 403, body: { message: 'Forbidden' } } });
    expect(await opened(fake, { token: 'some' }).github.login()).toBe(login);
    expect(asked(fake)).toEqual(['POST /graphql', 'GET /user']);
  });

  test('an error inside an answer of GraphQL is one', async () => {
    const fake = await aGitHub();
    fake.addToken('some', { account: person('mona') });
    fake.fail({ path: '/graphql', answer: { status: 200, body: { data: null, errors: [{ message: 'no' }] } } });
    expect(await opened(fake, { token: 'some' }).github.login()).toBe('mona');
  });

  test('a bad token is told, not guessed round', async () => {
    const fake = await aGitHub();
    await expect(opened(fake, { token: 'bad' }).github.login()).rejects.toThrow('Bad credentials');
    expect(asked(fake)).toEqual(['POST /graphql']);
  });

  test('a limit of GraphQL is waited for, not guessed round', async () => {
    const fake = await aGitHub();
    fake.addToken('some', { account: { login: 'an-app[bot]', type: 'Bot' } });
    const limited = { errors: [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }] };
    fake.fail({ path: '/graphql', answer: { status: 200, body: limited } });
    const { github, pauses } = opened(fake, { token: 'some' });
    expect(await github.login()).toBe('an-app[bot]');
    expect(pauses).toEqual([60_000]);
  });

  test('nor is one that is longer than a run waits', async () => {
    const fake = await aGitHub();
    const headers = { 'retry-after': '3600' };
    fake.fail({ path: '/graphql', answer: { status: 403, body: { message: 'rate limit' }, headers } });
    await expect(opened(fake).github.login()).rejects.toMatchObject({ trouble: { kind: 'limited' } });
    expect(asked(fake)).toEqual(['POST /graphql']);
  });
});
