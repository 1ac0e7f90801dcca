import picomatch from 'picomatch';

/** Which keys a run may touch. Nothing outside it is ever named in a request that changes anything. */
export interface Scope {
  /** Absent where a manifest names the buckets, row by row. */
  readonly bucket?: string;
  /** One exact key; never a prefix. */
  readonly key?: string;
  /** Keys that start with it; '' is the whole bucket. */
  readonly prefix: string;
  /** Globs on the whole key; none = every key. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** The globs as documented: picomatch's, with dot files. A backslash is no separator on a Windows runner either. */
const AS_PATHS = { dot: true, windows: false } as const;
/** The same for keys, which are no paths: `*` matches a newline too. */
const AS_KEYS = { ...AS_PATHS, flags: 's' } as const;

/**
 * What picomatch matches, and more: no wildcard of it matches a newline, or the path segments `.` and `..`; in a key these
 * are characters and names like any other (`exclude: tmp/**` means `tmp/./x` too).
 */
function globTest(globs: readonly string[]): (key: string) => boolean {
  if (globs.some((glob) => ENDLESS.test(glob))) throw new RangeError('a glob ends in four backslashes or more');
  const paths = picomatch([...globs], AS_PATHS);
  const keys = picomatch([...globs], AS_KEYS);
  return (key) => paths(key) || keys(key) || (DOT_SEGMENT.test(key) && keys(key.replaceAll(DOT_SEGMENTS, '\ue000')));
}

/** picomatch (4.0.7) skips over the end of such a glob, and parses for ever. */
const ENDLESS = /\\{4,}$/;
const DOT_SEGMENT = /(?:^|\/)\.{1,2}(?:\/|$)/;
const DOT_SEGMENTS = /(?<=^|\/)\.{1,2}(?=\/|$)/g;

/** A test for membership in the scope, its globs compiled once. */
export function scopeTest(scope: Scope): (key: string) => boolean {
  const { key: exact, prefix } = scope;
  const included = scope.include.length === 0 ? () => true : globTest(scope.include);
  const excluded = scope.exclude.length === 0 ? () => false : globTest(scope.exclude);
  return (key) => (exact === undefined ? key.startsWith(prefix) : key === exact) && included(key) && !excluded(key);
}

/** The scope as it stands in plan headers and reports: only what was asked for, in a fixed order. */
export function scopeRecord(
  scope: Scope,
  { manifest, destination }: { readonly manifest?: { readonly given: string }; readonly destination?: object } = {},
): Record<string, unknown> {
  return {
    ...(scope.bucket !== undefined && { bucket: scope.bucket }),
    ...(manifest !== undefined && { manifest: manifest.given }),
    ...(scope.key !== undefined ? { key: scope.key } : { prefix: scope.prefix }),
    ...(scope.include.length > 0 && { include: [...scope.include] }),
    ...(scope.exclude.length > 0 && { exclude: [...scope.exclude] }),
    ...(destination !== undefined && { destination: { ...destination } }),
  };
}
