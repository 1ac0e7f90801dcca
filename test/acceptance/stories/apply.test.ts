import { readFileSync } from 'node:fs';
import { shapesOf, write } from '../support/shape.ts';
import { stories } from '../support/story.ts';

const SITE = { prefix: 'site/' };

stories('apply', (story) => {
  story(
    'a plan is reviewed, and carried out: the plan of the dry run, byte for byte',
    async ({ bucket, act, expect }) => {
      await Promise.all(['site/a', 'site/b', 'other'].map((key) => write(bucket, key, 'A x')));
      const dry = await act({ operation: 'undelete', ...SITE, 'dry-run': 'true' });
      const { 'plan-file': file = '', 'plan-digest': digest = '' } = dry.outputs;
      const run = await act({ operation: 'apply', 'plan-file': file, 'plan-digest': digest });
      expect(run.code, run.stdout).toBe(0);
      expect(run.outputs).toMatchObject({ status: 'success', planned: '2', restored: '2', 'plan-digest': digest });
      expect(readFileSync(run.outputs['plan-file'] ?? '', 'utf8')).toBe(readFileSync(file, 'utf8'));
      expect(run.report()).toMatchObject({
        operation: 'apply',
        scope: { bucket: bucket.name, prefix: 'site/' },
        target: { kind: 'undelete' },
        steps: { 'remove-delete-marker': 2 },
      });
      expect(shapesOf(run.after)).toMatchObject({ 'site/a': 'A', 'site/b': 'A', other: 'A x' });

      const again = await act({ operation: 'apply', 'plan-file': file, 'plan-digest': digest });
      expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '2', restored: '0' });
      expect(again.after).toEqual(run.after);
    },
  );

  story('what changed since is left alone, and told; all else is carried out', async ({ bucket, act, expect }) => {
    const keys = ['site/a', 'site/b', 'site/c', 'site/d'];
    for (const key of keys) await write(bucket, key, 'A B');
    const dry = await act({ operation: 'rollback', ...SITE, 'versions-back': '1', 'dry-run': 'true' });
    await bucket.put('site/a', 'Z');
    await bucket.mark('site/b');
    await write(bucket, 'site/new', 'A B');
    const asked = { operation: 'apply', 'plan-file': dry.outputs['plan-file'] ?? '' };
    const run = await act(asked);
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'partial', planned: '4', restored: '2', conflicts: '2' });
    expect(run.report().conflicts).toMatchObject([
      { key: 'site/a', found: expect.stringContaining('written after the plan') },
      { key: 'site/b', found: expect.stringContaining('deleted after the plan') },
    ]);
    expect(shapesOf(run.after)).toEqual({
      'site/a': 'A B Z',
      'site/b': 'A B x',
      'site/c': 'A B A',
      'site/d': 'A B A',
      'site/new': 'A B',
    });
  });

  story('a dry run of it changes nothing, and tells what it would leave alone', async ({ bucket, act, expect }) => {
    await write(bucket, 'site/a', 'A B');
    await write(bucket, 'site/b', 'A B');
    const dry = await act({ operation: 'rollback', ...SITE, 'versions-back': '1', 'dry-run': 'true' });
    await bucket.put('site/a', 'Z');
    const inputs = { operation: 'apply', 'plan-file': dry.outputs['plan-file'] ?? '', 'dry-run': 'true' };
    // The plan has a line of a key that is not planned any more.
    const run = await act(inputs, { unaccountable: true });
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'planned', planned: '1', conflicts: '1', restored: '0' });
    expect(run.after).toEqual(run.before);
  });

  story('what a plan deletes for good has to be allowed once more', async ({ bucket, act, expect }) => {
    await write(bucket, 'site/a', 'A B C');
    const method = { method: 'delete', 'max-deletes': '5' };
    const dry = await act({ operation: 'rollback', ...SITE, 'versions-back': '2', ...method, 'dry-run': 'true' });
    const asked = { operation: 'apply', 'plan-file': dry.outputs['plan-file'] ?? '' };
    for (const [more, allowed] of [
      [{}, 0],
      [{ 'max-deletes': '1' }, 1],
    ] as const) {
      const refused = await act({ ...asked, ...more });
      expect(refused.code).toBe(1);
      expect(refused.report().error).toMatchObject({
        code: 'max-deletes-exceeded',
        message: expect.stringContaining(
          `input "max-deletes": the plan deletes 2 versions for good, more than the ${allowed} allowed`,
        ),
      });
      expect(refused.after).toEqual(refused.before);
    }
    const run = await act({ ...asked, 'max-deletes': '2' }, { others: true });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(shapesOf(run.after)).toEqual({ 'site/a': 'A' });
  });

  story('to another bucket: with the name of either, and again nothing is copied twice', async (context) => {
    const { bucket, another, act, expect } = context;
    const other = await another();
    await write(bucket, 'site/a', 'A B');
    const there = { 'destination-bucket': other.name };
    const dry = await act({ operation: 'rollback', ...SITE, 'versions-back': '1', ...there, 'dry-run': 'true' });
    const asked = {
      operation: 'apply',
      'plan-file': dry.outputs['plan-file'] ?? '',
      'plan-digest': dry.outputs['plan-digest'] ?? '',
    };
    // The bounds of a run are told by its inputs, and here by the plan.
    const free = { others: true, unaccountable: true };
    const run = await act(asked, free);
    expect(run.outputs, run.stdout).toMatchObject({ status: 'success', restored: '1' });
    const again = await act({ ...asked, bucket: other.name }, free);
    expect(again.outputs, again.stdout).toMatchObject({ status: 'no-change', unchanged: '1' });
    expect(shapesOf(await other.histories())).toEqual({ 'site/a': 'A' });
    expect(shapesOf(await bucket.histories())).toEqual({ 'site/a': 'A B' });
  });
});
