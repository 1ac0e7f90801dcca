import { gzipSync } from 'node:zlib';
import type { Bucket } from '../../../sandbox/index.ts';
import type { Inputs } from '../../support/runner.ts';
import { sandboxHistories } from '../../support/server-bucket.ts';
import { annotationsOf } from '../support/commands.ts';
import {
  type Files,
  type InventoryOptions,
  inventoryOf,
  lines,
  md5,
  reportCsv,
  reportManifest,
} from '../support/manifests.ts';
import { minute, onSandbox, putFiles, seed } from '../support/sandbox.ts';

const FOLDER = 'inventory';
const DATA = 'inventory/site/all/data/0.csv.gz';
/** The times of `seed` lie before it. */
const MADE = minute(60);

function inventory(bucket: Bucket, into: Bucket, options: Partial<InventoryOptions> = {}): Files {
  return inventoryOf(bucket.name, sandboxHistories(bucket), into.name, { createdAt: MADE, folder: FOLDER, ...options });
}

const urlOf = (into: Bucket) => `s3://${into.name}/${FOLDER}/manifest.json`;

onSandbox('an inventory instead of a listing', (test) => {
  test('undelete: of 6,000 keys the two that were deleted are read, and nothing else', async (context) => {
    const { bucket, another, act, expect, requests } = context;
    const lists = another();
    for (let i = 0; i < 6000; i++) bucket.put(`k${String(i).padStart(4, '0')}`, { body: 'A', lastModified: minute(0) });
    for (const key of ['k1000', 'k5000']) bucket.delete(key);
    putFiles(lists, inventory(bucket, lists));
    const run = await act({ operation: 'undelete', manifest: urlOf(lists) });
    expect(run.report()).toMatchObject({
      status: 'success',
      totals: { keysExamined: 6000, entriesExamined: expect.any(Number), planned: 2, restored: 2, unchanged: 5998 },
    });
    const order = requests().map((one) => one.operation);
    const change = order.indexOf('DeleteObjects');
    const before = requests()
      .slice(0, change)
      .filter((one) => one.operation === 'ListObjectVersions');
    expect(before.length).toBeGreaterThan(0);
    expect(before.length, 'no more requests than keys to look at').toBeLessThanOrEqual(2);
    expect(run.report().requests.list).toBeLessThanOrEqual(4);
    expect(run.report().notes.join()).toContain('inventory of 2026-03-04T11:00:00');
    expect(run.summary).toContain('2026');
  });

  test('back to a time: each key that is planned was read again before', async (context) => {
    const { bucket, another, act, expect, requests, shapes } = context;
    const lists = another();
    for (let i = 0; i < 4000; i++) bucket.put(`k${i}`, { body: 'A', lastModified: minute(0) });
    seed(bucket, 'a-changed', 'A B');
    seed(bucket, 'z-deleted', 'A x');
    bucket.put('z-new', { body: 'B', lastModified: minute(1) });
    putFiles(lists, inventory(bucket, lists));
    const run = await act({
      operation: 'rollback',
      'to-time': new Date(minute(0)).toISOString(),
      manifest: urlOf(lists),
    });
    expect(run.outputs).toMatchObject({ status: 'success', planned: '3', restored: '3', unchanged: '4000' });
    expect(shapes()).toMatchObject({ 'a-changed': 'A B A', 'z-deleted': 'A', 'z-new': 'B x', k0: 'A' });
    const reads = requests('ListObjectVersions').filter((one) => one.bucket === bucket.name);
    expect(reads.length).toBeLessThanOrEqual(6);
    // None from the start of the bucket: each is about a key, or what keys have in common.
    expect(reads.filter(({ query }) => (query.prefix ?? '') === '' && (query['key-marker'] ?? '') === '')).toEqual([]);
  });

  test('a bucket that has none of its rows in scope is not even listed', async (context) => {
    const { bucket, another, act, expect, requests } = context;
    const lists = another();
    seed(bucket, 'k', 'A x');
    putFiles(lists, inventory(bucket, lists));
    const run = await act({ operation: 'undelete', manifest: urlOf(lists), prefix: 'other/' });
    expect(run.outputs.status).toBe('no-change');
    expect(requests('ListObjectVersions')).toEqual([]);
  });
});

/** Files that do not fit, from those that would; what the error says, and its code. */
const TABLE: readonly (readonly [
  what: string,
  spoil: (files: Files, bucket: Bucket, into: Bucket) => Files,
  says: RegExp,
  code?: string,
])[] = [
  [
    'a data file that was changed',
    (files) => ({ ...files, [dataIn(files)]: gzipSync('') }),
    /0\.csv\.gz.*its MD5 is [0-9a-f]{32}, not [0-9a-f]{32}/,
  ],
  [
    'a manifest.json that was changed',
    (files) => ({ ...files, [`${FOLDER}/manifest.checksum`]: md5('x') }),
    /manifest\.json.*its MD5 is/,
  ],
  [
    'a data file that is gone',
    (files) => ({ ...files, [dataIn(files)]: undefined }) as unknown as Files,
    /0\.csv\.gz.*does not exist/,
    'manifest-not-found',
  ],
  [
    'current versions only',
    (_, bucket, into) => inventory(bucket, into, { fields: ['Bucket', 'Key', 'LastModifiedDate'] }),
    /current versions only.*IncludedObjectVersions/s,
  ],
  ['ORC', (_, bucket, into) => inventory(bucket, into, { fileFormat: 'ORC' }), /are "ORC", not CSV/],
  ['Parquet', (_, bucket, into) => inventory(bucket, into, { fileFormat: 'Parquet' }), /are "Parquet", not CSV/],
  [
    'one from before to-time',
    (_, bucket, into) => inventory(bucket, into, { createdAt: minute(0) - 1000 }),
    /2026-03-04T09:59:59.*before to-time/,
    'inventory-too-old',
  ],
  [
    'no field LastModifiedDate',
    (_, bucket, into) =>
      inventory(bucket, into, { fields: ['Bucket', 'Key', 'VersionId', 'IsLatest', 'IsDeleteMarker'] }),
    /LastModifiedDate/,
    'inventory-without-times',
  ],
  ['rows of another bucket', (files) => withData(files, `"elsewhere","k","","true","false"`), /line 1/],
  [
    'a key that is not encoded',
    (files, bucket) => withData(files, row(bucket, 'a b')),
    /line 1, column 2 \(Key\).*not URL-encoded/,
  ],
  [
    'no JSON',
    (files) => ({ ...without(files), [`${FOLDER}/manifest.json`]: '{ "sourceBucket": ' }),
    /manifest\.json.*neither JSON/,
  ],
];

function dataIn(files: Files): string {
  return Object.keys(files).find((key) => key.endsWith('0.csv.gz')) ?? DATA;
}

function row(bucket: Bucket, key: string): string {
  return [bucket.name, key, '', 'true', 'true', '2026-03-04T10:00:00.000Z', '', '']
    .map((cell) => `"${cell}"`)
    .join(',');
}

/** Another first data file, with its own MD5 in the list, and no checksum of the list. */
function withData(files: Files, line: string): Files {
  const data = dataIn(files);
  const bytes = gzipSync(lines([line]));
  const manifest = JSON.parse(String(files[`${FOLDER}/manifest.json`])) as {
    files: { key: string; MD5checksum: string }[];
  };
  for (const file of manifest.files) if (file.key === data) file.MD5checksum = md5(bytes);
  return { ...without(files), [data]: bytes, [`${FOLDER}/manifest.json`]: JSON.stringify(manifest) };
}

function without(files: Files): Files {
  return Object.fromEntries(Object.entries(files).filter(([key]) => !key.endsWith('.checksum')));
}

onSandbox('an inventory that cannot be used', (test) => {
  for (const [what, spoil, says, code = 'invalid-manifest'] of TABLE) {
    test(what, async ({ bucket, another, act, expect, mutations }) => {
      const lists = another();
      seed(bucket, 'k', 'A x');
      seed(bucket, 'l', 'A B');
      const files = spoil(inventory(bucket, lists), bucket, lists);
      putFiles(lists, Object.fromEntries(Object.entries(files).filter(([, content]) => content !== undefined)));
      const inputs = { operation: 'rollback', 'to-time': new Date(minute(0)).toISOString(), manifest: urlOf(lists) };
      const run = await act(inputs);
      expect(run.code).toBe(1);
      expect(run.report().error?.code).toBe(code);
      expect(annotationsOf(run.stdout, 'error')[0]?.message).toMatch(says);
      expect(mutations()).toEqual([]);
    });
  }

  test('without a target it does not say what to go back to', async ({ bucket, another, act, expect, mutations }) => {
    const lists = another();
    seed(bucket, 'k', 'A B');
    putFiles(lists, inventory(bucket, lists));
    const run = await act({ operation: 'rollback', manifest: urlOf(lists) });
    expect(run.code).toBe(1);
    expect(run.report().error?.code).toBe('inventory-without-target');
    expect(mutations()).toEqual([]);
  });

  test('of another bucket than the input says', async ({ bucket, another, act, expect, mutations }) => {
    const other = another();
    seed(other, 'k', 'A x');
    putFiles(bucket, inventory(other, bucket));
    const run = await act({ operation: 'undelete', manifest: urlOf(bucket) });
    expect(run.report().error?.code).toBe('invalid-manifest');
    expect(annotationsOf(run.stdout, 'error')[0]?.message).toContain('input "bucket"');
    expect(mutations()).toEqual([]);
  });

  test('its checksum may be missing, or not be for us to read', async ({ bucket, another, ...context }) => {
    const { act, expect, fault, shapes } = context;
    const lists = another();
    seed(bucket, 'k', 'A x');
    putFiles(lists, inventory(bucket, lists));
    const respond = { status: 403, code: 'AccessDenied', message: 'Access Denied' };
    fault({ bucket: lists.name, key: `${FOLDER}/manifest.checksum`, respond });
    const run = await act({ operation: 'undelete', manifest: urlOf(lists) });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(shapes()).toEqual({ k: 'A' });
  });

  test('one of a bucket without anything', async ({ bucket, another, act, expect }) => {
    const lists = another();
    putFiles(lists, inventory(bucket, lists));
    const run = await act({ operation: 'undelete', manifest: urlOf(lists) });
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'no-change' });
  });
});

const UNDELETE: Inputs = { operation: 'undelete', manifest: 'report.csv' };

onSandbox('the completion report of a Batch Operations job', (test) => {
  test('one of its files: only what failed', async ({ bucket, act, expect, shapes }) => {
    const [, marker = ''] = seed(bucket, 'a b', 'A x');
    seed(bucket, 'done', 'A x');
    seed(bucket, 'no id', 'A x');
    const rows = [
      { bucket: bucket.name, key: 'done', failed: false },
      { bucket: bucket.name, key: 'a b', versionId: marker, failed: true },
      { bucket: bucket.name, key: 'no id', failed: true },
    ];
    const run = await act(UNDELETE, {
      files: { 'report.csv': reportCsv(rows) },
      rows: rows.filter((one) => one.failed),
    });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '2' });
    expect(shapes()).toEqual({ 'a b': 'A', done: 'A x', 'no id': 'A' });
  });

  test('its manifest.json: only the files of what failed are read', async ({ bucket, another, ...context }) => {
    const { act, expect, requests, shapes } = context;
    const lists = another();
    const [first = ''] = seed(bucket, 'k', 'A B');
    seed(bucket, 'done', 'A B');
    const results = [
      {
        key: 'job/results/1.csv',
        failed: false,
        bytes: reportCsv([{ bucket: bucket.name, key: 'done', failed: false }]),
      },
      {
        key: 'job/results/2.csv',
        failed: true,
        bytes: reportCsv([{ bucket: bucket.name, key: 'k', versionId: first, failed: true }]),
      },
    ];
    putFiles(lists, Object.fromEntries(results.map(({ key, bytes }) => [key, bytes])));
    putFiles(lists, { 'job/manifest.json': reportManifest(lists.name, results) });
    const run = await act(
      { operation: 'rollback', manifest: `s3://${lists.name}/job/manifest.json` },
      { rows: [{ bucket: bucket.name, key: 'k', versionId: first }] },
    );
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(shapes()).toEqual({ k: 'A B A', done: 'A B' });
    expect(requests('GetObject').map((one) => one.key)).not.toContain('job/results/1.csv');
  });

  test('nothing failed: nothing to do', async ({ bucket, act, expect }) => {
    seed(bucket, 'k', 'A x');
    const content = reportCsv([{ bucket: bucket.name, key: 'k', failed: false }]);
    const run = await act(UNDELETE, { files: { 'report.csv': content }, rows: [] });
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'no-change', planned: '0' });
  });

  test('a result file that was changed', async ({ bucket, another, act, expect, mutations }) => {
    const lists = another();
    seed(bucket, 'k', 'A x');
    const key = 'job/results/1.csv';
    const bytes = reportCsv([{ bucket: bucket.name, key: 'k', failed: true }]);
    putFiles(lists, {
      [key]: `${bytes}\n`,
      'job/manifest.json': reportManifest(lists.name, [{ key, bytes, failed: true }]),
    });
    const run = await act({ operation: 'undelete', manifest: `s3://${lists.name}/job/manifest.json` });
    expect(run.code).toBe(1);
    expect(run.report().error).toMatchObject({ code: 'invalid-manifest', message: expect.stringContaining('MD5') });
    expect(mutations()).toEqual([]);
  });

  test('a row of something else in the middle', async ({ bucket, act, expect, mutations }) => {
    seed(bucket, 'k', 'A x');
    const content = `${reportCsv([{ bucket: bucket.name, key: 'k', failed: true }])}${bucket.name},k\n`;
    const run = await act(UNDELETE, { files: { 'report.csv': content } });
    expect(run.code).toBe(1);
    expect(annotationsOf(run.stdout, 'error')[0]?.message).toMatch(/line 2: has 2 columns.*completion report/);
    expect(mutations()).toEqual([]);
  });
});
