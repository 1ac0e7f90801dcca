import type { Context, KeyHandler } from '../http/context.ts';
import { empty, errors, type Reply, S3Error } from '../http/reply.ts';
import { child, childText, type XmlElement } from '../http/xml.ts';
import { type Entry, isArchive, restoreOf } from '../store/entry.ts';
import { documentOf } from './bucket-configuration.ts';
import { versionOrMarker } from './tagging.ts';

const DAY = 86_400_000;

/**
 * Starts to bring an archived version back. It stays under way until a test finishes it; on S3 that takes minutes to
 * days. Asked again afterwards, it moves the date.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html
 */
export const restoreObject: KeyHandler = (request, bucket, key, context) => {
  const entry = versionOrMarker(bucket, key, request.query.versionId, request.method);
  const tiering = entry.storageClass === 'INTELLIGENT_TIERING';
  // Comes before the look at what is asked for, which may be nothing: https://github.com/getmoto/moto/pull/4670
  if (!tiering && !isArchive(entry.storageClass)) throw notArchived(entry);
  const document = documentOf(request, 'RestoreRequest');
  const days = daysOf(document);
  checkTier(document, entry);
  const reply = tiering ? restoreTier(entry, days) : restoreCopy(entry, days, context);
  // 200 would be: only the date was moved.
  if (reply.status === 202) context.events.happened(request, bucket, 'ObjectRestore:Post', key, entry);
  return reply;
};

/** A copy of the bytes comes back for some days; the version stays archived. */
function restoreCopy(entry: Entry, days: number | undefined, context: Context): Reply {
  if (days === undefined) throw errors.malformedXml();
  const now = context.clock.now();
  const restore = restoreOf(entry, now);
  if (restore?.until !== undefined) {
    entry.restore = { until: now + days * DAY, days };
    return empty(200);
  }
  if (restore !== undefined) throw alreadyUnderWay();
  entry.restore = { days };
  return empty(202);
}

/**
 * The version itself comes back, for good.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
 */
function restoreTier(entry: Entry, days: number | undefined): Reply {
  // AWS's answer is quoted in https://github.com/s3tools/s3cmd/issues/1377
  if (days !== undefined) {
    const message =
      'INTELLIGENT_TIERING objects are not subject to restore expiry. Do not specify Days when restoring this object';
    throw errors.invalidArgument(message, 'Days', String(days));
  }
  if (entry.archiveTier === undefined) throw notArchived(entry);
  if (entry.restore !== undefined) throw alreadyUnderWay();
  entry.restore = {};
  return empty(202);
}

function daysOf(document: XmlElement): number | undefined {
  const text = childText(document, 'Days');
  if (text === undefined) return undefined;
  const days = Number(text);
  if (!Number.isInteger(days) || days < 1) throw errors.malformedXml();
  return days;
}

/** There is no fast way out of the deep archives: https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html */
function checkTier(document: XmlElement, { storageClass, archiveTier }: Entry): void {
  const tier = childText(child(document, 'GlacierJobParameters'), 'Tier') ?? childText(document, 'Tier') ?? 'Standard';
  if (!['Expedited', 'Standard', 'Bulk'].includes(tier)) throw errors.malformedXml();
  const deep = storageClass === 'DEEP_ARCHIVE' || archiveTier === 'DEEP_ARCHIVE_ACCESS';
  if (deep && tier === 'Expedited') {
    throw errors.invalidArgument('Retrieval option is not supported by this storage class', 'Tier', tier);
  }
}

function notArchived({ storageClass }: Entry): S3Error {
  const message = "Restore is not allowed for the object's current storage class";
  return new S3Error(403, 'InvalidObjectState', message, { StorageClass: storageClass });
}

function alreadyUnderWay(): S3Error {
  return new S3Error(409, 'RestoreAlreadyInProgress', 'Object restore is already in progress');
}
