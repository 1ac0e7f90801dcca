import type { Target } from '../../src/core/target.ts';
import type { StoredEntry, StoredObject } from './model.ts';

/** What a reader should meet once a key is at its target; or that the key has no such state and stays as it is. */
export type Goal =
  | { readonly kind: 'object'; readonly object: StoredObject }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'stays' };

/**
 * Where a target leads, told in the words of the contract and not by the code under test: from the oldest entry
 * upwards, as a reader would have lived through it.
 */
export function goalOf(entries: readonly StoredEntry[], target: Target): Goal {
  const oldestFirst = datedOldestFirst(entries);
  const state = (entry: StoredEntry | undefined): Goal =>
    entry?.object === undefined ? { kind: 'nothing' } : { kind: 'object', object: entry.object };

  switch (target.kind) {
    case 'rows':
    case 'before-events':
    case 'as-planned':
    case 'before-run':
    case 'none':
      throw new RangeError('each row, or key, says what it wants');
    case 'time':
      return state(oldestFirst.findLast(({ time }) => time <= target.at)?.entry);
    case 'version':
      return state(entries.find((e) => e.versionId === target.versionId));
    case 'versions-back': {
      const versions = entries.filter((e) => e.object);
      return versions.length > target.count ? state(versions[target.count]) : { kind: 'stays' };
    }
    case 'undelete': {
      if (entries[0]?.object) return { kind: 'stays' };
      const version = oldestFirst.findLastIndex(({ entry }) => entry.object);
      if (version === -1) return { kind: 'stays' };
      const deleted = oldestFirst[version + 1]?.time ?? 0;
      if (target.after !== undefined && deleted < target.after) return { kind: 'stays' };
      if (target.before !== undefined && deleted > target.before) return { kind: 'stays' };
      return state(oldestFirst[version]?.entry);
    }
  }
}

/** Each entry with the time that counts: no entry is older than the one stored before it. */
function datedOldestFirst(entries: readonly StoredEntry[]): { entry: StoredEntry; time: number }[] {
  let time = Number.NEGATIVE_INFINITY;
  return entries.toReversed().map((entry) => {
    if (entry.lastModified > time) time = entry.lastModified;
    return { entry, time };
  });
}
