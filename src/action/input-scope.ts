import { keyBytes, MAX_KEY_BYTES } from '../core/keys.ts';
import { type Scope, scopeTest } from '../core/scope.ts';
import { type InputReader, quoted } from './input-reader.ts';
import type { InputName } from './registry.ts';

/**
 * Which keys. Exactly one of `key`, `prefix` and `whole-bucket: true`; what is wrong goes to the reader, and the scope
 * returned then means nothing.
 */
export function parseScope(read: InputReader): Scope {
  const key = read.exact('key');
  const prefix = read.exact('prefix');
  const wholeBucket = read.flag('whole-bucket') ?? false;
  const include = read.lines('include');
  const exclude = read.lines('exclude');

  if (key !== '') checkKey(read, 'key', key);
  if (prefix !== '') checkKey(read, 'prefix', prefix);
  checkOneScope(read, key, prefix, wholeBucket);
  for (const [name, globs] of [['include', include] as const, ['exclude', exclude] as const]) {
    checkGlobs(read, name, globs);
    if (globs.length > 0 && key !== '') {
      read.problem(
        name,
        'is given together with key, which already names one object',
        `Leave out ${name}, or use prefix instead of key.`,
      );
    }
  }
  return { bucket: parseBucket(read), ...(key !== '' && { key }), prefix: key === '' ? prefix : '', include, exclude };
}

function checkOneScope(read: InputReader, key: string, prefix: string, wholeBucket: boolean): void {
  if (key === '' && prefix === '' && !wholeBucket) {
    read.problem(
      'prefix',
      'nothing says which keys to restore: key and prefix are empty, and whole-bucket is not true',
      'Give key (one object) or prefix (all keys that start with it). If every key of the bucket is meant, set whole-bucket: true.',
    );
  }
  if (key !== '' && prefix !== '') {
    read.problem(
      'prefix',
      'is given together with key',
      'Give one of the two: key for one object, prefix for all keys that start with it.',
    );
  }
  if (wholeBucket && (key !== '' || prefix !== '')) {
    const other = key !== '' ? 'key' : 'prefix';
    read.problem(
      'whole-bucket',
      `is true, and ${other} is given too`,
      `Leave out ${other} for the whole bucket, or whole-bucket for less.`,
    );
  }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
function checkKey(read: InputReader, name: 'key' | 'prefix', value: string): void {
  const bytes = keyBytes(value);
  if (bytes > MAX_KEY_BYTES) {
    read.problem(
      name,
      `is ${bytes} bytes of UTF-8; S3 has no keys over ${MAX_KEY_BYTES}`,
      `Check ${name}: ${quoted(value)}.`,
    );
  }
  if (/^\s|\s$/.test(value)) {
    const newline = value.endsWith('\n') ? `; in YAML, "${name}: |" ends in a newline and "${name}: |-" does not` : '';
    read.warn(
      `input "${name}" begins or ends with white space, which is taken to the letter: ${quoted(value)}${newline}.`,
    );
  }
  if (value.startsWith('/')) {
    read.warn(`input "${name}" begins with "/", which is taken to the letter; keys of S3 seldom do: ${quoted(value)}.`);
  }
}

/** picomatch refuses longer ones. */
const MAX_GLOB_LENGTH = 65_536;

function checkGlobs(read: InputReader, name: 'include' | 'exclude', globs: readonly string[]): void {
  for (const glob of globs) {
    if (glob.length > MAX_GLOB_LENGTH || !compiles(glob)) {
      read.problem(
        name,
        `${quoted(glob)} is not a glob that can be used`,
        `Correct or leave out this line of ${name}.`,
      );
    } else if (glob.startsWith('!')) {
      const other: InputName = name === 'include' ? 'exclude' : 'include';
      read.warn(
        `input "${name}": in ${quoted(glob)} the "!" is taken to the letter. To turn a glob round, use "${other}".`,
      );
    } else if (glob.startsWith('/')) {
      read.warn(
        `input "${name}": ${quoted(glob)} begins with "/"; globs are tested against the whole key, and keys of S3 seldom do.`,
      );
    }
  }
}

function compiles(glob: string): boolean {
  try {
    scopeTest({ bucket: '', prefix: '', include: [glob], exclude: [] });
    return true;
  } catch {
    return false;
  }
}

/**
 * Lenient on purpose: buckets made before 2018 may have capitals and underscores, and other servers allow more.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/;

function parseBucket(read: InputReader): string {
  const bucket = read.text('bucket');
  if (bucket === '') {
    read.problem('bucket', 'is missing', 'Give the name of the bucket.');
  } else if (/^s3:\/\//i.test(bucket)) {
    const name = bucket.slice(5).replace(/\/.*$/s, '');
    read.problem(
      'bucket',
      `${quoted(bucket)} is a URL, not a name`,
      `Write bucket: ${BUCKET.test(name) ? name : '<name>'} without s3://, and what comes after the name as key or prefix.`,
    );
  } else if (bucket.startsWith('arn:')) {
    // An access point cannot say whether versioning is on: GetBucketVersioning is not among its operations.
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-service-api-support.html
    read.problem(
      'bucket',
      `${quoted(bucket)} is an ARN, not a name`,
      'Give the name of the bucket itself, also where an access point leads to it.',
    );
  } else if (!BUCKET.test(bucket) || bucket.includes('..') || /^\d+(\.\d+){3}$/.test(bucket)) {
    read.problem(
      'bucket',
      `${quoted(bucket)} is not a bucket name`,
      'A name has 3 to 63 lower-case letters, digits, hyphens and dots, and no slash.',
    );
  }
  return bucket;
}
