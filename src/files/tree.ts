import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir, opendir, realpath, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TEMPORARY } from '../core/file-names.ts';
import { forLog } from '../core/text.ts';
import { makeFolder } from './open.ts';
import { belowDirectory, codeOf, inTheWay, notAFolder, notWritable, unsafePath } from './tree-errors.ts';
import { type TreeFile, treeFile, type WriteBytes, writeAll } from './tree-file.ts';

/**
 * A folder that is filled with files. Everything below it is reached step by step, and every step must be a real folder:
 * what a symbolic link leads to is not ours to write to. What is there already is never replaced.
 */
export interface Tree {
  /** Its real path. */
  readonly directory: string;
  /** A folder below, made where it is missing. @throws FileProblem, RollbackError as `belowDirectory` */
  folder(path: string): Promise<Folder>;
  /** The place of a file, the folders above it made; what a killed run left for it is gone. @throws the same */
  file(path: string): Promise<TreeFile>;
}

export interface Folder {
  /** Absolute. */
  readonly path: string;
  /** In this run. */
  readonly made: boolean;
}

interface KnownFolder extends Folder {
  /** Temporary files of killed runs, by the file that they were to become. */
  readonly leftOvers: Map<string, string[]>;
}

/** Folders that were looked at and are not looked at again; far more than lie side by side in the order of a plan. */
const MOST_FOLDERS = 4096;
/** Left-overs noted in one folder; a killed run leaves as many as it had requests in flight. */
const MOST_LEFT_OVERS = 4096;

/**
 * Make the folder where it is missing, and open it. It may be a symbolic link itself: it is what the user named.
 * @throws RollbackError `directory-not-writable`, `directory-not-a-folder`
 */
export async function openTree(directory: string, write: WriteBytes = writeAll): Promise<Tree> {
  const root = await openRoot(directory);
  const run = randomBytes(4).toString('hex');
  const known = new Map<string, Promise<KnownFolder>>();
  return {
    directory: root.path,
    folder,
    async file(path) {
      const slash = path.lastIndexOf('/');
      const parent = await folder(path.slice(0, Math.max(0, slash)));
      const name = path.slice(slash + 1);
      const id = createHash('sha256').update(name).digest('hex').slice(0, 16);
      await below(path, () => removeLeftOvers(parent, id));
      const temporary = join(parent.path, `${TEMPORARY}${id}-${run}`);
      return treeFile({ directory: root.path, path, absolute: join(parent.path, name), temporary, write });
    },
  };

  function folder(path: string): Promise<KnownFolder> {
    if (path === '') return Promise.resolve(root);
    const found = known.get(path) ?? enter(path);
    // Last used is last in the map, and the first is the one to forget.
    known.delete(path);
    known.set(path, found);
    for (const oldest of known.keys()) {
      if (known.size <= MOST_FOLDERS) break;
      known.delete(oldest);
    }
    return found;
  }

  async function enter(path: string): Promise<KnownFolder> {
    const slash = path.lastIndexOf('/');
    const parent = await folder(path.slice(0, Math.max(0, slash)));
    const absolute = join(parent.path, path.slice(slash + 1));
    return below(path, async () => {
      if (await make(absolute)) return { path: absolute, made: true, leftOvers: new Map() };
      const stats = await lstat(absolute);
      if (stats.isSymbolicLink()) throw unsafePath(path);
      if (!stats.isDirectory()) throw inTheWay(`${forLog(path)} is a file already, and has to be a folder`);
      return { path: absolute, made: false, leftOvers: await leftOversIn(absolute) };
    });
  }

  function below<T>(path: string, work: () => Promise<T>): Promise<T> {
    return belowDirectory(root.path, path, work);
  }
}

async function openRoot(directory: string): Promise<KnownFolder> {
  const refuse = (error: unknown, isNoFolder: boolean) => {
    if (codeOf(error) === undefined) return error;
    return isNoFolder ? notAFolder(directory, { cause: error }) : notWritable(directory, error);
  };
  await makeFolder(directory).catch((error: unknown) => {
    throw refuse(error, codeOf(error) === 'ENOTDIR');
  });
  // It is there, so what is missing is what a link leads to.
  const path = await realpath(directory).catch((error: unknown) => {
    throw refuse(error, true);
  });
  try {
    if (!(await stat(path)).isDirectory()) throw notAFolder(directory);
    return { path, made: false, leftOvers: await leftOversIn(path) };
  } catch (error) {
    throw refuse(error, false);
  }
}

/** Was it made just now? */
async function make(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

const LEFT_OVER = new RegExp(`^${TEMPORARY.replaceAll('.', '\\.')}([0-9a-f]{16})-[0-9a-f]{8}$`);

/** Looked for once in a folder that was there before, and not for each file. */
async function leftOversIn(folder: string): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  let noted = 0;
  for await (const { name } of await opendir(folder, { bufferSize: 1000 })) {
    const [, id] = LEFT_OVER.exec(name) ?? [];
    if (id === undefined || noted >= MOST_LEFT_OVERS) continue;
    noted += 1;
    found.set(id, [...(found.get(id) ?? []), name]);
  }
  return found;
}

async function removeLeftOvers({ path, leftOvers }: KnownFolder, id: string): Promise<void> {
  for (const name of leftOvers.get(id) ?? []) await rm(join(path, name), { force: true });
  leftOvers.delete(id);
}
