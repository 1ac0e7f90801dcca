import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { openTree, type Tree } from '../../../src/files/tree.ts';
import { FileProblem } from '../../../src/files/tree-errors.ts';
import { treeFile, writeAll } from '../../../src/files/tree-file.ts';
import { probeDirectory } from '../../../src/files/tree-probe.ts';
import { all, useTemp } from '../operations/download-support.ts';

/** Whole seconds, as S3 tells times. */
const MODIFIED = Date.UTC(2026, 10, 22, 9, 30);

const temp = useTemp();

function openOut(): Promise<Tree> {
  return openTree(temp.in('out'));
}

async function put(tree: Tree, path: string, content: string): Promise<void> {
  const file = await (await tree.file(path)).begin();
  try {
    await file.write(Buffer.from(content));
    await file.finish(MODIFIED);
  } finally {
    await file.discard();
  }
}

/** What became of a key because of this. */
async function outcomeOf(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof FileProblem) return error.failure;
  throw error ?? new Error('nothing was thrown');
}

const unsafe = (path: string) =>
  expect.objectContaining({ code: 'unsafe-path', message: expect.stringContaining(JSON.stringify(path)) });

describe('opening a folder to fill', () => {
  it('makes it, and those above it', async () => {
    const tree = await openTree(temp.in('a', 'b', 'c'));
    expect(tree.directory).toBe(join(realpathSync(temp.path), 'a', 'b', 'c'));
    expect(readdirSync(tree.directory)).toEqual([]);
  });

  it('follows it where it is a symbolic link, once', async () => {
    mkdirSync(temp.in('real'));
    symlinkSync(temp.in('real'), temp.in('out'));
    const tree = await openOut();
    renameSync(temp.in('out'), temp.in('moved'));
    await put(tree, 'a/b', 'x');
    expect(readFileSync(temp.in('real', 'a', 'b'), 'utf8')).toBe('x');
  });

  it.each<[what: string, make: () => string]>([
    [
      'a file',
      () => {
        writeFileSync(temp.in('file'), '');
        return temp.in('file');
      },
    ],
    [
      'below a file',
      () => {
        writeFileSync(temp.in('file'), '');
        return temp.in('file', 'out');
      },
    ],
    [
      'a link that leads nowhere',
      () => {
        symlinkSync(temp.in('nowhere'), temp.in('link'));
        return temp.in('link');
      },
    ],
  ])('refuses %s', async (_, make) => {
    const directory = make();
    const error = { code: 'directory-not-a-folder', message: expect.stringContaining('input "directory"') };
    await expect(openTree(directory)).rejects.toMatchObject(error);
    await expect(probeDirectory(directory)).rejects.toMatchObject(error);
  });

  it.runIf(process.platform === 'linux')('refuses a place where nothing can be written', async () => {
    const error = { code: 'directory-not-writable', message: expect.stringContaining('input "directory"') };
    await expect(openTree('/proc/s3/out')).rejects.toMatchObject(error);
    await expect(probeDirectory('/proc/s3/out')).rejects.toMatchObject(error);
  });
});

describe('looking at a folder before anything is done', () => {
  it('makes no folder, and leaves no file', async () => {
    await probeDirectory(temp.in('a', 'b'));
    await probeDirectory(temp.path);
    expect(readdirSync(temp.path)).toEqual([]);
  });

  it('finds out what its file system takes for the same', async () => {
    writeFileSync(temp.in('a\u00e9'), '');
    expect(await probeDirectory(temp.path)).toEqual({
      ignoresCase: existsSync(temp.in('A\u00e9')),
      ignoresForm: existsSync(temp.in('ae\u0301')),
    });
  });
});

describe('a file', () => {
  it('comes into its place whole, with its time, the folders above it made', async () => {
    const tree = await openOut();
    const file = await tree.file('a/b/c.txt');
    expect(await file.look()).toBeUndefined();
    const target = await file.begin();
    await target.write(Buffer.from('one '));
    await target.write(Buffer.from('two'));
    expect(await file.look()).toBeUndefined();
    await target.finish(MODIFIED);
    expect(await file.look()).toEqual({ size: 7, modified: MODIFIED });
    expect(Buffer.concat(await all(file.read())).toString()).toBe('one two');
    expect(readdirSync(temp.in('out', 'a', 'b'))).toEqual(['c.txt']);
    expect(statSync(temp.in('out', 'a', 'b', 'c.txt')).nlink).toBe(1);
  });

  it('leaves nothing where it is discarded, however far it was', async () => {
    const tree = await openOut();
    const file = await tree.file('a');
    const target = await file.begin();
    await target.write(Buffer.from('half'));
    await target.discard();
    await target.discard();
    expect(readdirSync(temp.in('out'))).toEqual([]);
  });

  it('that appears meanwhile is not replaced', async () => {
    const tree = await openOut();
    const target = await (await tree.file('a')).begin();
    await target.write(Buffer.from('ours'));
    writeFileSync(temp.in('out', 'a'), 'theirs');
    expect(await outcomeOf(target.finish(MODIFIED))).toMatchObject({ code: 'file-exists' });
    await target.discard();
    expect(readFileSync(temp.in('out', 'a'), 'utf8')).toBe('theirs');
    expect(readdirSync(temp.in('out'))).toEqual(['a']);
  });

  it('whose name is too long for the system fails alone', async () => {
    const tree = await openOut();
    const path = Array(40).fill('x'.repeat(200)).join('/');
    expect(await outcomeOf(put(tree, path, 'x'))).toMatchObject({ code: 'path-too-long' });
    await put(tree, 'a', 'x');
  });
});

describe('what is there already', () => {
  it('a symbolic link in place of the file is not followed', async () => {
    const tree = await openOut();
    writeFileSync(temp.in('outside'), 'outside');
    symlinkSync(temp.in('outside'), temp.in('out', 'a'));
    expect(await outcomeOf((await tree.file('a')).look())).toEqual(unsafe('a'));
    expect(await outcomeOf(all((await tree.file('a')).read()))).toEqual(unsafe('a'));
    expect(await outcomeOf(put(tree, 'a', 'x'))).toMatchObject({ code: 'file-exists' });
    expect(readFileSync(temp.in('outside'), 'utf8')).toBe('outside');
  });

  it.each([['l/a'], ['l/b/a'], ['f/l/a']])('a symbolic link on the way is not followed: %s', async (path) => {
    const tree = await openOut();
    mkdirSync(temp.in('outside', 'b'), { recursive: true });
    mkdirSync(temp.in('out', 'f'));
    symlinkSync(temp.in('outside'), temp.in('out', 'l'));
    symlinkSync(temp.in('outside'), temp.in('out', 'f', 'l'));
    expect(await outcomeOf(put(tree, path, 'x'))).toEqual(unsafe(path.slice(0, path.indexOf('l') + 1)));
    expect(readdirSync(temp.in('outside'))).toEqual(['b']);
    expect(readdirSync(temp.in('outside', 'b'))).toEqual([]);
  });

  it('a symbolic link to a folder inside is not followed either', async () => {
    const tree = await openOut();
    mkdirSync(temp.in('out', 'real'));
    symlinkSync('real', temp.in('out', 'link'));
    expect(await outcomeOf(tree.folder('link'))).toEqual(unsafe('link'));
    expect(await outcomeOf(tree.folder('link/x'))).toEqual(unsafe('link'));
  });

  it('a file where a folder has to be, and a folder where a file has to be, are left alone', async () => {
    const tree = await openOut();
    writeFileSync(temp.in('out', 'f'), 'x');
    mkdirSync(temp.in('out', 'd'));
    expect(await outcomeOf(tree.file('f/a'))).toMatchObject({
      code: 'file-exists',
      message: expect.stringContaining('"f" is a file'),
    });
    expect(await outcomeOf((await tree.file('d')).look())).toMatchObject({
      code: 'file-exists',
      message: expect.stringContaining('"d" is a folder'),
    });
  });

  it('folders tell whether they were made in this run', async () => {
    const tree = await openOut();
    mkdirSync(temp.in('out', 'old'));
    expect(await tree.folder('old')).toMatchObject({ made: false });
    await put(tree, 'new/a', 'x');
    expect(await tree.folder('new')).toMatchObject({ made: true });
  });
});

describe('what a killed run left', () => {
  /** A run that dies while it writes. */
  async function killed(path: string): Promise<string> {
    const target = await (await (await openOut()).file(path)).begin();
    await target.write(Buffer.from('half'));
    const folder = dirname(temp.in('out', path));
    const [name = ''] = readdirSync(folder).filter((n) => n.startsWith('.s3-rollback-'));
    expect(readFileSync(join(folder, name), 'utf8')).toBe('half');
    return name;
  }

  it('goes when the same file is fetched again', async () => {
    await killed('a/b');
    const tree = await openOut();
    await put(tree, 'a/b', 'whole');
    expect(readdirSync(temp.in('out', 'a'))).toEqual(['b']);
  });

  it('goes also where the file had come into its place', async () => {
    const name = await killed('a/b');
    linkSync(temp.in('out', 'a', name), temp.in('out', 'a', 'b'));
    await (await openOut()).file('a/b');
    expect(readdirSync(temp.in('out', 'a'))).toEqual(['b']);
  });

  it('stays when another file is fetched: that one may be on its way', async () => {
    const name = await killed('a/b');
    await put(await openOut(), 'a/c', 'x');
    expect(readdirSync(temp.in('out', 'a')).sort()).toEqual([name, 'c'].sort());
  });

  it('is nothing that only looks alike', async () => {
    mkdirSync(temp.in('out'));
    writeFileSync(temp.in('out', '.s3-rollback-notes'), 'mine');
    await put(await openOut(), 'a', 'x');
    expect(readdirSync(temp.in('out')).sort()).toEqual(['.s3-rollback-notes', 'a']);
  });

  it('that is a link by now is removed itself, not what it leads to', async () => {
    const name = await killed('a');
    writeFileSync(temp.in('outside'), 'outside');
    renameSync(temp.in('out', name), temp.in('gone'));
    symlinkSync(temp.in('outside'), temp.in('out', name));
    await put(await openOut(), 'a', 'x');
    expect(readFileSync(temp.in('outside'), 'utf8')).toBe('outside');
    expect(readdirSync(temp.in('out'))).toEqual(['a']);
  });
});

describe('a temporary file', () => {
  const place = (temporary: string) => ({
    directory: temp.path,
    path: 'a',
    absolute: temp.in('a'),
    temporary: temp.in(temporary),
    write: writeAll,
  });

  it('is made anew or not at all, also where a link lies in wait', async () => {
    symlinkSync(temp.in('outside'), temp.in('t'));
    expect(await outcomeOf(treeFile(place('t')).begin())).toMatchObject({ code: 'file-not-writable' });
    expect(existsSync(temp.in('outside'))).toBe(false);
    expect(lstatSync(temp.in('t')).isSymbolicLink()).toBe(true);
  });

  it('is written to the end, where one call takes only a part', async () => {
    const written: string[] = [];
    const write = vi.fn(async (bytes: Uint8Array) => {
      written.push(Buffer.from(bytes.subarray(0, 2)).toString());
      return { bytesWritten: Math.min(2, bytes.length) };
    });
    await writeAll({ write } as never, Buffer.from('hello'));
    expect(written).toEqual(['he', 'll', 'o']);
  });
});
