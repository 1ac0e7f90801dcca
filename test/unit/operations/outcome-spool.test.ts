import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openOutcomeSpool } from '../../../src/operations/outcome-spool.ts';

/** What became of each key, asked for in the order of the keys, told in any. */

const folder = mkdtempSync(join(tmpdir(), 's3-rollback-outcomes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const place = (name: string) => {
  const [bucket = '', key = ''] = name.split(':');
  return { bucket, key };
};

describe('outcomes', () => {
  it('are found in the order of S3, by bucket and key, whatever order they came in', async () => {
    const spool = openOutcomeSpool(folder);
    spool.add(place('b:a'), { kind: 'restored' });
    // As bytes of UTF-8 an emoji comes after U+FFFD; as JavaScript compares, before.
    spool.add(place('a:\u{1f600}'), { kind: 'skipped', reason: 'superseded' });
    spool.add(place('a:\ufffd'), { kind: 'failed', failure: { code: 'x', message: '', hint: '' } });
    spool.add(place('a:x\ny'), { kind: 'unchanged' });
    const read = await spool.reader();
    const words: (string | undefined)[] = [];
    for (const name of ['a:a', 'a:x', 'a:x\ny', 'a:\ufffd', 'a:\u{1f600}', 'b:a', 'b:b', 'c:a']) {
      const found = await read(place(name));
      words.push(found?.word);
    }
    expect(words).toEqual([
      undefined,
      undefined,
      'unchanged',
      'failed',
      'superseded',
      'restored',
      undefined,
      undefined,
    ]);
    await spool.cleanUp();
  });

  it('may be asked for again and again, as long as it is the same key', async () => {
    const spool = openOutcomeSpool(folder);
    spool.add(place('a:a'), { kind: 'restored' });
    spool.add(place('a:b'), { kind: 'conflict', found: 'it was written' });
    const read = await spool.reader();
    expect(await read(place('a:a'))).toEqual({ bucket: 'a', key: 'a', kind: 'restored', word: 'restored' });
    expect((await read(place('a:a')))?.word).toBe('restored');
    expect((await read(place('a:b')))?.word).toBe('conflict');
    await spool.cleanUp();
  });

  it('none at all', async () => {
    const spool = openOutcomeSpool(folder);
    const read = await spool.reader();
    expect(await read(place('a:a'))).toBeUndefined();
    await spool.cleanUp();
  });

  it('more than memory should hold, and nothing is left of them', async () => {
    const spool = openOutcomeSpool(folder);
    const count = 60_000;
    // A stride without a common divisor: every key once, in no order.
    const keyOf = (i: number) => `k${String((i * 7919) % count).padStart(6, '0')}`;
    for (let i = 0; i < count; i++) {
      spool.add({ bucket: 'b', key: keyOf(i) }, { kind: i % 2 === 0 ? 'restored' : 'unchanged' });
    }
    const read = await spool.reader();
    expect(existsSync(join(folder, 'outcomes'))).toBe(true);
    let found = 0;
    for (let i = 0; i < count; i++) {
      const outcome = await read({ bucket: 'b', key: `k${String(i).padStart(6, '0')}` });
      if (outcome !== undefined) found += 1;
    }
    expect(found).toBe(count);
    await spool.cleanUp();
    expect(existsSync(join(folder, 'outcomes'))).toBe(false);
  });
});
