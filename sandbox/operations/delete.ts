import type { Context, KeyHandler } from '../http/context.ts';
import { empty, errors } from '../http/reply.ts';
import type { S3Request } from '../http/request.ts';
import type { Bucket } from '../store/bucket.ts';
import { isLocked } from '../store/entry.ts';
import { checkVersionId } from './checks.ts';
import { checkDeleteCondition } from './conditions.ts';

const BYPASS = 'x-amz-bypass-governance-retention';

/** What became of one key or version, in the terms of both replies. */
export interface Deletion {
  /** A marker was added or removed. */
  marker: boolean;
  /** Of the marker that was added, or of whatever was named. */
  versionId: string | undefined;
}

export const deleteObject: KeyHandler = (request, bucket, key, context) => {
  const { versionId } = request.query;
  // Directory buckets only: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
  for (const header of ['x-amz-if-match-last-modified-time', 'x-amz-if-match-size']) {
    if (request.headers[header] !== undefined) throw errors.notImplemented(header);
  }
  if (versionId !== undefined) {
    checkVersionId(bucket, versionId);
    checkMfa(request, bucket);
  }
  const bypass = bypassesGovernance(request, bucket);
  checkDeleteCondition(request.headers['if-match'], key, bucket.current(key));
  const { marker, versionId: id } = deleteOne(request, bucket, key, versionId, bypass, context);
  return empty(204, {
    ...(marker && { 'x-amz-delete-marker': 'true' }),
    ...(id !== undefined && { 'x-amz-version-id': id }),
  });
};

/** Deletes a version for good, or adds a marker. Throws for a locked version; a version that is gone already is fine. */
export function deleteOne(
  request: S3Request,
  bucket: Bucket,
  key: string,
  versionId: string | undefined,
  bypass: boolean,
  context: Context,
): Deletion {
  if (versionId === undefined) {
    const before = bucket.current(key);
    const added = bucket.delete(key);
    const marker = added === undefined ? undefined : bucket.find(key, added);
    if (marker) context.events.happened(request, bucket, 'ObjectRemoved:DeleteMarkerCreated', key, marker);
    else if (before) context.events.happened(request, bucket, 'ObjectRemoved:Delete', key, before);
    return { marker: added !== undefined, versionId: added };
  }
  const entry = bucket.find(key, versionId);
  // Markers are never protected: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
  if (entry && isLocked(entry, context.clock.now(), bypass)) throw errors.locked();
  bucket.remove(key, versionId);
  // Of a removed marker too, though the key is back.
  if (entry) context.events.happened(request, bucket, 'ObjectRemoved:Delete', key, entry);
  return { marker: entry?.deleteMarker ?? false, versionId };
}

/** S3 refuses the header, whatever its value, where there is no Object Lock to bypass. */
export function bypassesGovernance(request: S3Request, bucket: Bucket): boolean {
  const header = request.headers[BYPASS];
  if (header !== undefined && bucket.objectLock === undefined) {
    throw errors.invalidArgument(`${BYPASS} is only applicable to Object Lock enabled buckets.`, BYPASS);
  }
  return header?.toLowerCase() === 'true';
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html */
export function checkMfa(request: S3Request, bucket: Bucket): void {
  if (bucket.mfaDelete && request.headers['x-amz-mfa'] === undefined) {
    throw errors.accessDenied('Mfa Authentication must be used for this request');
  }
}
