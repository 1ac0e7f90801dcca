import picomatch from 'picomatch';

/**
 * The globs as documented: picomatch's, with dot files. A backslash is no separator on a Windows runner either. `posix`: `[!a]`
 * is "not a", as in every shell; without it picomatch takes it for "! or a", the very opposite.
 */
const AS_PATHS = { dot: true, windows: false, posix: true } as const;
/** The same for keys, which are no paths: `*` matches a newline too. */
const AS_KEYS = { ...AS_PATHS, flags: 's' } as const;

/**
 * What picomatch matches, and more: no wildcard of it matches a newline, or the path segments `.` and `..`; in a key these
 * are characters and names like any other (`exclude: tmp/**` means `tmp/./x` too).
 */
export function globTest(globs: readonly string[]): (key: string) => boolean {
  if (globs.some((glob) => ENDLESS.test(glob))) throw new RangeError('a glob ends in four backslashes or more');
  const paths = picomatch([...globs], AS_PATHS);
  const keys = picomatch([...globs], AS_KEYS);
  return (key) => paths(key) || keys(key) || (DOT_SEGMENT.test(key) && keys(key.replaceAll(DOT_SEGMENTS, '\ue000')));
}

/** picomatch (4.0.7) skips over the end of such a glob, and parses for ever. */
const ENDLESS = /\\{4,}$/;
const DOT_SEGMENT = /(?:^|\/)\.{1,2}(?:\/|$)/;
const DOT_SEGMENTS = /(?<=^|\/)\.{1,2}(?=\/|$)/g;

/** Globs for what is no path (a principal, a bucket): `*` stands for anything, slashes too. */
export function wordTest(globs: readonly string[]): (word: string) => boolean {
  if (globs.some((glob) => ENDLESS.test(glob))) throw new RangeError('a glob ends in four backslashes or more');
  return picomatch([...globs], { ...AS_KEYS, bash: true });
}
