import { archivedIn } from '../core/archive.ts';
import type { Entry, KeyHistory } from '../core/history.ts';
import { countOutcome, type Tally } from '../core/report.ts';
import type { DownloadRequest } from '../core/request.ts';
import { findTarget, type SkipReason, type Target } from '../core/target.ts';
import { countArchived } from './archived.ts';
import type { Version } from './download-names.ts';
import { versionNotFound, versionRefused } from './not-there.ts';
import type { RunDeps } from './run.ts';
import { readScope } from './segments.ts';

/**
 * Read every history in scope, and hand on the version of each key that is meant. Keys that have none to fetch are counted.
 * @throws RollbackError `version-not-found`, and what the reading throws
 */
export async function listVersions(
  { scope, target }: DownloadRequest,
  deps: RunDeps,
  tally: Tally,
  take: (versions: readonly Version[]) => Promise<void>,
): Promise<void> {
  const bucket = scope.bucket ?? '';
  await readScope(scope, deps, async (_, batches) => {
    for await (const batch of batches) await take(batch.flatMap((history) => chosenOf(history) ?? []));
  });

  function chosenOf(history: KeyHistory): Version | undefined {
    const { key, entries, otherOrder = entries } = history;
    tally.totals.keysExamined += 1;
    tally.totals.entriesExamined += entries.length;
    const choice = choose(entries, target);
    if (essence(choice) !== essence(choose(otherOrder, target))) return skip(key, 'ambiguous-order');
    if ('missing' in choice) {
      const isMarker = entries.some((e) => e.versionId === choice.missing);
      throw versionRefused(versionNotFound(key, { versionId: choice.missing, isMarker }));
    }
    if ('skip' in choice) return skip(key, choice.skip);
    const { version } = choice;
    const archived = archivedIn({ bucket, key }, version);
    if (archived !== undefined) {
      countArchived(tally, [archived]);
      return skip(key, 'archived');
    }
    const { versionId, size = 0, etag, lastModified } = version;
    return { key, versionId, size, lastModified, ...(etag !== undefined && { etag }) };
  }

  function skip(key: string, reason: SkipReason): undefined {
    countOutcome(tally, bucket, key, { kind: 'skipped', reason }, scope.prefix);
  }
}

type Choice = { readonly version: Entry } | { readonly skip: SkipReason } | { readonly missing: string };

function choose(entries: readonly Entry[], target: Target): Choice {
  const found = findTarget(entries, target);
  if (!('index' in found)) return found;
  const version = entries[found.index];
  return version === undefined || version.deleteMarker ? { skip: 'nothing-to-copy' } : { version };
}

/** What a choice comes to. */
function essence(choice: Choice): string {
  return JSON.stringify('version' in choice ? choice.version.versionId : choice);
}
