/**
 * Finds the stretches of time in which something happened much faster than it usually does, in one pass and flat memory.
 *
 * What is usual is the average rate over the time looked at. For each of a ladder of faster rates, four times the last, a
 * running sum says how much better "that fast" explains what comes than "as usual" (log likelihood of a Poisson
 * process); a stretch goes from where the sum leaves zero to its peak. So short and violent bursts are found as well as
 * slow ones, in steady traffic too, and each by its own first second. Where stretches overlap, the one that explains most
 * (Kulldorff's scan statistic) is taken. https://doi.org/10.1080/03610929708831995
 */

/** All that happened of one kind. Times in whole seconds since 1970. */
export interface Traffic {
  readonly events: number;
  /** The time looked at; both included. */
  readonly from: number;
  readonly until: number;
}

/** From its first second to its last; both had events. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly events: number;
  /** How much better a rate of its own explains it than the usual one does, in nats. */
  readonly score: number;
}

export interface Scan {
  /** So many events in this second. Ascending, each second once. */
  take(second: number, events: number): void;
  /** In order of time; at most MAX_STRETCHES, those that explain most. */
  done(): Stretch[];
}

/** A rate this much faster than the one below it; slower stretches than the first are no bursts. */
const STEP = 4;
/** Seconds. What goes on for longer is a way of working. */
const LONGEST = 86_400;
export const MAX_STRETCHES = 200;
const MAX_CANDIDATES = 8192;
const HOUR = 3600;
/** Fewer hours say nothing of what is usual: they may be another incident. */
const FEWEST_HOURS = 10;

/** One rate of the ladder. */
interface Level {
  /** What an event adds to the sum, and a second takes from it. */
  readonly gain: number;
  readonly loss: number;
  isOpen: boolean;
  sum: number;
  start: number;
  events: number;
  peak: number;
  peakEnd: number;
  peakEvents: number;
}

export function openScan(traffic: Traffic): Scan {
  const { events, from, until } = traffic;
  const usual = events / (until - from + 1);
  // By chance alone a stretch of this score is found about once in twenty thousand buckets.
  const enough = Math.log(Math.max(1, events)) + 10;
  /** A sum that fell this far below its peak will not come back because of it. */
  const drop = Math.max(20, enough);
  const levels: Level[] = [];
  for (let rate = usual * STEP; rate < events * STEP; rate *= STEP) levels.push(newLevel(rate, usual));
  let candidates = new Map<string, Stretch>();
  const hours = new Map<number, number>();
  let last = 0;

  function close(level: Level): void {
    level.isOpen = false;
    const { start, peakEnd: end, peakEvents: n } = level;
    const expected = usual * (end - start + 1);
    if (end - start >= LONGEST || n < STEP * expected) return;
    const score = scoreOf(n, expected);
    if (score < enough) return;
    candidates.set(`${start}-${end}`, { start, end, events: n, score });
    if (candidates.size > MAX_CANDIDATES) candidates = new Map(best(candidates).slice(0, MAX_CANDIDATES / 2));
  }

  return {
    take(second, n) {
      const empty = second - last - 1;
      last = second;
      const hour = Math.floor(second / HOUR);
      hours.set(hour, (hours.get(hour) ?? 0) + n);
      for (const level of levels) {
        const gain = n * level.gain - level.loss;
        if (level.isOpen) {
          const before = level.sum - empty * level.loss;
          level.sum = before + gain;
          if (before <= 0 || level.sum <= 0 || level.sum < level.peak - drop) close(level);
        }
        if (!level.isOpen) {
          if (gain <= 0) continue;
          level.isOpen = true;
          level.start = second;
          level.sum = gain;
          level.peak = 0;
          level.events = 0;
        }
        level.events += n;
        if (level.sum > level.peak) {
          level.peak = level.sum;
          level.peakEnd = second;
          level.peakEvents = level.events;
        }
      }
    },

    done() {
      for (const level of levels) if (level.isOpen) close(level);
      const taken: Stretch[] = [];
      const busy = busyRates(hours);
      for (const [, stretch] of best(candidates)) {
        if (taken.length === MAX_STRETCHES) break;
        const expected = busy(stretch) * (stretch.end - stretch.start + 1);
        if (stretch.events < STEP * expected || scoreOf(stretch.events, expected) < enough) continue;
        if (taken.every(({ start, end }) => stretch.end < start || stretch.start > end)) taken.push(stretch);
      }
      return taken.sort((a, b) => a.start - b.start);
    },
  };
}

/** The log likelihood ratio of a Poisson process that goes at this rate to one that goes as usual, event by event. */
function newLevel(rate: number, usual: number): Level {
  const sums = { isOpen: false, sum: 0, start: 0, events: 0, peak: 0, peakEnd: 0, peakEvents: 0 };
  return { gain: Math.log(rate / usual), loss: rate - usual, ...sums };
}

/** So many events where so many were expected: the log likelihood ratio, in nats. */
function scoreOf(events: number, expected: number): number {
  return expected === 0 ? Number.POSITIVE_INFINITY : events * Math.log(events / expected) - events + expected;
}

/**
 * People work by day, and what is above the average of day and night is no incident. So a stretch has to stand out from the
 * busy hours as well: by a second, what came in the hour that nine of ten others do not exceed, of those in which anything
 * came at all. 0 where there are too few to tell.
 */
function busyRates(hours: ReadonlyMap<number, number>): (stretch: Stretch) => number {
  const ascending = [...hours].sort(([, a], [, b]) => a - b);
  const ranks = new Map(ascending.map(([hour], rank) => [hour, rank]));
  return ({ start, end }) => {
    const own: number[] = [];
    for (let hour = Math.floor(start / HOUR); hour <= Math.floor(end / HOUR); hour++) {
      const rank = ranks.get(hour);
      if (rank !== undefined) own.push(rank);
    }
    const others = ascending.length - own.length;
    if (others < FEWEST_HOURS) return 0;
    let rank = Math.floor(0.9 * (others - 1));
    for (const mine of own.sort((a, b) => a - b)) if (mine <= rank) rank += 1;
    return (ascending[rank]?.[1] ?? 0) / HOUR;
  };
}

function best(candidates: ReadonlyMap<string, Stretch>): [string, Stretch][] {
  return [...candidates].sort(([, a], [, b]) => b.score - a.score || b.start - a.start);
}
