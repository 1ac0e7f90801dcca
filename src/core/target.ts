import { type Entry, effectiveTimes, indexAt, markersOnTop } from './history.ts';

/** What a key should be again. */
export type Target =
  /** The newest version, if only markers lie above it. The window is on the time of the deletion, in ms, inclusive. */
  | { readonly kind: 'undelete'; readonly after?: number; readonly before?: number }
  | { readonly kind: 'version'; readonly versionId: string }
  /** The state at this time, in ms. */
  | { readonly kind: 'time'; readonly at: number }
  /** n versions back, counted over versions only: 0 = the newest version. */
  | { readonly kind: 'versions-back'; readonly count: number }
  /** What each row of a manifest names. */
  | { readonly kind: 'rows' }
  /** What each key was before the events that were not wanted. */
  | { readonly kind: 'before-events' }
  /** What a plan says that was made before. */
  | { readonly kind: 'as-planned' }
  /** What each key was before the run whose journal is given. */
  | { readonly kind: 'before-run' }
  /** Nothing goes back to anything. */
  | { readonly kind: 'none' };

/** Why a key in scope is left as it is although it is not at its target. A closed list: it is part of the report. */
export type SkipReason =
  | 'nothing-to-restore'
  | 'outside-window'
  | 'not-enough-versions'
  | 'ambiguous-order'
  | 'would-destroy-null-version'
  | 'archived'
  | 'restore-requested'
  | 'restore-in-progress'
  | 'nothing-to-copy'
  | 'not-a-current-delete-marker'
  | 'customer-encryption-key'
  | 'not-attempted'
  // Of the bot: what its policy, or the key's history, has against undoing an event.
  | 'no-rule'
  | 'wanted'
  | 'own-change'
  | 'no-burst'
  | 'held-off'
  | 'report-only'
  | 'deleted-again'
  | 'superseded'
  | 'unexplained'
  | 'not-an-overwrite'
  | 'restored-by-copy';

/** Where in a history the target lies: the index of an entry, or the length of the history for *absent*. */
export type TargetIndex = { readonly index: number } | { readonly skip: SkipReason } | { readonly missing: string };

/**
 * Find the target in a history.
 * `missing` is returned for a version id that the key does not have as a version; the caller refuses the run.
 */
export function findTarget(entries: readonly Entry[], target: Target): TargetIndex {
  switch (target.kind) {
    case 'rows':
    case 'before-events':
    case 'as-planned':
    case 'before-run':
    case 'none':
      throw new RangeError('each key has a target of its own');
    case 'undelete': {
      const index = markersOnTop(entries);
      if (index === 0) return { index };
      if (index === entries.length) return { skip: 'nothing-to-restore' };
      // The deletion is the oldest marker of the run on top: later ones deleted what was deleted already.
      const deletedAt = effectiveTimes(entries)[index - 1] ?? 0;
      const inWindow = deletedAt >= (target.after ?? -Infinity) && deletedAt <= (target.before ?? Infinity);
      return inWindow ? { index } : { skip: 'outside-window' };
    }
    case 'version': {
      const index = entries.findIndex((e) => e.versionId === target.versionId && !e.deleteMarker);
      return index === -1 ? { missing: target.versionId } : { index };
    }
    case 'time':
      return { index: indexAt(entries, target.at) };
    case 'versions-back': {
      const versions = entries.flatMap((e, i) => (e.deleteMarker ? [] : [i]));
      if (versions.length === 0) return { skip: 'nothing-to-restore' };
      const index = versions[target.count];
      return index === undefined ? { skip: 'not-enough-versions' } : { index };
    }
  }
}
