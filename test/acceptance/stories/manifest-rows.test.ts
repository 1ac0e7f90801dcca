import type { Inputs } from '../../support/runner.ts';
import { annotationsOf } from '../support/commands.ts';
import { asCsv, jsonl, type NamedRow } from '../support/manifests.ts';
import { shapeOf, shapesOf, write } from '../support/shape.ts';
import { stories } from '../support/story.ts';

const UNDELETE = { operation: 'undelete', manifest: 'rows.csv' };
const ROLLBACK = { operation: 'rollback', manifest: 'rows.csv' };
const BACK: Inputs = { ...ROLLBACK, 'versions-back': '1' };

stories('manifest-rows', (story) => {
  story('undelete: rows without an id, rows with one, and both of one key', async ({ bucket, act, expect }) => {
    const ids = new Map<string, string[]>();
    for (const key of ['plain', 'named', 'both', 'live', 'not-named']) {
      ids.set(key, await write(bucket, key, key === 'live' ? 'A' : 'A x'));
    }
    const markerOf = (key: string) => ids.get(key)?.[1] ?? '';
    const rows: NamedRow[] = [
      { bucket: bucket.name, key: 'plain' },
      { bucket: bucket.name, key: 'named', versionId: markerOf('named') },
      { bucket: bucket.name, key: 'both' },
      { bucket: bucket.name, key: 'both', versionId: markerOf('both') },
      { bucket: bucket.name, key: 'live' },
    ];
    const run = await act(UNDELETE, { files: { 'rows.csv': jsonl(rows) }, rows });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '3', unchanged: '1' });
    expect(shapesOf(run.after)).toEqual({ plain: 'A', named: 'A', both: 'A', live: 'A', 'not-named': 'A x' });

    const again = await act({ ...UNDELETE, 'fail-on': 'conflicts' }, { files: { 'rows.csv': jsonl(rows) }, rows });
    expect(again.code).toBe(0);
    expect(again.outputs).toMatchObject({ status: 'no-change', restored: '0' });
    expect(again.after).toEqual(run.after);
  });

  story('undelete: a row that names no marker on top is skipped, and says why', async ({ bucket, act, expect }) => {
    const [, old = '', , newer = ''] = await write(bucket, 'again', 'A x B x');
    const [version = ''] = await write(bucket, 'data', 'A x');
    const [, overwritten = ''] = await write(bucket, 'overwritten', 'A x B');
    const rows = [
      { bucket: bucket.name, key: 'again', versionId: old },
      { bucket: bucket.name, key: 'data', versionId: version },
      { bucket: bucket.name, key: 'overwritten', versionId: overwritten },
      { bucket: bucket.name, key: 'nowhere', versionId: newer },
    ];
    const run = await act(UNDELETE, asCsv(rows));
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'no-change', skipped: '4' });
    expect(run.report().skipped).toEqual({ 'not-a-current-delete-marker': 4 });
    expect(run.summary).toContain('not-a-current-delete-marker');
    expect(run.after).toEqual(run.before);
  });

  story('rollback: each key to the version that its row names', async ({ bucket, act, expect }) => {
    const keys = ['a', 'a/b', 'ab', 'a b', 'z'];
    const rows: NamedRow[] = [];
    for (const key of keys) {
      const [, versionId = ''] = await write(bucket, key, 'A B C');
      rows.push({ bucket: bucket.name, key, versionId });
    }
    await write(bucket, 'a/', 'A B C');
    const [deleted = ''] = await write(bucket, 'deleted', 'A x');
    rows.push({ bucket: bucket.name, key: 'deleted', versionId: deleted });
    const run = await act(ROLLBACK, asCsv(rows.toReversed()));
    expect(run.outputs).toMatchObject({ status: 'success', restored: '6' });
    const back = Object.fromEntries(keys.map((key) => [key, 'A B C B']));
    expect(shapesOf(run.after)).toEqual({ ...back, 'a/': 'A B C', deleted: 'A' });

    const again = await act(ROLLBACK, asCsv(rows));
    expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '6' });
    expect(again.after).toEqual(run.after);
  });

  story('rollback by delete to the versions of the rows', async ({ bucket, act, expect }) => {
    const [a = ''] = await write(bucket, 'a', 'A B C');
    await write(bucket, 'b', 'A B C');
    const rows = [{ bucket: bucket.name, key: 'a', versionId: a }];
    const run = await act({ ...ROLLBACK, method: 'delete', 'max-deletes': '2' }, asCsv(rows));
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(shapesOf(run.after)).toEqual({ a: 'A', b: 'A B C' });
  });

  story('rollback: a row without an id goes where the input says, one with an id where it says', async (context) => {
    const { bucket, act, expect } = context;
    const [a = ''] = await write(bucket, 'a', 'A B C');
    await write(bucket, 'b', 'A B C');
    await write(bucket, 'c', 'A');
    await write(bucket, 'd', 'A B C');
    const rows = [
      { bucket: bucket.name, key: 'a', versionId: a },
      { bucket: bucket.name, key: 'b' },
      { bucket: bucket.name, key: 'c' },
    ];
    const run = await act(BACK, { files: { 'rows.csv': jsonl(rows) }, rows });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '2', skipped: '1' });
    expect(run.report().skipped).toEqual({ 'not-enough-versions': 1 });
    expect(shapesOf(run.after)).toEqual({ a: 'A B C A', b: 'A B C B', c: 'A', d: 'A B C' });
  });

  story(
    'the version that was there before versioning is called null',
    async ({ bucket, act, expect }) => {
      await bucket.put('k', 'A');
      await bucket.put('deleted', 'A');
      await bucket.versioning('Enabled');
      await bucket.put('k', 'B');
      await bucket.mark('deleted');
      const rows = ['k', 'deleted'].map((key) => ({ bucket: bucket.name, key, versionId: 'null' }));
      const run = await act(ROLLBACK, asCsv(rows));
      expect(run.outputs).toMatchObject({ status: 'success', restored: '2' });
      expect(shapesOf(run.after)).toEqual({ k: 'A B A', deleted: 'A' });
    },
    { versioning: 'never' },
  );

  story('rows that are there twice count once', async ({ bucket, act, expect }) => {
    const [first = ''] = await write(bucket, 'a', 'A B');
    await write(bucket, 'b', 'A B');
    const one = [
      { bucket: bucket.name, key: 'a', versionId: first },
      { bucket: bucket.name, key: 'b' },
    ];
    const run = await act(BACK, {
      files: { 'rows.csv': jsonl([...one, ...one.toReversed(), ...one]) },
      rows: one,
    });
    expect(run.outputs).toMatchObject({ planned: '2', restored: '2' });
    expect(shapesOf(run.after)).toEqual({ a: 'A B A', b: 'A B A' });
  });

  story('two buckets in one manifest, the same key in both', async ({ bucket, another, act, expect }) => {
    const other = await another();
    for (const one of [bucket, other]) {
      await write(one, 'k', 'A B');
      await write(one, 'l', 'A B');
    }
    const rows = [
      { bucket: other.name, key: 'k' },
      { bucket: bucket.name, key: 'k' },
      { bucket: other.name, key: 'l' },
    ];
    const run = await act({ ...BACK, bucket: '' }, asCsv(rows));
    expect(run.outputs).toMatchObject({ status: 'success', planned: '3', restored: '3' });
    expect(shapesOf(run.after)).toEqual({ k: 'A B A', l: 'A B' });
    expect(shapesOf(await other.histories())).toEqual({ k: 'A B A', l: 'A B A' });
    expect(run.report().scope).not.toHaveProperty('bucket');
  });

  story('a row of another bucket than the input says: refused, nothing is changed', async (context) => {
    const { bucket, another, act, expect } = context;
    const other = await another();
    await write(bucket, 'k', 'A x');
    await write(other, 'k', 'A x');
    const rows = [bucket, other].map(({ name }) => ({ bucket: name, key: 'k' }));
    const run = await act(UNDELETE, asCsv(rows));
    expect(run.code).toBe(1);
    expect(run.report().error?.code).toBe('invalid-manifest');
    const [error] = annotationsOf(run.stdout, 'error');
    expect(error?.message).toMatch(/rows\.csv.*line 2.*input "bucket"/s);
    expect(error?.message).toContain(other.name);
    expect(run.after).toEqual(run.before);
    expect(shapesOf(await other.histories())).toEqual({ k: 'A x' });
  });

  story('prefix, include and exclude narrow the rows', async ({ bucket, act, expect }) => {
    const keys = ['site/a.html', 'site/b.css', 'site/tmp/c.html', 'sit', 'other/d.html'];
    for (const key of keys) await write(bucket, key, 'A x');
    const rows = keys.map((key) => ({ bucket: bucket.name, key }));
    const run = await act({ ...UNDELETE, prefix: 'site/', include: '**/*.html', exclude: 'site/tmp/**' }, asCsv(rows));
    expect(run.outputs).toMatchObject({ status: 'success', planned: '1', restored: '1' });
    expect(shapesOf(run.after)).toMatchObject({ 'site/a.html': 'A', 'site/b.css': 'A x', 'site/tmp/c.html': 'A x' });
  });

  story('no row in scope: nothing to do, and that is said', async ({ bucket, act, expect }) => {
    await write(bucket, 'k', 'A x');
    const rows = [{ bucket: bucket.name, key: 'k' }];
    const run = await act({ ...UNDELETE, prefix: 'other/' }, asCsv(rows));
    expect(run.code).toBe(0);
    expect(run.outputs.status).toBe('no-change');
    expect(run.report().notes.join()).toContain('no row to act on');
  });

  story('versions and keys that are not there fail row by row; the others go back', async (context) => {
    const { bucket, act, expect } = context;
    const [a = ''] = await write(bucket, 'a', 'A B');
    const [gone = ''] = await write(bucket, 'gone', 'A B');
    await bucket.remove('gone', gone);
    const [, marker = ''] = await write(bucket, 'marker', 'A x B');
    const rows = [
      { bucket: bucket.name, key: 'a', versionId: a },
      { bucket: bucket.name, key: 'gone', versionId: gone },
      { bucket: bucket.name, key: 'marker', versionId: marker },
      { bucket: bucket.name, key: 'nowhere', versionId: a },
    ];
    const run = await act(ROLLBACK, asCsv(rows));
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '1', failed: '3' });
    const failures = run.report().failures.map(({ key, code, hint }) => ({ key, code, hinted: hint !== '' }));
    const code = 'version-not-found';
    expect(failures.toSorted((x, y) => x.key.localeCompare(y.key))).toEqual(
      ['gone', 'marker', 'nowhere'].map((key) => ({ key, code, hinted: true })),
    );
    expect(shapesOf(run.after)).toEqual({ a: 'A B A', gone: 'B', marker: 'A x B' });
  });

  story('keys that are not there fail, and say how keys are written', async ({ bucket, act, expect }) => {
    await write(bucket, 'a b', 'A B');
    await write(bucket, 'c', 'A x');
    const rows = ['a b', 'a+b', 'A B'].map((key) => ({ bucket: bucket.name, key }));
    const run = await act(BACK, asCsv(rows));
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '1', failed: '2' });
    expect(run.report().failures.map(({ key, code }) => [key, code])).toEqual([
      ['A B', 'key-not-found'],
      ['a+b', 'key-not-found'],
    ]);
    expect(run.report().failures[0]?.hint).toContain('URL-encoded');
    const undelete = await act(UNDELETE, asCsv([{ bucket: bucket.name, key: 'd' }]));
    expect(undelete.report().failures).toMatchObject([{ key: 'd', code: 'key-not-found' }]);
  });

  story('several versions of keys in a shuffled manifest come on top in their old order', async (context) => {
    const { bucket, act, expect } = context;
    const rows: NamedRow[] = [];
    for (const key of ['k1', 'k2', 'k3']) {
      const [a = '', b = '', c = ''] = await write(bucket, key, 'A B C D');
      for (const versionId of [c, a, b]) rows.push({ bucket: bucket.name, key, versionId });
    }
    const [only = ''] = await write(bucket, 'single', 'A B');
    rows.push({ bucket: bucket.name, key: 'single', versionId: only });
    const [d = '', e = ''] = await write(bucket, 'deleted', 'A B x');
    rows.push(
      { bucket: bucket.name, key: 'deleted', versionId: e },
      { bucket: bucket.name, key: 'deleted', versionId: d },
    );
    const shuffled = [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11].flatMap((i) => rows[i] ?? []);
    const run = await act(ROLLBACK, asCsv(shuffled));
    expect(run.outputs).toMatchObject({ status: 'success', planned: '5', restored: '5' });
    expect(shapesOf(run.after)).toEqual({
      k1: 'A B C D A B C',
      k2: 'A B C D A B C',
      k3: 'A B C D A B C',
      single: 'A B A',
      // They lie there as they should: only the marker goes.
      deleted: 'A B',
    });

    const again = await act(ROLLBACK, asCsv(shuffled.toReversed()));
    expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '5' });
    expect(again.after).toEqual(run.after);
  });

  story('a dry run writes the plan of a manifest and changes nothing', async ({ bucket, act, expect }) => {
    const [a = '', b = ''] = await write(bucket, 'k', 'A B C');
    const rows = [b, a].map((versionId) => ({ bucket: bucket.name, key: 'k', versionId }));
    const run = await act({ ...ROLLBACK, 'dry-run': 'true' }, asCsv(rows));
    expect(run.outputs).toMatchObject({ status: 'planned', planned: '1' });
    expect(run.plan().lines).toMatchObject([
      {
        key: 'k',
        to: { versionId: b },
        steps: [
          { do: 'copy-version', versionId: a },
          { do: 'copy-version', versionId: b },
        ],
      },
    ]);
    expect(run.report().steps).toMatchObject({ 'copy-version': 2 });
    expect(shapeOf(await bucket.history('k'))).toBe('A B C');
  });
});
