import type { Entry } from '../../core/history.ts';
import { BadAnswer } from '../trouble.ts';
import { booleanIn, dateIn, etagIn, malformed, numberIn, storageClassIn } from './xml-fields.ts';
import { XmlError, XmlReader } from './xml-reader.ts';

export { unquote } from './xml-fields.ts';

/**
 * Reads the answer to ListObjectVersions, and nothing else. The SDK puts versions and delete markers into two lists, and
 * the order between them, which says what is newer than what, is gone; here entries stay in the order of the document.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
 *
 * What it does not know it skips; what it cannot read it does not guess: a document without its end, or without
 * IsTruncated, would otherwise look like the end of the listing.
 */
export interface VersionsPage {
  /** In the order of the document. */
  readonly entries: readonly PageEntry[];
  readonly isTruncated: boolean;
  /** As sent, URL encoding and all: some servers send it raw although they encode the keys. */
  readonly nextKeyMarker?: string;
  readonly nextVersionIdMarker?: string;
  /** The keys came URL-encoded, as asked; they are decoded here. */
  readonly urlEncoded: boolean;
}

export interface PageEntry {
  readonly key: string;
  readonly entry: Entry;
}

/** @throws BadAnswer `malformed-page`, or the code of an error that came with a good status. Both are worth a retry. */
export function parseVersionsPage(body: Uint8Array): VersionsPage {
  try {
    const xml = new XmlReader(body, NAMES);
    const root = xml.root();
    if (root === 'Error') throw errorIn(xml);
    if (root === '') throw new XmlError('is empty');
    if (root !== 'ListVersionsResult') throw new XmlError(`is a <${root}>`);
    return pageIn(xml);
  } catch (error) {
    if (error instanceof XmlError) throw malformed(error.message);
    throw error;
  }
}

const NAMES = [
  'Key',
  'VersionId',
  'IsLatest',
  'LastModified',
  'ETag',
  'Size',
  'StorageClass',
  'Owner',
  'ID',
  'DisplayName',
  'ChecksumAlgorithm',
  'ChecksumType',
  'Version',
  'DeleteMarker',
  'RestoreStatus',
  'IsRestoreInProgress',
  'RestoreExpiryDate',
];

function pageIn(xml: XmlReader): VersionsPage {
  const entries: PageEntry[] = [];
  let isTruncated: boolean | undefined;
  let nextKeyMarker: string | undefined;
  let nextVersionIdMarker: string | undefined;
  let encodingType = '';
  const parent = 'ListVersionsResult';
  for (let name = xml.child(parent); name !== ''; name = xml.child(parent)) {
    switch (name) {
      case 'Version':
        entries.push(versionIn(xml));
        break;
      case 'DeleteMarker':
        entries.push(markerIn(xml));
        break;
      case 'IsTruncated':
        isTruncated = booleanIn(xml, name);
        break;
      case 'NextKeyMarker':
        nextKeyMarker = xml.text();
        break;
      case 'NextVersionIdMarker':
        nextVersionIdMarker = xml.text();
        break;
      case 'EncodingType':
        encodingType = xml.text();
        break;
      default:
        xml.skip();
    }
  }
  if (isTruncated === undefined) throw malformed('does not say whether it is the last page');
  const urlEncoded = encodingType === 'url';
  return {
    entries: urlEncoded ? decodeKeys(entries) : entries,
    isTruncated,
    urlEncoded,
    ...(nextKeyMarker && { nextKeyMarker }),
    ...(nextVersionIdMarker && { nextVersionIdMarker }),
  };
}

/** In the order in which S3 sends them; another order, or others among them, only cost time. */
const FIELDS = [
  'Key',
  'VersionId',
  'IsLatest',
  'LastModified',
  'ETag',
  'ChecksumAlgorithm',
  'ChecksumType',
  'Size',
  'StorageClass',
  'Owner',
];

function versionIn(xml: XmlReader): PageEntry {
  let key = '';
  let versionId = '';
  let isLatest = false;
  let lastModified = Number.NaN;
  let etag = '';
  let size = -1;
  let storageClass = '';
  let restore: Entry['restore'];
  // Owner has children of its own, which are skipped with it: an owner's ID is not the entry's.
  let place = 0;
  for (let name = xml.child('Version', FIELDS[0]); name !== ''; name = xml.child('Version', FIELDS[place])) {
    place = name === FIELDS[place] ? place + 1 : FIELDS.indexOf(name) + 1;
    if (name === 'Key') key = xml.text();
    else if (name === 'VersionId') versionId = xml.text();
    else if (name === 'IsLatest') isLatest = booleanIn(xml, name);
    else if (name === 'LastModified') lastModified = dateIn(xml);
    else if (name === 'ETag') etag = etagIn(xml);
    else if (name === 'Size') size = numberIn(xml);
    else if (name === 'StorageClass') storageClass = storageClassIn(xml);
    else if (name === 'RestoreStatus') restore = restoreIn(xml);
    else xml.skip();
  }
  check('Version', key, versionId, lastModified);
  if (etag === '' || size === -1) throw malformed(`has a <Version> without ETag or Size, key ${JSON.stringify(key)}`);
  // Literals, not a spread: this runs a thousand times a page.
  if (restore !== undefined) {
    const entry = { versionId, deleteMarker: false, lastModified, isLatest, etag, size, restore };
    return { key, entry: storageClass === '' ? entry : { ...entry, storageClass } };
  }
  return storageClass === ''
    ? { key, entry: { versionId, deleteMarker: false, lastModified, isLatest, etag, size } }
    : { key, entry: { versionId, deleteMarker: false, lastModified, isLatest, etag, size, storageClass } };
}

/**
 * Of an archived version only, and only where it was asked for. A copy that can be read has a date at which it goes.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreStatus.html
 */
function restoreIn(xml: XmlReader): Entry['restore'] {
  const parent = 'RestoreStatus';
  let inProgress: boolean | undefined;
  let expires = false;
  for (let name = xml.child(parent); name !== ''; name = xml.child(parent)) {
    if (name === 'IsRestoreInProgress') inProgress = booleanIn(xml, name);
    else if (name === 'RestoreExpiryDate') expires = xml.text() !== '';
    else xml.skip();
  }
  if (inProgress === true) return 'in-progress';
  return inProgress === false && expires ? 'done' : undefined;
}

function markerIn(xml: XmlReader): PageEntry {
  let key = '';
  let versionId = '';
  let isLatest = false;
  let lastModified = Number.NaN;
  for (let name = xml.child('DeleteMarker'); name !== ''; name = xml.child('DeleteMarker')) {
    if (name === 'Key') key = xml.text();
    else if (name === 'VersionId') versionId = xml.text();
    else if (name === 'IsLatest') isLatest = booleanIn(xml, name);
    else if (name === 'LastModified') lastModified = dateIn(xml);
    else xml.skip();
  }
  check('DeleteMarker', key, versionId, lastModified);
  return { key, entry: { versionId, deleteMarker: true, lastModified, isLatest } };
}

/** An empty key or version id must not get any further: it turns a request about an entry into one about more. */
function check(kind: string, key: string, versionId: string, lastModified: number): void {
  if (key === '') throw malformed(`has a <${kind}> without a key`);
  if (versionId === '') throw malformed(`has a <${kind}> without a version id, key ${JSON.stringify(key)}`);
  if (Number.isNaN(lastModified)) throw malformed(`has a <${kind}> without a time, key ${JSON.stringify(key)}`);
}

/** An error that came with status 200. */
function errorIn(xml: XmlReader): BadAnswer {
  let code = '';
  let message = '';
  for (let name = xml.child('Error'); name !== ''; name = xml.child('Error')) {
    if (name === 'Code') code = xml.text();
    else if (name === 'Message') message = xml.text();
    else xml.skip();
  }
  return new BadAnswer(code || 'malformed-page', message || 'an error without details, with status 200');
}

/** Neighbours mostly share their key. */
function decodeKeys(rows: readonly PageEntry[]): readonly PageEntry[] {
  let sent = '';
  let key = '';
  return rows.map((row) => {
    if (row.key !== sent) {
      sent = row.key;
      key = decodeUrl(sent);
    }
    return key === row.key ? row : { key, entry: row.entry };
  });
}

/**
 * Undo EncodingType=url: `+` is a space, `%XX` a byte of UTF-8.
 * @throws BadAnswer naming the text, where it does not decode.
 */
export function decodeUrl(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw malformed(`has a key that is not URL-encoded UTF-8: ${JSON.stringify(text)}`);
  }
}
