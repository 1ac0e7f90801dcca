import { RollbackError } from '../core/errors.ts';
import type { Failure } from '../core/outcome.ts';
import type { Tally } from '../core/report.ts';
import type { ChangeRequest, Request } from '../core/request.ts';
import { forLog } from '../core/text.ts';

/** What was asked for and is not there: a version, a key, anything in scope. */

/** A key has no such version: no entry at all with this id, or a marker. */
export function versionNotFound(
  key: string,
  { versionId, isMarker, isKnown = true }: { versionId: string; isMarker: boolean; isKnown?: boolean },
): Failure {
  return {
    code: 'version-not-found',
    message: `${forLog(versionId)} is ${isMarker ? 'a delete marker' : 'not a version'} of key ${forLog(key)}`,
    hint: !isKnown
      ? 'The key has no history at all. Check its spelling: in CSV keys are URL-encoded, in JSON Lines they are as they are.'
      : isMarker
        ? 'A delete marker holds no data to go back to. Use operation: undelete, or the id of a version.'
        : 'Take an id from "aws s3api list-object-versions --bucket … --prefix <the key>". A version deleted for good cannot come back.',
  };
}

/** Where the version is an input of the run there is nothing else to do. */
export function versionRefused({ code, message, hint }: Failure): RollbackError {
  return new RollbackError(code, `input "version-id": ${message}`, hint);
}

/** @throws RollbackError where one key was asked for that has no history: `version-not-found`, `key-not-found` (a download) */
export function nothingInScope(
  {
    operation,
    scope,
    target,
    manifest,
  }: Pick<ChangeRequest, 'scope' | 'target' | 'manifest'> & Pick<Request, 'operation'>,
  tally: Tally,
): void {
  const bucket = forLog(scope.bucket ?? '');
  if (manifest !== undefined) {
    tally.notes.add(
      `The manifest ${forLog(manifest.given)} has no row to act on: none at all, or none with a key in scope.`,
    );
    return;
  }
  if (target.kind === 'version') {
    throw new RollbackError(
      'version-not-found',
      `input "version-id": key ${forLog(scope.key ?? '')} has no versions in bucket ${bucket}`,
      'Check "key" letter by letter: keys are case-sensitive and have no leading slash unless they were written with one.',
    );
  }
  if (operation === 'download' && scope.key !== undefined) {
    throw new RollbackError(
      'key-not-found',
      `input "key": ${forLog(scope.key)} is not in bucket ${bucket}, neither now nor in its history`,
      'Check "key" letter by letter: keys are case-sensitive and have no leading slash unless they were written with one.',
    );
  }
  const what = scope.key !== undefined ? `key ${forLog(scope.key)}` : `keys under ${forLog(scope.prefix)}`;
  tally.notes.add(
    `No ${what} in bucket ${bucket}, neither now nor in its history. Check the spelling: keys are ` +
      'case-sensitive and have no leading slash unless they were written with one.',
  );
}
