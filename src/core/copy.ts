import type { CopyQuestion, Settled } from './decide.ts';
import type { CopyStep } from './plan.ts';

/** What HeadObject says of a version, as far as a copy needs it. Strings as S3 sent them. */
export interface ObjectHead {
  readonly versionId?: string;
  /** Without its quotes. */
  readonly etag: string;
  readonly size: number;
  readonly contentType?: string;
  readonly cacheControl?: string;
  readonly contentDisposition?: string;
  readonly contentEncoding?: string;
  readonly contentLanguage?: string;
  /** The header's text, valid date or not. */
  readonly expires?: string;
  readonly websiteRedirect?: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Absent for STANDARD. */
  readonly storageClass?: string;
  readonly encryption?: string;
  readonly kmsKeyId?: string;
  readonly bucketKey?: boolean;
  /** The object is encrypted with a key that only the customer has (SSE-C). */
  readonly customerKey?: boolean;
  /** Checksums of the whole object by algorithm; composite (per part) ones are left out. */
  readonly checksums: Readonly<Record<string, string>>;
  /** An Intelligent-Tiering archive tier. */
  readonly archiveStatus?: string;
  /** The x-amz-restore header of an archived object. */
  readonly restore?: string;
}

/** CopyObject takes sources up to 5 GiB. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
export const MAX_COPY_BYTES = 5 * 1024 ** 3;

const ARCHIVE_CLASSES = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/**
 * Settle a copy: is it needed, is it possible, and what has to be carried over that CopyObject drops?
 * `current` is given where the question asked to compare.
 */
export function settleCopy(
  bucket: string,
  question: CopyQuestion,
  source: ObjectHead,
  current: ObjectHead | undefined,
): Settled {
  if (question.compare && current !== undefined && sameObject(source, current)) return { kind: 'unchanged' };
  if (question.destroysNull) return { kind: 'skip', reason: 'would-destroy-null-version' };
  if (isArchived(source)) return { kind: 'skip', reason: 'archived' };
  if (source.customerKey === true) return { kind: 'skip', reason: 'customer-encryption-key' };
  if (source.size > MAX_COPY_BYTES) return { kind: 'skip', reason: 'too-large' };

  const { key, current: now, source: wanted } = question;
  const carry = carriedOver(source);
  const step: CopyStep = {
    do: 'copy-version',
    versionId: wanted.versionId,
    ...(Object.keys(carry).length > 0 && { carry }),
  };
  return {
    kind: 'change',
    line: {
      bucket,
      key,
      from: { versionId: now.versionId, deleteMarker: now.deleteMarker, etag: now.etag ?? null },
      to: { versionId: wanted.versionId },
      steps: [step],
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
  return a.size === b.size && (a.etag === b.etag || sameChecksum(a, b)) && sameHeaders(a, b);
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

/** In an archive, and no restored copy to read from. */
function isArchived(head: ObjectHead): boolean {
  const archived = ARCHIVE_CLASSES.has(head.storageClass ?? '') || head.archiveStatus !== undefined;
  return archived && !/ongoing-request="false"/.test(head.restore ?? '');
}

/**
 * CopyObject keeps metadata and tags, and forgets these: storage class, redirect, encryption. SSE-S3 is not among them:
 * it is what every object gets, unless the bucket's owner has chosen a stronger default since.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
 */
function carriedOver(source: ObjectHead): NonNullable<CopyStep['carry']> {
  return {
    ...(source.storageClass !== undefined && { storageClass: source.storageClass }),
    ...(source.websiteRedirect !== undefined && { websiteRedirect: source.websiteRedirect }),
    ...(source.encryption !== undefined && source.encryption !== 'AES256' && { encryption: source.encryption }),
    ...(source.kmsKeyId !== undefined && { kmsKeyId: source.kmsKeyId }),
    ...(source.bucketKey !== undefined && { bucketKey: source.bucketKey }),
  };
}
