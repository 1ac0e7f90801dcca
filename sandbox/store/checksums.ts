import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { crc32c, crc64nvme } from './crc.ts';

/** By algorithm, lower case: `crc32`, `crc64nvme`, … */
export type Checksums = Readonly<Record<string, string>>;

/** How the checksum of an object in parts is made: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html */
export type ChecksumType = 'COMPOSITE' | 'FULL_OBJECT';

export const ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** In base64, as S3 writes them. Undefined for what is no algorithm of S3. */
export function digest(algorithm: string, bytes: Uint8Array): string | undefined {
  if (algorithm === 'sha1' || algorithm === 'sha256') return createHash(algorithm).update(bytes).digest('base64');
  if (algorithm === 'crc32c') return crc32c(bytes).toString('base64');
  if (algorithm === 'crc64nvme') return crc64nvme(bytes).toString('base64');
  if (algorithm !== 'crc32') return undefined;
  const word = Buffer.alloc(4);
  word.writeUInt32BE(crc32(bytes));
  return word.toString('base64');
}

/** Of a sparse content there is nothing to sum up but its size. */
export function contentChecksum(algorithm: string, body: Uint8Array | undefined, size: number): string | undefined {
  return digest(algorithm, body ?? Buffer.from(`sparse ${size}`));
}

/** The checksum of the parts' checksums, and their number: `5FRUiw==-3`. Undefined if a part lacks its own. */
export function compositeChecksum(
  algorithm: string,
  parts: readonly { readonly checksums: Checksums }[],
): string | undefined {
  const values = parts.map((part) => part.checksums[algorithm]);
  if (values.some((value) => value === undefined)) return undefined;
  const value = digest(algorithm, Buffer.concat(values.map((one) => Buffer.from(one ?? '', 'base64'))));
  return value && `${value}-${parts.length}`;
}

/** Not every algorithm can be made of the parts' checksums, and not every one of the whole. `algorithm`: lower case. */
export function isPossible(algorithm: string, type: ChecksumType): boolean {
  return type === 'COMPOSITE' ? algorithm !== 'crc64nvme' : !algorithm.startsWith('sha');
}

/** Which type an algorithm, in lower case, has unasked. */
export function defaultType(algorithm: string): ChecksumType {
  return algorithm === 'crc64nvme' ? 'FULL_OBJECT' : 'COMPOSITE';
}

export function isComposite(value: string): boolean {
  return /-\d+$/.test(value);
}

export function checksumType(checksums: Checksums): ChecksumType {
  return Object.values(checksums).some(isComposite) ? 'COMPOSITE' : 'FULL_OBJECT';
}

export function defined(checksums: readonly (readonly [string, string | undefined])[]): Checksums {
  return Object.fromEntries(checksums.filter((pair): pair is [string, string] => pair[1] !== undefined));
}
