import { annotationsOf } from '../support/commands.ts';
import { minute, onSandbox, seed } from '../support/sandbox.ts';

const ROLLBACK = { operation: 'rollback', 'whole-bucket': 'true', 'versions-back': '1' };
const UNDELETE = { operation: 'undelete', 'whole-bucket': 'true' };
const TO_NOTHING = { operation: 'rollback', 'whole-bucket': 'true', 'to-time': '2020-01-01T00:00:00Z' };
const OTHERS = { others: true };

onSandbox('somebody else writes between plan and change', (test) => {
  test('copy: a new version is a conflict and stays current', async ({
    bucket,
    act,
    expect,
    fault,
    shapes,
    requests,
  }) => {
    seed(bucket, 'raced', 'A B');
    seed(bucket, 'calm', 'A B');
    fault({ operation: 'CopyObject', key: 'raced', times: 1, hook: () => void bucket.put('raced', { body: 'Z' }) });
    const run = await act(ROLLBACK, OTHERS);
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '1', conflicts: '1', failed: '0' });
    expect(run.report().conflicts).toMatchObject([{ key: 'raced', bucket: bucket.name }]);
    expect(shapes()).toEqual({ raced: 'A B Z', calm: 'A B A' });
    expect(requests('CopyObject').find((one) => one.key === 'raced')?.status).toBe(412);
    expect(annotationsOf(run.stdout, 'warning').some((one) => one.message.includes('"raced"'))).toBe(true);
    expect(run.journal()).toContainEqual(expect.objectContaining({ status: 'conflict' }));
  });

  test('copy: a deletion is a conflict, and the key stays deleted', async ({ bucket, act, expect, fault, shapes }) => {
    seed(bucket, 'k', 'A B');
    fault({ operation: 'CopyObject', times: 1, hook: () => void bucket.delete('k') });
    const run = await act(ROLLBACK, OTHERS);
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '0', conflicts: '1' });
    expect(shapes()).toEqual({ k: 'A B x' });
  });

  test('copy over a marker: a new version is a conflict', async ({ bucket, act, expect, fault, shapes, requests }) => {
    seed(bucket, 'k', 'A B x');
    fault({ operation: 'CopyObject', times: 1, hook: () => void bucket.put('k', { body: 'Z' }) });
    const run = await act(ROLLBACK, OTHERS);
    expect(run.outputs).toMatchObject({ restored: '0', conflicts: '1' });
    expect(requests('CopyObject')[0]).toMatchObject({ status: 412, headers: { 'if-none-match': '*' } });
    expect(shapes()).toEqual({ k: 'A B x Z' });
  });

  test('copy: the version to go back to is deleted for good', async ({ bucket, act, expect, fault, shapes }) => {
    const [source = ''] = seed(bucket, 'k', 'A B');
    fault({ operation: 'CopyObject', times: 1, hook: () => void bucket.remove('k', source) });
    const run = await act(ROLLBACK, OTHERS);
    expect(run.outputs).toMatchObject({ status: 'failed', restored: '0', failed: '1' });
    expect(shapes()).toEqual({ k: 'B' });
  });

  test('a new marker: a new version is a conflict and stays current', async (context) => {
    const { bucket, act, expect, fault, shapes, requests } = context;
    seed(bucket, 'k', 'A');
    fault({ operation: 'DeleteObject', times: 1, hook: () => void bucket.put('k', { body: 'Z' }) });
    const run = await act(TO_NOTHING, OTHERS);
    expect(run.outputs).toMatchObject({ restored: '0', conflicts: '1' });
    expect(requests('DeleteObject')[0]?.status).toBe(412);
    expect(shapes()).toEqual({ k: 'A Z' });
  });

  test('undelete: a new version stays current, and is not called restored', async (context) => {
    const { bucket, act, expect, fault, shapes } = context;
    seed(bucket, 'k', 'A x');
    fault({ operation: 'DeleteObjects', times: 1, hook: () => void bucket.put('k', { body: 'Z' }) });
    const run = await act(UNDELETE, OTHERS);
    expect(run.outputs).toMatchObject({ restored: '0', conflicts: '1' });
    expect(shapes().k?.endsWith('Z')).toBe(true);
  });

  test('undelete: somebody else removed the marker first: restored', async ({ bucket, act, expect, fault, shapes }) => {
    const [, marker = ''] = seed(bucket, 'k', 'A x');
    seed(bucket, 'l', 'A x');
    fault({ operation: 'DeleteObjects', times: 1, hook: () => void bucket.remove('k', marker) });
    const run = await act(UNDELETE, OTHERS);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '2' });
    expect(run.journal()).toContainEqual({ result: 1, status: 'gone' });
    expect(shapes()).toEqual({ k: 'A', l: 'A' });
    // It was not this run that brought it back.
    const undone = await act({ operation: 'undo', 'journal-file': run.outputs['journal-file'] ?? '' });
    expect(undone.outputs).toMatchObject({ status: 'success', restored: '1', unchanged: '1' });
    expect(shapes()).toEqual({ k: 'A', l: 'A x' });
  });

  test('undelete while suspended: a null marker that became data is not removed', async ({
    bucket,
    act,
    expect,
    fault,
    shapes,
  }) => {
    bucket.put('k', { body: 'A', lastModified: minute(0) });
    bucket.versioning = 'Suspended';
    bucket.delete('k');
    // The first listing is the plan.
    fault({ operation: 'ListObjectVersions', skip: 1, times: 1, hook: () => void bucket.put('k', { body: 'Z' }) });
    const run = await act(UNDELETE, OTHERS);
    expect(run.outputs).toMatchObject({ restored: '0', conflicts: '1' });
    expect(shapes()).toEqual({ k: 'A Z' });
  });

  test('a write out of scope is nobody’s business', async ({ bucket, act, expect, fault, shapes }) => {
    seed(bucket, 'a', 'A x');
    fault({ operation: 'DeleteObjects', times: 1, hook: () => void bucket.put('ab', { body: 'Z' }) });
    const run = await act({ operation: 'undelete', key: 'a' }, OTHERS);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1', conflicts: '0' });
    expect(shapes()).toEqual({ a: 'A', ab: 'Z' });
  });
});

onSandbox('after the change, before verification', (test) => {
  test('a write is a conflict', async ({ bucket, act, expect, fault, shapes }) => {
    seed(bucket, 'k', 'A B');
    fault({ operation: 'CopyObject', when: 'after', hook: () => void bucket.put('k', { body: 'Z' }) });
    const run = await act(ROLLBACK, OTHERS);
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '0', conflicts: '1' });
    expect(shapes()).toEqual({ k: 'A B A Z' });
  });

  test('a new deletion is a conflict', async ({ bucket, act, expect, fault }) => {
    seed(bucket, 'k', 'A x');
    fault({ operation: 'DeleteObjects', when: 'after', hook: () => void bucket.delete('k') });
    const run = await act(UNDELETE, OTHERS);
    expect(run.report().conflicts).toMatchObject([{ key: 'k', found: expect.stringContaining('deleted again') }]);
  });

  test('a marker that S3 only pretends to remove is not called restored', async (context) => {
    const { bucket, act, expect, fault, shapes } = context;
    const [, marker = ''] = seed(bucket, 'k', 'A x');
    const id = `<VersionId>${marker}</VersionId><DeleteMarker>true</DeleteMarker>`;
    const row = `<Key>k</Key>${id}<DeleteMarkerVersionId>${marker}</DeleteMarkerVersionId>`;
    fault({ operation: 'DeleteObjects', body: `<DeleteResult><Deleted>${row}</Deleted></DeleteResult>` });
    const run = await act(UNDELETE);
    expect(run.outputs).toMatchObject({ restored: '0' });
    expect(run.outputs.status).not.toBe('success');
    expect(shapes()).toEqual({ k: 'A x' });
  });

  test('verify: false reads nothing again', async ({ bucket, act, expect, requests }) => {
    seed(bucket, 'k', 'A x');
    const run = await act({ ...UNDELETE, verify: 'false' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    const last = requests().at(-1);
    expect(last?.operation).toBe('DeleteObjects');
  });

  test('verify: false still looks where the answer leaves it open', async ({ bucket, act, expect, fault }) => {
    const [, marker = ''] = seed(bucket, 'k', 'A x');
    fault({ operation: 'DeleteObjects', times: 1, hook: () => void bucket.remove('k', marker) });
    fault({ operation: 'DeleteObjects', times: 1, when: 'after', hook: () => void bucket.put('k', { body: 'Z' }) });
    const run = await act({ ...UNDELETE, verify: 'false' }, OTHERS);
    expect(run.outputs).toMatchObject({ restored: '0', conflicts: '1' });
  });
});

onSandbox('fail-on', (test) => {
  for (const [failOn, conflict, failure] of [
    ['failures', 0, 1],
    ['conflicts', 1, 1],
    ['never', 0, 0],
  ] as const) {
    test(`${failOn}: a conflict`, async ({ bucket, act, expect, fault }) => {
      seed(bucket, 'k', 'A B');
      seed(bucket, 'l', 'A B');
      fault({ operation: 'CopyObject', key: 'k', times: 1, hook: () => void bucket.put('k', { body: 'Z' }) });
      const run = await act({ ...ROLLBACK, 'fail-on': failOn }, OTHERS);
      expect(run.code).toBe(conflict);
      expect(run.outputs).toMatchObject({ status: 'partial', conflicts: '1' });
    });

    test(`${failOn}: a failure`, async ({ bucket, act, expect, fault }) => {
      seed(bucket, 'k', 'A B');
      fault({ operation: 'CopyObject', respond: { status: 403, code: 'AccessDenied' } });
      const run = await act({ ...ROLLBACK, 'fail-on': failOn });
      expect(run.code).toBe(failure);
      expect(run.outputs).toMatchObject({ status: 'failed', failed: '1' });
    });
  }
});
