import { errors, S3Error } from '../http/reply.ts';
import { digest, type S3Request } from '../http/request.ts';
import { element } from '../http/xml.ts';
import type { Entry } from '../store/entry.ts';
import type { ChecksumChoice, Part } from '../store/uploads.ts';

type Checksums = Readonly<Record<string, string>>;

const ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'];

/** A checksum of checksums says how many there were: `5FRUiw==-3`. */
function checksumType(checksums: Checksums): ChecksumChoice['type'] {
  return Object.values(checksums).some(isComposite) ? 'COMPOSITE' : 'FULL_OBJECT';
}

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

/** A copy is one part, so a checksum of checksums gives way to one of the content, where it can be computed. */
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
  if (!ALGORITHMS.includes(name)) {
    const valid = `Please try again with any of the valid types: [${ALGORITHMS.join(', ')}]`;
    throw errors.invalidRequest(`Checksum algorithm provided is unsupported. ${valid}`);
  }
  const algorithm = name.toLowerCase();
  if (type !== undefined && type !== 'COMPOSITE' && type !== 'FULL_OBJECT') {
    throw errors.invalidRequest('Value for x-amz-checksum-type header is invalid.');
  }
  if ((algorithm === 'crc64nvme' && type === 'COMPOSITE') || (name.startsWith('SHA') && type === 'FULL_OBJECT')) {
    throw errors.invalidRequest(`The ${type} checksum type cannot be used with the ${algorithm} checksum algorithm.`);
  }
  return { algorithm, type: type ?? (algorithm === 'crc64nvme' ? 'FULL_OBJECT' : 'COMPOSITE') };
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

/** The checksums of the whole; `claimed` is what the completion says that they are. */
export function wholeChecksums(
  choice: ChecksumChoice | undefined,
  claimed: Checksums,
  parts: readonly Part[],
  body: Uint8Array | undefined,
  size: number,
): Checksums {
  const algorithm = choice?.algorithm ?? 'crc64nvme';
  const actual =
    choice?.type === 'COMPOSITE' ? composite(algorithm, parts) : body && contentChecksum(algorithm, body, size);
  const said = claimed[algorithm];
  if (actual !== undefined && said !== undefined && said.replace(/-\d+$/, '') !== actual.replace(/-\d+$/, '')) {
    throw new S3Error(400, 'BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
  }
  return defined([[algorithm, actual ?? said]]);
}

function composite(algorithm: string, parts: readonly Part[]): string | undefined {
  const values = parts.map((part) => part.checksums[algorithm]);
  if (values.some((value) => value === undefined)) return undefined;
  const value = digest(algorithm, Buffer.concat(values.map((one) => Buffer.from(one ?? '', 'base64'))));
  return value && `${value}-${parts.length}`;
}

/** Of a sparse content there is nothing to sum up but its size. */
function contentChecksum(algorithm: string, body: Uint8Array | undefined, size: number): string | undefined {
  return digest(algorithm, body ?? Buffer.from(`sparse ${size}`));
}

function isComposite(value: string): boolean {
  return /-\d+$/.test(value);
}

function defined(checksums: readonly (readonly [string, string | undefined])[]): Checksums {
  return Object.fromEntries(checksums.filter((pair): pair is [string, string] => pair[1] !== undefined));
}
