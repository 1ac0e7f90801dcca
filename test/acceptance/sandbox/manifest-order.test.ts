import { generator } from '../../../sandbox/faults.ts';
import type { Bucket, RequestRecord } from '../../../sandbox/index.ts';
import { asCsv, jsonl, type NamedRow } from '../support/manifests.ts';
import { onSandbox, seed } from '../support/sandbox.ts';
import { victim } from '../support/signals.ts';

const ROWS = { operation: 'rollback', manifest: 'rows.csv' };
const KEYS = Array.from({ length: 12 }, (_, i) => `k${String(i).padStart(2, '0')}`);
const random = generator(20260304);

function shuffled<T>(all: readonly T[]): T[] {
  return all
    .map((one) => [random(), one] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, one]) => one);
}

/** Twelve keys with the history `A B C D`, of which B, A and C are to come back in this order: A, B, C. */
function seedStacks(bucket: Bucket): { rows: NamedRow[]; idsOf: ReadonlyMap<string, readonly string[]> } {
  const idsOf = new Map(KEYS.map((key) => [key, seed(bucket, key, 'A B C D').slice(0, 3)]));
  const rows = [...idsOf].flatMap(([key, ids]) => ids.map((versionId) => ({ bucket: bucket.name, key, versionId })));
  return { rows: shuffled(rows), idsOf };
}

function copied({ headers }: RequestRecord): string {
  return /versionId=(.+)$/.exec(headers['x-amz-copy-source'] ?? '')?.[1] ?? '';
}

onSandbox('the order of several versions', (test) => {
  test('every noncurrent version of all keys is copied before the first newest one', async (context) => {
    const { bucket, act, expect, fault, requests, shapes, mutations } = context;
    const { rows, idsOf } = seedStacks(bucket);
    const below = new Set([...idsOf.values()].flatMap((ids) => ids.slice(0, 2)));
    const isBelow = (key: string | undefined) => {
      const [last] = requests('CopyObject')
        .filter((one) => one.key === key)
        .slice(-1);
      return last !== undefined && below.has(copied(last));
    };
    let openBelow = 0;
    const early: string[] = [];
    fault({
      operation: 'CopyObject',
      hook: ({ key = '' }) => {
        if (isBelow(key)) openBelow += 1;
        else if (openBelow > 0) early.push(key);
      },
    });
    fault({ operation: 'CopyObject', latencyMs: 5 });
    fault({
      operation: 'CopyObject',
      when: 'after',
      hook: ({ key }) => {
        if (isBelow(key)) openBelow -= 1;
      },
    });
    const run = await act(ROWS, asCsv(rows));
    expect(run.outputs).toMatchObject({ status: 'success', planned: '12', restored: '12' });
    expect(run.report().steps['copy-version']).toBe(36);
    expect(shapes()).toEqual(Object.fromEntries(KEYS.map((key) => [key, 'A B C D A B C'])));

    const sent = requests('CopyObject').map(copied);
    expect(new Set(sent.slice(0, 24))).toEqual(below);
    for (const [key, ids] of idsOf) {
      const own = requests('CopyObject').filter((one) => one.key === key);
      expect(own.map(copied), `the versions of ${key}, oldest first`).toEqual(ids);
    }
    expect(early, 'newest versions that did not wait for the answers to the others').toEqual([]);

    const again = await act(ROWS, asCsv(shuffled(rows)));
    expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '12', 'journal-file': '' });
    expect(mutations()).toHaveLength(36);
  });

  test('of two buckets, too', async ({ bucket, another, act, expect, requests, shapes }) => {
    const other = another();
    const stacks = [bucket, other].map(seedStacks);
    const rows = shuffled(stacks.flatMap((stack) => stack.rows));
    const below = new Set(stacks.flatMap(({ idsOf }) => [...idsOf.values()].flatMap((ids) => ids.slice(0, 2))));
    const run = await act({ ...ROWS, bucket: '' }, asCsv(rows));
    expect(run.outputs).toMatchObject({ status: 'success', planned: '24', restored: '24' });
    const sent = requests('CopyObject').map(copied);
    expect(sent).toHaveLength(72);
    expect(new Set(sent.slice(0, 48))).toEqual(below);
    const back = Object.fromEntries(KEYS.map((key) => [key, 'A B C D A B C']));
    expect([shapes(), shapes(other)]).toEqual([back, back]);
  });

  test('keys with one version wait for the noncurrent ones of the others', async (context) => {
    const { bucket, act, expect, requests, shapes } = context;
    const [single = ''] = seed(bucket, 'a', 'A B');
    const [first = '', second = ''] = seed(bucket, 'b', 'A B C');
    seed(bucket, 'c', 'A x');
    const rows = [
      { bucket: bucket.name, key: 'a', versionId: single },
      { bucket: bucket.name, key: 'b', versionId: second },
      { bucket: bucket.name, key: 'b', versionId: first },
      { bucket: bucket.name, key: 'c' },
    ];
    await act({ ...ROWS, 'versions-back': '0' }, { files: { 'rows.csv': jsonl(rows) }, rows });
    const [change] = requests('CopyObject', 'DeleteObjects');
    expect(change).toMatchObject({ operation: 'CopyObject', key: 'b' });
    expect(change && copied(change)).toBe(first);
    expect(shapes()).toEqual({ a: 'A B A', b: 'A B C A B', c: 'A' });
  });

  for (let moment = 1; moment <= 10; moment++) {
    const nth = Math.floor(random() * 36);
    const arrives = random() < 0.5;
    test(`killed over copy ${nth + 1}, which ${arrives ? 'was done' : 'never arrived'}: the next run ends in the same order`, async (context) => {
      const { bucket, act, expect, fault, shapes, requests } = context;
      const { rows } = seedStacks(bucket);
      const { onSpawn, kill } = victim();
      const once = { operation: 'CopyObject', skip: nth, times: 1 } as const;
      fault({ ...once, hook: kill, when: arrives ? 'after' : 'before' });
      if (!arrives) fault({ ...once, drop: 'before' });
      const killed = await act(ROWS, { ...asCsv(rows), onSpawn });
      expect(killed.signal).toBe('SIGKILL');

      const again = await act(ROWS, { ...asCsv(rows), others: true });
      expect(again.code).toBe(0);
      expect(again.outputs).toMatchObject({ failed: '0', conflicts: '0', skipped: '0' });
      expect(shapes()).toEqual(Object.fromEntries(KEYS.map((key) => [key, 'A B C D A B C'])));
      // One more at most than without the kill for each copy whose answer nobody read.
      expect(requests('CopyObject').filter((one) => one.status === 200)).toHaveLength(36);
    });
  }

  test('a failure below keeps the newest from being put on top; the other keys are done', async (context) => {
    const { bucket, act, expect, fault, shapes } = context;
    const { rows } = seedStacks(bucket);
    const respond = { status: 403, code: 'AccessDenied', message: 'Access Denied' };
    fault({ operation: 'CopyObject', key: 'k03', skip: 1, times: 1, respond });
    const run = await act(ROWS, asCsv(rows));
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '11', failed: '1' });
    expect(run.report().failures).toMatchObject([{ key: 'k03', code: 'AccessDenied' }]);
    expect(shapes()).toMatchObject({ k02: 'A B C D A B C', k03: 'A B C D A', k04: 'A B C D A B C' });
    const again = await act(ROWS, asCsv(rows));
    expect(again.outputs).toMatchObject({ status: 'success', restored: '1', unchanged: '11' });
    expect(shapes()).toMatchObject({ k03: 'A B C D A B C' });
  });

  test('a write of somebody else in between is a conflict, and stays on top', async (context) => {
    const { bucket, act, expect, fault, shapes } = context;
    const { rows } = seedStacks(bucket);
    fault({
      operation: 'CopyObject',
      key: 'k03',
      skip: 1,
      times: 1,
      hook: () => void bucket.put('k03', { body: 'Z' }),
    });
    const run = await act(ROWS, { ...asCsv(rows), others: true });
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '11', conflicts: '1' });
    expect(shapes()).toMatchObject({ k03: 'A B C D A Z', k04: 'A B C D A B C' });
  });
});
