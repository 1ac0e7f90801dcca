import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { ManifestLocation } from '../core/manifest.ts';
import { invalid } from './errors.ts';

/**
 * Opens a file of a manifest, wherever it lies; `openLocal` does it for files of this machine. What it throws, and what
 * its chunks throw, reaches the caller unchanged.
 */
export type OpenFile = (location: ManifestLocation) => Promise<AsyncIterable<Uint8Array>>;

/** The longest row of any format, in bytes: a key of 1,024 bytes all encoded, and plenty for what else is in a row. */
export const MAX_ROW_BYTES = 64 * 1024;

/** The longest JSON document that is read whole: an inventory of about 300,000 files, billions of rows. */
export const MAX_JSON_BYTES = 64 * 1024 * 1024;

/** A file whose beginning is known and whose rest is still to come. */
export interface Source {
  /** As messages name it. */
  readonly name: string;
  /** The first 64 KiB, or all where there is less. */
  readonly head: Buffer;
  /** All of it but the first `skip` bytes (at most the head's length), in pieces of at most 64 KiB. Once. */
  stream(skip?: number): AsyncGenerator<Buffer>;
  /** Give up what `stream` has not begun to read. */
  close(): Promise<void>;
}

export async function openSource(name: string, chunks: AsyncIterable<Uint8Array>): Promise<Source> {
  const iterator = chunks[Symbol.asyncIterator]();
  const pieces: Buffer[] = [];
  let bytes = 0;
  let ended = false;
  while (bytes < MAX_ROW_BYTES && !ended) {
    const next = await iterator.next();
    if (next.done === true) ended = true;
    else {
      pieces.push(asBuffer(next.value));
      bytes += next.value.length;
    }
  }
  const first = Buffer.concat(pieces);

  async function* stream(skip = 0): AsyncGenerator<Buffer> {
    try {
      yield* cut(first.subarray(skip));
      while (!ended) {
        const next = await iterator.next();
        if (next.done === true) ended = true;
        else yield* cut(asBuffer(next.value));
      }
    } finally {
      await close();
    }
  }
  async function close(): Promise<void> {
    if (!ended) await iterator.return?.();
    ended = true;
  }
  return { name, head: first.subarray(0, MAX_ROW_BYTES), stream, close };
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

function* cut(chunk: Buffer): Generator<Buffer> {
  for (let start = 0; start < chunk.length; start += MAX_ROW_BYTES) yield chunk.subarray(start, start + MAX_ROW_BYTES);
}

/** RFC 1952, 2.3.1. */
export function isGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** @throws RollbackError `invalid-manifest` where the stream is broken or ends too early. */
export async function* gunzipped(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  const iterator = chunks[Symbol.asyncIterator]();
  let broken: unknown;
  async function next(): Promise<IteratorResult<Uint8Array>> {
    try {
      return await iterator.next();
    } catch (error) {
      broken = error;
      throw error;
    }
  }
  // Without `return`: who is done with the gzip stream is not yet done with the file, see below.
  const feeding = pipeline({ [Symbol.asyncIterator]: () => ({ next }) }, gunzip);
  feeding.catch(() => {});
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
    await feeding.catch(() => {});
    if (broken !== undefined) throw broken;
    // Zeros may follow. Nothing is made of them, but who checks the bytes must have seen them all.
    while ((await iterator.next()).done !== true);
  } catch (error) {
    const code = codeOf(error);
    if (!code.startsWith('Z_')) throw error;
    throw invalid(
      name,
      code === 'Z_BUF_ERROR'
        ? 'ends in the middle of its gzip stream'
        : 'is not a whole gzip file: its data are broken',
      'Get the file again; it was cut off or changed on its way.',
      error,
    );
  } finally {
    await iterator.return?.();
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/**
 * The same bytes; at their end their MD5 is compared with `md5` (hex digits).
 * @throws RollbackError `invalid-manifest` after the last byte
 */
export async function* checkedMd5(
  chunks: AsyncIterable<Uint8Array>,
  md5: string,
  name: string,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('md5');
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  const found = hash.digest('hex');
  if (found !== md5.toLowerCase()) {
    throw invalid(
      name,
      `is not the file that was listed: its MD5 is ${found}, not ${md5.toLowerCase()}`,
      'The file was changed or replaced after its manifest was written. Use a newer inventory or report.',
    );
  }
}

/** How many bytes of a byte order mark (UTF-8) come first. */
export function bomBytes(head: Buffer): number {
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
}

/** All bytes of a source that must not be long. */
export async function wholeOf(source: Source): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of source.stream()) {
    bytes += piece.length;
    if (bytes > MAX_JSON_BYTES) {
      throw invalid(
        source.name,
        'begins like JSON and is longer than 64 MiB',
        'For JSON Lines write one object with "bucket" and "key" on each line, the first too.',
      );
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** @throws RollbackError `invalid-manifest` */
export function parsedJson(bytes: Buffer, name: string): unknown {
  const hint =
    'An S3 Inventory and a Batch Operations report have a manifest.json; JSON Lines have one object with "bucket" and "key" on each line.';
  if (!isUtf8(bytes)) throw invalid(name, 'is not UTF-8', 'Save the file as UTF-8.');
  try {
    return JSON.parse(bytes.toString('utf8', bomBytes(bytes)));
  } catch (error) {
    throw invalid(name, 'begins with "{" but is neither JSON nor JSON Lines', hint, error);
  }
}
