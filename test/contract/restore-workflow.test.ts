import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { INPUT_NAMES } from '../../src/action/registry.ts';
import {
  ACTION,
  CREDENTIALS,
  DOWNLOAD,
  inputSchema,
  jobOf,
  MANUAL,
  RESTORE,
  read,
  ref,
  runStep,
  UPLOAD,
  workflowOf,
} from './workflow-files.ts';

/** Plan, approval, apply: what .github/workflows/restore.yml promises to those who call it. */

describe('the reusable workflow', () => {
  const { on } = workflowOf(RESTORE);
  const called = z.object({ inputs: z.record(z.string(), inputSchema) }).parse(on.workflow_call).inputs;
  const dispatched = z.object({ inputs: z.record(z.string(), inputSchema) }).parse(on.workflow_dispatch).inputs;
  const plan = jobOf(RESTORE, 'plan');
  const apply = jobOf(RESTORE, 'apply');

  // github.com takes 25, but not every GitHub Enterprise Server does.
  test('started by hand, has ten inputs at most, all of which a caller has too', () => {
    expect(Object.keys(dispatched).length).toBeLessThanOrEqual(10);
    expect(Object.keys(called)).toEqual(expect.arrayContaining(Object.keys(dispatched)));
    const required = (inputs: typeof called) => Object.keys(inputs).filter((name) => inputs[name]?.required);
    expect(required(dispatched)).toEqual(['operation', 'bucket']);
    expect(required(called)).toEqual(required(dispatched));
  });

  test('started by hand, has a value for what only a caller can say', () => {
    const text = read(RESTORE).replace(/^.*?^jobs:/ms, '');
    for (const name of Object.keys(called).filter((input) => !(input in dispatched))) {
      if (name === 'include') continue;
      expect(text, name).toMatch(new RegExp(`inputs\\.${name} \\|\\| `));
    }
  });

  test('the pages say what it lacks then, and what holds instead', () => {
    const [, page = ''] = /^- \*\*By hand\.\*\* ([\s\S]*?)\n(?:- |\n)/m.exec(read('docs/examples.md')) ?? [];
    const schema = z.looseObject({ default: z.union([z.string(), z.boolean()]).optional() });
    const inputs = z.object({ inputs: z.record(z.string(), schema) }).parse(on.workflow_call).inputs;
    for (const name of Object.keys(called).filter((input) => !(input in dispatched))) {
      const { default: standard } = inputs[name] ?? {};
      if (/-role$|^region$/.test(name)) expect(page).toContain(`S3_RESTORE_${name.replace('-', '_').toUpperCase()}`);
      else expect(page).toContain(typeof standard === 'string' ? `\`${name}\` is \`${standard}\`` : `\`${name}\``);
    }
  });

  test('started by hand, has the defaults that a caller has', () => {
    const text = read(RESTORE).replace(/^.*?^jobs:/ms, '');
    for (const [, name = '', standard] of text.matchAll(/inputs\.([\w-]+) \|\| '([^']*)'/g))
      expect(z.record(z.string(), z.looseObject({})).parse(called)[name], name).toMatchObject({ default: standard });
  });

  test('credentials last as long as the caller says, in both jobs', () => {
    for (const { given } of [plan, apply])
      expect(given(CREDENTIALS)['role-duration-seconds']).toBe(ref("inputs.role-duration-seconds || '3600'"));
    expect(called['role-duration-seconds']).toMatchObject({ type: 'string', required: false });
  });

  test('heeds every input', () => {
    for (const name of Object.keys(called)) expect(read(RESTORE)).toContain(`\${{ inputs.${name}`);
  });

  test('the pages name every input and output of it', () => {
    const outputs = z.looseObject({ outputs: z.record(z.string(), z.unknown()) }).parse(on.workflow_call).outputs;
    const page = read('docs/examples.md');
    for (const name of [...Object.keys(called), ...Object.keys(outputs)]) expect(page).toContain(`\`${name}\``);
  });

  test('plans in a dry run, with a role of its own, and carries nothing out', () => {
    expect(plan.environment).toBeUndefined();
    expect(plan.given(CREDENTIALS)['role-to-assume']).toContain('inputs.plan-role');
    expect(plan.given(ACTION)).toMatchObject({ operation: ref('inputs.operation'), 'dry-run': true });
    expect(plan.given(ACTION)).not.toHaveProperty('method');
  });

  test('plans what it was asked', () => {
    const given = plan.given(ACTION);
    const handedOn = Object.keys(called).filter((name) => (INPUT_NAMES as readonly string[]).includes(name));
    for (const name of handedOn.filter((input) => !['max-plan-age', 'fail-on', 'region'].includes(input))) {
      expect(String(given[name]), name).toMatch(new RegExp(`^\\$\\{\\{ inputs\\.${name}( \\|\\| false)? }}$`));
    }
  });

  test('applies that plan: fetched by its id from this run, with the digest from the job that planned', () => {
    expect(apply.needs).toBe('plan');
    expect(plan.outputs['artifact-id']).toBe(ref('steps.keep.outputs.artifact-id'));
    expect(plan.outputs['plan-digest']).toBe(ref('steps.plan.outputs.plan-digest'));
    expect(apply.given(DOWNLOAD)).toEqual({
      'artifact-ids': ref('needs.plan.outputs.artifact-id'),
      path: 'approved',
    });
    expect(apply.given(ACTION)).toMatchObject({
      operation: 'apply',
      bucket: ref('inputs.bucket'),
      'plan-file': 'approved/plan.jsonl',
      'plan-digest': ref('needs.plan.outputs.plan-digest'),
    });
    for (const name of ['prefix', 'key', 'to-time']) expect(apply.given(ACTION)).not.toHaveProperty(name);
  });

  test('does so after an approval, with the other role, and only where there is something to do', () => {
    expect(apply.environment).toContain('inputs.environment');
    expect(apply.given(CREDENTIALS)['role-to-assume']).toContain('inputs.apply-role');
    expect(apply.if).toBe("needs.plan.outputs.artifact-id != '' && needs.plan.outputs.planned != '0'");
    expect(apply.step(DOWNLOAD), 'no credentials before the plan is there').toBeLessThan(apply.step(CREDENTIALS));
  });

  test('one restore of a bucket at a time, none cancelled half way, or because a newer one came', () => {
    expect(apply.concurrency).toEqual({
      group: `s3-restore-${ref('inputs.bucket')}`,
      'cancel-in-progress': false,
      queue: 'max',
    });
  });

  test('keeps plan, page and report also when a step failed', () => {
    const { 'plan-file': planFile, 'report-html': page } = plan.given(ACTION);
    expect(plan.steps[plan.step(UPLOAD)]?.if).toBe("always() && steps.name.outputs.short != ''");
    expect(plan.given(UPLOAD).path).toBe(`${planFile}\n${page}\nout/report.json\n`);
    expect(apply.outputs['journal-artifact-id']).toBe(ref('steps.journal.outputs.artifact-id'));
    expect(apply.steps[apply.step(UPLOAD)]?.id).toBe('journal');
  });

  test('names the plan by its digest, and puts the report beside it', () => {
    const folder = mkdtempSync(join(tmpdir(), 's3-rollback-test-'));
    mkdirSync(join(folder, 'out'));
    writeFileSync(join(folder, 'r.json'), '{}');
    const env = { DIGEST: `sha256:${'0123456789abcdef'.repeat(4)}`, REPORT: join(folder, 'r.json') };
    const { ok, outputs } = runStep(
      plan.steps.find(({ id }) => id === 'name'),
      folder,
      env,
    );
    expect({ ok, outputs }).toEqual({ ok: true, outputs: ['short=0123456789ab'] });
    expect(readFileSync(join(folder, 'out/report.json'), 'utf8')).toBe('{}');
    rmSync(folder, { recursive: true });
  });

  test('the example that calls it hands over inputs that it has, of their types', () => {
    const job = jobOf(MANUAL, 'restore');
    expect(job.uses).toBe('your-org/s3-rollback/.github/workflows/restore.yml@v0');
    for (const [name, value] of Object.entries(job.with)) expect(typeof value, name).toBe(called[name]?.type);
    for (const [name, { required }] of Object.entries(called)) if (required) expect(job.with).toHaveProperty(name);
    const own = z
      .looseObject({ inputs: z.record(z.string(), inputSchema) })
      .parse(workflowOf(MANUAL).on.workflow_dispatch);
    for (const name of Object.keys(own.inputs)) expect(job.with[name]).toBe(ref(`inputs.${name}`));
  });
});
