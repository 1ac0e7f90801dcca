import { type FileHandle, open, stat } from 'node:fs/promises';
import { RollbackError } from '../core/errors.ts';
import { nameOf } from './errors.ts';

const CHUNK_BYTES = 64 * 1024;

/**
 * The bytes of a file of this machine, in chunks. Closed at its end, or when the reader gives up.
 * @throws RollbackError `manifest-not-found`, `manifest-not-readable`
 */
export async function openLocal(location: { readonly file: string }): Promise<AsyncIterable<Uint8Array>> {
  const name = nameOf(location);
  let handle: FileHandle | undefined;
  try {
    // A folder can be opened; only reading it fails, with words that help nobody. Opening a pipe waits for a writer, for ever.
    const stats = await stat(location.file);
    if (!stats.isFile()) {
      const what = stats.isDirectory() ? 'a folder' : 'no regular file';
      throw new RollbackError('manifest-not-readable', `manifest ${name} is ${what}`, 'Give the path of a file.');
    }
    handle = await open(location.file, 'r');
  } catch (error) {
    await handle?.close();
    throw readable(error, name);
  }
  return chunksOf(handle, name);
}

async function* chunksOf(handle: FileHandle, name: string): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw readable(error, name);
  } finally {
    await handle.close();
  }
}

/** What the file system says, for people. */
function readable(error: unknown, name: string): unknown {
  if (error instanceof RollbackError || !(error instanceof Error)) return error;
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new RollbackError(
      'manifest-not-found',
      `manifest ${name} does not exist`,
      'Check the path: it is taken from the workspace, so actions/checkout or whatever writes the file must come before.',
      { cause: error },
    );
  }
  return new RollbackError(
    'manifest-not-readable',
    `manifest ${name} cannot be read (${String(code ?? error.name)})`,
    code === 'EACCES' || code === 'EPERM'
      ? 'Let the user that runs this job read the file and the folders above it.'
      : 'Check the file and the disk it is on.',
    { cause: error },
  );
}
