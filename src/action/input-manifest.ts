import { resolve } from 'node:path';
import { isBucketName, type ManifestFormat, type ManifestLocation } from '../core/manifest.ts';
import type { ManifestRequest } from '../core/request.ts';
import { workspaceOf } from './input-files.ts';
import { checkKey } from './input-keys.ts';
import { type Env, type InputReader, quoted } from './input-reader.ts';

const FORMATS: readonly ManifestFormat[] = ['auto', 'csv', 'jsonl', 'inventory'];

/** The list of keys that a run is given, if it is; with a problem it means nothing. It is not read here. */
export function parseManifest(read: InputReader, env: Env): ManifestRequest | undefined {
  const format = read.choice<ManifestFormat>('manifest-format', FORMATS) ?? 'auto';
  if (read.text('manifest') === '') {
    if (format !== 'auto') {
      read.problem('manifest-format', 'is given without manifest', 'Leave it out, or give the manifest.');
    }
    return undefined;
  }
  return { ...parseLocation(read, env), format };
}

function parseLocation(read: InputReader, env: Env): { location: ManifestLocation; given: string } {
  // What comes after s3:// is taken to the letter, for a key may end with a space.
  const exact = read.exact('manifest').trimStart();
  if (/^s3:\/\//i.test(exact)) return { location: parseUrl(read, exact), given: exact };
  const given = read.text('manifest');
  if (/^(arn:|\w+:\/\/)/.test(given)) {
    read.problem(
      'manifest',
      `${quoted(given)} is neither a path nor an s3:// URL`,
      'Give a path in the workspace, or s3://bucket/key.',
    );
  } else if (/[\0\n]/.test(given) || /[\\/]$/.test(given)) {
    read.problem(
      'manifest',
      `${quoted(given)} is not the path of a file`,
      'Give the path of a file in the workspace, such as out/rows.csv.',
    );
  }
  return { location: { file: resolve(workspaceOf(env), given) }, given };
}

function parseUrl(read: InputReader, url: string): ManifestLocation {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]*)\/?(.*)$/is.exec(url) ?? [];
  if (!isBucketName(bucket)) {
    read.problem('manifest', `${quoted(url)} names no bucket that can be`, 'Write s3://bucket/key.');
  } else if (key === '') {
    read.problem('manifest', `${quoted(url)} names no key`, 'Write s3://bucket/key: the file itself, not its bucket.');
  } else {
    checkKey(read, 'manifest', key);
  }
  return { bucket, key };
}
