import { RollbackError } from '../core/errors.ts';
import type { ManifestLocation } from '../core/manifest.ts';
import { forLog, shorten } from '../core/text.ts';

/** A file of a manifest as messages name it. */
export function nameOf(location: ManifestLocation): string {
  const name = 'file' in location ? location.file : `s3://${location.bucket}/${location.key}`;
  // The keys of an inventory's files come from its manifest.json: somebody else's text.
  return /^[\w./:=+-]{1,400}$/.test(name) ? name : forLog(shorten(name, 400));
}

/** `where`: a file's name, or a `spot` in it. `problem` and `hint` must be safe to print: see `shown`. */
export function invalid(where: string, problem: string, hint: string, cause?: unknown): RollbackError {
  return new RollbackError(
    'invalid-manifest',
    `manifest ${where}: ${problem}`,
    hint,
    cause === undefined ? {} : { cause },
  );
}

/** A place in a file. Lines and columns are counted from 1; a column is a cell of a CSV row. */
export function spot(name: string, line: number, column?: number, field?: string): string {
  return `${name}, line ${line}${column === undefined ? '' : `, column ${column} (${field})`}`;
}

/** Text from the file, made safe and of a length that a line of the log can bear. */
export function shown(text: string): string {
  return forLog(shorten(text, 120));
}

export function noRows(name: string): RollbackError {
  return invalid(name, 'has no rows', 'Write one row for each key, or check what was to write the file.');
}
