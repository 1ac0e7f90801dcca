import type { ChecksumAlgorithm, ChecksumType } from '@aws-sdk/client-s3';

const ALGORITHMS = [
  'CRC32',
  'CRC32C',
  'CRC64NVME',
  'SHA1',
  'SHA256',
  'SHA512',
  'MD5',
  'XXHASH64',
  'XXHASH3',
  'XXHASH128',
] as const satisfies readonly ChecksumAlgorithm[];

type Field = `Checksum${(typeof ALGORITHMS)[number]}`;

/** As the SDK has them in its answers: one field for each algorithm. */
export type ChecksumFields = { readonly [F in Field]?: string | undefined };

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly value: string;
  /** A checksum of the parts' checksums, not of the object. */
  readonly composite: boolean;
}

/** The checksum of an object, which has one at most. */
export function checksumOf(
  output: ChecksumFields & { readonly ChecksumType?: string | undefined },
): Checksum | undefined {
  for (const algorithm of ALGORITHMS) {
    const value = output[`Checksum${algorithm}`];
    if (value !== undefined) {
      // Servers that are older than the type end a composite one with the number of parts, as S3 does.
      const composite = output.ChecksumType === 'COMPOSITE' || /-\d+$/.test(value);
      return { algorithm, value, composite };
    }
  }
  return undefined;
}

/** The checksum fields alone, for what takes them as they came. */
export function checksumFields(output: ChecksumFields): ChecksumFields {
  const given = ALGORITHMS.map((algorithm) => [`Checksum${algorithm}`, output[`Checksum${algorithm}`]] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

/** Only these can be made of a whole object that comes in parts; of the rest there is a checksum of checksums. */
const WHOLE_OF_PARTS: ReadonlySet<string> = new Set(['CRC32', 'CRC32C', 'CRC64NVME']);

/**
 * What to ask of an upload in parts so that its object has a checksum like the source's.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 */
export function checksumWish(source: Checksum | undefined): {
  ChecksumAlgorithm?: ChecksumAlgorithm;
  ChecksumType?: ChecksumType;
} {
  if (source === undefined) return {};
  const { algorithm, composite } = source;
  if (composite) return { ChecksumAlgorithm: algorithm, ChecksumType: 'COMPOSITE' };
  return { ChecksumAlgorithm: algorithm, ...(WHOLE_OF_PARTS.has(algorithm) && { ChecksumType: 'FULL_OBJECT' }) };
}

/** Do both have a checksum of the whole object, of one algorithm, and do these differ? */
export function disagree(a: Checksum | undefined, b: Checksum | undefined): boolean {
  if (a === undefined || b === undefined || a.composite || b.composite) return false;
  return a.algorithm === b.algorithm && a.value !== b.value;
}
