import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { archivedIn, waitingTime } from '../../../src/core/archive.ts';
import { copyStep, MAX_COPY_BYTES, sameObject } from '../../../src/core/copy.ts';
import type { ObjectHead } from '../../../src/core/head.ts';
import type { Entry } from '../../../src/core/history.ts';
import type { Preserve } from '../../../src/core/request.ts';
import { version } from './entries.ts';

function head(more: Partial<ObjectHead> = {}): ObjectHead {
  return {
    versionId: 'V1',
    etag: 'e',
    size: 3,
    contentType: 'text/html',
    metadata: { a: '1' },
    checksums: {},
    ...more,
  };
}

const md5Of = (hex: string) => createHash('md5').update(Buffer.from(hex, 'hex')).digest('hex');

describe('the same object', () => {
  it.each<[string, Partial<ObjectHead>, Partial<ObjectHead>]>([
    ['equal in all', {}, {}],
    ['another version id', { versionId: 'V1' }, { versionId: 'V2' }],
    [
      'another ETag, one checksum of the whole',
      { etag: 'x-2', checksums: { CRC64NVME: 'c' } },
      { checksums: { CRC64NVME: 'c' } },
    ],
    // md5('A'), and md5 of its bytes.
    [
      'the ETag of the same content in one part',
      { etag: '7fc56270e7a70fa81a5935b72eacbe29' },
      { etag: `${md5Of('7fc56270e7a70fa81a5935b72eacbe29')}-1` },
    ],
    ['equal ETag, no checksum in common', { checksums: { SHA256: 's' } }, { checksums: { CRC32: 'c' } }],
    ['where it is stored and how it is encrypted', { storageClass: 'STANDARD_IA', encryption: 'aws:kms' }, {}],
  ])('%s', (_, a, b) => {
    expect(sameObject(head(a), head(b))).toBe(true);
    expect(sameObject(head(b), head(a))).toBe(true);
  });

  it.each<[string, Partial<ObjectHead>, Partial<ObjectHead>]>([
    ['size', { size: 4 }, {}],
    ['ETag', { etag: 'x' }, {}],
    [
      'ETag, of one part',
      { etag: '7fc56270e7a70fa81a5935b72eacbe29' },
      { etag: `${md5Of('9d5ed678fe57bcca610140957afab571')}-1` },
    ],
    [
      'number of parts',
      { etag: '7fc56270e7a70fa81a5935b72eacbe29' },
      { etag: `${md5Of('7fc56270e7a70fa81a5935b72eacbe29')}-2` },
    ],
    ['ETag, and a checksum only one has', { etag: 'x', checksums: { SHA256: 's' } }, {}],
    ['ETag and checksum', { etag: 'x', checksums: { SHA256: 's' } }, { checksums: { SHA256: 't' } }],
    [
      'ETag and one checksum of two',
      { etag: 'x', checksums: { SHA256: 's', CRC32: 'a' } },
      { checksums: { SHA256: 's', CRC32: 'b' } },
    ],
    ['Content-Type', { contentType: 'text/plain' }, {}],
    ['Cache-Control', { cacheControl: 'no-cache' }, {}],
    ['Content-Disposition', { contentDisposition: 'inline' }, {}],
    ['Content-Encoding', { contentEncoding: 'gzip' }, {}],
    ['Content-Language', { contentLanguage: 'de' }, {}],
    ['Expires', { expires: '0' }, {}],
    ['redirect', { websiteRedirect: '/b' }, {}],
    ['a metadata value', { metadata: { a: '2' } }, {}],
    ['a metadata name', { metadata: { b: '1' } }, {}],
    ['metadata only one has', { metadata: { a: '1', b: '2' } }, {}],
    ['no metadata', { metadata: {} }, {}],
  ])('not with another %s', (_, a, b) => {
    expect(sameObject(head(a), head(b))).toBe(false);
    expect(sameObject(head(b), head(a))).toBe(false);
  });
});

describe('the step that copies a version', () => {
  const HERE = { bucket: 'bucket', key: 'k' };
  const THERE = { bucket: 'other', key: 'p/k' };
  const NOTHING_MORE = { objectLock: false, annotations: false };
  const NOW = Date.parse('2026-11-22T12:00:00Z');
  const stepOf = (
    more: Partial<ObjectHead> = {},
    preserve: Preserve = NOTHING_MORE,
    to = HERE,
    entry = version('V1'),
  ) => copyStep(HERE, entry, head(more), to, { preserve, now: NOW });

  it('in place is as short as can be', () => {
    expect(stepOf()).toEqual({ step: { do: 'copy-version', versionId: 'V1' } });
  });

  it('elsewhere says where the version is', () => {
    expect(stepOf({}, NOTHING_MORE, THERE)).toEqual({ step: { do: 'copy-version', versionId: 'V1', source: HERE } });
  });

  it('pins a null version by its ETag: any write may take its place', () => {
    expect(stepOf({}, NOTHING_MORE, HERE, version('null'))).toEqual({
      step: { do: 'copy-version', versionId: 'null', etag: 'e' },
    });
  });

  it('carries over what CopyObject would forget', () => {
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
    const carry = {
      storageClass: 'STANDARD_IA',
      websiteRedirect: '/b',
      encryption: 'aws:kms:dsse',
      kmsKeyId: 'arn:key',
      bucketKey: true,
    };
    expect(stepOf(carry)).toEqual({ step: { do: 'copy-version', versionId: 'V1', carry } });
    expect(stepOf({ encryption: 'AES256' })).toMatchObject({ step: { carry: { encryption: 'AES256' } } });
  });

  it('carries retention, legal hold and annotations on request only', () => {
    const locked = { lockMode: 'GOVERNANCE', lockUntil: '2026-12-01T00:00:00Z', legalHold: true };
    expect(stepOf(locked)).toEqual({ step: { do: 'copy-version', versionId: 'V1' } });
    expect(stepOf(locked, { objectLock: true, annotations: true })).toEqual({
      step: { do: 'copy-version', versionId: 'V1', carry: { ...locked, annotations: true } },
    });
  });

  it('does not carry a retention that is over, which S3 would refuse', () => {
    const over = { lockMode: 'GOVERNANCE', lockUntil: '2026-11-22T12:00:00Z', legalHold: false };
    expect(stepOf(over, { objectLock: true, annotations: false })).toEqual({
      step: { do: 'copy-version', versionId: 'V1' },
    });
  });

  const restored = 'ongoing-request="false", expiry-date="Fri, 27 Nov 2026 00:00:00 GMT"';
  const archived = (archive: string, more: object = {}) => ({
    archived: { ...HERE, versionId: 'V1', archive, ...more },
  });
  const step = (more: object = {}) => ({ step: { do: 'copy-version', ...more } });

  it.each<[string, Partial<ObjectHead>, object]>([
    ['archived', { storageClass: 'GLACIER', size: 7 }, archived('GLACIER', { size: 7, inProgress: false })],
    ['deeply archived', { storageClass: 'DEEP_ARCHIVE' }, archived('DEEP_ARCHIVE')],
    [
      'in an archive tier',
      { storageClass: 'INTELLIGENT_TIERING', archiveStatus: 'ARCHIVE_ACCESS' },
      archived('ARCHIVE_ACCESS', { storageClass: 'INTELLIGENT_TIERING' }),
    ],
    [
      'being restored from the archive',
      { storageClass: 'GLACIER', restore: 'ongoing-request="true"' },
      archived('GLACIER', { inProgress: true }),
    ],
    ['restored from the archive', { storageClass: 'GLACIER', restore: restored }, step()],
    ['archived for instant retrieval', { storageClass: 'GLACIER_IR' }, step()],
    ['with a key of the customer', { customerKey: true }, { skip: 'customer-encryption-key' }],
    ['of 5 GiB', { size: MAX_COPY_BYTES }, step()],
    ['over 5 GiB', { size: MAX_COPY_BYTES + 1 }, step({ multipart: MAX_COPY_BYTES + 1 })],
  ])('%s', (_, source, expected) => {
    expect(stepOf(source)).toMatchObject(expected);
  });
});

describe('what is in an archive, as a listing tells it', () => {
  const HERE = { bucket: 'bucket', key: 'k' };

  it.each<[string, Partial<Entry>, object | undefined]>([
    ['of an ordinary class', {}, undefined],
    ['for instant retrieval', { storageClass: 'GLACIER_IR' }, undefined],
    ['archived', { storageClass: 'GLACIER' }, { archive: 'GLACIER', size: 3, inProgress: false }],
    ['being restored', { storageClass: 'DEEP_ARCHIVE', restore: 'in-progress' }, { inProgress: true }],
    ['restored', { storageClass: 'DEEP_ARCHIVE', restore: 'done' }, undefined],
  ])('%s', (_, more, expected) => {
    const found = archivedIn(HERE, version('V1', 0, more));
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(expected);
  });

  it('says how long a restore takes, where that is known', () => {
    expect(waitingTime('GLACIER', 'Standard')).toBe('3 to 5 hours');
    expect(waitingTime('DEEP_ARCHIVE_ACCESS', 'Bulk')).toBe('up to 48 hours');
    expect(waitingTime('NEW_CLASS', 'Bulk')).toBe('');
  });
});
