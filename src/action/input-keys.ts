import { keyBytes, MAX_KEY_BYTES } from '../core/keys.ts';
import { isBucketName } from '../core/manifest.ts';
import { type InputReader, quoted } from './input-reader.ts';
import type { InputName } from './registry.ts';

/** Names of S3 as they stand in inputs: what cannot be one is a problem, what is seldom meant is a warning. */

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
export function checkKey(read: InputReader, name: InputName, value: string): void {
  const bytes = keyBytes(value);
  if (bytes > MAX_KEY_BYTES) {
    read.problem(
      name,
      `is ${bytes} bytes of UTF-8; S3 has no keys over ${MAX_KEY_BYTES}`,
      `Check ${name}: ${quoted(value)}.`,
    );
  }
  warnOfSpace(read, name, value);
  if (value.startsWith('/')) {
    read.warn(`input "${name}" begins with "/", which is taken to the letter; keys of S3 seldom do: ${quoted(value)}.`);
  }
}

export function warnOfSpace(read: InputReader, name: InputName, value: string): void {
  if (!/^\s|\s$/.test(value)) return;
  const newline = value.endsWith('\n') ? `; in YAML, "${name}: |" ends in a newline and "${name}: |-" does not` : '';
  read.warn(
    `input "${name}" begins or ends with white space, which is taken to the letter: ${quoted(value)}${newline}.`,
  );
}

/** `value` is not empty. */
export function checkBucket(read: InputReader, input: 'bucket' | 'destination-bucket', value: string): void {
  if (/^s3:\/\//i.test(value)) {
    const name = value.slice(5).replace(/\/.*$/s, '');
    const rest = input === 'bucket' ? 'key or prefix' : 'destination-prefix';
    read.problem(
      input,
      `${quoted(value)} is a URL, not a name`,
      `Write ${input}: ${isBucketName(name) ? name : '<name>'} without s3://, and what comes after the name as ${rest}.`,
    );
  } else if (value.startsWith('arn:')) {
    // An access point cannot say whether versioning is on: GetBucketVersioning is not among its operations.
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-service-api-support.html
    read.problem(
      input,
      `${quoted(value)} is an ARN, not a name`,
      'Give the name of the bucket itself, also where an access point leads to it.',
    );
  } else if (!isBucketName(value)) {
    read.problem(
      input,
      `${quoted(value)} is not a bucket name`,
      'A name has 3 to 63 lower-case letters, digits, hyphens and dots, and no slash.',
    );
  }
}
