import type { Context, KeyHandler } from '../http/context.ts';
import { errors, type Reply, S3Error } from '../http/reply.ts';
import type { S3Request } from '../http/request.ts';
import type { Bucket } from '../store/bucket.ts';
import { type Entry, isArchived } from '../store/entry.ts';
import { versionToRead } from './checks.ts';
import { checkReadConditions } from './conditions.ts';
import { checkCustomerKey, describe } from './headers.ts';

export const headObject: KeyHandler = (request, bucket, key, context) => {
  const entry = readable(request, bucket, key, context);
  return { status: 200, headers: describe(bucket, entry, wantsChecksums(request)), body: contentOf(entry) };
};

export const getObject: KeyHandler = (request, bucket, key, context) => {
  const entry = readable(request, bucket, key, context);
  checkActive(entry, context);
  const range = rangeOf(request.headers.range, entry.size);
  // A checksum is of the whole object, so a part of it comes without.
  const headers = describe(bucket, entry, wantsChecksums(request) && range === undefined);
  return range === undefined ? { status: 200, headers, body: contentOf(entry) } : part(entry, range, headers);
};

export function checkActive(entry: Entry, context: Context): void {
  if (isArchived(entry, context.clock.now())) throw errors.archived(entry.storageClass);
}

function readable(request: S3Request, bucket: Bucket, key: string, context: Context): Entry {
  const entry = versionToRead(bucket, key, request.query.versionId, request.method);
  checkCustomerKey(request, entry, 'x-amz-');
  checkReadConditions(request, entry, context.clock.now());
  return entry;
}

function wantsChecksums(request: S3Request): boolean {
  return request.headers['x-amz-checksum-mode']?.toUpperCase() === 'ENABLED';
}

function contentOf(entry: Entry): Reply['body'] {
  return entry.body ?? { zeros: entry.size };
}

interface Range {
  readonly first: number;
  readonly last: number;
}

function part(entry: Entry, { first, last }: Range, headers: Record<string, string>): Reply {
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${first}-${last}/${entry.size}` },
    body: entry.body?.subarray(first, last + 1) ?? { zeros: last - first + 1 },
  };
}

/** One range of bytes; anything that S3 does not take for a single range means the whole object. */
function rangeOf(header: string | undefined, size: number): Range | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (header === undefined || match === null) return undefined;
  const [, from = '', to = ''] = match;
  if (from === '' && to === '') return undefined;
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (first >= size || (from === '' && Number(to) === 0)) {
    throw new S3Error(416, 'InvalidRange', 'The requested range is not satisfiable', {
      RangeRequested: header,
      ActualObjectSize: String(size),
    });
  }
  return { first, last };
}
