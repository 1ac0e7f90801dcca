import { globTest } from './globs.ts';

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
