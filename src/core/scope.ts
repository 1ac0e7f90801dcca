import picomatch from 'picomatch';

/** Which keys a run may touch. Nothing outside it is ever named in a request that changes anything. */
export interface Scope {
  readonly bucket: string;
  /** One exact key; never a prefix. */
  readonly key?: string;
  /** Keys that start with it; '' is the whole bucket. */
  readonly prefix: string;
  /** Globs on the whole key; none = every key. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/**
 * `dot`: `*` matches dot files. `s`: a key may hold a newline, which `*` must match too. A leading `!` is literal.
 * `strictSlashes`: `a/` and `a` are two keys, so `a/**` does not match `a`, nor `*` `a/`. A backslash is no separator
 * on a Windows runner either.
 */
const GLOB_OPTIONS = { dot: true, nonegate: true, flags: 's', strictSlashes: true, windows: false } as const;

/**
 * picomatch knows paths, where no wildcard may match the segments `.` and `..`; in a key they are names like any other
 * (`exclude: tmp/**` means `tmp/./x` too), so a key that has some is tested with them disguised as well.
 */
function globTest(globs: readonly string[]): (key: string) => boolean {
  const matches = picomatch([...globs], GLOB_OPTIONS);
  return (key) => matches(key) || (DOT_SEGMENT.test(key) && matches(key.replaceAll(DOT_SEGMENTS, '\ue000')));
}

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
export function scopeRecord(scope: Scope): Record<string, unknown> {
  return {
    bucket: scope.bucket,
    ...(scope.key !== undefined ? { key: scope.key } : { prefix: scope.prefix }),
    ...(scope.include.length > 0 && { include: [...scope.include] }),
    ...(scope.exclude.length > 0 && { exclude: [...scope.exclude] }),
  };
}
