import { toMillis } from '../clock.ts';
import { type Uploading, uploaded } from './draft-parts.ts';
import {
  type ArchiveTier,
  DEFAULT_ENCRYPTION,
  type Draft,
  EMPTY_DRAFT,
  type Encryption,
  type Lock,
  type LockMode,
  type SystemHeaders,
} from './entry.ts';

/** What a test may say about a version it puts. Everything is optional. */
export interface PutOptions extends Uploading {
  body?: string | Uint8Array;
  /** A size without bytes: reads give zeros. Not together with `body`. */
  size?: number;
  /** With or without quotes; default what S3 makes of the content and its parts. */
  etag?: string;
  lastModified?: string | number;
  versionId?: string;
  contentType?: string;
  metadata?: Record<string, string>;
  headers?: SystemHeaders;
  storageClass?: string;
  tags?: Record<string, string>;
  sse?: { algorithm: 'AES256' | 'aws:kms' | 'aws:kms:dsse'; kmsKeyId?: string; bucketKey?: boolean };
  /** Encrypted with a key of the customer's, which no reader has unless it sends one. */
  sseCustomer?: boolean;
  lock?: { mode?: LockMode; retainUntil?: string | number; legalHold?: boolean };
  /** A checksum as it is, right or wrong. */
  checksumCrc64nvme?: string;
  /** Sunk into an archive of INTELLIGENT_TIERING, which is then the storage class. */
  archiveTier?: ArchiveTier;
  /** Of an archived version: its restore is under way, or done and valid until then. */
  restore?: 'ongoing' | { until: string | number };
}

/** `salt` makes ETags under KMS differ from object to object. */
export function draftOf(options: PutOptions, salt: string): Draft {
  const { headers, storageClass, contentType, metadata, tags, checksumCrc64nvme } = options;
  if (options.size !== undefined && options.body !== undefined) throw new Error('size: not together with body');
  const size = options.size ?? (options.body === undefined ? options.parts?.reduce((a, b) => a + b, 0) : undefined);
  const body = size !== undefined ? undefined : bytesOf(options.body ?? '');
  const sse: Encryption = options.sseCustomer ? { algorithm: 'customer' } : (options.sse ?? DEFAULT_ENCRYPTION);
  const length = size ?? body?.length ?? 0;
  return {
    ...EMPTY_DRAFT,
    body,
    size: length,
    sse,
    ...uploaded({ body, size: length }, options, sse, salt),
    ...(options.etag !== undefined && { etag: unquoted(options.etag) }),
    ...(headers && { headers: { ...headers } }),
    ...(storageClass !== undefined && { storageClass }),
    ...(contentType !== undefined && { contentType }),
    ...(metadata && { metadata: lowerCased(metadata) }),
    ...(tags && { tags: { ...tags } }),
    ...(checksumCrc64nvme !== undefined && { checksums: { crc64nvme: checksumCrc64nvme } }),
    ...archiveOf(options),
    ...(options.lock && { lock: lockOf(options.lock) }),
    ...(options.restore && {
      restore: options.restore === 'ongoing' ? {} : { until: toMillis(options.restore.until) },
    }),
  };
}

function archiveOf({ archiveTier, storageClass, restore }: PutOptions): Partial<Draft> {
  if (archiveTier === undefined) return {};
  const tiering = 'INTELLIGENT_TIERING';
  if ((storageClass ?? tiering) !== tiering) throw new Error(`archiveTier: not of storage class ${storageClass}`);
  if (restore !== undefined && restore !== 'ongoing')
    throw new Error('restore: brings back from an archiveTier for good');
  return { archiveTier, storageClass: tiering };
}

export function unquoted(etag: string): string {
  return etag.replace(/^"|"$/g, '');
}

function bytesOf(body: string | Uint8Array): Uint8Array {
  if (body.length === 0 && EMPTY_DRAFT.body) return EMPTY_DRAFT.body;
  return typeof body === 'string' ? new TextEncoder().encode(body) : body;
}

/** S3 stores user-defined metadata keys in lower case: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html */
function lowerCased(metadata: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name.toLowerCase(), value]));
}

function lockOf(lock: NonNullable<PutOptions['lock']>): Lock {
  const { mode, retainUntil, legalHold } = lock;
  if ((mode === undefined) !== (retainUntil === undefined)) throw new Error('lock: mode and retainUntil go together');
  return {
    ...(mode !== undefined && { mode }),
    ...(retainUntil !== undefined && { retainUntil: toMillis(retainUntil) }),
    ...(legalHold !== undefined && { legalHold }),
  };
}
