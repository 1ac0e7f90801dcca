import { errors, type Reply, S3Error } from '../http/reply.ts';
import type { S3Request } from '../http/request.ts';
import type { Entry } from '../store/entry.ts';

/** The first and the last byte of what is read of an object. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

export function partial(entry: Entry, { first, last }: Range, headers: Record<string, string>): Reply {
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${first}-${last}/${entry.size}` },
    body: entry.body?.subarray(first, last + 1) ?? { zeros: last - first + 1 },
  };
}

/** One range of bytes; anything that S3 does not take for a single range means the whole object. */
export function rangeOf(header: string | undefined, size: number): Range | undefined {
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

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export function partNumberOf({ query }: S3Request): number {
  const text = query.partNumber ?? '';
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= 10_000) return number;
  const message = 'Part number must be an integer between 1 and 10000, inclusive';
  throw errors.invalidArgument(message, 'partNumber', text);
}

/** Where a part of an object lies. What was uploaded in one piece has one part. */
export function partRange({ parts, size }: Entry, number: number): Range {
  const sizes = parts?.map((part) => part.size) ?? [size];
  const own = sizes[number - 1];
  if (own === undefined) {
    throw new S3Error(416, 'InvalidPartNumber', 'The requested partnumber is not satisfiable', {
      PartNumberRequested: String(number),
      ActualPartCount: String(sizes.length),
    });
  }
  const first = sizes.slice(0, number - 1).reduce((sum, one) => sum + one, 0);
  return { first, last: first + own - 1 };
}
