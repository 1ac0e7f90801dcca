import { createHash } from 'node:crypto';

/**
 * Where a key goes in a folder that is filled. A path is relative, its segments parted by `/`; one that ends in `/` is a
 * folder. Keys are written by whoever can write to the bucket: no path leads out of the folder, to a device, or to a name
 * that the system would read as another. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
 */

/** Whose rules for names hold. macOS takes what Linux takes. */
export type Platform = 'posix' | 'win32';

/** What a name carries of its key's SHA-256, in hex digits: nothing, enough to tell, or all of it. */
export type Marks = 0 | 8 | 64;

/** The longest name that the file systems of all three systems take, in bytes of UTF-8. */
export const MAX_NAME_BYTES = 255;

/** Files on their way are called so; no file of a key is. */
export const TEMPORARY = '.s3-rollback-';

/** An empty object whose key ends in `/` is what consoles make to show a folder. */
export function isFolderKey(key: string, size: number): boolean {
  return size === 0 && key.endsWith('/');
}

/**
 * The path of a key's file, and how it is marked. A key that is a plain path is its own path. Any other gets a safe name:
 * what cannot stand is percent-encoded, what is too long is cut, and the SHA-256 of the whole key after a `~` tells it
 * from others that look alike then. `least`: mark it with so many digits even if it is a plain path.
 */
export function filePath(key: string, platform: Platform, least: Marks = 0): { path: string; marks: Marks } {
  const segments = key.split('/');
  const isPlain = segments.every((segment) => isPlainName(segment, platform));
  const marks = isPlain ? least : (Math.max(least, 8) as Marks);
  if (marks === 0) return { path: key, marks };
  const last = safeUnits(segments.pop() ?? '', platform);
  const mark = `~${createHash('sha256').update(key).digest('hex').slice(0, marks)}`;
  const name = cut(last, MAX_NAME_BYTES - mark.length) + mark;
  return { path: [...segments.map((segment) => folderName(segment, platform)), name].join('/'), marks };
}

/**
 * The path of a folder key, with its `/` at the end. Folders carry no mark: it is the folder that the files below are in,
 * and two keys that mean the same one lose nothing.
 */
export function folderPath(key: string, platform: Platform): string {
  const segments = key.slice(0, -1).split('/');
  return `${segments.map((segment) => folderName(segment, platform)).join('/')}/`;
}

/** Which names a file system takes for the same. */
export interface Sameness {
  /** `A` and `a`. */
  readonly ignoresCase: boolean;
  /** A letter with its accent, in one character or in two. */
  readonly ignoresForm: boolean;
}

/**
 * Paths that the file system may take for the same have the same text here. It may be too many: each file system has its
 * own table of letters, and a file that gets a safe name without need loses nothing.
 * https://www.unicode.org/reports/tr15/ https://learn.microsoft.com/windows/wsl/case-sensitivity
 */
export function foldPath(path: string, { ignoresCase, ignoresForm }: Sameness): string {
  if (ignoresCase) return path.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
  return ignoresForm ? path.normalize('NFC') : path;
}

/** No control character is ever in a path, so this sorts what is in a folder right behind a file of the folder's name. */
const LOWEST = '\u0000';

/** For sorting by `compareKeys`: `/` comes before everything else. */
export function sortablePath(folded: string): string {
  return folded.replaceAll('/', LOWEST);
}

/** Of sortable paths: does the second lie in a folder that has the name of the first? */
export function isFolderOf(file: string, other: string): boolean {
  return other.startsWith(file + LOWEST);
}

/** Control characters, and halves of surrogate pairs, which have no UTF-8. */
const NOWHERE = /[\p{Cc}\p{Cs}]/u;
/** https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
const NOT_ON_WINDOWS = /[\p{Cc}\p{Cs}<>:"|?*\\]/u;
/** Windows drops these at the end of a name, silently. */
const DROPPED = /[. ]+$/;
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$) *(?:\.|$)/i;

/** Can this segment of a key be a name as it is? */
function isPlainName(segment: string, platform: Platform): boolean {
  if (segment === '' || segment === '.' || segment === '..' || isReserved(segment, platform)) return false;
  const wrong = platform === 'win32' ? NOT_ON_WINDOWS : NOWHERE;
  if (wrong.test(segment) || (platform === 'win32' && DROPPED.test(segment))) return false;
  // No character of UTF-16 takes more than three bytes.
  return segment.length * 3 <= MAX_NAME_BYTES || Buffer.byteLength(segment) <= MAX_NAME_BYTES;
}

function isReserved(segment: string, platform: Platform): boolean {
  const isTemporary = segment.startsWith('.') && segment.toLowerCase().startsWith(TEMPORARY);
  return isTemporary || (platform === 'win32' && DEVICE.test(segment));
}

/** A segment of a key as a name, however long, in pieces that are not to be cut. */
function safeUnits(segment: string, platform: Platform): string[] {
  // What the slash at its end makes of it: nothing, so there is only the slash to show.
  if (segment === '') return ['%2F'];
  if (segment === '.' || segment === '..') return [...segment].map(encoded);
  const wrong = platform === 'win32' ? NOT_ON_WINDOWS : NOWHERE;
  const dropped = platform === 'win32' ? segment.search(DROPPED) : -1;
  let at = 0;
  const units = [...segment].map((character) => {
    at += character.length;
    return wrong.test(character) || (dropped !== -1 && at > dropped) ? encoded(character) : character;
  });
  if (isReserved(segment, platform)) units[0] = encoded([...segment][0] ?? '');
  return units;
}

function encoded(character: string): string {
  return [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

function folderName(segment: string, platform: Platform): string {
  if (isPlainName(segment, platform)) return segment;
  const units = safeUnits(segment, platform);
  const name = units.join('');
  return Buffer.byteLength(name) <= MAX_NAME_BYTES ? name : `${cut(units, MAX_NAME_BYTES - 1)}~`;
}

function cut(units: readonly string[], most: number): string {
  let bytes = 0;
  let end = 0;
  for (const unit of units) {
    bytes += Buffer.byteLength(unit);
    if (bytes > most) break;
    end += 1;
  }
  return units.slice(0, end).join('');
}
