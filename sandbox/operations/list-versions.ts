import { isoTime } from '../clock.ts';
import type { BucketHandler } from '../http/context.ts';
import { errors, xml } from '../http/reply.ts';
import type { S3Request } from '../http/request.ts';
import { element, encodeKey, escapeXml, NAMESPACE } from '../http/xml.ts';
import type { Bucket } from '../store/bucket.ts';
import { checksumType } from '../store/checksums.ts';
import { type Entry, type Restore, restoreOf } from '../store/entry.ts';
import { firstIndex, type History, orderOf, rowAfter } from '../store/key-index.ts';
import { canonicalId } from './buckets.ts';
import { commonPrefix, encodingOf, maxKeysOf } from './listing.ts';

/** One line of a page: an entry of a key, or a group of keys. */
type Item = { key: string; entry: Entry; isLatest: boolean } | { prefix: string };

interface Page {
  readonly items: readonly Item[];
  readonly truncated: boolean;
}

/**
 * Entries of all keys: keys by their UTF-8 bytes, within a key the newest first, versions and markers mixed as stored.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
 *
 * That page calls NextKeyMarker the first key NOT returned; S3 sends the last one returned, and continues after it.
 */
export const listObjectVersions: BucketHandler = (request, bucket, context) => {
  const { query } = request;
  const encoded = encodingOf(query) && bucket.encodesKeys;
  const name = encoded ? (key: string) => encodeKey(key) : escapeXml;
  const maxKeys = maxKeysOf(query);
  checkMarkers(request, bucket);
  const { items, truncated } = pageOf(bucket, query, Math.min(maxKeys, bucket.pageLimit));
  const last = items.at(-1);

  let head = `<ListVersionsResult ${NAMESPACE}>${element('Name', bucket.name)}`;
  head += `<Prefix>${name(query.prefix ?? '')}</Prefix><KeyMarker>${name(query['key-marker'] ?? '')}</KeyMarker>`;
  head += element('VersionIdMarker', query['version-id-marker'] ?? '');
  if (truncated && last) {
    head += `<NextKeyMarker>${name('prefix' in last ? last.prefix : last.key)}</NextKeyMarker>`;
    if ('entry' in last) head += element('NextVersionIdMarker', last.entry.versionId);
  }
  head += element('MaxKeys', maxKeys);
  if (query.delimiter) head += `<Delimiter>${name(query.delimiter)}</Delimiter>`;
  if (encoded) head += '<EncodingType>url</EncodingType>';
  head += element('IsTruncated', truncated);

  const now = context.clock.now();
  const withRestore = request.headers['x-amz-optional-object-attributes']?.includes('RestoreStatus') ?? false;
  const owner = `<Owner><ID>${canonicalId(bucket)}</ID></Owner>`;
  let versions = '';
  let markers = '';
  let prefixes = '';
  for (const item of items) {
    if ('prefix' in item) {
      prefixes += `<CommonPrefixes><Prefix>${name(item.prefix)}</Prefix></CommonPrefixes>`;
      continue;
    }
    let row = rowXml(item.entry, name(item.key), item.isLatest, owner);
    const restore = withRestore ? restoreOf(item.entry, now) : undefined;
    if (restore) row = row.replace(owner, owner + restoreXml(restore));
    if (bucket.listing === 'grouped' && item.entry.deleteMarker) markers += row;
    else versions += row;
  }
  return xml(`${head}${versions}${markers}${prefixes}</ListVersionsResult>`);
};

function rowXml(entry: Entry, key: string, isLatest: boolean, owner: string): string {
  const tag = entry.deleteMarker ? 'DeleteMarker' : 'Version';
  const identity = `<Key>${key}</Key><VersionId>${escapeXml(entry.versionId)}</VersionId><IsLatest>${isLatest}</IsLatest>`;
  const time = `<LastModified>${isoTime(entry.lastModified)}</LastModified>`;
  if (entry.deleteMarker) return `<${tag}>${identity}${time}${owner}</${tag}>`;
  let row = `<${tag}>${identity}${time}<ETag>&quot;${escapeXml(entry.etag)}&quot;</ETag>`;
  for (const algorithm in entry.checksums) {
    const type = checksumType(entry.checksums);
    row += `<ChecksumAlgorithm>${algorithm.toUpperCase()}</ChecksumAlgorithm><ChecksumType>${type}</ChecksumType>`;
  }
  return `${row}<Size>${entry.size}</Size><StorageClass>${entry.storageClass}</StorageClass>${owner}</${tag}>`;
}

/** Only where a restore was asked for: https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreStatus.html */
function restoreXml({ until }: Restore): string {
  const expiry = until === undefined ? '' : element('RestoreExpiryDate', isoTime(until));
  return `<RestoreStatus>${element('IsRestoreInProgress', until === undefined)}${expiry}</RestoreStatus>`;
}

function checkMarkers({ query }: S3Request, bucket: Bucket): void {
  const keyMarker = query['key-marker'];
  const versionIdMarker = query['version-id-marker'];
  if (versionIdMarker === undefined) return;
  const refuse = (message: string) => errors.invalidArgument(message, 'version-id-marker', versionIdMarker);
  if (!keyMarker) throw refuse('A version-id marker cannot be specified without a key marker.');
  if (versionIdMarker === '') throw refuse('A version-id marker cannot be empty.');
  if (!bucket.couldHaveIssued(versionIdMarker)) throw refuse('Invalid version id specified');
}

function pageOf(bucket: Bucket, query: Readonly<Record<string, string>>, maxKeys: number): Page {
  const prefix = query.prefix ?? '';
  const orderedPrefix = orderOf(prefix);
  const marker = query['key-marker'] ?? '';
  const orderedMarker = orderOf(marker);
  const versionIdMarker = query['version-id-marker'];
  const sorted = bucket.index.sorted();
  const items: Item[] = [];

  // A key marker alone skips every entry of its key; with a version marker the rest of that key comes first.
  const begins = (history: History) =>
    history.order >= orderedPrefix &&
    (versionIdMarker === undefined ? marker === '' || history.order > orderedMarker : history.order >= orderedMarker);
  let at = firstIndex(sorted, begins);

  for (;;) {
    const history = sorted[at];
    if (history === undefined || !history.order.startsWith(orderedPrefix)) return { items, truncated: false };
    const resumes = versionIdMarker !== undefined && history.key === marker;
    let row = resumes ? rowAfter(history, versionIdMarker) : history.rows.length - 1;
    if (row < 0) {
      at++;
      continue;
    }
    const group = commonPrefix(history.key, prefix, query.delimiter);
    if (group !== undefined) {
      const orderedGroup = orderOf(group);
      // Groups count once, and only those greater than the marker are shown.
      if (marker === '' || orderedGroup > orderedMarker) {
        if (items.length >= maxKeys) return { items, truncated: maxKeys > 0 };
        items.push({ prefix: group });
      }
      at = firstIndex(sorted, ({ order }) => order > orderedGroup && !order.startsWith(orderedGroup));
      continue;
    }
    const newest = history.rows.length - 1;
    for (; row >= 0; row--) {
      if (items.length >= maxKeys) return { items, truncated: maxKeys > 0 };
      const entry = history.rows[row]?.entry;
      if (entry) items.push({ key: history.key, entry, isLatest: row === newest });
    }
    at++;
  }
}
