import { randomBytes } from 'node:crypto';
import { lstat, open, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Sameness, TEMPORARY } from '../core/file-names.ts';
import { codeOf, notAFolder, notWritable } from './tree-errors.ts';

/**
 * Can this folder be filled, and which names does its file system take for the same? Found out by a file that is made and
 * removed again; where the folder is missing, in the nearest one above, from which it will have this. Makes no folder.
 * @throws RollbackError `directory-not-writable`, `directory-not-a-folder`
 */
export async function probeDirectory(directory: string): Promise<Sameness> {
  const folder = await nearest(directory);
  const id = randomBytes(4).toString('hex');
  const name = (probe: string, letter: string) => join(folder, `${TEMPORARY}${probe}-${id}-${letter}`);
  const file = name('Probe', '\u00e9');
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.close();
  } catch (error) {
    throw notWritable(directory, error);
  }
  try {
    const [ignoresCase, ignoresForm] = await Promise.all([
      exists(name('probe', '\u00e9')),
      exists(name('Probe', 'e\u0301')),
    ]);
    return { ignoresCase, ignoresForm };
  } finally {
    await rm(file, { force: true });
  }
}

async function nearest(directory: string): Promise<string> {
  for (let folder = directory; ; folder = dirname(folder)) {
    // A link that leads nowhere is there, and no folder can be made in its place.
    const isThere = await exists(folder, directory);
    if (!isThere && dirname(folder) !== folder) continue;
    const stats = await stat(folder).catch((error: unknown) => {
      throw notAFolder(directory, { cause: error });
    });
    if (!stats.isDirectory()) throw notAFolder(directory);
    return folder;
  }
}

async function exists(path: string, directory = path): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return false;
    if (code === 'ENOTDIR') throw notAFolder(directory, { cause: error });
    throw notWritable(directory, error);
  }
}
