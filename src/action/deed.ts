import type { Report } from '../core/report.ts';

/** What a run does to its keys, in one word: a copy that goes elsewhere restores nothing, and a download changes nothing. */
export interface Deed {
  readonly did: 'restored' | 'copied' | 'fetched';
  readonly toDo: 'change' | 'copy' | 'fetch';
}

export function deedOf({ operation, scope }: Pick<Report, 'operation' | 'scope'>): Deed {
  if (operation === 'download') return { did: 'fetched', toDo: 'fetch' };
  return scope.destination === undefined ? { did: 'restored', toDo: 'change' } : { did: 'copied', toDo: 'copy' };
}

/** Keys that are left because their versions are in an archive, and nobody has requested them. */
export function leftInArchive({ skipped }: Pick<Report, 'skipped'>): number {
  return skipped.archived ?? 0;
}

/** Keys whose versions were requested from an archive, in this run or before. A later run finishes them. */
export function waitingFor({ skipped }: Pick<Report, 'skipped'>): number {
  return (skipped['restore-requested'] ?? 0) + (skipped['restore-in-progress'] ?? 0);
}
