import { errors, S3Error } from '../http/reply.ts';
import type { Bucket } from '../store/bucket.ts';
import type { Entry } from '../store/entry.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html */
export function checkOwner(bucket: Bucket, expected: string | undefined): void {
  if (expected === undefined || expected === bucket.owner) return;
  if (/^\d{12}$/.test(expected)) throw errors.accessDenied();
  const message = `The value of the expected bucket owner parameter must be an AWS Account ID... [${expected}]`;
  throw new S3Error(400, 'InvalidBucketOwnerAWSAccountID', message);
}

/** Counted in bytes of UTF-8: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
export function checkKey(key: string): void {
  const size = Buffer.byteLength(key);
  if (size > 1024) throw errors.keyTooLong(size);
}

/**
 * The version a read is about: the named one, or the current one. A marker is no version: by default 404 where it is
 * the current entry, 405 where it is named, each with the headers that tell so.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
 */
export function versionToRead(bucket: Bucket, key: string, versionId: string | undefined, method: string): Entry {
  const entry = entryOf(bucket, key, versionId);
  if (!entry.deleteMarker) return entry;
  if (versionId !== undefined) throw notAgainstMarker(entry, method);
  throw errors.noSuchKey(key, markerHeaders(entry));
}

/** The named entry, or the current one; markers included. */
export function entryOf(bucket: Bucket, key: string, versionId: string | undefined): Entry {
  if (versionId === undefined) {
    const current = bucket.current(key);
    if (current === undefined) throw errors.noSuchKey(key);
    return current;
  }
  checkVersionId(bucket, versionId);
  const entry = bucket.find(key, versionId);
  if (entry === undefined) throw errors.noSuchVersion(key, versionId);
  return entry;
}

export function checkVersionId(bucket: Bucket, versionId: string): void {
  if (versionId === '') throw errors.invalidArgument('Version id cannot be the empty string', 'versionId', '');
  if (!bucket.couldHaveIssued(versionId)) {
    throw errors.invalidArgument('Invalid version id specified', 'versionId', versionId);
  }
}

export function notAgainstMarker(marker: Entry, method: string): S3Error {
  return new S3Error(
    405,
    'MethodNotAllowed',
    'The specified method is not allowed against this resource.',
    { Method: method === 'HEAD' ? 'GET' : method, ResourceType: 'DeleteMarker' },
    { allow: 'DELETE', 'last-modified': new Date(marker.lastModified).toUTCString(), ...markerHeaders(marker) },
  );
}

/** Never sent as `false`: https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html */
function markerHeaders(marker: Entry): Record<string, string> {
  return { 'x-amz-delete-marker': 'true', 'x-amz-version-id': marker.versionId };
}
