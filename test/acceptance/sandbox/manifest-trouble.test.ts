import { asCsv, csv, jsonl } from '../support/manifests.ts';
import { onSandbox, seed } from '../support/sandbox.ts';
import { victim } from '../support/signals.ts';

const ROWS = { operation: 'rollback', manifest: 'rows.csv' };
const KEYS = Array.from({ length: 12 }, (_, i) => `k${String(i).padStart(2, '0')}`);

onSandbox('a run from a manifest that is cancelled', (test) => {
  // Of 36 copies 24 are of noncurrent versions.
  for (const [when, skip] of [
    ['while noncurrent versions are copied', 10],
    ['while the newest are copied', 28],
  ] as const) {
    test(`${when}: accounted for, and finished by the next run`, async (context) => {
      const { bucket, act, expect, fault, requests, shapes } = context;
      const rows = KEYS.flatMap((key) =>
        seed(bucket, key, 'A B C D')
          .slice(0, 3)
          .map((versionId) => ({ bucket: bucket.name, key, versionId })),
      );
      const { onSpawn, cancel, stopping } = victim();
      const slow = fault({ operation: 'CopyObject', skip: skip - 4, latencyMs: 200 });
      fault({ operation: 'CopyObject', skip, times: 1, hook: () => cancel('SIGINT') });
      fault({ operation: 'CopyObject', hook: stopping, when: 'after' });
      const inputs = { ...ROWS, concurrency: '4' };
      const run = await act(inputs, { ...asCsv(rows), onSpawn });
      expect(run.signal, 'it ends before it is killed').toBeNull();
      expect(run.code).toBe(1);
      expect(run.report().error?.code).toBe('cancelled');
      expect(requests('CopyObject').length).toBeLessThanOrEqual(skip + 4);
      const done = Object.values(shapes()).filter((shape) => shape === 'A B C D A B C');
      expect(run.report().totals.restored).toBeLessThanOrEqual(done.length);
      if (skip < 24) expect(done).toEqual([]);

      slow.remove();
      const again = await act(inputs, asCsv(rows));
      expect(again.outputs).toMatchObject({ status: 'success', failed: '0', conflicts: '0' });
      expect(shapes()).toEqual(Object.fromEntries(KEYS.map((key) => [key, 'A B C D A B C'])));
      expect(requests('CopyObject').filter((one) => one.status === 200)).toHaveLength(36);
    });
  }

  test('while the manifest is read: nothing is changed', async ({ bucket, act, expect, fault, mutations }) => {
    seed(bucket, 'k', 'A x');
    bucket.put('rows.csv', { body: csv([{ bucket: bucket.name, key: 'k' }]) });
    const { onSpawn, cancel } = victim();
    fault({ operation: 'GetObject', hook: () => cancel('SIGTERM') });
    fault({ operation: 'GetObject', latencyMs: 600_000 });
    const inputs = { operation: 'undelete', manifest: `s3://${bucket.name}/rows.csv` };
    const run = await act(inputs, { onSpawn });
    expect(run.signal, 'it ends before it is killed').toBeNull();
    expect(run.code).toBe(1);
    expect(run.report()).toMatchObject({ status: 'failed', error: { code: 'cancelled' } });
    expect(mutations()).toEqual([]);
  });
});

onSandbox('a run from a manifest in trouble', (test) => {
  test('S3 asks to slow down at every step of it', async ({ bucket, another, act, expect, fault, shapes }) => {
    const other = another();
    const rows = KEYS.flatMap((key) => {
      seed(bucket, key, 'A x B');
      return bucket.entries(key).map(({ versionId }) => ({ bucket: bucket.name, key, versionId }));
    });
    bucket.put('rows.csv', { body: csv(rows) });
    const respond = { status: 503, code: 'SlowDown' };
    for (const name of [bucket.name, other.name]) fault({ bucket: name, probability: 0.15, seed: 7, respond });
    const run = await act(
      { operation: 'rollback', manifest: `s3://${bucket.name}/rows.csv`, 'destination-bucket': other.name },
      { rows },
    );
    expect(run.outputs).toMatchObject({ status: 'success', restored: '12' });
    expect(run.report().requests.retries).toBeGreaterThan(0);
    expect(shapes(other)).toEqual(Object.fromEntries(KEYS.map((key) => [key, 'A x B'])));
  });

  test('answers that are lost after the copy was made do not double it', async (context) => {
    const { bucket, another, act, expect, fault, shapes } = context;
    const other = another();
    const rows = KEYS.flatMap((key) => {
      seed(bucket, key, 'A x B');
      return bucket.entries(key).map(({ versionId }) => ({ bucket: bucket.name, key, versionId }));
    });
    fault({ bucket: other.name, operation: ['CopyObject', 'DeleteObject'], skip: 5, times: 4, drop: 'after' });
    const inputs = { ...ROWS, 'destination-bucket': other.name };
    const run = await act(inputs, asCsv(rows));
    expect(run.outputs).toMatchObject({ failed: '0', conflicts: '0', restored: '12' });
    expect(shapes(other)).toEqual(Object.fromEntries(KEYS.map((key) => [key, 'A x B'])));
  });

  test('without verification the result is the same', async ({ bucket, another, act, expect, requests, shapes }) => {
    const other = another();
    seed(bucket, 'k', 'A x B C x');
    const rows = bucket.entries('k').map(({ versionId }) => ({ bucket: bucket.name, key: 'k', versionId }));
    const run = await act({ ...ROWS, 'destination-bucket': other.name, verify: 'false' }, asCsv(rows));
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(shapes(other)).toEqual({ k: 'A x B C x' });
    expect(requests('ListObjectVersions').length).toBeLessThanOrEqual(2);
  });

  test('max-changes counts the keys of a manifest', async ({ bucket, act, expect, mutations }) => {
    for (const key of KEYS) seed(bucket, key, 'A x');
    const rows = KEYS.map((key) => ({ bucket: bucket.name, key }));
    const run = await act({ operation: 'undelete', manifest: 'rows.csv', 'max-changes': '11' }, asCsv(rows));
    expect(run.code).toBe(1);
    expect(run.report().error?.code).toBe('max-changes-exceeded');
    expect(mutations()).toEqual([]);
  });

  test('fail-on: never', async ({ bucket, act, expect, shapes }) => {
    seed(bucket, 'k', 'A x');
    const rows = ['k', 'nowhere'].map((key) => ({ bucket: bucket.name, key }));
    const run = await act({ operation: 'undelete', manifest: 'rows.csv', 'fail-on': 'never' }, asCsv(rows));
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '1', failed: '1' });
    expect(shapes()).toEqual({ k: 'A' });
  });

  test('the expected owner goes with every request to every bucket', async ({ bucket, another, ...context }) => {
    const { act, expect, requests } = context;
    const other = another();
    seed(bucket, 'k', 'A B');
    bucket.put('rows.csv', { body: csv([{ bucket: bucket.name, key: 'k' }]) });
    const owner = '111122223333';
    const run = await act(
      {
        operation: 'rollback',
        manifest: `s3://${bucket.name}/rows.csv`,
        'versions-back': '1',
        'destination-bucket': other.name,
        'expected-bucket-owner': owner,
      },
      { rows: [{ bucket: bucket.name, key: 'k' }] },
    );
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    for (const { headers } of requests()) expect(headers['x-amz-expected-bucket-owner']).toBe(owner);
    expect(requests('CopyObject')[0]?.headers['x-amz-source-expected-bucket-owner']).toBe(owner);
  });

  test('MFA delete in one of its buckets: nothing is changed in any', async ({ bucket, another, ...context }) => {
    const { act, expect, mutations } = context;
    const other = another({ mfaDelete: true });
    for (const one of [bucket, other]) seed(one, 'k', 'A x');
    const rows = [bucket, other].map(({ name }) => ({ bucket: name, key: 'k' }));
    const run = await act({ operation: 'undelete', manifest: 'rows.csv', bucket: '' }, asCsv(rows));
    expect(run.code).toBe(1);
    expect(run.report().error?.code).toBe('mfa-delete-enabled');
    expect(mutations()).toEqual([]);
  });

  test('MFA delete in a bucket that is only copied in does not stand in the way', async (context) => {
    const { bucket, another, act, expect } = context;
    const other = another({ mfaDelete: true });
    const [first = ''] = seed(other, 'k', 'A B');
    const [second = ''] = seed(bucket, 'k', 'A x');
    const rows = [
      { bucket: other.name, key: 'k', versionId: first },
      { bucket: bucket.name, key: 'k', versionId: second },
    ];
    const run = await act({ ...ROWS, bucket: '' }, asCsv(rows));
    expect(run.outputs).toMatchObject({ status: 'success', restored: '2' });
  });

  test('a row whose bucket is the destination: refused, nothing is changed', async (context) => {
    const { bucket, another, act, expect, mutations } = context;
    const other = another();
    for (const one of [bucket, other]) seed(one, one.name, 'A B');
    const rows = [bucket, other].map(({ name }) => ({ bucket: name, key: name }));
    const inputs = { ...ROWS, bucket: '', 'versions-back': '1', 'destination-bucket': bucket.name };
    const run = await act(inputs, asCsv(rows));
    expect(run.code).toBe(1);
    expect(run.report().error).toMatchObject({
      code: 'invalid-manifest',
      message: expect.stringContaining('line 1'),
      hint: expect.stringContaining('destination-prefix'),
    });
    expect(mutations()).toEqual([]);
  });

  test('names out of a manifest do no harm in log and summary', async ({ bucket, act, expect }) => {
    const keys = ['\n::error::gotcha', '##[error]b', '<img src=x>', '@team', `\u001b[31m`];
    const rows = keys.map((key) => ({ bucket: bucket.name, key }));
    const run = await act(
      { operation: 'undelete', manifest: '<b>@team rows</b>' },
      { files: { '<b>@team rows</b>': jsonl(rows) }, rows },
    );
    expect(run.outputs).toMatchObject({ status: 'failed', failed: '5' });
  });
});
