import { errors, S3Error } from '../http/reply.ts';
import type { S3Request } from '../http/request.ts';
import { element } from '../http/xml.ts';
import {
  ALGORITHMS,
  type Algorithm,
  type Checksums,
  checksumType,
  compositeChecksum,
  contentChecksum,
  defaultType,
  defined,
  isComposite,
  isPossible,
} from '../store/checksums.ts';
import type { Entry } from '../store/entry.ts';
import type { ChecksumChoice, Part } from '../store/uploads.ts';

export function checksumHeaders(checksums: Checksums): Record<string, string> {
  const values = valueHeaders(checksums);
  return Object.keys(values).length === 0 ? values : { ...values, 'x-amz-checksum-type': checksumType(checksums) };
}

export function checksumElements(checksums: Checksums): string {
  const values = valueElements(checksums);
  return values === '' ? '' : values + element('ChecksumType', checksumType(checksums));
}

/** For parts, whose checksums have no type. */
export function valueHeaders(checksums: Checksums): Record<string, string> {
  return Object.fromEntries(Object.entries(checksums).map(([name, value]) => [`x-amz-checksum-${name}`, value]));
}

export function valueElements(checksums: Checksums): string {
  return Object.entries(checksums)
    .map(([algorithm, value]) => element(`Checksum${algorithm.toUpperCase()}`, value))
    .join('');
}

/**
 * The checksums of one part of an object: those of a checksum of checksums are kept, and an only part is the object.
 * Recorded of AWS by LocalStack: test_get_object_part_checksum, test_complete_multipart_parts_checksum_full_object.
 */
export function partHeaders({ checksums, parts = [] }: Entry, number: number): Record<string, string> {
  if (checksumType(checksums) === 'FULL_OBJECT') return parts.length > 1 ? {} : checksumHeaders(checksums);
  const own = Object.entries(parts[number - 1]?.checksums ?? {}).filter(([algorithm]) => algorithm in checksums);
  return { ...valueHeaders(Object.fromEntries(own)), 'x-amz-checksum-type': 'COMPOSITE' };
}

/** A copy is one part, so a checksum of checksums gives way to one of the content. */
export function ofWhole({ checksums, body, size }: Entry): Checksums {
  const kept = Object.entries(checksums).map(([algorithm, value]) => {
    return [algorithm, isComposite(value) ? contentChecksum(algorithm, body, size) : value] as const;
  });
  return defined(kept);
}

/** Which types an algorithm can have, and which it has unasked: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html */
export function choiceOf({ headers }: S3Request): ChecksumChoice | undefined {
  const name = headers['x-amz-checksum-algorithm']?.toUpperCase();
  const type = headers['x-amz-checksum-type']?.toUpperCase();
  if (name === undefined) {
    if (type === undefined) return undefined;
    const message = 'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.';
    throw errors.invalidRequest(message);
  }
  if (!ALGORITHMS.includes(name as Algorithm)) {
    const valid = `Please try again with any of the valid types: [${ALGORITHMS.join(', ')}]`;
    throw errors.invalidRequest(`Checksum algorithm provided is unsupported. ${valid}`);
  }
  const algorithm = name.toLowerCase();
  if (type !== undefined && type !== 'COMPOSITE' && type !== 'FULL_OBJECT') {
    throw errors.invalidRequest('Value for x-amz-checksum-type header is invalid.');
  }
  if (type !== undefined && !isPossible(algorithm, type)) {
    throw errors.invalidRequest(`The ${type} checksum type cannot be used with the ${algorithm} checksum algorithm.`);
  }
  return { algorithm, type: type ?? defaultType(algorithm) };
}

/** The checksums of a part: what was sent, or what the upload asks for. Another algorithm than that is refused. */
export function partChecksums(
  choice: ChecksumChoice | undefined,
  sent: Checksums,
  body: Uint8Array | undefined,
  size: number,
): Checksums {
  if (choice === undefined) return sent;
  const other = Object.keys(sent).find((algorithm) => algorithm !== choice.algorithm);
  if (other !== undefined) {
    const mismatch = `expected checksum Type: ${choice.algorithm}, actual checksum Type: ${other}`;
    throw errors.invalidRequest(`Checksum Type mismatch occurred, ${mismatch}`);
  }
  return { ...defined([[choice.algorithm, contentChecksum(choice.algorithm, body, size)]]), ...sent };
}

/** The checksums of the whole; `claimed` is what the completion says that they are, and is believed of sparse content. */
export function wholeChecksums(
  choice: ChecksumChoice | undefined,
  claimed: Checksums,
  parts: readonly Part[],
  body: Uint8Array | undefined,
  size: number,
): Checksums {
  const algorithm = choice?.algorithm ?? 'crc64nvme';
  const said = claimed[algorithm];
  const full = () => (body === undefined && said !== undefined ? said : contentChecksum(algorithm, body, size));
  const actual = choice?.type === 'COMPOSITE' ? compositeChecksum(algorithm, parts) : full();
  if (actual !== undefined && said !== undefined && said.replace(/-\d+$/, '') !== actual.replace(/-\d+$/, '')) {
    throw new S3Error(400, 'BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
  }
  return defined([[algorithm, actual ?? said]]);
}
