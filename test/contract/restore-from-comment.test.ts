import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  ACTION,
  COMMENT,
  CREDENTIALS,
  DOWNLOAD,
  jobOf,
  read,
  ref,
  runStep as runIn,
  type Step,
  workflowOf,
} from './workflow-files.ts';

/** Anybody can write a comment: what examples/workflows/restore-from-comment.yml makes of it, its scripts run as the runner runs them. */

describe('the restore from a comment', () => {
  const jobs = {
    read: jobOf(COMMENT, 'read'),
    plan: jobOf(COMMENT, 'plan'),
    look: jobOf(COMMENT, 'look'),
    apply: jobOf(COMMENT, 'apply'),
  };
  const folder = mkdtempSync(join(tmpdir(), 's3-rollback-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const [permission, command] = jobs.read.steps;

  const runStep = (step: Step | undefined, env: Readonly<Record<string, string>>) => runIn(step, folder, env);

  describe('asks first who wrote the comment', () => {
    writeFileSync(
      join(folder, 'gh'),
      '#!/bin/sh\n[ "$2" = "repos/acme/site/collaborators/octo-cat/permission" ] && [ "$PERMISSION" != "" ] && echo "$PERMISSION"\n',
    );
    chmodSync(join(folder, 'gh'), 0o755);

    test.each([
      ['admin', 'octo-cat', true],
      ['write', 'octo-cat', true],
      ['read', 'octo-cat', false],
      ['none', 'octo-cat', false],
      ['writer', 'octo-cat', false],
      ['', 'octo-cat', false],
      ['write', 'dependabot[bot]', false],
      ['write', '../../../user', false],
      ['write', 'octo-cat\nx', false],
      ['write', '', false],
    ])('%j of %j: %j', (PERMISSION, AUTHOR, ok) => {
      expect(runStep(permission, { PERMISSION, AUTHOR }).ok).toBe(ok);
    });

    test('before anything else is done with it', () => {
      expect(permission?.env?.AUTHOR).toBe(ref('github.event.comment.user.login'));
      for (const { needs } of [jobs.plan, jobs.look]) expect(needs).toBe('read');
      expect(jobs.apply.needs).toEqual(['read', 'look']);
      const text = read(COMMENT);
      expect(text.match(/comment\.body/g)).toHaveLength(2);
      expect(jobs.read.if).toBe(
        "github.event.issue.pull_request && startsWith(github.event.comment.body, '/restore ')",
      );
      expect(command?.env?.COMMENT).toBe(ref('github.event.comment.body'));
    });
  });

  describe('takes a comment for a command only where every character of it is known', () => {
    const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
    const time = '2026-11-22T14:00:00Z';

    test.each([
      ['/restore undelete site/', ['operation=undelete', 'prefix=site/']],
      ['/restore undelete site/a-b_c/1.2/index.html', ['operation=undelete', 'prefix=site/a-b_c/1.2/index.html']],
      ['/restore undelete site/\r\n', ['operation=undelete', 'prefix=site/']],
      [`/restore rollback site/ ${time}`, ['operation=rollback', 'prefix=site/', `to-time=${time}`]],
      [`/restore apply ${digest}`, ['operation=apply', `digest=${digest}`]],
      [`/restore apply ${digest}  `, ['operation=apply', `digest=${digest}`]],
    ])('%j', (COMMENT_BODY, outputs) => {
      expect(runStep(command, { COMMENT: COMMENT_BODY })).toMatchObject({ ok: true, outputs });
    });

    test.each([
      '/restore',
      '/restore undelete',
      '/restore undelete other/',
      '/restore undelete  site/',
      '/restore undelete site',
      '/restore undelete /site/',
      '/restore undelete site/ and more',
      '/restore undelete site/\n/restore apply all',
      '/restore undelete site/\nprefix=other/',
      '/restore undelete site/;id',
      '/restore undelete site/$(id)',
      '/restore undelete site/`id`',
      '/restore undelete site/*',
      '/restore undelete site/a b',
      '/restore undelete site/\u00e9',
      `/restore undelete site/${'a'.repeat(201)}`,
      '/restore Undelete site/',
      'please /restore undelete site/',
      '> /restore undelete site/',
      '/restore rollback site/',
      '/restore rollback site/ yesterday',
      '/restore rollback site/ 2026-11-22T14:00:00',
      `/restore rollback site/ ${time} --method delete`,
      '/restore apply',
      '/restore apply sha256:abc',
      `/restore apply ${digest}0`,
      `/restore apply ${digest.toUpperCase()}`,
      `/restore apply ${digest}\noperation=undelete`,
      '/restore delete site/',
      '::set-output name=operation::apply',
    ])('refuses %j', (COMMENT_BODY) => {
      const { ok, stdout, outputs } = runStep(command, { COMMENT: COMMENT_BODY });
      expect({ ok, outputs }).toEqual({ ok: false, outputs: [] });
      expect(stdout, 'nothing of the comment').toMatch(/^::error::Not understood\.[^\n]*\n$/);
    });
  });

  test('plans with the role that may read, in a dry run, and answers with a comment', () => {
    const { plan } = jobs;
    expect(plan.if).toBe("needs.read.outputs.operation != 'apply'");
    expect(plan.given(CREDENTIALS)['role-to-assume']).toMatch(/role\/s3-look$/);
    expect(plan.given(ACTION)).toMatchObject({ 'dry-run': true, 'report-to': 'summary, pr-comment' });
  });

  test('applies in an environment what the digest names, and nothing else', () => {
    const { apply } = jobs;
    expect(apply.if, 'without an id the download would fetch all').toBe("needs.look.outputs.artifact != ''");
    expect(apply.environment).toBe('s3-restore');
    expect(apply.given(ACTION)).toEqual({
      operation: 'apply',
      bucket: jobs.plan.given(ACTION).bucket,
      'plan-file': 'approved/plan.jsonl',
      'plan-digest': ref('needs.read.outputs.digest'),
      'max-changes': jobs.plan.given(ACTION)['max-changes'],
      'journal-file': `${ref('runner.temp')}/journal.jsonl`,
      'report-to': 'summary, pr-comment',
    });
    expect(apply.concurrency).toEqual({
      group: `s3-restore-${apply.given(ACTION).bucket}`,
      'cancel-in-progress': false,
      queue: 'max',
    });
  });

  test('before it asks the reviewers, looks at that plan with the role that may read, and shows them who asks', () => {
    const { look, apply } = jobs;
    expect(look.environment).toBeUndefined();
    expect(look.if).toBe("needs.read.outputs.operation == 'apply'");
    expect(look.given(CREDENTIALS)['role-to-assume']).toBe(jobs.plan.given(CREDENTIALS)['role-to-assume']);
    const { 'journal-file': _, ...same } = apply.given(ACTION);
    expect(look.given(ACTION)).toEqual({ ...same, 'dry-run': true, 'report-to': 'summary' });
    expect(look.given(DOWNLOAD)).toEqual({
      ...apply.given(DOWNLOAD),
      'artifact-ids': ref('steps.find.outputs.artifact'),
      'run-id': ref('steps.find.outputs.run-id'),
    });
    expect(look.outputs).toEqual({
      artifact: ref('steps.find.outputs.artifact'),
      'run-id': ref('steps.find.outputs.run-id'),
    });
    expect(apply.given(DOWNLOAD)).toMatchObject({
      'artifact-ids': ref('needs.look.outputs.artifact'),
      'run-id': ref('needs.look.outputs.run-id'),
    });
    const [who] = look.steps;
    expect(who?.env).toMatchObject({
      AUTHOR: permission?.env?.AUTHOR,
      COMMENT_URL: ref('github.event.comment.html_url'),
      DIGEST: ref('needs.read.outputs.digest'),
    });
  });

  test.each([
    ['octo-cat', 'https://github.com/acme/site/pull/7#issuecomment-1', true],
    ['octo-cat', 'https://github.example:8443/acme/site/pull/7#issuecomment-1', true],
    ['octo-cat`', 'https://github.com/acme/site/pull/7#issuecomment-1', false],
    ['octo-cat', 'https://github.com/acme/site/pull/7#issuecomment-1)', false],
    ['octo-cat', 'javascript:alert(1)#issuecomment-1', false],
  ])('says that %s asks in %s: %s', (AUTHOR, COMMENT_URL, ok) => {
    const shown = runStep(jobs.look.steps[0], { AUTHOR, COMMENT_URL, DIGEST: 'sha256:abc', NUMBER: '7' });
    const words = `\`${AUTHOR}\` asks, in [a comment on pull request 7](${COMMENT_URL}), to carry out plan \`sha256:abc\`.\n\n`;
    expect(shown).toMatchObject({ ok, summary: ok ? words : '' });
  });

  test('keeps a plan also where some of its keys could not be looked at, and none that changes nothing', () => {
    const naming = jobs.plan.steps.find(({ id }) => id === 'name');
    expect(naming?.if).toBe("always() && steps.plan.outputs.plan-digest != '' && steps.plan.outputs.planned != '0'");
    expect(jobs.plan.steps.at(-1)?.if).toBe("always() && steps.name.outputs.name != ''");
  });

  test('says how long its credentials last', () => {
    for (const { given } of [jobs.plan, jobs.look, jobs.apply])
      expect(given(CREDENTIALS)['role-duration-seconds']).toBe(3600);
  });

  test('looks for the plan under the name that it was kept by, in runs of the default branch only', () => {
    const naming = jobs.plan.steps.find(({ id }) => id === 'name');
    const named = runStep(naming, { DIGEST: 'sha256:abc', NUMBER: '7' });
    expect(named.outputs).toEqual(['name=s3-plan-7-abc']);
    const find = jobs.look.steps.find(({ id }) => id === 'find');
    expect(find?.run).toMatch(/artifacts\?name=s3-plan-\$NUMBER-\$\{DIGEST#sha256:\}"/);
    expect(find?.run).toContain('$run.head_branch == $branch and $run.head_repository_id == $run.repository_id');
    expect(find?.env).toMatchObject({
      NUMBER: naming?.env?.NUMBER,
      BRANCH: ref('github.event.repository.default_branch'),
    });
  });

  test('checks nothing out, so that nothing of the pull request is run', () => {
    expect(read(COMMENT)).not.toMatch(/actions\/checkout|pull_request\.head|head\.sha/);
    expect(Object.keys(workflowOf(COMMENT).on)).toEqual(['issue_comment']);
    expect(workflowOf(COMMENT).on.issue_comment).toEqual({ types: ['created'] });
  });
});
