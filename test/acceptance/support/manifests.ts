import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Histories } from '../../support/server-bucket.ts';

/** A row of a manifest as a test means it. */
export interface NamedRow {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
}

/** As S3 Batch Operations reads it. */
export function csv(rows: readonly NamedRow[]): string {
  return lines(
    rows.map(({ bucket, key, versionId }) =>
      [bucket, encodeURIComponent(key), ...(versionId === undefined ? [] : [versionId])].join(','),
    ),
  );
}

export function jsonl(rows: readonly NamedRow[]): string {
  return lines(rows.map((row) => JSON.stringify(row)));
}

export function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('');
}

/** Rows of a completion report: bucket, key, version id, what became of it, and the error's code, status and message. */
export function reportCsv(rows: readonly (NamedRow & { readonly failed: boolean })[]): string {
  return lines(
    rows.map(({ bucket, key, versionId = '', failed }) => {
      const end = failed
        ? ['failed', 'InternalError', '500', 'We encountered an internal error']
        : ['succeeded', '200', '', 'Successful'];
      return [bucket, encodeURIComponent(key), versionId, ...end].join(',');
    }),
  );
}

/** A file in a bucket; what `putFiles` takes. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

const FIELDS = {
  Bucket: ({ bucket }: Cells) => bucket,
  Key: ({ key }: Cells) => encodeURIComponent(key),
  VersionId: ({ versionId }: Cells) => (versionId === 'null' ? '' : versionId),
  IsLatest: ({ latest }: Cells) => String(latest),
  IsDeleteMarker: ({ deleteMarker }: Cells) => String(deleteMarker),
  LastModifiedDate: ({ lastModified }: Cells) => new Date(lastModified).toISOString(),
  ETag: ({ etag }: Cells) => etag,
  StorageClass: ({ deleteMarker }: Cells) => (deleteMarker ? '' : 'STANDARD'),
} as const;

export type Field = keyof typeof FIELDS;

interface Cells {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
  readonly latest: boolean;
  readonly deleteMarker: boolean;
  readonly lastModified: number;
  readonly etag: string;
}

export interface InventoryOptions {
  /** When S3 made it, in milliseconds since 1970. */
  readonly createdAt: number;
  /** The columns, in the order of the rows. */
  readonly fields?: readonly Field[];
  /** What is said of the format of the files. */
  readonly fileFormat?: string;
  /** The folder of the inventory in its bucket. */
  readonly folder?: string;
}

const ALL_FIELDS = Object.keys(FIELDS) as Field[];

/**
 * The files that S3 Inventory would write of `source` into bucket `into`, by their keys: the rows in no order, over two
 * data files, their list in manifest.json and its MD5 beside it.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
 */
export function inventoryOf(
  source: string,
  histories: Histories,
  into: string,
  {
    createdAt,
    fields = ALL_FIELDS,
    fileFormat = 'CSV',
    folder = `inventory/${source}/all/2026-03-04T12-00Z`,
  }: InventoryOptions,
): Files {
  const rows = [...histories].flatMap(([key, entries]) =>
    entries.map((entry, i): Cells => ({ bucket: source, key, latest: i === 0, ...entry })),
  );
  const inNoOrder = rows
    .map((row) => fields.map((field) => `"${FIELDS[field](row)}"`).join(','))
    .toSorted((a, b) => Buffer.compare(digest('sha256', a), digest('sha256', b)));
  const half = Math.ceil(inNoOrder.length / 2);
  const data = [inNoOrder.slice(0, half), inNoOrder.slice(half)].map((part, i) => ({
    key: `inventory/${source}/all/data/${i}.csv.gz`,
    bytes: gzipSync(lines(part)),
  }));
  const manifest = JSON.stringify(
    {
      sourceBucket: source,
      destinationBucket: `arn:aws:s3:::${into}`,
      version: '2016-11-30',
      creationTimestamp: String(createdAt),
      fileFormat,
      fileSchema: fields.join(', '),
      files: data.map(({ key, bytes }) => ({ key, size: bytes.length, MD5checksum: md5(bytes) })),
    },
    null,
    2,
  );
  return {
    [`${folder}/manifest.json`]: manifest,
    [`${folder}/manifest.checksum`]: md5(manifest),
    ...Object.fromEntries(data.map(({ key, bytes }) => [key, bytes])),
  };
}

/** The manifest.json of a job's completion report, whose result files are these, by key. */
export function reportManifest(
  bucket: string,
  results: readonly { key: string; bytes: string; failed: boolean }[],
): string {
  return JSON.stringify({
    Format: 'Report_CSV_20180820',
    ReportCreationDate: '2026-03-04T12:00:00.000Z',
    Results: results.map(({ key, bytes, failed }) => ({
      TaskExecutionStatus: failed ? 'failed' : 'succeeded',
      Bucket: bucket,
      MD5Checksum: md5(bytes),
      Key: key,
    })),
    ReportSchema: 'Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage',
  });
}

export function md5(bytes: string | Uint8Array): string {
  return digest('md5', bytes).toString('hex');
}

function digest(algorithm: string, bytes: string | Uint8Array): Buffer {
  return createHash(algorithm).update(bytes).digest();
}

/** For `act`: these rows as rows.csv in the workspace. */
export function asCsv(rows: readonly NamedRow[]) {
  return { files: { 'rows.csv': csv(rows) }, rows };
}
