import type { Entry } from '../core/history.ts';
import { BadAnswer } from './errors.ts';
import { XmlError, XmlReader } from './xml-reader.ts';

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
];

function malformed(what: string): BadAnswer {
  return new BadAnswer('malformed-page', `the server's answer to ListObjectVersions ${what}`);
}

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
  // Owner and RestoreStatus have children of their own, which are skipped with them: an owner's ID is not the entry's.
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
    else xml.skip();
  }
  check('Version', key, versionId, lastModified);
  if (etag === '' || size === -1) throw malformed(`has a <Version> without ETag or Size, key ${JSON.stringify(key)}`);
  // Two literals, not a spread: this runs a thousand times a page.
  return storageClass === ''
    ? { key, entry: { versionId, deleteMarker: false, lastModified, isLatest, etag, size } }
    : { key, entry: { versionId, deleteMarker: false, lastModified, isLatest, etag, size, storageClass } };
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

function booleanIn(xml: XmlReader, name: string): boolean {
  xml.leaf();
  if (xml.is('true')) return true;
  if (xml.is('false')) return false;
  throw malformed(`has an ${name} that is neither true nor false`);
}

function numberIn(xml: XmlReader): number {
  xml.leaf();
  let value = 0;
  for (let i = xml.start; i < xml.end; i++) {
    const digit = xml.byte(i) - ZERO;
    if (digit < 0 || digit > 9) throw malformed('has a Size that is no number');
    value = value * 10 + digit;
  }
  if (xml.start === xml.end) throw malformed('has a Size that is no number');
  return value;
}

/** All pages are full of this one. */
const STANDARD = 'STANDARD';

function storageClassIn(xml: XmlReader): string {
  xml.leaf();
  return xml.is(STANDARD) ? STANDARD : xml.slice(xml.start, xml.end);
}

const QUOTE = '&quot;';

/** Without its quotes, which come as entities from S3 and as they are from others. */
function etagIn(xml: XmlReader): string {
  xml.leaf();
  const inner = { start: xml.start + QUOTE.length, end: xml.end - QUOTE.length };
  const usual = inner.start < inner.end && xml.has(QUOTE, xml.start) && xml.has(QUOTE, inner.end);
  return usual ? xml.slice(inner.start, inner.end) : unquote(xml.slice(xml.start, xml.end));
}

/** ETags come in quotes; from some servers, or at some places, without. */
export function unquote(etag: string): string {
  return etag.length > 1 && etag.startsWith('"') && etag.endsWith('"') ? etag.slice(1, -1) : etag;
}

const ZERO = 0x30;

/** Milliseconds since 1970. `2026-11-22T14:00:00.000Z` without Date's parser, other forms with it; NaN for none. */
function dateIn(xml: XmlReader): number {
  xml.leaf();
  const at = xml.start;
  const usual =
    xml.end - at === 24 &&
    xml.byte(at + 4) === 0x2d &&
    xml.byte(at + 7) === 0x2d &&
    xml.byte(at + 10) === 0x54 &&
    xml.byte(at + 13) === 0x3a &&
    xml.byte(at + 16) === 0x3a &&
    xml.byte(at + 19) === 0x2e &&
    xml.byte(at + 23) === 0x5a;
  const year = digits(xml, at, 4);
  const month = digits(xml, at + 5, 2);
  const day = digits(xml, at + 8, 2);
  const ms = digits(xml, at + 20, 3);
  const time = (digits(xml, at + 11, 2) * 60 + digits(xml, at + 14, 2)) * 60 + digits(xml, at + 17, 2);
  if (!usual || !(month >= 1 && month <= 12) || !(day >= 1 && day <= 31) || Number.isNaN(year + ms + time)) {
    return Date.parse(xml.slice(xml.start, xml.end));
  }
  return Date.UTC(year, month - 1, day) + time * 1000 + ms;
}

/** NaN where one of them is no digit. */
function digits(xml: XmlReader, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = xml.byte(i) - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
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
