import type { Burst } from './timeline-bursts.ts';
import { type Places, placesOf } from './timeline-places.ts';

/** Which bursts are out of the ordinary, and the incident among them. Times in whole seconds since 1970. */

export interface JudgedBurst extends Burst {
  /**
   * `incident`: part of what is proposed to be taken back. `unusual`: out of the ordinary as well. `small`: of too few keys
   * to be an incident by itself. `over`: nothing is as it left it any more. `ordinary`: its like is seen again and again.
   */
  readonly judged: (typeof JUDGEMENTS)[number];
}

/** In the order in which they are listed, of those that left anything as it is, and of the rest. */
const JUDGEMENTS = ['incident', 'unusual', 'small', 'over', 'ordinary'] as const;

/** Bursts of losses that belong together. */
export interface Found {
  readonly start: number;
  readonly end: number;
  /** In order of time; at least one. */
  readonly bursts: readonly Burst[];
  /** Markers stamped midnight that seem to belong to it, of keys that are still deleted. */
  readonly midnight: number;
}

/** What the bursts are judged by. */
export interface Surroundings {
  /** Keys in scope. */
  readonly keys: number;
  /** Of keys still deleted by markers stamped midnight, how many by that second. */
  readonly midnights: ReadonlyMap<number, number>;
  /** The name of a folder by its number. */
  readonly nameOf: (folder: number) => string;
}

/** Fewer keys are no incident, unless they are half of all there are. */
const FEWEST = 10;
/** Others like it that make a burst an ordinary one: nightly jobs, deployments. */
const USUAL = 3;
/** Seconds. Bursts that are closer may be one incident in waves, and say nothing of what is usual. */
const APART = 6 * 3600;
/** Seconds. What is seen again and again is seen on more than two days. */
const RECURRING = 48 * 3600;
/** A pause within an incident, in seconds. */
const PAUSE = 600;
/** Bursts of one incident go at about the same pace. */
const PACE = 10;
const DAY = 86_400;

/** The bursts come back with the incident first, then by how much they concern anybody. */
export function judgeBursts(
  bursts: readonly Burst[],
  { keys, midnights, nameOf }: Surroundings,
): { readonly bursts: readonly JudgedBurst[]; readonly found: Found | undefined } {
  const places = placesOf(nameOf);
  // One key is no burst, unless it may have been all there was.
  const listed = bursts.filter((burst) => burst.keys > 1 || isLarge(burst, keys));
  const unusual = listed.filter((burst) => !isOrdinary(burst, listed, places));
  const worst = unusual.filter((burst) => burst.still > 0 && isLarge(burst, keys)).sort(byWeight)[0];
  const parts = worst === undefined ? [] : togetherWith(worst, unusual, places);

  function judge(burst: Burst): JudgedBurst['judged'] {
    if (parts.includes(burst)) return 'incident';
    if (!unusual.includes(burst)) return 'ordinary';
    if (burst.still === 0) return 'over';
    return isLarge(burst, keys) ? 'unusual' : 'small';
  }

  return {
    bursts: listed.map((burst): JudgedBurst => ({ ...burst, judged: judge(burst) })).sort(byConcern),
    found: parts.length === 0 ? undefined : foundOf(parts, midnights),
  };
}

/** The list is cut somewhere: what left nothing as it is goes last, whatever else it was. */
function byConcern(a: JudgedBurst, b: JudgedBurst): number {
  const isIncident = ({ judged }: JudgedBurst) => Number(judged === 'incident');
  const isOpen = ({ still }: JudgedBurst) => Number(still > 0);
  const rank = ({ judged }: JudgedBurst) => JUDGEMENTS.indexOf(judged);
  return isIncident(b) - isIncident(a) || isOpen(b) - isOpen(a) || rank(a) - rank(b) || byWeight(a, b);
}

/** Deletions go first: overwriting many keys at once is what every deployment does. */
function byWeight(a: Burst, b: Burst): number {
  return (
    Number(b.kind === 'deleted') - Number(a.kind === 'deleted') ||
    b.still - a.still ||
    b.keys - a.keys ||
    b.start - a.start
  );
}

function isLarge(burst: Burst, keys: number): boolean {
  // One key that was overwritten is nothing that stands out; one that was deleted may be all there was.
  const least = burst.kind === 'deleted' ? 1 : 2;
  return burst.keys >= Math.max(least, Math.min(FEWEST, Math.ceil(keys / 2)));
}

/** Others of its kind, of half to double its size and in the same places, came at other times on several days. */
function isOrdinary(burst: Burst, all: readonly Burst[], places: Places): boolean {
  const alike = all.filter(
    (other) =>
      other.kind === burst.kind &&
      other.keys * 2 >= burst.keys &&
      other.keys <= burst.keys * 2 &&
      Math.abs(other.start - burst.start) > APART &&
      places.areAlike(burst, other),
  );
  const starts: number[] = [];
  for (const { start } of alike.toSorted((a, b) => a.start - b.start)) {
    if (start - (starts.at(-1) ?? Number.NEGATIVE_INFINITY) > APART) starts.push(start);
  }
  const [first = burst.start] = starts;
  const last = starts.at(-1) ?? burst.start;
  return starts.length >= USUAL && Math.max(last, burst.start) - Math.min(first, burst.start) > RECURRING;
}

/**
 * The bursts before and after it that went on at its pace, with no long pause in between; of the other kind those in the
 * same folders only: beside a wipe somebody may deploy.
 */
function togetherWith(worst: Burst, others: readonly Burst[], places: Places): Burst[] {
  const parts = [worst];
  const belongs = (part: Burst, other: Burst) =>
    other.start - part.end <= PAUSE &&
    part.start - other.end <= PAUSE &&
    (part.kind === other.kind || places.overlap(part, other));
  for (let grew = true; grew; ) {
    const near = others.find(
      (other) =>
        !parts.includes(other) &&
        Math.abs(Math.log(paceOf(other) / paceOf(worst))) <= Math.log(PACE) &&
        parts.some((part) => belongs(part, other)),
    );
    grew = near !== undefined;
    if (near !== undefined) parts.push(near);
  }
  return parts.sort((a, b) => a.start - b.start);
}

function paceOf({ events, start, end }: Burst): number {
  return events / (end - start + 1);
}

/**
 * Deletions that go on around midnight had some at midnight, and these look like a lifecycle rule's: so what is stamped
 * midnight belongs to them, also where they begin just after it, or end just before.
 */
function foundOf(parts: readonly Burst[], midnights: ReadonlyMap<number, number>): Found {
  let start = Math.min(...parts.map((part) => part.start));
  let end = Math.max(...parts.map((part) => part.end));
  const stamped = new Map<number, number>();
  for (const part of parts) {
    if (part.kind !== 'deleted') continue;
    const near = Math.min(60, Math.max(1, 10 / paceOf(part)));
    const first = Math.ceil((part.start - near) / DAY) * DAY;
    for (let midnight = first; midnight <= part.end + near; midnight += DAY) {
      const keys = midnights.get(midnight) ?? 0;
      if (keys === 0) continue;
      stamped.set(midnight, keys);
      start = Math.min(start, midnight);
      end = Math.max(end, midnight);
    }
  }
  return { start, end, bursts: parts, midnight: [...stamped.values()].reduce((sum, keys) => sum + keys, 0) };
}
