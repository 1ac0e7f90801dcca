import { isoTime } from '../clock.ts';
import type { KeyHandler } from '../http/context.ts';
import { xml } from '../http/reply.ts';
import { element, NAMESPACE } from '../http/xml.ts';
import { type Part, sortedParts, type Upload } from '../store/uploads.ts';
import { canonicalId } from './buckets.ts';
import { valueElements } from './checksums.ts';
import { countOf } from './listing.ts';
import { uploadOf } from './multipart.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html */
export const listParts: KeyHandler = (request, bucket, key) => {
  const upload = uploadOf(request, bucket, key);
  const maxParts = countOf(request.query, 'max-parts');
  const marker = Number(request.query['part-number-marker'] ?? 0);
  const rest = sortedParts(upload).filter((part) => part.number > marker);
  const page = rest.slice(0, maxParts);
  const id = element('ID', canonicalId(bucket));

  const head = element('Bucket', bucket.name) + element('Key', key) + element('UploadId', upload.id);
  const people = `<Initiator>${id}</Initiator><Owner>${id}</Owner>`;
  const facts = element('StorageClass', upload.described.storageClass) + checksumChoice(upload);
  const markers = element('PartNumberMarker', marker) + element('NextPartNumberMarker', page.at(-1)?.number ?? 0);
  const limits = element('MaxParts', maxParts) + element('IsTruncated', maxParts > 0 && rest.length > page.length);
  const parts = page.map((part) => partXml(part, upload)).join('');
  return xml(`<ListPartsResult ${NAMESPACE}>${head}${people}${facts}${markers}${limits}${parts}</ListPartsResult>`);
};

/** With what the upload was started; nothing where it was started without. */
export function checksumChoice({ checksum }: Upload): string {
  if (checksum === undefined) return '';
  return element('ChecksumAlgorithm', checksum.algorithm.toUpperCase()) + element('ChecksumType', checksum.type);
}

function partXml(part: Part, upload: Upload): string {
  const time = isoTime(part.lastModified);
  const facts = element('PartNumber', part.number) + element('LastModified', time) + element('ETag', `"${part.etag}"`);
  const checksums = upload.checksum ? valueElements(part.checksums) : '';
  return `<Part>${facts}${element('Size', part.size)}${checksums}</Part>`;
}
