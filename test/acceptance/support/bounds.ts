import { expect } from 'vitest';
import type { Inputs } from '../../support/runner.ts';
import type { Histories, Row } from '../../support/server-bucket.ts';
import type { NamedRow } from './manifests.ts';

/** What a run was asked: its inputs as the action gets them, and what is in the manifest that they name. */
export interface Asked {
  readonly inputs: Inputs;
  /** Without, a manifest may mean any key in scope. */
  readonly rows?: readonly NamedRow[];
}

/**
 * What a run may have done to a bucket at the very most, by its inputs: nothing in a dry run; nothing outside its scope,
 * or outside its destination where it has one; markers removed from the top, and new entries on top, as many as versions
 * were asked for, but no version lost, unless `method: delete` says so, which leaves the lower part of a history as it
 * was, under the current entry as long as that is there.
 */
export function expectBounds(asked: Asked, bucket: string, before: Histories, after: Histories): void {
  const { inputs } = asked;
  const places = placesOf(asked);
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const was = idsOf(before.get(key));
    const is = idsOf(after.get(key));
    const what = `key ${JSON.stringify(key)} of ${bucket}`;
    if (inputs.operation === 'download' || inputs['dry-run'] === 'true' || !places.mayChange(bucket, key)) {
      expect(is, `${what}, which is not to be touched`).toEqual(was);
    } else if (inputs.operation === 'undelete') {
      expect(is, `the lower part of ${what}`).toEqual(was.slice(was.length - is.length));
      const removed = (before.get(key) ?? []).slice(0, was.length - is.length);
      expect(
        removed.every((row) => row.deleteMarker),
        `only markers removed from ${what}`,
      ).toBe(true);
    } else if (inputs.method === 'delete') {
      expect(is, `nothing new, and the order kept, in ${what}`).toEqual(was.filter((id) => is.includes(id)));
      // A run that was broken off may have left the current entry on top of a gap: readers have seen no change yet.
      const below = is[0] === was[0] ? is.slice(1) : is;
      expect(below, `the lower part of ${what}`).toEqual(was.slice(was.length - below.length));
    } else {
      const added = is.filter((id) => !was.includes(id));
      expect(added.length, `entries added to ${what}`).toBeLessThanOrEqual(places.mostAdded(bucket, key));
      expect(is.slice(0, added.length), `what was added is on top of ${what}`).toEqual(added);
      const removed = (before.get(key) ?? []).filter((row) => !is.includes(idOf(row)));
      expect(
        removed.every((row) => row.deleteMarker),
        `versions removed from ${what}`,
      ).toBe(true);
    }
  }
}

/** Which keys of which buckets a run may read versions of, and which it may change. Globs only make it fewer. */
export interface Places {
  isSource(bucket: string, key: string): boolean;
  mayChange(bucket: string, key: string): boolean;
  /** The most entries that may be put on a key. */
  mostAdded(bucket: string, key: string): number;
}

export function placesOf({ inputs, rows }: Asked): Places {
  const inScope = scopeOf(inputs);
  const { bucket: scope = '', manifest = '' } = inputs;
  const to = inputs['destination-bucket'] ?? '';
  const prefix = inputs['destination-prefix'] ?? '';
  const named = rows && new Set(rows.map(({ bucket, key }) => JSON.stringify([bucket, key])));
  const isSource = (bucket: string, key: string) =>
    (scope === '' || bucket === scope) &&
    inScope(key) &&
    (named === undefined || named.has(JSON.stringify([bucket, key])));
  /** The keys that may become this one. */
  const sourcesOf = (bucket: string, key: string): NamedRow[] => {
    if (!key.startsWith(prefix)) return [];
    const rest = key.slice(prefix.length);
    if (to === '') return isSource(bucket, rest) ? [{ bucket, key: rest }] : [];
    const buckets = rows === undefined ? [scope] : [...new Set(rows.map((row) => row.bucket))];
    return bucket === to ? buckets.map((b) => ({ bucket: b, key: rest })).filter((s) => isSource(s.bucket, s.key)) : [];
  };
  return {
    isSource,
    mayChange: (bucket, key) => sourcesOf(bucket, key).length > 0,
    mostAdded(bucket, key) {
      if (manifest !== '' && rows === undefined) return to === '' ? 1 : Number.POSITIVE_INFINITY;
      const [source] = sourcesOf(bucket, key);
      const own = rows?.filter((row) => row.bucket === source?.bucket && row.key === source?.key) ?? [];
      return Math.max(1, new Set(own.flatMap((row) => row.versionId ?? [])).size);
    },
  };
}

/** By key and prefix; globs only make it smaller. */
export function scopeOf({ key, prefix }: Inputs): (candidate: string) => boolean {
  if (key !== undefined && key !== '') return (candidate) => candidate === key;
  return (candidate) => candidate.startsWith(prefix ?? '');
}

function idsOf(rows: readonly Row[] = []): string[] {
  return rows.map(idOf);
}

/** `null` alone does not name an entry: the next write takes the same id. */
function idOf({ versionId, deleteMarker, etag }: Row): string {
  return `${versionId} ${deleteMarker} ${etag}`;
}
