import type { ServerBucket } from '../../support/server-bucket.ts';
import { server } from '../support/act.ts';
import { annotationsOf } from '../support/commands.ts';
import { asCsv, type NamedRow } from '../support/manifests.ts';
import { shapeOf, shapesOf, write } from '../support/shape.ts';
import { stories } from '../support/story.ts';

const BACK = { operation: 'rollback', 'versions-back': '1' };
const ROWS = { operation: 'rollback', manifest: 'rows.csv' };

/** Every version and marker of these keys as rows, in no order. */
async function allRows(bucket: ServerBucket, ...keys: string[]): Promise<NamedRow[]> {
  const histories = await bucket.histories();
  const rows = keys.flatMap((key) =>
    (histories.get(key) ?? []).map(({ versionId }) => ({ bucket: bucket.name, key, versionId })),
  );
  return rows.toSorted((a, b) => (reversed(a.versionId) < reversed(b.versionId) ? -1 : 1));
}

function reversed(text: string): string {
  return [...text].reverse().join('');
}

/** The newest time in a bucket. */
async function now(bucket: ServerBucket): Promise<string> {
  const times = [...(await bucket.histories()).values()].flat().map((row) => row.lastModified);
  return new Date(Math.max(...times)).toISOString();
}

stories('destination', (story) => {
  story('what lived at a time is copied into another bucket; nothing is deleted there', async (context) => {
    const { bucket, another, act, expect } = context;
    const quarantine = await another();
    await write(bucket, 'site/lived', 'A');
    await write(bucket, 'site/deleted later', 'A');
    await write(bucket, 'site/deleted then', 'A x');
    await write(bucket, 'sit', 'A');
    const time = await now(bucket);
    await server.nextSecond();
    await write(bucket, 'site/lived', 'B');
    await write(bucket, 'site/deleted later', 'x');
    await write(bucket, 'site/deleted then', 'B');
    await write(bucket, 'site/newer', 'B');
    await write(quarantine, 'site/lived', 'Z');
    await write(quarantine, 'site/newer', 'Z');
    await write(quarantine, 'site/deleted then', 'Z');
    await write(quarantine, 'other', 'Z');

    const inputs = { operation: 'rollback', prefix: 'site/', 'to-time': time, 'destination-bucket': quarantine.name };
    const run = await act(inputs);
    expect(run.outputs).toMatchObject({ status: 'success', planned: '2', restored: '2', skipped: '2' });
    expect(run.report().skipped).toEqual({ 'nothing-to-copy': 2 });
    expect(run.after).toEqual(run.before);
    expect(shapesOf(await quarantine.histories())).toEqual({
      'site/lived': 'Z A',
      'site/deleted later': 'A',
      'site/newer': 'Z',
      'site/deleted then': 'Z',
      other: 'Z',
    });
    expect(run.plan().lines).toMatchObject(
      ['site/deleted later', 'site/lived'].map((key) => ({
        bucket: quarantine.name,
        key,
        steps: [{ do: 'copy-version', source: { bucket: bucket.name, key } }],
      })),
    );

    const again = await act(inputs);
    expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '2' });
    expect(again.all).toEqual(new Map([...run.all].map(([name, { after }]) => [name, { before: after, after }])));
  });

  story('destination-prefix goes before the whole key', async ({ bucket, another, act, expect }) => {
    const other = await another();
    for (const key of ['site/a', 'site/b c', 'sit']) await write(bucket, key, 'A B');
    const run = await act({
      ...BACK,
      prefix: 'site/',
      'destination-bucket': other.name,
      'destination-prefix': 'q a/+',
    });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '2' });
    expect(shapesOf(await other.histories())).toEqual({ 'q a/+site/a': 'A', 'q a/+site/b c': 'A' });
    expect(run.after).toEqual(run.before);
  });

  story('a prefix alone: beside, in the same bucket', async ({ bucket, act, expect }) => {
    await write(bucket, 'k', 'A B');
    await write(bucket, 'kk', 'A B');
    const run = await act({ ...BACK, key: 'k', 'destination-prefix': 'old/' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(shapesOf(run.after)).toEqual({ k: 'A B', kk: 'A B', 'old/k': 'A' });
  });

  story('what was deleted is copied away and stays deleted', async ({ bucket, act, expect }) => {
    await write(bucket, 'k', 'A B x');
    const run = await act({ operation: 'rollback', key: 'k', 'versions-back': '0', 'destination-prefix': 'old/' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(shapesOf(run.after)).toEqual({ k: 'A B x', 'old/k': 'B' });
  });

  story('whole histories are built up from a list of all versions', async ({ bucket, another, act, expect }) => {
    const other = await another();
    const shapes: Record<string, string> = { a: 'A B C', 'a/b': 'A x B', c: 'A B x', d: 'A x B x C', e: 'A' };
    for (const [key, shape] of Object.entries(shapes)) await write(bucket, key, shape);
    await write(bucket, 'not named', 'A B');
    const rows = await allRows(bucket, ...Object.keys(shapes));
    const run = await act({ ...ROWS, 'destination-bucket': other.name }, asCsv(rows));
    expect(run.outputs).toMatchObject({ status: 'success', planned: '5', restored: '5' });
    expect(shapesOf(await other.histories())).toEqual(shapes);
    expect(run.after).toEqual(run.before);

    const again = await act({ ...ROWS, 'destination-bucket': other.name }, asCsv(rows));
    expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '5' });
    expect(shapesOf(await other.histories())).toEqual(shapes);
  });

  story('a history continues where an earlier run left it', async ({ bucket, another, act, expect }) => {
    const other = await another();
    const [a = '', b = '', c = ''] = await write(bucket, 'k', 'A B C');
    const rowsOf = (...ids: string[]) => ids.map((versionId) => ({ bucket: bucket.name, key: 'k', versionId }));
    const inputs = { ...ROWS, 'destination-bucket': other.name };
    await act(inputs, asCsv(rowsOf(a, b)));
    expect(shapesOf(await other.histories())).toEqual({ k: 'A B' });
    const run = await act(inputs, asCsv(rowsOf(c, a, b)));
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(run.report().steps['copy-version']).toBe(1);
    expect(shapesOf(await other.histories())).toEqual({ k: 'A B C' });
  });

  story('markers over nothing are left out', async ({ bucket, another, act, expect }) => {
    const other = await another();
    const [, marker = '', b = ''] = await write(bucket, 'k', 'A x B');
    const [, alone = ''] = await write(bucket, 'l', 'A x');
    const rows = [
      { bucket: bucket.name, key: 'k', versionId: b },
      { bucket: bucket.name, key: 'k', versionId: marker },
      { bucket: bucket.name, key: 'l', versionId: alone },
    ];
    const run = await act({ ...ROWS, 'destination-bucket': other.name }, asCsv(rows));
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1', skipped: '1' });
    expect(run.report().skipped).toEqual({ 'nothing-to-copy': 1 });
    expect(shapesOf(await other.histories())).toEqual({ k: 'B' });
  });

  story('newer data at the destination is covered, not destroyed', async ({ bucket, another, act, expect }) => {
    const other = await another();
    const [a = '', b = ''] = await write(bucket, 'k', 'A B');
    await write(bucket, 'deleted there', 'A B');
    await write(other, 'k', 'Y Z');
    await write(other, 'deleted there', 'Y x');
    const rows = [a, b].map((versionId) => ({ bucket: bucket.name, key: 'k', versionId }));
    const inputs = { ...ROWS, 'versions-back': '0', 'destination-bucket': other.name };
    const run = await act(
      { ...inputs, manifest: 'rows.csv' },
      asCsv([...rows, ...(await allRows(bucket, 'deleted there'))]),
    );
    expect(run.outputs).toMatchObject({ status: 'success', restored: '2' });
    expect(shapesOf(await other.histories())).toEqual({ k: 'Y Z A B', 'deleted there': 'Y x A B' });
  });

  story('two buckets of one manifest go into one', async ({ bucket, another, act, expect }) => {
    const second = await another();
    const into = await another();
    await write(bucket, 'a', 'A B');
    await write(second, 'b', 'A B');
    const rows = [...(await allRows(second, 'b')), ...(await allRows(bucket, 'a'))];
    const inputs = { ...ROWS, bucket: '', 'destination-bucket': into.name };
    const run = await act(inputs, asCsv(rows));
    expect(run.outputs).toMatchObject({ status: 'success', restored: '2' });
    expect(shapesOf(await into.histories())).toEqual({ a: 'A B', b: 'A B' });

    // The same key of both would be one there.
    await write(second, 'a', 'A');
    const both = [...(await allRows(bucket, 'a')), ...(await allRows(second, 'a'))];
    const refused = await act(inputs, asCsv(both));
    expect(refused.code).toBe(1);
    expect(refused.report().error?.code).toBe('invalid-manifest');
    expect(annotationsOf(refused.stdout, 'error')[0]?.message).toMatch(/lines \d and \d.*both would become one key/);
    expect(shapesOf(await into.histories())).toEqual({ a: 'A B', b: 'A B' });

    const apart = await act({ ...inputs, 'destination-bucket': '', 'destination-prefix': 'old/' }, asCsv(both));
    expect(apart.outputs).toMatchObject({ status: 'success', restored: '2' });
    expect(shapesOf(await bucket.histories())).toEqual({ a: 'A B', 'old/a': 'A B' });
    expect(shapesOf(await second.histories())).toEqual({ a: 'A', b: 'A B', 'old/a': 'A' });
  });

  story('headers, metadata and tags go along', async ({ bucket, another, act, expect }) => {
    const other = await another();
    const dressed = { ContentType: 'text/css', CacheControl: 'max-age=1', Metadata: { author: 'someone' } };
    await bucket.put('k', 'A', { ...dressed, Tagging: 'stage=live' });
    await bucket.put('k', 'B');
    await act({ ...BACK, key: 'k', 'destination-bucket': other.name });
    const there = { Bucket: other.name, Key: 'k' };
    expect(await server.s3.headObject(there)).toMatchObject(dressed);
    expect((await server.s3.getObjectTagging(there)).TagSet).toEqual([{ Key: 'stage', Value: 'live' }]);
  });

  story('a destination that does not exist', async ({ bucket, act, expect }) => {
    await write(bucket, 'k', 'A B');
    const run = await act({ ...BACK, key: 'k', 'destination-bucket': 'no-such-bucket-anywhere' });
    expect(run.code).toBe(1);
    expect(run.report().error?.code).toBe('bucket-not-found');
    expect(annotationsOf(run.stdout, 'error')[0]?.message).toContain('"no-such-bucket-anywhere"');
    expect(run.after).toEqual(run.before);
  });

  story('a destination without versioning', async ({ bucket, another, act, expect }) => {
    const other = await another({ versioning: 'never' });
    await write(bucket, 'k', 'A B');
    await other.put('k', 'Z');
    const run = await act({ ...BACK, key: 'k', 'destination-bucket': other.name });
    expect(run.code).toBe(1);
    expect(run.report().error?.code).toBe('versioning-off');
    expect(annotationsOf(run.stdout, 'error')[0]?.message).toContain(other.name);
    expect(shapesOf(await other.histories())).toEqual({ k: 'Z' });
  });

  story('a suspended destination: one version where nothing is lost, no history', async (context) => {
    const { bucket, another, act, expect } = context;
    const other = await another();
    await write(other, 'covered', 'Z');
    await other.versioning('Suspended');
    await other.put('null', 'Z');
    for (const key of ['new', 'covered', 'null']) await write(bucket, key, 'A B');
    const one = await act({ ...BACK, 'whole-bucket': 'true', 'destination-bucket': other.name });
    expect(one.outputs).toMatchObject({ status: 'success', restored: '2', skipped: '1' });
    expect(one.report().skipped).toEqual({ 'would-destroy-null-version': 1 });
    expect(one.report().notes.join()).toContain('suspended');
    const there = { new: 'A', covered: 'Z A', null: 'Z' };
    expect(shapesOf(await other.histories())).toEqual(there);

    const rows = await allRows(bucket, 'new');
    const more = await act({ ...ROWS, 'destination-bucket': other.name, 'destination-prefix': 'x' }, asCsv(rows));
    expect(more.report().skipped).toEqual({ 'would-destroy-null-version': 1 });
    expect(shapesOf(await other.histories())).toEqual(there);
  });

  story('the bucket itself is no destination', async ({ bucket, act, expect }) => {
    await write(bucket, 'k', 'A B');
    const run = await act({ ...BACK, key: 'k', 'destination-bucket': bucket.name });
    expect(run.code).toBe(1);
    expect(annotationsOf(run.stdout, 'error')[0]?.message).toMatch(/"destination-bucket".*is the bucket itself/s);
    expect(shapeOf(await bucket.history('k'))).toBe('A B');
  });

  story('a dry run plans for the destination, and nothing is there', async ({ bucket, another, act, expect }) => {
    const other = await another();
    await write(bucket, 'k', 'A B');
    const run = await act({ ...BACK, key: 'k', 'destination-bucket': other.name, 'dry-run': 'true' });
    expect(run.outputs).toMatchObject({ status: 'planned', planned: '1' });
    expect(run.plan().lines).toMatchObject([{ bucket: other.name, key: 'k', from: null }]);
    expect(await other.histories()).toEqual(new Map());
  });
});
