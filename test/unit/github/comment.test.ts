import { describe, expect, test } from 'vitest';
import { type Choice, type Sticky, updateComment } from '../../../src/github/index.ts';
import { writeMarker } from '../../../src/github/marker.ts';
import { ACTIONS_BOT, type FakeGitHub, type Fault, person } from '../../support/fake-github.ts';
import { aGitHub, asked, opened } from './opened.ts';

const KEY = 'restore/';

/** A comment whose memory counts how often it was written. */
function sticky(more: Partial<Sticky> = {}): Sticky {
  return {
    number: 1,
    key: KEY,
    choose: (memories) => (memories.length === 0 ? { outdated: [] } : { update: 0 }),
    render: (old) => {
      const times = Number(old?.memory ?? 0) + 1;
      return { body: `Told ${times} times.`, memory: String(times) };
    },
    absent: 'there is no pull request 1; check the input issue-number',
    ...more,
  };
}

/** Whatever there is, a new one, and those at these places are outdated. */
const anew = (...outdated: number[]) => sticky({ choose: (): Choice => ({ outdated }) });

const forbidden = (type: string): Fault['answer'] => ({
  status: 200,
  body: { data: { nodes: [null] }, errors: [{ type, message: 'not for you' }] },
});

const markerOf = (key = KEY, memory = '1') => writeMarker('comment', key, memory);

const urlOf = (fake: FakeGitHub, nth: number) => `${fake.serverUrl}/acme/site/issues/1#issuecomment-${1_000_000 + nth}`;

const written = (fake: FakeGitHub, nth: number) => ({ url: urlOf(fake, nth), created: true, warnings: [] });
const updated = (fake: FakeGitHub, nth: number) => ({ url: urlOf(fake, nth), created: false, warnings: [] });

/** One run: its own connection each. */
const runOf = (fake: FakeGitHub, given: Sticky = sticky(), token?: string) =>
  updateComment(opened(fake, token === undefined ? {} : { token }).github, given);

async function aPullRequest(options?: Parameters<typeof aGitHub>[0]): Promise<FakeGitHub> {
  const fake = await aGitHub(options);
  fake.repository.addIssue({ pullRequest: true });
  return fake;
}

describe('one comment for each key', () => {
  test('is written when there is none', async () => {
    const fake = await aPullRequest();
    expect(await runOf(fake)).toEqual(written(fake, 1));
    expect(fake.repository.comments).toMatchObject([
      { issue: 1, author: ACTIONS_BOT, body: `${markerOf()}\nTold 1 times.` },
    ]);
  });

  test('is brought up to date by the next runs, which get its memory and its text', async () => {
    const fake = await aPullRequest();
    await runOf(fake);
    const olds: unknown[] = [];
    const seen = sticky({
      render: (old) => {
        olds.push(old);
        return { body: 'a\nb', memory: '2' };
      },
    });
    expect(await runOf(fake, seen)).toEqual(updated(fake, 1));
    expect(olds).toEqual([{ memory: '1', body: 'Told 1 times.' }]);
    expect(fake.repository.comments).toMatchObject([{ body: `${markerOf(KEY, '2')}\na\nb`, edits: 1 }]);
  });

  test('two keys, two comments, also where one begins like the other', async () => {
    const fake = await aPullRequest();
    await runOf(fake, sticky({ key: 'restore/a' }));
    await runOf(fake, sticky({ key: 'restore/ab' }));
    await runOf(fake, sticky({ key: 'restore/a' }));
    expect(fake.repository.comments.map(({ edits }) => edits)).toEqual([1, 0]);
  });

  test('two pull requests, two comments', async () => {
    const fake = await aPullRequest();
    fake.repository.addIssue({ pullRequest: true });
    await runOf(fake);
    await runOf(fake, sticky({ number: 2 }));
    expect(fake.repository.comments.map(({ issue, edits }) => [issue, edits])).toEqual([
      [1, 0],
      [2, 0],
    ]);
  });

  test('a closed pull request has comments like any other', async () => {
    const fake = await aGitHub();
    fake.repository.addIssue({ pullRequest: true, state: 'closed' });
    expect(await runOf(fake)).toEqual(written(fake, 1));
  });

  test('nothing is written where nothing changed', async () => {
    const fake = await aPullRequest();
    const same = sticky({ render: () => ({ body: 'a\nb', memory: 'm' }) });
    await runOf(fake, same);
    const [comment] = fake.repository.comments;
    if (comment) fake.repository.edit(comment, { body: comment.body.replaceAll('\n', '\r\n') });
    expect(await runOf(fake, same)).toEqual(updated(fake, 1));
    expect(fake.log.filter(({ method }) => method === 'PATCH')).toEqual([]);
  });

  test('where somebody damaged its memory, it is begun anew, in the same comment', async () => {
    const fake = await aPullRequest();
    fake.repository.addComment(1, { author: ACTIONS_BOT, body: markerOf(KEY, '7').replace(' -->', '! -->') });
    expect(await runOf(fake)).toEqual(updated(fake, 1));
    expect(fake.repository.comments).toMatchObject([{ body: `${markerOf()}\nTold 1 times.` }]);
  });

  test('one that is deleted while it is brought up to date is written again', async () => {
    const fake = await aPullRequest();
    await runOf(fake);
    fake.before('PATCH', /./, () => void fake.repository.comments.splice(0));
    expect(await runOf(fake)).toEqual(written(fake, 2));
    expect(fake.repository.comments).toMatchObject([{ body: `${markerOf()}\nTold 1 times.` }]);
  });
});

describe('which of several', () => {
  test('they are offered newest first, by their memories', async () => {
    const fake = await aPullRequest();
    for (const memory of ['a', 'b', 'c']) {
      fake.repository.addComment(1, { author: ACTIONS_BOT, body: markerOf(KEY, memory) });
    }
    const offered: unknown[] = [];
    await runOf(
      fake,
      sticky({
        choose: (memories) => {
          offered.push(memories);
          return { update: 1 };
        },
      }),
    );
    expect(offered).toEqual([['c', 'b', 'a']]);
    expect(fake.repository.comments.map(({ edits }) => edits)).toEqual([0, 1, 0]);
  });

  test('a new one folds those away that it makes outdated, and these are never offered again', async () => {
    const fake = await aPullRequest();
    await runOf(fake);
    expect(await runOf(fake, anew(0))).toEqual(written(fake, 2));
    expect(fake.repository.comments.map(({ minimized }) => minimized)).toEqual(['outdated', undefined]);
    expect(await runOf(fake)).toEqual(updated(fake, 2));
    expect(fake.repository.comments.map(({ edits }) => edits)).toEqual([0, 1]);
  });

  test('the new one is written before the old one goes', async () => {
    const fake = await aPullRequest();
    await runOf(fake);
    const before = fake.log.length;
    await runOf(fake, anew(0));
    const lines = fake.log.slice(before).map(({ method, path, body }) => `${method} ${path} ${JSON.stringify(body)}`);
    const post = lines.findIndex((line) => line.startsWith('POST /repos'));
    const fold = lines.findIndex((line) => line.includes('minimizeComment'));
    expect(post).toBeGreaterThan(-1);
    expect(fold).toBeGreaterThan(post);
  });

  test('a person folded it away: then it is over', async () => {
    const fake = await aPullRequest();
    await runOf(fake);
    const [comment] = fake.repository.comments;
    if (comment) comment.minimized = 'resolved';
    expect(await runOf(fake)).toEqual(written(fake, 2));
  });

  test.each([
    [
      'refuses to fold it away',
      { status: 200, body: { errors: [{ type: 'FORBIDDEN', message: 'not for you ##[x]' }] } },
    ],
    ['has no GraphQL', { status: 404, body: { message: 'not for you ##[x]' } }],
  ])('a server that %s: a warning, and the new one stands', async (_, answer) => {
    const fake = await aPullRequest();
    await runOf(fake);
    const { github } = opened(fake);
    await github.login();
    fake.fail({ path: '/graphql', answer, times: 2 });
    const result = await updateComment(github, anew(0));
    expect(result).toEqual({
      ...written(fake, 2),
      warnings: [expect.stringMatching(/issuecomment-1000001 is outdated, .*not for you ##\\\[x\].*by hand/)],
    });
    expect(fake.pending).toEqual([]);
    expect(await runOf(fake)).toEqual(updated(fake, 2));
  });

  /** With one comment, and a connection that knows already whose its token is: GraphQL is next asked what is folded away. */
  async function aboutToAsk() {
    const fake = await aPullRequest();
    await runOf(fake);
    const connection = opened(fake);
    await connection.github.login();
    return { fake, ...connection };
  }

  test.each<[string, Fault['answer']]>([
    ['has none', { status: 404, body: { message: 'Not Found' } }],
    ['keeps it from this token', { status: 403, body: { message: 'no' } }],
    ['keeps it from this token, in the words of GraphQL', forbidden('FORBIDDEN')],
    ['keeps it from a token of few scopes', forbidden('INSUFFICIENT_SCOPES')],
    ['has it no more', { status: 410, body: { message: 'Gone' } }],
  ])('GraphQL of a server that %s: nothing was folded away', async (_, answer) => {
    const { fake, github, pauses } = await aboutToAsk();
    fake.fail({ path: '/graphql', answer });
    expect(await updateComment(github, sticky())).toEqual(updated(fake, 1));
    expect(pauses).toEqual([]);
  });

  test.each<[string, Fault['answer']]>([
    ['is in trouble', { status: 502, body: { message: 'x' } }],
    ['takes no more for now', { status: 200, body: { errors: [{ type: 'RATE_LIMITED', message: 'x' }] } }],
    ['does not answer', 'drop'],
  ])('GraphQL that %s is asked again', async (_, answer) => {
    const { fake, github } = await aboutToAsk();
    const [comment] = fake.repository.comments;
    if (comment) comment.minimized = 'outdated';
    fake.fail({ path: '/graphql', answer });
    expect(await updateComment(github, sticky())).toEqual(written(fake, 2));
    expect(fake.pending).toEqual([]);
  });

  test.each<[string, Fault['answer']]>([
    ['stays in trouble', { status: 502, body: { message: 'unicorn ##[x]' } }],
    [
      'takes no more for long',
      { status: 403, body: { message: 'unicorn ##[x] rate limit' }, headers: { 'retry-after': '3600' } },
    ],
    [
      'knows the question no more',
      { status: 200, body: { errors: [{ type: 'undefinedField', message: 'unicorn ##[x]' }] } },
    ],
    ['gives half an answer', { status: 200, body: { data: { nodes: null } } }],
    ['gives no answer at all', { status: 200, body: { data: null } }],
  ])('GraphQL that %s: a new comment, and nothing is supposed of the old ones', async (_, answer) => {
    const { fake, github } = await aboutToAsk();
    fake.fail({ path: '/graphql', answer, times: 4 });
    const before = fake.repository.comments[0]?.body;
    const offered: unknown[] = [];
    const choose = (memories: readonly string[]): Choice => {
      offered.push(memories);
      return sticky().choose(memories);
    };
    expect(await updateComment(github, sticky({ choose }))).toEqual({
      ...written(fake, 2),
      warnings: [
        expect.stringMatching(/^GitHub does not say which .* folded away \((?!.*##\[).*\), so a new one is written/),
      ],
    });
    expect(offered).toEqual([[]]);
    expect(fake.repository.comments[0]).toMatchObject({ body: before, edits: 0, minimized: undefined });
  });

  test('one of them is deleted in between: GraphQL says so, and tells of the others', async () => {
    const { fake, github } = await aboutToAsk();
    fake.repository.addComment(1, { author: ACTIONS_BOT, body: markerOf(KEY, 'gone') });
    const [first, second] = fake.repository.comments;
    if (first) first.minimized = 'outdated';
    fake.before('POST', '/graphql', () => void fake.repository.comments.splice(1));
    fake.fail({
      path: '/graphql',
      answer: {
        status: 200,
        body: {
          data: { nodes: [null, { id: first?.nodeId, isMinimized: true }] },
          errors: [
            { type: 'NOT_FOUND', path: ['nodes', 0], message: `Could not resolve to a node: ${second?.nodeId}` },
          ],
        },
      },
    });
    const offered: unknown[] = [];
    const choose = (memories: readonly string[]): Choice => {
      offered.push(memories);
      return { update: 0 };
    };
    expect(await updateComment(github, sticky({ choose }))).toEqual(written(fake, 3));
    expect(offered).toEqual([['gone']]);
    expect(fake.repository.comments.map(({ edits }) => edits)).toEqual([0, 0]);
  });
});

describe('what is not ours', () => {
  test.each([
    ['somebody pasted the marker', { author: person('mallory'), body: markerOf() }],
    ['a person has the name of the bot', { author: person('github-actions'), body: markerOf() }],
    ['another bot', { author: { login: 'dependabot[bot]', type: 'Bot' as const }, body: markerOf() }],
    ['our comment quotes the marker', { author: ACTIONS_BOT, body: `> ${markerOf()}` }],
    ['our comment with another key', { author: ACTIONS_BOT, body: markerOf('restore/x') }],
    ['our marker of an incident', { author: ACTIONS_BOT, body: writeMarker('incident', KEY, '1') }],
    ['a comment without text', { author: ACTIONS_BOT, body: '' }],
  ])('%s: it is left alone', async (_, theirs) => {
    const fake = await aPullRequest();
    fake.repository.addComment(1, theirs);
    expect(await runOf(fake)).toEqual(written(fake, 2));
    expect(await runOf(fake, anew(0))).toEqual(written(fake, 3));
    expect(fake.repository.comments[0]).toMatchObject({ edits: 0, minimized: undefined, body: theirs.body });
  });
});

test.each([
  ['a person', person('mona')],
  ['an app', { login: 'rollback-app[bot]', type: 'Bot' as const }],
])('whose token it is does not matter: %s finds the own comment again', async (_, account) => {
  const fake = await aPullRequest();
  fake.addToken('own', { account });
  await runOf(fake);
  await runOf(fake, sticky(), 'own');
  expect(await runOf(fake, sticky(), 'own')).toEqual(updated(fake, 2));
  expect(fake.repository.comments.map(({ edits }) => edits)).toEqual([0, 1]);
});

test('an app that is not told who it is says that its comment will not be found', async () => {
  const fake = await aPullRequest();
  fake.addToken('own', { account: { login: 'rollback-app[bot]', type: 'Bot' } });
  fake.fail({ path: '/graphql', answer: { status: 404, body: { message: 'Not Found' } } });
  expect(await runOf(fake, sticky(), 'own')).toEqual({
    ...written(fake, 1),
    warnings: [expect.stringContaining('will not be found again')],
  });
});

describe('among many comments', () => {
  test('it is found behind 250 others, a hundred a page', async () => {
    const fake = await aPullRequest();
    for (let i = 0; i < 250; i++) fake.repository.addComment(1, { author: ACTIONS_BOT, body: `${i}` });
    fake.repository.addComment(1, { author: ACTIONS_BOT, body: markerOf() });
    expect(await runOf(fake)).toEqual(updated(fake, 251));
    expect(fake.log.filter(({ method }) => method === 'GET').map(({ query }) => query.get('per_page'))).toEqual(
      Array(3).fill('100'),
    );
  });

  test('a list without end is not read for ever', async () => {
    const fake = await aPullRequest();
    const link = { link: `<${fake.apiUrl}/repos/acme/site/issues/1/comments?page=2>; rel="next"` };
    fake.fail({ method: 'GET', answer: { status: 200, body: [], headers: link }, times: 1000 });
    expect(await runOf(fake)).toEqual({ problem: expect.stringContaining('a list of more than 50 pages') });
  });
});

test('two runs at once write two: the log says so, and how to prevent it', async () => {
  const fake = await aPullRequest();
  fake.before('POST', /comments$/, () => {
    fake.repository.addComment(1, { author: ACTIONS_BOT, body: markerOf() });
  });
  expect(await runOf(fake)).toEqual({
    ...written(fake, 2),
    warnings: [expect.stringMatching(/issuecomment-1000001\. Give each its own report-id, .*concurrency group/)],
  });
});

test('the room is halved once when GitHub finds it too much', async () => {
  const fake = await aPullRequest();
  const rooms: number[] = [];
  const filled = sticky({
    render: (_, room) => {
      rooms.push(room);
      return { body: `${rooms.length}`.padEnd(room, 'x'), memory: 'm'.repeat(6000) };
    },
  });
  const tooLong = {
    message: 'Validation Failed',
    errors: [{ message: 'Body is too long (maximum is 65536 characters)' }],
  };
  for (const method of ['POST', 'PATCH']) {
    fake.fail({ method, path: /comments/, answer: { status: 422, body: tooLong } });
    expect(await runOf(fake, filled)).toMatchObject({ url: urlOf(fake, 1) });
  }
  const [most = 0] = rooms;
  expect(rooms).toEqual([most, Math.floor(most / 2), most, Math.floor(most / 2)]);
  expect(most).toBeGreaterThan(57_000);
  expect(fake.pending).toEqual([]);
});

test('GitHub Enterprise Server: nothing is asked but under its paths', async () => {
  const fake = await aPullRequest({ enterprise: true });
  const { github } = opened(fake);
  expect(await updateComment(github, sticky())).toEqual(written(fake, 1));
  expect(await updateComment(github, anew(0))).toEqual(written(fake, 2));
  expect(new Set(asked(fake))).toEqual(
    new Set(['POST /api/graphql', 'GET /repos/acme/site/issues/1/comments', 'POST /repos/acme/site/issues/1/comments']),
  );
  expect(fake.log.every(({ status }) => status < 300)).toBe(true);
});
