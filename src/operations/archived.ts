import { type ArchivedVersion, waitingTime } from '../core/archive.ts';
import { forEachConcurrently } from '../core/concurrent.ts';
import type { Place } from '../core/decide.ts';
import { RollbackError } from '../core/errors.ts';
import { type Outcome, stopsTheRun } from '../core/outcome.ts';
import type { Buckets, RestoreAnswer } from '../core/ports.ts';
import { countOutcome, type Tally } from '../core/report.ts';
import { type ArchiveRequest, type ChangeRequest, changedPrefix, type DownloadRequest } from '../core/request.ts';
import { bytesOf } from '../core/words.ts';
import { openSorter, type Sorter } from '../files/sort.ts';

/** A key whose plan waits for versions that are in an archive. */
export interface ArchivedKey extends Place {
  readonly versions: readonly ArchivedVersion[];
}

/** Keeps the keys in the order in which they come, on disk where there are many. */
export function openArchivedSpool(folder: string): Sorter<ArchivedKey> {
  return openSorter<ArchivedKey>({
    folder,
    encode: (key) => JSON.stringify(key),
    decode: (line) => JSON.parse(line) as ArchivedKey,
    compare: () => 0,
  });
}

/** Take note of a key that waits for an archive. It is counted now, unless its versions are going to be requested. */
export async function collectArchived(
  key: ArchivedKey,
  request: ChangeRequest,
  deps: { readonly archived: Sorter<ArchivedKey> },
  tally: Tally,
): Promise<void> {
  countArchived(tally, key.versions);
  if (request.archived !== undefined && !request.dryRun) await deps.archived.add([key]);
  else {
    const underWay = key.versions.every((version) => version.inProgress);
    const reason = underWay ? 'restore-in-progress' : 'archived';
    countOutcome(tally, key.bucket, key.key, { kind: 'skipped', reason }, changedPrefix(request));
  }
}

export function countArchived(tally: Tally, versions: readonly ArchivedVersion[]): void {
  for (const { archive, size, inProgress } of versions) {
    const row = tally.archived.get(archive) ?? { versions: 0, bytes: 0, inProgress: 0 };
    row.versions += 1;
    row.bytes += size;
    if (inProgress) row.inProgress += 1;
    tally.archived.set(archive, row);
  }
}

/**
 * Request what was collected from the archives. A run that comes later, when the copies are there, finishes these keys.
 * @throws CancelledError
 */
export async function requestArchived(
  how: ArchiveRequest,
  request: ChangeRequest,
  deps: { buckets: Buckets; concurrency: number; archived: Sorter<ArchivedKey> },
  tally: Tally,
): Promise<void> {
  for await (const batch of deps.archived.sorted()) {
    await forEachConcurrently(batch, deps.concurrency, async ({ bucket, key, versions }) => {
      const answers: RestoreAnswer[] = [];
      for (const v of versions) {
        answers.push(
          v.inProgress
            ? { ok: true, state: 'in-progress' }
            : await deps.buckets.open(v.bucket).requestRestore(v.key, v.versionId, v.storageClass, how),
        );
      }
      const outcome = outcomeOf(answers);
      countOutcome(tally, bucket, key, outcome, changedPrefix(request));
      if (outcome.kind === 'failed' && stopsTheRun(outcome.failure.code)) {
        const { code, message, hint } = outcome.failure;
        throw new RollbackError(code, message, hint);
      }
    });
  }
}

function outcomeOf(answers: readonly RestoreAnswer[]): Outcome {
  for (const answer of answers) if (!answer.ok) return { kind: 'failed', failure: answer.failure };
  const requested = answers.some((answer) => answer.ok && answer.state === 'requested');
  return { kind: 'skipped', reason: requested ? 'restore-requested' : 'restore-in-progress' };
}

/** What is in which archive, and how long it takes from there; a sentence for each. */
export function archivedNotes(request: ChangeRequest | DownloadRequest, tally: Tally): string[] {
  const requested = 'archived' in request ? request.archived : undefined;
  return [...tally.archived].map(([archive, { versions, bytes, inProgress }]) => {
    const { tier } = requested ?? { tier: 'Standard' };
    const time = waitingTime(archive, tier);
    const wait = time === '' ? '' : ` A restore from there takes ${time} (${tier}).`;
    const under = inProgress === 0 ? '' : `; of ${inProgress === 1 ? 'one' : inProgress} the restore is under way`;
    const isDownload = request.operation === 'download';
    const mend =
      inProgress === versions
        ? ' Run the same step again when they are there.'
        : isDownload
          ? ' A download requests nothing: restore them first, for example with "aws s3api restore-object", and run this again when they are there.'
          : request.operation === 'recover'
            ? ' The bot leaves them: operation: rollback with archived: restore requests them.'
            : requested === undefined
              ? ' With archived: restore they are requested, and a later run copies them.'
              : request.dryRun
                ? ' They would be requested, and a later run copies them.'
                : ' They were requested: run the same step again when they are there.';
    return `${versions} of the versions to ${isDownload ? 'fetch' : 'copy'} ${versions === 1 ? 'is' : 'are'} in ${archive} (${bytesOf(bytes)}${under}).${wait}${mend}`;
  });
}
