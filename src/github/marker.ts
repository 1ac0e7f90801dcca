import { forMarker } from '../core/text.ts';

/**
 * The first line of what we write on GitHub, by which we find it again: a comment that nobody sees, with what it is
 * (`kind`), what it is about (`key`) and what the next run needs to know (`memory`). The first line, because it must be
 * whole when the rest is cut. Found alone it proves nothing, anybody can paste it: the author must be ours too.
 */

/** All kinds there are; a kind is part of what is looked for, so it is never renamed. */
export type Kind = 'incident' | 'comment';

/** So many characters of a body are kept free for memory, which may be this many bytes of UTF-8. */
export const MEMORY_BYTES = 6_000;

export function writeMarker(kind: Kind, key: string, memory: string): string {
  return [...opening(kind, key), forMarker(memory), '-->'].join(' ');
}

/** The most characters of a marker whose memory is within `MEMORY_BYTES`. */
export function markerRoom(kind: Kind, key: string): number {
  return writeMarker(kind, key, '').length + Math.ceil((MEMORY_BYTES * 4) / 3);
}

/**
 * The memory of a body of this kind and key; '' where somebody damaged it. Undefined: the body is not of this kind and key.
 * Taken apart and compared whole: a key that begins like another is another.
 */
export function readMarker(kind: Kind, key: string, body: string): string | undefined {
  // The editor of GitHub's pages ends lines with \r\n.
  const [first = ''] = body.split(/\r?\n/, 1);
  const parts = first.split(' ');
  const start = opening(kind, key);
  const isOurs = parts.length === start.length + 2 && start.every((part, i) => parts[i] === part);
  if (!isOurs || parts.at(-1) !== '-->') return undefined;
  const encoded = parts.at(-2) ?? '';
  const memory = Buffer.from(encoded, 'base64url').toString();
  return forMarker(memory) === encoded ? memory : '';
}

function opening(kind: Kind, key: string): readonly string[] {
  return ['<!--', `s3-rollback:${kind}:v1`, forMarker(key)];
}
