import { keyBytes, MAX_KEY_BYTES } from '../core/keys.ts';
import { refused } from './fields.ts';

/**
 * The key in a native notification is form-urlencoded: `red flower.jpg` comes as `red+flower.jpg`. `+` is undone first, or
 * the plus of `a%2Bb` would become a space. What is not escaped stands for itself (AWS leaves `/`, MinIO does not).
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 * @throws NotUnderstood where it cannot be decoded, or cannot be a key
 */
export function nativeKey(encoded: unknown, called: string): string {
  if (typeof encoded !== 'string') throw refused(called, encoded, 'is not text');
  return checkKey(decoded(encoded, called), encoded, called);
}

/**
 * The key in an event of EventBridge is taken as it is. AWS does not say that it is encoded, and shows no example where
 * it would be; decoding would make another key of one that contains `%` or `+`.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
 * @throws NotUnderstood where it cannot be a key
 */
export function plainKey(key: unknown, called: string): string {
  if (typeof key !== 'string') throw refused(called, key, 'is not text');
  return checkKey(key, key, called);
}

function decoded(encoded: string, called: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch {
    throw refused(called, encoded, 'is not URL-encoded UTF-8');
  }
}

/** `as`: as it stood in the message. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
function checkKey(key: string, as: string, called: string): string {
  if (key === '') throw refused(called, as, 'is empty');
  if (!key.isWellFormed()) throw refused(called, as, 'has half a character (a lone surrogate) in it');
  if (keyBytes(key) > MAX_KEY_BYTES) {
    throw refused(called, as, `is ${keyBytes(key)} bytes of UTF-8; S3 has no keys over ${MAX_KEY_BYTES}`);
  }
  return key;
}
