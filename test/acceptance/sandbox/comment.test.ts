import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import {
  ACTIONS_BOT,
  type FakeGitHub,
  type FakeOptions,
  JOB_TOKEN,
  person,
  READ_ONLY_TOKEN,
  startFakeGitHub,
} from '../../support/fake-github.ts';
import type { Inputs } from '../../support/runner.ts';
import { type Act, temporaryFolder } from '../support/act.ts';
import { AWKWARD_KEYS } from '../support/awkward-keys.ts';
import { annotationsOf } from '../support/commands.ts';
import { onSandbox, type SandboxContext, seed } from '../support/sandbox.ts';
import { expectHarmless } from '../support/summary.ts';

/** The comment on the pull request, by the built action, on a GitHub of our own. */

const SHA = 'c'.repeat(40);
const PULL = { name: 'pull_request', event: { pull_request: { number: 1 } } };

interface Occasion {
  readonly name: string;
  readonly event?: unknown;
}

/** One run of the action, in a workflow of that GitHub. */
function running({ act }: Pick<SandboxContext, 'act'>, fake: FakeGitHub) {
  return (inputs: Inputs, { name, event }: Occasion = PULL, token = JOB_TOKEN): Promise<Act> => {
    const path = join(temporaryFolder(), 'event.json');
    mkdirSync(dirname(path), { recursive: true });
    if (event !== undefined) writeFileSync(path, JSON.stringify(event));
    const env = { ...fake.env(token), GITHUB_EVENT_NAME: name, GITHUB_EVENT_PATH: path, GITHUB_SHA: SHA };
    return act({ 'github-token': token, ...inputs }, { env });
  };
}

const fakes: FakeGitHub[] = [];

afterAll(async () => {
  await Promise.all(fakes.map((fake) => fake.stop()));
});

async function aGitHub(options?: FakeOptions): Promise<FakeGitHub> {
  const fake = await startFakeGitHub(options);
  fakes.push(fake);
  return fake;
}

/** With a pull request, number 1. */
async function aPullRequest(options?: FakeOptions): Promise<FakeGitHub> {
  const fake = await aGitHub(options);
  fake.repository.addIssue({ pullRequest: true, commits: [SHA] });
  return fake;
}

const UNDELETE = { operation: 'undelete', 'whole-bucket': 'true' };
const PLAN = { ...UNDELETE, 'dry-run': 'true' };

const ASKED = { 'report-to': 'summary, pr-comment' };

const warningsOf = (run: Act) => annotationsOf(run.stdout, 'warning').map(({ message }) => message);

onSandbox('the comment on the pull request', (test) => {
  test('a history: the incident, its charts, and steps to paste; read again, brought up to date', async (context) => {
    const { bucket, expect } = context;
    const fake = await aPullRequest();
    const run = running(context, fake);
    for (let i = 0; i < 60; i++) seed(bucket, `site/${i}`, 'A x');
    const HISTORY = { operation: 'history', 'whole-bucket': 'true' };
    const first = await run(HISTORY);
    await run(HISTORY);
    const { comments } = fake.repository;
    expect(comments).toHaveLength(1);
    expect(comments[0]?.body).toMatch(/🔎 60 keys deleted[\s\S]*Read, nothing changed:[\s\S]*```mermaid/);
    expect(comments[0]?.body).toContain(`to-time: ${first.outputs['suggested-time']}`);
    expect(comments[0]?.body).not.toContain('Planned</th>\n');
  });

  test('plan → applied: one comment; a new plan gets a new one, and the old one is folded away', async (context) => {
    const { bucket, expect, shapes } = context;
    const fake = await aPullRequest();
    const { comments } = fake.repository;
    const run = running(context, fake);
    seed(bucket, 'site/a', 'A x');
    seed(bucket, 'site/b', 'B');

    const plan = await run(PLAN);
    expect(plan.code).toBe(0);
    expect(comments).toHaveLength(1);
    expect(comments[0]).toMatchObject({ issue: 1, author: ACTIONS_BOT, edits: 0 });
    expect(comments[0]?.body).toContain(`plan-digest: ${plan.outputs['plan-digest']}`);
    expect(comments[0]?.body).toMatch(/1 key would be restored[\s\S]*Planned, not carried out yet[\s\S]*### Risks/);
    expect(plan.stdout).toContain(`Comment written: ${fake.serverUrl}/acme/site/issues/1#issuecomment-1000001`);

    const file = join(temporaryFolder(), 'plan.jsonl');
    writeFileSync(file, JSON.stringify({}));
    const refused = await run({
      operation: 'apply',
      'plan-file': file,
      'plan-digest': plan.outputs['plan-digest'] ?? '',
    });
    expect(refused.code).toBe(1);
    expect(comments).toHaveLength(1);
    expect(comments[0]?.body).toMatch(/Refused: nothing was changed[\s\S]*What this comment said before/);
    expect(comments[0]?.body).toContain(`plan-digest: ${plan.outputs['plan-digest']}`);

    const apply = {
      operation: 'apply',
      'plan-file': plan.outputs['plan-file'] ?? '',
      'plan-digest': plan.outputs['plan-digest'] ?? '',
    };
    const applied = await run(apply);
    expect(applied.outputs.status).toBe('success');
    expect(shapes()['site/a']).toBe('A');
    expect(comments).toHaveLength(1);
    expect(comments[0]?.body).toMatch(/✅ 1 key restored[\s\S]*Applied/);
    expect(comments[0]?.body).not.toContain('plan-digest:');

    bucket.delete('site/b');
    await run(PLAN);
    expect(comments.map(({ minimized, edits }) => [minimized, edits])).toEqual([
      ['outdated', 2],
      [undefined, 0],
    ]);
    const waiting = comments[1]?.body;
    const done = await run(UNDELETE);
    expect(done.stdout).toContain('Comment written');
    const again = await run(UNDELETE);
    expect(again.stdout).toContain('Comment brought up to date');
    expect(comments.map(({ minimized, edits }) => [minimized, edits])).toEqual([
      ['outdated', 2],
      [undefined, 0],
      [undefined, 1],
    ]);
    expect(comments[1]?.body, 'the plan that waits stays to the letter').toBe(waiting);
    await run(PLAN);
    expect(comments.map(({ minimized }) => minimized)).toEqual(['outdated', 'outdated', 'outdated', undefined]);
  });

  test('two report-ids, two comments; somebody else’s comment with our marker is left alone', async (context) => {
    const { bucket, expect } = context;
    const fake = await aPullRequest();
    const { comments } = fake.repository;
    const run = running(context, fake);
    seed(bucket, 'k', 'A x');
    await run({ ...UNDELETE, 'report-id': 'a' });
    const body = comments[0]?.body ?? '';
    fake.repository.addComment(1, { author: person('mallory'), body });
    await run({ ...UNDELETE, 'report-id': 'ab' });
    await run({ ...UNDELETE, 'report-id': 'a' });
    expect(comments.map(({ author, edits }) => [author.login, edits])).toEqual([
      [ACTIONS_BOT.login, 1],
      ['mallory', 0],
      [ACTIONS_BOT.login, 0],
    ]);
    expect(comments[1]?.body).toBe(body);
  });

  test('behind 250 others it is found again', async (context) => {
    const { bucket, expect } = context;
    const fake = await aPullRequest();
    const run = running(context, fake);
    seed(bucket, 'k', 'A x');
    for (let i = 0; i < 250; i++) fake.repository.addComment(1, { body: `${i}` });
    await run(UNDELETE);
    await run(UNDELETE);
    expect(fake.repository.comments).toHaveLength(251);
    expect(fake.repository.comments.at(-1)).toMatchObject({ edits: 1, author: ACTIONS_BOT });
  });

  for (const [what, occasion, inputs] of [
    ['the event', PULL, {}],
    ['a comment on it', { name: 'issue_comment', event: { issue: { number: 1, pull_request: {} } } }, {}],
    ['the commit of a push', { name: 'push', event: { after: SHA } }, {}],
    ['the input', { name: 'schedule' }, { 'issue-number': '1' }],
  ] as const) {
    test(`the pull request is known by ${what}`, async (context) => {
      const fake = await aPullRequest();
      seed(context.bucket, 'k', 'A x');
      const run = await running(context, fake)({ ...UNDELETE, ...inputs }, occasion);
      context.expect(fake.repository.comments).toMatchObject([{ issue: 1 }]);
      context.expect(warningsOf(run)).toEqual([]);
    });
  }

  for (const [what, occasion, token] of [
    ['a schedule', { name: 'schedule' }, JOB_TOKEN],
    ['a comment on an issue', { name: 'issue_comment', event: { issue: { number: 1 } } }, JOB_TOKEN],
    ['an event that is no JSON', { name: 'pull_request', event: undefined }, JOB_TOKEN],
    ['no token', PULL, ''],
  ] as const) {
    test(`no comment, and no warning: ${what}`, async (context) => {
      const fake = await aPullRequest();
      seed(context.bucket, 'k', 'A x');
      const run = await running(context, fake)(UNDELETE, occasion, token);
      context.expect(run.code).toBe(0);
      context.expect(run.stdout).toMatch(/^No comment: /m);
      context.expect(warningsOf(run)).toEqual([]);
      context.expect(fake.log).toEqual([]);
    });
  }

  test('report-to without pr-comment: GitHub is not asked', async (context) => {
    const fake = await aPullRequest();
    seed(context.bucket, 'k', 'A x');
    await running(context, fake)({ ...UNDELETE, 'report-to': 'summary' });
    context.expect(fake.log).toEqual([]);
  });

  for (const [what, prepare, inputs, token, warning] of [
    ['a fork', () => {}, {}, READ_ONLY_TOKEN, /permissions: pull-requests: write.*forks/],
    ['a fork, asked for', () => {}, ASKED, READ_ONLY_TOKEN, /permissions: pull-requests: write.*forks/],
    ['a locked conversation', (fake: FakeGitHub) => lock(fake), {}, JOB_TOKEN, /conversation is locked/],
    ['its own id', () => {}, { 'report-id': 'a' }, READ_ONLY_TOKEN, /permissions: pull-requests: write.*forks/],
    ['no such pull request', () => {}, { 'issue-number': '99' }, JOB_TOKEN, /no pull request 99 .*issue-number/],
    ['a bad token', () => {}, {}, 'ghs_unknown-that-must-not-leak', /Bad credentials/],
  ] as const) {
    test(`one warning, and the result stands: ${what}`, async (context) => {
      const { bucket, expect, shapes } = context;
      const fake = await aPullRequest();
      prepare(fake);
      seed(bucket, 'k', 'A x');
      const run = await running(context, fake)({ ...UNDELETE, ...inputs }, PULL, token);
      expect(run.code).toBe(0);
      expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
      expect(run.summary).toContain('1 key restored');
      expect(shapes().k).toBe('A');
      expect(warningsOf(run)).toEqual([expect.stringMatching(warning)]);
      expect(run.stdout).not.toContain('must-not-leak');
      expect(fake.repository.comments).toEqual([]);
    });
  }

  test('it was deleted: another is written', async (context) => {
    const fake = await aPullRequest();
    const run = running(context, fake);
    seed(context.bucket, 'k', 'A x');
    await run(UNDELETE);
    fake.before('PATCH', /./, () => void fake.repository.comments.splice(0));
    const again = await run(UNDELETE);
    context.expect(fake.repository.comments).toHaveLength(1);
    context.expect(warningsOf(again)).toEqual([]);
  });

  test('GitHub finds it too long: a shorter one', async (context) => {
    const { bucket, expect } = context;
    const fake = await aPullRequest();
    seed(bucket, 'k', 'A x');
    const errors = [{ message: 'Body is too long (maximum is 65536 characters)' }];
    fake.fail({
      method: 'POST',
      path: /comments$/,
      answer: { status: 422, body: { message: 'Validation Failed', errors } },
    });
    const run = await running(context, fake)(UNDELETE);
    expect(warningsOf(run)).toEqual([]);
    expect(fake.repository.comments).toHaveLength(1);
  });

  test('trouble that passes is waited for', async (context) => {
    const fake = await aPullRequest();
    seed(context.bucket, 'k', 'A x');
    fake.fail({ method: 'GET', answer: { status: 502, body: { message: 'x' } } });
    await running(context, fake)(UNDELETE);
    context.expect(fake.repository.comments).toHaveLength(1);
    context.expect(fake.pending).toEqual([]);
  });

  test('a server that does not fold away: a warning, and the new comment stands', async (context) => {
    const fake = await aPullRequest();
    const run = running(context, fake);
    seed(context.bucket, 'k', 'A x');
    await run(PLAN);
    fake.fail({ path: '/graphql', answer: { status: 404, body: { message: 'Not Found' } }, times: 3 });
    const second = await run(PLAN);
    context.expect(second.code).toBe(0);
    context.expect(fake.repository.comments).toHaveLength(2);
    context
      .expect(warningsOf(second))
      .toEqual([context.expect.stringContaining('is outdated, and was not folded away')]);
  });

  test('GitHub Enterprise Server: nothing is asked but under its paths', async (context) => {
    const fake = await aPullRequest({ enterprise: true });
    const run = running(context, fake);
    seed(context.bucket, 'k', 'A x');
    await run(PLAN);
    await run(PLAN);
    context.expect(fake.log.every(({ status }) => status > 0 && status < 300)).toBe(true);
    context.expect(fake.repository.comments.map(({ minimized }) => minimized)).toEqual(['outdated', undefined]);
    context.expect(fake.repository.comments[0]?.body).toContain(`${fake.serverUrl}/acme/site/actions/runs/1"`);
    context.expect(fake.repository.comments[0]?.body).not.toContain('github.com');
  });

  test('a cancelled job writes none', async (context) => {
    const { bucket, expect, fault } = context;
    const fake = await aPullRequest();
    seed(bucket, 'k', 'A x');
    const env = { ...fake.env(), GITHUB_EVENT_NAME: 'push', GITHUB_SHA: SHA };
    let child: { kill(signal: NodeJS.Signals): boolean } | undefined;
    fault({ operation: 'DeleteObjects', times: 1, hook: () => void child?.kill('SIGTERM') });
    const run = await context.act(
      { ...UNDELETE, 'github-token': JOB_TOKEN },
      {
        env,
        onSpawn: (one) => {
          child = one;
        },
      },
    );
    expect(run.code).toBe(1);
    expect(fake.log).toEqual([]);
  });

  test('every awkward key, in a plan and in its failures', async (context) => {
    const { bucket, expect, fault } = context;
    const fake = await aPullRequest();
    const run = running(context, fake);
    const speaking = AWKWARD_KEYS.filter(([, key]) => /::|##\[|[<>@`|#$!&*_~-]|\]\(|\u202e|\u001b/.test(key));
    for (const [, key] of speaking) seed(bucket, key, 'A B');
    fault({ operation: 'CopyObject', respond: { status: 403, code: 'AccessDenied', message: '<b>@team</b> ##[x]' } });
    const back = { operation: 'rollback', 'whole-bucket': 'true', 'versions-back': '1' };
    await run({ ...back, 'dry-run': 'true' });
    await run(back);
    const bodies = fake.repository.comments.map(({ body }) => body);
    expect(bodies).toHaveLength(2);
    for (const body of bodies) {
      // The marker, and the links to the run, are ours.
      const [, ...lines] = body.split('\n');
      expectHarmless(
        lines
          .join('\n')
          .replaceAll('<!-- s3-rollback:rest -->', '')
          .replace(/<a href="[^"]*\/actions\/runs\/1">run 1<\/a>/g, 'run 1'),
      );
    }
  });
});

function lock(fake: FakeGitHub): void {
  const [pull] = fake.repository.issues;
  if (pull) pull.locked = true;
}
