import { isoTime } from '../clock.ts';
import type { BucketHandler } from '../http/context.ts';
import { errors, xml } from '../http/reply.ts';
import { element, encodeKey, escapeXml, NAMESPACE } from '../http/xml.ts';
import type { Bucket } from '../store/bucket.ts';
import { firstIndex, orderOf } from '../store/key-index.ts';
import { commonPrefix, encodingOf, maxKeysOf } from './listing.ts';

interface Page {
  readonly keys: string[];
  readonly groups: string[];
  /** The last key or group of the page; undefined at the end of the listing. */
  readonly next: string | undefined;
}

/** What readers see: current versions only. https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
export const listObjectsV2: BucketHandler = (request, bucket) => {
  const { query } = request;
  if (query['list-type'] !== '2')
    throw errors.invalidArgument('Unsupported list-type', 'list-type', query['list-type']);
  const encoded = encodingOf(query) && bucket.encodesKeys;
  const name = encoded ? (key: string) => encodeKey(key) : escapeXml;
  const maxKeys = maxKeysOf(query);
  const token = query['continuation-token'];
  const after = token === undefined ? (query['start-after'] ?? '') : Buffer.from(token, 'base64url').toString();
  const { keys, groups, next } = pageOf(bucket, query.prefix ?? '', query.delimiter, after, maxKeys);

  let document = `<ListBucketResult ${NAMESPACE}>${element('Name', bucket.name)}`;
  document += `<Prefix>${name(query.prefix ?? '')}</Prefix>`;
  if (query['start-after'] !== undefined) document += `<StartAfter>${name(query['start-after'])}</StartAfter>`;
  if (token !== undefined) document += element('ContinuationToken', token);
  if (next !== undefined) document += element('NextContinuationToken', Buffer.from(next).toString('base64url'));
  document += element('KeyCount', keys.length + groups.length) + element('MaxKeys', maxKeys);
  if (query.delimiter) document += `<Delimiter>${name(query.delimiter)}</Delimiter>`;
  if (encoded) document += '<EncodingType>url</EncodingType>';
  document += element('IsTruncated', next !== undefined);
  for (const key of keys) document += contents(bucket, key, name(key));
  for (const group of groups) document += `<CommonPrefixes><Prefix>${name(group)}</Prefix></CommonPrefixes>`;
  return xml(`${document}</ListBucketResult>`);
};

function contents(bucket: Bucket, key: string, name: string): string {
  const entry = bucket.current(key);
  if (entry === undefined) return '';
  const facts = element('LastModified', isoTime(entry.lastModified)) + element('ETag', `"${entry.etag}"`);
  const data = element('Size', entry.size) + element('StorageClass', entry.storageClass);
  return `<Contents><Key>${name}</Key>${facts}${data}</Contents>`;
}

function pageOf(bucket: Bucket, prefix: string, delimiter: string | undefined, after: string, maxKeys: number): Page {
  const sorted = bucket.index.sorted();
  const orderedPrefix = orderOf(prefix);
  const orderedAfter = orderOf(after);
  const keys: string[] = [];
  const groups: string[] = [];
  let last: string | undefined;
  let at = firstIndex(sorted, ({ order }) => order >= orderedPrefix && (after === '' || order > orderedAfter));
  for (;;) {
    const history = sorted[at];
    if (history === undefined || !history.order.startsWith(orderedPrefix)) return { keys, groups, next: undefined };
    const current = history.rows.at(-1)?.entry;
    if (current === undefined || current.deleteMarker) {
      at++;
      continue;
    }
    const group = commonPrefix(history.key, prefix, delimiter);
    const orderedGroup = group === undefined ? '' : orderOf(group);
    const shown = group === undefined || after === '' || orderedGroup > orderedAfter;
    if (shown && keys.length + groups.length >= maxKeys) return { keys, groups, next: maxKeys > 0 ? last : undefined };
    if (shown) {
      (group === undefined ? keys : groups).push(group ?? history.key);
      last = group ?? history.key;
    }
    if (group === undefined) at++;
    else at = firstIndex(sorted, ({ order }) => order > orderedGroup && !order.startsWith(orderedGroup));
  }
}
