import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { Manifest, ManifestFormat, ManifestLocation } from '../../../src/core/manifest.ts';
import { type OpenFile, openManifest } from '../../../src/manifest/index.ts';

export type Content = string | Uint8Array;

/** Files by name: a path, or `s3://bucket/key`. What is not there is an error, as an adapter would throw it. */
export function filesOf(files: Readonly<Record<string, Content>>, chunkBytes = Number.POSITIVE_INFINITY): OpenFile {
  return async (location) => {
    const content = files[nameOf(location)];
    if (content === undefined) throw new Error(`no file ${nameOf(location)}`);
    return chunked(Buffer.from(content), () => chunkBytes);
  };
}

function nameOf(location: ManifestLocation): string {
  return 'file' in location ? location.file : `s3://${location.bucket}/${location.key}`;
}

/** Bytes in chunks of the sizes that are wished for. */
export async function* chunked(bytes: Buffer, size: () => number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; ) {
    const end = Math.min(bytes.length, start + size());
    yield Uint8Array.from(bytes.subarray(start, end));
    start = end;
  }
}

/** Open one file, all of the manifest. */
export function opened(content: Content, format: ManifestFormat = 'auto', chunkBytes?: number): Promise<Manifest> {
  return openManifest({ file: '/w/restore.csv' }, format, filesOf({ '/w/restore.csv': content }, chunkBytes));
}

export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The rows of a manifest, read to its end. */
export async function rowsOf(manifest: Manifest | Promise<Manifest>): Promise<object[]> {
  const { rows } = await manifest;
  return (await collected<readonly object[]>(rows)).flat();
}

export function rows(content: Content, format?: ManifestFormat, chunkBytes?: number): Promise<object[]> {
  return rowsOf(opened(content, format, chunkBytes));
}

/** As `rejects.toMatchObject` wants it. Text is looked for, not compared. */
export function refusal(message: string | RegExp, hint: string | RegExp = '') {
  return { code: 'invalid-manifest', message: like(message), hint: like(hint) };
}

function like(text: string | RegExp): unknown {
  return typeof text === 'string' ? expect.stringContaining(text) : expect.stringMatching(text);
}

export function md5(content: Content): string {
  return createHash('md5').update(content).digest('hex');
}

/** Encodes every byte but letters and digits, unlike any encoder that S3 uses, and all the same right. */
export function encodeAll(key: string): string {
  return [...Buffer.from(key)]
    .map((byte) =>
      /[0-9A-Za-z]/.test(String.fromCharCode(byte))
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).padStart(2, '0')}`,
    )
    .join('');
}

/** As S3 encodes keys in its CSV files: space as `+`, slashes as they are. */
export function encodeLikeS3(key: string): string {
  return encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/');
}
