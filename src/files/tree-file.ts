import { constants, type Stats } from 'node:fs';
import { type FileHandle, link, lstat, open, rename, rm } from 'node:fs/promises';
import { forLog } from '../core/text.ts';
import { belowDirectory, codeOf, type FileProblem, inTheWay, unsafePath } from './tree-errors.ts';

/** The place of one file below a folder that is filled. */
export interface TreeFile {
  /** The file that is there already. @throws FileProblem where something else is there */
  look(): Promise<{ readonly size: number; readonly modified: number } | undefined>;
  /** The bytes of the file that is there. */
  read(): AsyncIterable<Uint8Array>;
  /** A temporary file beside it, empty, to be put in its place or discarded. */
  begin(): Promise<NewFile>;
}

export interface NewFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Put it in its place. `modified`: ms since 1970. @throws FileProblem where something is there by now */
  finish(modified: number): Promise<void>;
  /** Close and remove what is not in its place; does nothing after `finish`. */
  discard(): Promise<void>;
}

/** Write all of these bytes at the end of the file. */
export type WriteBytes = (handle: FileHandle, bytes: Uint8Array) => Promise<void>;

export interface FilePlace {
  readonly directory: string;
  /** Relative, for messages. */
  readonly path: string;
  readonly absolute: string;
  readonly temporary: string;
  readonly write: WriteBytes;
}

/** Windows has no such flags, and needs none: a link is not followed where a new file is asked for. */
const { O_CREAT, O_EXCL, O_RDONLY, O_WRONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
const READ_BYTES = 256 * 1024;

export function treeFile({ directory, path, absolute, temporary, write }: FilePlace): TreeFile {
  return {
    async look() {
      const stats = await below(() => statOf(absolute));
      if (stats === undefined) return undefined;
      const problem = notAFile(stats, path);
      if (problem !== undefined) throw problem;
      return { size: stats.size, modified: stats.mtimeMs };
    },

    async *read() {
      const handle = await below(() => open(absolute, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
      try {
        const { size } = await below(() => handle.stat());
        const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(size, READ_BYTES)));
        for (;;) {
          const { bytesRead } = await below(() => handle.read(buffer));
          if (bytesRead === 0) return;
          yield buffer.subarray(0, bytesRead);
        }
      } finally {
        await handle.close();
      }
    },

    async begin() {
      const handle = await below(() => open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666));
      let isOpen = true;
      let isThere = true;
      async function close(): Promise<void> {
        if (!isOpen) return;
        isOpen = false;
        // Some file systems over a network say only now that the disk is full.
        await below(() => handle.close());
      }
      return {
        write: (bytes) => below(() => write(handle, bytes)),
        async finish(modified) {
          const time = new Date(modified);
          await below(() => handle.utimes(time, time));
          await close();
          await below(() => putInPlace(temporary, absolute, path));
          isThere = false;
        },
        async discard() {
          await close().catch(() => {});
          if (isThere) await rm(temporary, { force: true }).catch(() => {});
          isThere = false;
        },
      };
    },
  };

  function below<T>(work: () => Promise<T>): Promise<T> {
    return belowDirectory(directory, path, work);
  }
}

function notAFile(stats: Stats, path: string): FileProblem | undefined {
  if (stats.isSymbolicLink()) return unsafePath(path);
  if (stats.isFile()) return undefined;
  return inTheWay(`${forLog(path)} is ${stats.isDirectory() ? 'a folder' : 'something that is no file'} already`);
}

async function statOf(file: string): Promise<Stats | undefined> {
  try {
    return await lstat(file);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** File systems without hard links, as on memory cards and some networks, say so in different words. */
const NO_LINKS = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
  'EXDEV',
  'EINVAL',
  'EISDIR',
  'UNKNOWN',
]);

/** A link is made only where nothing is; a rename replaces. https://man7.org/linux/man-pages/man2/link.2.html */
async function putInPlace(temporary: string, file: string, path: string): Promise<void> {
  const appeared = () => inTheWay(`a file appeared at ${forLog(path)} while it was fetched`);
  try {
    await link(temporary, file);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') throw appeared();
    if (code === undefined || !NO_LINKS.has(code)) throw error;
    if ((await statOf(file)) !== undefined) throw appeared();
    await rename(temporary, file);
    return;
  }
  await rm(temporary, { force: true });
}

/** One call may take only a part; a full disk says so first that way. */
export const writeAll: WriteBytes = async (handle, bytes) => {
  for (let rest = bytes; rest.length > 0; ) {
    const { bytesWritten } = await handle.write(rest);
    rest = rest.subarray(bytesWritten);
  }
};
