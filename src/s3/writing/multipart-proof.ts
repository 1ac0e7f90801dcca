import { createHash } from 'node:crypto';
import { type CompletedPart, HeadObjectCommand } from '@aws-sdk/client-s3';
import { CancelledError } from '../../core/errors.ts';
import type { Failure } from '../../core/outcome.ts';
import type { Seen } from '../../core/plan.ts';
import type { Write } from '../../core/ports.ts';
import { RequestError } from '../errors.ts';
import { unquote } from '../listing/list-xml.ts';
import { readTop } from '../listing/pages.ts';
import { type Checksum, checksumOf, disagree } from './checksums.ts';
import { CONFLICT, failedWrite } from './guard.ts';
import { ensureTags } from './multipart-tags.ts';
import type { Completed, Upload } from './multipart-upload.ts';

/** What lies on top of a key. */
interface Top {
  readonly versionId?: string;
  readonly etag?: string;
  readonly size?: number;
  readonly checksum?: Checksum;
  /** As far as the server tells. */
  readonly tagCount?: number;
}

/**
 * Is the object that was completed what is current now, and is it whole? An upload that was begun before another write can
 * end up below it. https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html (concurrent operations)
 * @throws CancelledError that says that the copy may be there
 */
export async function provenOnTop(upload: Upload, done: Completed): Promise<Write> {
  const { whole } = upload;
  try {
    const top = await current(upload);
    if (top === undefined || !isThat(done, top)) return CONFLICT;
    const versionId = done.versionId ?? top.versionId;
    if ((top.size ?? whole.size) !== whole.size) return mismatch(upload, versionId, 'size');
    if (disagree(whole.checksum, top.checksum)) return mismatch(upload, versionId);
    if ((top.tagCount ?? 0) !== whole.tags.length) await ensureTags(upload, versionId);
    return { ok: true, etag: done.etag, ...(versionId !== undefined && { versionId }) };
  } catch (error) {
    if (error instanceof CancelledError) throw new CancelledError(true);
    return unproven(failedWrite('multipart-copy', error), done);
  }
}

/** People have to know that there is a copy, though it could not be seen to. */
function unproven(write: Write, { versionId }: Completed): Write {
  if (write.ok || write.conflict) return write;
  const named = versionId === undefined ? '' : `, version ${versionId}`;
  const message = `the copy was made${named}; then: ${write.failure.message}`;
  return made({ ...write.failure, message }, versionId);
}

/** It is there, whatever is wrong with it. */
function made(failure: Failure, versionId: string | undefined): Write {
  return { ok: false, conflict: false, failure, unsure: true, ...(versionId !== undefined && { versionId }) };
}

function isThat(done: Completed, top: Top): boolean {
  if (done.versionId !== undefined && top.versionId !== undefined) return done.versionId === top.versionId;
  return done.etag === top.etag;
}

/** With checksums. It comes after a write, so a run that stops still waits for it. */
async function current({ requester, bucket, key }: Upload): Promise<Top | undefined> {
  const input = {
    Bucket: bucket.name,
    Key: key,
    ChecksumMode: 'ENABLED' as const,
    ...(bucket.expectedOwner !== undefined && { ExpectedBucketOwner: bucket.expectedOwner }),
  };
  try {
    const { value } = await requester.send({
      kind: 'head',
      cleanup: true,
      send: (abortSignal) => bucket.client.send(new HeadObjectCommand(input), { abortSignal }),
    });
    const checksum = checksumOf(value);
    return {
      ...(value.VersionId !== undefined && { versionId: value.VersionId }),
      ...(value.ETag !== undefined && { etag: unquote(value.ETag) }),
      ...(value.ContentLength !== undefined && { size: value.ContentLength }),
      ...(checksum !== undefined && { checksum }),
      ...(value.TagCount !== undefined && { tagCount: value.TagCount }),
    };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    // Deleted since: a delete marker answers so.
    if (error.trouble.status === 404) return undefined;
    // Writing does not take the permission to read; the listing was allowed before.
    const [entry] = await readTop(requester, bucket, key);
    return entry === undefined || entry.deleteMarker ? undefined : entry;
  }
}

/**
 * The answer to a completion was lost: is what lies on top now what it made? Its ETag tells, where S3 makes it of the
 * parts' ETags, and where what was there before had another one.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 * @throws CancelledError that says that the copy may be there
 */
export async function settleLost(
  upload: Upload,
  parts: readonly CompletedPart[],
  seen: Seen,
): Promise<Completed | undefined> {
  const etag = etagOfParts(parts);
  if (etag === undefined) return undefined;
  try {
    const top = await current(upload);
    if (top?.etag !== etag) return undefined;
    const new_ = seen?.etag !== etag || (top.versionId !== undefined && top.versionId !== seen.versionId);
    return new_ ? { etag, ...(top.versionId !== undefined && { versionId: top.versionId }) } : undefined;
  } catch (error) {
    if (error instanceof CancelledError) throw new CancelledError(true);
    return undefined;
  }
}

/** `undefined` where the parts' ETags are not MD5s. */
export function etagOfParts(parts: readonly CompletedPart[]): string | undefined {
  const digests = parts.map(({ ETag = '' }) => unquote(ETag));
  if (!digests.every((digest) => /^[0-9a-f]{32}$/i.test(digest))) return undefined;
  const all = Buffer.concat(digests.map((digest) => Buffer.from(digest, 'hex')));
  return `${createHash('md5').update(all).digest('hex')}-${parts.length}`;
}

function mismatch(
  { whole, key }: Upload,
  versionId: string | undefined,
  algorithm = whole.checksum?.algorithm ?? 'checksum',
): Write {
  const named = versionId === undefined ? 'the copy' : `the copy, version ${versionId},`;
  const failure = {
    code: 'checksum-mismatch',
    message: `${named} of "${key}" has another ${algorithm} than its source, version ${whole.source.versionId}`,
    hint: 'What was copied is not what was to be copied: remove that version, and run it again.',
  };
  return made(failure, versionId);
}
