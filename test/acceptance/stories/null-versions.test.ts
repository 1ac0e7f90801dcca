import { shapeOf, shapesOf, write } from '../support/shape.ts';
import { stories } from '../support/story.ts';

/** What was written before versioning was on, or while it is suspended, has the version id `null`. */
stories('null-versions', (story) => {
  story(
    'the version from before versioning comes back by every way',
    async ({ bucket, act, expect }) => {
      await Promise.all(['a', 'b', 'c', 'd'].map((key) => bucket.put(key, 'A')));
      await bucket.versioning('Enabled');
      await bucket.mark('a');
      await Promise.all(['b', 'c', 'd'].map((key) => bucket.put(key, 'B')));

      await act({ operation: 'undelete', key: 'a' });
      await act({ operation: 'rollback', key: 'b', 'version-id': 'null' });
      await act({ operation: 'rollback', key: 'c', 'versions-back': '1' });
      await act({ operation: 'rollback', key: 'd', 'versions-back': '1', method: 'delete', 'max-deletes': '1' });
      expect(shapesOf(await bucket.histories())).toEqual({ a: 'A', b: 'A B A', c: 'A B A', d: 'A' });
      expect((await bucket.history('b')).at(-1)?.versionId).toBe('null');
    },
    { versioning: 'never' },
  );

  story('while suspended: a null marker is removed', async ({ bucket, act, expect }) => {
    await write(bucket, 'a', 'A');
    await bucket.versioning('Suspended');
    await bucket.mark('a');
    expect((await bucket.history('a'))[0]).toMatchObject({ versionId: 'null', deleteMarker: true });
    const run = await act({ operation: 'undelete', key: 'a' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(shapeOf(await bucket.history('a'))).toBe('A');
    expect(run.report().notes.join()).toContain('suspended');
  });

  story('while suspended: what would destroy a null version is not done', async ({ bucket, act, expect }) => {
    await write(bucket, 'a', 'A');
    await write(bucket, 'b', 'A B');
    await bucket.versioning('Suspended');
    await bucket.put('a', 'B');
    const run = await act({ operation: 'rollback', 'whole-bucket': 'true', 'versions-back': '1' });
    expect(run.report().skipped).toEqual({ 'would-destroy-null-version': 1 });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(shapesOf(run.after)).toEqual({ a: 'A B', b: 'A B A' });
  });

  story('while suspended: method delete may remove the null version it names', async ({ bucket, act, expect }) => {
    await write(bucket, 'a', 'A');
    await bucket.versioning('Suspended');
    await bucket.put('a', 'B');
    const rollback = { operation: 'rollback', key: 'a', 'versions-back': '1', method: 'delete', 'max-deletes': '1' };
    const run = await act(rollback);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(shapeOf(await bucket.history('a'))).toBe('A');
  });

  story('a key whose only version is null and deleted by a null marker has nothing left', async (context) => {
    const { bucket, act, expect } = context;
    await bucket.versioning('Suspended');
    await write(bucket, 'a', 'A x');
    expect(shapeOf(await bucket.history('a'))).toBe('x');
    const run = await act({ operation: 'undelete', key: 'a' });
    expect(run.report().skipped).toEqual({ 'nothing-to-restore': 1 });
  });
});
