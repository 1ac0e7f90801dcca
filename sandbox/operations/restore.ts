import type { KeyHandler } from '../http/context.ts';
import { empty, errors, S3Error } from '../http/reply.ts';
import { childText } from '../http/xml.ts';
import { isArchive } from '../store/entry.ts';
import { documentOf } from './bucket-configuration.ts';
import { versionOrMarker } from './tagging.ts';

const DAY = 86_400_000;

/**
 * Starts to bring an archived version back. It stays under way until a test gives the entry's `restore` an `until`; on S3
 * that takes minutes to days. Asked again afterwards, it moves the date.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html
 */
export const restoreObject: KeyHandler = (request, bucket, key, context) => {
  const entry = versionOrMarker(bucket, key, request.query.versionId, request.method);
  const days = Number(childText(documentOf(request, 'RestoreRequest'), 'Days'));
  if (!(days > 0)) throw errors.malformedXml();
  if (!isArchive(entry.storageClass)) {
    const message = "Restore is not allowed for the object's current storage class";
    throw new S3Error(403, 'InvalidObjectState', message, { StorageClass: entry.storageClass });
  }
  const now = context.clock.now();
  if (entry.restore && entry.restore.until === undefined) {
    throw new S3Error(409, 'RestoreAlreadyInProgress', 'Object restore is already in progress');
  }
  if (entry.restore?.until !== undefined && entry.restore.until > now) {
    entry.restore = { until: now + days * DAY };
    return empty(200);
  }
  entry.restore = {};
  return empty(202);
};
