import type { Bucket, Entry, PutOptions } from '../../../sandbox/index.ts';
import { asCsv } from '../support/manifests.ts';
import { onSandbox, type SandboxContext, seed } from '../support/sandbox.ts';

const KEY_ID = 'arn:aws:kms:us-east-1:111122223333:key/1234';
const UNTIL = '2099-01-01T00:00:00Z';

/** What a version may be besides its bytes. A copy is the same. */
const DRESSES: readonly (readonly [what: string, PutOptions])[] = [
  ['SSE-S3', { sse: { algorithm: 'AES256' } }],
  ['SSE-KMS with the key of AWS', { sse: { algorithm: 'aws:kms' } }],
  ['SSE-KMS with a key', { sse: { algorithm: 'aws:kms', kmsKeyId: KEY_ID } }],
  ['SSE-KMS with a key and a bucket key', { sse: { algorithm: 'aws:kms', kmsKeyId: KEY_ID, bucketKey: true } }],
  ['DSSE-KMS', { sse: { algorithm: 'aws:kms:dsse', kmsKeyId: KEY_ID } }],
  ['a redirect', { headers: { websiteRedirectLocation: 'https://example.com/a?b=c' } }],
  [
    'headers',
    {
      contentType: 'text/css; charset=utf-8',
      headers: {
        cacheControl: 'max-age=60',
        contentDisposition: 'attachment; filename="a b.css"',
        contentEncoding: 'br',
        contentLanguage: 'de',
        expires: 'Wed, 02 Jan 2030 03:04:05 GMT',
      },
    },
  ],
  ['metadata', { metadata: { author: 'someone', 'release-number': '42' } }],
  ['tags', { tags: { stage: 'live', owner: 'a b+c' } }],
  ['ten tags', { tags: Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`tag ${i}`, `value ${i}`])) }],
  ...['STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR', 'REDUCED_REDUNDANCY'].map(
    (storageClass) => [`storage class ${storageClass}`, { storageClass }] as const,
  ),
  [
    'everything at once',
    {
      storageClass: 'STANDARD_IA',
      tags: { a: 'b' },
      metadata: { c: 'd' },
      sse: { algorithm: 'aws:kms', kmsKeyId: KEY_ID, bucketKey: true },
    },
  ],
];

/** What is the same of a version and its copy. */
function dressOf(entry: Entry | undefined): Partial<Entry> {
  if (entry === undefined) throw new Error('no such version');
  const { contentType, headers, metadata, tags, storageClass, sse, size, body } = entry;
  // Without a key it is that of AWS, which HEAD names.
  const kmsKeyId = sse.algorithm.startsWith('aws:kms') ? (sse.kmsKeyId ?? 'alias/aws/s3') : undefined;
  return {
    contentType,
    headers,
    metadata,
    tags,
    storageClass,
    sse: { ...sse, ...(kmsKeyId !== undefined && { kmsKeyId }) },
    size,
    body,
  };
}

/** Copied in place, and into another bucket under another name. */
async function expectSame(
  { bucket, another, act, expect, requests }: SandboxContext,
  options: PutOptions,
): Promise<void> {
  const other = another();
  // With a checksum, as S3 stores all new objects: an ETag under KMS does not tell that a copy is the same.
  const version = bucket.put('k', { body: 'A', checksum: { algorithm: 'CRC64NVME' }, ...options });
  bucket.put('k', { body: 'B', contentType: 'x/y', tags: { of: 'B' } });
  const rollback = { operation: 'rollback', key: 'k', 'version-id': version };
  const elsewhere = { ...rollback, 'destination-bucket': other.name, 'destination-prefix': 'to/' };
  for (const inputs of [rollback, elsewhere]) {
    const run = await act(inputs);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
  }
  const again = await act(elsewhere);
  expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '1' });
  const source = dressOf(bucket.find('k', version));
  expect(dressOf(bucket.current('k'))).toEqual(source);
  expect(dressOf(other.current('to/k'))).toEqual(source);
  for (const { headers } of requests('CopyObject')) {
    expect(headers).toMatchObject({
      'x-amz-metadata-directive': 'COPY',
      'x-amz-tagging-directive': 'COPY',
      'x-amz-object-annotation-directive': 'EXCLUDE',
    });
  }
}

onSandbox('a copy is as its source', (test) => {
  for (const [what, options] of DRESSES) test(what, (context) => expectSame(context, options));
});

onSandbox('a copy under KMS whose source has no checksum', (test) => {
  test('nothing tells that it is the same, so a second run copies again; readers see no difference', async (context) => {
    const { bucket, act, expect } = context;
    const version = bucket.put('k', { body: 'A', sse: { algorithm: 'aws:kms', kmsKeyId: KEY_ID } });
    bucket.put('k', { body: 'B' });
    const inputs = { operation: 'rollback', key: 'k', 'version-id': version };
    for (const entries of [3, 4]) {
      const run = await act(inputs);
      expect(run.outputs).toMatchObject({ status: 'success', restored: '1', conflicts: '0' });
      expect(bucket.entries('k')).toHaveLength(entries);
      expect(dressOf(bucket.current('k'))).toEqual(dressOf(bucket.find('k', version)));
    }
  });
});

/** In a bucket with Object Lock: retention until 2099 and a legal hold, or one of them, on the version to copy. */
function seedLocked(bucket: Bucket, lock: NonNullable<PutOptions['lock']>): string {
  const version = bucket.put('k', { body: 'A', lock });
  bucket.put('k', { body: 'B' });
  return version;
}

onSandbox('preserve', (test) => {
  const LOCKS: readonly (readonly [string, NonNullable<PutOptions['lock']>])[] = [
    ['governance', { mode: 'GOVERNANCE', retainUntil: UNTIL }],
    ['compliance', { mode: 'COMPLIANCE', retainUntil: UNTIL }],
    ['a legal hold', { legalHold: true }],
    ['both', { mode: 'GOVERNANCE', retainUntil: UNTIL, legalHold: true }],
  ];
  for (const [what, lock] of LOCKS) {
    const objectLock = { objectLock: true };

    test(
      `object-lock: ${what}`,
      async ({ bucket, act, expect }) => {
        const version = seedLocked(bucket, lock);
        const inputs = { operation: 'rollback', key: 'k', 'version-id': version, preserve: 'object-lock' };
        const run = await act(inputs);
        expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
        expect(bucket.current('k')?.lock).toEqual(bucket.find('k', version)?.lock);
        const again = await act(inputs);
        expect(again.outputs).toMatchObject({ status: 'no-change' });
      },
      objectLock,
    );

    test(
      `without it ${what} is not carried over`,
      async ({ bucket, act, expect }) => {
        const version = seedLocked(bucket, lock);
        const run = await act({ operation: 'rollback', key: 'k', 'version-id': version });
        expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
        expect(bucket.current('k')?.lock).toEqual({});
      },
      objectLock,
    );
  }

  test(
    'object-lock: a retention that is over is none',
    async ({ bucket, act, expect, requests }) => {
      const version = seedLocked(bucket, { mode: 'GOVERNANCE', retainUntil: '2020-01-01T00:00:00Z' });
      const run = await act({ operation: 'rollback', key: 'k', 'version-id': version, preserve: 'object-lock' });
      expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
      expect(requests('CopyObject')[0]?.headers).not.toHaveProperty('x-amz-object-lock-mode');
    },
    { objectLock: true },
  );

  test(
    'object-lock into a bucket without: that key fails with the mend',
    async ({ bucket, another, act, expect }) => {
      const other = another();
      const version = seedLocked(bucket, { mode: 'GOVERNANCE', retainUntil: UNTIL });
      const free = bucket.put('free', { body: 'A' });
      const rows = [
        { bucket: bucket.name, key: 'k', versionId: version },
        { bucket: bucket.name, key: 'free', versionId: free },
      ];
      const inputs = {
        operation: 'rollback',
        manifest: 'rows.csv',
        'destination-bucket': other.name,
        preserve: 'object-lock',
      };
      const run = await act(inputs, asCsv(rows));
      expect(run.outputs).toMatchObject({ status: 'partial', restored: '1', failed: '1' });
      expect(run.report().failures).toMatchObject([{ key: 'k', hint: expect.stringContaining('Object Lock is off') }]);
    },
    { objectLock: true },
  );

  test('annotations: copied where they are asked for', async ({ bucket, act, expect, requests }) => {
    seed(bucket, 'k', 'A B');
    const run = await act({ operation: 'rollback', key: 'k', 'versions-back': '1', preserve: 'annotations' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(requests('CopyObject')[0]?.headers['x-amz-object-annotation-directive']).toBe('COPY');
    expect(run.plan().lines[0]?.steps[0]).toMatchObject({ carry: { annotations: true } });
  });

  test(
    'what is denied names what the preserving takes',
    async ({ bucket, act, expect, fault }) => {
      seedLocked(bucket, { mode: 'GOVERNANCE', retainUntil: UNTIL, legalHold: true });
      fault({ operation: 'CopyObject', respond: { status: 403, code: 'AccessDenied', message: 'Access Denied' } });
      const inputs = { operation: 'rollback', key: 'k', 'versions-back': '1', preserve: 'object-lock, annotations' };
      const run = await act(inputs);
      const hint = run.report().failures[0]?.hint ?? '';
      for (const action of ['s3:PutObjectRetention', 's3:PutObjectLegalHold', 's3:PutObjectAnnotation']) {
        expect(hint).toContain(action);
      }
    },
    { objectLock: true },
  );
});

onSandbox('rows of versions that cannot be copied', (test) => {
  test('a key of the customer’s own: skipped, the others go back', async ({ bucket, another, act, expect, shapes }) => {
    const other = another();
    const secret = bucket.put('secret', { body: 'A', sseCustomer: true });
    bucket.put('secret', { body: 'B' });
    const [plain = ''] = seed(bucket, 'plain', 'A B');
    const rows = [
      { bucket: bucket.name, key: 'secret', versionId: secret },
      { bucket: bucket.name, key: 'plain', versionId: plain },
    ];
    for (const inputs of [{}, { 'destination-bucket': other.name }]) {
      const run = await act({ operation: 'rollback', manifest: 'rows.csv', ...inputs }, asCsv(rows));
      expect(run.code).toBe(0);
      expect(run.outputs).toMatchObject({ status: 'success', restored: '1', skipped: '1' });
      expect(run.report().skipped).toEqual({ 'customer-encryption-key': 1 });
    }
    expect(shapes()).toMatchObject({ plain: 'A B A' });
    expect(bucket.entries('secret')).toHaveLength(2);
    expect(shapes(other)).toEqual({ plain: 'A' });
  });

  test('one of several versions: none of that key is copied', async ({ bucket, act, expect, shapes }) => {
    const secret = bucket.put('k', { body: 'A', sseCustomer: true });
    const plain = bucket.put('k', { body: 'B' });
    bucket.put('k', { body: 'C' });
    const rows = [secret, plain].map((versionId) => ({ bucket: bucket.name, key: 'k', versionId }));
    const run = await act({ operation: 'rollback', manifest: 'rows.csv' }, asCsv(rows));
    expect(run.outputs).toMatchObject({ status: 'no-change', skipped: '1' });
    expect(shapes().k?.endsWith('B C')).toBe(true);
  });

  test('a version that went between plan and copy: that key fails, the others go back', async (context) => {
    const { bucket, act, expect, fault, shapes } = context;
    const [gone = ''] = seed(bucket, 'gone', 'A B');
    const [plain = ''] = seed(bucket, 'plain', 'A B');
    fault({ operation: 'CopyObject', times: 1, key: 'gone', hook: () => void bucket.remove('gone', gone) });
    const rows = [
      { bucket: bucket.name, key: 'gone', versionId: gone },
      { bucket: bucket.name, key: 'plain', versionId: plain },
    ];
    const run = await act({ operation: 'rollback', manifest: 'rows.csv' }, { ...asCsv(rows), others: true });
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '1', failed: '1' });
    expect(shapes()).toEqual({ gone: 'B', plain: 'A B A' });
  });
});
