import { duration, grouped } from './format.ts';

/** Short work shows no progress at all; long work shows a line at most this often, in milliseconds. */
export const PROGRESS_EVERY_MS = 5_000;

/** Decides when a progress line is due and what it says. One per phase. `now` is in milliseconds. */
export interface ProgressMeter {
  /** The line to show now, or `undefined` when it is too early for one. */
  line(done: number, total: number | undefined, unit: string): string | undefined;
}

export function progressMeter(now: () => number): ProgressMeter {
  const startedAt = now();
  let shownAt = startedAt;
  return {
    line(done, total, unit) {
      const at = now();
      if (at - shownAt < PROGRESS_EVERY_MS) return undefined;
      shownAt = at;
      const perSecond = done / ((at - startedAt) / 1000);
      const of = total === undefined ? '' : ` of ${grouped(total)}`;
      const percent = total === undefined || total === 0 ? '' : ` (${Math.floor((100 * done) / total)}%)`;
      const left =
        total === undefined || perSecond === 0 || done >= total
          ? ''
          : `, about ${duration(((total - done) / perSecond) * 1000)} left`;
      return `${grouped(done)}${of} ${unit}${percent}, ${rate(perSecond)} a second${left}`;
    },
  };
}

function rate(perSecond: number): string {
  return perSecond >= 10 ? grouped(Math.round(perSecond)) : perSecond.toFixed(1);
}
