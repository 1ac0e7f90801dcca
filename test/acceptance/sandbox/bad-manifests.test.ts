import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Inputs } from '../../support/runner.ts';
import { type ActOptions, temporaryFolder } from '../support/act.ts';
import { annotationsOf } from '../support/commands.ts';
import { csv, jsonl, lines } from '../support/manifests.ts';
import { onSandbox, type SandboxContext, seed } from '../support/sandbox.ts';

const UNDELETE = { operation: 'undelete', manifest: 'rows.csv' };
const ROLLBACK = { operation: 'rollback', manifest: 'rows.csv' };

type Content = string | Uint8Array;

/** `BUCKET` in a content is the bucket's name; the first row is good, so that a run that believed it would change `k`. */
const TABLE: readonly (readonly [what: string, content: Content, says: RegExp, inputs?: Inputs])[] = [
  ['a header', 'bucket,key\nBUCKET,k\n', /rows\.csv, line 1: is a header.*Leave the header out/s],
  ['a header as AWS documents columns', 'Bucket, Key, VersionId\nBUCKET,k,null\n', /line 1: is a header/],
  ['a space that is not encoded', 'BUCKET,k\nBUCKET,a b\n', /line 2, column 2 \(key\): "a b" is not URL-encoded.*%20/s],
  ['a lone percent sign', 'BUCKET,k\nBUCKET,100%\n', /line 2, column 2 \(key\): "100%" is not URL-encoded/],
  ['letters beyond ASCII', 'BUCKET,k\nBUCKET,\u00fc\n', /line 2, column 2 \(key\).*not URL-encoded/],
  ['an encoding that is not UTF-8', 'BUCKET,k\nBUCKET,%E9\n', /line 2, column 2 \(key\).*not as UTF-8.*%C3%A9/s],
  ['one column', 'BUCKET,k\nBUCKET\n', /line 2: has 1 column; there must be 2/],
  ['four columns', 'BUCKET,k\nBUCKET,k,null,x\n', /line 2: has 4 columns; there must be 2.*or 3/],
  ['a key with a comma', 'BUCKET,k\nBUCKET,a,b,c\n', /line 2: has 4 columns.*%2C/s],
  ['an empty key', 'BUCKET,k\nBUCKET,\n', /line 2, column 2 \(key\): is empty/],
  ['an empty version id', 'BUCKET,k\nBUCKET,k,\n', /line 2, column 3 \(version id\): is empty.*null/s],
  ['a version id with a space', 'BUCKET,k\nBUCKET,k, x\n', /line 2, column 3 \(version id\).*not a version id/],
  ['a URL for a bucket', 'BUCKET,k\ns3://BUCKET,k\n', /line 2, column 1 \(bucket\).*not the name of a bucket/],
  ['an ARN for a bucket', 'BUCKET,k\narn:aws:s3:::BUCKET,k\n', /line 2, column 1 \(bucket\).*no ARN/s],
  ['a key of 1,025 bytes', `BUCKET,k\nBUCKET,${'k'.repeat(1025)}\n`, /line 2.*1025 bytes/],
  ['a quotation mark that is never closed', 'BUCKET,k\nBUCKET,"k\n', /quotation mark.*after line 1 is never closed/],
  ['a quotation mark within a cell', 'BUCKET,k\nBUCKET,"k"x\n', /line 2.*quotation mark/],
  ['semicolons', 'BUCKET;k\n', /line 1: has 1 column.*comma/s],
  ['invalid UTF-8', Buffer.from('BUCKET,k\nBUCKET,\xff\n', 'latin1'), /line 2, column 2/],
  ['UTF-16', Buffer.from('\ufeffBUCKET,k\n', 'utf16le'), /is UTF-16.*UTF-8/s],
  ['nothing at all', '', /has no rows/],
  ['nothing but blank lines', '\n\r\n  \n', /has no rows/],
  ['nothing under gzip', gzipSync(''), /has no rows/],
  ['gzip that was cut off', gzipSync('BUCKET,k\n'.repeat(1000)).subarray(0, 40), /in the middle of its gzip stream/],
  ['gzip in gzip', gzipSync(gzipSync('BUCKET,k\n')), /compressed twice/],
  ['Parquet', 'PAR1\u0015\u0004\u0015', /is a file of Apache Parquet.*CSV/s],
  ['a JSON array', '[{"bucket":"BUCKET","key":"k"}]', /begins like a JSON array.*JSON Lines/s],
  ['a JSON document of another kind', '{\n"a": 1\n}', /neither the manifest\.json of an S3 Inventory/],
  [
    'JSON Lines with an unknown field',
    '{"bucket":"BUCKET","key":"k"}\n{"bucket":"BUCKET","key":"k","version":"x"}\n',
    /line 2: has an unknown field "version"; did you mean "versionId"\?/,
  ],
  ['JSON Lines without a key', '{"bucket":"BUCKET","key":"k"}\n{"bucket":"BUCKET"}\n', /line 2, "key": is missing/],
  [
    'JSON Lines with a number',
    '{"bucket":"BUCKET","key":"k"}\n{"bucket":"BUCKET","key":1}\n',
    /line 2, "key": .*not a string/,
  ],
  ['JSON Lines with a line that is none', '{"bucket":"BUCKET","key":"k"}\n{"bucket":\n', /line 2.*is not JSON/],
  [
    'JSON Lines with half a character',
    '{"bucket":"BUCKET","key":"k"}\n{"bucket":"BUCKET","key":"\\ud83d"}\n',
    /line 2.*surrogate/,
  ],
  [
    'JSON Lines called CSV',
    '{"bucket":"BUCKET","key":"k"}\n',
    /"manifest-format" is csv.*JSON Lines/,
    { 'manifest-format': 'csv' },
  ],
  ['CSV called JSON Lines', 'BUCKET,k\n', /"manifest-format" is jsonl.*CSV/, { 'manifest-format': 'jsonl' }],
  ['CSV called an inventory', 'BUCKET,k\n', /"manifest-format" is inventory.*CSV/, { 'manifest-format': 'inventory' }],
  [
    'a row that goes nowhere',
    'BUCKET,k,null\nBUCKET,l\n',
    /line 2: key "l" has no version id.*to-time or versions-back/s,
    ROLLBACK,
  ],
  [
    'a key with and without a version id',
    '{"bucket":"BUCKET","key":"k","versionId":"null"}\n{"bucket":"BUCKET","key":"k"}\n',
    /line 2: key "k" has no version id here, and one in another row/,
    { ...ROLLBACK, 'versions-back': '1' },
  ],
  [
    'two versions to go back to by deletion',
    'BUCKET,k,null\nBUCKET,k,x\n',
    /line \d: key "k" is named with more than one version.*method: copy/s,
    { ...ROLLBACK, method: 'delete', 'max-deletes': '9' },
  ],
  [
    'rows in 101 buckets',
    lines(Array.from({ length: 101 }, (_, i) => `bucket-${i},k`)),
    /line 101.*bucket no\. 101/,
    { bucket: '' },
  ],
];

/** Red, told once with the place and the mend, and nothing was sent that changes anything. */
async function expectRefused(
  { bucket, act, expect, mutations }: SandboxContext,
  inputs: Inputs,
  says: RegExp,
  files: Record<string, Content> = {},
  code = 'invalid-manifest',
  options: ActOptions = {},
): Promise<void> {
  seed(bucket, 'k', 'A x');
  const run = await act(inputs, { ...options, files });
  expect(run.code).toBe(1);
  expect(run.outputs).toMatchObject({ status: 'failed', planned: '0', restored: '0' });
  const errors = annotationsOf(run.stdout, 'error');
  expect(errors).toHaveLength(1);
  expect(errors[0]?.message).toMatch(says);
  const { error } = run.report();
  expect(error?.code).toBe(code);
  expect(`${error?.message} ${error?.hint}`).toMatch(says);
  expect(run.summary).toContain(code);
  expect(mutations()).toEqual([]);
}

function named(content: Content, bucket: string): Content {
  if (typeof content === 'string') return content.replaceAll('BUCKET', bucket);
  const text = Buffer.from(content).toString('latin1');
  return text.includes('BUCKET') && !text.startsWith('\x1f')
    ? Buffer.from(text.replaceAll('BUCKET', bucket), 'latin1')
    : content;
}

onSandbox('a manifest that cannot be read', (test) => {
  for (const [what, content, says, inputs] of TABLE) {
    test(what, (context) =>
      expectRefused(context, { ...UNDELETE, ...inputs }, says, { 'rows.csv': named(content, context.bucket.name) }),
    );
  }

  test('the last row of 20,000: nothing was done for the others', async (context) => {
    const rows = Array.from({ length: 19_999 }, () => ({ bucket: context.bucket.name, key: 'k' }));
    const content = `${jsonl(rows)}{"bucket":"${context.bucket.name}","key":""}\n`;
    await expectRefused(context, UNDELETE, /line 20000, "key": is empty/, { 'rows.csv': content });
  });

  const ENDLESS = [
    ['a line of 100 MB', Buffer.alloc(100 * 1024 ** 2, 'k')],
    ['a line of 100 MB of commas', Buffer.alloc(100 * 1024 ** 2, ',')],
    ['a line of 100 MB under gzip', gzipSync(Buffer.alloc(100 * 1024 ** 2, 'k'))],
  ] as const;
  for (const [what, content] of ENDLESS) {
    test(`${what}: refused in little memory`, async ({ bucket, act, expect, mutations }) => {
      seed(bucket, 'k', 'A x');
      let most = 0;
      const run = await act(UNDELETE, {
        files: { 'rows.csv': content },
        onSpawn: (child) => {
          child.stdout?.on('data', () => {
            most = Math.max(most, peakMemory(child.pid));
          });
        },
      });
      expect(run.code).toBe(1);
      expect(annotationsOf(run.stdout, 'error')[0]?.message).toMatch(/line 1.*longer than 64 KiB/s);
      expect(most).toBeLessThan(300);
      expect(mutations()).toEqual([]);
    });
  }

  test('JSON Lines without an end', (context) =>
    expectRefused(context, UNDELETE, /line 1.*longer than 64 KiB/s, {
      'rows.csv': Buffer.concat([Buffer.from('{"bucket":"x","key":"'), Buffer.alloc(1024 ** 2, 'k')]),
    }));
});

/** Of a process that runs, in megabytes; 0 where there is no telling. */
function peakMemory(pid: number | undefined): number {
  try {
    const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(found?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

onSandbox('a manifest that cannot be had', (test) => {
  test('no such file', (context) =>
    expectRefused(
      context,
      { ...UNDELETE, manifest: 'nowhere/rows.csv' },
      /nowhere\/rows\.csv/,
      { 'rows.csv': '' },
      'manifest-not-found',
    ));

  test('a folder', (context) =>
    expectRefused(
      context,
      { ...UNDELETE, manifest: 'folder' },
      /folder is a folder/,
      { 'folder/rows.csv': '' },
      'manifest-not-readable',
    ));

  test('a pipe, which nobody writes to', async ({ act, expect, mutations }) => {
    const temp = temporaryFolder();
    execFileSync('mkfifo', [join(temp, 'pipe')]);
    const run = await act({ ...UNDELETE, manifest: 'pipe' }, { temp });
    expect(run.code).toBe(1);
    expect(run.report().error).toMatchObject({ code: 'manifest-not-readable', message: expect.stringMatching(/pipe/) });
    expect(mutations()).toEqual([]);
  });

  test('no such object', (context) => {
    const manifest = `s3://${context.bucket.name}/a%20b.csv`;
    return expectRefused(
      context,
      { ...UNDELETE, manifest },
      /a%20b\.csv.* does not exist.*to the letter/s,
      {},
      'manifest-not-found',
    );
  });

  test('no such bucket', (context) =>
    expectRefused(
      context,
      { ...UNDELETE, manifest: 's3://no-such-bucket-anywhere/rows.csv' },
      /no-such-bucket-anywhere.* bucket does not exist/,
      {},
      'manifest-not-found',
      { unreachable: true },
    ));

  test('a bucket that denies it: names s3:GetObject', async (context) => {
    const lists = context.another();
    lists.put('rows.csv', { body: csv([{ bucket: context.bucket.name, key: 'k' }]) });
    const respond = { status: 403, code: 'AccessDenied', message: 'Access Denied' };
    context.fault({ bucket: lists.name, operation: 'GetObject', respond });
    await expectRefused(
      context,
      { ...UNDELETE, manifest: `s3://${lists.name}/rows.csv` },
      /s3:GetObject/,
      {},
      'AccessDenied',
    );
  });

  test('one that is in an archive', async (context) => {
    const lists = context.another();
    lists.put('rows.csv', { body: 'x,y', storageClass: 'GLACIER' });
    await expectRefused(
      context,
      { ...UNDELETE, manifest: `s3://${lists.name}/rows.csv` },
      /in an archive.*restore-object/s,
      {},
      'manifest-not-readable',
    );
  });

  test('a bucket without versioning among the rows: nothing is changed in any', async (context) => {
    const { bucket, another } = context;
    const off = another({ versioning: 'Off' });
    off.put('k', { body: 'A' });
    const rows = [bucket, off].map(({ name }) => ({ bucket: name, key: 'k' }));
    await expectRefused(
      context,
      { ...UNDELETE, bucket: '' },
      new RegExp(`${off.name}.*versioning`, 's'),
      { 'rows.csv': csv(rows) },
      'versioning-off',
    );
  });

  test('a bucket that is not there among the rows: nothing is changed in any', async (context) => {
    const rows = [context.bucket.name, 'no-such-bucket-anywhere'].map((bucket) => ({ bucket, key: 'k' }));
    await expectRefused(
      context,
      { ...UNDELETE, bucket: '' },
      /no-such-bucket-anywhere/,
      { 'rows.csv': csv(rows) },
      'bucket-not-found',
      { unreachable: true },
    );
  });

  test('a connection that breaks in the middle of it is taken up again', async ({
    bucket,
    act,
    expect,
    fault,
    shapes,
  }) => {
    const keys = Array.from({ length: 3000 }, (_, i) => `k${i}`);
    for (const key of keys) seed(bucket, key, 'A x');
    const rows = keys.map((key) => ({ bucket: bucket.name, key }));
    bucket.put('rows.jsonl', { body: jsonl(rows) });
    fault({ operation: 'GetObject', times: 2, drop: 'mid-body' });
    const run = await act({ ...UNDELETE, manifest: `s3://${bucket.name}/rows.jsonl` }, { rows });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '3000' });
    expect(Object.values(shapes()).filter((shape) => shape === 'A')).toHaveLength(3000);
  });
});

/** Refused for the inputs alone: no report, for nothing was begun. */
const CONTRADICTIONS: readonly (readonly [what: string, Inputs, input: string, RegExp])[] = [
  ['a key', { ...UNDELETE, key: 'k' }, 'key', /together with manifest/],
  ['the whole bucket', { ...UNDELETE, 'whole-bucket': 'true' }, 'whole-bucket', /manifest.*is given too/],
  ['a version id', { ...ROLLBACK, 'version-id': 'x' }, 'version-id', /manifest|key/],
  [
    'a format without it',
    { operation: 'undelete', key: 'k', 'manifest-format': 'csv' },
    'manifest-format',
    /without manifest/,
  ],
  ['a format that there is not', { ...UNDELETE, 'manifest-format': 'xlsx' }, 'manifest-format', /csv, jsonl/],
  [
    'a URL that is none of S3',
    { ...UNDELETE, manifest: 'https://example.com/rows.csv' },
    'manifest',
    /s3:\/\/bucket\/key/,
  ],
  ['a URL without a key', { ...UNDELETE, manifest: 's3://site' }, 'manifest', /names no key/],
  ['a folder by its slash', { ...UNDELETE, manifest: 'folder/' }, 'manifest', /not the path of a file/],
  ['undelete elsewhere', { ...UNDELETE, 'destination-bucket': 'other' }, 'destination-bucket', /rollback/],
  [
    'method delete elsewhere',
    { ...ROLLBACK, method: 'delete', 'max-deletes': '1', 'destination-prefix': 'x/' },
    'destination-prefix',
    /copies nothing/,
  ],
  [
    'method delete from an archive',
    { ...ROLLBACK, method: 'delete', 'max-deletes': '1', archived: 'restore' },
    'archived',
    /copies nothing/,
  ],
  ['undelete from an archive', { ...UNDELETE, archived: 'restore' }, 'archived', /not for operation/],
  ['days without archived: restore', { ...ROLLBACK, 'restore-days': '3' }, 'restore-days', /archived: restore/],
  ['no days', { ...ROLLBACK, archived: 'restore', 'restore-days': '0' }, 'restore-days', /1/],
  [
    'a tier that there is not',
    { ...ROLLBACK, archived: 'restore', 'restore-tier': 'Fast' },
    'restore-tier',
    /Standard/,
  ],
  ['something that cannot be preserved', { ...ROLLBACK, preserve: 'acl' }, 'preserve', /object-lock/],
];

onSandbox('inputs that contradict each other', (test) => {
  for (const [what, inputs, input, says] of CONTRADICTIONS) {
    test(what, async ({ bucket, act, expect, requests }) => {
      seed(bucket, 'k', 'A x');
      const run = await act(inputs, { files: { 'rows.csv': csv([{ bucket: bucket.name, key: 'k' }]) } });
      expect(run.code).toBe(1);
      expect(run.outputs).toMatchObject({ status: 'failed', 'report-file': '' });
      const messages = annotationsOf(run.stdout, 'error').map((one) => one.message);
      expect(messages.join('\n')).toContain(`input "${input}"`);
      expect(messages.join('\n')).toMatch(says);
      expect(requests()).toEqual([]);
    });
  }
});
