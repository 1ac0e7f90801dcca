import { mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  bucketOf,
  counts,
  type FakeBucket,
  failureCodes,
  fakeBuckets,
  NOW,
  requestIn,
  run,
  treeOf,
  useTemp,
} from './download-support.ts';

const HOUR = 3_600_000;
const temp = useTemp();

function out(): Record<string, string | null> {
  return treeOf(temp.in('out'));
}

describe('what is there already', () => {
  const MULTIPART = { etag: 'd41d8cd98f00b204e9800998ecf8427e-2' };

  it('is not fetched again where it is complete', async () => {
    const bucket: FakeBucket = { keys: { a: [{ body: 'one' }], 'b/m': [{ body: 'parts', ...MULTIPART }] } };
    expect(counts(await run(requestIn(temp.path), fakeBuckets(bucket)))).toEqual({ planned: 2, restored: 2 });
    const again = fakeBuckets(bucket);
    const result = await run(requestIn(temp.path), again);
    expect(counts(result)).toEqual({ planned: 2, unchanged: 2 });
    expect(result.report.status).toBe('no-change');
    expect(again.sent).toEqual([]);
  });

  it('is complete by its MD5, whatever its time', async () => {
    mkdirSync(temp.in('out'));
    writeFileSync(temp.in('out', 'a'), 'one');
    expect(counts(await run(requestIn(temp.path), fakeBuckets(bucketOf({ a: 'one' }))))).toMatchObject({
      unchanged: 1,
    });
  });

  it.each<[what: string, content: string, entry: object]>([
    ['of another size', 'longer', {}],
    ['of the same size', 'two', {}],
    ['of the same size, where the ETag is no MD5', 'two', MULTIPART],
  ])('%s and different is left alone', async (_, content, entry) => {
    mkdirSync(temp.in('out'));
    writeFileSync(temp.in('out', 'a'), content);
    const buckets = fakeBuckets({ keys: { a: [{ body: 'one', ...entry }] } });
    const result = await run(requestIn(temp.path), buckets);
    expect(counts(result)).toEqual({ planned: 1, failed: 1 });
    expect(result.report.failures).toMatchObject([
      { bucket: 'bucket', key: 'a', code: 'file-exists', message: 'a different file is there already: "a"' },
    ]);
    expect(out()).toEqual({ a: content });
    expect(buckets.sent).toEqual([]);
  });

  it.each<[encryption: string, outcome: string, requests: string[]]>([
    // Its ETag is no MD5, though it looks like one.
    ['aws:kms', 'unchanged', ['HEAD a v1']],
    ['aws:kms:dsse', 'unchanged', ['HEAD a v1']],
    // The file was damaged.
    ['AES256', 'failed', ['HEAD a v1']],
  ])('with our time and another MD5, and encrypted with %s, is %s', async (encryption, outcome, requests) => {
    mkdirSync(temp.in('out'));
    writeFileSync(temp.in('out', 'a'), 'two');
    utimesSync(temp.in('out', 'a'), (NOW - HOUR) / 1000, (NOW - HOUR) / 1000);
    const buckets = fakeBuckets({ keys: { a: [{ body: 'one', encryption }] } });
    expect(counts(await run(requestIn(temp.path), buckets))).toEqual({ planned: 1, [outcome]: 1 });
    expect(buckets.sent).toEqual(requests);
  });

  it('may be a symbolic link, which is not followed; the other keys go on', async () => {
    mkdirSync(temp.in('out'));
    mkdirSync(temp.in('outside'));
    symlinkSync(temp.in('outside'), temp.in('out', 'l'));
    symlinkSync(temp.in('outside', 'new'), temp.in('out', 'f'));
    const result = await run(requestIn(temp.path), fakeBuckets(bucketOf({ 'l/x': '1', 'l/y': '2', f: '3', ok: '4' })));
    expect(failureCodes(result)).toEqual({ 'l/x': 'unsafe-path', 'l/y': 'unsafe-path', f: 'unsafe-path' });
    expect(counts(result)).toEqual({ planned: 4, restored: 1, failed: 3 });
    expect(result.report.status).toBe('partial');
    expect(readdirSync(temp.in('outside'))).toEqual([]);
  });
});
