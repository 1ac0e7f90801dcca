import type { Operation } from '../../../sandbox/index.ts';
import { annotationsOf } from '../support/commands.ts';
import { onSandbox, seed } from '../support/sandbox.ts';

const DENIED = { respond: { status: 403, code: 'AccessDenied', message: 'Access Denied' } };
const UNDELETE = { operation: 'undelete', 'whole-bucket': 'true' };
const ROLLBACK = { operation: 'rollback', 'whole-bucket': 'true', 'versions-back': '1' };
const TO_NOTHING = { operation: 'rollback', 'whole-bucket': 'true', 'to-time': '2020-01-01T00:00:00Z' };

/** The request that is denied, the run that needs it, and the IAM action that the mend must name. */
const TABLE: readonly (readonly [Operation, Record<string, string>, history: string, action: string])[] = [
  ['GetBucketVersioning', UNDELETE, 'A x', 's3:GetBucketVersioning'],
  ['ListObjectVersions', UNDELETE, 'A x', 's3:ListBucketVersions'],
  ['DeleteObjects', UNDELETE, 'A x', 's3:DeleteObjectVersion'],
  ['HeadObject', ROLLBACK, 'A B', 's3:GetObjectVersion'],
  ['CopyObject', ROLLBACK, 'A B', 's3:PutObject'],
  ['DeleteObject', TO_NOTHING, 'A', 's3:DeleteObject'],
];

onSandbox('access denied', (test) => {
  for (const [operation, inputs, history, action] of TABLE) {
    test(`to ${operation}: names ${action}`, async ({ bucket, act, expect, fault }) => {
      seed(bucket, 'k', history);
      fault({ operation, ...DENIED });
      const run = await act(inputs);
      expect(run.code).toBe(1);
      expect(run.outputs).toMatchObject({ status: 'failed', restored: '0' });
      const [error] = annotationsOf(run.stdout, 'error');
      expect(error?.message).toContain(action);
      expect(run.summary).toContain(action.replace(':', '').slice(2));
      expect(run.after).toEqual(run.before);
    });
  }

  test('to the Object Lock of the bucket: only a note depends on it', async ({ bucket, act, expect, fault }) => {
    seed(bucket, 'k', 'A x');
    fault({ operation: 'GetObjectLockConfiguration', ...DENIED });
    const run = await act(UNDELETE);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
  });

  test('the credentials run out while histories are still being read: that is said, and not that somebody cancelled', async ({
    bucket,
    act,
    expect,
    fault,
    mutations,
  }) => {
    for (let i = 0; i < 3000; i++) seed(bucket, `k${String(i).padStart(4, '0')}`, 'A B');
    const expired = { respond: { status: 400, code: 'ExpiredToken', message: 'The provided token has expired.' } };
    fault({ operation: 'ListObjectVersions', skip: 2, latencyMs: 100 });
    // A HEAD is refused without a body, so its reason is asked for with a GET.
    fault({ operation: ['HeadObject', 'GetObject'], ...expired });
    // A listing that is dropped when the run ends was counted, and may not have arrived.
    const run = await act({ ...ROLLBACK, 'dry-run': 'true' }, { unreachable: true });
    expect(run.code).toBe(1);
    expect(run.report().error).toMatchObject({ code: 'ExpiredToken', hint: expect.stringContaining('credentials') });
    expect(mutations()).toEqual([]);
  });

  test('a wrong owner is named beside the permission', async ({ bucket, act, expect, mutations }) => {
    seed(bucket, 'k', 'A x');
    const run = await act({ ...UNDELETE, 'expected-bucket-owner': '999999999999' });
    expect(run.code).toBe(1);
    expect(run.report().error).toMatchObject({ code: 'access-denied' });
    expect(annotationsOf(run.stdout, 'error')[0]?.message).toContain('"expected-bucket-owner"');
    expect(mutations()).toEqual([]);
  });

  test('the expected owner goes with every request', async ({ bucket, act, expect, requests }) => {
    seed(bucket, 'a', 'A B');
    seed(bucket, 'b', 'A x');
    await act({ ...ROLLBACK, 'expected-bucket-owner': '111122223333' });
    await act({ ...UNDELETE, 'expected-bucket-owner': '111122223333' });
    expect(requests().length).toBeGreaterThan(6);
    for (const { headers } of requests()) expect(headers['x-amz-expected-bucket-owner']).toBe('111122223333');
    expect(requests('CopyObject')[0]?.headers['x-amz-source-expected-bucket-owner']).toBe('111122223333');
  });

  test(
    'a bucket in another region: names the region and the input',
    async ({ bucket, act, expect, mutations }) => {
      seed(bucket, 'k', 'A x');
      const run = await act(UNDELETE);
      expect(run.code).toBe(1);
      expect(run.report().error).toMatchObject({ code: 'bucket-in-another-region' });
      expect(annotationsOf(run.stdout, 'error')[0]?.message).toMatch(/eu-central-1.*region: eu-central-1/s);
      expect(mutations()).toEqual([]);
      const there = await act({ ...UNDELETE, region: 'eu-central-1' });
      expect(there.outputs).toMatchObject({ status: 'success', restored: '1' });
    },
    { region: 'eu-central-1' },
  );

  test(
    'MFA delete: refused before anything is changed',
    async ({ bucket, act, expect, mutations }) => {
      seed(bucket, 'k', 'A x');
      const run = await act(UNDELETE);
      expect(run.code).toBe(1);
      expect(run.report().error).toMatchObject({ code: 'mfa-delete-enabled' });
      expect(mutations()).toEqual([]);
    },
    { mfaDelete: true },
  );

  test('credentials that run out in the middle: the run stops, the counts add up', async (context) => {
    const { bucket, act, expect, fault, requests } = context;
    for (let i = 0; i < 20; i++) seed(bucket, `k${String(i).padStart(2, '0')}`, 'A B');
    const respond = { status: 400, code: 'ExpiredToken', message: 'The provided token has expired.' };
    fault({ operation: 'CopyObject', skip: 5, respond });
    const run = await act({ ...ROLLBACK, concurrency: '2' });
    expect(run.code).toBe(1);
    expect(run.report()).toMatchObject({
      status: 'partial',
      totals: { planned: 20, restored: 5 },
      error: { code: 'ExpiredToken' },
    });
    expect(run.report().error?.hint).toContain('credentials');
    expect(requests('CopyObject').length).toBeLessThanOrEqual(8);
  });
});
