import {
  filePath,
  folderPath,
  foldPath,
  isFolderKey,
  isFolderOf,
  type Marks,
  type Platform,
  type Sameness,
  sortablePath,
} from '../core/file-names.ts';
import { compareKeys } from '../core/keys.ts';
import { openSorter, type Sorter } from '../files/sort.ts';

/** A version to fetch, as the listing told it. */
export interface Version {
  readonly key: string;
  readonly versionId: string;
  /** Bytes. */
  readonly size: number;
  readonly etag?: string;
  /** ms since 1970. */
  readonly lastModified: number;
}

/** A version with the path of its file. */
export interface NamedVersion extends Version {
  /** Relative, with `/` between the segments; one more at its end where it is a folder. */
  readonly path: string;
  readonly isFolder: boolean;
  readonly marks: Marks;
  /** The path as the file system compares it, and as it is sorted. */
  readonly order: string;
}

/** What decides on the names of files. */
export interface Naming {
  readonly platform: Platform;
  readonly sameness: Sameness;
}

/** From this round on a name that is taken gives way to one with the whole hash: rounds are few, whatever the keys are. */
const PATIENT_ROUNDS = 3;

export function named(version: Version, { platform, sameness }: Naming, least: Marks = 0): NamedVersion {
  const { key, size } = version;
  const isFolder = isFolderKey(key, size);
  const { path, marks } = isFolder
    ? { path: folderPath(key, platform), marks: 0 as const }
    : filePath(key, platform, least);
  return { ...version, path, isFolder, marks, order: sortablePath(foldPath(path, sameness)) };
}

/**
 * Keeps versions on disk where there are many, and gives them by path; of those with one path the most marked one first,
 * which has fewer names left.
 */
export function openNames(folder: string, naming: Naming): Sorter<NamedVersion> {
  return openSorter<NamedVersion>({
    folder,
    encode: ({ key, versionId, size, etag, lastModified, marks }) =>
      JSON.stringify([key, versionId, size, etag ?? '', lastModified, marks]),
    decode: (line) => {
      // What `encode` wrote.
      const [key, versionId, size, etag, lastModified, marks] = JSON.parse(line) as [
        string,
        string,
        number,
        string,
        number,
        Marks,
      ];
      return named({ key, versionId, size, lastModified, ...(etag !== '' && { etag }) }, naming, marks);
    },
    compare: (a, b) => compareKeys(a.order, b.order) || b.marks - a.marks || compareKeys(a.key, b.key),
  });
}

/**
 * Give every file a path of its own. Of several that the file system takes for the same one keeps it; a file keeps none
 * that is a folder of another; the others get safe names, and are sorted anew until nothing clashes. Depends on nothing
 * but the keys. `open` gives the n-th sorter; `onNameless` takes the keys for which every name is taken.
 */
export async function settleNames(
  first: Sorter<NamedVersion>,
  naming: Naming,
  open: (round: number) => Sorter<NamedVersion>,
  onNameless: (version: NamedVersion) => void,
): Promise<Sorter<NamedVersion>> {
  let names = first;
  for (let round = 0; await hasClash(names); round++) {
    const next = open(round + 1);
    for await (const { version, clashes } of judged(names)) {
      const marks = clashes ? moreMarks(version.marks, round) : version.marks;
      if (marks === undefined) onNameless(version);
      else await next.add([named(version, naming, marks)]);
    }
    await names.cleanUp();
    names = next;
  }
  return names;
}

function moreMarks(marks: Marks, round: number): Marks | undefined {
  if (marks === 64) return undefined;
  return marks === 0 && round < PATIENT_ROUNDS ? 8 : 64;
}

async function hasClash(names: Sorter<NamedVersion>): Promise<boolean> {
  for await (const { clashes } of judged(names)) if (clashes) return true;
  return false;
}

/** What lies in a folder comes right behind a file of the folder's name, so one file has to be remembered. */
async function* judged(
  names: Sorter<NamedVersion>,
): AsyncGenerator<{ readonly version: NamedVersion; readonly clashes: boolean }> {
  let kept: NamedVersion | undefined;
  for await (const batch of names.sorted()) {
    for (const version of batch) {
      if (kept !== undefined && version.order === kept.order) {
        yield { version, clashes: true };
        continue;
      }
      if (kept !== undefined) yield { version: kept, clashes: isFolderOf(kept.order, version.order) };
      kept = version.isFolder ? undefined : version;
      if (version.isFolder) yield { version, clashes: false };
    }
  }
  if (kept !== undefined) yield { version: kept, clashes: false };
}
