import { minute, onSandbox } from '../support/sandbox.ts';

const at = (time: string) => `2026-03-04T${time}Z`;
const ROLLBACK = { operation: 'rollback', key: 'k' };

onSandbox('times of S3: whole seconds, and not always true', (test) => {
  test('of entries in one second the newest counts', async ({ bucket, act, expect, shapes }) => {
    const second = { lastModified: at('10:00:00') };
    bucket.put('k', { body: 'A', ...second });
    bucket.put('k', { body: 'B', ...second });
    bucket.delete('k', second);
    bucket.put('k', { body: 'C', ...second });
    bucket.put('k', { body: 'D', lastModified: at('10:00:01') });
    const run = await act({ ...ROLLBACK, 'to-time': at('10:00:00') });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(shapes()).toEqual({ k: 'A B x C D C' });
  });

  test('entries in one second: a deletion that came last in it is the state then', async (context) => {
    const { bucket, act, expect, shapes } = context;
    const second = { lastModified: at('10:00:00') };
    bucket.put('k', { body: 'A', ...second });
    bucket.delete('k', second);
    bucket.put('k', { body: 'B', lastModified: at('10:00:05') });
    await act({ ...ROLLBACK, 'to-time': at('10:00:04') });
    expect(shapes()).toEqual({ k: 'A x B x' });
  });

  test('versions and markers of one second are counted and removed in their order', async (context) => {
    const { bucket, act, expect, shapes } = context;
    const second = { lastModified: at('10:00:00') };
    for (const body of ['A', 'B', 'C']) bucket.put('k', { body, ...second });
    bucket.delete('k', second);
    bucket.delete('k', second);
    await act({ operation: 'undelete', key: 'k' });
    expect(shapes()).toEqual({ k: 'A B C' });
    await act({ ...ROLLBACK, 'versions-back': '2', method: 'delete', 'max-deletes': '2' });
    expect(shapes()).toEqual({ k: 'A' });
  });

  for (const [time, then] of [
    ['09:59:59', 'A x'],
    ['10:00:00', 'A'],
    ['10:00:09', 'A'],
  ] as const) {
    test(`exactly at a boundary: ${time}`, async ({ bucket, act, expect, shapes }) => {
      bucket.put('k', { body: 'A', lastModified: at('10:00:00') });
      bucket.delete('k', { lastModified: at('10:00:10') });
      bucket.put('k', { body: 'B', lastModified: at('10:00:20') });
      const run = await act({ ...ROLLBACK, 'to-time': at(time), method: 'delete', 'max-deletes': '2' });
      expect(run.outputs.status).toBe('success');
      expect(shapes()).toEqual(then === 'A x' ? {} : { k: then });
    });
  }

  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configure-notification.html
  test('a marker of a lifecycle rule, stamped midnight, is not older than what it covers', async (context) => {
    const { bucket, act, expect, shapes } = context;
    bucket.put('k', { body: 'A', lastModified: at('10:00:00') });
    bucket.delete('k', { lastModified: at('00:00:00') });
    bucket.put('k', { body: 'B', lastModified: at('12:00:00') });
    const before = await act({ ...ROLLBACK, 'to-time': at('09:00:00'), 'dry-run': 'true' });
    expect(before.plan().lines).toMatchObject([{ to: { versionId: null }, steps: [{ do: 'add-delete-marker' }] }]);
    await act({ ...ROLLBACK, 'to-time': at('11:00:00') });
    expect(shapes()).toEqual({ k: 'A x B x' });
  });

  test('a window reads the midnight of such a marker as the time of what it covers', async (context) => {
    const { bucket, act, expect } = context;
    bucket.put('k', { body: 'A', lastModified: at('10:00:00') });
    bucket.delete('k', { lastModified: at('00:00:00') });
    const early = await act({ operation: 'undelete', key: 'k', 'deleted-before': at('09:59:59') });
    expect(early.report().skipped).toEqual({ 'outside-window': 1 });
    const late = await act({ operation: 'undelete', key: 'k', 'deleted-after': at('10:00:00') });
    expect(late.outputs).toMatchObject({ status: 'success', restored: '1' });
  });

  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
  test('a multipart upload stamped with its start stays where S3 put it', async ({ bucket, act, expect, shapes }) => {
    bucket.put('k', { body: 'A', lastModified: at('10:00:00') });
    bucket.put('k', { body: 'B', lastModified: at('08:00:00') });
    bucket.put('k', { body: 'C', lastModified: at('12:00:00') });
    await act({ ...ROLLBACK, 'to-time': at('11:00:00') });
    expect(shapes()).toEqual({ k: 'A B C B' });
  });

  test('a time ago is counted from now', async ({ bucket, act, expect, shapes }) => {
    bucket.put('k', { body: 'A', lastModified: Date.now() - 7_200_000 });
    bucket.put('k', { body: 'B', lastModified: Date.now() - 60_000 });
    await act({ ...ROLLBACK, 'to-time': '1h ago' });
    expect(shapes()).toEqual({ k: 'A B A' });
  });

  test(
    'a server that lists versions and markers apart: where a tie matters the key is left alone',
    async ({ bucket, act, expect, shapes }) => {
      bucket.put('tie', { body: 'A', lastModified: minute(0) });
      bucket.delete('tie', { lastModified: minute(0) });
      bucket.put('tie', { body: 'B', lastModified: minute(1) });
      bucket.put('plain', { body: 'A', lastModified: minute(0) });
      bucket.delete('plain', { lastModified: minute(1) });
      const toTime = { 'to-time': new Date(minute(0)).toISOString() };
      const run = await act({ operation: 'rollback', 'whole-bucket': 'true', ...toTime });
      expect(run.outputs).toMatchObject({ status: 'success', restored: '1', skipped: '1' });
      expect(run.report().skipped).toEqual({ 'ambiguous-order': 1 });
      expect(shapes()).toEqual({ plain: 'A', tie: 'A x B' });
      expect(run.report().notes.join()).toContain('lists versions and delete markers apart');
    },
    { listing: 'grouped' },
  );
});
