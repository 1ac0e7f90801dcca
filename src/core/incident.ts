import type { BucketEvent, Who } from './event.ts';
import type { Verdict } from './judge.ts';
import type { Outcome } from './outcome.ts';
import type { SkipReason } from './target.ts';
import { formatTime } from './time.ts';

/** The account of what the events told: who did what, which rule decided, what was done. Bounded, whatever comes. */
export interface Incident {
  /** Events that a rule, or its absence, was applied to; others are noise. */
  events: number;
  /** The first of them, in the order of the keys; at most MAX_EVENTS. */
  readonly listed: EventRow[];
  /** By who, what and decision; beyond some hundred rows only by bucket and decision. */
  readonly deeds: Map<string, DeedRow>;
  /** Messages that were not understood; at most MAX_INVALID. */
  readonly invalid: InvalidMessage[];
  /** The policy file, as it was given; absent where there is none. */
  policy?: string;
}

export interface InvalidMessage {
  readonly id: string;
  /** In words, safe for the log. */
  readonly problem: string;
}

/** One event, as it stands in the report. */
export interface EventRow {
  readonly bucket: string;
  readonly key: string;
  readonly event: string;
  readonly versionId?: string;
  /** RFC 3339. */
  readonly time: string;
  readonly principal?: string;
  readonly sourceIp?: string;
  readonly requestId?: string;
  /** Absent where none matched. */
  readonly rule?: string;
  readonly decision: Decided;
  /** What became of the key: an outcome, or the reason why it was skipped. `planned`: of a dry run. */
  readonly outcome: string;
}

/** `restore`, or why not. */
export type Decided = 'restore' | 'report' | 'hold-off' | 'wanted' | 'own' | 'no-rule' | 'no-burst';

/** What somebody did, and what was done about it, in one line. */
export interface DeedRow {
  readonly bucket: string;
  readonly event: string;
  readonly who: Omit<Who, 'requestId'>;
  readonly rule?: string;
  readonly decision: Decided;
  events: number;
  /** ms. */
  first: number;
  last: number;
  /** The first few. */
  readonly requestIds: string[];
  /** There are others. */
  moreRequests: boolean;
  /** Events by what became of their keys. */
  readonly outcomes: Map<string, number>;
}

export interface MessageCounts {
  received: number;
  acknowledged: number;
  /** Of the acknowledged, or of those that a dry run would: nothing in them was to be undone. */
  ignored: number;
  /** Left for a later run: held off, failed, or not reached. */
  deferred: number;
  /** Not understood, and never deleted. */
  invalid: number;
}

export const MAX_EVENTS = 1000;
export const MAX_INVALID = 20;
/** A burst by one script has one request id for each thousand keys, or one for each key. */
const MAX_REQUEST_IDS = 3;
const MAX_DEEDS = 200;

export function newIncident(): Incident {
  return { events: 0, listed: [], deeds: new Map(), invalid: [] };
}

/** `outcome` as in EventRow. */
export function countEvent(incident: Incident, event: BucketEvent, verdict: Verdict, outcome: string): void {
  if (verdict.kind === 'irrelevant') return;
  const { bucket, key, name, versionId, at, who } = event;
  const decision = decidedOf(verdict);
  const rule = verdict.rule?.name;
  incident.events += 1;
  if (incident.listed.length < MAX_EVENTS) {
    incident.listed.push({
      bucket,
      key,
      event: name,
      ...(versionId !== undefined && { versionId }),
      time: formatTime(at),
      ...who,
      ...(rule !== undefined && { rule }),
      decision,
      outcome,
    });
  }
  countDeed(deedFor(incident, event, decision, rule), event, outcome);
}

function deedFor({ deeds }: Incident, event: BucketEvent, decision: Decided, rule: string | undefined): DeedRow {
  const { bucket, name, at, who } = event;
  const { principal, sourceIp } = who;
  const own = JSON.stringify([bucket, name, principal, sourceIp, rule, decision]);
  // What people have to know of comes before what was wanted; who it was is then told by the list of events only.
  const isNews = decision === 'restore' || decision === 'report';
  const isFull = !deeds.has(own) && deeds.size >= (isNews ? 2 * MAX_DEEDS : MAX_DEEDS);
  const id = isFull ? JSON.stringify([deeds.size < 4 * MAX_DEEDS ? bucket : '', decision]) : own;
  const known = deeds.get(id);
  if (known !== undefined) return known;
  const row: DeedRow = {
    bucket: isFull && deeds.size >= 4 * MAX_DEEDS ? '' : bucket,
    event: isFull ? '' : name,
    who: isFull ? {} : { ...(principal !== undefined && { principal }), ...(sourceIp !== undefined && { sourceIp }) },
    ...(rule !== undefined && !isFull && { rule }),
    decision,
    events: 0,
    first: at,
    last: at,
    requestIds: [],
    moreRequests: false,
    outcomes: new Map(),
  };
  deeds.set(id, row);
  return row;
}

function countDeed(deed: DeedRow, { at, who: { requestId } }: BucketEvent, outcome: string): void {
  deed.events += 1;
  deed.first = Math.min(deed.first, at);
  deed.last = Math.max(deed.last, at);
  deed.outcomes.set(outcome, (deed.outcomes.get(outcome) ?? 0) + 1);
  if (requestId !== undefined && !deed.requestIds.includes(requestId)) {
    if (deed.requestIds.length < MAX_REQUEST_IDS) deed.requestIds.push(requestId);
    else deed.moreRequests = true;
  }
}

function decidedOf(verdict: Exclude<Verdict, { kind: 'irrelevant' }>): Decided {
  if (verdict.kind === 'act') return 'restore';
  if (verdict.kind === 'wait') return 'hold-off';
  switch (verdict.reason) {
    case 'report-only':
      return 'report';
    case 'own-change':
      return 'own';
    case 'wanted':
    case 'no-burst':
      return verdict.reason;
    default:
      return 'no-rule';
  }
}

/** What was unwanted, and is not undone, and will not be: somebody has to look. */
export const TO_LOOK_AT: readonly SkipReason[] = [
  'report-only',
  'deleted-again',
  'unexplained',
  'nothing-to-restore',
  'archived',
  'customer-encryption-key',
  'would-destroy-null-version',
  'ambiguous-order',
];

export function outcomeWord(outcome: Outcome): string {
  return outcome.kind === 'skipped' ? outcome.reason : outcome.kind;
}
