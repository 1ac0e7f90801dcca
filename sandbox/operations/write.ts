import type { KeyHandler } from '../http/context.ts';
import { empty } from '../http/reply.ts';
import { checkDigests, checksumsOf } from '../http/request.ts';
import { EMPTY_DRAFT, etagOf } from '../store/entry.ts';
import { checkWriteConditions } from './conditions.ts';
import {
  checksumHeaders,
  encryptionHeaders,
  encryptionOf,
  lockOf,
  metadataOf,
  storageClassOf,
  systemHeadersOf,
  tagsOf,
} from './headers.ts';

export const putObject: KeyHandler = (request, bucket, key) => {
  checkDigests(request);
  const body = new Uint8Array(request.body); // not a window on a larger buffer, which snapshots would copy
  const sse = encryptionOf(request);
  const described = {
    contentType: request.headers['content-type'] ?? EMPTY_DRAFT.contentType,
    metadata: metadataOf(request),
    headers: systemHeadersOf(request),
    storageClass: storageClassOf(request),
    checksums: checksumsOf(request.headers),
    tags: tagsOf(request),
    lock: lockOf(request, bucket),
    restore: undefined,
    sse,
  };
  checkWriteConditions(request, key, bucket.current(key));
  const versionId = bucket.nextVersionId();
  const etag = etagOf(body, body.length, sse, versionId);
  const entry = bucket.add(key, { ...described, body, size: body.length, etag }, versionId);
  return empty(200, {
    etag: `"${entry.etag}"`,
    ...encryptionHeaders(sse),
    ...checksumHeaders(entry),
    // A null version is not named here, unlike in the reply to a copy.
    ...(bucket.versioning === 'Enabled' && { 'x-amz-version-id': versionId }),
  });
};
