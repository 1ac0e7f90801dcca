import { describe, expect, test } from 'vitest';
import { type GitHub, type Incident, updateIncident } from '../../../src/github/index.ts';
import { writeMarker } from '../../../src/github/marker.ts';
import { ACTIONS_BOT, type FakeGitHub, person } from '../../support/fake-github.ts';
import { aGitHub, asked, opened } from './opened.ts';

/** An incident whose memory counts how often it was written. */
function incident(key = 'site', more: Partial<Incident> = {}): Incident {
  return {
    key,
    title: `Deletions in ${key}`,
    render: (previous) => {
      const times = Number(previous ?? 0) + 1;
      return { body: `Seen ${times} times.`, memory: String(times) };
    },
    ...more,
  };
}

const markerOf = (key: string, memory = '1') => writeMarker('incident', key, memory);

const urlOf = (fake: FakeGitHub, number: number) => `${fake.serverUrl}/acme/site/issues/${number}`;

/** One run of the bot: its own connection each. */
const runOf = (fake: FakeGitHub, given: Incident = incident(), token?: string) =>
  updateIncident(opened(fake, token === undefined ? {} : { token }).github, given);

describe('one open issue per bucket', () => {
  test('is opened when there is none', async () => {
    const fake = await aGitHub();
    expect(await runOf(fake)).toEqual({ url: urlOf(fake, 1), created: true });
    expect(fake.repository.issues).toMatchObject([
      { title: 'Deletions in site', body: `${markerOf('site')}\nSeen 1 times.`, state: 'open', author: ACTIONS_BOT },
    ]);
  });

  test('is brought up to date by the next runs, which get its memory', async () => {
    const fake = await aGitHub();
    await runOf(fake);
    expect(await runOf(fake)).toEqual({ url: urlOf(fake, 1), created: false });
    await runOf(fake);
    expect(fake.repository.issues).toMatchObject([{ body: `${markerOf('site', '3')}\nSeen 3 times.` }]);
  });

  test('two buckets, two issues, also where one name begins like the other', async () => {
    const fake = await aGitHub();
    await runOf(fake, incident('site'));
    await runOf(fake, incident('site-logs'));
    await runOf(fake, incident('site'));
    expect(fake.repository.issues.map(({ title, edits }) => [title, edits])).toEqual([
      ['Deletions in site', 1],
      ['Deletions in site-logs', 0],
    ]);
  });

  test('a closed one is left alone, and what comes then is another', async () => {
    const fake = await aGitHub();
    await runOf(fake);
    const [closed] = fake.repository.issues;
    if (closed) fake.repository.edit(closed, { state: 'closed' });
    expect(await runOf(fake)).toEqual({ url: urlOf(fake, 2), created: true });
    expect(fake.repository.issues).toMatchObject([
      { state: 'closed', edits: 1, body: `${markerOf('site')}\nSeen 1 times.` },
      { state: 'open', body: `${markerOf('site')}\nSeen 1 times.` },
    ]);
  });

  test('of several the oldest, by every run', async () => {
    const fake = await aGitHub();
    for (const body of [markerOf('site', '7'), markerOf('site', '9')]) {
      fake.repository.addIssue({ author: ACTIONS_BOT, body });
    }
    expect(await runOf(fake)).toEqual({ url: urlOf(fake, 1), created: false });
    expect(fake.repository.issues.map(({ edits }) => edits)).toEqual([1, 0]);
  });

  test('its title is for people to change, and what they do to its text does not hide it', async () => {
    const fake = await aGitHub();
    await runOf(fake);
    const [issue] = fake.repository.issues;
    if (issue) {
      fake.repository.edit(issue, {
        title: 'Who deletes our site?',
        body: `${markerOf('site')}\r\nSeen.\r\n\r\nMine!`,
      });
    }
    await runOf(fake);
    expect(fake.repository.issues).toMatchObject([
      { title: 'Who deletes our site?', body: `${markerOf('site', '2')}\nSeen 2 times.` },
    ]);
  });

  test('where somebody damaged its memory, it is begun anew, in the same issue', async () => {
    const fake = await aGitHub();
    fake.repository.addIssue({ author: ACTIONS_BOT, body: markerOf('site', '7').replace(' -->', '! -->') });
    const render = (previous: string | undefined) => ({ body: `before: ${previous}`, memory: '1' });
    expect(await runOf(fake, incident('site', { render }))).toEqual({ url: urlOf(fake, 1), created: false });
    expect(fake.repository.issue(1)?.body).toBe(`${markerOf('site')}\nbefore: undefined`);
  });

  test('nothing is written where nothing changed', async () => {
    const fake = await aGitHub();
    const same = incident('site', { render: () => ({ body: 'a\nb', memory: 'm' }) });
    await runOf(fake, same);
    const [issue] = fake.repository.issues;
    if (issue) fake.repository.edit(issue, { body: issue.body?.replaceAll('\n', '\r\n') ?? '' });
    expect(await runOf(fake, same)).toEqual({ url: urlOf(fake, 1), created: false });
    expect(asked(fake)).not.toContain('PATCH /repos/acme/site/issues/1');
  });

  test('no label is asked for: it might not exist', async () => {
    const fake = await aGitHub();
    await runOf(fake);
    const bodies = fake.log.filter(({ method, path }) => method === 'POST' && path.endsWith('/issues'));
    expect(bodies.map(({ body }) => Object.keys(body as object))).toEqual([['title', 'body']]);
  });
});

describe('what is not ours', () => {
  test.each([
    ['somebody pasted the marker', { author: person('mallory'), body: markerOf('site') }],
    ['a person has the name of the bot', { author: person('github-actions'), body: markerOf('site') }],
    ['another bot', { author: { login: 'dependabot[bot]', type: 'Bot' as const }, body: markerOf('site') }],
    ['a pull request', { author: ACTIONS_BOT, body: markerOf('site'), pullRequest: true }],
    ['our issue quotes the marker', { author: ACTIONS_BOT, body: `The marker is\n${markerOf('site')}` }],
    ['our issue about another bucket', { author: ACTIONS_BOT, body: markerOf('site2') }],
    ['an issue without text', { author: ACTIONS_BOT, body: null }],
  ])('%s: it is left alone', async (_, theirs) => {
    const fake = await aGitHub();
    fake.repository.addIssue(theirs);
    expect(await runOf(fake)).toEqual({ url: urlOf(fake, 2), created: true });
    expect(fake.repository.issue(1)).toMatchObject({ edits: 0, body: theirs.body });
  });

  test('a closed one is not, even if the server lists it', async () => {
    const fake = await aGitHub();
    fake.repository.addIssue({ author: ACTIONS_BOT, body: markerOf('site'), state: 'closed' });
    const closed = { number: 1, state: 'closed', body: markerOf('site'), user: { login: ACTIONS_BOT.login } };
    fake.fail({ method: 'GET', answer: { status: 200, body: [closed] } });
    expect(await runOf(fake)).toEqual({ url: urlOf(fake, 2), created: true });
    expect(fake.repository.issue(1)).toMatchObject({ edits: 0 });
  });

  test('nor when all authors have to be looked through', async () => {
    const fake = await aGitHub();
    fake.repository.addIssue({ author: person('mallory'), body: markerOf('site') });
    fake.repository.addIssue({ author: ACTIONS_BOT, body: markerOf('site') });
    fake.fail({ method: 'GET', answer: { status: 422, body: { message: 'Validation Failed' } } });
    expect(await runOf(fake)).toEqual({ url: urlOf(fake, 2), created: false });
    expect(fake.repository.issue(1)).toMatchObject({ edits: 0 });
  });
});

describe('whose token it is does not matter', () => {
  test.each([
    ['a person', person('mona')],
    ['an app', { login: 'rollback-app[bot]', type: 'Bot' as const }],
  ])('%s finds its own issue again', async (_, account) => {
    const fake = await aGitHub();
    fake.addToken('own', { account });
    await runOf(fake, incident(), 'own');
    expect(await runOf(fake, incident(), 'own')).toEqual({ url: urlOf(fake, 1), created: false });
  });

  test('an app whose name GraphQL gives without its suffix, too', async () => {
    const fake = await aGitHub();
    const viewer = { data: { viewer: { login: 'github-actions' } } };
    fake.fail({ path: '/graphql', times: 2, answer: { status: 200, body: viewer } });
    await runOf(fake);
    expect(await runOf(fake)).toEqual({ url: urlOf(fake, 1), created: false });
  });

  test('an app that is not told who it is says that its issue will not be found', async () => {
    const fake = await aGitHub();
    fake.addToken('own', { account: { login: 'rollback-app[bot]', type: 'Bot' } });
    fake.fail({ path: '/graphql', answer: { status: 404, body: { message: 'Not Found' } } });
    expect(await runOf(fake, incident(), 'own')).toEqual({
      url: urlOf(fake, 1),
      created: true,
      warning: expect.stringContaining('will not be found again'),
    });
  });
});

describe('among many issues', () => {
  test('it is found behind 250 others of ours, a hundred a page, and the search ends with it', async () => {
    const fake = await aGitHub();
    for (let i = 0; i < 250; i++) fake.repository.addIssue({ author: ACTIONS_BOT, body: markerOf(`bucket-${i}`) });
    fake.repository.addIssue({ author: ACTIONS_BOT, body: markerOf('site') });
    for (let i = 0; i < 150; i++) fake.repository.addIssue({ author: ACTIONS_BOT });
    expect(await runOf(fake)).toEqual({ url: urlOf(fake, 251), created: false });
    const lists = fake.log.filter(({ method }) => method === 'GET').map(({ query }) => Object.fromEntries(query));
    expect(lists).toHaveLength(3);
    expect(fake.log.filter(({ query }) => query.getAll('creator').length > 1)).toEqual([]);
    expect(lists[0]).toEqual({
      creator: 'github-actions[bot]',
      state: 'open',
      sort: 'created',
      direction: 'asc',
      per_page: '100',
    });
  });

  test('those of others are not even listed', async () => {
    const fake = await aGitHub();
    for (let i = 0; i < 250; i++) fake.repository.addIssue();
    await runOf(fake);
    await runOf(fake);
    expect(fake.log.filter(({ method }) => method === 'GET')).toHaveLength(3);
  });

  test('a list without end is not read for ever', async () => {
    const fake = await aGitHub();
    const link = { link: `<${fake.apiUrl}/repos/acme/site/issues?page=2>; rel="next"` };
    fake.fail({ method: 'GET', answer: { status: 200, body: [], headers: link }, times: 1000 });
    expect(await runOf(fake)).toEqual({ problem: expect.stringContaining('a list of more than 50 pages') });
    expect(fake.log).toHaveLength(51);
  });

  test('a list that goes on at another server is not followed there: the token would go along', async () => {
    const [fake, other] = [await aGitHub(), await aGitHub()];
    const link = { link: `<${other.apiUrl}/repos/acme/site/issues?page=2>; rel="next"` };
    fake.fail({ method: 'GET', answer: { status: 200, body: [], headers: link } });
    expect(await runOf(fake)).toEqual({ problem: expect.stringContaining('another server') });
    expect(other.log).toEqual([]);
  });
});

describe('two runs at once', () => {
  test('open two; both are left, and the older is kept from then on', async () => {
    const fake = await aGitHub();
    fake.before('POST', /issues$/, () => {
      fake.repository.addIssue({ author: ACTIONS_BOT, body: markerOf('site') });
    });
    expect(await runOf(fake)).toEqual({
      url: urlOf(fake, 2),
      created: true,
      warning: expect.stringMatching(/at the same time: \S+\/issues\/1 is kept .*, \S+\/issues\/2 is not/),
    });
    expect(await runOf(fake)).toEqual({ url: urlOf(fake, 1), created: false });
    expect(fake.repository.issues.map(({ state }) => state)).toEqual(['open', 'open']);
  });

  test('the look for another costs nothing where it fails', async () => {
    const fake = await aGitHub();
    fake.before('POST', /issues$/, () => {
      fake.fail({ method: 'GET', answer: { status: 403, body: { message: 'no' } } });
    });
    expect(await runOf(fake)).toEqual({ url: urlOf(fake, 1), created: true });
  });

  test.each([
    ['deleted', (fake: FakeGitHub) => fake.repository.deleteIssue(1)],
    [
      'closed',
      (fake: FakeGitHub) => {
        const [issue] = fake.repository.issues;
        if (issue) fake.repository.edit(issue, { state: 'closed' });
      },
    ],
  ])('an issue that is %s while it is brought up to date: the news stands in a new one', async (_, happens) => {
    const fake = await aGitHub();
    await runOf(fake);
    fake.before('PATCH', /./, () => happens(fake));
    expect(await runOf(fake)).toEqual({ url: urlOf(fake, 2), created: true });
    expect(fake.repository.issue(2)?.body).toBe(`${markerOf('site')}\nSeen 1 times.`);
  });
});

describe('names that somebody chose on purpose', () => {
  test.each([
    'a-->b',
    '--><!-- s3-rollback:incident:v1 c2l0ZQ  -->',
    'a\nb',
    '$&',
    '.*',
    '[bot]',
    '../..',
    'a b',
    '{owner}',
  ])('%j has its own issue, found again, and no other', async (name) => {
    const fake = await aGitHub();
    await runOf(fake, incident('site'));
    await runOf(fake, incident(name));
    expect(await runOf(fake, incident(name))).toEqual({ url: urlOf(fake, 2), created: false });
    expect(fake.repository.issue(1)).toMatchObject({ edits: 0 });
    expect(fake.repository.issue(2)?.body?.split('\n')).toEqual([
      expect.stringMatching(/^<!-- s3-rollback:incident:v1 [\w-]+ [\w-]+ -->$/),
      'Seen 2 times.',
    ]);
  });
});

describe('the room', () => {
  const filled = (rooms: number[], fill: (room: number) => string): Incident =>
    incident('site', {
      render: (_, room) => {
        rooms.push(room);
        return { body: fill(room), memory: 'm'.repeat(6000) };
      },
    });

  test('that a body is given is there, with the longest memory', async () => {
    const fake = await aGitHub();
    expect(
      await runOf(
        fake,
        filled([], (room) => 'x'.repeat(room)),
      ),
    ).toMatchObject({ created: true });
    expect(fake.repository.issue(1)?.body).toHaveLength(65_536);
  });

  test('is halved once when GitHub finds it too much, for a new issue and for an old one', async () => {
    const fake = await aGitHub();
    const rooms: number[] = [];
    const tooLong = {
      message: 'Validation Failed',
      errors: [{ message: 'body is too long (maximum is 65536 characters)' }],
    };
    for (const method of ['POST', 'PATCH']) {
      fake.fail({ method, path: /issues/, answer: { status: 422, body: tooLong } });
      expect(
        await runOf(
          fake,
          filled(rooms, (room) => method + 'x'.repeat(room - 5)),
        ),
      ).toMatchObject({
        url: urlOf(fake, 1),
      });
    }
    const [most = 0] = rooms;
    expect(rooms).toEqual([most, Math.floor(most / 2), most, Math.floor(most / 2)]);
    expect(fake.pending).toEqual([]);
  });

  test('a body that does not keep to it is not sent, but rendered again', async () => {
    const fake = await aGitHub();
    const rooms: number[] = [];
    await runOf(
      fake,
      filled(rooms, () => 'x'.repeat(rooms.length > 1 ? 10 : 70_000)),
    );
    expect(fake.log.filter(({ status }) => status === 422)).toEqual([]);
    expect(fake.repository.issue(1)?.body).toMatch(/\nx{10}$/);
  });

  test('a body that is too long twice is a problem', async () => {
    const fake = await aGitHub();
    const result = await runOf(
      fake,
      filled([], () => 'x'.repeat(70_000)),
    );
    expect(result).toEqual({ problem: expect.stringContaining('body is too long') });
    expect(fake.repository.issues).toEqual([]);
  });
});

test('a fault of the caller is not taken for one of GitHub', async () => {
  const fake = await aGitHub();
  const broken = incident('site', {
    render: () => {
      throw new TypeError('a fault of ours');
    },
  });
  await expect(runOf(fake, broken)).rejects.toThrow('a fault of ours');
});

test('GitHub Enterprise Server: nothing is asked but under its paths', async () => {
  const fake = await aGitHub({ enterprise: true, repository: 'acme/some.site' });
  const github: GitHub = opened(fake).github;
  const url = `${fake.serverUrl}/acme/some.site/issues/1`;
  expect(await updateIncident(github, incident())).toEqual({ url, created: true });
  expect(await updateIncident(github, incident())).toEqual({ url, created: false });
  expect(fake.log.map(({ status }) => status)).toEqual([200, 200, 201, 200, 200, 200]);
  expect(new Set(asked(fake))).toEqual(
    new Set([
      'POST /api/graphql',
      'GET /repos/acme/some.site/issues',
      'POST /repos/acme/some.site/issues',
      'PATCH /repos/acme/some.site/issues/1',
    ]),
  );
});
