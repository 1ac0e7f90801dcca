import type { ServerBucket } from '../../support/server-bucket.ts';
import { shapeOf, shapesOf, write } from '../support/shape.ts';
import { stories } from '../support/story.ts';

/** When each entry of a key was written, oldest first, as the listing says. */
async function timesOf(bucket: ServerBucket, key: string): Promise<number[]> {
  return (await bucket.history(key)).map((row) => row.lastModified).toReversed();
}

const rfc = (ms: number) => new Date(ms).toISOString();

stories('times', (story) => {
  story(
    'the moment of a version is that version, just before it is the one before',
    async ({ bucket, act, expect }) => {
      await write(bucket, 'k', 'A B C', bucket.server.nextSecond);
      const [, second = 0] = await timesOf(bucket, 'k');
      const rollback = { operation: 'rollback', key: 'k', 'dry-run': 'true' };
      const at = await act({ ...rollback, 'to-time': rfc(second) });
      const before = await act({ ...rollback, 'to-time': rfc(second - 1) });
      const [oldest, middle] = (await bucket.history('k')).toReversed();
      expect(at.plan().lines[0]?.to.versionId).toBe(middle?.versionId);
      expect(before.plan().lines[0]?.to.versionId).toBe(oldest?.versionId);
    },
  );

  story('a time is the same in any zone, and in Unix seconds', async ({ bucket, act, expect }) => {
    await write(bucket, 'k', 'A B', bucket.server.nextSecond);
    const [first = 0] = await timesOf(bucket, 'k');
    const second = Math.ceil(first / 1000) * 1000;
    const local = rfc(second + 2 * 3_600_000).replace('.000Z', '+02:00');
    const forms = [rfc(second), local, String(second / 1000)];
    for (const form of forms) {
      const run = await act({ operation: 'rollback', key: 'k', 'to-time': form, 'dry-run': 'true' });
      expect(run.report().target).toMatchObject({ toTime: rfc(second).replace('.000Z', 'Z') });
    }
  });

  story('a prefix goes back to a time: old, new and deleted keys', async ({ bucket, act, expect }) => {
    await write(bucket, 'site/kept', 'A');
    await write(bucket, 'site/changed', 'A');
    await write(bucket, 'site/deleted', 'A');
    await write(bucket, 'site/gone-then', 'A x');
    const then = Math.max(...[...(await bucket.histories()).values()].flat().map((row) => row.lastModified));
    await bucket.server.nextSecond();
    await bucket.put('site/changed', 'B');
    await bucket.mark('site/deleted');
    await bucket.put('site/gone-then', 'B');
    await bucket.put('site/new', 'A');
    await bucket.put('site-map', 'A');

    const rollback = { operation: 'rollback', prefix: 'site/', 'to-time': rfc(then) };
    const run = await act(rollback);
    expect(run.report()).toMatchObject({
      status: 'success',
      totals: { keysExamined: 5, planned: 4, restored: 4, unchanged: 1 },
      steps: { 'remove-delete-marker': 1, 'copy-version': 1, 'delete-version': 0, 'add-delete-marker': 2 },
    });
    expect(shapesOf(run.after)).toEqual({
      'site/kept': 'A',
      'site/changed': 'A B A',
      'site/deleted': 'A',
      'site/gone-then': 'A x B x',
      'site/new': 'A x',
      'site-map': 'A',
    });
    const again = await act(rollback);
    expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '5' });
    expect(again.after).toEqual(run.after);
  });

  story('a window takes the deletions from its first moment to its last', async ({ bucket, act, expect }) => {
    const { nextSecond } = bucket.server;
    await Promise.all(['k1', 'k2', 'k3'].map((key) => bucket.put(key, 'A')));
    for (const key of ['k1', 'k2', 'k3']) {
      await nextSecond();
      await bucket.mark(key);
    }
    const [, deleted = 0] = await timesOf(bucket, 'k2');
    const planned = async (inputs: Record<string, string>) => {
      const run = await act({ operation: 'undelete', 'whole-bucket': 'true', 'dry-run': 'true', ...inputs });
      const outside = run.report().skipped['outside-window'] ?? 0;
      expect(outside + run.plan().lines.length).toBe(3);
      return run.plan().lines.map((line) => line.key);
    };
    expect(await planned({ 'deleted-after': rfc(deleted) })).toEqual(['k2', 'k3']);
    expect(await planned({ 'deleted-after': rfc(deleted + 1) })).toEqual(['k3']);
    expect(await planned({ 'deleted-before': rfc(deleted) })).toEqual(['k1', 'k2']);
    expect(await planned({ 'deleted-before': rfc(deleted - 1) })).toEqual(['k1']);
    expect(await planned({ 'deleted-after': rfc(deleted), 'deleted-before': rfc(deleted) })).toEqual(['k2']);
  });

  story('in a window the oldest marker of the run on top is the deletion', async ({ bucket, act, expect }) => {
    await write(bucket, 'k', 'A x x', bucket.server.nextSecond);
    const [, first = 0] = await timesOf(bucket, 'k');
    const after = await act({ operation: 'undelete', key: 'k', 'deleted-after': rfc(first + 1) });
    expect(after.report().skipped).toEqual({ 'outside-window': 1 });
    const before = await act({ operation: 'undelete', key: 'k', 'deleted-before': rfc(first) });
    expect(before.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(shapeOf(await bucket.history('k'))).toBe('A');
  });
});
