import {
  type Algorithm,
  type Checksums,
  type ChecksumType,
  compositeChecksum,
  contentChecksum,
  defaultType,
  defined,
  isPossible,
} from './checksums.ts';
import { type Draft, EMPTY_DRAFT, type Encryption, etagOf, etagOfParts } from './entry.ts';

/** How a version came to be uploaded. */
export interface Uploading {
  /** As if uploaded in parts of these sizes, in this order. Without `body` they are sparse, and `size` is their sum. */
  parts?: readonly number[];
  /** A checksum that is right. `type`: of an object in parts, by default as S3 has it for the algorithm. */
  checksum?: { algorithm: Algorithm; type?: ChecksumType };
}

type Content = Pick<Draft, 'body' | 'size'>;

/** What an upload of this content, in one piece or in parts of these sizes, would have led to. */
export function uploaded(
  { body, size }: Content,
  { parts: sizes, checksum }: Uploading,
  sse: Encryption,
  salt: string,
): Pick<Draft, 'etag' | 'parts' | 'checksums'> {
  const algorithm = checksum?.algorithm.toLowerCase();
  if (sizes === undefined) {
    if (checksum?.type === 'COMPOSITE') throw new Error('checksum: COMPOSITE only together with parts');
    const checksums = checksumOf(algorithm, { body, size });
    return { etag: etagOf(body, size, sse, salt), parts: undefined, checksums };
  }
  const parts = cut({ body, size }, sizes).map((part, index) => ({
    size: part.size,
    etag: etagOf(part.body, part.size, sse, `${salt} ${index + 1}`),
    checksums: checksumOf(algorithm, part),
  }));
  const type: ChecksumType = checksum?.type ?? defaultType(algorithm ?? '');
  if (algorithm !== undefined && !isPossible(algorithm, type)) throw new Error(`checksum: no ${algorithm} is ${type}`);
  const composite = algorithm !== undefined && type === 'COMPOSITE';
  return {
    etag: etagOfParts(parts),
    parts: parts.map(({ size, checksums }) => ({ size, checksums })),
    checksums: composite
      ? defined([[algorithm, compositeChecksum(algorithm, parts)]])
      : checksumOf(algorithm, { body, size }),
  };
}

function checksumOf(algorithm: string | undefined, { body, size }: Content): Checksums {
  return algorithm === undefined
    ? EMPTY_DRAFT.checksums
    : defined([[algorithm, contentChecksum(algorithm, body, size)]]);
}

function cut({ body, size }: Content, sizes: readonly number[]): Content[] {
  const total = sizes.reduce((sum, one) => sum + one, 0);
  if (sizes.length === 0 || total !== size) throw new Error(`parts: ${total} bytes in all, the object has ${size}`);
  let at = 0;
  return sizes.map((one) => {
    const first = at;
    at += one;
    return { body: body?.subarray(first, at), size: one };
  });
}
