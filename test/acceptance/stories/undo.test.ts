import type { Histories } from '../../support/server-bucket.ts';
import { shapesOf, write } from '../support/shape.ts';
import { stories } from '../support/story.ts';

/** The bounds of an undo are told by the journal: each story looks for itself that nothing else changed. */
const FREE = { others: true };

/** What readers see: the content on top, or nothing. */
function views(histories: Histories): Record<string, string | null> {
  return Object.fromEntries(
    [...histories].map(([key, [top]]) => [key, top === undefined || top.deleteMarker ? null : top.etag]),
  );
}

function idsOf(histories: Histories): string[] {
  return [...histories].flatMap(([key, rows]) => rows.map(({ versionId }) => `${key} ${versionId}`));
}

stories('undo', (story) => {
  story('an undelete: the keys are deleted again, and nothing is lost', async ({ bucket, act, expect }) => {
    await Promise.all(['a', 'b', 'c'].map((key) => write(bucket, key, 'A x')));
    await write(bucket, 'live', 'A B');
    const run = await act({ operation: 'undelete', 'whole-bucket': 'true' });
    const undo = { operation: 'undo', 'journal-file': run.outputs['journal-file'] ?? '' };

    const dry = await act({ ...undo, 'dry-run': 'true' });
    expect(dry.outputs).toMatchObject({ status: 'planned', planned: '3', 'journal-file': '' });
    expect(dry.plan().lines.map(({ key, steps }) => [key, steps])).toEqual(
      ['a', 'b', 'c'].map((key) => [key, [{ do: 'add-delete-marker' }]]),
    );
    expect(dry.after).toEqual(run.after);

    const undone = await act(undo, FREE);
    expect(undone.code, undone.stdout).toBe(0);
    expect(undone.outputs).toMatchObject({ status: 'success', planned: '3', restored: '3' });
    expect(undone.outputs['journal-file']).not.toBe(run.outputs['journal-file']);
    expect(views(undone.after)).toEqual(views(run.before));
    expect(shapesOf(undone.after)).toEqual({ a: 'A x', b: 'A x', c: 'A x', live: 'A B' });

    const again = await act(undo, FREE);
    expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '3', planned: '0' });
    expect(again.after).toEqual(undone.after);

    const redone = await act({ operation: 'undo', 'journal-file': undone.outputs['journal-file'] ?? '' }, FREE);
    expect(redone.outputs, redone.stdout).toMatchObject({ status: 'success', restored: '3' });
    expect(views(redone.after)).toEqual(views(run.after));
  });

  story('a rollback: copies and new markers go, by their ids, and no other entry', async ({ bucket, act, expect }) => {
    await write(bucket, 'written', 'A B');
    await write(bucket, 'deleted', 'A B x');
    const run = await act({ operation: 'rollback', 'whole-bucket': 'true', 'versions-back': '1' });
    expect(shapesOf(run.after)).toEqual({ written: 'A B A', deleted: 'A B x A' });
    const undone = await act({ operation: 'undo', 'journal-file': run.outputs['journal-file'] ?? '' }, FREE);
    expect(undone.code, undone.stdout).toBe(0);
    expect(undone.report()).toMatchObject({ status: 'success', steps: { 'delete-version': 2 } });
    expect(idsOf(undone.after)).toEqual(idsOf(run.before));
  });

  story('a rollback to a time before the keys: their markers go', async ({ bucket, act, expect }) => {
    await write(bucket, 'a', 'A');
    await write(bucket, 'b', 'A B');
    const run = await act({ operation: 'rollback', 'whole-bucket': 'true', 'to-time': '2020-01-01T00:00:00Z' });
    expect(shapesOf(run.after)).toEqual({ a: 'A x', b: 'A B x' });
    const undone = await act({ operation: 'undo', 'journal-file': run.outputs['journal-file'] ?? '' }, FREE);
    expect(undone.outputs, undone.stdout).toMatchObject({ status: 'success', restored: '2' });
    expect(idsOf(undone.after)).toEqual(idsOf(run.before));
  });

  story('what somebody wrote since stays, and is told', async ({ bucket, act, expect }) => {
    await Promise.all(['a', 'b', 'c'].map((key) => write(bucket, key, 'A B')));
    const run = await act({ operation: 'rollback', 'whole-bucket': 'true', 'versions-back': '1' });
    await bucket.put('a', 'Z');
    await bucket.mark('b');
    const undone = await act({ operation: 'undo', 'journal-file': run.outputs['journal-file'] ?? '' }, FREE);
    expect(undone.outputs, undone.stdout).toMatchObject({ status: 'partial', restored: '1', conflicts: '2' });
    expect(undone.report().conflicts).toMatchObject([
      // Where the server tells no ids of copies, nobody can tell which of the two is the run's.
      { key: 'a', found: expect.stringMatching(/written after the run|lies a write of somebody else/) },
      { key: 'b', found: expect.stringContaining('deleted after the run') },
    ]);
    expect(shapesOf(undone.after)).toEqual({ a: 'A B A Z', b: 'A B A x', c: 'A B' });
  });

  story('versions that were deleted for good do not come back, and are told', async ({ bucket, act, expect }) => {
    await write(bucket, 'a', 'A B');
    await write(bucket, 'b', 'A B x');
    const method = { method: 'delete', 'max-deletes': '5' };
    const run = await act({ operation: 'rollback', key: 'a', 'versions-back': '1', ...method });
    const undone = await act({ operation: 'undo', 'journal-file': run.outputs['journal-file'] ?? '' }, FREE);
    expect(undone.code).toBe(1);
    expect(undone.outputs).toMatchObject({ status: 'failed', failed: '1', planned: '0' });
    expect(undone.report().failures).toMatchObject([
      { key: 'a', code: 'deleted-for-good', hint: expect.stringContaining('backup') },
    ]);
    expect(undone.after).toEqual(run.after);
  });

  story('copies in another bucket', async ({ bucket, another, act, expect }) => {
    const other = await another();
    await write(bucket, 'new', 'A B');
    await write(bucket, 'there', 'A B');
    await write(other, 'there', 'C');
    const run = await act({
      operation: 'rollback',
      'whole-bucket': 'true',
      'versions-back': '1',
      'destination-bucket': other.name,
    });
    expect(run.outputs, run.stdout).toMatchObject({ status: 'success', restored: '2' });
    const asked = { operation: 'undo', 'journal-file': run.outputs['journal-file'] ?? '' };
    const undone = await act(asked, { ...FREE, unaccountable: true });
    expect(undone.outputs, undone.stdout).toMatchObject({ status: 'success', restored: '2' });
    expect(shapesOf(await other.histories())).toEqual({ there: 'C' });
    expect(undone.after).toEqual(run.after);
  });

  story('the journal of a plan that was applied', async ({ bucket, act, expect }) => {
    await write(bucket, 'a', 'A x');
    const dry = await act({ operation: 'undelete', key: 'a', 'dry-run': 'true' });
    const run = await act({ operation: 'apply', 'plan-file': dry.outputs['plan-file'] ?? '' });
    const undone = await act({ operation: 'undo', 'journal-file': run.outputs['journal-file'] ?? '' }, FREE);
    expect(undone.outputs, undone.stdout).toMatchObject({ status: 'success', restored: '1' });
    expect(views(undone.after)).toEqual({ a: null });
  });
});
