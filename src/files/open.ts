import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RollbackError } from '../core/errors.ts';

/**
 * Open a file of ours for writing, its folder made, its old content gone.
 * @throws RollbackError `file-not-writable` that names the input behind the path.
 */
export async function openForWriting(file: string, input: string): Promise<FileHandle> {
  try {
    await mkdir(dirname(file), { recursive: true });
    return await open(file, 'w+', 0o600);
  } catch (error) {
    throw notWritable(file, input, error);
  }
}

/** The error for a path that does not work, naming the input that gave it. */
export function notWritable(file: string, input: string, cause: unknown): RollbackError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new RollbackError(
    'file-not-writable',
    `input "${input}": ${file} cannot be written (${reason})`,
    `Give "${input}" a path in a folder that this job may write to, or leave it out.`,
    { cause },
  );
}
