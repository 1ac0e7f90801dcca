import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RollbackError } from '../core/errors.ts';

/** A path that the user may have chosen, and the input that says so. */
export interface Place {
  readonly file: string;
  readonly input: 'plan-file' | 'journal-file';
}

/**
 * Open a file of ours for writing, its folder made, its old content gone.
 * @throws RollbackError `file-not-writable` that names the input behind the path.
 */
export function openForWriting(place: Place): Promise<FileHandle> {
  return orNotWritable(place, async () => {
    await makeFolder(dirname(place.file));
    const there = await stat(place.file).catch(() => undefined);
    // Opening a pipe waits for a reader, for ever.
    if (there?.isFIFO() || there?.isSocket()) throw new Error('it is no regular file');
    return open(place.file, 'w+', 0o600);
  });
}

/** Do something with a file; what the file system says against it becomes an error that names the input. */
export async function orNotWritable<T>({ file, input }: Place, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // Not of the file system: the work was told to stop, or says for itself what is wrong.
    if (error instanceof RollbackError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new RollbackError(
      'file-not-writable',
      `input "${input}": ${file} cannot be written (${reason})`,
      `Give "${input}" a path in a folder that this job may write to, with room on its disk, or leave it out.`,
      { cause: error },
    );
  }
}

/**
 * Make a folder and those above it. Not with mkdir's `recursive`: where the system says ENOENT although the folder above
 * exists, as under /proc, that goes up and down for ever.
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // There already, or `open` will say what is wrong with it.
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder).catch((again: unknown) => {
      if (!(again instanceof Error && 'code' in again && again.code === 'EEXIST')) throw again;
    });
  }
}
