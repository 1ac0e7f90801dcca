import { keyBytes, MAX_KEY_BYTES } from '../core/keys.ts';
import { isBucketName } from '../core/manifest.ts';
import { invalid, shown } from './errors.ts';

/**
 * What is said of a bucket, a key or a version id, in whatever format. `where` names the place, and is asked only when
 * something is wrong with it. All throw RollbackError `invalid-manifest`.
 */
type Where = () => string;

export function checkBucket(bucket: string, where: Where): string {
  if (isBucketName(bucket)) return bucket;
  throw invalid(
    where(),
    bucket === '' ? 'is empty' : `${shown(bucket)} is not the name of a bucket`,
    'Write the name of the bucket itself: no URL, no ARN, no slash.',
  );
}

export function checkKey(key: string, where: Where): string {
  if (key === '') throw invalid(where(), 'is empty', 'Write the whole key of the object.');
  // Most keys are too short to be too long.
  if (key.length * 3 > MAX_KEY_BYTES && keyBytes(key) > MAX_KEY_BYTES) {
    throw invalid(
      where(),
      `${shown(key)} is ${keyBytes(key)} bytes of UTF-8; S3 has no keys over ${MAX_KEY_BYTES}`,
      'Check what wrote this row; two rows may have run together.',
    );
  }
  return key;
}

/** No white space, no control characters, ASCII only: they are opaque, but they travel in URLs. */
const VERSION_ID = /^[\x21-\x7e]{1,1024}$/;

export function checkVersionId(versionId: string, where: Where): string {
  if (VERSION_ID.test(versionId)) return versionId;
  if (versionId === '') {
    throw invalid(where(), 'is empty', 'Write null for the version whose id is null, or leave the version id out.');
  }
  throw invalid(
    where(),
    `${shown(versionId)} is not a version id`,
    'Write the id as S3 gives it, without spaces around it.',
  );
}

const NEEDS_NO_DECODING = /^[!-$&-*,-~]+$/;
const ENCODED = /^[!-~]*$/;

/**
 * The key in a cell of a CSV file, which is URL-encoded: `+` is a space, `%XX` a byte of UTF-8.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/specify-batchjob-manifest.html
 */
export function decodedKey(cell: string, where: Where): string {
  if (NEEDS_NO_DECODING.test(cell)) return checkKey(cell, where);
  if (!ENCODED.test(cell) || /%(?![0-9A-Fa-f]{2})/.test(cell)) {
    throw invalid(
      where(),
      `${shown(cell)} is not URL-encoded`,
      'Encode keys as S3 does in its own CSV files: a space as %20 or +, a + as %2B, a % as %25, all but ASCII as bytes of UTF-8. "a b" becomes a%20b. For keys as they are, use JSON Lines.',
    );
  }
  let key: string;
  try {
    key = decodeURIComponent(cell.replaceAll('+', ' '));
  } catch (error) {
    throw invalid(
      where(),
      `${shown(cell)} is URL-encoded, but not as UTF-8`,
      'Encode the bytes of the key in UTF-8: "é" is %C3%A9, not %E9.',
      error,
    );
  }
  return checkKey(key, where);
}
