import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bucketOf, counts, fakeBuckets, NOW, requestIn, run, treeOf, useTemp } from './download-support.ts';

const HOUR = 3_600_000;
const temp = useTemp();

function out(): Record<string, string | null> {
  return treeOf(temp.in('out'));
}

describe('a download', () => {
  it('fetches every key in scope as it was at a time, with the times of the versions', async () => {
    const buckets = fakeBuckets({
      keys: {
        'site/a.txt': [{ body: 'new' }, { body: 'old' }],
        'site/b/c.txt': [{}, { body: 'deleted later' }],
        'site/gone': [{ body: 'back again' }, {}, { body: 'once' }],
        'site/late': [{ body: 'did not exist' }],
        'other/x': [{ body: 'not in scope' }],
        'site/skip.tmp': [{ body: 'excluded' }, { body: 'excluded' }],
      },
    });
    const scope = { bucket: 'bucket', prefix: 'site/', include: [], exclude: ['**/*.tmp'] };
    const result = await run(requestIn(temp.path, { scope, target: { kind: 'time', at: NOW - 2 * HOUR } }), buckets);
    expect(out()).toEqual({ 'site/': null, 'site/a.txt': 'old', 'site/b/': null, 'site/b/c.txt': 'deleted later' });
    expect(counts(result)).toEqual({ planned: 2, restored: 2, skipped: 2 });
    expect(result.report).toMatchObject({
      operation: 'download',
      status: 'success',
      skipped: { 'nothing-to-copy': 2 },
      requests: { get: 2, head: 0, copy: 0, delete: 0, put: 0 },
      steps: { 'copy-version': 0, 'remove-delete-marker': 0 },
    });
    expect(result.report).not.toHaveProperty('renamed');
    expect(result).not.toHaveProperty('journalFile');
    expect(statSync(temp.in('out', 'site', 'a.txt')).mtimeMs).toBe(NOW - 2 * HOUR);
  });

  it('fetches one version of one key', async () => {
    const buckets = fakeBuckets({ keys: { a: [{}, { body: 'two' }, { body: 'one' }], ab: [{ body: 'no' }] } });
    const scope = { bucket: 'bucket', key: 'a', prefix: 'a', include: [], exclude: [] };
    const result = await run(requestIn(temp.path, { scope, target: { kind: 'version', versionId: 'v1' } }), buckets);
    expect(counts(result)).toEqual({ planned: 1, restored: 1 });
    expect(out()).toEqual({ a: 'one' });
    expect(buckets.sent).toEqual(['GET a v1']);
  });

  it('goes back a number of versions, over markers', async () => {
    const buckets = fakeBuckets({ keys: { a: [{ body: '2' }, {}, { body: '1' }], b: [{ body: '1' }], c: [{}] } });
    const result = await run(requestIn(temp.path, { target: { kind: 'versions-back', count: 1 } }), buckets);
    expect(out()).toEqual({ a: '1' });
    expect(result.report.skipped).toEqual({ 'not-enough-versions': 1, 'nothing-to-restore': 1 });
  });

  it.each<[what: string, key: string, versionId: string, message: string]>([
    ['a version that the key does not have', 'a', 'v9', '"v9" is not a version of key "a"'],
    ['a delete marker', 'a', 'v2', '"v2" is a delete marker of key "a"'],
    ['a key without any history', 'nokey', 'v1', 'key "nokey" has no versions in bucket "bucket"'],
  ])('is refused for %s, and makes no folder', async (_, key, versionId, message) => {
    const buckets = fakeBuckets({ keys: { a: [{}, { body: 'one' }] } });
    const scope = { bucket: 'bucket', key, prefix: key, include: [], exclude: [] };
    const result = await run(requestIn(temp.path, { scope, target: { kind: 'version', versionId } }), buckets);
    expect(result.report).toMatchObject({
      status: 'failed',
      error: { code: 'version-not-found', message: `input "version-id": ${message}` },
    });
    expect(existsSync(temp.in('out'))).toBe(false);
  });

  it('says so where nothing is in scope', async () => {
    const result = await run(requestIn(temp.path), fakeBuckets({ keys: {} }));
    expect(result.report.status).toBe('no-change');
    expect(result.report.notes).toEqual([expect.stringContaining('No keys under ""')]);
  });

  it('leaves a key alone whose order is not known and matters', async () => {
    const entries = [
      { body: 'new', versionId: 'x' },
      { body: 'old', versionId: 'y' },
    ];
    const buckets = fakeBuckets({
      keys: { a: entries, b: entries },
      otherOrders: { a: entries.toReversed() },
      order: 'grouped',
    });
    const result = await run(requestIn(temp.path), buckets);
    expect(result.report.skipped).toEqual({ 'ambiguous-order': 1 });
    expect(out()).toEqual({ b: 'new' });
  });

  it('makes folders of empty objects whose keys end in a slash', async () => {
    const buckets = fakeBuckets(bucketOf({ 'a/': '', 'a/b/': '', 'a/c': 'x', 'd/': 'with content' }));
    const result = await run(requestIn(temp.path), buckets);
    const file = `d/%2F~${createHash('sha256').update('d/').digest('hex').slice(0, 8)}`;
    expect(out()).toEqual({ 'a/': null, 'a/b/': null, 'a/c': 'x', 'd/': null, [file]: 'with content' });
    expect(counts(result)).toEqual({ planned: 4, restored: 4 });
    expect(counts(await run(requestIn(temp.path), buckets))).toEqual({ planned: 4, unchanged: 4 });
  });

  it('fetches an empty object', async () => {
    await run(requestIn(temp.path), fakeBuckets(bucketOf({ a: '' })));
    expect(out()).toEqual({ a: '' });
  });

  it('writes nothing outside the folder, whatever the keys are, and tells which files have other names', async () => {
    const result = await run(
      requestIn(temp.path),
      fakeBuckets(bucketOf({ '../up': '1', '/abs': '2', 'a/../../b': '3', plain: '4', x: '5', 'x/y': '6' })),
    );
    expect(readdirSync(temp.path).sort()).toEqual(['out', 'run']);
    expect(counts(result)).toEqual({ planned: 6, restored: 6 });
    const renamed = result.report.renamed ?? [];
    expect(renamed.map(({ key }) => key).sort()).toEqual(['../up', '/abs', 'a/../../b', 'x']);
    for (const { key, path } of renamed) {
      expect(readFileSync(temp.in('out', path), 'utf8')).toBe(
        { '../up': '1', '/abs': '2', 'a/../../b': '3', x: '5' }[key],
      );
    }
    expect(result.report.notes).toEqual([expect.stringContaining('4 keys have files of another name')]);
  });
});

describe('the plan of a download', () => {
  const buckets = () => fakeBuckets(bucketOf({ 'a-b': 'x', a: 'xx', 'a/b': 'xxx' }));

  it('is all that a dry run writes', async () => {
    const result = await run(requestIn(temp.path, { dryRun: true }), buckets());
    expect(result.report.status).toBe('planned');
    expect(counts(result)).toEqual({ planned: 3 });
    expect(existsSync(temp.in('out'))).toBe(false);
    expect(readdirSync(temp.in('run')).sort()).toEqual(['plan.jsonl', 'report.json']);
  });

  it('lists what will be fetched, sorted by path, with a digest over all bytes', async () => {
    const result = await run(requestIn(temp.path, { dryRun: true }), buckets());
    const text = readFileSync(temp.in('run', 'plan.jsonl'), 'utf8');
    const [header = '', ...lines] = text.trimEnd().split('\n');
    const digest = createHash('sha256')
      .update(text.replace(/sha256:[0-9a-f]{64}/, `sha256:${'0'.repeat(64)}`))
      .digest('hex');
    expect(result.plan).toEqual({ file: temp.in('run', 'plan.jsonl'), digest: `sha256:${digest}` });
    expect(Object.entries(JSON.parse(header))).toEqual(
      Object.entries({
        schemaVersion: 1,
        kind: 'download',
        operation: 'download',
        bucket: 'bucket',
        scope: { bucket: 'bucket', prefix: '' },
        target: { kind: 'versions-back', versionsBack: 0 },
        directory: temp.in('out'),
        createdAt: '2026-11-22T09:30:00Z',
        digest: `sha256:${digest}`,
      }),
    );
    const hash = createHash('sha256').update('a').digest('hex').slice(0, 8);
    expect(lines).toEqual([
      '{"bucket":"bucket","key":"a/b","versionId":"v1","size":3,"path":"a/b"}',
      '{"bucket":"bucket","key":"a-b","versionId":"v1","size":1,"path":"a-b"}',
      `{"bucket":"bucket","key":"a","versionId":"v1","size":2,"path":"a~${hash}"}`,
    ]);
  });

  it('is the same for the same bucket', async () => {
    const first = await run(requestIn(temp.path, { dryRun: true }), buckets());
    const second = await run(requestIn(temp.path), buckets());
    expect(second.plan).toEqual(first.plan);
  });
});

describe('many keys', () => {
  it('are fetched side by side, each to its own file', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 500 }, (_, i) => [`d${i % 7}/s${i % 3}/f${i}`, `content ${i}`]),
    );
    const result = await run(requestIn(temp.path), fakeBuckets(bucketOf(files)), { concurrency: 32 });
    expect(counts(result)).toEqual({ planned: 500, restored: 500 });
    const found = Object.fromEntries(Object.entries(out()).filter(([, content]) => content !== null));
    expect(found).toEqual(files);
  });

  it('with other names are listed up to a limit, and counted', async () => {
    const files = Object.fromEntries(Array.from({ length: 1005 }, (_, i) => [`/k${i}`, '']));
    const result = await run(requestIn(temp.path, { dryRun: true }), fakeBuckets(bucketOf(files)));
    expect(result.report.renamed).toHaveLength(1000);
    expect(result.report.notes).toEqual([expect.stringMatching(/^1005 keys .* the first 1000/)]);
  });
});
