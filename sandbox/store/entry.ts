import { createHash } from 'node:crypto';
import type { Checksums } from './checksums.ts';

/** One row of a key's history: a version (data) or a delete marker. */
export interface Entry {
  readonly versionId: string;
  readonly deleteMarker: boolean;
  /** Milliseconds since 1970, always whole seconds. */
  readonly lastModified: number;
  /** Without quotes; empty for a marker. */
  readonly etag: string;
  readonly size: number;
  /** Undefined: a sparse entry, which has a size but no bytes (reads give zeros). */
  readonly body: Uint8Array | undefined;
  /** Undefined: uploaded in one piece. */
  readonly parts: readonly StoredPart[] | undefined;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly headers: Readonly<SystemHeaders>;
  readonly storageClass: string;
  readonly sse: Readonly<Encryption>;
  readonly checksums: Checksums;
  /** May change in place, as on S3: tags and locks belong to a version but are not part of it. */
  tags: Readonly<Record<string, string>>;
  lock: Readonly<Lock>;
  /** Of an archived version: whether its bytes have been asked back. */
  restore: Readonly<Restore> | undefined;
  /** Of INTELLIGENT_TIERING: the archive that the version has sunk into. */
  archiveTier: ArchiveTier | undefined;
}

/** What is remembered of the part that an object was uploaded in. */
export interface StoredPart {
  readonly size: number;
  readonly checksums: Checksums;
}

/** Without `until`: still under way. With: readable until then (milliseconds since 1970). */
export interface Restore {
  until?: number;
  /** For how long it was asked for. */
  days?: number;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html (x-amz-archive-status) */
export type ArchiveTier = 'ARCHIVE_ACCESS' | 'DEEP_ARCHIVE_ACCESS';

/** System metadata which the user controls: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html */
export interface SystemHeaders {
  cacheControl?: string;
  contentDisposition?: string;
  contentEncoding?: string;
  contentLanguage?: string;
  expires?: string;
  websiteRedirectLocation?: string;
}

export interface Encryption {
  algorithm: 'AES256' | 'aws:kms' | 'aws:kms:dsse' | 'customer';
  kmsKeyId?: string;
  bucketKey?: boolean;
  /** For `customer`: the MD5 that a reader's key must have. Undefined: any key opens it. */
  keyMd5?: string;
}

export interface Lock {
  mode?: LockMode;
  /** Milliseconds since 1970. */
  retainUntil?: number;
  legalHold?: boolean;
}

export type LockMode = 'GOVERNANCE' | 'COMPLIANCE';

/** What a version is before the bucket gives it an id and a time. */
export type Draft = Omit<Entry, 'versionId' | 'deleteMarker' | 'lastModified'>;

const NOTHING = Object.freeze({});
const NO_BYTES = new Uint8Array(0);

/** Every new object is encrypted by default: https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html */
export const DEFAULT_ENCRYPTION: Readonly<Encryption> = Object.freeze({ algorithm: 'AES256' });

export const EMPTY_DRAFT: Draft = Object.freeze({
  etag: 'd41d8cd98f00b204e9800998ecf8427e',
  size: 0,
  body: NO_BYTES,
  parts: undefined,
  contentType: 'binary/octet-stream',
  metadata: NOTHING,
  headers: NOTHING,
  storageClass: 'STANDARD',
  sse: DEFAULT_ENCRYPTION,
  checksums: NOTHING,
  tags: NOTHING,
  lock: NOTHING,
  restore: undefined,
  archiveTier: undefined,
});

export function deleteMarker(versionId: string, lastModified: number): Entry {
  return { ...EMPTY_DRAFT, etag: '', storageClass: '', versionId, deleteMarker: true, lastModified };
}

export function md5(data: string | Uint8Array): string {
  return createHash('md5').update(data).digest('hex');
}

/**
 * The ETag of single-part content, or of a part. It is the MD5 of the bytes, of sparse ones that of their number, except under KMS or customer keys, where it is a digest
 * that differs from object to object: `salt` stands for what makes it differ.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
export function etagOf(body: Uint8Array | undefined, size: number, sse: Encryption, salt: string): string {
  const plain = body === undefined ? md5(`sparse ${size}`) : body.length === 0 ? EMPTY_DRAFT.etag : md5(body);
  return sse.algorithm === 'AES256' ? plain : md5(`${plain} ${salt}`);
}

/** The MD5 of the parts' MD5s, and their number: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html */
export function etagOfParts(parts: readonly { readonly etag: string }[]): string {
  return `${md5(Buffer.concat(parts.map((part) => Buffer.from(part.etag, 'hex'))))}-${parts.length}`;
}

/** These classes give their bytes only after a restore: https://docs.aws.amazon.com/AmazonS3/latest/userguide/archived-objects.html */
const ARCHIVE = new Set(['GLACIER', 'DEEP_ARCHIVE']);

export function isArchive(storageClass: string): boolean {
  return ARCHIVE.has(storageClass);
}

/** Archived, and no copy of its bytes has been brought back. From an archive tier the version itself comes back. */
export function isArchived(entry: Entry, now: number): boolean {
  if (entry.archiveTier !== undefined) return true;
  return isArchive(entry.storageClass) && !((entry.restore?.until ?? 0) > now);
}

/** The restore that is under way, or whose copy is still there. */
export function restoreOf({ restore }: Entry, now: number): Restore | undefined {
  return restore?.until !== undefined && restore.until <= now ? undefined : restore;
}

/** WORM: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html */
export function isLocked(entry: Entry, now: number, bypassGovernance: boolean): boolean {
  const { mode, retainUntil, legalHold } = entry.lock;
  if (legalHold) return true;
  if (mode === undefined || retainUntil === undefined || retainUntil <= now) return false;
  return mode === 'COMPLIANCE' || !bypassGovernance;
}
