import type { KeyHandler } from '../http/context.ts';
import { empty } from '../http/reply.ts';
import { checkDigests, checksumsOf, type S3Request } from '../http/request.ts';
import type { Bucket } from '../store/bucket.ts';
import { EMPTY_DRAFT, etagOf } from '../store/entry.ts';
import type { Description } from '../store/uploads.ts';
import { checksumHeaders } from './checksums.ts';
import { checkWriteConditions } from './conditions.ts';
import {
  encryptionHeaders,
  encryptionOf,
  lockOf,
  metadataOf,
  storageClassOf,
  systemHeadersOf,
  tagsOf,
} from './headers.ts';

export const putObject: KeyHandler = (request, bucket, key, context) => {
  checkDigests(request);
  const body = new Uint8Array(request.body); // not a window on a larger buffer, which snapshots would copy
  const described = descriptionOf(request, bucket);
  checkWriteConditions(request, key, bucket.current(key));
  const versionId = bucket.nextVersionId();
  const etag = etagOf(body, body.length, described.sse, versionId);
  const entry = bucket.add(
    key,
    { ...described, checksums: checksumsOf(request.headers), body, size: body.length, etag, parts: undefined },
    versionId,
  );
  context.events.happened(request, bucket, 'ObjectCreated:Put', key, entry);
  return empty(200, {
    etag: `"${entry.etag}"`,
    ...encryptionHeaders(described.sse),
    ...checksumHeaders(entry.checksums),
    // A null version is not named here, unlike in the reply to a copy.
    ...(bucket.versioning === 'Enabled' && { 'x-amz-version-id': versionId }),
  });
};

/** Everything that the headers of a PUT, or of the start of a multipart upload, say about the version to be. */
export function descriptionOf(request: S3Request, bucket: Bucket): Description {
  return {
    contentType: request.headers['content-type'] ?? EMPTY_DRAFT.contentType,
    metadata: metadataOf(request),
    headers: systemHeadersOf(request),
    storageClass: storageClassOf(request),
    sse: encryptionOf(request),
    checksums: EMPTY_DRAFT.checksums,
    tags: tagsOf(request),
    lock: lockOf(request, bucket),
    restore: undefined,
    archiveTier: undefined,
  };
}
