import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldPath, type Platform, type Sameness } from '../../../src/core/file-names.ts';
import type { Sorter } from '../../../src/files/sort.ts';
import { type NamedVersion, named, openNames, settleNames } from '../../../src/operations/download-names.ts';
import { anyKey, runs } from '../../support/arbitraries.ts';
import { all, useTemp } from './download-support.ts';

const LINUX: Sameness = { ignoresCase: false, ignoresForm: false };
const WINDOWS: Sameness = { ignoresCase: true, ignoresForm: false };
const MACOS: Sameness = { ignoresCase: true, ignoresForm: true };

const temp = useTemp();

function mark(key: string, digits = 8): string {
  return `~${createHash('sha256').update(key).digest('hex').slice(0, digits)}`;
}

/** The path of each key; folders are keys of empty objects that end in a slash. */
async function pathsOf(
  keys: readonly string[],
  sameness: Sameness = LINUX,
  platform: Platform = 'posix',
): Promise<{ paths: Record<string, string>; nameless: string[]; order: string[] }> {
  const naming = { platform, sameness };
  const opened: Sorter<NamedVersion>[] = [];
  const open = (round: number) => {
    const sorter = openNames(temp.in(`names-${round}`), naming);
    opened.push(sorter);
    return sorter;
  };
  const first = open(0);
  await first.add(
    keys.map((key) => named({ key, versionId: 'v', size: key.endsWith('/') ? 0 : 1, lastModified: 0 }, naming)),
  );
  const nameless: string[] = [];
  const names = await settleNames(first, naming, open, ({ key }) => nameless.push(key));
  const versions = (await all(names.sorted())).flat();
  for (const sorter of opened) await sorter.cleanUp();
  return {
    paths: Object.fromEntries(versions.map(({ key, path }) => [key, path])),
    nameless,
    order: versions.map(({ path }) => path),
  };
}

describe('names for all files', () => {
  it('are the keys where nothing clashes, sorted with the slash first', async () => {
    const { order } = await pathsOf(['a-b', 'b', 'a/c', 'a/', 'a/b/d']);
    expect(order).toEqual(['a/', 'a/b/d', 'a/c', 'a-b', 'b']);
  });

  it('a file gives way to a folder of its name', async () => {
    expect((await pathsOf(['a', 'a/b', 'a/b/c', 'a-b'])).paths).toEqual({
      a: `a${mark('a')}`,
      'a/b': `a/b${mark('a/b')}`,
      'a/b/c': 'a/b/c',
      'a-b': 'a-b',
    });
    expect((await pathsOf(['a', 'a/'])).paths).toEqual({ a: `a${mark('a')}`, 'a/': 'a/' });
  });

  it('of names that differ in case the first stays, where the file system tells no case', async () => {
    const keys = ['README', 'Readme', 'readme', 'x/A', 'X/a', 'X/b'];
    expect((await pathsOf(keys, WINDOWS)).paths).toEqual({
      README: 'README',
      Readme: `Readme${mark('Readme')}`,
      readme: `readme${mark('readme')}`,
      'X/a': 'X/a',
      'x/A': `x/A${mark('x/A')}`,
      // Folders are shared, whatever their case.
      'X/b': 'X/b',
    });
    expect((await pathsOf(keys, LINUX)).paths).toEqual(Object.fromEntries(keys.map((key) => [key, key])));
  });

  it('a file gives way to a folder that only case tells apart', async () => {
    expect((await pathsOf(['Site', 'site/index'], MACOS)).paths).toEqual({
      Site: `Site${mark('Site')}`,
      'site/index': 'site/index',
    });
  });

  it('of accents in one character or two the first stays, where the file system takes both for the same', async () => {
    expect((await pathsOf(['\u00e9', 'e\u0301'], MACOS)).paths).toEqual({
      'e\u0301': 'e\u0301',
      '\u00e9': `\u00e9${mark('\u00e9')}`,
    });
  });

  it('a plain key that looks like a safe name gives way to it', async () => {
    const taken = `%2E%2E/a${mark('../a')}`;
    expect((await pathsOf(['../a', taken])).paths).toEqual({ '../a': taken, [taken]: taken + mark(taken) });
  });

  it('a safe name that is a folder of another key gets the whole hash, and then the key is given up', async () => {
    const eight = `x${mark('x')}`;
    const whole = `x${mark('x', 64)}`;
    expect(await pathsOf(['x', 'x/a', `${eight}/a`])).toMatchObject({ paths: { x: whole }, nameless: [] });
    const { paths, nameless } = await pathsOf(['x', 'x/a', `${eight}/a`, `${whole}/a`]);
    expect(nameless).toEqual(['x']);
    expect(Object.keys(paths)).toEqual(['x/a', `${eight}/a`, `${whole}/a`]);
  });

  it('keys made to clash again and again come to an end', async () => {
    const keys = ['x/a', 'x'];
    for (let key = 'x', i = 0; i < 25; i++) {
      key += mark(key);
      keys.push(key);
    }
    const { paths, nameless } = await pathsOf(keys);
    expect(nameless).toEqual([]);
    expect(new Set(Object.values(paths)).size).toBe(keys.length);
    // Each round sorts all keys anew.
    expect(Object.values(paths).filter((path) => /~[0-9a-f]{64}$/.test(path))).toHaveLength(1);
  });

  it('leave no file behind', async () => {
    await pathsOf(['a', 'a/b', 'A', 'A/b']);
    expect(readdirSync(temp.path)).toEqual([]);
  });

  const family = fc.constantFrom(
    'a',
    'A',
    'a/',
    'a/b',
    'A/B',
    'a/b/',
    'a/B/c',
    '../a',
    '%2E%2E/a',
    'a//b',
    'a/%2F/b',
    'é',
    'É',
  );
  const keySet = fc.uniqueArray(
    fc.oneof(
      anyKey,
      family,
      family.map((key) => key + mark(key)),
      family.map((key) => `${key}${mark(key)}/x`),
    ),
    { maxLength: 30 },
  );

  it.each<[string, Platform, Sameness]>([
    ['Linux', 'posix', LINUX],
    ['macOS', 'posix', MACOS],
    ['Windows', 'win32', WINDOWS],
  ])(
    'of any set of keys, every file has a path of its own, in no folder that is a file, whatever the order (%s)',
    async (_, platform, sameness) => {
      await fc.assert(
        fc.asyncProperty(keySet, fc.infiniteStream(fc.nat()), async (keys, chance) => {
          const { paths, nameless } = await pathsOf(keys, sameness, platform);
          expect([...Object.keys(paths), ...nameless].sort()).toEqual(keys.toSorted());
          const folded = Object.values(paths).map((path) => foldPath(path, sameness));
          const files = folded.filter((path) => !path.endsWith('/'));
          expect(new Set(files).size).toBe(files.length);
          const folders = new Set(
            folded.flatMap((path) => [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index))),
          );
          expect(files.filter((path) => folders.has(path))).toEqual([]);

          const shuffled = keys.map((key) => ({ key, at: chance.next().value })).sort((a, b) => a.at - b.at);
          expect(
            await pathsOf(
              shuffled.map(({ key }) => key),
              sameness,
              platform,
            ),
          ).toMatchObject({ paths, nameless });
        }),
        { ...runs(), numRuns: Math.ceil(runs().numRuns / 4) },
      );
    },
  );
});
