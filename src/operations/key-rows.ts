import { createReadStream } from 'node:fs';
import type { Place } from '../core/decide.ts';
import { type KeyRow, parseFetchLine, type ReadRows, type StepCounts } from '../core/key-row.ts';
import { compareKeys } from '../core/keys.ts';
import { linesOf } from '../core/lines.ts';
import type { Outcome } from '../core/outcome.ts';
import { isWrite, type PlannedKey, type StepKind } from '../core/plan.ts';
import type { Report, RunResult } from '../core/report.ts';
import { readPlan } from '../files/plan-spool.ts';
import { openSorter } from '../files/sort.ts';

/** What became of every key, and what was planned for it, on disk where there are many. */
export interface KeyRowSpool {
  /** Told of every outcome, while the run goes on. */
  add(place: Place, outcome: Outcome): void;
  /** When the run is over. `problem`: of a plan that could not be read whole. @throws RollbackError `file-not-writable` */
  rows(result: RunResult): Promise<{ readonly read: ReadRows; readonly problem?: string }>;
  cleanUp(): Promise<void>;
}

/** Half of a row: what was planned, or what became of it. */
interface Half extends Place {
  readonly outcome?: Outcome;
  readonly planned?: Pick<KeyRow, 'from' | 'to' | 'steps' | 'source' | 'path'>;
}

const BATCH = 1000;

export function openKeyRows(folder: string): KeyRowSpool {
  const sorter = openSorter<Half>({
    folder,
    encode: (half) => JSON.stringify(half),
    decode: (line) => JSON.parse(line) as Half,
    compare,
  });
  let held: Half[] = [];
  let written = Promise.resolve();
  function flush(): void {
    const batch = held;
    held = [];
    written = written.then(() => sorter.add(batch));
    // Whoever reads is told.
    written.catch(() => {});
  }

  return {
    add({ bucket, key }, outcome) {
      held.push({ bucket, key, outcome });
      if (held.length >= BATCH) flush();
    },
    async rows(result) {
      let problem: string | undefined;
      if (result.plan !== undefined) {
        try {
          for await (const half of plannedHalves(result.report, result.plan.file)) {
            held.push(half);
            if (held.length < BATCH) continue;
            flush();
            await written;
          }
        } catch (error) {
          problem = `The plan could not be read whole: ${error instanceof Error ? error.message : String(error)}`;
        }
      }
      flush();
      await written;
      const events = eventsByKey(result.report);
      const read = () => joined(sorter.sorted(), result.report.dryRun, events);
      return { read, ...(problem !== undefined && { problem }) };
    },
    cleanUp: () => sorter.cleanUp(),
  };
}

function compare(a: Place, b: Place): number {
  return compareKeys(a.bucket, b.bucket) || compareKeys(a.key, b.key);
}

async function* plannedHalves({ operation }: Report, file: string): AsyncGenerator<Half> {
  if (operation !== 'download') {
    for await (const line of readPlan(file)) yield halfOf(line);
    return;
  }
  let isHeader = true;
  for await (const text of linesOf(createReadStream(file))) {
    if (!isHeader) {
      const { bucket, key, versionId, path } = parseFetchLine(text);
      yield { bucket, key, planned: { to: versionId, path } };
    }
    isHeader = false;
  }
}

function halfOf({ bucket, key, from, to, steps }: PlannedKey): Half {
  const counts: Partial<Record<StepKind, number>> = {};
  for (const step of steps) counts[step.do] = (counts[step.do] ?? 0) + 1;
  const source = steps.flatMap((step) => (isWrite(step) && 'source' in step && step.source ? [step.source] : []))[0];
  return {
    bucket,
    key,
    planned: { from, to: to.versionId, steps: counts satisfies StepCounts, ...(source && { source }) },
  };
}

type Event = Pick<KeyRow, 'principal' | 'sourceIp' | 'rule'>;

/** The report lists the first events only, so this is bounded. Of several of a key the first with a rule counts. */
function eventsByKey({ events = [] }: Report): ReadonlyMap<string, Event> {
  const found = new Map<string, Event>();
  for (const { bucket, key, principal, sourceIp, rule } of events) {
    const id = JSON.stringify([bucket, key]);
    if (found.get(id)?.rule !== undefined) continue;
    found.set(id, {
      ...(principal !== undefined && { principal }),
      ...(sourceIp !== undefined && { sourceIp }),
      ...(rule !== undefined && { rule }),
    });
  }
  return found;
}

/** Neighbours of the same key become one row. */
async function* joined(
  batches: AsyncIterable<readonly Half[]>,
  dryRun: boolean,
  events: ReadonlyMap<string, Event>,
): AsyncGenerator<readonly KeyRow[]> {
  const rowOf = (half: Half) => toRow(half, dryRun, events);
  let open: Half | undefined;
  for await (const batch of batches) {
    const rows: KeyRow[] = [];
    for (const half of batch) {
      if (open !== undefined && compare(open, half) === 0) open = { ...open, ...half };
      else {
        if (open !== undefined) rows.push(rowOf(open));
        open = half;
      }
    }
    yield rows;
  }
  if (open !== undefined) yield [rowOf(open)];
}

function toRow({ bucket, key, outcome, planned }: Half, dryRun: boolean, events: ReadonlyMap<string, Event>): KeyRow {
  const event = events.size === 0 ? undefined : events.get(JSON.stringify([bucket, key]));
  return { bucket, key, ...wordsOf(outcome, dryRun), ...planned, ...event };
}

function wordsOf(outcome: Outcome | undefined, dryRun: boolean): Pick<KeyRow, 'kind' | 'reason' | 'message' | 'hint'> {
  // Planned, and the run did not get to it: it is counted so.
  if (outcome === undefined) return dryRun ? { kind: 'planned' } : { kind: 'skipped', reason: 'not-attempted' };
  switch (outcome.kind) {
    case 'restored':
    case 'unchanged':
      return { kind: outcome.kind };
    case 'skipped':
      return { kind: outcome.kind, reason: outcome.reason };
    case 'conflict':
      return { kind: outcome.kind, message: outcome.found };
    case 'failed': {
      const { code, message, hint } = outcome.failure;
      return { kind: outcome.kind, reason: code, message, hint };
    }
  }
}
