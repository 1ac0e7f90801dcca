import type { Stretch, Traffic } from './incident-finder.ts';
import type { Loss, LossKind } from './timeline.ts';

/** A burst of losses of one kind. Times in whole seconds since 1970. */
export interface Burst {
  readonly kind: LossKind;
  readonly start: number;
  /** Its last second. */
  end: number;
  /** Losses; a key may have several. */
  events: number;
  keys: number;
  /** Keys that readers still meet as the burst left them. */
  still: number;
  /** `keys` by the numbers of their folders; those beyond MAX_FOLDERS are not in it. */
  readonly folders: Map<number, number>;
}

/** The losses of one kind, in order of time, become bursts. */
export interface Measure {
  take(loss: Loss): void;
  done(): Burst[];
}

const MAX_FOLDERS = 1000;
/** The farthest that two neighbouring losses of one burst may be apart where it is otherwise quiet, in seconds. */
const LONGEST_LINK = 60;
/** The same in a burst of many a second. */
const SHORT_LINK = 10;
/** What is held of the losses just before a stretch. More in a row are no stragglers. */
const MAX_BEFORE = 10_000;
const LONGEST = 86_400;

/**
 * The stretches (in order of time) were found by their rates, so a first straggler, a second before the rest, may be
 * missing. Losses that lie closer to a stretch than chance would put them belong to it: the time proposed has to be before
 * them too, for what is rolled back to a moment in the middle of an incident is not all back.
 */
export function openMeasure(stretches: readonly Stretch[], traffic: Traffic): Measure {
  const bursts: Burst[] = [];
  let next = 0;
  let burst: Burst | undefined;
  let held: Loss[] = [];
  let last = Number.NEGATIVE_INFINITY;

  function beforeNext(stretch: Stretch, loss: Loss): void {
    if (loss.at - last > linkOf(stretch, traffic) || held.length >= MAX_BEFORE) held = [];
    held.push(loss);
  }

  function openBurst(stretch: Stretch, { kind, at }: Loss): Burst {
    const linked = at - last <= linkOf(stretch, traffic) ? held : [];
    const start = linked[0]?.at ?? at;
    const opened: Burst = { kind, start, end: at, events: 0, keys: 0, still: 0, folders: new Map() };
    for (const early of linked) count(opened, early);
    held = [];
    bursts.push(opened);
    return opened;
  }

  /** Does it belong to the end of the burst that is open? */
  function isAfter(stretch: Stretch, { at }: Loss): boolean {
    const later = stretches[next + 1];
    return (
      burst !== undefined &&
      at - last <= linkOf(stretch, traffic) &&
      at - burst.start < LONGEST &&
      (later === undefined || at < later.start)
    );
  }

  function takeOne(loss: Loss): void {
    for (let stretch = stretches[next]; stretch !== undefined; stretch = stretches[next]) {
      if (loss.at < stretch.start) {
        beforeNext(stretch, loss);
        return;
      }
      if (loss.at <= stretch.end || isAfter(stretch, loss)) {
        burst ??= openBurst(stretch, loss);
        count(burst, loss);
        return;
      }
      next += 1;
      burst = undefined;
      held = [];
    }
  }

  return {
    take(loss) {
      takeOne(loss);
      last = loss.at;
    },
    done: () => bursts,
  };
}

function count(burst: Burst, { at, before, still, folder }: Loss): void {
  burst.end = at;
  burst.events += 1;
  if (still) burst.still += 1;
  if (before >= burst.start) return;
  burst.keys += 1;
  const known = burst.folders.get(folder);
  if (known !== undefined || burst.folders.size < MAX_FOLDERS) burst.folders.set(folder, (known ?? 0) + 1);
}

/**
 * Seconds: a gap that the rest of the traffic would leave by chance once in twenty times, or shorter, and not too long for
 * the pace of the burst. Neighbouring seconds always belong together, but where something happens in every other second
 * anyway.
 */
function linkOf({ start, end, events }: Stretch, traffic: Traffic): number {
  const pace = Math.min(LONGEST_LINK, Math.max(SHORT_LINK, (10 * (end - start + 1)) / events));
  const rest = traffic.events - events;
  if (rest <= 0) return pace;
  const usual = rest / Math.max(1, traffic.until - traffic.from - (end - start));
  return usual > 0.5 ? 0 : Math.max(1, Math.floor(Math.min(pace, 0.05 / usual)));
}
