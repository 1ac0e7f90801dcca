import { expect } from 'vitest';
import type { Inputs } from '../../support/runner.ts';
import type { Histories, Row } from '../../support/server-bucket.ts';

/**
 * What a run may have done to a bucket at the very most, by its inputs: nothing in a dry run; nothing outside its scope;
 * markers removed from the top, and a new entry on top, but no version lost, unless `method: delete` says so, which
 * leaves the lower part of a history as it was, under the current entry as long as that is there.
 */
export function expectBounds(inputs: Inputs, before: Histories, after: Histories): void {
  const inScope = scopeOf(inputs);
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const was = idsOf(before.get(key));
    const is = idsOf(after.get(key));
    const what = `key ${JSON.stringify(key)}`;
    if (inputs['dry-run'] === 'true' || !inScope(key)) {
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
      expect(added.length, `entries added to ${what}`).toBeLessThanOrEqual(1);
      expect(is.slice(0, added.length), `what was added is on top of ${what}`).toEqual(added);
      const removed = (before.get(key) ?? []).filter((row) => !is.includes(idOf(row)));
      expect(
        removed.every((row) => row.deleteMarker),
        `versions removed from ${what}`,
      ).toBe(true);
    }
  }
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
