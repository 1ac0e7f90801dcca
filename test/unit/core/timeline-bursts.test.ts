import { describe, expect, it } from 'vitest';
import { openScan, type Traffic } from '../../../src/core/incident-finder.ts';
import type { Loss, LossKind } from '../../../src/core/timeline.ts';
import { openMeasure } from '../../../src/core/timeline-bursts.ts';
import { judgeBursts } from '../../../src/core/timeline-incident.ts';

/** Times in seconds; a month is looked at, and most things happen on its 20th day at noon. */
const FROM = Date.UTC(2026, 10, 1) / 1000;
const UNTIL = FROM + 30 * 86_400;
const NOON = FROM + 19 * 86_400 + 43_200;

interface Some {
  readonly kind?: LossKind;
  readonly still?: boolean;
  /** In turn; see FOLDERS. */
  readonly folders?: readonly number[];
  readonly from: number;
  readonly count: number;
  /** Seconds from the first to the last, spread evenly; 0: all in one second. */
  readonly over: number;
}

function losses({ kind = 'deleted', still = true, folders = [0], from, count, over }: Some): Loss[] {
  return Array.from({ length: count }, (_, i) => ({
    at: from + (count === 1 ? 0 : Math.floor((i * over) / (count - 1))),
    kind,
    still,
    before: -1,
    folder: folders[i % folders.length] ?? 0,
  }));
}

/** Every so many seconds one, all the time. */
function steady(every: number, kind: LossKind = 'deleted', still = false): Loss[] {
  return losses({ kind, still, from: FROM, count: Math.floor((UNTIL - FROM) / every), over: UNTIL - FROM - every });
}

const FOLDERS = ['site/', 'site/img/', 'logs/2026-11-01/', 'logs/2026-11-02/', 'data/', '', 'ab/cd/', '3f/0e/'];
const nameOf = (folder: number) => FOLDERS[folder] ?? '';

function find(all: readonly Loss[], { keys = 100_000, midnights = new Map<number, number>() } = {}) {
  const sorted = all.toSorted((a, b) => a.at - b.at);
  const bursts = (['deleted', 'overwritten'] as const).flatMap((kind) => {
    const own = sorted.filter((loss) => loss.kind === kind);
    const traffic: Traffic = { events: own.length, from: FROM, until: UNTIL };
    const scan = openScan(traffic);
    for (const [second, together] of Map.groupBy(own, (loss) => loss.at)) scan.take(second, together.length);
    const measure = openMeasure(scan.done(), traffic);
    for (const loss of own) measure.take(loss);
    return measure.done();
  });
  return judgeBursts(bursts, { keys, midnights, nameOf });
}

describe('the incident begins at its very first second', () => {
  it.each<[what: string, all: Loss[], start: number, end: number]>([
    [
      'a wipe of 3,000 keys in 40 s, and nothing else ever',
      losses({ from: NOON, count: 3000, over: 39 }),
      NOON,
      NOON + 39,
    ],
    [
      'the same in steady traffic, one deletion in 100 s',
      [...steady(100), ...losses({ from: NOON + 50, count: 3000, over: 39 })],
      NOON + 50,
      NOON + 89,
    ],
    [
      'in busy traffic, one deletion in 3 s',
      [...steady(3), ...losses({ from: NOON + 2, count: 3000, over: 38 })],
      NOON + 2,
      NOON + 40,
    ],
    ['all in one second', losses({ from: NOON, count: 3000, over: 0 }), NOON, NOON],
    ['slowly, over three hours', losses({ from: NOON, count: 1000, over: 10_800 }), NOON, NOON + 10_800],
    ['very slowly: 100 keys in three hours', losses({ from: NOON, count: 100, over: 10_800 }), NOON, NOON + 10_800],
    [
      'slowly, in traffic ten times as slow',
      [...steady(110), ...losses({ from: NOON + 20, count: 1000, over: 10_789 })].filter(
        ({ at }) => at >= NOON + 20 || at < NOON - 60,
      ),
      NOON + 20,
      NOON + 10_809,
    ],
    [
      'one straggler a second before all others',
      [...losses({ from: NOON - 1, count: 1, over: 0 }), ...losses({ from: NOON, count: 3000, over: 39 })],
      NOON - 1,
      NOON + 39,
    ],
    [
      'stragglers some seconds before, where it is otherwise quiet',
      [
        ...losses({ from: NOON - 19, count: 1, over: 0 }),
        ...losses({ from: NOON - 9, count: 1, over: 0 }),
        ...losses({ from: NOON, count: 3000, over: 39 }),
      ],
      NOON - 19,
      NOON + 39,
    ],
    [
      'with a pause of five minutes in the middle',
      [...losses({ from: NOON, count: 2000, over: 29 }), ...losses({ from: NOON + 330, count: 3000, over: 39 })],
      NOON,
      NOON + 369,
    ],
    ['overwrites', losses({ kind: 'overwritten', from: NOON, count: 500, over: 100 }), NOON, NOON + 100],
    [
      'a sync that overwrites and then deletes: before the first of both',
      [
        ...losses({ kind: 'overwritten', from: NOON, count: 500, over: 20 }),
        ...losses({ from: NOON + 22, count: 900, over: 20 }),
      ],
      NOON,
      NOON + 42,
    ],
    ['ten keys of many', losses({ from: NOON, count: 10, over: 3 }), NOON, NOON + 3],
  ])('%s', (_, all, start, end) => {
    expect(find(all).found).toMatchObject({ start, end });
  });

  it('also in a bucket that is younger than the incident is long', () => {
    const traffic: Traffic = { events: 500, from: NOON - 6 * 86_400, until: NOON + 10_900 };
    const scan = openScan(traffic);
    for (const { at } of losses({ from: NOON, count: 500, over: 10_800 })) scan.take(at, 1);
    expect(scan.done()).toMatchObject([{ start: NOON, end: NOON + 10_800, events: 500 }]);
  });
});

describe('which one is the incident', () => {
  const small = losses({ from: NOON - 5 * 86_400, count: 1000, over: 15 });
  const large = losses({ from: NOON, count: 3000, over: 40 });

  it('the bigger of two, and the other is named after it', () => {
    const { bursts, found } = find([...small, ...large]);
    expect(bursts.map(({ keys, judged }) => [keys, judged])).toEqual([
      [3000, 'incident'],
      [1000, 'unusual'],
    ]);
    expect(found).toMatchObject({ start: NOON });
  });

  it('not one of which nothing is left as it was', () => {
    const { bursts, found } = find([...small, ...large.map((loss) => ({ ...loss, still: false }))]);
    expect(bursts.map(({ keys, judged }) => [keys, judged])).toEqual([
      [1000, 'incident'],
      [3000, 'over'],
    ]);
    expect(found?.start).toBe(NOON - 5 * 86_400);
  });

  it('deletions before overwrites, which every deployment does', () => {
    const deployed = losses({ kind: 'overwritten', folders: [4], from: NOON - 86_400, count: 5000, over: 30 });
    const { bursts, found } = find([...small, ...deployed]);
    expect(bursts.map(({ kind, keys, judged }) => [kind, keys, judged])).toEqual([
      ['deleted', 1000, 'incident'],
      ['overwritten', 5000, 'unusual'],
    ]);
    expect(found?.start).toBe(NOON - 5 * 86_400);
    // But not before those of which something is still so.
    const undone = small.map((loss) => ({ ...loss, still: false }));
    expect(find([...undone, ...deployed]).found?.start).toBe(NOON - 86_400);
  });

  it('not what happens every night', () => {
    const nights = Array.from({ length: 25 }, (_, i) =>
      losses({ kind: 'overwritten', from: FROM + i * 86_400 + 7200, count: 400 + 10 * (i % 5), over: 30 }),
    ).flat();
    expect(find(nights)).toMatchObject({ found: undefined, bursts: expect.arrayContaining([]) });
    expect(new Set(find(nights).bursts.map(({ judged }) => judged))).toEqual(new Set(['ordinary']));
    const incident = losses({ kind: 'overwritten', from: NOON, count: 1200, over: 40 });
    expect(find([...nights, ...incident]).found).toMatchObject({ start: NOON, end: NOON + 40 });
  });

  const nightly = [0, 24, 48, 72];
  /** Bursts of 400 keys, so many hours after a noon five days before. */
  const waves = (hours: readonly number[], folders: readonly number[]) =>
    hours.flatMap((hour) => losses({ folders, from: NOON - 5 * 86_400 + hour * 3600, count: 400, over: 30 }));
  const judgedOf = (all: readonly Loss[], keys: number) =>
    find(all)
      .bursts.filter((burst) => burst.keys === keys)
      .map(({ judged }) => judged);

  it.each<[what: string, hours: readonly number[], judged: string]>([
    ['every night', nightly, 'ordinary'],
    ['over two days', [0, 24, 36, 49], 'ordinary'],
    ['within two days', [0, 12, 24, 36], 'unusual'],
    ['in waves on two days', [0, 5, 72, 77], 'unusual'],
  ])('bursts that are alike %s: %o are %s', (_, hours, judged) => {
    expect(judgedOf([...waves(hours, [0]), ...large], 400)).toEqual(Array(4).fill(judged));
  });

  it('those of which something is still so are listed before all others, ordinary or not', () => {
    const nights = waves(nightly, [4]);
    const over = losses({ folders: [0], from: NOON, count: 5000, over: 30, still: false });
    const few = losses({ kind: 'overwritten', folders: [0], from: NOON + 90_000, count: 5, over: 3 });
    expect(find([...nights, ...over, ...few]).bursts.map(({ keys, judged }) => [keys, judged])).toEqual([
      [5, 'small'],
      ...Array(4).fill([400, 'ordinary']),
      [5000, 'over'],
    ]);
  });

  it('bursts in other folders say nothing of what is usual here, folders by date or hash aside', () => {
    const here = (folders: readonly number[]) => losses({ folders, from: NOON, count: 401, over: 30 });
    const nights = waves(nightly, [4]);
    expect(judgedOf([...nights, ...here([0])], 401)).toEqual(['incident']);
    expect(judgedOf([...nights, ...here([4])], 401)).toEqual(['ordinary']);
    expect(judgedOf([...nights, ...here([4, 4, 0])], 401)).toEqual(['ordinary']);
    expect(judgedOf([...nights, ...here([4, 0, 0])], 401)).toEqual(['incident']);
    expect(judgedOf([...waves(nightly, [2]), ...here([3])], 401)).toEqual(['ordinary']);
    expect(judgedOf([...waves(nightly, [6]), ...here([7])], 401)).toEqual(['ordinary']);
    expect(judgedOf([...waves(nightly, [0]), ...here([1])], 401)).toEqual(['incident']);
  });

  it.each<[what: string, deleted: readonly number[], overwritten: readonly number[], together: boolean]>([
    ['the same folder', [0, 1], [1, 4], true],
    ['a folder inside', [1], [0], true],
    ['a folder around', [0], [1], true],
    ['others', [1], [4], false],
    ['the root, in which all lie', [1], [5], false],
    ['both in the root', [5], [5], true],
  ])(
    'deletions and overwrites at the same time, in %s (%o and %o): one incident: %s',
    (_, deleted, overwritten, together) => {
      const { bursts, found } = find([
        ...losses({ kind: 'overwritten', folders: overwritten, from: NOON - 40, count: 900, over: 30 }),
        ...losses({ folders: deleted, from: NOON, count: 900, over: 30 }),
      ]);
      expect(found).toMatchObject({ start: together ? NOON - 40 : NOON, end: NOON + 30 });
      expect(bursts.map(({ judged }) => judged)).toEqual(['incident', together ? 'incident' : 'unusual']);
    },
  );

  it('a burst of another pace next to it is not part of it', () => {
    const slow = losses({ from: NOON - 7200, count: 150, over: 7100 });
    expect(find([...slow, ...large]).found).toMatchObject({ start: NOON, bursts: [{ keys: 3000 }] });
  });

  it('counts keys, not deletions: a key that comes back and goes again within it is one', () => {
    const again = losses({ from: NOON + 20, count: 50, over: 5 }).map((loss) => ({ ...loss, before: NOON + 3 }));
    const earlier = losses({ from: NOON + 30, count: 50, over: 5 }).map((loss) => ({ ...loss, before: NOON - 9000 }));
    expect(find([...large, ...again, ...earlier]).bursts[0]).toMatchObject({ events: 3100, keys: 3050 });
  });
});

describe('none', () => {
  it.each<[what: string, all: Loss[], keys?: number]>([
    ['nothing was lost', []],
    ['one deletion', losses({ from: NOON, count: 1, over: 0 })],
    ['steady deletions', steady(60, 'deleted', true)],
    ['steady deletions, one in ten seconds', steady(10, 'deleted', true)],
    ['a deletion an hour, now and then two', [...steady(3600, 'deleted', true), ...steady(9000, 'deleted', true)]],
    ['longer than a day', losses({ from: NOON, count: 10_000, over: 5 * 86_400 })],
  ])('%s', (_, all) => {
    expect(find(all)).toEqual({ bursts: [], found: undefined });
  });

  it('nine keys of many are none, but are listed', () => {
    expect(find(losses({ from: NOON, count: 9, over: 1 }))).toMatchObject({
      found: undefined,
      bursts: [{ keys: 9, still: 9, judged: 'small' }],
    });
    expect(find(losses({ from: NOON, count: 9, over: 1, still: false })).bursts).toMatchObject([{ judged: 'over' }]);
  });

  it('but half of all keys is an incident, be it one', () => {
    const one = losses({ from: NOON, count: 1, over: 0 });
    expect(find(one, { keys: 2 }).found).toMatchObject({ start: NOON, end: NOON });
    expect(find(one, { keys: 3 })).toEqual({ bursts: [], found: undefined });
    const overwritten = losses({ kind: 'overwritten', from: NOON, count: 1, over: 0 });
    expect(find(overwritten, { keys: 2 }).found).toBeUndefined();
    expect(find(losses({ from: NOON, count: 2, over: 5 }), { keys: 4 }).found).toMatchObject({ start: NOON });
    expect(find(losses({ from: NOON, count: 2, over: 5 }), { keys: 5 }).found).toBeUndefined();
  });
});

/** mulberry32: the same numbers every time. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Losses at random: many in eight hours of a day, few in the others. `every`: seconds between two, on average. */
function byDay(random: () => number, every: number): Loss[] {
  const all: Loss[] = [];
  for (let at = FROM; at < UNTIL; at += (-Math.log(1 - random()) * every) / 3) {
    const isBusy = at % 86_400 < 28_800;
    if (isBusy || random() < 1 / 30) all.push(...losses({ from: Math.floor(at), count: 1, over: 0 }));
  }
  return all;
}

describe('in what people do by day, at random', () => {
  const cases = [36_000, 3600, 600].flatMap((every) => [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => [every, seed] as const));

  it.each(cases)('one in %d s: no incident (%d)', (every, seed) => {
    expect(find(byDay(chance(seed), every)).found).toBeUndefined();
  });

  it.each(cases)('one in %d s, and a wipe: found, and not a second too late (%d)', (every, seed) => {
    const random = chance(seed);
    const start = NOON + Math.floor(random() * 40_000);
    const { found } = find([...byDay(random, every), ...losses({ from: start, count: 300, over: 39 })]);
    expect(found?.start).toBeLessThanOrEqual(start);
    expect(found?.start).toBeGreaterThan(start - 20);
  });
});

describe('markers stamped midnight', () => {
  const midnight = FROM + 19 * 86_400;
  const midnights = new Map([[midnight, 12]]);

  it.each([
    [0, false],
    [1, true],
    [2, false],
    [30, false],
  ])('deletions that begin %d s after: part of it %s', (after, part) => {
    const { found } = find(losses({ from: midnight + after, count: 3000, over: 40 }), {
      midnights: after === 0 ? new Map() : midnights,
    });
    expect(found).toMatchObject({ start: part ? midnight : midnight + after, midnight: part ? 12 : 0 });
  });

  it.each([
    ['crosses it', -20, midnight - 20, midnight + 20, 12],
    ['ends a second before it', -41, midnight - 41, midnight, 12],
    ['ends two seconds before it', -42, midnight - 42, midnight - 2, 0],
    ['ended in the evening', -7200, midnight - 7200, midnight - 7160, 0],
  ])('deletions that %s', (_, from, start, end, stamped) => {
    const all = losses({ from: midnight + from, count: 3000, over: 40 }).filter(({ at }) => at !== midnight);
    expect(find(all, { midnights }).found).toMatchObject({ start, end, midnight: stamped });
  });

  it('of a slow deletion also some seconds before', () => {
    const { found } = find(losses({ from: midnight - 10_830, count: 1000, over: 10_800 }), { midnights });
    expect(found).toMatchObject({ start: midnight - 10_830, end: midnight, midnight: 12 });
  });

  it('overwrites have nothing to do with them', () => {
    const all = losses({ kind: 'overwritten', from: midnight - 20, count: 3000, over: 40 });
    expect(find(all, { midnights }).found).toMatchObject({ start: midnight - 20, end: midnight + 20, midnight: 0 });
  });

  it('of a slow deletion also some seconds after', () => {
    const { found } = find(losses({ from: midnight + 30, count: 1000, over: 10_800 }), { midnights });
    expect(found).toMatchObject({ start: midnight, midnight: 12 });
  });
});
