import type { Bucket, PutOptions } from '../../../sandbox/index.ts';
import { annotationsOf } from '../support/commands.ts';
import { asCsv } from '../support/manifests.ts';
import { minute, onSandbox, seed } from '../support/sandbox.ts';

const ROLLBACK = { operation: 'rollback', 'whole-bucket': 'true', 'versions-back': '1' };
// Versions back would count from the result of the first run.
const RESTORE = {
  operation: 'rollback',
  'whole-bucket': 'true',
  'to-time': new Date(minute(0)).toISOString(),
  archived: 'restore',
};

/** The history `A B`, of which A lies in an archive; gives the id of A. */
function seedCold(bucket: Bucket, key: string, options: PutOptions): string {
  const version = bucket.put(key, { body: 'A', lastModified: minute(0), ...options });
  bucket.put(key, { body: 'B', lastModified: minute(1) });
  return version;
}

/** Where versions may lie, what the note calls it, and how long it says a standard restore takes. */
const ARCHIVES: readonly (readonly [options: PutOptions, archive: string, waiting: string])[] = [
  [{ storageClass: 'GLACIER' }, 'GLACIER', '3 to 5 hours'],
  [{ storageClass: 'DEEP_ARCHIVE' }, 'DEEP_ARCHIVE', 'up to 12 hours'],
  [{ archiveTier: 'ARCHIVE_ACCESS' }, 'ARCHIVE_ACCESS', '3 to 5 hours'],
  [{ archiveTier: 'DEEP_ARCHIVE_ACCESS' }, 'DEEP_ARCHIVE_ACCESS', 'up to 12 hours'],
];

onSandbox('versions in an archive', (test) => {
  for (const [options, archive, waiting] of ARCHIVES) {
    test(`${archive}: an undelete needs nothing from there`, async ({ bucket, act, expect, requests }) => {
      bucket.put('k', { body: 'A', ...options });
      bucket.delete('k');
      const run = await act({ operation: 'undelete', key: 'k' });
      expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
      expect(requests('RestoreObject', 'GetObject', 'HeadObject', 'CopyObject')).toEqual([]);
    });

    test(`${archive}: left alone by default, with the class and the waiting time`, async (context) => {
      const { bucket, act, expect, mutations } = context;
      seedCold(bucket, 'k', options);
      const run = await act(ROLLBACK);
      expect(run.code).toBe(0);
      expect(run.outputs).toMatchObject({ status: 'no-change', skipped: '1' });
      expect(run.report().skipped).toEqual({ archived: 1 });
      const notes = run.report().notes.join();
      expect(notes).toContain(`in ${archive} (`);
      expect(notes).toContain(waiting);
      expect(notes).toContain('archived: restore');
      expect(run.summary).toContain(waiting);
      expect(mutations()).toEqual([]);
    });

    test(`${archive}: requested, waited for, copied by a later run`, async (context) => {
      const { bucket, act, expect, requests, shapes } = context;
      const version = seedCold(bucket, 'k', options);
      const rollback = {
        operation: 'rollback',
        key: 'k',
        'version-id': version,
        archived: 'restore',
        'restore-days': '3',
      };
      const dry = await act({ ...rollback, 'dry-run': 'true' });
      expect(dry.outputs).toMatchObject({ status: 'planned', planned: '0', skipped: '1' });
      expect(requests('RestoreObject')).toEqual([]);

      const first = await act({ ...rollback, 'restore-tier': 'Bulk' });
      expect(first.code).toBe(0);
      expect(first.report()).toMatchObject({ skipped: { 'restore-requested': 1 }, requests: { put: 1, copy: 0 } });
      expect(requests('RestoreObject')).toMatchObject([{ key: 'k', versionId: version, status: 202 }]);
      expect(bucket.find('k', version)?.restore?.days).toBe(options.archiveTier === undefined ? 3 : undefined);
      expect(first.report().notes.join()).toContain('run the same step again');

      const second = await act(rollback);
      expect(second.code).toBe(0);
      expect(second.report().skipped).toEqual({ 'restore-in-progress': 1 });
      expect(shapes()).toEqual({ k: 'A B' });

      bucket.finishRestore('k', { versionId: version, until: '2099-01-01T00:00:00Z' });
      const asked = requests('RestoreObject').length;
      const third = await act(rollback);
      expect(third.outputs).toMatchObject({ status: 'success', restored: '1' });
      expect(shapes()).toEqual({ k: 'A B A' });
      // A copy is of the class that its source has.
      expect(bucket.current('k')?.storageClass).toBe(options.storageClass ?? 'INTELLIGENT_TIERING');
      expect(requests('RestoreObject')).toHaveLength(asked);

      const fourth = await act(rollback);
      expect(fourth.outputs).toMatchObject({ status: 'no-change', unchanged: '1' });
      expect(requests('CopyObject')).toHaveLength(1);
    });
  }
});

onSandbox('archived: restore', (test) => {
  test('what is asked for: days and tier, once for each version; no days for Intelligent-Tiering', async (context) => {
    const { bucket, act, expect, fault, requests } = context;
    for (const [options, archive] of ARCHIVES) {
      seedCold(bucket, archive, options);
    }
    fault({ operation: 'RestoreObject', times: 1, respond: { status: 503, code: 'SlowDown' } });
    const run = await act({ ...RESTORE, 'restore-days': '9', 'restore-tier': 'standard' });
    expect(run.report().skipped).toEqual({ 'restore-requested': 4 });
    // Tried again where S3 asked to slow down, and only there.
    const done = requests('RestoreObject').filter((one) => one.status === 202);
    expect(done.map((one) => one.key).toSorted()).toEqual(ARCHIVES.map(([, archive]) => archive).toSorted());
    expect(requests('RestoreObject')).toHaveLength(5);
    for (const [options, archive] of ARCHIVES) {
      const days = options.archiveTier === undefined ? 9 : undefined;
      expect(bucket.entries(archive)[1]?.restore, archive).toEqual(days === undefined ? {} : { days });
    }
  });

  test('the other keys are copied meanwhile', async ({ bucket, act, expect, shapes }) => {
    seedCold(bucket, 'cold', { storageClass: 'GLACIER' });
    seed(bucket, 'warm', 'A B');
    const run = await act(RESTORE);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1', skipped: '1' });
    expect(shapes()).toEqual({ cold: 'A B', warm: 'A B A' });
  });

  test('so many versions back: warned, for a second run counts from the result', async ({ bucket, act, expect }) => {
    seedCold(bucket, 'k', { storageClass: 'GLACIER' });
    const run = await act({ ...ROLLBACK, archived: 'restore' });
    expect(run.report().skipped).toEqual({ 'restore-requested': 1 });
    expect(annotationsOf(run.stdout, 'warning').map((one) => one.message)).toContainEqual(
      expect.stringMatching(/"versions-back" counts from what is there.*archived: restore/s),
    );
  });

  test('expedited from the deep archive fails that key with the mend; the others go on', async (context) => {
    const { bucket, act, expect, shapes } = context;
    for (const [key, storageClass] of [
      ['deep', 'DEEP_ARCHIVE'],
      ['near', 'GLACIER'],
    ] as const) {
      seedCold(bucket, key, { storageClass });
    }
    seed(bucket, 'warm', 'A B');
    const run = await act({ ...RESTORE, 'restore-tier': 'Expedited' });
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '1', skipped: '1', failed: '1' });
    expect(run.report().failures).toMatchObject([{ key: 'deep', hint: expect.stringContaining('restore-tier') }]);
    expect(run.report().skipped).toEqual({ 'restore-requested': 1 });
    expect(shapes()).toMatchObject({ warm: 'A B A' });
  });

  test('what is denied names s3:RestoreObject', async ({ bucket, act, expect, fault }) => {
    seedCold(bucket, 'k', { storageClass: 'GLACIER' });
    fault({ operation: 'RestoreObject', respond: { status: 403, code: 'AccessDenied', message: 'Access Denied' } });
    const run = await act(RESTORE);
    expect(run.code).toBe(1);
    expect(run.report().failures).toMatchObject([{ key: 'k', hint: expect.stringContaining('s3:RestoreObject') }]);
  });

  test('over max-changes nothing is requested', async ({ bucket, act, expect, mutations }) => {
    seedCold(bucket, 'cold', { storageClass: 'GLACIER' });
    for (const key of ['a', 'b']) seed(bucket, key, 'A B');
    const run = await act({ ...RESTORE, 'max-changes': '1' });
    expect(run.code).toBe(1);
    expect(run.report().error?.code).toBe('max-changes-exceeded');
    expect(mutations()).toEqual([]);
  });

  test('of several versions of a key none is copied before all can be read', async (context) => {
    const { bucket, another, act, expect, requests, shapes } = context;
    const other = another();
    const cold = ['A', 'B'].map((body) => bucket.put('k', { body, storageClass: 'GLACIER' }));
    const warm = bucket.put('k', { body: 'C' });
    const rows = [...cold, warm].map((versionId) => ({ bucket: bucket.name, key: 'k', versionId }));
    const inputs = {
      operation: 'rollback',
      manifest: 'rows.csv',
      archived: 'restore',
      'destination-bucket': other.name,
    };
    const first = await act(inputs, asCsv(rows));
    expect(first.report().skipped).toEqual({ 'restore-requested': 1 });
    expect(requests('RestoreObject').map((one) => one.versionId)).toEqual(cold);
    expect(shapes(other)).toEqual({});

    bucket.finishRestore('k', { versionId: cold[0] ?? '', until: '2099-01-01T00:00:00Z' });
    const second = await act(inputs, asCsv(rows));
    expect(second.report().skipped).toEqual({ 'restore-in-progress': 1 });
    expect(shapes(other)).toEqual({});

    bucket.finishRestore('k', { versionId: cold[1] ?? '', until: '2099-01-01T00:00:00Z' });
    const third = await act(inputs, asCsv(rows));
    expect(third.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(shapes(other)).toEqual({ k: 'A B C' });
    expect(other.entries('k').map((entry) => entry.storageClass)).toEqual(['STANDARD', 'GLACIER', 'GLACIER']);
  });
});
