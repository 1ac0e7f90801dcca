import { keyBytes, MAX_KEY_BYTES } from '../../core/keys.ts';

/**
 * A key marker behind which a listing begins with this key, or with one of the few that fit in between: the key with its
 * last character replaced by the one before, and the last character of all behind that. '' where there is none.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
 */
export function justBefore(key: string): string {
  const last = [...key.slice(-2)].at(-1) ?? '';
  const head = key.slice(0, key.length - last.length);
  const point = last.codePointAt(0) ?? 0;
  if (point === 0) return head;
  const before = head + String.fromCodePoint(point === BEHIND_SURROGATES ? BEFORE_SURROGATES : point - 1);
  const furthest = before + LAST;
  return keyBytes(furthest) <= MAX_KEY_BYTES ? furthest : before;
}

const BEFORE_SURROGATES = 0xd7ff;
const BEHIND_SURROGATES = 0xe000;
const LAST = '\u{10ffff}';

/** What all of these have in common at their beginning: of sorted keys, the first and the last do. */
export function commonPrefix(first: string, last: string): string {
  let length = 0;
  while (length < first.length && first.charCodeAt(length) === last.charCodeAt(length)) length += 1;
  const unit = first.charCodeAt(length - 1);
  // Half a character is none.
  const cutsPair = unit >= 0xd800 && unit <= 0xdbff;
  return first.slice(0, cutsPair ? length - 1 : length);
}
