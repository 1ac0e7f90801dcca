import { createHash } from 'node:crypto';
import { type ArchivedVersion, archivedIn } from './archive.ts';
import type { Place } from './decide.ts';
import type { ObjectHead } from './head.ts';
import type { Entry } from './history.ts';
import type { CopyStep } from './plan.ts';
import type { Preserve } from './request.ts';

/** CopyObject takes sources up to 5 GiB. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
export const MAX_COPY_BYTES = 5 * 1024 ** 3;

export interface CopyOptions {
  readonly preserve: Preserve;
  /** ms; a retention that is over by then cannot be set again. */
  readonly now: number;
}

/** The step that copies a version, with all that the copy would drop; or why it cannot be copied. */
export function copyStep(
  source: Place,
  version: Entry,
  head: ObjectHead,
  to: Place,
  options: CopyOptions,
): { readonly step: CopyStep } | { readonly archived: ArchivedVersion } | { readonly skip: 'customer-encryption-key' } {
  if (head.customerKey === true) return { skip: 'customer-encryption-key' };
  const archived = archivedIn(source, version, head);
  if (archived !== undefined) return { archived };
  const elsewhere = source.bucket !== to.bucket || source.key !== to.key;
  const carry = carriedOver(head, options);
  return {
    step: {
      do: 'copy-version',
      versionId: version.versionId,
      ...(elsewhere && { source }),
      ...(version.versionId === 'null' && { etag: head.etag }),
      ...(head.size > MAX_COPY_BYTES && { multipart: head.size }),
      ...(Object.keys(carry).length > 0 && { carry }),
    },
  };
}

/**
 * Same content, headers and metadata? The ETag settles the content; where it cannot (a multipart upload's or an
 * SSE-KMS object's ETag does not survive a copy), a checksum of the whole object that both carry does.
 */
export function sameObject(a: ObjectHead, b: ObjectHead): boolean {
  // Of an object that cannot be looked at (a customer's own key) nothing is known, not even the ETag.
  if (a.etag === '' || b.etag === '') return false;
  const sameContent = a.etag === b.etag || isInOnePart(a.etag, b.etag) || isInOnePart(b.etag, a.etag);
  return a.size === b.size && (sameContent || sameChecksum(a, b)) && sameHeaders(a, b);
}

/**
 * Is the second the ETag that an object with the first has when it is uploaded as a single part? That is the MD5 of the
 * parts' MD5s, and their number. https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 */
function isInOnePart(whole: string, parted: string): boolean {
  if (!parted.endsWith('-1') || !/^[0-9a-f]{32}$/i.test(whole)) return false;
  return parted.toLowerCase() === `${createHash('md5').update(Buffer.from(whole, 'hex')).digest('hex')}-1`;
}

/** Could it be the same, for all that can be told? Equal but for an ETag that says nothing, and no checksum in common. */
export function mayBeSameObject(a: ObjectHead, b: ObjectHead): boolean {
  const isSilent = ({ etag, encryption }: ObjectHead) =>
    /-\d+$/.test(etag) || encryption?.startsWith('aws:kms') === true;
  const shared = Object.keys(a.checksums).some((algorithm) => algorithm in b.checksums);
  return a.size === b.size && (isSilent(a) || isSilent(b)) && !shared && sameHeaders(a, b);
}

function sameChecksum(a: ObjectHead, b: ObjectHead): boolean {
  const shared = Object.keys(a.checksums).filter((algorithm) => algorithm in b.checksums);
  return shared.length > 0 && shared.every((algorithm) => a.checksums[algorithm] === b.checksums[algorithm]);
}

function sameHeaders(a: ObjectHead, b: ObjectHead): boolean {
  const header = [
    'contentType',
    'cacheControl',
    'contentDisposition',
    'contentEncoding',
    'contentLanguage',
    'expires',
    'websiteRedirect',
  ] as const;
  const names = Object.keys(a.metadata);
  return (
    header.every((name) => a[name] === b[name]) &&
    names.length === Object.keys(b.metadata).length &&
    names.every((name) => a.metadata[name] === b.metadata[name])
  );
}

/**
 * CopyObject keeps metadata and tags, and forgets these: storage class, redirect, encryption, lock.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/copy-object.html
 */
function carriedOver(source: ObjectHead, { preserve, now }: CopyOptions): NonNullable<CopyStep['carry']> {
  const { lockMode, lockUntil } = source;
  // S3 refuses a retention that lies in the past.
  const locked = preserve.objectLock && lockUntil !== undefined && Date.parse(lockUntil) > now;
  return {
    ...(source.storageClass !== undefined && { storageClass: source.storageClass }),
    ...(source.websiteRedirect !== undefined && { websiteRedirect: source.websiteRedirect }),
    ...(source.encryption !== undefined && { encryption: source.encryption }),
    ...(source.kmsKeyId !== undefined && { kmsKeyId: source.kmsKeyId }),
    ...(source.bucketKey !== undefined && { bucketKey: source.bucketKey }),
    ...(locked && lockMode !== undefined && { lockMode, lockUntil }),
    ...(preserve.objectLock && source.legalHold === true && { legalHold: true }),
    ...(preserve.annotations && { annotations: true }),
  };
}
