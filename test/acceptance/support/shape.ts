import { createHash } from 'node:crypto';
import type { Histories, Row } from '../../support/server-bucket.ts';

/**
 * Histories in short, OLDEST FIRST: `A B x` is a version with the content A, then one with the content B, then a delete
 * marker. A copy of A on top of that reads `A B x A`.
 */
const LETTERS = new Map([...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((letter) => [md5(letter), letter]));

export function shapeOf(rows: readonly Row[]): string {
  return rows
    .toReversed()
    .map((row) => (row.deleteMarker ? 'x' : (LETTERS.get(row.etag) ?? '?')))
    .join(' ');
}

export function shapesOf(histories: Histories): Record<string, string> {
  return Object.fromEntries([...histories].map(([key, rows]) => [key, shapeOf(rows)]));
}

export function tokensOf(shape: string): string[] {
  return shape === '' ? [] : shape.split(' ');
}

interface Writable {
  put(key: string, body: string): Promise<string>;
  mark(key: string): Promise<string>;
}

/** Writes a history entry by entry; gives the ids, oldest first. `between` runs before each but the first. */
export async function write(
  bucket: Writable,
  key: string,
  shape: string,
  between: () => Promise<void> = async () => {},
): Promise<string[]> {
  const ids: string[] = [];
  for (const token of tokensOf(shape)) {
    if (ids.length > 0) await between();
    ids.push(token === 'x' ? await bucket.mark(key) : await bucket.put(key, token));
  }
  return ids;
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
