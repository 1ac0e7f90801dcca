import { type FileHandle, open, stat } from 'node:fs/promises';
import { RollbackError } from '../core/errors.ts';
import type { Policy } from '../core/policy.ts';
import { parsePolicy } from './parse.ts';
import { nameOf } from './problems.ts';

const MAX_BYTES = 1024 * 1024;

/**
 * The policy in a file; `undefined` where there is none. `given`: the path as the user wrote it, for messages.
 * @throws RollbackError `invalid-policy`
 */
export async function readPolicy(path: string, given: string): Promise<Policy | undefined> {
  const bytes = await bytesOf(path, given);
  if (bytes === undefined) return undefined;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw notReadable(given, 'is not UTF-8', 'Save the file as UTF-8.', error);
  }
  return parsePolicy(text, given);
}

async function bytesOf(path: string, given: string): Promise<Uint8Array | undefined> {
  try {
    // Opening a pipe waits for a writer, for ever; reading a device may never end.
    const stats = await stat(path);
    if (!stats.isFile()) {
      const what = stats.isDirectory() ? 'is a folder' : 'is no regular file';
      throw notReadable(given, what, 'Give the path of a YAML file.');
    }
    const handle = await open(path, 'r');
    try {
      return await readAtMost(handle, given);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof RollbackError || !(error instanceof Error)) throw error;
    const code = 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    const mend =
      code === 'EACCES' || code === 'EPERM'
        ? 'Let the user that runs this job read the file and the folders above it.'
        : 'Check the path and the disk that the file is on.';
    throw notReadable(given, `cannot be read (${String(code ?? error.name)})`, mend, error);
  }
}

async function readAtMost(handle: FileHandle, given: string): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafe(MAX_BYTES + 1);
  let size = 0;
  while (size <= MAX_BYTES) {
    const { bytesRead } = await handle.read(buffer, size, buffer.length - size);
    if (bytesRead === 0) return buffer.subarray(0, size);
    size += bytesRead;
  }
  throw notReadable(given, 'is larger than 1 MiB', 'Write fewer and wider globs, or give the path of a policy.');
}

function notReadable(given: string, what: string, mend: string, cause?: unknown): RollbackError {
  const message = `input "policy-file": ${nameOf(given)} ${what}`;
  return new RollbackError('invalid-policy', message, mend, cause === undefined ? {} : { cause });
}
