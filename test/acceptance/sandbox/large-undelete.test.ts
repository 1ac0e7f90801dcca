import { onSandbox } from '../support/sandbox.ts';

const UNDELETE = { operation: 'undelete', prefix: 'site/' };

onSandbox('a wiped prefix', (test) => {
  test('2,500 of 5,000 objects, 2,900 markers: three DeleteObjects, no neighbour touched', async (context) => {
    const { bucket, act, expect, requests, mutations } = context;
    const keys = Array.from({ length: 5000 }, (_, i) => `site/${String(i).padStart(4, '0')}.html`);
    const neighbours = ['site', 'site-old/index.html', 'sit', 'sitf/a', 'a', 'z'];
    for (const key of [...keys, ...neighbours]) bucket.put(key, { body: 'A' });
    for (const key of neighbours) bucket.delete(key);
    const deleted = keys.filter((_, i) => i % 2 === 1);
    for (const key of deleted) bucket.delete(key);
    for (const key of deleted.slice(0, 350)) bucket.delete(key);
    for (const key of deleted.slice(0, 50)) bucket.delete(key);

    const run = await act(UNDELETE);
    expect(run.code).toBe(0);
    expect(run.report()).toMatchObject({
      status: 'success',
      totals: { keysExamined: 5000, entriesExamined: 7900, planned: 2500, restored: 2500, unchanged: 2500 },
      steps: { 'remove-delete-marker': 2900, 'copy-version': 0, 'delete-version': 0, 'add-delete-marker': 0 },
      requests: { delete: 3, copy: 0, put: 0, head: 0, retries: 0, throttled: 0 },
    });
    expect(mutations().map((one) => one.operation)).toEqual(['DeleteObjects', 'DeleteObjects', 'DeleteObjects']);
    const named = requests('DeleteObjects').flatMap((one) => one.keys ?? []);
    expect(named).toHaveLength(2900);
    expect(named.every(({ key, versionId }) => key.startsWith('site/') && versionId !== undefined)).toBe(true);
    for (const key of keys) expect(bucket.current(key)?.deleteMarker).toBe(false);
    for (const key of neighbours) expect(bucket.current(key)?.deleteMarker).toBe(true);

    const again = await act(UNDELETE);
    expect(again.outputs).toMatchObject({ status: 'no-change', planned: '0', unchanged: '5000' });
    expect(again.after).toEqual(run.after);
    expect(mutations()).toHaveLength(3);
  });

  test('batch-size: no request names more keys', async ({ bucket, act, expect, requests }) => {
    for (let i = 0; i < 25; i++) {
      bucket.put(`k${i}`, { body: 'A' });
      bucket.delete(`k${i}`);
    }
    const run = await act({ operation: 'undelete', 'whole-bucket': 'true', 'batch-size': '10' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '25' });
    const sizes = requests('DeleteObjects').map((one) => one.keys?.length ?? 0);
    expect(sizes.toSorted((a, b) => b - a)).toEqual([10, 10, 5]);
  });

  test('concurrency: no more requests in flight', async ({ bucket, act, expect, fault }) => {
    for (let i = 0; i < 20; i++) {
      bucket.put(`k${i}`, { body: 'A' });
      bucket.put(`k${i}`, { body: 'B' });
    }
    let inFlight = 0;
    let most = 0;
    const arrive = () => {
      inFlight += 1;
      most = Math.max(most, inFlight);
    };
    const leave = () => {
      inFlight -= 1;
    };
    fault({ hook: arrive });
    fault({ hook: leave, when: 'after' });
    fault({ latencyMs: 20 });
    const run = await act({ operation: 'rollback', 'whole-bucket': 'true', 'versions-back': '1', concurrency: '3' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '20' });
    expect(most).toBeLessThanOrEqual(3);
    expect(most).toBeGreaterThan(1);
  });
});
