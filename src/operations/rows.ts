import { join } from 'node:path';
import { forEachConcurrently } from '../core/concurrent.ts';
import { CancelledError } from '../core/errors.ts';
import type { KeyHistory } from '../core/history.ts';
import { compareKeys } from '../core/keys.ts';
import type { Manifest, ManifestLocation } from '../core/manifest.ts';
import type { Narrator } from '../core/narrator.ts';
import { type Buckets, S3Failure } from '../core/ports.ts';
import type { Tally } from '../core/report.ts';
import { scopeTest } from '../core/scope.ts';
import type { PlanSpool } from '../files/plan-spool.ts';
import { openSorter, type Sorter } from '../files/sort.ts';
import { openLocal, openManifest, remoteError } from '../manifest/index.ts';
import type { Candidate, KeySource, Planner } from './planner.ts';
import { readPlaces } from './read-places.ts';
import { badRow, type ManifestRun, rowCheck, worthReading } from './row-checks.ts';
import { keysOf, type NamedKey, type SortedRow } from './row-keys.ts';

/** The keys of a manifest, read and checked to its end, on disk, in the order of the places that change. */
export interface Rows extends KeySource {
  /** The buckets that they are in. */
  readonly buckets: readonly string[];
  cleanUp(): Promise<void>;
}

/** Keys whose histories are read and decided on at a time, and how many such groups side by side. */
const GROUP = 250;
const GROUPS_AT_ONCE = 4;
/** A manifest with rows in more buckets than this was not meant. */
const MAX_BUCKETS = 100;

export interface RowsDeps {
  readonly buckets: Buckets;
  readonly narrator: Narrator;
  /** For what does not fit into memory. */
  readonly folder: string;
  readonly stop: AbortSignal;
}

/**
 * Read a manifest to its end, check every row, and bring the keys into order. Memory does not grow with its length.
 * Only the manifest itself is read; the buckets that it names are not looked at.
 * @throws RollbackError `invalid-manifest` with line and reason, and what the reading throws
 */
export async function readRows(run: ManifestRun, deps: RowsDeps, tally: Tally): Promise<Rows> {
  const manifest = await openManifest(run.manifest.location, run.manifest.format, opener(deps.buckets));
  const sorter = openSorter<SortedRow>({
    folder: join(deps.folder, 'manifest-rows'),
    stop: deps.stop,
    encode: ({ bucket, key, versionId, line, latest }) => JSON.stringify([bucket, key, versionId ?? '', line, latest]),
    decode: decodeRow,
    // Rows that change the same key have to be neighbours, whatever bucket they come from.
    compare: (a, b) =>
      (run.destination?.bucket === undefined ? compareKeys(a.bucket, b.bucket) : 0) ||
      compareKeys(a.key, b.key) ||
      compareKeys(a.bucket, b.bucket),
  });
  try {
    const { buckets, quietKeys } = await collect(manifest, run, sorter, deps, tally);
    return {
      buckets,
      cleanUp: sorter.cleanUp,
      async plan(plan, spool) {
        const stale = manifest.kind === 'inventory';
        const keysOnly = stale && run.target.kind !== 'rows';
        const groups = keysOf(sorter.sorted(), run, { size: GROUP, keysOnly });
        const found = await planGroups(groups, run, { stale }, plan, spool, deps);
        if (found.gone > 0) {
          tally.notes.add(
            `${found.gone} of the entries in the inventory are gone for good since it was made; what is left of their keys was taken.`,
          );
        }
        // A key of which another row than the current entry's was worth reading is no quiet one.
        // An inventory may lack some rows.
        const keys = Math.max(0, quietKeys - (keysOnly ? found.withoutLatest : 0));
        tally.totals.keysExamined += keys;
        tally.totals.unchanged += keys;
        // Of each, the row of its current entry was enough.
        tally.totals.entriesExamined += keys;
      },
    };
  } catch (error) {
    await sorter.cleanUp();
    throw error;
  }
}

function opener(buckets: Buckets): (location: ManifestLocation) => Promise<AsyncIterable<Uint8Array>> {
  return async (location) => {
    if ('file' in location) return openLocal(location);
    try {
      return (await buckets.open(location.bucket).readObject(location.key)).chunks;
    } catch (error) {
      throw error instanceof S3Failure ? remoteError(location, error) : error;
    }
  };
}

/** What `encode` wrote. */
function decodeRow(line: string): SortedRow {
  const [bucket, key, versionId, number, latest] = JSON.parse(line) as [string, string, string, number, boolean | null];
  return {
    bucket,
    key,
    line: number,
    ...(versionId !== '' && { versionId }),
    ...(latest !== null && { latest }),
  };
}

/** Rows in scope → sorter; those of an inventory that tell of nothing to do are only counted. */
async function collect(
  manifest: Manifest,
  run: ManifestRun,
  sorter: Sorter<SortedRow>,
  { narrator, stop }: RowsDeps,
  tally: Tally,
): Promise<{ buckets: string[]; quietKeys: number }> {
  const inScope = scopeTest(run.scope);
  const check = rowCheck(run);
  const names = new Set<string>(run.scope.bucket === undefined ? [] : [run.scope.bucket]);
  let quietKeys = 0;
  let read = 0;
  const take = async (rows: readonly SortedRow[], of: number) => {
    if (stop.aborted) throw new CancelledError();
    for (const row of rows) {
      check(row);
      names.add(row.bucket);
      if (names.size > MAX_BUCKETS) {
        throw badRow(run, row, `is in bucket no. ${names.size} that it names`, 'Restore a few buckets at a time.');
      }
    }
    await sorter.add(rows);
    read += of;
    narrator.progress(read, undefined, 'rows read');
  };
  if (manifest.kind === 'rows') {
    for await (const rows of manifest.rows) {
      const own = rows.filter((row) => inScope(row.key));
      await take(own, rows.length);
    }
  } else {
    const isOpen = worthReading(run, manifest, tally);
    for await (const rows of manifest.rows) {
      const own = rows.filter((row) => inScope(row.key));
      const open = own.filter(isOpen);
      quietKeys += own.filter((row) => row.latest && !isOpen(row)).length;
      // Of no bucket but its own, so one row is checked for all.
      for (const row of own.slice(0, 1)) check(row);
      await take(open, rows.length);
    }
  }
  return { buckets: [...names], quietKeys };
}

async function planGroups(
  groups: AsyncIterable<readonly NamedKey[]>,
  run: ManifestRun,
  { stale }: { stale: boolean },
  plan: Planner,
  spool: PlanSpool,
  { buckets, narrator }: RowsDeps,
): Promise<{ withoutLatest: number; gone: number }> {
  const { prefix } = run.scope;
  let number = 0;
  let done = 0;
  let withoutLatest = 0;
  let gone = 0;
  const leftOf = (versionIds: readonly string[], { entries }: KeyHistory) => {
    const there = new Set(entries.map((entry) => entry.versionId));
    const left = versionIds.filter((id) => there.has(id));
    gone += versionIds.length - left.length;
    return left;
  };
  await forEachConcurrently(groups, GROUPS_AT_ONCE, async (group) => {
    // Ascending with the keys, as the spool wants it.
    const part = spool.segment(String(number++).padStart(12, '0'));
    try {
      const histories = await readPlaces(group, buckets, prefix === '' ? {} : { prefix });
      const candidates = group.map(({ bucket, key, versionIds }, i): Candidate => {
        const history = histories[i] ?? { key, entries: [] };
        return {
          bucket,
          history,
          ...(versionIds !== undefined && { versionIds: stale ? leftOf(versionIds, history) : versionIds }),
          ...(stale && { mayBeGone: true }),
        };
      });
      await part.write(await plan(candidates));
      withoutLatest += group.filter(({ latest }) => !latest).length;
      done += group.length;
      narrator.progress(done, undefined, 'keys looked at');
    } finally {
      await part.end();
    }
  });
  return { withoutLatest, gone };
}
