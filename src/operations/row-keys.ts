import { RollbackError } from '../core/errors.ts';
import type { ManifestRow } from '../core/manifest.ts';
import { forLog } from '../core/text.ts';
import { badRow, type ManifestRun } from './row-checks.ts';

/** A key that rows of a manifest name. */
export interface NamedKey {
  readonly bucket: string;
  readonly key: string;
  /** Absent: the key as such. */
  readonly versionIds?: readonly string[];
  /** From an inventory: the row of its current entry is among its rows. */
  readonly latest: boolean;
}

export interface SortedRow extends ManifestRow {
  readonly latest?: boolean;
}

/**
 * Sorted rows → keys, each once, in groups of at most `size`. Rows that are there twice count once. `keysOnly`: the rows
 * say which keys are meant, and nothing about versions.
 * @throws RollbackError `invalid-manifest` where rows of a key contradict each other
 */
export async function* keysOf(
  batches: AsyncIterable<readonly SortedRow[]>,
  run: ManifestRun,
  { size, keysOnly }: { size: number; keysOnly: boolean },
): AsyncGenerator<NamedKey[]> {
  let group: NamedKey[] = [];
  let rows: SortedRow[] = [];
  /** Of the rows: by version id, where. */
  const seen = new Map<string, number>();
  for await (const batch of batches) {
    for (const row of batch) {
      const [first] = rows;
      if (first !== undefined && (row.key !== first.key || row.bucket !== first.bucket)) {
        refuseCollision(run, first, row);
        group.push(keyOf(run, rows, keysOnly));
        rows = [];
        seen.clear();
        if (group.length >= size) {
          yield group;
          group = [];
        }
      }
      // The same row many times over must not take memory.
      const id = row.versionId ?? '';
      const known = seen.get(id);
      if (known === undefined) {
        seen.set(id, rows.length);
        rows.push(row);
      } else if (row.latest === true) {
        rows[known] = row;
      }
    }
  }
  if (rows.length > 0) group.push(keyOf(run, rows, keysOnly));
  if (group.length > 0) yield group;
}

function keyOf(run: ManifestRun, rows: readonly SortedRow[], keysOnly: boolean): NamedKey {
  const [{ bucket, key } = { bucket: '', key: '' }] = rows;
  const named = { bucket, key, latest: rows.some((row) => row.latest === true) };
  if (keysOnly) return named;
  const versionIds = [...new Set(rows.flatMap((row) => row.versionId ?? []))];
  const plain = rows.find((row) => row.versionId === undefined);
  // Of an undelete the whole key is what a row without an id means; one with an id says no more.
  if (versionIds.length === 0 || (plain !== undefined && run.operation === 'undelete')) return named;
  if (plain !== undefined) {
    throw badRow(
      run,
      plain,
      'has no version id here, and one in another row',
      'Name the versions of a key in all of its rows, or in none.',
    );
  }
  const [, second] = versionIds;
  if (second !== undefined && run.method === 'delete') {
    const row = rows.find((r) => r.versionId === second) ?? { bucket, key, line: 0 };
    throw badRow(
      run,
      row,
      'is named with more than one version, and method: delete goes back to one',
      'Leave one row for each key, or use method: copy, which puts all these versions on top in their old order.',
    );
  }
  return { ...named, versionIds };
}

/** Keys of two buckets that would become one key of the destination. */
function refuseCollision(run: ManifestRun, a: SortedRow, b: SortedRow): void {
  const { destination } = run;
  if (destination?.bucket === undefined || a.key !== b.key) return;
  throw new RollbackError(
    'invalid-manifest',
    `manifest ${forLog(run.manifest.given)}, lines ${a.line} and ${b.line}: key ${forLog(a.key)} is named in bucket ${forLog(a.bucket)} and in ${forLog(b.bucket)}, and both would become one key of bucket ${forLog(destination.bucket)}`,
    'Restore one bucket at a time, each with a destination-prefix of its own.',
  );
}
