import type { Context, KeyHandler } from '../http/context.ts';
import { errors, type Reply } from '../http/reply.ts';
import type { S3Request } from '../http/request.ts';
import type { Bucket } from '../store/bucket.ts';
import { type Entry, isArchived } from '../store/entry.ts';
import { versionToRead } from './checks.ts';
import { checksumHeaders, partHeaders } from './checksums.ts';
import { checkReadConditions } from './conditions.ts';
import { checkCustomerKey, describe } from './headers.ts';
import { partial, partNumberOf, partRange, rangeOf } from './ranges.ts';

export const headObject: KeyHandler = (request, bucket, key, context) => {
  const entry = readable(request, bucket, key, context);
  return contentOf(request, bucket, entry, undefined, context);
};

export const getObject: KeyHandler = (request, bucket, key, context) => {
  const entry = readable(request, bucket, key, context);
  if (isArchived(entry, context.clock.now())) throw errors.archived(entry, 'The operation');
  return contentOf(request, bucket, entry, request.headers.range, context);
};

/** For the source of a copy. */
export function checkActive(entry: Entry, context: Context): void {
  // AWS's answer is quoted in https://github.com/s3tools/s3cmd/pull/193; the API reference has another code.
  if (isArchived(entry, context.clock.now())) throw errors.archived(entry, 'Operation', 'source ');
}

function readable(request: S3Request, bucket: Bucket, key: string, context: Context): Entry {
  const entry = versionToRead(bucket, key, request.query.versionId, request.method);
  checkCustomerKey(request, entry, 'x-amz-');
  checkReadConditions(request, entry, context.clock.now());
  return entry;
}

/** The whole, a range of it, or one of the parts that it was uploaded in. */
function contentOf(
  request: S3Request,
  bucket: Bucket,
  entry: Entry,
  wantedRange: string | undefined,
  context: Context,
): Reply {
  const headers = describe(bucket, entry, context.clock.now());
  const sums = request.headers['x-amz-checksum-mode']?.toUpperCase() === 'ENABLED';
  if (request.query.partNumber !== undefined) return partOf(request, entry, headers, sums);
  const range = rangeOf(wantedRange, entry.size);
  // A checksum is of the whole object, so a part of it comes without.
  if (range !== undefined) return partial(entry, range, headers);
  const body = entry.body ?? { zeros: entry.size };
  return { status: 200, headers: { ...headers, ...(sums && checksumHeaders(entry.checksums)) }, body };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (partNumber) */
function partOf(request: S3Request, entry: Entry, headers: Record<string, string>, sums: boolean): Reply {
  const number = partNumberOf(request);
  if (request.headers.range !== undefined) {
    throw errors.invalidRequest('Cannot specify both Range header and partNumber query parameter');
  }
  const range = partRange(entry, number);
  const told = {
    ...headers,
    ...(entry.parts && { 'x-amz-mp-parts-count': String(entry.parts.length) }),
    ...(sums && partHeaders(entry, number)),
  };
  // There is no range of no bytes.
  if (range.last < range.first) return { status: 200, headers: told, body: '' };
  return partial(entry, range, told);
}
