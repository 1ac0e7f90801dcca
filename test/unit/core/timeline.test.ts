import { describe, expect, it } from 'vitest';
import { decodeLoss, encodeLoss, happenings, looksLikeLifecycle } from '../../../src/core/timeline.ts';
import { openCells } from '../../../src/core/timeline-cells.ts';
import { openFolders, spreadOf } from '../../../src/core/timeline-folders.ts';
import { openIntake } from '../../../src/core/timeline-intake.ts';
import { at, history, marker, version } from './entries.ts';

describe('what an entry did', () => {
  it.each<[shorthand: string, deeds: string]>([
    ['V1', 'created*'],
    ['V1 V2', 'created overwritten*'],
    ['V1 DM1', 'created deleted*'],
    ['V1 DM1 DM2', 'created deleted* deleted-again'],
    ['V1 DM1 V2', 'created deleted restored*'],
    ['V1 DM1 V2 DM2', 'created deleted restored deleted*'],
    ['V1 V2 DM1 DM2 V3 V4', 'created overwritten deleted deleted-again restored overwritten*'],
    ['DM1', 'deleted-nothing'],
    ['DM1 DM2 V1', 'deleted-nothing deleted-again restored*'],
    // Ties, and a newer entry stamped earlier: the wire's order counts, and the time is no earlier than the one below.
    ['V1@5 DM1@5 V2@5', 'created deleted restored*'],
    ['V1@9 DM1@2', 'created deleted*'],
  ])('%s: %s (* still so)', (shorthand, deeds) => {
    const oldestFirst = happenings(history(shorthand)).toReversed();
    expect(oldestFirst.map(({ deed, still }) => `${deed}${still ? '*' : ''}`).join(' ')).toBe(deeds);
  });

  it.each<[contents: string, deeds: string]>([
    ['A B', 'created overwritten*'],
    ['A B A', 'created overwritten put-back'],
    ['A B C A', 'created overwritten overwritten put-back'],
    ['A B C B A', 'created overwritten overwritten put-back put-back'],
    // Written again as it was.
    ['A A', 'created put-back'],
    // What was taken back is no older content to go back to: the same mistake again.
    ['A B A B', 'created overwritten put-back overwritten*'],
    ['A B C A C', 'created overwritten overwritten put-back overwritten*'],
    ['A B A A', 'created overwritten put-back put-back'],
    ['A x A B A', 'created deleted restored overwritten put-back'],
    ['A x B A', 'created deleted restored put-back'],
    ['A B x B A x', 'created overwritten deleted restored put-back deleted*'],
    // Nothing to tell them by.
    ['? ?', 'created overwritten*'],
  ])('contents %s: %s', (contents, deeds) => {
    const entries = contents.split(' ').map((content, i) => {
      if (content === 'x') return marker(`m${i}`, i);
      const { etag: _, ...entry } = version(`v${i}`, i);
      return content === '?' ? entry : { ...entry, etag: content };
    });
    const oldestFirst = happenings(entries.toReversed()).toReversed();
    expect(
      oldestFirst
        .map(({ deed, still }) => `${deed}${still && deed !== 'put-back' && deed !== 'restored' ? '*' : ''}`)
        .join(' '),
    ).toBe(deeds);
  });

  it('contents of the same ETag and another size are others', () => {
    const entries = [version('v2', 2, { etag: 'e', size: 4 }), version('v1', 1, { etag: 'e', size: 3 })];
    expect(happenings(entries)[0]?.deed).toBe('overwritten');
  });

  it('of a key with very many versions', () => {
    const entries = Array.from({ length: 200_000 }, (_, i) => version(`v${i}`, -i, { etag: `${i % 1000}` }));
    expect(happenings(entries).filter(({ deed }) => deed === 'overwritten').length).toBeGreaterThan(100_000);
  });

  it('its time is that which a rollback goes by', () => {
    expect(happenings(history('V1@9 DM1@2 V2@12')).map((happening) => happening.at)).toEqual([at(12), at(9), at(9)]);
  });

  it('a marker stamped midnight looks like a lifecycle rule’s, a version never does', () => {
    const midnight = Date.UTC(2026, 10, 22);
    expect(looksLikeLifecycle(marker('m', 0, { lastModified: midnight }))).toBe(true);
    expect(looksLikeLifecycle(marker('m', 0, { lastModified: midnight + 1000 }))).toBe(false);
    expect(looksLikeLifecycle(version('v', 0, { lastModified: midnight }))).toBe(false);
  });
});

it('a loss comes back from its line', () => {
  for (const kind of ['deleted', 'overwritten'] as const) {
    for (const still of [true, false]) {
      for (const before of [-1, 0, 1_795_000_000]) {
        const loss = { at: 1_795_176_001, kind, still, before, folder: 49_999 };
        expect(decodeLoss(encodeLoss(loss))).toEqual(loss);
      }
    }
  }
});

describe('counts over time', () => {
  const NOON = Date.UTC(2026, 10, 22, 12) / 1000;

  it.each<[seconds: number, most: number, width: number]>([
    [0, 20, 1],
    [19, 20, 1],
    [20, 20, 2],
    [3600, 20, 300],
    [86_400, 20, 7200],
    [30 * 86_400, 20, 2 * 86_400],
    [5 * 365 * 86_400, 20, 182 * 86_400],
  ])('from first to last %d s, at most %d bars: %d s each', (seconds, most, width) => {
    const cells = openCells();
    cells.add(NOON, 'deleted');
    cells.add(NOON + seconds, 'created');
    const bars = cells.bars(most);
    expect(bars).toMatchObject({ width });
    expect((bars?.from ?? 0) % width).toBe(0);
    expect(bars?.counts.length).toBeLessThanOrEqual(most);
    expect(bars?.counts[0]?.deleted).toBe(1);
    expect(bars?.counts.at(-1)?.created).toBe(1);
  });

  it('however many seconds there are, nothing is lost and every bar is exact', () => {
    const cells = openCells();
    const seconds = Array.from({ length: 50_000 }, (_, i) => NOON + ((i * 7919) % 50_000) * 97);
    for (const second of seconds) cells.add(second, 'overwritten');
    const bars = cells.bars(20);
    const { from = 0, width = 1, counts = [] } = bars ?? {};
    expect(counts.map((bar) => bar.overwritten)).toEqual(
      counts.map((_, i) => seconds.filter((second) => Math.floor((second - from) / width) === i).length),
    );
  });

  it('none where nothing was counted', () => {
    expect(openCells().bars(20)).toBeUndefined();
  });
});

describe('folders', () => {
  it.each<[counts: Record<string, number>, within: string, prefixes: [string, number][]]>([
    [{ 'site/': 3 }, 'site/', [['site/', 3]]],
    [
      { 'site/img/a/': 2, 'site/img/b/': 1, 'site/css/': 5 },
      'site/',
      [
        ['site/css/', 5],
        ['site/img/', 3],
      ],
    ],
    [
      { '': 1, 'a/': 2 },
      '',
      [
        ['a/', 2],
        ['', 1],
      ],
    ],
    [
      { 'ab/': 1, 'ac/': 2 },
      '',
      [
        ['ac/', 2],
        ['ab/', 1],
      ],
    ],
    [
      { '/x/': 1, '/': 2 },
      '/',
      [
        ['/', 2],
        ['/x/', 1],
      ],
    ],
    [{}, '', []],
  ])('%o lie in %o', (counts, within, prefixes) => {
    expect(spreadOf(new Map(Object.entries(counts)))).toEqual({
      within,
      prefixes: prefixes.map(([prefix, keys]) => ({ prefix, keys })),
    });
  });

  it('when there are too many, the next one above stands for a new one', () => {
    const folders = openFolders();
    folders.numberOf('known/x');
    for (let i = 0; i < 60_000; i++) folders.numberOf(`many/${i}/x`);
    const nameOf = (key: string) => folders.nameOf(folders.numberOf(key));
    expect([nameOf('many/1/y'), nameOf('known/new/x'), nameOf('other/x'), nameOf('//x'), nameOf('x')]).toEqual([
      'many/1/',
      'known/',
      '',
      '',
      '',
    ]);
  });
});

describe('taking in histories', () => {
  it('hands back the losses with what came before them, and keeps lifecycle’s markers apart', () => {
    const intake = openIntake();
    const losses = intake.take({ key: 'a/k', entries: history('V1 V2 DM1 V3 V4 DM2') });
    const second = (n: number) => at(n) / 1000;
    expect(losses.map(({ at: when, kind, still, before }) => [when, kind, still, before])).toEqual([
      [second(2), 'overwritten', false, -1],
      [second(3), 'deleted', false, -1],
      [second(5), 'overwritten', false, second(2)],
      [second(6), 'deleted', true, second(3)],
    ]);
    const midnight = Date.UTC(2026, 10, 23);
    const expired = [marker('m', 0, { lastModified: midnight }), version('v', 0)];
    expect(intake.take({ key: 'b', entries: expired })).toEqual([]);
    expect([...intake.midnights]).toEqual([[midnight / 1000, { keys: 1, still: 1 }]]);
    expect(intake.counts).toMatchObject({ created: 2, overwritten: 2, deleted: 3, restored: 1 });
  });

  it('what was put back is no loss', () => {
    const intake = openIntake();
    const entries = [version('v3', 3, { etag: 'a' }), version('v2', 2, { etag: 'b' }), version('v1', 1, { etag: 'a' })];
    expect(intake.take({ key: 'k', entries }).map(({ kind, still }) => [kind, still])).toEqual([
      ['overwritten', false],
    ]);
    expect(intake.counts).toMatchObject({ created: 1, overwritten: 1, 'put-back': 1 });
    expect(intake.cells.bars(1)?.counts).toMatchObject([{ created: 1, overwritten: 1, restored: 1 }]);
  });

  it('keeps the history of the only key, and no other', () => {
    const intake = openIntake();
    expect(intake.only).toBeUndefined();
    intake.take({ key: 'a', entries: history('V1') });
    expect(intake.only?.key).toBe('a');
    intake.take({ key: 'b', entries: history('V1'), otherOrder: history('V1') });
    expect(intake.only).toBeUndefined();
    expect(intake.doubtful).toBe(1);
  });

  it('looks back to the first loss, and a week at least, if there is as much; a day in any case', () => {
    const intake = openIntake();
    intake.take({ key: 'a', entries: [marker('m', 0), version('v', -100 * 86_400)] });
    const now = at(60) / 1000;
    expect(intake.traffic('deleted', now)).toEqual({ events: 1, from: now - 7 * 86_400, until: now });
    expect(intake.traffic('deleted', now + 20 * 86_400)).toMatchObject({ from: at(0) / 1000 });
    const young = openIntake();
    young.take({ key: 'a', entries: history('V1 DM1') });
    expect(young.traffic('deleted', now)).toMatchObject({ from: now - 86_400 });
  });
});
