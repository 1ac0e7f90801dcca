import { describe, expect, it } from 'vitest';
import { MAX_COPY_BYTES, type ObjectHead, sameObject, settleCopy } from '../../../src/core/copy.ts';
import type { CopyQuestion } from '../../../src/core/decide.ts';
import { marker, version } from './entries.ts';

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

describe('the same object', () => {
  it.each<[string, Partial<ObjectHead>, Partial<ObjectHead>]>([
    ['equal in all', {}, {}],
    ['another version id', { versionId: 'V1' }, { versionId: 'V2' }],
    [
      'another ETag, one checksum of the whole',
      { etag: 'x-2', checksums: { CRC64NVME: 'c' } },
      { checksums: { CRC64NVME: 'c' } },
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

describe('settling a copy', () => {
  function question(more: Partial<CopyQuestion> = {}): CopyQuestion {
    return { key: 'k', current: version('V2'), source: version('V1'), compare: true, destroysNull: false, ...more };
  }

  it('becomes one guarded step', () => {
    expect(settleCopy('bucket', question(), head(), head({ etag: 'x' }))).toEqual({
      kind: 'change',
      line: {
        bucket: 'bucket',
        key: 'k',
        from: { versionId: 'V2', deleteMarker: false, etag: 'etag-V2' },
        to: { versionId: 'V1' },
        steps: [{ do: 'copy-version', versionId: 'V1' }],
      },
    });
  });

  it('knows no ETag of a marker', () => {
    const settled = settleCopy('bucket', question({ current: marker('DM1'), compare: false }), head(), undefined);
    expect(settled).toMatchObject({ line: { from: { versionId: 'DM1', deleteMarker: true, etag: null } } });
  });

  it('does not carry what every object gets: the step stays as short as the contract has it', () => {
    expect(settleCopy('bucket', question(), head({ encryption: 'AES256' }), undefined)).toMatchObject({
      line: { steps: [{ do: 'copy-version', versionId: 'V1' }] },
    });
    const settled = settleCopy('bucket', question(), head({ encryption: 'AES256' }), undefined);
    expect(JSON.stringify(settled)).not.toContain('carry');
  });

  it('carries over what CopyObject would forget', () => {
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
    const carried = {
      storageClass: 'STANDARD_IA',
      websiteRedirect: '/b',
      encryption: 'aws:kms',
      kmsKeyId: 'arn:key',
      bucketKey: true,
    };
    expect(settleCopy('bucket', question(), head(carried), undefined)).toMatchObject({
      line: { steps: [{ do: 'copy-version', versionId: 'V1', carry: carried }] },
    });
  });

  const UNCHANGED = { kind: 'unchanged' };
  const skip = (reason: string) => ({ kind: 'skip', reason });
  const restored = 'ongoing-request="false", expiry-date="Fri, 27 Nov 2026 00:00:00 GMT"';

  it.each<[string, Partial<CopyQuestion>, Partial<ObjectHead>, Partial<ObjectHead> | undefined, object]>([
    ['equal already', {}, {}, {}, UNCHANGED],
    [
      'equal already comes before every obstacle',
      { destroysNull: true },
      { storageClass: 'GLACIER', customerKey: true },
      {},
      UNCHANGED,
    ],
    ['equal, but not asked to compare', { compare: false }, {}, {}, { kind: 'change' }],
    ['the current version went away meanwhile', {}, {}, undefined, { kind: 'change' }],
    ['would destroy a null version', { destroysNull: true }, {}, { etag: 'x' }, skip('would-destroy-null-version')],
    ['archived', {}, { storageClass: 'GLACIER' }, undefined, skip('archived')],
    ['deeply archived', {}, { storageClass: 'DEEP_ARCHIVE' }, undefined, skip('archived')],
    [
      'in an archive tier',
      {},
      { storageClass: 'INTELLIGENT_TIERING', archiveStatus: 'ARCHIVE_ACCESS' },
      undefined,
      skip('archived'),
    ],
    [
      'being restored from the archive',
      {},
      { storageClass: 'GLACIER', restore: 'ongoing-request="true"' },
      undefined,
      skip('archived'),
    ],
    ['restored from the archive', {}, { storageClass: 'GLACIER', restore: restored }, undefined, { kind: 'change' }],
    ['archived for instant retrieval', {}, { storageClass: 'GLACIER_IR' }, undefined, { kind: 'change' }],
    ['with a key of the customer', {}, { customerKey: true }, undefined, skip('customer-encryption-key')],
    ['of 5 GiB', {}, { size: MAX_COPY_BYTES }, undefined, { kind: 'change' }],
    ['over 5 GiB', {}, { size: MAX_COPY_BYTES + 1 }, undefined, skip('too-large')],
  ])('%s', (_, asked, source, current, expected) => {
    expect(settleCopy('bucket', question(asked), head(source), current && head(current))).toMatchObject(expected);
  });
});
