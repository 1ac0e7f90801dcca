import type { KeyHandler } from '../http/context.ts';
import { errors, S3Error, xml } from '../http/reply.ts';
import { checksumsOf, type S3Request } from '../http/request.ts';
import { childText, element, NAMESPACE, type XmlElement } from '../http/xml.ts';
import { unquoted } from '../store/draft.ts';
import { etagOfParts } from '../store/entry.ts';
import { joined, type Part, type Upload } from '../store/uploads.ts';
import { documentOf } from './bucket-configuration.ts';
import { checksumElements, wholeChecksums } from './checksums.ts';
import { checkWriteConditions } from './conditions.ts';
import { encryptionHeaders } from './headers.ts';
import { uploadOf } from './multipart.ts';

/** Of every part but the last: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const SMALLEST_PART = 5_242_880;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html */
export const completeMultipartUpload: KeyHandler = (request, bucket, key, context) => {
  const upload = uploadOf(request, bucket, key);
  const parts = partsOf(request, upload);
  checkSizes(parts);
  const { body, size } = joined(parts);
  checkClaims(request, upload, size);
  const checksums = wholeChecksums(upload.checksum, checksumsOf(request.headers), parts, body, size);
  checkWriteConditions(request, key, bucket.current(key));
  checkUndisturbed(request, upload);

  const etag = etagOfParts(parts);
  const stored = parts.map((part) => ({ size: part.size, checksums: part.checksums }));
  const entry = bucket.completeUpload(upload, { ...upload.described, checksums, body, size, etag, parts: stored });
  context.events.happened(request, bucket, 'ObjectCreated:CompleteMultipartUpload', key, entry);
  const location = `http://${request.headers.host ?? ''}/${bucket.name}/${encodeURIComponent(key)}`;
  const place = element('Location', location) + element('Bucket', bucket.name) + element('Key', key);
  const result = place + element('ETag', `"${etag}"`) + checksumElements(checksums);
  return xml(`<CompleteMultipartUploadResult ${NAMESPACE}>${result}</CompleteMultipartUploadResult>`, {
    ...encryptionHeaders(entry.sse),
    // As in the reply to a PUT, a null version is not named.
    ...(bucket.versioning === 'Enabled' && { 'x-amz-version-id': entry.versionId }),
  });
};

/** The parts that are asked for, which need not be all: in order of their numbers, each with the ETag that it has. */
function partsOf(request: S3Request, upload: Upload): Part[] {
  const wanted = request.body.length === 0 ? [] : documentOf(request, 'CompleteMultipartUpload').children;
  if (wanted.length === 0) throw errors.invalidRequest('You must specify at least one part');
  const numbers = wanted.map((part) => Number(childText(part, 'PartNumber')));
  if (wanted.some(({ name }) => name !== 'Part') || !numbers.every(Number.isInteger)) throw errors.malformedXml();
  if (numbers.some((number, index) => index > 0 && number <= (numbers[index - 1] ?? 0))) {
    const message = 'The list of parts was not in ascending order. Parts must be ordered by part number.';
    throw new S3Error(400, 'InvalidPartOrder', message, { UploadId: upload.id });
  }
  return wanted.map((one, index) => partOf(one, numbers[index] ?? 0, upload));
}

function partOf(wanted: XmlElement, number: number, upload: Upload): Part {
  const part = upload.parts.get(number);
  const etag = unquoted(childText(wanted, 'ETag') ?? '');
  const invalid = (): S3Error => {
    const message =
      "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.";
    const details = { UploadId: upload.id, PartNumber: String(number), ETag: etag };
    return new S3Error(400, 'InvalidPart', message, details);
  };
  if (part === undefined || part.etag !== etag) throw invalid();
  const { algorithm, type } = upload.checksum ?? {};
  for (const name of ['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256']) {
    const claimed = childText(wanted, `Checksum${name.toUpperCase()}`);
    const actual = name === algorithm ? part.checksums[name] : undefined;
    if (claimed !== undefined && claimed !== actual) throw invalid();
    if (claimed === undefined && actual !== undefined && type === 'COMPOSITE') {
      throw errors.invalidRequest(
        `The upload was created using a ${name} checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`,
      );
    }
  }
  return part;
}

function checkSizes(parts: readonly Part[]): void {
  const small = parts.slice(0, -1).find((part) => part.size < SMALLEST_PART);
  if (small === undefined) return;
  const message = 'Your proposed upload is smaller than the minimum allowed size';
  throw new S3Error(400, 'EntityTooSmall', message, {
    ProposedSize: String(small.size),
    MinSizeAllowed: String(SMALLEST_PART),
    PartNumber: String(small.number),
    ETag: small.etag,
  });
}

/** What else the request may say about the whole. */
function checkClaims({ headers }: S3Request, upload: Upload, size: number): void {
  const claimedSize = headers['x-amz-mp-object-size'];
  if (claimedSize !== undefined && Number(claimedSize) !== size) {
    const message = `The provided 'x-amz-mp-object-size' header value ${claimedSize} does not match what was computed: ${size}`;
    throw errors.invalidRequest(message);
  }
  const claimedType = headers['x-amz-checksum-type'];
  if (claimedType !== undefined && claimedType !== upload.checksum?.type) {
    const created = `The upload was created using the ${upload.checksum?.type ?? 'null'} checksum mode.`;
    throw errors.invalidRequest(`${created} The complete request must use the same checksum mode.`);
  }
}

/**
 * A condition that holds is not enough where the key was changed since the upload was started, be it to the same
 * content: then the whole upload has to be started again.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
function checkUndisturbed({ headers }: S3Request, { key, changed }: Upload): void {
  const condition = headers['if-match'] !== undefined ? 'If-Match' : 'If-None-Match';
  if (changed === undefined || headers[condition.toLowerCase()] === undefined) return;
  const message = 'The conditional request cannot succeed due to a conflicting operation against this resource.';
  throw new S3Error(409, 'ConditionalRequestConflict', message, { Condition: condition, Key: key });
}
