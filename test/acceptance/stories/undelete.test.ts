import { shapeOf, shapesOf, write } from '../support/shape.ts';
import { stories } from '../support/story.ts';

const ON_SITE = { operation: 'undelete', prefix: 'site/' };

stories('undelete', (story) => {
  story('deleted keys are live again; live keys and neighbours are left alone', async ({ bucket, act, expect }) => {
    const keys = Array.from({ length: 200 }, (_, i) => `site/page-${String(i).padStart(3, '0')}.html`);
    const deleted = keys.filter((_, i) => i % 2 === 0);
    await Promise.all(keys.map((key) => bucket.put(key, 'A')));
    await Promise.all(['site-old/a', 'site', 'sitf'].map((key) => write(bucket, key, 'A x')));
    await Promise.all(deleted.map((key) => bucket.mark(key)));

    const run = await act(ON_SITE);
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'success', planned: '100', restored: '100', unchanged: '100' });
    expect(run.report()).toMatchObject({
      schemaVersion: 1,
      operation: 'undelete',
      dryRun: false,
      scope: { bucket: bucket.name, prefix: 'site/' },
      target: { kind: 'undelete' },
      totals: { keysExamined: 200, entriesExamined: 300, skipped: 0, conflicts: 0, failed: 0 },
      steps: { 'remove-delete-marker': 100, 'copy-version': 0, 'delete-version': 0, 'add-delete-marker': 0 },
      skipped: {},
      failures: [],
    });
    const after = shapesOf(run.after);
    expect(keys.map((key) => after[key])).toEqual(keys.map(() => 'A'));
    expect(after).toMatchObject({ 'site-old/a': 'A x', site: 'A x', sitf: 'A x' });

    const again = await act(ON_SITE);
    expect(again.outputs).toMatchObject({ status: 'no-change', planned: '0', unchanged: '200', 'journal-file': '' });
    expect(again.after).toEqual(run.after);
  });

  story('plan and journal name every step', async ({ bucket, act, expect }) => {
    const [version, marker] = await write(bucket, 'a', 'A x');
    const run = await act({ operation: 'undelete', key: 'a' });
    expect(run.plan().lines).toEqual([
      {
        bucket: bucket.name,
        key: 'a',
        from: { versionId: marker, deleteMarker: true, etag: null },
        to: { versionId: version },
        steps: [{ do: 'remove-delete-marker', versionId: marker }],
      },
    ]);
    const [header, ...lines] = run.journal();
    expect(header).toMatchObject({ operation: 'undelete', bucket: bucket.name, dryRun: false });
    expect(lines).toEqual([
      {
        intent: 1,
        bucket: bucket.name,
        key: 'a',
        do: 'remove-delete-marker',
        versionId: marker,
        from: { versionId: marker, deleteMarker: true },
        to: { versionId: expect.any(String) },
      },
      { result: 1, status: 'done' },
      { end: expect.stringMatching(/Z$/) },
    ]);
  });

  story('stacked markers are removed, all of them', async ({ bucket, act, expect }) => {
    await write(bucket, 'a', 'A B x x x');
    const run = await act({ operation: 'undelete', key: 'a' });
    expect(run.report()).toMatchObject({ status: 'success', steps: { 'remove-delete-marker': 3 } });
    expect(shapeOf(await bucket.history('a'))).toBe('A B');
  });

  story('markers below a version stay', async ({ bucket, act, expect }) => {
    await write(bucket, 'a', 'A x B x');
    await act({ operation: 'undelete', key: 'a' });
    expect(shapeOf(await bucket.history('a'))).toBe('A x B');
    expect(await bucket.read('a')).toBe('B');
  });

  story('a key that has no version left is skipped', async ({ bucket, act, expect }) => {
    await bucket.mark('never-there');
    const [version] = await write(bucket, 'gone', 'A x');
    await bucket.remove('gone', version ?? '');
    await write(bucket, 'here', 'A x');
    const run = await act({ operation: 'undelete', 'whole-bucket': 'true' });
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1', skipped: '2' });
    expect(run.report().skipped).toEqual({ 'nothing-to-restore': 2 });
    expect(shapesOf(run.after)).toEqual({ 'never-there': 'x', gone: 'x', here: 'A' });
  });

  story('a key that never was: nothing to do, and a word about its spelling', async ({ bucket, act, expect }) => {
    await write(bucket, 'a', 'A x');
    const run = await act({ operation: 'undelete', key: 'A' });
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'no-change', planned: '0', unchanged: '0' });
    expect(run.report().notes.join()).toContain('Check the spelling');
    expect(shapesOf(run.after)).toEqual({ a: 'A x' });
  });

  story('without verification the word of S3 counts', async ({ bucket, act, expect }) => {
    await Promise.all(['a', 'b', 'c'].map((key) => write(bucket, key, 'A x')));
    const run = await act({ operation: 'undelete', 'whole-bucket': 'true', verify: 'false' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '3' });
    expect(shapesOf(run.after)).toEqual({ a: 'A', b: 'A', c: 'A' });
  });
});
