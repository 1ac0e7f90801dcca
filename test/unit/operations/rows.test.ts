import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CancelledError, RollbackError } from '../../../src/core/errors.ts';
import { SILENT } from '../../../src/core/narrator.ts';
import { newTally } from '../../../src/core/report.ts';
import type { RestoreRequest } from '../../../src/core/request.ts';
import type { Candidate } from '../../../src/operations/planner.ts';
import type { ManifestRun } from '../../../src/operations/row-checks.ts';
import { readRows } from '../../../src/operations/rows.ts';
import * as model from '../../support/model.ts';
import { inventoryOf } from '../../support/model-inventory.ts';
import { modelBuckets } from '../../support/model-port.ts';

/** What the rows of a manifest mean for a run, once they can be read: which keys, and what is refused before any change. */

const folder = mkdtempSync(join(tmpdir(), 's3-rollback-rows-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const T = Date.parse('2026-11-22T12:00:00Z');

const ROLLBACK: Omit<ManifestRun, 'manifest'> = {
  operation: 'rollback',
  scope: { prefix: '', include: [], exclude: [] },
  target: { kind: 'rows' },
  method: 'copy',
  dryRun: false,
  verify: true,
  failOn: 'failures',
  preserve: { objectLock: false, annotations: false },
  planFile: join(folder, 'plan'),
  journalFile: join(folder, 'journal'),
  reportFile: join(folder, 'report'),
};

/** The keys that are planned, as `bucket/key` or `bucket/key: ids`. */
async function planned(
  text: string,
  run: Partial<RestoreRequest> = {},
  more: { format?: 'csv' | 'inventory'; files?: Record<string, Buffer>; stop?: AbortSignal } = {},
): Promise<{ keys: string[]; buckets: readonly string[]; tally: ReturnType<typeof newTally> }> {
  const file = join(folder, 'manifest');
  writeFileSync(file, text);
  const names = ['a', 'b', ...Array.from({ length: 120 }, (_, i) => `bucket-${i}`), 'bucket'];
  const models = Object.fromEntries(names.map((name) => [name, model.emptyBucket('Enabled')]));
  const buckets = modelBuckets(models, { at: T, ...(more.files && { files: more.files }) });
  const manifest = { location: { file }, given: 'restore.csv', format: more.format ?? ('csv' as const) };
  const tally = newTally();
  const rows = await readRows(
    { ...ROLLBACK, ...run, manifest } as ManifestRun,
    { buckets, narrator: SILENT, folder, stop: more.stop ?? new AbortController().signal },
    tally,
  );
  const seen: Candidate[] = [];
  const part = { write: async () => {}, end: async () => {} };
  await rows.plan(
    async (batch) => {
      seen.push(...batch);
      return [];
    },
    { segment: () => part, finish: async () => ({ digest: '' }), cleanUp: async () => {} },
  );
  await rows.cleanUp();
  const keys = seen.map(({ bucket, history, versionIds }) => {
    const ids = versionIds === undefined ? '' : `: ${versionIds.toSorted().join(' ')}`;
    return `${bucket}/${history.key}${ids}`;
  });
  return { keys, buckets: rows.buckets, tally };
}

const lines = (...rows: string[]) => rows.map((row) => `${row}\n`).join('');

describe('which keys the rows mean', () => {
  it('each once, by bucket and in the order of S3, with all the versions that are named', async () => {
    const { keys, buckets } = await planned(
      lines('bucket,z,1', 'bucket,a%2Fb,2', 'bucket,z,3', 'bucket,z,1', 'bucket,a-b,4'),
    );
    expect(keys).toEqual(['bucket/a-b: 4', 'bucket/a/b: 2', 'bucket/z: 1 3']);
    expect(buckets).toEqual(['bucket']);
  });

  it('of several buckets', async () => {
    const { keys, buckets } = await planned(lines('bucket-2,k,1', 'bucket-1,k,2'));
    expect(keys).toEqual(['bucket-1/k: 2', 'bucket-2/k: 1']);
    expect([...buckets].sort()).toEqual(['bucket-1', 'bucket-2']);
  });

  it('narrowed by prefix and globs', async () => {
    const scope = { prefix: 'site/', include: [], exclude: ['**/*.map'] };
    const { keys } = await planned(lines('bucket,site/a,1', 'bucket,site/a.map,1', 'bucket,other,1'), { scope });
    expect(keys).toEqual(['bucket/site/a: 1']);
  });

  it('undelete: a row without an id means the key, whatever other rows say', async () => {
    const run = { operation: 'undelete', target: { kind: 'undelete' } } as const;
    expect((await planned(lines('bucket,k,1', 'bucket,k'), run)).keys).toEqual(['bucket/k']);
  });
});

describe('rows that are refused before anything changes', () => {
  const UNDELETE = { operation: 'undelete', target: { kind: 'undelete' } } as const;

  it.each<[string, string, Partial<RestoreRequest>, RegExp, RegExp]>([
    [
      'in another bucket than the input says',
      lines('bucket-1,k,1', 'bucket-2,k,1'),
      { scope: { bucket: 'bucket-1', prefix: '', include: [], exclude: [] } },
      /restore\.csv, line 2: key k is in bucket bucket-2, and the input bucket says bucket-1/,
      /Leave out "bucket"/,
    ],
    [
      'without a version, where nothing says what to go back to',
      lines('bucket,a,1', 'bucket,k'),
      {},
      /line 2: key k has no version id/,
      /to-time or versions-back/,
    ],
    [
      'with and without a version',
      lines('bucket,k,1', 'bucket,x,1', 'bucket,k'),
      { target: { kind: 'time', at: T } },
      /line 3: key k has no version id here, and one in another row/,
      /all of its rows, or in none/,
    ],
    [
      'several versions of a key, for method delete',
      lines('bucket,k,1', 'bucket,k,2'),
      { method: 'delete' },
      /line 2: key k is named with more than one version/,
      /method: copy/,
    ],
    [
      'of two buckets that would become one key',
      lines('bucket-1,k,1', 'bucket-2,k,2'),
      { destination: { bucket: 'a', prefix: 'x/' } },
      /lines 1 and 2: key k is named in bucket bucket-1 and in bucket-2, and both would become one key of bucket a/,
      /one bucket at a time/,
    ],
    [
      'of the bucket that is copied into',
      lines('bucket,k,1', 'bucket-9,k,2'),
      { destination: { bucket: 'bucket-9', prefix: '' } },
      /line 2: key k is in the bucket that is to be copied into/,
      /destination-prefix/,
    ],
    [
      'in too many buckets',
      lines(...Array.from({ length: 101 }, (_, i) => `bucket-${i},k,1`)),
      {},
      /line 101: .*bucket no. 101/,
      /a few buckets/,
    ],
    [
      'that cannot be read',
      lines('bucket,k,1', 'bucket,a b,1'),
      UNDELETE,
      /line 2, column 2.*not URL-encoded/,
      /a%20b/,
    ],
  ])('%s', async (_, text, run, message, hint) => {
    const error = await planned(text, run).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RollbackError);
    expect(error).toMatchObject({ code: 'invalid-manifest', hint: expect.stringMatching(hint) });
    // Names are in quotation marks.
    expect(String(error).replaceAll('"', '')).toMatch(message);
  });
});

describe('an inventory', () => {
  function someInventory(createdAt = T) {
    const bucket = model.emptyBucket('Enabled');
    const object = { body: 'one', contentType: 'text/html' };
    model.put(bucket, 'early', object, T - 5000);
    model.put(bucket, 'late', object, T - 1000);
    model.put(bucket, 'deleted', object, T - 5000);
    model.addMarker(bucket, 'deleted', T - 4000);
    const { manifest, files } = inventoryOf(bucket, createdAt, () => 0);
    return [manifest, files] as const;
  }
  const of = (run: Partial<RestoreRequest>, createdAt?: number, edit = (text: string) => text) => {
    const [manifest, files] = someInventory(createdAt);
    return planned(edit(manifest), run, { format: 'inventory', files });
  };

  it('undelete: only keys whose current entry is a marker are read again; the others count as they should be', async () => {
    const { keys, tally } = await of({ operation: 'undelete', target: { kind: 'undelete' } });
    expect(keys).toEqual(['bucket/deleted']);
    expect(tally.totals).toMatchObject({ keysExamined: 2, unchanged: 2, entriesExamined: 2 });
    expect([...tally.notes].join()).toContain('2026-11-22T12:00:00Z');
  });

  it('rollback to a time: only keys of which something is newer', async () => {
    expect((await of({ target: { kind: 'time', at: T - 2000 } })).keys).toEqual(['bucket/late']);
    expect((await of({ target: { kind: 'time', at: T - 4500 } })).keys).toEqual(['bucket/deleted', 'bucket/late']);
  });

  it('versions back: every key', async () => {
    expect((await of({ target: { kind: 'versions-back', count: 1 } })).keys).toHaveLength(3);
  });

  it('with a destination and a target: every key, for what is as it should be here is not there', async () => {
    const destination = { bucket: 'a', prefix: '' };
    expect((await of({ target: { kind: 'time', at: T - 2000 }, destination })).keys).toHaveLength(3);
  });

  it('with a destination and no target: all versions of all keys, to be built up there', async () => {
    const { keys } = await of({ destination: { bucket: 'a', prefix: '' } });
    // The bucket is empty by now.
    expect(keys).toEqual(['bucket/deleted: ', 'bucket/early: ', 'bucket/late: ']);
  });

  it.each<[string, Partial<RestoreRequest>, number, (text: string) => string, string]>([
    ['in place it needs a target', {}, T, (t) => t, 'inventory-without-target'],
    ['it must be younger than the time', { target: { kind: 'time', at: T } }, T - 1000, (t) => t, 'inventory-too-old'],
    [
      'it must have times for a time',
      { target: { kind: 'time', at: T - 2000 } },
      T,
      (t) => t.replace('LastModifiedDate', 'ObjectOwner'),
      'inventory-without-times',
    ],
    [
      'it must be of the bucket that the input says',
      {
        operation: 'undelete',
        target: { kind: 'undelete' },
        scope: { bucket: 'a', prefix: '', include: [], exclude: [] },
      },
      T,
      (t) => t,
      'invalid-manifest',
    ],
  ])('%s', async (_, run, createdAt, edit, code) => {
    await expect(of(run, createdAt, edit)).rejects.toMatchObject({ code });
  });
});

describe('a run that is told to stop', () => {
  it('reads no more rows, and leaves no file of its own', async () => {
    const text = lines(...Array.from({ length: 60_000 }, (_, i) => `bucket,${i},1`));
    await expect(planned(text, {}, { stop: AbortSignal.abort() })).rejects.toBeInstanceOf(CancelledError);
    expect(readdirSync(folder)).not.toContain('manifest-rows');
  });

  it('the same row many times over takes no memory for each', async () => {
    const { keys } = await planned(lines(...Array.from({ length: 10_000 }, () => 'bucket,k,1')));
    expect(keys).toEqual(['bucket/k: 1']);
  });
});
