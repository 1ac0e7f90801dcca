import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openManifest } from '../../../src/manifest/index.ts';
import { anyKey, runs } from '../../support/arbitraries.ts';
import { chunked, encodeAll, encodeLikeS3, filesOf, md5, rowsOf } from './support.ts';

/** Whatever is written down by an encoder that is not ours is read back, however the bytes are cut. */

const key = fc
  .oneof(
    anyKey,
    fc.string({
      unit: fc.constantFrom(
        '+',
        '%',
        '%2B',
        ' ',
        ',',
        '"',
        '\n',
        '\r',
        '\r\n',
        'é',
        '\u{1f600}',
        '{',
        '\ufeff',
        '\u2028',
      ),
      minLength: 1,
      maxLength: 8,
    }),
  )
  .filter((text) => text.isWellFormed() && Buffer.byteLength(text) <= 1024);
const versionId = fc.oneof(
  fc.constant('null'),
  fc.string({ unit: fc.constantFrom(...'aZ09._-+/='), minLength: 1, maxLength: 12 }),
);
const bucket = fc.constantFrom('my-bucket', 'Old_Bucket', 'a.b.c');
const row = fc.record({ bucket, key, versionId: fc.option(versionId, { nil: undefined }) });
const lineEnd = fc.constantFrom('\n', '\r\n', '\n\n', '\r\n  \n');
const chunkSizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 300 })), {
  minLength: 1,
  maxLength: 8,
});

function opening(content: string | Uint8Array, sizes: readonly number[], name = '/w/m') {
  const bytes = Buffer.from(content);
  return openManifest({ file: name }, 'auto', async () => {
    let i = 0;
    return chunked(bytes, () => sizes[i++ % sizes.length] ?? 1);
  });
}

/** As they should come back: without the line, which the encoders here do not count. */
async function withoutLines(rows: Promise<object[]>): Promise<object[]> {
  return (await rows).map((one) => ({ ...one, line: undefined }));
}

const fewer = () => ({ ...runs(), numRuns: Math.ceil(runs().numRuns / 2) });

describe('property: rows come back', () => {
  it('from CSV, quoted or not, compressed or not', async () => {
    const cell = fc.constantFrom(
      (text: string) => text,
      (text: string) => `"${text.replaceAll('"', '""')}"`,
    );
    const encode = fc.constantFrom(encodeAll, encodeLikeS3);
    const encoded = fc.record({ row, cell, encode, end: lineEnd });
    await fc.assert(
      fc.asyncProperty(
        fc.array(encoded, { minLength: 1, maxLength: 12 }),
        chunkSizes,
        fc.boolean(),
        async (all, sizes, zip) => {
          const text = all
            .map(({ row: { bucket, key, versionId }, cell, encode, end }) =>
              [bucket, encode(key), ...(versionId === undefined ? [] : [versionId])].map(cell).join(',').concat(end),
            )
            .join('');
          const found = withoutLines(rowsOf(opening(zip ? gzipSync(text) : text, sizes)));
          expect(await found).toEqual(all.map(({ row }) => row));
        },
      ),
      fewer(),
    );
  });

  it('from JSON Lines, with any escapes', async () => {
    const written = fc.constantFrom(
      (json: string) => json,
      (json: string) => json.replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
    );
    const encoded = fc.record({ row, written, end: lineEnd });
    await fc.assert(
      fc.asyncProperty(
        fc.array(encoded, { minLength: 1, maxLength: 12 }),
        chunkSizes,
        fc.boolean(),
        async (all, sizes, zip) => {
          const text = all.map(({ row, written, end }) => written(JSON.stringify(row)) + end).join('');
          const found = withoutLines(rowsOf(opening(zip ? gzipSync(text) : text, sizes)));
          expect(await found).toEqual(all.map(({ row }) => row));
        },
      ),
      fewer(),
    );
  });

  it('from an inventory, its columns in any order', async () => {
    const columns = fc.shuffledSubarray(
      ['Bucket', 'Key', 'VersionId', 'IsLatest', 'IsDeleteMarker', 'Size', 'LastModifiedDate', 'ETag'],
      { minLength: 8 },
    );
    const flag = fc.constantFrom('true', 'false', 'TRUE', 'FALSE', 'True');
    const one = fc.record({ key, versionId, latest: flag, marker: flag, seconds: fc.integer({ min: 0, max: 4e9 }) });
    await fc.assert(
      fc.asyncProperty(columns, fc.array(one, { maxLength: 8 }), async (schema, all) => {
        const text = all
          .map((entry) => {
            const cells: Readonly<Record<string, string>> = {
              Bucket: 'my-bucket',
              Key: encodeLikeS3(entry.key),
              VersionId: entry.versionId === 'null' ? '' : entry.versionId,
              IsLatest: entry.latest,
              IsDeleteMarker: entry.marker,
              Size: '1',
              LastModifiedDate: new Date(entry.seconds * 1000).toISOString(),
              ETag: '',
            };
            return `${schema.map((column) => `"${cells[column]}"`).join(',')}\n`;
          })
          .join('');
        const data = gzipSync(text);
        const document = {
          sourceBucket: 'my-bucket',
          destinationBucket: 'arn:aws:s3:::lists',
          version: '2016-11-30',
          creationTimestamp: '1795309200000',
          fileFormat: 'CSV',
          fileSchema: schema.join(', '),
          files: [{ key: 'd/1.csv.gz', size: data.length, MD5checksum: md5(data) }],
        };
        const files = filesOf({ '/w/manifest.json': JSON.stringify(document), 's3://lists/d/1.csv.gz': data }, 7);
        const found = await withoutLines(rowsOf(openManifest({ file: '/w/manifest.json' }, 'auto', files)));
        expect(found).toEqual(
          all.map((entry) => ({
            bucket: 'my-bucket',
            key: entry.key,
            versionId: entry.versionId,
            latest: entry.latest.toLowerCase() === 'true',
            deleteMarker: entry.marker.toLowerCase() === 'true',
            lastModified: entry.seconds * 1000,
          })),
        );
      }),
      fewer(),
    );
  });
});

describe('property: where the bytes are cut does not matter', () => {
  /** Pieces of which files are made that are mostly wrong, each in its own way. */
  const debris = fc.constantFrom(
    'my-bucket,a',
    ',v',
    'my-bucket,a b',
    'my-bucket,%C3%A9',
    '"',
    '"a""b"',
    ',',
    '\n',
    '\r',
    '\r\n',
    'é',
    '{"bucket":"my-bucket","key":"a"}',
    '{',
    '}',
    '\ufeff',
    ' ',
    '%',
    'bucket,key',
    ',,failed,1,2,3',
  );

  it('for anything at all: the same rows, or the same error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(debris, { maxLength: 12 }), chunkSizes, async (parts, sizes) => {
        const text = parts.join('');
        expect(await outcome(text, sizes)).toEqual(await outcome(text, [1 << 20]));
      }),
      runs(),
    );
  });

  async function outcome(text: string, sizes: readonly number[]): Promise<unknown> {
    try {
      return await rowsOf(opening(text, sizes));
    } catch (error) {
      return String(error);
    }
  }
});
