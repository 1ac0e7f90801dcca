import { onSandbox, seed } from '../support/sandbox.ts';

const DELETE = { operation: 'rollback', 'whole-bucket': 'true', method: 'delete', 'max-deletes': '100' };

onSandbox('method delete', (test) => {
  test('the current entry goes in a later request than all the rest of its key', async (context) => {
    const { bucket, act, expect, requests } = context;
    const ids = new Map<string, string[]>();
    for (let i = 0; i < 10; i++) ids.set(`k${i}`, seed(bucket, `k${i}`, 'A B x C D'));
    const run = await act({ ...DELETE, 'versions-back': '3', 'batch-size': '7' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '10' });
    expect(run.report().steps).toMatchObject({ 'delete-version': 30, 'remove-delete-marker': 10 });
    const order = requests('DeleteObjects').flatMap((one, n) =>
      (one.keys ?? []).map(({ key, versionId = '' }) => ({ key, versionId, n })),
    );
    for (const [key, [, ...above]] of ids) {
      const mine = order.filter((one) => one.key === key);
      const current = mine.find((one) => one.versionId === above.at(-1));
      const rest = mine.filter((one) => one.versionId !== above.at(-1));
      expect(mine.map((one) => one.versionId).toSorted()).toEqual(above.toSorted());
      for (const one of rest) expect(one.n).toBeLessThan(current?.n ?? -1);
    }
  });

  test('a reader sees one change, straight to the target', async ({ bucket, act, expect, fault }) => {
    const ids = seed(bucket, 'k', 'A B C D');
    const seen = new Set<string>();
    const look = () => void seen.add(bucket.current('k')?.versionId ?? 'none');
    fault({ operation: ['DeleteObjects', 'DeleteObject'], hook: look });
    fault({ operation: ['DeleteObjects', 'DeleteObject'], hook: look, when: 'after' });
    await act({ ...DELETE, 'versions-back': '3' });
    expect([...seen]).toEqual([ids[3], ids[0]]);
  });

  test('where one entry cannot be deleted the current one stays', async ({ bucket, act, expect, fault, shapes }) => {
    seed(bucket, 'bad', 'A B C');
    seed(bucket, 'good', 'A B C');
    fault({ operation: 'DeleteObjects', key: 'bad', keyError: { code: 'AccessDenied' }, times: 1 });
    const run = await act({ ...DELETE, 'versions-back': '2' });
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '1', failed: '1' });
    expect(shapes()).toEqual({ bad: 'A B C', good: 'A' });
  });

  test('a write after the plan is found before anything is deleted', async (context) => {
    const { bucket, act, expect, fault, shapes, requests } = context;
    seed(bucket, 'k', 'A B C');
    // The first listing is the plan; the second looks whether the key still is what the plan saw.
    fault({ operation: 'ListObjectVersions', skip: 1, times: 1, hook: () => void bucket.put('k', { body: 'Z' }) });
    const run = await act({ ...DELETE, 'versions-back': '2' }, { others: true });
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '0', conflicts: '1' });
    expect(shapes()).toEqual({ k: 'A B C Z' });
    expect(requests('DeleteObjects', 'DeleteObject')).toEqual([]);
  });

  test('a write between the two requests is current afterwards', async ({ bucket, act, expect, fault, shapes }) => {
    seed(bucket, 'k', 'A B C');
    fault({ operation: 'DeleteObjects', times: 1, when: 'after', hook: () => void bucket.put('k', { body: 'Z' }) });
    const run = await act({ ...DELETE, 'versions-back': '2' }, { others: true });
    expect(run.outputs).toMatchObject({ restored: '0', conflicts: '1' });
    expect(shapes().k?.endsWith('Z')).toBe(true);
  });
});
