import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shapesOf, write } from '../support/shape.ts';
import { stories } from '../support/story.ts';

stories('dry-run', (story) => {
  story('an undelete is planned to the letter, and nothing is changed', async ({ bucket, act, expect }) => {
    const [version, marker] = await write(bucket, 'a', 'A x');
    await write(bucket, 'b', 'A');
    const run = await act({ operation: 'undelete', 'whole-bucket': 'true', 'dry-run': 'true' });
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'planned', planned: '1', restored: '0', unchanged: '1' });
    expect(run.outputs['journal-file']).toBe('');
    expect(run.after).toEqual(run.before);
    const [header, ...lines] = readFileSync(run.outputs['plan-file'] ?? '', 'utf8').split('\n');
    expect(JSON.parse(header ?? '')).toEqual({
      schemaVersion: 1,
      kind: 'plan',
      operation: 'undelete',
      bucket: bucket.name,
      scope: { bucket: bucket.name, prefix: '' },
      target: { kind: 'undelete' },
      method: 'copy',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/),
      digest: run.outputs['plan-digest'],
    });
    expect(lines).toEqual([
      `{"bucket":"${bucket.name}","key":"a","from":{"versionId":"${marker}","deleteMarker":true,"etag":null},` +
        `"to":{"versionId":"${version}"},"steps":[{"do":"remove-delete-marker","versionId":"${marker}"}]}`,
      '',
    ]);
  });

  story('every kind of step is planned as the contract writes it', async ({ bucket, act, expect }) => {
    const [oldest] = await write(bucket, 'changed', 'A');
    const then = (await bucket.history('changed'))[0]?.lastModified ?? 0;
    await bucket.server.nextSecond();
    const second = await bucket.put('changed', 'B');
    const created = await bucket.put('new', 'C');
    const etag = (letter: string) => createHash('md5').update(letter).digest('hex');
    const toTime = { operation: 'rollback', 'whole-bucket': 'true', 'to-time': new Date(then).toISOString() };

    const copy = await act({ ...toTime, 'dry-run': 'true' });
    expect(copy.plan().lines).toMatchObject([
      {
        key: 'changed',
        from: { versionId: second, deleteMarker: false, etag: etag('B') },
        to: { versionId: oldest },
        steps: [{ do: 'copy-version', versionId: oldest }],
      },
      {
        key: 'new',
        from: { versionId: created, deleteMarker: false, etag: etag('C') },
        to: { versionId: null },
        steps: [{ do: 'add-delete-marker' }],
      },
    ]);
    expect(copy.report().steps).toMatchObject({ 'copy-version': 1, 'add-delete-marker': 1, 'delete-version': 0 });

    const remove = await act({ ...toTime, 'dry-run': 'true', method: 'delete', 'max-deletes': '2' });
    expect(remove.plan().lines.map((line) => line.steps)).toEqual([
      [{ do: 'delete-version', versionId: second }],
      [{ do: 'delete-version', versionId: created }],
    ]);
    expect(remove.after).toEqual(remove.before);
  });

  story('a dry run that finds nothing to do is planned too', async ({ bucket, act, expect }) => {
    await write(bucket, 'a', 'A');
    const run = await act({ operation: 'undelete', 'whole-bucket': 'true', 'dry-run': 'true' });
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'planned', planned: '0', unchanged: '1' });
    expect(run.plan().lines).toEqual([]);
  });

  story('the plan goes where the input says', async ({ bucket, act, expect }) => {
    await write(bucket, 'a', 'A x');
    const dryRun = { operation: 'undelete', key: 'a', 'dry-run': 'true', 'plan-file': 'out/deep/plan.jsonl' };
    const run = await act(dryRun);
    expect(run.outputs['plan-file']).toBe(join(run.temp, 'out/deep/plan.jsonl'));
    expect(run.plan().lines).toHaveLength(1);
  });

  story('what was planned is what a run then does', async ({ bucket, act, expect }) => {
    await Promise.all(['a', 'b'].map((key) => write(bucket, key, 'A B x')));
    const undelete = { operation: 'undelete', 'whole-bucket': 'true' };
    const planned = await act({ ...undelete, 'dry-run': 'true' });
    const done = await act(undelete);
    expect(done.plan().lines).toEqual(planned.plan().lines);
    expect(done.report().steps).toEqual(planned.report().steps);
    expect(shapesOf(done.after)).toEqual({ a: 'A B', b: 'A B' });
  });
});
