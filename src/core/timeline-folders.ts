import { folderOf } from './report.ts';

/**
 * Numbers for the folders of keys, in bounded memory. When there are too many, keys of further ones are counted in the
 * nearest folder above that has a number, in the end in the root.
 */
export interface Folders {
  numberOf(key: string): number;
  nameOf(number: number): string;
}

const MAX_FOLDERS = 50_000;
/** Names are up to a kilobyte. */
const MAX_CHARACTERS = 4_000_000;

export function openFolders(): Folders {
  const names: string[] = [''];
  const numbers = new Map<string, number>([['', 0]]);
  let characters = 0;
  let last = '';
  let lastNumber = 0;

  function find(folder: string): number {
    const known = numbers.get(folder);
    if (known !== undefined) return known;
    if (names.length >= MAX_FOLDERS || characters + folder.length > MAX_CHARACTERS) return find(above(folder));
    characters += folder.length;
    numbers.set(folder, names.length);
    return names.push(folder) - 1;
  }

  return {
    numberOf(key) {
      const folder = key.slice(0, key.lastIndexOf('/') + 1);
      if (folder !== last) {
        last = folder;
        lastNumber = find(folder);
      }
      return lastNumber;
    },
    nameOf: (number) => names[number] ?? '',
  };
}

function above(folder: string): string {
  return folder.length < 2 ? '' : folder.slice(0, folder.lastIndexOf('/', folder.length - 2) + 1);
}

/** Counts by folder, as people ask for them: what all have in common, and how they are spread one level below it. */
export interface Spread {
  /** The deepest folder that all lie in; '' is the root. */
  readonly within: string;
  /** Most first. */
  readonly prefixes: readonly { readonly prefix: string; readonly keys: number }[];
}

export function spreadOf(counts: ReadonlyMap<string, number>): Spread {
  const folders = [...counts.keys()];
  const within = folders.reduce(inCommon, folders[0] ?? '');
  const sums = new Map<string, number>();
  for (const [folder, n] of counts) {
    const prefix = folderOf(folder, within);
    sums.set(prefix, (sums.get(prefix) ?? 0) + n);
  }
  const prefixes = [...sums].map(([prefix, keys]) => ({ prefix, keys })).sort((a, b) => b.keys - a.keys);
  return { within, prefixes };
}

function inCommon(a: string, b: string): string {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return i === 0 ? '' : a.slice(0, a.lastIndexOf('/', i - 1) + 1);
}
