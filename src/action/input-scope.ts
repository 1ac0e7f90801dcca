import { type Scope, scopeTest } from '../core/scope.ts';
import { checkBucket, checkKey } from './input-keys.ts';
import { type InputReader, quoted } from './input-reader.ts';
import type { InputName } from './registry.ts';

/** Where events, a plan or a journal say which keys: with a bucket, only keys of that one. */
export function parseBucketScope(read: InputReader): Scope {
  const bucket = read.text('bucket');
  if (bucket !== '') checkBucket(read, 'bucket', bucket);
  return { ...(bucket !== '' && { bucket }), prefix: '', include: [], exclude: [] };
}

/**
 * Which keys. Exactly one of `key`, `prefix` and `whole-bucket: true`; with a `manifest`, which names them, nothing, or a
 * `prefix` that narrows it. What is wrong goes to the reader, and the scope returned then means nothing.
 */
export function parseScope(read: InputReader, { manifest }: { readonly manifest: boolean }): Scope {
  const key = read.exact('key');
  const prefix = read.exact('prefix');
  const wholeBucket = read.flag('whole-bucket') ?? false;
  const include = read.lines('include');
  const exclude = read.lines('exclude');
  const bucket = parseBucket(read, manifest);

  if (key !== '') checkKey(read, 'key', key);
  if (prefix !== '') checkKey(read, 'prefix', prefix);
  if (manifest) checkBesideManifest(read, key, wholeBucket);
  else checkOneScope(read, key, prefix, wholeBucket);
  for (const [name, globs] of [['include', include] as const, ['exclude', exclude] as const]) {
    checkGlobs(read, name, globs);
    if (globs.length > 0 && key !== '' && !manifest) {
      read.problem(
        name,
        'is given together with key, which already names one object',
        `Leave out ${name}, or use prefix instead of key.`,
      );
    }
  }
  return {
    ...(bucket !== undefined && { bucket }),
    ...(key !== '' && { key }),
    prefix: key === '' ? prefix : '',
    include,
    exclude,
  };
}

/** The rows of a manifest say which keys, and which versions of them. */
function checkBesideManifest(read: InputReader, key: string, wholeBucket: boolean): void {
  const narrow = 'prefix, include and exclude narrow it';
  if (key !== '') {
    read.problem(
      'key',
      'is given together with manifest, which names the keys',
      `Leave out one of the two; ${narrow}.`,
    );
  }
  if (wholeBucket) {
    read.problem(
      'whole-bucket',
      'is true, and a manifest, which names the keys, is given too',
      `Leave out one of the two; ${narrow}.`,
    );
  }
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

/** The bucket; absent where the manifest names the buckets, row by row. */
function parseBucket(read: InputReader, manifest: boolean): string | undefined {
  const bucket = read.text('bucket');
  if (bucket !== '') {
    checkBucket(read, 'bucket', bucket);
    return bucket;
  }
  if (!manifest) {
    read.problem('bucket', 'is missing', 'Give the name of the bucket, or a manifest whose rows name the buckets.');
  }
  return undefined;
}
