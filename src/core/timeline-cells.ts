/** Counts over time in bounded memory: cells that merge into wider ones when there are too many. */

/** `restored`: also what was put back on top of a version. */
export const CELL_KINDS = ['created', 'restored', 'overwritten', 'deleted', 'midnight'] as const;
export type CellKind = (typeof CELL_KINDS)[number];
export type CellCounts = Readonly<Record<CellKind, number>>;

/** Seconds; each divides the next, so that merging is exact. A week begins on a Thursday, as 1970 did. */
const WIDTHS = [1, 10, 60, 600, 3600, 21_600, 86_400, 604_800, 4 * 604_800, 52 * 604_800, 520 * 604_800] as const;
/** What a bar may stand for, in seconds. */
const BARS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400].concat(
  [2, 5, 7, 14, 56, 182, 364, 728, 1820, 3640].map((days) => days * 86_400),
);
/** Far more than bars are shown, so that every bar is made of whole cells. */
const MAX_CELLS = 4096;

export interface Cells {
  /** Count one at this second since 1970. */
  add(second: number, kind: CellKind): void;
  /** At most `most` bars, empty ones between them too, of one round width; `undefined` where nothing was counted. */
  bars(most: number): Bars | undefined;
}

export interface Bars {
  /** Seconds since 1970 at which the first begins. */
  readonly from: number;
  /** Seconds. */
  readonly width: number;
  readonly counts: readonly CellCounts[];
}

export function openCells(): Cells {
  let level = 0;
  let cells = new Map<number, number[]>();
  let lastStart = -1;
  let lastCell: number[] = [];
  const widthNow = () => WIDTHS[level] ?? 1;

  function cellAt(start: number): number[] {
    // Neighbours in a listing are often of the same time.
    if (start === lastStart) return lastCell;
    let cell = cells.get(start);
    if (cell === undefined) {
      cell = CELL_KINDS.map(() => 0);
      cells.set(start, cell);
    }
    lastStart = start;
    lastCell = cell;
    return cell;
  }

  function widen(): void {
    level += 1;
    const narrow = cells;
    cells = new Map();
    lastStart = -1;
    for (const [start, counts] of narrow) {
      const cell = cellAt(floorTo(start, widthNow()));
      for (const [kind, n] of counts.entries()) cell[kind] = (cell[kind] ?? 0) + n;
    }
  }

  return {
    add(second, kind) {
      const cell = cellAt(floorTo(second, widthNow()));
      const index = CELL_KINDS.indexOf(kind);
      cell[index] = (cell[index] ?? 0) + 1;
      while (cells.size > MAX_CELLS && level < WIDTHS.length - 1) widen();
    },

    bars(most) {
      if (cells.size === 0) return undefined;
      let first = Number.POSITIVE_INFINITY;
      let last = 0;
      for (const start of cells.keys()) {
        first = Math.min(first, start);
        last = Math.max(last, start);
      }
      const fits = (width: number) => (floorTo(last, width) - floorTo(first, width)) / width < most;
      const width = BARS.find((bar) => bar % widthNow() === 0 && fits(bar)) ?? 520 * 604_800;
      const from = floorTo(first, width);
      const sums = Array.from({ length: (floorTo(last, width) - from) / width + 1 }, () => CELL_KINDS.map(() => 0));
      for (const [start, counts] of cells) {
        const sum = sums[(floorTo(start, width) - from) / width] ?? [];
        for (const [kind, n] of counts.entries()) sum[kind] = (sum[kind] ?? 0) + n;
      }
      return { from, width, counts: sums.map(named) };
    },
  };
}

function named(counts: readonly number[]): CellCounts {
  const [created = 0, restored = 0, overwritten = 0, deleted = 0, midnight = 0] = counts;
  return { created, restored, overwritten, deleted, midnight };
}

function floorTo(second: number, width: number): number {
  return Math.floor(second / width) * width;
}
