import { RollbackError } from '../core/errors.ts';
import type { Failure } from '../core/outcome.ts';
import { forLog } from '../core/text.ts';

/** Why one file cannot be put in its place. It concerns one key; the others go on. */
export class FileProblem extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options);
    this.name = 'FileProblem';
    this.failure = failure;
  }
}

/** Nothing that is in the folder is ever written over. */
export function inTheWay(message: string): FileProblem {
  return new FileProblem({
    code: 'file-exists',
    message,
    hint: 'Move it away, or give "directory" an empty folder, and run the same step again.',
  });
}

/** `path` is relative to the folder that is filled. */
export function unsafePath(path: string, options?: ErrorOptions): FileProblem {
  const failure = {
    code: 'unsafe-path',
    message: `${forLog(path)} in the folder is a symbolic link: what is written there would land elsewhere`,
    hint: 'Remove the link, or give "directory" an empty folder. "directory" itself may be a link.',
  };
  return new FileProblem(failure, options);
}

/** Do something below the folder that is filled. @throws FileProblem; RollbackError where no other file can succeed */
export async function belowDirectory<T>(directory: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    throw stopsAll(directory, code, error) ?? problemOf(path, code, error);
  }
}

function stopsAll(directory: string, code: string, cause: unknown): RollbackError | undefined {
  if (code === 'EROFS') return notWritable(directory, cause);
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return undefined;
  const what = code === 'ENOSPC' ? 'no space is left on the disk of' : 'the disk quota does not allow more in';
  return new RollbackError(
    'disk-full',
    `input "directory": ${what} ${forLog(directory)}`,
    'Make room, or give "directory" a place on a larger disk. Then run the same step again: files that are complete are left alone, the rest is fetched.',
    { cause },
  );
}

function problemOf(path: string, code: string, cause: unknown): FileProblem {
  if (code === 'ELOOP') return unsafePath(path, { cause });
  const failure =
    code === 'ENAMETOOLONG'
      ? {
          code: 'path-too-long',
          message: `the path ${forLog(path)} is too long for this system`,
          hint: 'Give "directory" a shorter path, or fetch this key alone, by its name, with the AWS CLI.',
        }
      : {
          code: 'file-not-writable',
          message: `${forLog(path)} cannot be written or read (${reasonOf(cause)})`,
          hint: 'Look at the rights on what is in "directory" already, or give it an empty folder.',
        };
  return new FileProblem(failure, { cause });
}

/** The folder to fill cannot be used, so nothing can be done. */
export function notWritable(directory: string, cause: unknown): RollbackError {
  return new RollbackError(
    'directory-not-writable',
    `input "directory": nothing can be written in ${forLog(directory)} (${reasonOf(cause)})`,
    'Give "directory" a folder that this job may write to.',
    { cause },
  );
}

export function notAFolder(directory: string, options?: ErrorOptions): RollbackError {
  return new RollbackError(
    'directory-not-a-folder',
    `input "directory": ${forLog(directory)} is not a folder, or has a file or a broken link on its way`,
    'Give "directory" a folder; it is made where it is missing.',
    options,
  );
}

/** The system's code of an error of node:fs. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && 'syscall' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

function reasonOf(error: unknown): string {
  return codeOf(error) ?? (error instanceof Error ? error.message : String(error));
}
