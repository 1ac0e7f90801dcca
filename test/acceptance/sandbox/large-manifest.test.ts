import { jsonl } from '../support/manifests.ts';
import { onSandbox, seed } from '../support/sandbox.ts';

const KEYS = Array.from({ length: 3000 }, (_, i) => `site/${String(i).padStart(4, '0')}.html`);

onSandbox('a manifest of 3,000 rows', (test) => {
  test('one prefix that was wiped: three DeleteObjects, and a handful of listings', async (context) => {
    const { bucket, act, expect, requests, mutations } = context;
    for (const key of KEYS) {
      bucket.put(key, { body: 'A' });
      bucket.delete(key);
    }
    for (const key of ['site', 'site/0000', 'site/2999.html2', 'sitf']) seed(bucket, key, 'A x');
    const rows = KEYS.map((key) => ({ bucket: bucket.name, key }));
    const given = { files: { 'rows.jsonl': jsonl(rows.toReversed()) }, rows };
    const run = await act({ operation: 'undelete', manifest: 'rows.jsonl' }, given);
    expect(run.report()).toMatchObject({
      status: 'success',
      totals: { keysExamined: 3000, entriesExamined: 6000, planned: 3000, restored: 3000 },
      requests: { delete: 3, copy: 0, put: 0, head: 0, retries: 0 },
    });
    expect(mutations().map((one) => one.operation)).toEqual(['DeleteObjects', 'DeleteObjects', 'DeleteObjects']);
    expect(requests('ListObjectVersions').length).toBeLessThanOrEqual(20);
    for (const key of KEYS) expect(bucket.current(key)?.deleteMarker).toBe(false);

    const again = await act({ operation: 'undelete', manifest: 'rows.jsonl' }, given);
    expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '3000' });
    expect(mutations()).toHaveLength(3);
  });

  test('every other key of it: its neighbours are read along, not changed', async (context) => {
    const { bucket, act, expect, requests } = context;
    for (const key of KEYS) {
      bucket.put(key, { body: 'A' });
      bucket.delete(key);
    }
    const named = KEYS.filter((_, i) => i % 2 === 0);
    const rows = named.map((key) => ({ bucket: bucket.name, key }));
    const run = await act(
      { operation: 'undelete', manifest: 'rows.jsonl', 'batch-size': '500' },
      { files: { 'rows.jsonl': jsonl(rows) }, rows },
    );
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1500' });
    expect(
      requests('DeleteObjects')
        .flatMap((one) => one.keys ?? [])
        .map((one) => one.key)
        .toSorted(),
    ).toEqual(named);
    expect(requests('ListObjectVersions').length).toBeLessThanOrEqual(40);
  });
});
