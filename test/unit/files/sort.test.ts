import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareKeys } from '../../../src/core/keys.ts';
import { openSorter, type Sorter } from '../../../src/files/sort.ts';
import { runs } from '../../support/arbitraries.ts';

interface Item {
  readonly key: string;
  readonly added: number;
}

let temp = '';
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'sort-'));
});
afterEach(() => rmSync(temp, { recursive: true, force: true }));

function sorterOf(runItems?: number, folder = join(temp, 'a', 'runs')): Sorter<Item> {
  return openSorter<Item>({
    folder,
    encode: JSON.stringify,
    decode: (line) => JSON.parse(line),
    compare: (a, b) => compareKeys(a.key, b.key),
    ...(runItems !== undefined && { runItems }),
  });
}

function items(...keys: string[]): Item[] {
  return keys.map((key, added) => ({ key, added }));
}

async function allOf(sorter: Sorter<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const batch of sorter.sorted()) all.push(...batch);
  return all;
}

/** What Array.sort makes of it: the oracle, stable as well. */
function expected(added: readonly Item[]): Item[] {
  return added.toSorted((a, b) => compareKeys(a.key, b.key));
}

/** Distinct enough to be spread, few enough to be equal at times. */
function manyItems(count: number): Item[] {
  return Array.from({ length: count }, (_, added) => ({ key: `k${(added * 7919) % 997}`, added }));
}

describe('a sorter', () => {
  it('gives nothing back for nothing', async () => {
    expect(await allOf(sorterOf())).toEqual([]);
  });

  it('keeps few items in memory and off the disk', async () => {
    const sorter = sorterOf();
    await sorter.add(items('b', 'a'));
    expect((await allOf(sorter)).map(({ key }) => key)).toEqual(['a', 'b']);
    expect(readdirSync(temp)).toEqual([]);
    await sorter.cleanUp();
  });

  it.each([
    ['one run short of being written', 10, 11],
    ['exactly one run', 10, 10],
    ['a run and one item', 11, 10],
    ['as many runs as are merged at once', 64, 1],
    ['one run more', 65, 1],
    ['runs for a second pass', 500, 1],
    ['runs for a third pass', 4200, 1],
    ['more than a batch', 3500, 1000],
    ['more than a buffer', 20_000, 9000],
  ])('sorts %s (%i items, %i a run)', async (_, count, runItems) => {
    const sorter = sorterOf(runItems);
    const added = manyItems(count);
    for (let i = 0; i < count; i += 7) await sorter.add(added.slice(i, i + 7));
    expect(await allOf(sorter)).toEqual(expected(added));
    await sorter.cleanUp();
  });

  it('keeps the order of equals across runs and passes', async () => {
    const sorter = sorterOf(1);
    const added = items(...Array.from({ length: 200 }, () => 'same'));
    await sorter.add(added);
    expect((await allOf(sorter)).map((item) => item.added)).toEqual(added.map((item) => item.added));
  });

  it('takes lines longer than its buffer', async () => {
    const sorter = sorterOf(1);
    const added = items('c'.repeat(200_000), 'b', 'a'.repeat(300_000), '\u{1F600}\n"\u2028');
    await sorter.add(added);
    expect(await allOf(sorter)).toEqual(expected(added));
  });

  it('can be read again, side by side too, and after more was added', async () => {
    const sorter = sorterOf(2);
    const added = manyItems(300);
    await sorter.add(added.slice(0, 151));
    const [first, second] = await Promise.all([allOf(sorter), allOf(sorter)]);
    expect(first).toEqual(expected(added.slice(0, 151)));
    expect(second).toEqual(first);
    await sorter.add(added.slice(151));
    expect(await allOf(sorter)).toEqual(expected(added));
  });

  it('can be left in the middle', async () => {
    const sorter = sorterOf(100);
    await sorter.add(manyItems(2500));
    for await (const batch of sorter.sorted()) {
      expect(batch).toHaveLength(1000);
      break;
    }
    expect(await allOf(sorter)).toHaveLength(2500);
  });

  it('removes what it wrote, and the folder that it made', async () => {
    const folder = join(temp, 'deep', 'down', 'runs');
    const sorter = sorterOf(1, folder);
    await sorter.add(manyItems(70));
    await allOf(sorter);
    expect(existsSync(folder)).toBe(true);
    await sorter.cleanUp();
    await sorter.cleanUp();
    expect(existsSync(folder)).toBe(false);
    expect(existsSync(join(temp, 'deep', 'down'))).toBe(true);
  });

  it('does not remove a folder that it never used', async () => {
    const sorter = sorterOf(10, temp);
    await sorter.add(items('a'));
    await sorter.cleanUp();
    expect(existsSync(temp)).toBe(true);
  });
});

describe('where the disk gives no room', () => {
  it('names RUNNER_TEMP when it cannot write', async () => {
    writeFileSync(join(temp, 'a'), '');
    await expect(sorterOf(1).add(items('a'))).rejects.toMatchObject({
      code: 'file-not-writable',
      message: expect.stringContaining(join(temp, 'a', 'runs')),
      hint: expect.stringContaining('RUNNER_TEMP'),
    });
  });

  it('says so when a run is gone or cut off', async () => {
    const folder = join(temp, 'runs');
    const sorter = sorterOf(1, folder);
    await sorter.add(items('a'));
    writeFileSync(join(folder, '0.run'), '{"key":');
    await expect(allOf(sorter)).rejects.toMatchObject({ code: 'file-not-writable' });
    rmSync(join(folder, '0.run'));
    await expect(allOf(sorter)).rejects.toMatchObject({ code: 'file-not-writable' });
  });

  it('lets errors of its caller through as they are', async () => {
    const failing = openSorter<Item>({
      folder: join(temp, 'runs'),
      encode: () => {
        throw new RangeError('mine');
      },
      decode: JSON.parse,
      compare: () => 0,
      runItems: 1,
    });
    await expect(failing.add(items('a'))).rejects.toThrow(RangeError);
  });
});

describe('property: it is Array.sort', () => {
  it('for any items, in any portions, with runs of any size', async () => {
    const key = fc.oneof(
      fc.constantFrom('a', 'b', '\u{1f600}', '\uffff'),
      fc.string({ unit: 'grapheme', maxLength: 4 }),
    );
    let folders = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(key, { maxLength: 9 }), { maxLength: 12 }),
        fc.integer({ min: 1, max: 9 }),
        async (portions, runItems) => {
          const sorter = sorterOf(runItems, join(temp, String(folders++)));
          let added = 0;
          const all = portions.map((keys) => keys.map((one) => ({ key: one, added: added++ })));
          for (const portion of all) await sorter.add(portion);
          expect(await allOf(sorter)).toEqual(expected(all.flat()));
          await sorter.cleanUp();
        },
      ),
      { ...runs(), numRuns: Math.min(runs().numRuns, 2000) / 5 },
    );
  });
});
