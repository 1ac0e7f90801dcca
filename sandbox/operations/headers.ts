import { errors, S3Error } from '../http/reply.ts';
import { parseQuery, type S3Request } from '../http/request.ts';
import type { Bucket } from '../store/bucket.ts';
import {
  DEFAULT_ENCRYPTION,
  type Encryption,
  type Entry,
  type Lock,
  type Restore,
  restoreOf,
  type SystemHeaders,
} from '../store/entry.ts';

/** System metadata and the header each travels in. */
const SYSTEM_HEADERS: Record<keyof SystemHeaders, string> = {
  cacheControl: 'cache-control',
  contentDisposition: 'content-disposition',
  contentEncoding: 'content-encoding',
  contentLanguage: 'content-language',
  expires: 'expires',
  websiteRedirectLocation: 'x-amz-website-redirect-location',
};

const STORAGE_CLASSES = new Set([
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'DEEP_ARCHIVE',
  'GLACIER_IR',
]);

export function systemHeadersOf({ headers }: S3Request): SystemHeaders {
  const found: SystemHeaders = {};
  for (const [field, name] of Object.entries(SYSTEM_HEADERS)) {
    const value = headers[name];
    if (value !== undefined) found[field as keyof SystemHeaders] = value;
  }
  return found;
}

export function metadataOf({ headers }: S3Request): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('x-amz-meta-')) found[name.slice('x-amz-meta-'.length)] = value;
  }
  return found;
}

export function storageClassOf({ headers }: S3Request): string {
  const storageClass = headers['x-amz-storage-class'] ?? 'STANDARD';
  if (STORAGE_CLASSES.has(storageClass)) return storageClass;
  const details = { StorageClassRequested: storageClass };
  throw new S3Error(400, 'InvalidStorageClass', 'The storage class you specified is not valid', details);
}

/** `x-amz-tagging` is a query string: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
export function tagsOf({ headers }: S3Request): Record<string, string> {
  const text = headers['x-amz-tagging'] ?? '';
  const names = text.split('&').map((pair) => pair.split('=')[0]);
  if (new Set(names).size < names.length || text.includes(',')) {
    const message =
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.";
    throw errors.invalidArgument(message, 'x-amz-tagging', text);
  }
  return parseQuery(text);
}

export function encryptionOf({ headers }: S3Request): Encryption {
  const algorithm = headers['x-amz-server-side-encryption'];
  const keyMd5 = headers['x-amz-server-side-encryption-customer-key-md5'];
  if (headers['x-amz-server-side-encryption-customer-algorithm'] !== undefined) {
    if (algorithm !== undefined) {
      const message =
        'Server Side Encryption with Customer provided key is incompatible with the encryption method specified';
      throw errors.invalidArgument(message, 'x-amz-server-side-encryption', algorithm);
    }
    return { algorithm: 'customer', ...(keyMd5 !== undefined && { keyMd5 }) };
  }
  if (algorithm === undefined || algorithm === 'AES256') return DEFAULT_ENCRYPTION;
  if (algorithm !== 'aws:kms' && algorithm !== 'aws:kms:dsse') {
    const message = 'The encryption method specified is not supported';
    throw errors.invalidArgument(message, 'x-amz-server-side-encryption', algorithm);
  }
  const kmsKeyId = headers['x-amz-server-side-encryption-aws-kms-key-id'] ?? 'alias/aws/s3';
  const bucketKey = headers['x-amz-server-side-encryption-bucket-key-enabled'] === 'true';
  return { algorithm, kmsKeyId, ...(bucketKey && { bucketKey }) };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html */
export function lockOf({ headers }: S3Request, bucket: Bucket): Lock {
  const mode = headers['x-amz-object-lock-mode'];
  const until = headers['x-amz-object-lock-retain-until-date'];
  const legalHold = headers['x-amz-object-lock-legal-hold'];
  if ((mode ?? until ?? legalHold) === undefined) return {};
  if (bucket.objectLock === undefined) throw errors.invalidRequest('Bucket is missing Object Lock Configuration');
  if ((mode === undefined) !== (until === undefined)) {
    const missing = mode === undefined ? 'x-amz-object-lock-mode' : 'x-amz-object-lock-retain-until-date';
    const message = 'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied';
    throw errors.invalidArgument(message, missing);
  }
  if (mode !== undefined && mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') {
    throw errors.invalidArgument('Unknown wormMode directive.', 'x-amz-object-lock-mode', mode);
  }
  return {
    ...(mode !== undefined && { mode }),
    ...(until !== undefined && { retainUntil: Date.parse(until) }),
    ...(legalHold !== undefined && { legalHold: legalHold === 'ON' }),
  };
}

/** What GET and HEAD tell about a version, besides its bytes and their checksums. */
export function describe(bucket: Bucket, entry: Entry, now: number): Record<string, string> {
  const { lock, sse } = entry;
  const tags = Object.keys(entry.tags).length;
  const restore = restoreOf(entry, now);
  const described: Record<string, string> = {
    'accept-ranges': 'bytes',
    'content-type': entry.contentType,
    etag: `"${entry.etag}"`,
    'last-modified': new Date(entry.lastModified).toUTCString(),
    ...versionHeader(bucket, entry),
    ...encryptionHeaders(sse),
    // Absent for STANDARD: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    ...(entry.storageClass !== 'STANDARD' && { 'x-amz-storage-class': entry.storageClass }),
    ...(tags > 0 && { 'x-amz-tagging-count': String(tags) }),
    ...(lock.mode && { 'x-amz-object-lock-mode': lock.mode }),
    ...(lock.retainUntil && { 'x-amz-object-lock-retain-until-date': new Date(lock.retainUntil).toISOString() }),
    ...(lock.legalHold !== undefined && { 'x-amz-object-lock-legal-hold': lock.legalHold ? 'ON' : 'OFF' }),
    ...(restore && { 'x-amz-restore': restoreHeader(restore) }),
    ...(entry.archiveTier && { 'x-amz-archive-status': entry.archiveTier }),
  };
  for (const [field, name] of Object.entries(SYSTEM_HEADERS)) {
    const value = entry.headers[field as keyof SystemHeaders];
    if (value !== undefined) described[name] = Buffer.from(value).toString('latin1');
  }
  for (const [name, value] of Object.entries(entry.metadata)) described[`x-amz-meta-${name}`] = encodeWord(value);
  return described;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html (x-amz-restore) */
function restoreHeader({ until }: Restore): string {
  if (until === undefined) return 'ongoing-request="true"';
  return `ongoing-request="false", expiry-date="${new Date(until).toUTCString()}"`;
}

/** Where versioning was never enabled, no reply names a version. */
export function versionHeader(bucket: Bucket, entry: Entry): Record<string, string> {
  return bucket.versioning === 'Off' ? {} : { 'x-amz-version-id': entry.versionId };
}

export function encryptionHeaders({ algorithm, kmsKeyId, bucketKey, keyMd5 }: Encryption): Record<string, string> {
  if (algorithm === 'customer') {
    return {
      'x-amz-server-side-encryption-customer-algorithm': 'AES256',
      ...(keyMd5 !== undefined && { 'x-amz-server-side-encryption-customer-key-md5': keyMd5 }),
    };
  }
  return {
    'x-amz-server-side-encryption': algorithm,
    ...(kmsKeyId !== undefined && { 'x-amz-server-side-encryption-aws-kms-key-id': kmsKeyId }),
    ...(bucketKey && { 'x-amz-server-side-encryption-bucket-key-enabled': 'true' }),
  };
}

/** The customer's key has to come with every read: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html */
export function checkCustomerKey(request: S3Request, entry: Entry, prefix: 'x-amz-' | 'x-amz-copy-source-'): void {
  if (entry.sse.algorithm !== 'customer') return;
  const name = `${prefix}server-side-encryption-customer-`;
  if (request.headers[`${name}algorithm`] === undefined) {
    throw errors.invalidRequest(
      'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
    );
  }
  const given = request.headers[`${name}key-md5`];
  if (entry.sse.keyMd5 !== undefined && entry.sse.keyMd5 !== given) {
    throw errors.accessDenied(
      'Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.',
    );
  }
}

/**
 * Metadata that is not plain ASCII comes back as an RFC 2047 word.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata
 */
function encodeWord(value: string): string {
  if (/^[\x20-\x7e]*$/.test(value)) return value;
  const bytes = [...Buffer.from(value)];
  if (bytes.some((byte) => byte < 0x20 || byte === 0x7f)) return `=?UTF-8?B?${Buffer.from(value).toString('base64')}?=`;
  const plain = (byte: number) => byte < 0x7f && !'=?_'.includes(String.fromCharCode(byte));
  const hex = (byte: number) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  const word = bytes.map((byte) => (byte === 0x20 ? '_' : plain(byte) ? String.fromCharCode(byte) : hex(byte)));
  return `=?UTF-8?Q?${word.join('')}?=`;
}
