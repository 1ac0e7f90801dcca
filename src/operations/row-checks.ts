import { RollbackError } from '../core/errors.ts';
import type { InventoryManifest, InventoryRow, ManifestRow } from '../core/manifest.ts';
import type { Tally } from '../core/report.ts';
import type { ChangeRequest, ManifestRequest } from '../core/request.ts';
import { forLog } from '../core/text.ts';
import { formatTime } from '../core/time.ts';

/** What is to be said against a row that can be read, and which rows of an inventory tell of something to do. */

export type ManifestRun = ChangeRequest & { readonly manifest: ManifestRequest };

export function badRow(run: ManifestRun, row: ManifestRow, problem: string, mend: string): RollbackError {
  return new RollbackError(
    'invalid-manifest',
    `manifest ${forLog(run.manifest.given)}, line ${row.line}: key ${forLog(row.key)} ${problem}`,
    mend,
  );
}

/** @throws RollbackError `invalid-manifest` for a row that asks for what this run cannot mean */
export function rowCheck(run: ManifestRun): (row: ManifestRow) => void {
  const { scope, target, destination } = run;
  return (row) => {
    if (destination?.bucket === row.bucket && destination.prefix === '') {
      throw badRow(
        run,
        row,
        'is in the bucket that is to be copied into, and would be copied onto itself',
        'Leave out the row, or give a "destination-prefix".',
      );
    }
    if (scope.bucket !== undefined && row.bucket !== scope.bucket) {
      throw badRow(
        run,
        row,
        `is in bucket ${forLog(row.bucket)}, and the input "bucket" says ${forLog(scope.bucket)}`,
        'Leave out "bucket" to restore in every bucket that the manifest names, or leave out the row.',
      );
    }
    if (target.kind === 'rows' && row.versionId === undefined) {
      throw badRow(
        run,
        row,
        'has no version id, and neither to-time nor versions-back is given',
        'Write the version id into the row, or give to-time or versions-back for the rows without.',
      );
    }
  };
}

/**
 * Does this row of an inventory tell that its key may have to change? Where no row of a key does, the key is as it should
 * be, as far as the inventory knows. Order does not matter, and an inventory has none: what it leaves open is read again.
 * @throws RollbackError for an inventory that cannot tell
 */
export function worthReading(
  run: ManifestRun,
  inventory: InventoryManifest,
  tally: Tally,
): (row: InventoryRow) => boolean {
  const { target, destination } = run;
  const made = formatTime(inventory.createdAt);
  if (target.kind === 'rows') {
    if (destination !== undefined) {
      tally.notes.add(
        `All versions and delete markers of an inventory of ${made} are put there, as far as they still exist.`,
      );
      return () => true;
    }
    throw new RollbackError(
      'inventory-without-target',
      `manifest ${forLog(run.manifest.given)} is an inventory of all versions, so it does not say which of them to go back to`,
      'Give to-time or versions-back; or destination-bucket, to build up all these histories in another bucket.',
    );
  }
  if (target.kind === 'time') {
    if (inventory.createdAt < target.at) {
      throw new RollbackError(
        'inventory-too-old',
        `manifest ${forLog(run.manifest.given)} was made at ${made}, before to-time ${formatTime(target.at)}: it knows nothing of the changes after that time`,
        'Take an inventory that was made after the damage, or leave "manifest" out, and the bucket is listed.',
      );
    }
    if (!inventory.hasTimes) {
      throw new RollbackError(
        'inventory-without-times',
        `manifest ${forLog(run.manifest.given)} has no field LastModifiedDate, so it does not say what came after to-time`,
        'Add LastModifiedDate to the fields of the inventory, or leave "manifest" out, and the bucket is listed.',
      );
    }
  }
  tally.notes.add(
    `Which keys to look at was taken from an inventory of ${made}; each was read again before it was planned. What changed only after that is not in it.`,
  );
  // Another place has to get what is as it should be here.
  if (destination !== undefined) return (row) => row.latest;
  if (target.kind === 'time') return (row) => (row.lastModified ?? 0) > target.at;
  if (target.kind === 'versions-back' && target.count > 0) return (row) => row.latest;
  return (row) => row.latest && row.deleteMarker;
}
