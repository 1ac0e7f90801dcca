import type { Bucket } from '../../../sandbox/index.ts';
import { annotationsOf } from '../support/commands.ts';
import { csv } from '../support/manifests.ts';
import { onSandbox, seed } from '../support/sandbox.ts';
import { victim } from '../support/signals.ts';

const BACK = { operation: 'rollback', 'versions-back': '1', 'whole-bucket': 'true' };
const ROWS = { operation: 'rollback', manifest: 'rows.csv' };

function rowsOf(bucket: Bucket, keys: readonly string[]) {
  return keys.flatMap((key) => bucket.entries(key).map(({ versionId }) => ({ bucket: bucket.name, key, versionId })));
}

onSandbox('somebody else writes at the destination', (test) => {
  test('where nothing was: a conflict, and the write stays', async ({ bucket, another, ...context }) => {
    const { act, expect, fault, requests, shapes } = context;
    const other = another();
    seed(bucket, 'raced', 'A B');
    seed(bucket, 'calm', 'A B');
    const hook = () => void other.put('raced', { body: 'Z' });
    fault({ bucket: other.name, operation: 'CopyObject', key: 'raced', times: 1, hook });
    const run = await act({ ...BACK, 'destination-bucket': other.name }, { others: true });
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '1', conflicts: '1' });
    expect(run.report().conflicts).toMatchObject([{ bucket: other.name, key: 'raced' }]);
    expect(shapes(other)).toEqual({ raced: 'Z', calm: 'A' });
    expect(requests('CopyObject').find((one) => one.key === 'raced')).toMatchObject({
      status: 412,
      headers: { 'if-none-match': '*' },
    });
  });

  test('over a version: a conflict, and the write stays', async ({ bucket, another, ...context }) => {
    const { act, expect, fault, requests, shapes } = context;
    const other = another();
    seed(bucket, 'k', 'A B');
    seed(other, 'k', 'Y');
    fault({ bucket: other.name, operation: 'CopyObject', times: 1, hook: () => void other.put('k', { body: 'Z' }) });
    const run = await act({ ...BACK, 'destination-bucket': other.name }, { others: true });
    expect(run.outputs).toMatchObject({ restored: '0', conflicts: '1' });
    expect(requests('CopyObject')[0]?.headers['if-match']).toMatch(/^"/);
    expect(shapes(other)).toEqual({ k: 'Y Z' });
  });

  test('in the middle of a history: it stays on top of what was built', async ({ bucket, another, ...context }) => {
    const { act, expect, fault, shapes } = context;
    const other = another();
    seed(bucket, 'k', 'A x B C');
    const hook = () => void other.put('k', { body: 'Z' });
    fault({ bucket: other.name, operation: 'CopyObject', skip: 1, times: 1, hook });
    const rows = rowsOf(bucket, ['k']);
    const inputs = { ...ROWS, 'destination-bucket': other.name };
    const run = await act(inputs, { files: { 'rows.csv': csv(rows) }, rows, others: true });
    expect(run.outputs).toMatchObject({ restored: '0', conflicts: '1' });
    expect(shapes(other)).toEqual({ k: 'A x Z' });
  });

  test('to the source, the copy is of the version that was named all the same', async ({
    bucket,
    another,
    ...context
  }) => {
    const { act, expect, fault, shapes } = context;
    const other = another();
    seed(bucket, 'k', 'A B');
    fault({ bucket: other.name, operation: 'CopyObject', times: 1, hook: () => void bucket.put('k', { body: 'Z' }) });
    const run = await act({ ...BACK, 'destination-bucket': other.name }, { others: true });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1', conflicts: '0' });
    expect(shapes(other)).toEqual({ k: 'A' });
  });
});

onSandbox('a destination', (test) => {
  test('killed in the middle of histories: the next run finishes them', async ({ bucket, another, ...context }) => {
    const { act, expect, fault, shapes } = context;
    const other = another();
    const keys = ['a', 'b', 'c', 'd', 'e'];
    for (const key of keys) seed(bucket, key, 'A x B C');
    const rows = rowsOf(bucket, keys);
    const inputs = { ...ROWS, 'destination-bucket': other.name };
    const given = { files: { 'rows.csv': csv(rows) }, rows };
    const { onSpawn, kill } = victim();
    fault({
      bucket: other.name,
      operation: ['CopyObject', 'DeleteObject'],
      skip: 9,
      times: 1,
      hook: kill,
      when: 'after',
    });
    const killed = await act(inputs, { ...given, onSpawn });
    expect(killed.signal).toBe('SIGKILL');
    const again = await act(inputs, given);
    expect(again.code).toBe(0);
    expect(shapes(other)).toEqual(Object.fromEntries(keys.map((key) => [key, 'A x B C'])));
    const third = await act(inputs, given);
    expect(third.outputs).toMatchObject({ status: 'no-change', unchanged: '5' });
  });

  test('in another region than its source: found there', async ({ bucket, another, ...context }) => {
    const { act, expect, shapes } = context;
    const other = another({ region: 'eu-central-1' });
    seed(bucket, 'k', 'A B');
    seed(bucket, 'covered', 'A x B');
    seed(other, 'covered', 'Z');
    const rows = rowsOf(bucket, ['k', 'covered']);
    const inputs = { ...ROWS, 'destination-bucket': other.name };
    const given = { files: { 'rows.csv': csv(rows) }, rows };
    const run = await act(inputs, given);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '2' });
    expect(shapes(other)).toEqual({ k: 'A B', covered: 'Z A x B' });
    const again = await act(inputs, given);
    expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '2' });
  });

  test('the region of the input is that of "bucket": another one there is said', async (context) => {
    const { bucket, another, act, expect, mutations } = context;
    const other = another({ region: 'eu-central-1' });
    seed(bucket, 'k', 'A B');
    const run = await act({ ...BACK, 'destination-bucket': other.name, region: 'eu-central-1' });
    expect(run.code).toBe(1);
    expect(run.report().error?.code).toBe('bucket-in-another-region');
    expect(annotationsOf(run.stdout, 'error')[0]?.message).toMatch(/region: us-east-1/);
    expect(mutations()).toEqual([]);
  });

  test('what is denied there is named with what it takes', async ({ bucket, another, ...context }) => {
    const { act, expect, fault } = context;
    const other = another();
    seed(bucket, 'k', 'A B');
    const respond = { status: 403, code: 'AccessDenied', message: 'Access Denied' };
    fault({ bucket: other.name, operation: 'CopyObject', respond });
    const run = await act({ ...BACK, 'destination-bucket': other.name });
    expect(run.code).toBe(1);
    expect(run.report().failures).toMatchObject([{ bucket: other.name, key: 'k', code: 'AccessDenied' }]);
    expect(run.report().failures[0]?.hint).toContain('s3:PutObject on the destination');
  });

  test('a key that is too long behind its prefix fails alone', async ({ bucket, another, ...context }) => {
    const { act, expect, shapes } = context;
    const other = another();
    const long = 'k'.repeat(1020);
    seed(bucket, long, 'A B');
    seed(bucket, 'k', 'A B');
    const run = await act({ ...BACK, 'destination-bucket': other.name, 'destination-prefix': 'prefix/' });
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '1', failed: '1' });
    expect(run.report().failures).toMatchObject([{ code: 'key-too-long' }]);
    expect(shapes(other)).toEqual({ 'prefix/k': 'A' });
  });

  test('the source is only read', async ({ bucket, another, ...context }) => {
    const { act, expect, mutations } = context;
    const other = another();
    for (const key of ['a', 'b']) seed(bucket, key, 'A B');
    await act({ ...BACK, 'destination-bucket': other.name });
    expect(mutations().map((one) => one.bucket)).toEqual([other.name, other.name]);
  });
});
