import { isoTime } from '../clock.ts';
import type { BucketHandler } from '../http/context.ts';
import { errors, xml } from '../http/reply.ts';
import { element, encodeKey, escapeXml, NAMESPACE } from '../http/xml.ts';
import type { Bucket } from '../store/bucket.ts';
import { orderOf } from '../store/key-index.ts';
import type { Upload } from '../store/uploads.ts';
import { canonicalId } from './buckets.ts';
import { checksumChoice } from './list-parts.ts';
import { commonPrefix, countOf, encodingOf } from './listing.ts';

type Query = Readonly<Record<string, string>>;
type Item = Upload | { readonly prefix: string };

/** By key, of one key the oldest first: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html */
export const listMultipartUploads: BucketHandler = ({ query }, bucket) => {
  const encoded = encodingOf(query) && bucket.encodesKeys;
  const name = encoded ? (key: string) => encodeKey(key) : escapeXml;
  const maxUploads = countOf(query, 'max-uploads');
  const keyMarker = query['key-marker'] ?? '';
  const idMarker = keyMarker === '' ? '' : (query['upload-id-marker'] ?? '');
  const items = itemsOf(bucket, query, keyMarker, idMarker);
  const page = items.slice(0, maxUploads);
  const last = page.at(-1);
  // Told on the last page too, but nothing where that ends with a prefix.
  const next = last !== undefined && 'id' in last ? last : { key: '', id: '' };

  let head = `${element('Bucket', bucket.name)}<KeyMarker>${name(keyMarker)}</KeyMarker>`;
  head += `${element('UploadIdMarker', idMarker)}<NextKeyMarker>${name(next.key)}</NextKeyMarker>`;
  head += element('NextUploadIdMarker', next.id);
  if (query.prefix) head += `<Prefix>${name(query.prefix)}</Prefix>`;
  if (query.delimiter) head += `<Delimiter>${name(query.delimiter)}</Delimiter>`;
  if (encoded) head += '<EncodingType>url</EncodingType>';
  head += element('MaxUploads', maxUploads) + element('IsTruncated', maxUploads > 0 && items.length > page.length);
  const uploads = page.filter((item) => 'id' in item).map((upload) => uploadXml(upload, name(upload.key), bucket));
  const prefixes = page
    .filter((item) => 'prefix' in item)
    .map(({ prefix }) => `<CommonPrefixes><Prefix>${name(prefix)}</Prefix></CommonPrefixes>`);
  const rows = uploads.join('') + prefixes.join('');
  return xml(`<ListMultipartUploadsResult ${NAMESPACE}>${head}${rows}</ListMultipartUploadsResult>`);
};

/** Everything after the markers. A key marker alone skips all uploads of that key. */
function itemsOf(bucket: Bucket, query: Query, keyMarker: string, idMarker: string): Item[] {
  const prefix = query.prefix ?? '';
  const marker = orderOf(keyMarker);
  const after = idMarker === '' ? undefined : bucket.uploads.find(idMarker, keyMarker);
  if (idMarker !== '' && after === undefined) {
    throw errors.invalidArgument('Invalid uploadId marker', 'upload-id-marker', idMarker);
  }
  const groups = new Set<string>();
  const items: Item[] = [];
  const sorted = bucket.uploads
    .all()
    .map((upload) => ({ upload, order: orderOf(upload.key) }))
    .toSorted((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : a.upload.sequence - b.upload.sequence));
  for (const { upload, order } of sorted) {
    const rest = after !== undefined && upload.key === keyMarker && upload.sequence > after.sequence;
    if (!upload.key.startsWith(prefix) || !(rest || marker === '' || order > marker)) continue;
    const group = commonPrefix(upload.key, prefix, query.delimiter);
    if (group === undefined) items.push(upload);
    else if (!groups.has(group) && (marker === '' || orderOf(group) > marker)) items.push({ prefix: group });
    if (group !== undefined) groups.add(group);
  }
  return items;
}

function uploadXml(upload: Upload, key: string, bucket: Bucket): string {
  const id = element('ID', canonicalId(bucket));
  const facts = `${element('UploadId', upload.id)}<Key>${key}</Key>${element('Initiated', isoTime(upload.started))}`;
  const kind = element('StorageClass', upload.described.storageClass) + checksumChoice(upload);
  return `<Upload>${facts}${kind}<Owner>${id}</Owner><Initiator>${id}</Initiator></Upload>`;
}
