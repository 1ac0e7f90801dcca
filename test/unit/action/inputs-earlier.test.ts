import { describe, expect, it } from 'vitest';
import { parseInputs } from '../../../src/action/inputs.ts';
import type { Request } from '../../../src/core/request.ts';
import { type Bad, envOf, type Inputs, problemsOf } from './inputs-support.ts';
import { NOW } from './support.ts';

/** The inputs of `apply` and `undo`: the file of an earlier run is read, and never written over. */

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const APPLY = { operation: 'apply', 'plan-file': 'in/plan.jsonl' };
const UNDO = { operation: 'undo', 'journal-file': 'in/journal.jsonl' };

function parse(inputs: Inputs): { request: Request; warnings: readonly string[] } {
  return parseInputs(envOf(inputs), NOW);
}

describe('apply', () => {
  it('needs the plan, and nothing else', () => {
    const { request, warnings } = parse(APPLY);
    expect(request).toMatchObject({
      operation: 'apply',
      scope: { prefix: '', include: [], exclude: [] },
      target: { kind: 'as-planned' },
      dryRun: false,
      verify: true,
      reviewed: { file: '/home/runner/space/in/plan.jsonl', maxAge: 86_400_000 },
    });
    expect(request.scope).not.toHaveProperty('bucket');
    expect(request).not.toHaveProperty('maxDeletes');
    expect(warnings).toEqual([]);
  });

  it('reads the plan that is given, and writes to others', () => {
    const { planFile, journalFile, reportFile } = parse({ ...APPLY, 'journal-file': 'out/journal.jsonl' }).request;
    expect(planFile).toMatch(/^\/runner\/temp\/s3-rollback-.*\/plan\.jsonl$/);
    expect(journalFile).toBe('/home/runner/space/out/journal.jsonl');
    expect(reportFile).toMatch(/^\/runner\/temp\//);
  });

  it('takes digest, age, bucket, and what may be deleted for good', () => {
    const { request } = parse({
      ...APPLY,
      bucket: 'my-bucket',
      'plan-digest': DIGEST,
      'max-plan-age': '30m',
      'max-deletes': '5',
      'max-changes': '7',
      'dry-run': 'true',
    });
    expect(request).toMatchObject({
      scope: { bucket: 'my-bucket' },
      reviewed: { digest: DIGEST, maxAge: 1_800_000 },
      maxDeletes: 5,
      maxChanges: 7,
      dryRun: true,
    });
  });

  it.each<Bad>([
    ['no plan', { operation: 'apply' }, 'plan-file', /actions\/download-artifact/],
    ['a folder', { ...APPLY, 'plan-file': 'in/' }, 'plan-file', /the path of a file/],
    ['a digest that is none', { ...APPLY, 'plan-digest': 'abc' }, 'plan-digest', /plan-digest of the dry run/],
    ['a digest in capitals', { ...APPLY, 'plan-digest': DIGEST.toUpperCase() }, 'plan-digest', /64 hexadecimal digits/],
    ['an age without a unit', { ...APPLY, 'max-plan-age': '24' }, 'max-plan-age', /./],
    ['no number', { ...APPLY, 'max-deletes': 'some' }, 'max-deletes', /./],
    ['a target: the plan says it', { ...APPLY, 'to-time': '15m ago' }, 'to-time', /./],
    ['a scope: the plan says it', { ...APPLY, prefix: 'site/' }, 'prefix', /./],
    ['a method: the plan says it', { ...APPLY, method: 'delete' }, 'method', /./],
    ['a destination: the plan says it', { ...APPLY, 'destination-bucket': 'other' }, 'destination-bucket', /./],
  ])('%s is refused, with the mend', (_, inputs, input, mend) => {
    const problems = problemsOf(inputs);
    expect(problems.map((problem) => problem.input)).toEqual([input]);
    expect(problems[0]?.mend).toMatch(mend);
  });
});

describe('undo', () => {
  it('needs the journal, and nothing else', () => {
    const { request, warnings } = parse(UNDO);
    expect(request).toMatchObject({
      operation: 'undo',
      target: { kind: 'before-run' },
      undoneJournal: '/home/runner/space/in/journal.jsonl',
    });
    expect(request.scope).not.toHaveProperty('bucket');
    expect(warnings).toEqual([]);
  });

  it('has a journal of its own, beside the one that it reads', () => {
    const { journalFile, planFile } = parse({ ...UNDO, 'plan-file': 'out/plan.jsonl' }).request;
    expect(journalFile).toMatch(/^\/runner\/temp\/s3-rollback-.*\/journal\.jsonl$/);
    expect(planFile).toBe('/home/runner/space/out/plan.jsonl');
  });

  it.each<Bad>([
    ['no journal', { operation: 'undo' }, 'journal-file', /actions\/download-artifact/],
    ['a line end in it', { ...UNDO, 'journal-file': 'a\nb' }, 'journal-file', /the path of a file/],
    ['a target: the journal says it', { ...UNDO, 'versions-back': '1' }, 'versions-back', /./],
    ['a key: the journal says it', { ...UNDO, key: 'a' }, 'key', /./],
    ['a digest', { ...UNDO, 'plan-digest': DIGEST }, 'plan-digest', /./],
  ])('%s is refused, with the mend', (_, inputs, input, mend) => {
    const problems = problemsOf(inputs);
    expect(problems.map((problem) => problem.input)).toEqual([input]);
    expect(problems[0]?.mend).toMatch(mend);
  });
});
