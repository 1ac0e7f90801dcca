import { dirname, join } from 'node:path';
import { openScan } from '../core/incident-finder.ts';
import { newTally, type RunResult, type Tally } from '../core/report.ts';
import type { HistoryRequest } from '../core/request.ts';
import { forLog } from '../core/text.ts';
import { formatTime } from '../core/time.ts';
import { decodeLoss, encodeLoss, type Loss, type LossKind } from '../core/timeline.ts';
import { type Burst, openMeasure } from '../core/timeline-bursts.ts';
import {
  beforeDeletion,
  burstFound,
  chartFound,
  type HistoryFound,
  incidentFound,
  MAX_BARS,
  MAX_BURSTS,
  midnightsFound,
  timelineFound,
  timeOf,
} from '../core/timeline-found.ts';
import { judgeBursts } from '../core/timeline-incident.ts';
import { type Intake, openIntake } from '../core/timeline-intake.ts';
import { countOf } from '../core/words.ts';
import { openSorter, type Sorter } from '../files/sort.ts';
import { nothingInScope } from './not-there.ts';
import { finishRun, type RunDeps } from './run.ts';
import { readScope } from './segments.ts';

const KINDS: readonly LossKind[] = ['deleted', 'overwritten'];

/**
 * What happened to a key, or under a prefix: read histories → sort the losses by time → find the bursts → tell. Read only.
 * Never throws for what happens in the bucket: the result says why the run was broken off.
 */
export async function history(request: HistoryRequest, deps: RunDeps): Promise<RunResult> {
  const startedAt = deps.now();
  const tally = newTally();
  const losses = openSorter<Loss>({
    folder: join(dirname(request.reportFile), 'spool', 'losses'),
    stop: deps.stop,
    encode: encodeLoss,
    decode: decodeLoss,
    compare: (a, b) => a.at - b.at,
  });
  let thrown: unknown;
  try {
    const intake = await readHistories(request, deps, tally, losses);
    deps.narrator.phase('History: looking for bursts');
    const now = Math.floor(startedAt / 1000);
    tally.history = await lookForBursts(intake, losses, { keys: tally.totals.keysExamined, now });
    say(tally.history, deps);
    checkClock(tally, deps.now());
  } catch (error) {
    thrown = error;
  }
  await losses.cleanUp().catch(() => {});
  // Nothing was to change: each key is what it was.
  tally.totals.unchanged = tally.totals.keysExamined;
  const suggestedTime = tally.history?.suggestedTime;
  const result = await finishRun(request, deps, tally, { startedAt, thrown, plan: undefined });
  return { ...result, ...(suggestedTime !== undefined && { suggestedTime }) };
}

async function readHistories(
  request: HistoryRequest,
  deps: RunDeps,
  tally: Tally,
  losses: Sorter<Loss>,
): Promise<Intake> {
  const bucket = request.scope.bucket ?? '';
  deps.narrator.phase('Preflight');
  const { versioning } = await deps.buckets.open(bucket).preflight();
  deps.narrator.say(`Bucket ${forLog(bucket)}: versioning ${versioning.toLowerCase()}.`);

  deps.narrator.phase('History: reading');
  const intake = openIntake();
  // One after the other: the sorter may write, and the listing has many lanes.
  let adding = Promise.resolve();
  await readScope(request.scope, deps, async (_, batches) => {
    for await (const batch of batches) {
      tally.totals.keysExamined += batch.length;
      const found: Loss[] = [];
      for (const keyHistory of batch) {
        tally.totals.entriesExamined += keyHistory.entries.length;
        for (const loss of intake.take(keyHistory)) found.push(loss);
      }
      adding = adding.then(() => losses.add(found));
      await adding;
    }
  });
  const { keysExamined, entriesExamined } = tally.totals;
  if (keysExamined === 0) nothingInScope(request, tally);
  if (intake.doubtful > 0) {
    tally.notes.add(
      `Of ${countOf(intake.doubtful, 'key')} the server does not tell which of two entries is newer: what happened to them may be counted wrongly.`,
    );
  }
  deps.narrator.say(
    `${countOf(keysExamined, 'key')} in scope with ${countOf(entriesExamined, 'version and delete marker', 'versions and delete markers')}.`,
  );
  return intake;
}

/** The losses are gone through twice: to find the stretches that stand out, and then to measure these. */
async function lookForBursts(
  intake: Intake,
  losses: Sorter<Loss>,
  { keys, now }: { readonly keys: number; readonly now: number },
): Promise<HistoryFound> {
  const finders = KINDS.map((kind) => {
    const traffic = intake.traffic(kind, now);
    return { kind, traffic, scan: openScan(traffic), second: -1, events: 0 };
  });
  for await (const batch of losses.sorted()) {
    for (const { at, kind } of batch) {
      const finder = finders[kind === 'deleted' ? 0 : 1];
      if (finder === undefined) continue;
      if (at !== finder.second) {
        if (finder.events > 0) finder.scan.take(finder.second, finder.events);
        finder.second = at;
        finder.events = 0;
      }
      finder.events += 1;
    }
  }
  const measures = finders.map(({ kind, traffic, scan, second, events }) => {
    if (events > 0) scan.take(second, events);
    return { kind, measure: openMeasure(scan.done(), traffic) };
  });
  for await (const batch of losses.sorted()) {
    for (const loss of batch) measures[loss.kind === 'deleted' ? 0 : 1]?.measure.take(loss);
  }
  return found(
    intake,
    measures.flatMap(({ measure }) => measure.done()),
    keys,
  );
}

function found(intake: Intake, bursts: readonly Burst[], keys: number): HistoryFound {
  const still = new Map([...intake.midnights].map(([at, midnight]) => [at, midnight.still]));
  const judged = judgeBursts(bursts, { keys, midnights: still, nameOf: intake.folders.nameOf });
  const chart = chartFound(intake.cells.bars(MAX_BARS));
  const { only } = intake;
  const before = only === undefined ? judged.found && timeOf(judged.found.start - 1) : beforeDeletion(only);
  return {
    entries: { ...intake.counts },
    ...(chart !== undefined && { chart }),
    bursts: only === undefined ? judged.bursts.slice(0, MAX_BURSTS).map(burstFound) : [],
    ...(only === undefined && judged.found && { incident: incidentFound(judged.found, intake.folders) }),
    midnights: midnightsFound(intake.midnights),
    ...(only !== undefined && { timeline: timelineFound(only) }),
    ...(before !== undefined && { suggestedTime: before }),
  };
}

/** S3's clock stamps, and this machine's judges what `to-time` is in the future. `now` in ms. */
function checkClock({ history: found, notes }: Tally, now: number): void {
  const { suggestedTime } = found ?? {};
  if (suggestedTime === undefined || Date.parse(suggestedTime) <= now) return;
  notes.add(
    `The suggested time, ${suggestedTime}, lies in the future for this machine, whose clock says ${formatTime(now)}: it is behind that of S3. ` +
      'A rollback refuses a to-time in the future. Set the clock, or wait for that second to pass.',
  );
}

function say({ incident, suggestedTime, timeline }: HistoryFound, { narrator }: Pick<RunDeps, 'narrator'>): void {
  if (incident !== undefined) {
    const { deleted, overwritten, began, ended, still } = incident;
    narrator.say(
      `Incident from ${began} to ${ended}: ${countOf(deleted, 'key')} deleted, ${overwritten} overwritten, ${still} of them still so.`,
    );
  } else if (timeline === undefined) narrator.say('No burst of deletions or overwrites stands out.');
  if (suggestedTime !== undefined) narrator.say(`The last whole second before it: ${suggestedTime}`);
}
