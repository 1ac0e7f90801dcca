import type { Context } from '../http/context.ts';
import { errors, type S3Error } from '../http/reply.ts';
import type { S3Request } from '../http/request.ts';
import type { Bucket } from '../store/bucket.ts';
import type { Entry } from '../store/entry.ts';
import { NULL_VERSION } from '../store/version-ids.ts';
import { checkOwner, entryOf, versionToRead } from './checks.ts';

/** 5 GiB: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
const LARGEST_COPY = 5_368_709_120;

/** What a copy, of an object or of a part, is taken from. */
export interface Source {
  readonly bucket: Bucket;
  readonly key: string;
  readonly versionId: string | undefined;
  readonly entry: Entry;
}

/**
 * `bucket/key` in URL encoding, then a literal `?versionId=`.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html (x-amz-copy-source)
 */
export function sourceOf(request: S3Request, context: Context): Source {
  const header = request.headers['x-amz-copy-source'] ?? '';
  const [, path = '', versionId] = /^\/?(.*?)(?:\?versionId=(.*))?$/s.exec(header) ?? [];
  const slash = path.indexOf('/');
  const invalid = (): S3Error =>
    errors.invalidArgument('Invalid copy source object key', 'x-amz-copy-source', 'x-amz-copy-source');
  if (slash <= 0 || slash === path.length - 1) throw invalid();
  let name: string;
  let key: string;
  try {
    name = decodeURIComponent(path.slice(0, slash));
    key = decodeURIComponent(path.slice(slash + 1).replaceAll('+', ' '));
  } catch {
    throw invalid();
  }
  const bucket = context.buckets.get(name);
  if (bucket === undefined) throw errors.noSuchBucket(name);
  checkOwner(bucket, request.headers['x-amz-source-expected-bucket-owner']);
  const id = versionId === undefined ? undefined : decodeURIComponent(versionId);
  if (id !== undefined && entryOf(bucket, key, id).deleteMarker) {
    throw errors.invalidRequest(
      'The source of a copy request may not specifically refer to a delete marker by version id.',
    );
  }
  return { bucket, key, versionId: id, entry: versionToRead(bucket, key, id, request.method) };
}

export function checkCopySize(size: number): void {
  if (size <= LARGEST_COPY) return;
  throw errors.invalidRequest(
    `The specified copy source is larger than the maximum allowable size for a copy source: ${LARGEST_COPY}`,
  );
}

/** Tells the version that was copied, unless it is the null version. */
export function sourceHeader({ entry }: Source): Record<string, string> {
  return entry.versionId === NULL_VERSION ? {} : { 'x-amz-copy-source-version-id': entry.versionId };
}
