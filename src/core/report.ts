import type { Place } from './decide.ts';
import type { EventRow, Incident, MessageCounts } from './incident.ts';
import type { KeyFailure, Outcome, Status } from './outcome.ts';
import { statusOf } from './outcome.ts';
import { type PlannedKey, STEP_KINDS, type StepKind } from './plan.ts';
import type { RequestCounts } from './ports.ts';
import { isChange, type Operation, type Request } from './request.ts';
import { scopeRecord } from './scope.ts';
import type { SkipReason, Target } from './target.ts';
import { formatTime } from './time.ts';
import type { HistoryFound } from './timeline-found.ts';

/**
 * The account of a run. A `Tally` takes in outcomes one by one in bounded memory; `finishReport` turns it into the
 * report file's content. restored + unchanged + skipped + conflicts + failed = keys in scope, in every finished run.
 */

export interface Totals {
  keysExamined: number;
  entriesExamined: number;
  planned: number;
  restored: number;
  unchanged: number;
  skipped: number;
  conflicts: number;
  failed: number;
}

export interface Report {
  readonly schemaVersion: 1;
  readonly operation: Operation;
  readonly dryRun: boolean;
  readonly status: Status;
  readonly scope: Record<string, unknown>;
  readonly target: Record<string, unknown>;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly totals: Readonly<Totals>;
  /** Steps carried out and confirmed; in a dry run, steps planned. */
  readonly steps: Readonly<Record<StepKind, number>>;
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
  readonly requests: Readonly<RequestCounts>;
  /** At most MAX_LISTED; the totals count them all. */
  readonly failures: readonly KeyFailure[];
  /** Keys that changed under us and were left alone, with what was found; at most MAX_LISTED. */
  readonly conflicts: readonly { readonly bucket: string; readonly key: string; readonly found: string }[];
  /** Of a download: keys whose file has another name than the key; at most MAX_LISTED, absent where there is none. */
  readonly renamed?: readonly RenamedKey[];
  /** Things worth knowing about the whole run, each once. */
  readonly notes: readonly string[];
  /** Of the bot: what came out of the queue. */
  readonly messages?: Readonly<MessageCounts>;
  /** Of the bot: the first events, in the order of the keys, with what was decided and done; at most MAX_EVENTS. */
  readonly events?: readonly EventRow[];
  /** Of a history: what happened, and the incident. */
  readonly history?: HistoryFound;
  /** Why the run was refused or stopped; absent when it went to its end. */
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
}

export interface RenamedKey {
  readonly bucket: string;
  readonly key: string;
  /** Below the folder that was filled, with `/` between its segments. */
  readonly path: string;
}

/** What the summary shows beyond the report: by prefix, and the first keys. Bounded. */
export interface Highlights {
  /** Planned keys by the folder below the scope's prefix; most keys first. `others`: those beyond MAX_PREFIXES. */
  readonly prefixes: readonly PrefixCounts[];
  /** Planned keys in S3's order, the first of each kind of step, so that none hides another. At most MAX_SAMPLES. */
  readonly samples: readonly PlannedKey[];
  /** Planned keys that go back to being deleted, or not there at all. */
  readonly toAbsent: number;
  /** Of the bot. */
  readonly incident?: Incident;
}

export interface PrefixCounts {
  readonly prefix: string;
  planned: number;
  restored: number;
  conflicts: number;
  failed: number;
}

export const MAX_LISTED = 1000;
export const MAX_SAMPLES = 20;
export const MAX_PREFIXES = 500;
/** The row that takes in the prefixes beyond MAX_PREFIXES; no S3 key has this as its folder, for it is no key at all. */
export const OTHER_PREFIXES = '\u0000others';

export interface Tally {
  readonly totals: Totals;
  readonly steps: Record<StepKind, number>;
  readonly skipped: Partial<Record<SkipReason, number>>;
  readonly failures: KeyFailure[];
  readonly conflicts: { bucket: string; key: string; found: string }[];
  readonly renamed: RenamedKey[];
  readonly notes: Set<string>;
  /** By archive: versions that have to be restored from there before they can be copied. */
  readonly archived: Map<string, { versions: number; bytes: number; inProgress: number }>;
  readonly prefixes: Map<string, PrefixCounts>;
  readonly samples: PlannedKey[];
  toAbsent: number;
  /** Of the bot. */
  readonly messages?: MessageCounts;
  readonly incident?: Incident;
  /** Of a history, once it was found. */
  history?: HistoryFound;
  /** Told of every outcome. */
  readonly onOutcome?: (place: Place, outcome: Outcome) => void;
}

export function newTally(onOutcome?: Tally['onOutcome']): Tally {
  return {
    ...(onOutcome !== undefined && { onOutcome }),
    totals: {
      keysExamined: 0,
      entriesExamined: 0,
      planned: 0,
      restored: 0,
      unchanged: 0,
      skipped: 0,
      conflicts: 0,
      failed: 0,
    },
    steps: { 'remove-delete-marker': 0, 'copy-version': 0, 'delete-version': 0, 'add-delete-marker': 0 },
    skipped: {},
    failures: [],
    conflicts: [],
    renamed: [],
    notes: new Set(),
    archived: new Map(),
    prefixes: new Map(),
    samples: [],
    toAbsent: 0,
  };
}

/** Count a planned key. `scopePrefix` is what the folder is taken below. */
export function countPlanned(
  tally: Tally,
  line: Pick<PlannedKey, 'key'> & Partial<Pick<PlannedKey, 'to'>>,
  scopePrefix: string,
): void {
  tally.totals.planned += 1;
  if (line.to?.versionId === null) tally.toAbsent += 1;
  prefixRow(tally, line.key, scopePrefix).planned += 1;
}

/** Count what became of a key in scope. */
export function countOutcome(tally: Tally, bucket: string, key: string, outcome: Outcome, scopePrefix: string): void {
  const { totals } = tally;
  tally.onOutcome?.({ bucket, key }, outcome);
  switch (outcome.kind) {
    case 'restored':
      totals.restored += 1;
      prefixRow(tally, key, scopePrefix).restored += 1;
      break;
    case 'unchanged':
      totals.unchanged += 1;
      break;
    case 'skipped':
      totals.skipped += 1;
      tally.skipped[outcome.reason] = (tally.skipped[outcome.reason] ?? 0) + 1;
      break;
    case 'conflict':
      totals.conflicts += 1;
      prefixRow(tally, key, scopePrefix).conflicts += 1;
      if (tally.conflicts.length < MAX_LISTED) tally.conflicts.push({ bucket, key, found: outcome.found });
      break;
    case 'failed':
      totals.failed += 1;
      prefixRow(tally, key, scopePrefix).failed += 1;
      if (tally.failures.length < MAX_LISTED) tally.failures.push({ bucket, key, ...outcome.failure });
      break;
  }
}

function prefixRow(tally: Tally, key: string, scopePrefix: string): PrefixCounts {
  const folder = folderOf(key, scopePrefix);
  const name = tally.prefixes.has(folder) || tally.prefixes.size < MAX_PREFIXES ? folder : OTHER_PREFIXES;
  let row = tally.prefixes.get(name);
  if (row === undefined) {
    row = { prefix: name, planned: 0, restored: 0, conflicts: 0, failed: 0 };
    tally.prefixes.set(name, row);
  }
  return row;
}

/** A planned key turned out to be none. */
export function uncountPlanned(tally: Tally, line: Pick<PlannedKey, 'key' | 'to'>, scopePrefix: string): void {
  tally.totals.planned -= 1;
  if (line.to.versionId === null) tally.toAbsent -= 1;
  prefixRow(tally, line.key, scopePrefix).planned -= 1;
}

/** The folder one level below the scope's: for scope `site/`, `site/img/a.png` lies in `site/img/`. */
export function folderOf(key: string, scopePrefix: string): string {
  const base = scopePrefix.lastIndexOf('/') + 1;
  const slash = key.indexOf('/', base);
  return slash === -1 ? key.slice(0, base) : key.slice(0, slash + 1);
}

/** The target as the report shows it. */
export function targetRecord(target: Target): Record<string, unknown> {
  switch (target.kind) {
    case 'undelete':
      return {
        kind: target.kind,
        ...(target.after !== undefined && { deletedAfter: formatTime(target.after) }),
        ...(target.before !== undefined && { deletedBefore: formatTime(target.before) }),
      };
    case 'version':
      return { kind: target.kind, versionId: target.versionId };
    case 'time':
      return { kind: target.kind, toTime: formatTime(target.at) };
    case 'versions-back':
      return { kind: target.kind, versionsBack: target.count };
    case 'rows':
    case 'before-events':
    case 'as-planned':
    case 'before-run':
    case 'none':
      return { kind: target.kind };
  }
}

/** Scope and target as they stand in reports. */
export interface Asked {
  readonly scope: Record<string, unknown>;
  readonly target: Record<string, unknown>;
}

export function finishReport(
  request: Request,
  tally: Tally,
  run: {
    readonly startedAt: number;
    readonly finishedAt: number;
    readonly requests: RequestCounts;
    readonly asked?: Asked;
    readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
  },
): Report {
  return {
    schemaVersion: 1,
    operation: request.operation,
    dryRun: request.dryRun,
    status: statusOf(tally.totals, { dryRun: request.dryRun, stopped: run.error !== undefined }),
    scope: run.asked?.scope ?? scopeRecord(request.scope, isChange(request) ? request : {}),
    target: run.asked?.target ?? {
      ...targetRecord(request.target),
      ...('method' in request && { method: request.method }),
    },
    startedAt: formatTime(run.startedAt),
    finishedAt: formatTime(run.finishedAt),
    totals: { ...tally.totals },
    steps: { ...tally.steps },
    skipped: { ...tally.skipped },
    requests: { ...run.requests },
    failures: [...tally.failures],
    conflicts: [...tally.conflicts],
    ...(tally.renamed.length > 0 && { renamed: [...tally.renamed] }),
    notes: [...tally.notes],
    ...(tally.messages !== undefined && { messages: { ...tally.messages } }),
    ...(tally.incident !== undefined && { events: [...tally.incident.listed] }),
    ...(tally.history !== undefined && { history: tally.history }),
    ...(run.error !== undefined && { error: run.error }),
  };
}

/** The bounded extract for the summary. */
export function highlightsOf(tally: Tally): Highlights {
  const prefixes = [...tally.prefixes.values()].sort((a, b) => b.planned - a.planned);
  return {
    prefixes,
    samples: pickSamples(tally.samples),
    toAbsent: tally.toAbsent,
    ...(tally.incident !== undefined && { incident: tally.incident }),
  };
}

/** Keep a planned key for the samples, if its kind of step does not have enough yet. `line` reads it, where wanted. */
export function offerSample(tally: Tally, kind: StepKind, line: () => PlannedKey): void {
  const sameKind = tally.samples.reduce((n, sample) => n + Number(sample.steps[0]?.do === kind), 0);
  if (sameKind < MAX_SAMPLES) tally.samples.push(line());
}

/** An even share for each kind; what one kind does not need goes to the others. */
function pickSamples(samples: readonly PlannedKey[]): PlannedKey[] {
  const queues = STEP_KINDS.map((kind) => samples.filter((sample) => sample.steps[0]?.do === kind));
  const picked = new Set<PlannedKey>();
  for (let turn = 0; turn < MAX_SAMPLES; turn++) {
    for (const queue of queues) {
      const sample = queue[turn];
      if (sample !== undefined && picked.size < MAX_SAMPLES) picked.add(sample);
    }
  }
  return samples.filter((sample) => picked.has(sample));
}

/** What a run hands to whoever started it. */
export interface RunResult {
  readonly report: Report;
  readonly highlights: Highlights;
  /** Set once a plan was written. */
  readonly plan?: { readonly file: string; readonly digest: string };
  /** Of a guard: the moment it noted. RFC 3339. */
  readonly checkpoint?: string;
  /** Of a history: the last whole second before the incident. RFC 3339. */
  readonly suggestedTime?: string;
  /** Absolute paths of the other files; absent where a run did not get so far. */
  readonly journalFile?: string;
  readonly reportFile?: string;
}
