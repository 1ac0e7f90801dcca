import type { InventoryRow } from '../core/manifest.ts';
import { checkVersionId, decodedKey } from './cells.ts';
import { invalid, shown, spot } from './errors.ts';

export interface InventoryReader {
  readonly hasTimes: boolean;
  /** What makes rows out of the cells of one file. */
  rowOf(file: string): (cells: readonly string[], line: number) => InventoryRow;
}

/**
 * Reads rows as `fileSchema` lays them out: a list of columns, in the order of the rows.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html
 * @throws RollbackError `invalid-manifest`, also from what it returns
 */
export function inventoryReader(schema: string, sourceBucket: string, name: string): InventoryReader {
  const columns = schema.split(',').map((column) => column.trim());
  const at = columnIndexes(columns, name);
  const modified = columns.indexOf('LastModifiedDate');
  return {
    hasTimes: modified !== -1,
    rowOf: (file) => (cells, line) => {
      const where = (index: number) => () => spot(file, line, index + 1, columns[index] ?? '');
      if (cells.length !== columns.length) throw wrongCount(cells, columns, spot(file, line));
      if (cells[at.bucket] !== sourceBucket) {
        throw invalid(
          where(at.bucket)(),
          `${shown(cells[at.bucket] ?? '')} is not the bucket of this inventory, ${shown(sourceBucket)}`,
          'The file does not belong to this manifest.json. Use the files as S3 wrote them.',
        );
      }
      const versionId = cells[at.versionId] ?? '';
      return {
        bucket: sourceBucket,
        key: decodedKey(cells[at.key] ?? '', where(at.key)),
        // The id of what was written without versioning is null, and an inventory leaves it empty.
        // https://docs.aws.amazon.com/AmazonS3/latest/userguide/inventory-configure-bops.html
        versionId: versionId === '' ? 'null' : checkVersionId(versionId, where(at.versionId)),
        latest: flag(cells[at.latest] ?? '', where(at.latest)),
        deleteMarker: flag(cells[at.deleteMarker] ?? '', where(at.deleteMarker)),
        ...(modified !== -1 && { lastModified: time(cells[modified] ?? '', where(modified)) }),
        line,
      };
    },
  };
}

function columnIndexes(columns: readonly string[], name: string) {
  const index = (column: string) => columns.indexOf(column);
  const indexes = {
    bucket: index('Bucket'),
    key: index('Key'),
    versionId: index('VersionId'),
    latest: index('IsLatest'),
    deleteMarker: index('IsDeleteMarker'),
  };
  if (indexes.bucket === -1 || indexes.key === -1) {
    throw invalid(
      name,
      `field "fileSchema" is ${shown(columns.join(', '))}, without Bucket or Key`,
      'Give the file as S3 wrote it.',
    );
  }
  if (indexes.versionId === -1 || indexes.latest === -1 || indexes.deleteMarker === -1) {
    throw invalid(
      name,
      'the inventory lists current versions only: it has no columns VersionId, IsLatest and IsDeleteMarker',
      'Set "Include all versions" in the inventory configuration (IncludedObjectVersions: All), and wait for the next one.',
    );
  }
  return indexes;
}

function wrongCount(cells: readonly string[], columns: readonly string[], where: string): Error {
  return invalid(
    where,
    `has ${cells.length === 1 ? '1 column' : `${cells.length} columns`}, and "fileSchema" names ${columns.length}`,
    'The file does not belong to this manifest.json. Use the files as S3 wrote them.',
  );
}

function flag(cell: string, where: () => string): boolean {
  switch (cell) {
    case 'true':
      return true;
    case 'false':
      return false;
  }
  if (/^true$/i.test(cell)) return true;
  if (/^false$/i.test(cell)) return false;
  throw invalid(where(), `${shown(cell)} is neither true nor false`, 'Use the files as S3 wrote them.');
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

function time(cell: string, where: () => string): number {
  const parsed = TIME.test(cell) ? Date.parse(cell) : Number.NaN;
  if (!Number.isNaN(parsed)) return parsed;
  throw invalid(
    where(),
    `${shown(cell)} is not a time like 2026-11-22T14:00:00.000Z`,
    'Use the files as S3 wrote them.',
  );
}
