import { wholeSeconds } from '../clock.ts';
import type { Context, KeyHandler } from '../http/context.ts';
import { empty, errors, S3Error, xml } from '../http/reply.ts';
import { checkDigests, checksumsOf, type S3Request } from '../http/request.ts';
import { element, NAMESPACE } from '../http/xml.ts';
import type { Bucket } from '../store/bucket.ts';
import { etagOf } from '../store/entry.ts';
import type { Part, Upload } from '../store/uploads.ts';
import { choiceOf, partChecksums, valueHeaders } from './checksums.ts';
import { encryptionHeaders } from './headers.ts';
import { partNumberOf } from './ranges.ts';
import { descriptionOf } from './write.ts';

/** What the version will be is said here and never again: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html */
export const createMultipartUpload: KeyHandler = (request, bucket, key) => {
  const checksum = choiceOf(request);
  const { id, described } = bucket.startUpload(key, descriptionOf(request, bucket), checksum);
  const result = element('Bucket', bucket.name) + element('Key', key) + element('UploadId', id);
  return xml(`<InitiateMultipartUploadResult ${NAMESPACE}>${result}</InitiateMultipartUploadResult>`, {
    ...encryptionHeaders(described.sse),
    ...(checksum && {
      'x-amz-checksum-algorithm': checksum.algorithm.toUpperCase(),
      'x-amz-checksum-type': checksum.type,
    }),
  });
};

export const uploadPart: KeyHandler = (request, bucket, key, context) => {
  const upload = uploadOf(request, bucket, key);
  checkDigests(request);
  const body = new Uint8Array(request.body); // not a window on a larger buffer
  const sent = checksumsOf(request.headers);
  const part = addPart(request, bucket, upload, { body, size: body.length }, sent, context);
  return empty(200, {
    etag: `"${part.etag}"`,
    ...encryptionHeaders(upload.described.sse),
    ...valueHeaders(part.checksums),
  });
};

export const abortMultipartUpload: KeyHandler = (request, bucket, key) => {
  bucket.uploads.remove(uploadOf(request, bucket, key));
  return empty(204);
};

export function uploadOf({ query }: S3Request, bucket: Bucket, key: string): Upload {
  const id = query.uploadId ?? '';
  const upload = bucket.uploads.find(id, key);
  if (upload !== undefined) return upload;
  const message =
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.';
  throw new S3Error(404, 'NoSuchUpload', message, { UploadId: id });
}

/** Adds a part, sent or copied, to its upload. */
export function addPart(
  request: S3Request,
  bucket: Bucket,
  upload: Upload,
  { body, size }: Pick<Part, 'body' | 'size'>,
  sent: Record<string, string>,
  context: Context,
): Part {
  const number = partNumberOf(request);
  checkPartKey(request, upload);
  const part: Part = {
    number,
    body,
    size,
    etag: etagOf(body, size, upload.described.sse, `${upload.id} ${number}`),
    checksums: partChecksums(upload.checksum, sent, body, size),
    lastModified: wholeSeconds(context.clock.now()),
  };
  bucket.uploads.setPart(upload, part);
  return part;
}

/** An upload under a customer's key wants that key with every part, any other wants none. */
function checkPartKey({ headers }: S3Request, { described: { sse } }: Upload): void {
  const given = headers['x-amz-server-side-encryption-customer-algorithm'] !== undefined;
  if (given !== (sse.algorithm === 'customer')) {
    throw errors.invalidRequest(
      'The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.',
    );
  }
  if (sse.keyMd5 !== headers['x-amz-server-side-encryption-customer-key-md5']) {
    throw errors.invalidRequest('The provided encryption parameters did not match the ones used originally.');
  }
}
