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

/** Where keys are named, other than by the scope. */
interface Named {
  readonly manifest?: { readonly given: string };
  readonly destination?: object;
  readonly intake?: { readonly kind: 'queue'; readonly url: string } | { readonly kind: 'event' };
}

/** The scope as it stands in plan headers and reports: only what was asked for, in a fixed order. */
export function scopeRecord(scope: Scope, { manifest, destination, intake }: Named = {}): Record<string, unknown> {
  const { bucket, key, prefix, include, exclude } = scope;
  return {
    ...(bucket !== undefined && { bucket }),
    ...(manifest !== undefined && { manifest: manifest.given }),
    ...(intake !== undefined && { events: intake.kind === 'queue' ? intake.url : 'input' }),
    ...(key !== undefined ? { key } : intake === undefined && { prefix }),
    ...(include.length > 0 && { include: [...include] }),
    ...(exclude.length > 0 && { exclude: [...exclude] }),
    ...(destination !== undefined && { destination: { ...destination } }),
  };
}
