import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  bucketOf,
  counts,
  failureCodes,
  fakeBuckets,
  md5,
  requestIn,
  run,
  treeOf,
  useTemp,
} from './download-support.ts';

const temp = useTemp();

function out(): Record<string, string | null> {
  return treeOf(temp.in('out'));
}

describe('the bytes', () => {
  // The text for which the makers of checksums tell theirs.
  const body = '123456789';
  const sha = (algorithm: string) => createHash(algorithm).update(body).digest('base64');
  const kms = { encryption: 'aws:kms', etag: md5('no MD5 of the content') };

  it.each<[what: string, entry: object, proven: boolean]>([
    ['the MD5 in the ETag', {}, true],
    ['the MD5 in the ETag, S3 encrypting', { encryption: 'AES256' }, true],
    ['a SHA-256 of the whole object', { ...kms, checksums: { SHA256: sha('sha256') } }, true],
    ['a SHA-1 of the whole object', { etag: 'x-2', checksums: { SHA1: sha('sha1') } }, true],
    ['a CRC-32 of the whole object', { etag: 'x-2', checksums: { CRC32: 'y/Q5Jg==' } }, true],
    ['a CRC-64/NVME of the whole object', { etag: 'x-2', checksums: { CRC64NVME: 'rosUhgp5mIg=' } }, true],
    ['a CRC-32C of the whole object', { etag: 'x-2', checksums: { CRC32C: '4waSgw==' } }, true],
    ['the size only, where there is nothing else', { etag: 'x-2', checksums: { XXHASH64: 'AAAAAAAAAAA=' } }, false],
    ['the size only, for an encrypted object without checksum', kms, false],
  ])('are proven by %s', async (_, entry, proven) => {
    const keys = { a: [{ body, ...entry }] };
    const result = await run(requestIn(temp.path), fakeBuckets({ keys }));
    expect(counts(result)).toEqual({ planned: 1, restored: 1 });
    expect(result.report.notes).toEqual(
      proven ? [] : [expect.stringContaining('1 of the fetched files could be checked by size only')],
    );
    const damaged = fakeBuckets({ keys, onRead: () => '987654321' });
    const second = await run(requestIn(temp.in('second')), damaged);
    expect(counts(second)).toEqual({ planned: 1, [proven ? 'failed' : 'restored']: 1 });
  });

  it('are read again from the start where they are wrong', async () => {
    const onRead = (_: string, n: number) => ['eno', 'on', 'one more'][n];
    const buckets = fakeBuckets(bucketOf({ a: 'one' }, { onRead }));
    expect(counts(await run(requestIn(temp.path), buckets))).toEqual({ planned: 1, restored: 1 });
    expect(out()).toEqual({ a: 'one' });
    expect(buckets.sent).toHaveLength(4);
  });

  it('that stay wrong are not kept', async () => {
    const onRead = (key: string) => (key === 'a' ? 'eno' : undefined);
    const buckets = fakeBuckets(bucketOf({ a: 'one', b: 'two' }, { onRead }));
    const result = await run(requestIn(temp.path), buckets);
    expect(failureCodes(result)).toEqual({ a: 'checksum-mismatch' });
    expect(out()).toEqual({ b: 'two' });
    expect(buckets.sent.filter((request) => request === 'GET a v1')).toHaveLength(4);
  });

  it('of another object than was listed are not taken: a null version was written over', async () => {
    const keys = { a: [{ body: 'one', versionId: 'null' }], b: [{ body: 'two', versionId: 'null' }] };
    const answer = (key: string) => (key === 'a' ? { etag: md5('other') } : { size: 99 });
    const buckets = fakeBuckets({ keys, answer });
    const result = await run(requestIn(temp.path), buckets);
    expect(counts(result)).toEqual({ planned: 2, conflicts: 2 });
    expect(out()).toEqual({});
    // Its connection is let go.
    expect([...buckets.unread]).toEqual([]);
  });
});
