import { onSandbox, type SandboxContext, seed } from '../support/sandbox.ts';

const ROLLBACK = { operation: 'rollback', 'whole-bucket': 'true', 'versions-back': '1' };
const UNDELETE = { operation: 'undelete', 'whole-bucket': 'true' };
const TO_NOTHING = { operation: 'rollback', 'whole-bucket': 'true', 'to-time': '2020-01-01T00:00:00Z' };

/** A run of each kind over ten keys: what it starts from, what it ends in, and the request that makes the change. */
const RUNS = [
  { what: 'undelete', inputs: UNDELETE, from: 'A x', to: 'A', by: 'DeleteObjects' },
  { what: 'copy', inputs: ROLLBACK, from: 'A B', to: 'A B A', by: 'CopyObject' },
  { what: 'new markers', inputs: TO_NOTHING, from: 'A', to: 'A x', by: 'DeleteObject' },
] as const;

const KEYS = Array.from({ length: 10 }, (_, i) => `k${i}`);

function all(shape: string): Record<string, string> {
  return Object.fromEntries(KEYS.map((key) => [key, shape]));
}

onSandbox('a server in trouble: the run finishes, and everything is restored exactly once', (test) => {
  for (const { what, inputs, from, to, by } of RUNS) {
    const finishes = async ({ bucket, act, expect, shapes }: SandboxContext, plant: () => void) => {
      for (const key of KEYS) seed(bucket, key, from);
      plant();
      const run = await act(inputs);
      expect(run.code).toBe(0);
      expect(run.outputs).toMatchObject({ status: 'success', restored: '10', conflicts: '0', failed: '0' });
      expect(shapes()).toEqual(all(to));
      return run.report().requests;
    };

    for (const drop of ['before', 'after', 'mid-body'] as const) {
      test(`${what}: connections lost ${drop}, in the change`, async (context) => {
        const requests = await finishes(context, () => {
          // The answer to a single DELETE has no body to be cut in.
          context.fault({ operation: by, drop, times: 3 });
        });
        context.expect(requests.retries).toBeGreaterThan(0);
      });

      test(`${what}: connections lost ${drop}, in the listing`, async (context) => {
        const requests = await finishes(context, () => {
          context.fault({ operation: 'ListObjectVersions', drop, times: 2 });
        });
        context.expect(requests.retries).toBeGreaterThan(0);
      });
    }

    test(`${what}: 503 storm`, async (context) => {
      const requests = await finishes(context, () => {
        const respond = { status: 503, code: 'SlowDown', message: 'Please reduce your request rate.' };
        context.fault({ respond, probability: 0.3, seed: 7, times: 8 });
        context.fault({ operation: by, respond, times: 1 });
      });
      context.expect(requests.throttled).toBeGreaterThan(0);
      context.expect(requests.retries).toBeGreaterThanOrEqual(requests.throttled);
    });

    test(`${what}: 500 InternalError in the change`, async (context) => {
      await finishes(context, () => {
        context.fault({ operation: by, respond: { status: 500, code: 'InternalError' }, times: 3 });
      });
    });
  }

  test('undelete: errors of single keys in a good answer are tried again', async (context) => {
    const { bucket, act, expect, fault, shapes } = context;
    for (let i = 0; i < 300; i++) seed(bucket, `k${i}`, 'A x');
    let n = 0;
    const everyThird = () => n++ % 3 === 0;
    fault({ operation: 'DeleteObjects', key: everyThird, keyError: { code: 'SlowDown' }, times: 40 });
    fault({ operation: 'DeleteObjects', keyError: { code: 'InternalError' }, times: 20 });
    const run = await act(UNDELETE);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '300' });
    expect(new Set(Object.values(shapes()))).toEqual(new Set(['A']));
  });

  test('undelete: 200 objects, some of which may not be touched: each has its own fate', async (context) => {
    const { bucket, act, expect, fault, shapes } = context;
    for (let i = 0; i < 200; i++) seed(bucket, `k${String(i).padStart(3, '0')}`, 'A x');
    const refused = (key: string) => key.endsWith('7');
    fault({ operation: 'DeleteObjects', key: refused, keyError: { code: 'AccessDenied', message: 'Access Denied' } });
    const run = await act(UNDELETE);
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '180', failed: '20' });
    const { failures } = run.report();
    expect(failures.map((one) => one.key)).toEqual(Object.keys(shapes()).filter(refused));
    expect(failures[0]).toMatchObject({
      code: 'AccessDenied',
      hint: expect.stringContaining('s3:DeleteObjectVersion'),
    });
    for (const [key, shape] of Object.entries(shapes())) expect(shape).toBe(refused(key) ? 'A x' : 'A');
  });
});

/** Answers of status 200 that are none. */
const BODIES = [
  [
    'an error',
    '<?xml version="1.0"?><Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>',
  ],
  ['nothing', ''],
  ['another document', '<Hello/>'],
  ['half a document', '<?xml version="1.0"?><ListVersionsResult><Version><Key>k0</Key>'],
] as const;

onSandbox('status 200 and a body that is no answer', (test) => {
  for (const [what, body] of BODIES) {
    test(`to one listing: ${what}: asked again`, async ({ bucket, act, expect, fault, shapes }) => {
      for (const key of KEYS) seed(bucket, key, 'A x');
      fault({ operation: 'ListObjectVersions', body, times: 1 });
      const run = await act(UNDELETE);
      expect(run.outputs).toMatchObject({ status: 'success', restored: '10' });
      expect(shapes()).toEqual(all('A'));
    });

    test(`to every listing: ${what}: an error, and nothing is changed`, async (context) => {
      const { bucket, act, expect, fault, mutations } = context;
      for (const key of KEYS) seed(bucket, key, 'A x');
      fault({ operation: 'ListObjectVersions', body });
      const run = await act(UNDELETE);
      expect(run.code).toBe(1);
      expect(run.report()).toMatchObject({
        status: 'failed',
        totals: { restored: 0 },
        error: { code: expect.any(String) },
      });
      expect(mutations()).toEqual([]);
    });

    test(`to one copy: ${what}: done once`, async ({ bucket, act, expect, fault, shapes }) => {
      seed(bucket, 'k', 'A B');
      fault({ operation: 'CopyObject', body, times: 1 });
      const run = await act(ROLLBACK);
      expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
      expect(shapes()).toEqual({ k: 'A B A' });
    });

    test(`to every copy: ${what}: failed`, async ({ bucket, act, expect, fault }) => {
      seed(bucket, 'k', 'A B');
      fault({ operation: 'CopyObject', body });
      const run = await act(ROLLBACK);
      expect(run.code).toBe(1);
      expect(run.outputs).toMatchObject({ status: 'failed', restored: '0', failed: '1' });
      expect(run.after).toEqual(run.before);
    });

    test(`to one DeleteObjects: ${what}: asked again`, async ({ bucket, act, expect, fault, shapes }) => {
      for (const key of KEYS) seed(bucket, key, 'A x');
      fault({ operation: 'DeleteObjects', body, times: 1 });
      const run = await act(UNDELETE);
      expect(run.outputs).toMatchObject({ status: 'success', restored: '10' });
      expect(shapes()).toEqual(all('A'));
    });

    test(`to every DeleteObjects: ${what}: failed`, async ({ bucket, act, expect, fault }) => {
      for (const key of KEYS) seed(bucket, key, 'A x');
      fault({ operation: 'DeleteObjects', body });
      const run = await act(UNDELETE);
      expect(run.code).toBe(1);
      expect(run.outputs).toMatchObject({ status: 'failed', restored: '0', failed: '10' });
      expect(run.after).toEqual(run.before);
    });
  }
});

onSandbox('listings that cannot be trusted', (test) => {
  const time = '<LastModified>2026-03-04T10:00:00.000Z</LastModified>';
  const marker = `<Key>k0</Key><VersionId>m</VersionId><IsLatest>true</IsLatest>${time}`;
  const version = `<Key>k0</Key><VersionId>v</VersionId><IsLatest>false</IsLatest>${time}`;
  const data =
    '<ETag>&quot;7fc56270e7a70fa81a5935b72eacbe29&quot;</ETag><Size>1</Size><StorageClass>STANDARD</StorageClass>';
  const row = `<DeleteMarker>${marker}</DeleteMarker><Version>${version}${data}</Version>`;
  for (const [what, rest] of [
    ['without IsTruncated', row],
    ['truncated, and no word of where it goes on', `<IsTruncated>true</IsTruncated>`],
    ['truncated, going on where it began', `<IsTruncated>true</IsTruncated><NextKeyMarker></NextKeyMarker>${row}`],
  ] as const) {
    test(`${what}: an error, and nothing is changed`, async ({ bucket, act, expect, fault, mutations }) => {
      for (const key of KEYS) seed(bucket, key, 'A x');
      fault({ operation: 'ListObjectVersions', body: `<ListVersionsResult>${rest}</ListVersionsResult>` });
      const run = await act(UNDELETE);
      expect(run.code).toBe(1);
      expect(run.report()).toMatchObject({ status: 'failed', error: { code: 'malformed-page' } });
      expect(mutations()).toEqual([]);
    });
  }

  test('a later page that fails: an error, and nothing is changed', async ({
    bucket,
    act,
    expect,
    fault,
    mutations,
  }) => {
    for (let i = 0; i < 1500; i++) seed(bucket, `k${i}`, 'A x');
    fault({ operation: 'ListObjectVersions', skip: 1, respond: { status: 403, code: 'AccessDenied' } });
    const run = await act(UNDELETE);
    expect(run.code).toBe(1);
    expect(run.report()).toMatchObject({ status: 'failed', totals: { restored: 0 } });
    expect(mutations()).toEqual([]);
  });
});
