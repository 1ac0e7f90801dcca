import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CancelledError } from '../../../src/core/errors.ts';
import type { ManifestFormat } from '../../../src/core/manifest.ts';
import { openManifest } from '../../../src/manifest/index.ts';
import { type Content, filesOf, md5, refusal, rowsOf } from './support.ts';

const PLACE = 'my-bucket/all/2026-11-22T01-00Z';
const DATA = 's3://lists/my-bucket/all/data/1.csv.gz';
const SCHEMA = 'Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag';

const row = (key: string, versionId = 'v', latest = 'true', marker = 'false') =>
  `"my-bucket","${key}","${versionId}","${latest}","${marker}","12","2026-11-21T09:30:00.000Z","d41d8c"\n`;

interface Given {
  readonly document?: object;
  readonly csv?: string;
  /** Its bytes, where they are not those of `csv`. */
  readonly data?: Content;
  readonly files?: Readonly<Record<string, Content>>;
  readonly format?: ManifestFormat;
}

function inventory({ document = {}, csv = row('a') }: Given = {}): string {
  const document1 = {
    sourceBucket: 'my-bucket',
    destinationBucket: 'arn:aws:s3:::lists',
    version: '2016-11-30',
    creationTimestamp: '1795309200000',
    fileFormat: 'CSV',
    fileSchema: SCHEMA,
    files: [{ key: 'my-bucket/all/data/1.csv.gz', size: 100, MD5checksum: md5(gzipSync(csv)) }],
    ...document,
  };
  return JSON.stringify(document1, null, 2);
}

function openedInventory(given: Given = {}) {
  const { csv = row('a'), data = gzipSync(csv), files = {}, format = 'auto' } = given;
  const all = { [`s3://lists/${PLACE}/manifest.json`]: inventory(given), [DATA]: data, ...files };
  return openManifest({ bucket: 'lists', key: `${PLACE}/manifest.json` }, format, filesOf(all));
}

const rows = (given: Given = {}) => rowsOf(openedInventory(given));

const TIME = Date.UTC(2026, 10, 21, 9, 30);
const first = {
  bucket: 'my-bucket',
  key: 'a',
  versionId: 'v',
  latest: true,
  deleteMarker: false,
  lastModified: TIME,
  line: 1,
};

describe('an S3 Inventory', () => {
  it('tells its bucket and when its scan began', async () => {
    for (const format of ['auto', 'inventory'] as const) {
      const manifest = await openedInventory({ format });
      expect(manifest).toMatchObject({
        kind: 'inventory',
        sourceBucket: 'my-bucket',
        createdAt: 1795309200000,
        hasTimes: true,
      });
      expect(await rowsOf(manifest)).toEqual([first]);
    }
  });

  it('has rows, in the order of its files, and lines counted in each', async () => {
    const more = gzipSync(row('b%2Bb+b', '', 'FALSE', 'TRUE') + row('c', 'null', 'False', 'True'));
    const document = {
      files: [
        { key: 'my-bucket/all/data/1.csv.gz', MD5checksum: md5(gzipSync(row('a'))) },
        { key: 'x/2.csv.gz', MD5checksum: md5(more).toUpperCase() },
      ],
    };
    expect(await rows({ document, files: { 's3://lists/x/2.csv.gz': more } })).toEqual([
      first,
      { ...first, key: 'b+b b', versionId: 'null', latest: false, deleteMarker: true },
      { ...first, key: 'c', versionId: 'null', latest: false, deleteMarker: true, line: 2 },
    ]);
  });

  it('has its columns in the order of fileSchema', async () => {
    const csv = 'true,false,v,a,my-bucket\n';
    const document = { fileSchema: 'IsLatest,IsDeleteMarker,VersionId,Key,Bucket' };
    const manifest = await openedInventory({ csv, document });
    expect(manifest).toMatchObject({ hasTimes: false });
    const { lastModified, ...without } = first;
    expect(await rowsOf(manifest)).toEqual([without]);
  });

  it.each([
    ['in China', { destinationBucket: 'arn:aws-cn:s3:::lists' }],
    ['in GovCloud', { destinationBucket: 'arn:aws-us-gov:s3:::lists' }],
    ['with a bare name of the bucket', { destinationBucket: 'lists' }],
    ['with a number for the time', { creationTimestamp: 1795309200000 }],
    ['with format in lower case', { fileFormat: 'csv' }],
  ])('may be %s', async (_, document) => {
    expect(await rows({ document })).toEqual([first]);
  });

  it('may be printed on one line, or compressed, or begin with a byte order mark', async () => {
    const text = JSON.stringify(JSON.parse(inventory()));
    for (const content of [text, gzipSync(text), `\ufeff${text}`]) {
      expect(await rows({ files: { [`s3://lists/${PLACE}/manifest.json`]: content } })).toEqual([first]);
    }
  });

  it('may have been downloaded; its files are still in the bucket', async () => {
    const open = filesOf({ '/w/manifest.json': inventory(), [DATA]: gzipSync(row('a')) });
    expect(await rowsOf(openManifest({ file: '/w/manifest.json' }, 'auto', open))).toEqual([first]);
  });

  it('may have no files, and a file no rows', async () => {
    expect(await rows({ document: { files: [] } })).toEqual([]);
    expect(await rows({ csv: '' })).toEqual([]);
  });

  it('may have files that are not compressed', async () => {
    const data = row('a');
    const document = { files: [{ key: 'my-bucket/all/data/1.csv.gz', MD5checksum: md5(data) }] };
    expect(await rows({ document, data })).toEqual([first]);
  });

  it('opens its files when their rows are asked for, one after the other', async () => {
    const asked: string[] = [];
    const csv = row('a');
    const file = (key: string) => ({ key, MD5checksum: md5(gzipSync(csv)) });
    const files = filesOf({
      '/w/m': inventory({ document: { files: [file('1'), file('2')] } }),
      's3://lists/1': gzipSync(csv),
      's3://lists/2': gzipSync(csv),
    });
    const manifest = await openManifest({ file: '/w/m' }, 'auto', (location) => {
      if ('key' in location) asked.push(location.key);
      return files(location);
    });
    expect(asked).toEqual([]);
    for await (const _ of manifest.rows) break;
    expect(asked).toEqual(['1']);
  });
});

describe('an inventory that is of no use is refused when it is opened', () => {
  it.each([
    ['ORC', { fileFormat: 'ORC', fileSchema: 'struct<…>' }, 'files are "ORC", not CSV', 'Choose CSV'],
    [
      'Parquet',
      { fileFormat: 'Parquet', fileSchema: 'message s3.inventory {…}' },
      'files are "Parquet", not CSV',
      'Choose CSV',
    ],
    [
      'current versions only',
      { fileSchema: 'Bucket, Key, Size, LastModifiedDate' },
      'current versions only',
      'IncludedObjectVersions: All',
    ],
    ['no IsLatest', { fileSchema: 'Bucket, Key, VersionId, IsDeleteMarker' }, 'IsLatest', 'Include all versions'],
    ['no Key', { fileSchema: 'Bucket, VersionId, IsLatest, IsDeleteMarker' }, 'without Bucket or Key', ''],
    ['no fileSchema', { fileSchema: undefined }, 'field "fileSchema" is missing', ''],
    ['no fileFormat', { fileFormat: undefined }, 'field "fileFormat" is missing', ''],
    ['no sourceBucket', { sourceBucket: undefined }, 'field "sourceBucket" is missing', ''],
    [
      'a sourceBucket that is none',
      { sourceBucket: 'a/b' },
      'field "sourceBucket": "a/b" is not the name of a bucket',
      '',
    ],
    ['a destinationBucket that is none', { destinationBucket: 'arn:aws:sqs:::x' }, 'field "destinationBucket"', ''],
    ['no creationTimestamp', { creationTimestamp: undefined }, 'field "creationTimestamp" is missing', ''],
    ['a creationTimestamp that is none', { creationTimestamp: 'yesterday' }, '"creationTimestamp" is "yesterday"', ''],
    ['no files', { files: undefined }, 'field "files" is missing, not a list of objects', ''],
    ['files that are no list', { files: 'x' }, 'field "files"', ''],
    ['a file without a key', { files: [{ MD5checksum: md5('') }] }, 'field "key" is missing', ''],
    [
      'a file with a number for a key',
      { files: [{ key: 1, MD5checksum: md5('') }] },
      'field "key" is "1", not a string',
      '',
    ],
    ['a file without an MD5', { files: [{ key: 'k' }] }, 'field "MD5checksum" is missing', ''],
  ])('%s', async (_, document, message, hint) => {
    await expect(openedInventory({ document })).rejects.toMatchObject(refusal(message, hint));
  });
});

describe('a row of an inventory that cannot be read stops everything', () => {
  it.each([
    [
      'another bucket',
      row('a').replace('my-bucket', 'your-bucket'),
      'line 2, column 1 (Bucket): "your-bucket" is not the bucket of this inventory, "my-bucket"',
    ],
    [
      'a header',
      'Bucket,Key,VersionId,IsLatest,IsDeleteMarker,Size,LastModifiedDate,ETag\n',
      'line 2, column 1 (Bucket)',
    ],
    ['a column too few', '"my-bucket","a"\n', 'line 2: has 2 columns, and "fileSchema" names 8'],
    ['a key that is not URL-encoded', row('a b'), 'line 2, column 2 (Key): "a b" is not URL-encoded'],
    ['no key', row(''), 'column 2 (Key): is empty'],
    ['a version id that is none', row('a', 'v v'), 'column 3 (VersionId): "v v" is not a version id'],
    ['no IsLatest', row('a', 'v', ''), 'column 4 (IsLatest): "" is neither true nor false'],
    ['another IsDeleteMarker', row('a', 'v', 'true', '1'), 'column 5 (IsDeleteMarker): "1" is neither true nor false'],
    ['no time', row('a').replace(/2026[^"]*/, ''), 'column 7 (LastModifiedDate): "" is not a time'],
    ['a time without a zone', row('a').replace('.000Z', ''), 'column 7 (LastModifiedDate)'],
    ['a time that never was', row('a').replace('2026-11', '2026-13'), 'column 7 (LastModifiedDate)'],
    ['a quotation mark never closed', '"my-bucket', 'opened after line 1 is never closed'],
  ])('%s', async (_, bad, message) => {
    await expect(rows({ csv: row('a') + bad })).rejects.toMatchObject(refusal(message));
    await expect(rows({ csv: row('a') + bad })).rejects.toMatchObject(refusal(`manifest ${DATA}`));
  });
});

describe('a data file that is not the one that was listed', () => {
  const csv = row('a').repeat(5000);
  const whole = gzipSync(csv);

  it.each([
    ['changed', gzipSync(csv + row('b')), 'is not the file that was listed: its MD5 is'],
    ['cut off', whole.subarray(0, whole.length - 20), 'is not the file that was listed'],
    ['empty', '', 'is not the file that was listed'],
  ])('%s: its MD5 tells', async (_, data, message) => {
    await expect(rows({ csv, data })).rejects.toMatchObject(refusal(`${DATA}: ${message}`));
  });

  const listed = (data: Content) => ({ files: [{ key: 'my-bucket/all/data/1.csv.gz', MD5checksum: md5(data) }] });

  it.each([
    ['cut off before it was listed', whole.subarray(0, whole.length - 20), 'ends in the middle of its gzip stream'],
    ['cut off in its header', whole.subarray(0, 5), 'ends in the middle of its gzip stream'],
    [
      'broken',
      Buffer.concat([whole.subarray(0, 20), Buffer.alloc(40, 0xff), whole.subarray(60)]),
      'its data are broken',
    ],
    ['of Parquet', 'PAR1\u0015\u0004', 'is a file of Apache Parquet'],
  ])('%s', async (_, data, message) => {
    await expect(rows({ csv, data, document: listed(data) })).rejects.toMatchObject(refusal(message));
  });

  it('may be of several gzip members, and have something after them that is none', async () => {
    const data = Buffer.concat([gzipSync(row('a')), gzipSync(row('b')), Buffer.alloc(100_000)]);
    expect(await rows({ data, document: listed(data) })).toEqual([first, { ...first, key: 'b', line: 2 }]);
  });

  it('is compared to its last byte, also where zeros follow the gzip stream', async () => {
    for (const zeros of [10, 300_000]) {
      const data = Buffer.concat([gzipSync(row('a')), Buffer.alloc(zeros)]);
      expect(await rows({ data, document: listed(data) })).toEqual([first]);
      const other = Buffer.concat([data.subarray(0, -1), Buffer.from('!')]);
      await expect(rows({ data: other, document: listed(data) })).rejects.toMatchObject(refusal(DATA));
      const longer = Buffer.concat([data, Buffer.alloc(1)]);
      await expect(rows({ data: longer, document: listed(data) })).rejects.toMatchObject(refusal('its MD5 is'));
    }
  });

  it('is refused by whoever opens it, in his own words', async () => {
    const document = { files: [{ key: 'elsewhere', MD5checksum: md5('') }] };
    await expect(rows({ document })).rejects.toThrow('no file s3://lists/elsewhere');
  });
});

describe('manifest.checksum beside manifest.json', () => {
  const checksum = (content: Content) => ({ [`s3://lists/${PLACE}/manifest.checksum`]: content });

  it.each([
    ['agrees', md5(inventory())],
    ['agrees, with a line end', `${md5(inventory())}\n`],
    ['agrees, in capitals', md5(inventory()).toUpperCase()],
  ])('%s', async (_, content) => {
    expect(await rows({ files: checksum(content) })).toEqual([first]);
  });

  it.each([
    ['of another file', md5('x')],
    ['no MD5 at all', 'hello ##[x]'],
  ])('that is %s is an error', async (_, content) => {
    await expect(rows({ files: checksum(content) })).rejects.toMatchObject(
      refusal(
        `manifest s3://lists/${PLACE}/manifest.json: its MD5 is ${md5(inventory())}, and s3://lists/${PLACE}/manifest.checksum says "`,
      ),
    );
  });

  it('is not looked for beside a file of another name', async () => {
    const asked: unknown[] = [];
    const files = filesOf({ 's3://lists/copy.json': inventory(), [DATA]: gzipSync(row('a')) });
    const open = (location: Parameters<typeof files>[0]) => {
      asked.push(location);
      return files(location);
    };
    expect(await rowsOf(openManifest({ bucket: 'lists', key: 'copy.json' }, 'auto', open))).toEqual([first]);
    expect(asked).toHaveLength(2);
  });

  it('does not hide that the job was cancelled', async () => {
    const files = filesOf({ [`s3://lists/${PLACE}/manifest.json`]: inventory() });
    const open: typeof files = async (location) => {
      if ('key' in location && location.key.endsWith('checksum')) throw new CancelledError();
      return files(location);
    };
    await expect(openManifest({ bucket: 'lists', key: `${PLACE}/manifest.json` }, 'auto', open)).rejects.toThrow(
      CancelledError,
    );
  });
});
