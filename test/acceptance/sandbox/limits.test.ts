import { annotationsOf } from '../support/commands.ts';
import { onSandbox, seed } from '../support/sandbox.ts';

const UNDELETE = { operation: 'undelete', 'whole-bucket': 'true' };

onSandbox('the limits of GitHub', (test) => {
  test('3,000 failures of keys of a kilobyte: cut, and saying so', async ({ bucket, act, expect, fault }) => {
    // Each character of these takes the most that escaping makes of one.
    const key = (i: number) => `${'<|`@'.repeat(255)}${String(i).padStart(4, '0')}`;
    for (let i = 0; i < 3000; i++) seed(bucket, key(i), 'A x');
    const codes = ['AccessDenied', 'KMS.DisabledException', ...Array.from({ length: 28 }, (_, i) => `Code${i}`)];
    codes.forEach((code, n) => {
      fault({ operation: 'DeleteObjects', key: (k) => Number(k.slice(-4)) % codes.length === n, keyError: { code } });
    });
    const run = await act(UNDELETE);
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'failed', planned: '3000', failed: '3000' });
    expect(run.report().failures).toHaveLength(1000);
    expect(Buffer.byteLength(run.summary)).toBeLessThanOrEqual(1024 * 1024);
    expect(run.summary).toMatch(/showing [\d,]+ of 3,000/);
    expect(annotationsOf(run.stdout, 'error').length).toBeLessThanOrEqual(10);
    expect(annotationsOf(run.stdout, 'error').length).toBeGreaterThan(1);
    expect(annotationsOf(run.stdout, 'error').at(-1)?.message).toMatch(/and [\d,]+ more/);
    expect(annotationsOf(run.stdout, 'warning').length).toBeLessThanOrEqual(10);
  });

  test('2,500 conflicts are one warning, and the summary shows the first', async ({ bucket, act, expect, fault }) => {
    for (let i = 0; i < 2500; i++) seed(bucket, `site/${String(i).padStart(4, '0')}`, 'A x');
    const overwrite = () => {
      for (const key of bucket.keys()) bucket.put(key, { body: 'Z' });
    };
    fault({ operation: 'DeleteObjects', times: 1, hook: overwrite });
    const run = await act(UNDELETE, { others: true });
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '0', conflicts: '2500' });
    expect(run.report().conflicts).toHaveLength(1000);
    expect(annotationsOf(run.stdout, 'warning')).toHaveLength(1);
    expect(run.summary).toMatch(/showing [\d,]+ of 2,500/);
  });

  test('many folders: the table by prefix says how many it shows', async ({ bucket, act, expect }) => {
    for (let i = 0; i < 700; i++) seed(bucket, `folder-${i}/a`, 'A x');
    const run = await act(UNDELETE);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '700' });
    expect(run.summary).toMatch(/By prefix \(showing \d+ of more than 500\)/);
    expect(run.summary).toMatch(/Keys of the plan<\/b> \(showing \d+ of 700\)/);
  });
});
