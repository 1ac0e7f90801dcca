import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  filePath,
  folderPath,
  foldPath,
  isFolderKey,
  isFolderOf,
  MAX_NAME_BYTES,
  type Platform,
  sortablePath,
} from '../../../src/core/file-names.ts';
import { compareKeys } from '../../../src/core/keys.ts';
import { anyKey, runs } from '../../support/arbitraries.ts';

function hash(key: string, digits = 8): string {
  return createHash('sha256').update(key).digest('hex').slice(0, digits);
}

const safe = (name: string) => (key: string) => `${name}~${hash(key)}`;
const LONG = 'x'.repeat(300);

describe('the path of a key', () => {
  it.each([
    ['a'],
    ['a/b/c.txt'],
    ['.hidden/.file'],
    ['...'],
    ['a b+c%20d'],
    ['~1234abcd'],
    ['ünïcödé/日本/😀'],
    ['\u202egnp.exe'],
    ['$HOME/`id`/-rf *'],
    ['\u00a0'],
    ['x'.repeat(255)],
    [
      Array(1024 / 2)
        .fill('a')
        .join('/'),
    ],
  ])('%j is the key itself on Linux and macOS', (key) => {
    expect(filePath(key, 'posix')).toEqual({ path: key, marks: 0 });
  });

  it.each<[key: string, path: (key: string) => string]>([
    // Out of the folder, or to another place in it.
    ['..', safe('%2E%2E')],
    ['.', safe('%2E')],
    ['../etc/passwd', safe('%2E%2E/etc/passwd')],
    ['a/../../b', safe('a/%2E%2E/%2E%2E/b')],
    ['a/./b', safe('a/%2E/b')],
    ['a/..', safe('a/%2E%2E')],
    ['/etc/passwd', safe('%2F/etc/passwd')],
    ['//', safe('%2F/%2F/%2F')],
    ['a//b', safe('a/%2F/b')],
    // With content: an empty one is a folder.
    ['a/', safe('a/%2F')],
    ['/', safe('%2F/%2F')],
    // No name at all, or one that a terminal obeys.
    ['a\u0000b', safe('a%00b')],
    ['a\nb/c\u001b[31m', safe('a%0Ab/c%1B[31m')],
    ['\u0085', safe('%C2%85')],
    // Too long: cut between characters, never inside one, nor inside an escape.
    [LONG, safe(LONG.slice(0, 246))],
    [`a/${LONG}/b`, safe(`a/${LONG.slice(0, 254)}~/b`)],
    ['é'.repeat(128), safe('é'.repeat(123))],
    [`${'x'.repeat(244)}\n${LONG}`, safe('x'.repeat(244))],
    // Would be taken for a file on its way.
    ['.s3-rollback-0123', safe('%2Es3-rollback-0123')],
    ['a/.S3-Rollback-x/b', safe('a/%2ES3-Rollback-x/b')],
  ])('%j is a safe name', (key, path) => {
    expect(filePath(key, 'posix')).toEqual({ path: path(key), marks: 8 });
  });

  it.each<[key: string, path: (key: string) => string]>([
    ['a\\..\\b', safe('a%5C..%5Cb')],
    ['C:/x', safe('C%3A/x')],
    ['file.txt:stream', safe('file.txt%3Astream')],
    ['<a>"b"|c?*', safe('%3Ca%3E%22b%22%7Cc%3F%2A')],
    ['nul', safe('%6Eul')],
    ['NUL.tar.gz', safe('%4EUL.tar.gz')],
    ['aux /x', safe('%61ux%20/x')],
    ['com1', safe('%63om1')],
    ['LPT³.log', safe('%4CPT³.log')],
    ['CONOUT$', safe('%43ONOUT$')],
    ['a. .', safe('a%2E%20%2E')],
    ['dir./b', safe('dir%2E/b')],
    ['...', safe('%2E%2E%2E')],
  ])('%j is a safe name on Windows, and itself elsewhere', (key, path) => {
    expect(filePath(key, 'win32')).toEqual({ path: path(key), marks: 8 });
    expect(filePath(key, 'posix')).toEqual({ path: key, marks: 0 });
  });

  it.each([['console'], ['com10'], ['a.nul'], [' a'], ['.a'], ['null/x']])('%j is itself on Windows too', (key) => {
    expect(filePath(key, 'win32')).toEqual({ path: key, marks: 0 });
  });

  it('can be marked although it is plain, and with more of the hash', () => {
    expect(filePath('a/b', 'posix', 8).path).toBe(`a/b~${hash('a/b')}`);
    expect(filePath('a/b', 'posix', 64).path).toBe(`a/b~${hash('a/b', 64)}`);
    expect(filePath('a//b', 'posix', 64).path).toBe(`a/%2F/b~${hash('a//b', 64)}`);
  });

  it.each<Platform>(['posix', 'win32'])('never leads out of the folder, whatever the key is (%s)', (platform) => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyKey,
          fc.array(fc.constantFrom('..', '.', '', '/', '\\', 'a', 'C:', 'nul', LONG)).map((s) => s.join('/')),
        ),
        fc.constantFrom(0 as const, 8 as const, 64 as const),
        (key, least) => {
          for (const path of [filePath(key, platform, least).path, folderPath(`${key}/`, platform).slice(0, -1)]) {
            for (const name of path.split('/')) {
              expect(['', '.', '..']).not.toContain(name);
              expect(name).not.toMatch(platform === 'win32' ? /[\p{Cc}\\:<>"|?*]|[. ]$/u : /\p{Cc}/u);
              expect(Buffer.byteLength(name)).toBeLessThanOrEqual(MAX_NAME_BYTES);
            }
          }
        },
      ),
      runs(),
    );
  });

  it('tells any two keys apart', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        fc.pre(a !== b);
        expect(filePath(a, 'posix', 64).path).not.toBe(filePath(b, 'posix', 64).path);
      }),
      runs(),
    );
  });
});

describe('a folder', () => {
  it.each<[key: string, size: number, isFolder: boolean]>([
    ['a/', 0, true],
    ['a/', 1, false],
    ['a', 0, false],
    ['/', 0, true],
  ])('is an empty object whose key ends in a slash: %j of %i bytes: %s', (key, size, isFolder) => {
    expect(isFolderKey(key, size)).toBe(isFolder);
  });

  it.each([
    ['a/b/', 'a/b/'],
    ['a//', 'a/%2F/'],
    ['/', '%2F/'],
    ['../', '%2E%2E/'],
  ])('%j is %j, where the files below it are too', (key, path) => {
    expect(folderPath(key, 'posix')).toBe(path);
    expect(filePath(`${key}x`, 'posix').path.startsWith(path)).toBe(true);
  });
});

describe('the order of paths', () => {
  it('puts what is in a folder right behind a file of its name', () => {
    const sorted = ['a-b', 'a/b', 'a', 'a/b/c', 'a.b', 'a/'].map(sortablePath).sort(compareKeys);
    expect(sorted).toEqual(['a', 'a/', 'a/b', 'a/b/c', 'a-b', 'a.b'].map(sortablePath));
    expect(isFolderOf(sortablePath('a'), sortablePath('a/b'))).toBe(true);
    expect(isFolderOf(sortablePath('a'), sortablePath('a-b'))).toBe(false);
    expect(isFolderOf(sortablePath('a'), sortablePath('a'))).toBe(false);
  });
});

describe('what a file system takes for the same', () => {
  const neither = { ignoresCase: false, ignoresForm: false };
  const form = { ...neither, ignoresForm: true };
  const both = { ignoresCase: true, ignoresForm: true };
  it.each<[a: string, b: string, where: typeof both, same: boolean]>([
    ['a/B', 'A/b', both, true],
    ['straße', 'STRASSE', both, true],
    ['\u212a', 'k', both, true],
    ['é', 'e\u0301', both, true],
    ['É', 'e\u0301', both, true],
    ['a', 'b', both, false],
    ['é', 'e\u0301', form, true],
    ['a', 'A', form, false],
    ['é', 'e\u0301', neither, false],
    ['a', 'A', neither, false],
  ])('%j and %j (%j): %s', (a, b, where, same) => {
    expect(foldPath(a, where) === foldPath(b, where)).toBe(same);
  });
});
