import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { writeAll } from '../../../src/files/tree-file.ts';
import {
  bucketOf,
  counts,
  failureCodes,
  fakeBuckets,
  refusal,
  requestIn,
  run,
  treeOf,
  useTemp,
} from './download-support.ts';

const temp = useTemp();

function out(): Record<string, string | null> {
  return treeOf(temp.in('out'));
}

describe('what S3 refuses', () => {
  it('fails that key, and the others go on', async () => {
    const onRead = (key: string) => {
      if (key === 'a') throw refusal('AccessDenied');
      if (key === 'c') throw refusal('changed-while-read');
      return undefined;
    };
    const result = await run(requestIn(temp.path), fakeBuckets(bucketOf({ a: '1', b: '2', c: '3' }, { onRead })));
    expect(counts(result)).toEqual({ planned: 3, restored: 1, failed: 1, conflicts: 1 });
    expect(result.report.failures).toEqual([
      { bucket: 'bucket', key: 'a', code: 'AccessDenied', message: 'S3 says AccessDenied', hint: 'Mend it.' },
    ]);
    expect(out()).toEqual({ b: '2' });
  });

  it('for every key alike stops the run', async () => {
    const onRead = (key: string) => {
      if (key === 'b') throw refusal('ExpiredToken');
      return undefined;
    };
    const request = requestIn(temp.path);
    const result = await run(request, fakeBuckets(bucketOf({ a: '1', b: '2', c: '3', d: '4' }, { onRead })), {
      concurrency: 1,
    });
    expect(result.report).toMatchObject({ status: 'partial', error: { code: 'ExpiredToken' } });
    expect(counts(result)).toEqual({ planned: 4, restored: 1, failed: 1, skipped: 2 });
    expect(result.report.skipped).toEqual({ 'not-attempted': 2 });
  });

  it('archived versions are skipped, with the mend', async () => {
    const buckets = fakeBuckets({
      keys: {
        deep: [{ body: 'x', storageClass: 'DEEP_ARCHIVE' }],
        restored: [{ body: 'y', storageClass: 'GLACIER', restore: 'done' }],
        // The listing says INTELLIGENT_TIERING and no more.
        tiering: [{ body: 'z', storageClass: 'INTELLIGENT_TIERING', head: { archiveStatus: 'ARCHIVE_ACCESS' } }],
      },
      onRead: (key) => {
        if (key === 'tiering') throw refusal('InvalidObjectState');
        return undefined;
      },
    });
    const result = await run(requestIn(temp.path), buckets);
    expect(result.report.skipped).toEqual({ archived: 2 });
    expect(counts(result)).toEqual({ planned: 2, restored: 1, skipped: 2 });
    expect(result.report.notes).toEqual([
      expect.stringMatching(/1 of the versions to fetch is in DEEP_ARCHIVE .*aws s3api restore-object/),
      expect.stringMatching(/1 of the versions to fetch is in ARCHIVE_ACCESS .*aws s3api restore-object/),
    ]);
  });

  it('objects encrypted with a key that only their owner has are skipped', async () => {
    const onRead = () => {
      throw refusal('InvalidRequest');
    };
    const buckets = fakeBuckets({
      keys: { a: [{ body: 'x', head: { customerKey: true } }], b: [{ body: 'y' }] },
      onRead,
    });
    const result = await run(requestIn(temp.path), buckets);
    expect(result.report.skipped).toEqual({ 'customer-encryption-key': 1 });
    expect(failureCodes(result)).toEqual({ b: 'InvalidRequest' });
  });
});

describe('a run that does not get to its end', () => {
  it.each([
    ['ENOSPC', 'no space is left'],
    ['EDQUOT', 'quota'],
  ])('stops when the disk is full (%s), and tells what is there', async (code, words) => {
    const write: typeof writeAll = async (handle, bytes) => {
      if (Buffer.from(bytes).includes('!')) throw Object.assign(new Error(code), { code, syscall: 'write' });
      await writeAll(handle, bytes);
    };
    const buckets = fakeBuckets(bucketOf({ a: 'one', b: 'half, then !', c: 'three', d: 'four' }));
    const result = await run(requestIn(temp.path), buckets, { write, concurrency: 1 });
    expect(result.report).toMatchObject({
      status: 'partial',
      error: { code: 'disk-full', message: expect.stringMatching(new RegExp(`^input "directory": .*${words}`)) },
    });
    expect(counts(result)).toEqual({ planned: 4, restored: 1, failed: 1, skipped: 2 });
    expect(failureCodes(result)).toEqual({ b: 'disk-full' });
    expect(out()).toEqual({ a: 'one' });
    expect([...buckets.unread]).toEqual([]);
  });

  it('stops when it is told to, leaves no half file, and goes on the next time', async () => {
    const stopping = new AbortController();
    const files = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((key) => [key, `content of ${key}`]));
    const bucket = bucketOf(files, { stop: stopping.signal });
    let writes = 0;
    const write: typeof writeAll = async (handle, bytes) => {
      writes += 1;
      if (writes === 6) stopping.abort();
      await writeAll(handle, bytes);
    };
    const request = requestIn(temp.path, { target: { kind: 'versions-back', count: 0 } });
    const result = await run(request, fakeBuckets(bucket), { write, stop: stopping.signal, concurrency: 2 });
    expect(result.report).toMatchObject({
      error: { code: 'cancelled', hint: expect.stringContaining('Run the same step again') },
    });
    expect(result.report.skipped['not-attempted']).toBeGreaterThan(0);
    counts(result);
    for (const [name, content] of Object.entries(out())) expect(content).toBe(files[name]);

    const again = await run(request, fakeBuckets(bucketOf(files)));
    const done = result.report.totals.restored;
    expect(counts(again)).toEqual({ planned: 5, restored: 5 - done, ...(done > 0 && { unchanged: done }) });
    expect(out()).toEqual(files);
  });

  it('that goes back versions can be run again all the same: it changes nothing', async () => {
    const stop = AbortSignal.abort();
    const request = requestIn(temp.path, { target: { kind: 'versions-back', count: 1 } });
    const result = await run(request, fakeBuckets(bucketOf({ a: '1' }, { stop })), { stop });
    expect(result.report.error).toMatchObject({
      code: 'cancelled',
      hint: expect.stringMatching(/^Run the same step again/),
    });
  });

  it('stops when nothing can be written any more', async () => {
    const write: typeof writeAll = async () => {
      throw Object.assign(new Error('EROFS'), { code: 'EROFS', syscall: 'write' });
    };
    const result = await run(requestIn(temp.path), fakeBuckets(bucketOf({ a: '1', b: '2' })), {
      write,
      concurrency: 1,
    });
    expect(result.report).toMatchObject({ status: 'failed', error: { code: 'directory-not-writable' } });
    expect(counts(result)).toEqual({ planned: 2, failed: 1, skipped: 1 });
  });

  const REFUSED: readonly [what: string, code: string, directory: () => string][] = [
    [
      'a file',
      'directory-not-a-folder',
      () => {
        writeFileSync(temp.in('file'), 'x');
        return temp.in('file');
      },
    ],
    // Also for the superuser, who may write everywhere else.
    ['where nothing can be written', 'directory-not-writable', () => '/proc/s3-rollback'],
  ];
  it.each(REFUSED.slice(0, process.platform === 'linux' ? 2 : 1))(
    'is refused before any request where the folder is %s',
    async (_, code, directory) => {
      const request = requestIn(temp.path, { directory: directory() });
      const result = await run(request, fakeBuckets(bucketOf({ a: '1' })));
      expect(result.report).toMatchObject({
        status: 'failed',
        error: { code, message: expect.stringMatching(/^input "directory"/) },
      });
      expect(result.report.requests).toMatchObject({ list: 0, get: 0 });
      expect(JSON.parse(readFileSync(request.reportFile, 'utf8'))).toEqual(result.report);
    },
  );
});
