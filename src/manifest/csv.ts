import type { ManifestRow } from '../core/manifest.ts';
import { checkBucket, checkVersionId, decodedKey } from './cells.ts';
import { csvRows } from './csv-records.ts';
import { invalid, shown, spot } from './errors.ts';

export interface CsvManifest {
  readonly format: 'csv' | 'report';
  readonly rows: AsyncGenerator<readonly ManifestRow[]>;
}

/**
 * Rows as S3 Batch Operations reads them (`bucket,key[,versionId]`, no header, keys URL-encoded), or as it writes them
 * in the completion report of a job; there only what failed is a row. The first row tells which of the two it is.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/specify-batchjob-manifest.html
 * @throws RollbackError `invalid-manifest`, here for what the first piece shows, later for the rest
 */
export async function openCsv(pieces: AsyncIterable<Buffer>, name: string): Promise<CsvManifest> {
  const reader = rowReader(name);
  const batches = csvRows(pieces, name, (cells, line) => reader.row(cells, line));
  const first = await batches.next();
  async function* rows(): AsyncGenerator<readonly ManifestRow[]> {
    try {
      if (first.done !== true && first.value.length > 0) yield first.value;
      yield* batches;
    } finally {
      await batches.return(undefined);
    }
  }
  return { format: reader.isReport() ? 'report' : 'csv', rows: rows() };
}

/** The rows that failed of one file of a completion report; there may be none. */
export function reportRows(pieces: AsyncIterable<Buffer>, name: string): AsyncGenerator<readonly ManifestRow[]> {
  const read = reportReader(name, cellReader(name));
  return csvRows(pieces, name, read, true);
}

function rowReader(name: string) {
  const cells = cellReader(name);
  const readReport = reportReader(name, cells);
  let report: boolean | undefined;
  return {
    isReport: () => report === true,
    row(record: readonly string[], line: number): ManifestRow | undefined {
      if (report === undefined) {
        refuseHeader(record, name, line);
        report = looksLikeReport(record);
      }
      if (report) return readReport(record, line);
      const [bucket = '', key = '', versionId] = record;
      if (record.length !== 2 && record.length !== 3) throw wrongCount(record, name, line);
      return {
        bucket: cells.bucket(bucket, line),
        key: decodedKey(key, () => spot(name, line, 2, 'key')),
        ...(versionId !== undefined && {
          versionId: checkVersionId(versionId, () => spot(name, line, 3, 'version id')),
        }),
        line,
      };
    },
  };
}

/** Reads buckets; rows of one bucket share one string, so that a million of them are not kept. */
function cellReader(name: string) {
  let last: string | undefined;
  return {
    bucket(cell: string, line: number): string {
      if (cell !== last) last = checkBucket(cell, () => spot(name, line, 1, 'bucket'));
      return last;
    },
  };
}

const REPORT_COLUMNS = 7;
const STATUS = /^(failed|succeeded)$/i;

function looksLikeReport(record: readonly string[]): boolean {
  return record.length === REPORT_COLUMNS && STATUS.test(record[3] ?? '');
}

/**
 * Bucket, Key, VersionId, TaskStatus and three columns more: error code, HTTP status and message. AWS documents the first
 * two of these in one order and shows them in the other; a restore needs neither.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-examples-reports.html
 */
function reportReader(name: string, cells: ReturnType<typeof cellReader>) {
  return (record: readonly string[], line: number): ManifestRow | undefined => {
    const [bucket = '', key = '', versionId = '', status = ''] = record;
    if (record.length !== REPORT_COLUMNS) {
      throw invalid(
        spot(name, line),
        `has ${columns(record)}, and every row of a completion report has ${REPORT_COLUMNS}`,
        'Do not mix the rows of a report with others.',
      );
    }
    if (!STATUS.test(status)) {
      throw invalid(
        spot(name, line, 4, 'task status'),
        `${shown(status)} is neither "failed" nor "succeeded"`,
        'Give the completion report as S3 Batch Operations wrote it.',
      );
    }
    if (status.toLowerCase() !== 'failed') return undefined;
    return {
      bucket: cells.bucket(bucket, line),
      key: decodedKey(key, () => spot(name, line, 2, 'key')),
      ...(versionId !== '' && { versionId: checkVersionId(versionId, () => spot(name, line, 3, 'version id')) }),
      line,
    };
  };
}

/** Nobody's bucket is called "bucket" and holds a key called "key"; a header that is taken for a row would do worse. */
function refuseHeader(record: readonly string[], name: string, line: number): void {
  const [bucket = '', key = ''] = record.map((cell) => cell.toLowerCase().replace(/[^a-z0-9]/g, ''));
  if (!/^(s3)?bucket(name)?$/.test(bucket) || !/^(s3)?(object)?(key|name)(name)?$/.test(key)) return;
  throw invalid(
    spot(name, line),
    `is a header (${shown(record.join(','))})`,
    'Leave the header out: the columns are always bucket, key and, where wanted, version id.',
  );
}

function wrongCount(record: readonly string[], name: string, line: number): Error {
  if (looksLikeReport(record)) {
    return invalid(
      spot(name, line),
      `has ${columns(record)}, as the completion report of a Batch Operations job, and the rows before it do not`,
      'Do not mix the rows of a report with others.',
    );
  }
  return invalid(
    spot(name, line),
    `has ${columns(record)}; there must be 2 (bucket, key) or 3 (bucket, key, version id)`,
    record.length === 1
      ? 'Separate bucket and key by a comma.'
      : 'Write a comma in a key as %2C, or put quotation marks around the cell, and leave further columns out.',
  );
}

function columns(record: readonly string[]): string {
  return record.length === 1 ? '1 column' : `${record.length} columns`;
}
