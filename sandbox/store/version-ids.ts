/**
 * Version ids that look like those of S3: 32 opaque characters of A-Z a-z 0-9 `.` `_`.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html#version-ids
 *
 * They come from a counter, so a test gets the same ids in every run. S3 answers "Invalid version id" to an id that
 * merely has the right form, so an id here proves itself: the last 24 characters follow from the first 8. The counter
 * can be read back, which is how a listing finds its place after an entry that was deleted meanwhile.
 */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._';
const SEED = 0x5eed;
const MASK24 = 0xffffff;
const HALF = 2 ** 24;

/** The literal id of entries written without versioning: https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html */
export const NULL_VERSION = 'null';

export function versionIdOf(sequence: number): string {
  let left = Math.floor(sequence / HALF) & MASK24;
  let right = sequence % HALF;
  for (let round = 0; round < 4; round++) [left, right] = [right, left ^ (mix(right + round * SEED) & MASK24)];
  return characters(left, 4) + characters(right, 4) + tail(left, right);
}

/** Longer than a version id, as on S3, and none itself. */
export function uploadIdOf(sequence: number): string {
  return versionIdOf(sequence) + versionIdOf(sequence).split('').reverse().join('');
}

/** The counter behind an id, or undefined if this sandbox cannot have made it. */
export function sequenceOf(versionId: string): number | undefined {
  if (versionId.length !== 32) return undefined;
  let left = number(versionId.slice(0, 4));
  let right = number(versionId.slice(4, 8));
  if (left < 0 || right < 0 || tail(left, right) !== versionId.slice(8)) return undefined;
  for (let round = 3; round >= 0; round--) [left, right] = [right ^ (mix(left + round * SEED) & MASK24), left];
  return left * HALF + right;
}

function tail(left: number, right: number): string {
  let text = '';
  let state = mix(left ^ Math.imul(right, 0x9e3779b1));
  for (let i = 0; i < 6; i++) {
    state = mix(state + i + SEED);
    text += characters(state & MASK24, 4);
  }
  return text;
}

function characters(value: number, count: number): string {
  let text = '';
  for (let i = 0; i < count; i++) text += ALPHABET[(value >>> (6 * i)) & 63];
  return text;
}

function number(text: string): number {
  let value = 0;
  for (let i = text.length - 1; i >= 0; i--) {
    const digit = ALPHABET.indexOf(text.charAt(i));
    if (digit < 0) return -1;
    value = value * 64 + digit;
  }
  return value;
}

function mix(n: number): number {
  let h = n | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
