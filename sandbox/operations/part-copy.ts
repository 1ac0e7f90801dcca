import { isoTime } from '../clock.ts';
import type { KeyHandler } from '../http/context.ts';
import { errors, xml } from '../http/reply.ts';
import { element, NAMESPACE } from '../http/xml.ts';
import type { Entry } from '../store/entry.ts';
import type { Part } from '../store/uploads.ts';
import { valueElements } from './checksums.ts';
import { checkSourceConditions } from './conditions.ts';
import { checkCopySize, sourceHeader, sourceOf } from './copy-source.ts';
import { checkCustomerKey, encryptionHeaders } from './headers.ts';
import { addPart, uploadOf } from './multipart.ts';
import { checkActive } from './read.ts';

/** A part made of an object or of a range of it: https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html */
export const uploadPartCopy: KeyHandler = (request, bucket, key, context) => {
  const upload = uploadOf(request, bucket, key);
  const source = sourceOf(request, context);
  checkCustomerKey(request, source.entry, 'x-amz-copy-source-');
  checkSourceConditions(request, source.entry, context.clock.now());
  const content = contentOf(source.entry, request.headers['x-amz-copy-source-range']);
  checkCopySize(content.size);
  checkActive(source.entry, context);
  const part = addPart(request, bucket, upload, content, {}, context);
  const facts = element('LastModified', isoTime(part.lastModified)) + element('ETag', `"${part.etag}"`);
  return xml(`<CopyPartResult ${NAMESPACE}>${facts}${valueElements(part.checksums)}</CopyPartResult>`, {
    ...encryptionHeaders(upload.described.sse),
    ...sourceHeader(source),
  });
};

/** Both ends must be given and lie inside. A range of a sparse object is sparse. */
function contentOf({ body, size }: Entry, range: string | undefined): Pick<Part, 'body' | 'size'> {
  if (range === undefined) return { body, size };
  const refuse = (message: string) => errors.invalidArgument(message, 'x-amz-copy-source-range', range);
  const [first, last] = /^bytes=(\d+)-(\d+)$/.exec(range)?.slice(1).map(Number) ?? [];
  if (first === undefined || last === undefined || last < first) {
    throw refuse(
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
    );
  }
  if (first >= size) throw errors.invalidRequest('The specified copy range is invalid for the source object size');
  if (last >= size) throw refuse(`Range specified is not valid for source object of size: ${size}`);
  return { body: body?.subarray(first, last + 1), size: last - first + 1 };
}
