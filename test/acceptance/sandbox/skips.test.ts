import { onSandbox, type SandboxContext, seed } from '../support/sandbox.ts';

const ROLLBACK = { operation: 'rollback', 'whole-bucket': 'true', 'versions-back': '1' };

/** Versions that CopyObject cannot copy, and the reason that the report gives. */
const UNCOPYABLE = [
  ['archived', 'GLACIER', { storageClass: 'GLACIER' }],
  ['archived', 'DEEP_ARCHIVE', { storageClass: 'DEEP_ARCHIVE' }],
  ['restore-in-progress', 'a restore still going on', { storageClass: 'GLACIER', restore: 'ongoing' }],
  ['customer-encryption-key', 'SSE-C', { sseCustomer: true }],
] as const;

/** Nothing is copied, and nothing is lost; the key beside it is done all the same. */
async function expectSkipped(context: SandboxContext, reason: string): Promise<void> {
  const { bucket, act, expect, requests } = context;
  bucket.put('odd', { body: 'B' });
  seed(bucket, 'plain', 'A B');
  const run = await act(ROLLBACK);
  expect(run.code).toBe(0);
  expect(run.outputs).toMatchObject({ status: 'success', restored: '1', skipped: '1' });
  expect(run.report().skipped).toEqual({ [reason]: 1 });
  expect(run.after.get('odd')).toEqual(run.before.get('odd'));
  expect(requests('CopyObject').map((one) => one.key)).toEqual(['plain']);
  expect(run.summary).toContain(reason);
}

onSandbox('versions that cannot be copied', (test) => {
  for (const [reason, what, options] of UNCOPYABLE) {
    test(`${reason}: ${what}`, async (context) => {
      context.bucket.put('odd', { body: 'A', ...options });
      await expectSkipped(context, reason);
    });

    test(`undelete of the same: ${what}`, async ({ bucket, act, expect, requests }) => {
      bucket.put('odd', { body: 'A', ...options });
      bucket.delete('odd');
      const run = await act({ operation: 'undelete', 'whole-bucket': 'true' });
      expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
      expect(requests('CopyObject', 'GetObject', 'RestoreObject')).toEqual([]);
    });
  }

  test('an archived version whose restore is there is copied', async ({ bucket, act, expect, shapes }) => {
    bucket.put('k', { body: 'A', storageClass: 'GLACIER', restore: { until: '2099-01-01T00:00:00Z' } });
    bucket.put('k', { body: 'B' });
    const run = await act(ROLLBACK);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(shapes()).toEqual({ k: 'A B A' });
  });

  const LARGE = 5 * 1024 ** 3;
  const SIZES = [
    ['exactly 5 GiB is copied in one request', LARGE, 1, 0],
    ['one byte more is copied in parts', LARGE + 1, 0, 1],
  ] as const;
  for (const [what, size, copies, uploads] of SIZES) {
    test(what, async ({ bucket, act, expect, requests }) => {
      const version = bucket.put('k', { size, metadata: { author: 'someone' } });
      bucket.put('k', { body: 'B' });
      const run = await act(ROLLBACK);
      expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
      expect(bucket.current('k')).toMatchObject({ size, metadata: { author: 'someone' } });
      expect(bucket.find('k', version)).toBeDefined();
      expect(requests('CopyObject')).toHaveLength(copies);
      expect(requests('CompleteMultipartUpload')).toHaveLength(uploads);
    });
  }

  test('with method delete none of this matters', async ({ bucket, act, expect, shapes }) => {
    bucket.put('k', { body: 'A', storageClass: 'GLACIER' });
    bucket.put('k', { body: 'B' });
    await act({ ...ROLLBACK, method: 'delete', 'max-deletes': '1' });
    expect(shapes()).toEqual({ k: 'A' });
  });

  test('a multipart source: copied once, although its ETag changes', async ({ bucket, act, expect, requests }) => {
    const source = bucket.put('k', {
      body: 'A',
      etag: 'abcdef0123456789abcdef0123456789-3',
      checksumCrc64nvme: 'AAAAAAAAAAA=',
    });
    bucket.put('k', { body: 'B', checksumCrc64nvme: 'BBBBBBBBBBA=' });
    const rollback = { operation: 'rollback', key: 'k', 'version-id': source };
    const run = await act(rollback);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    const again = await act(rollback);
    expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '1' });
    expect(again.after).toEqual(run.after);
    expect(requests('CopyObject')).toHaveLength(1);
  });

  test('encryption under KMS is carried over', async ({ bucket, act, expect, requests }) => {
    const kmsKeyId = 'arn:aws:kms:us-east-1:111122223333:key/1234';
    bucket.put('k', { body: 'A', sse: { algorithm: 'aws:kms', kmsKeyId, bucketKey: true } });
    bucket.put('k', { body: 'B' });
    const run = await act(ROLLBACK);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(bucket.current('k')?.sse).toEqual({ algorithm: 'aws:kms', kmsKeyId, bucketKey: true });
    expect(requests('CopyObject')[0]?.headers).toMatchObject({ 'if-match': expect.stringMatching(/^"/) });
  });
});
