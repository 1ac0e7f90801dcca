import { dirname, join } from 'node:path';
import { forEachConcurrently } from '../core/concurrent.ts';
import { CancelledError } from '../core/errors.ts';
import { countOutcome, countPlanned, MAX_LISTED, newTally, type RunResult, type Tally } from '../core/report.ts';
import type { DownloadRequest } from '../core/request.ts';
import { forLog } from '../core/text.ts';
import { bytesOf, countOf } from '../core/words.ts';
import type { Sorter } from '../files/sort.ts';
import { openTree } from '../files/tree.ts';
import type { WriteBytes } from '../files/tree-file.ts';
import { probeDirectory } from '../files/tree-probe.ts';
import { archivedNotes } from './archived.ts';
import { fetcher } from './download-fetch.ts';
import { listVersions } from './download-list.ts';
import { type NamedVersion, type Naming, named, openNames, settleNames } from './download-names.ts';
import { type DownloadPlan, openDownloadPlan } from './download-plan.ts';
import { nothingInScope } from './not-there.ts';
import { finishRun, type RunDeps } from './run.ts';

/**
 * Fetch a version of a key, or of every key in scope, into a folder: read histories → name the files → plan → fetch → tell.
 * Changes nothing in the bucket, and no file that is there. Never throws for what happens in the bucket or on the disk.
 * `write`: how bytes get into a file, for tests.
 */
export async function download(request: DownloadRequest, deps: RunDeps, write?: WriteBytes): Promise<RunResult> {
  const startedAt = deps.now();
  const tally = newTally(deps.onOutcome);
  const cleanUps: (() => Promise<void>)[] = [];
  let plan: RunResult['plan'];
  let thrown: unknown;
  try {
    const sameness = await probeDirectory(request.directory);
    const naming: Naming = { platform: process.platform === 'win32' ? 'win32' : 'posix', sameness };
    const planned = await openDownloadPlan(request, startedAt);
    cleanUps.push(() => planned.close());
    const names = await readNames(request, naming, deps, tally, (sorter) => cleanUps.push(() => sorter.cleanUp()));
    plan = await writePlan(request, names, planned, deps, tally);
    if (!request.dryRun && tally.totals.planned > 0) await fetchAll(request, names, deps, tally, write);
  } catch (error) {
    thrown = error;
  } finally {
    for (const cleanUp of cleanUps) await cleanUp().catch(() => {});
  }
  for (const note of archivedNotes(request, tally)) tally.notes.add(note);
  return finishRun(request, deps, tally, { startedAt, thrown, plan });
}

/** The versions to fetch, each with a path of its own, sorted by it. */
async function readNames(
  request: DownloadRequest,
  naming: Naming,
  deps: RunDeps,
  tally: Tally,
  onOpen: (sorter: Sorter<NamedVersion>) => void,
): Promise<Sorter<NamedVersion>> {
  const { scope, reportFile } = request;
  const bucket = scope.bucket ?? '';
  deps.narrator.phase('Preflight');
  const { versioning } = await deps.buckets.open(bucket).preflight();
  deps.narrator.say(`Bucket ${forLog(bucket)}: versioning ${versioning.toLowerCase()}.`);

  deps.narrator.phase('Plan: reading the histories');
  const open = (round: number) => {
    if (deps.stop.aborted) throw new CancelledError();
    const sorter = openNames(join(dirname(reportFile), 'spool', `download-${round}`), naming);
    onOpen(sorter);
    return sorter;
  };
  const first = open(0);
  // One after the other: while the sorter writes what it holds, the listing's many lanes would fill it again and again.
  let adding = Promise.resolve();
  await listVersions(request, deps, tally, (versions) => {
    adding = adding.then(() => first.add(versions.map((version) => named(version, naming))));
    return adding;
  });
  if (tally.totals.keysExamined === 0) nothingInScope(request, tally);
  return settleNames(first, naming, open, ({ key }) => {
    countOutcome(tally, bucket, key, { kind: 'failed', failure: NAMELESS }, scope.prefix);
  });
}

const NAMELESS = {
  code: 'no-free-name',
  message: 'the name of its file, and the safe names that it could have, are folders that other keys need',
  hint: 'Fetch this key alone, with "key", into another folder.',
};

/** Write down what will be fetched, and count it. */
async function writePlan(
  { scope, directory }: DownloadRequest,
  names: Sorter<NamedVersion>,
  plan: DownloadPlan,
  { narrator, stop }: RunDeps,
  tally: Tally,
): Promise<RunResult['plan']> {
  const bucket = scope.bucket ?? '';
  let bytes = 0;
  let renamed = 0;
  for await (const versions of names.sorted()) {
    if (stop.aborted) throw new CancelledError();
    await plan.write(bucket, versions);
    for (const { key, path, size } of versions) {
      countPlanned(tally, { key }, scope.prefix);
      bytes += size;
      if (path === key) continue;
      renamed += 1;
      if (tally.renamed.length < MAX_LISTED) tally.renamed.push({ bucket, key, path });
    }
  }
  if (renamed > 0) {
    tally.notes.add(
      `${renamed} ${renamed === 1 ? 'key has a file' : 'keys have files'} of another name, because the key is no path that is ` +
        'safe on this system, or another file has it. In the report "renamed" lists ' +
        `${renamed > MAX_LISTED ? `the first ${MAX_LISTED}` : 'them'}, the plan file all paths.`,
    );
  }
  const { keysExamined, entriesExamined, planned, skipped } = tally.totals;
  narrator.say(
    `${countOf(keysExamined, 'key')} in scope with ${countOf(entriesExamined, 'version and delete marker', 'versions and delete markers')}: ` +
      `${planned} to fetch into ${forLog(directory)} (${bytesOf(bytes)}), ${skipped} skipped.`,
  );
  return plan.finish();
}

async function fetchAll(
  { directory, scope }: DownloadRequest,
  names: Sorter<NamedVersion>,
  { buckets, narrator, stop, concurrency }: RunDeps,
  tally: Tally,
  write: WriteBytes | undefined,
): Promise<void> {
  const bucket = scope.bucket ?? '';
  narrator.phase(`Fetch: ${countOf(tally.totals.planned, 'file')}`);
  const tree = await openTree(directory, write);
  let done = 0;
  let unproven = 0;
  const onUnproven = () => {
    unproven += 1;
  };
  const fetch = fetcher({ port: buckets.open(bucket), tree, stop, onUnproven }, tally);
  try {
    await forEachConcurrently(one(names), concurrency, async (version) => {
      if (stop.aborted) throw new CancelledError();
      const { outcome, fatal } = await fetch(version);
      countOutcome(tally, bucket, version.key, outcome, scope.prefix);
      narrator.progress(++done, tally.totals.planned, 'files');
      if (fatal !== undefined) throw fatal;
    });
  } finally {
    if (unproven > 0) {
      tally.notes.add(
        `${unproven} of the fetched files could be checked by size only: S3 has no checksum of the whole object for them ` +
          'that can be computed here.',
      );
    }
  }
  // Told to stop when the last file was there: the job is cancelled all the same.
  if (stop.aborted) throw new CancelledError();
}

async function* one(names: Sorter<NamedVersion>): AsyncGenerator<NamedVersion> {
  for await (const batch of names.sorted()) yield* batch;
}
