import type { ServerBucket } from '../../support/server-bucket.ts';
import { server } from '../support/act.ts';
import { type Field, inventoryOf } from '../support/manifests.ts';
import { shapesOf, write } from '../support/shape.ts';
import { type StoryContext, stories } from '../support/story.ts';

const FOLDER = 'inventory of today';

/** Makes an inventory of the bucket as it is, in a bucket for such; gives its URL. */
async function takeInventory(
  { bucket }: StoryContext,
  lists: ServerBucket,
  options: { fields?: readonly Field[] } = {},
): Promise<string> {
  const histories = await bucket.histories();
  const createdAt = Math.max(...[...histories.values()].flat().map((row) => row.lastModified)) + 1000;
  const files = inventoryOf(bucket.name, histories, lists.name, { createdAt, folder: FOLDER, ...options });
  for (const [key, content] of Object.entries(files)) await lists.put(key, content);
  return `s3://${lists.name}/${FOLDER}/manifest.json`;
}

stories('inventory', (story) => {
  story('undelete: what it knows as deleted, as far as it still is', async (context) => {
    const { bucket, another, act, expect } = context;
    const lists = await another({ versioning: 'never' });
    for (const key of ['deleted', 'site/a b+%', 'undeleted since', 'overwritten since', 'deleted again']) {
      await write(bucket, key, 'A x');
    }
    for (const key of ['live', 'deleted since']) await write(bucket, key, 'A');
    await write(bucket, 'put back', 'A x B');
    const manifest = await takeInventory(context, lists);
    const [marker] = await bucket.history('undeleted since');
    await bucket.remove('undeleted since', marker?.versionId ?? '');
    await write(bucket, 'overwritten since', 'B');
    await write(bucket, 'deleted again', 'B x');
    await write(bucket, 'deleted since', 'x');
    await write(bucket, 'new since', 'A x');

    const run = await act({ operation: 'undelete', manifest });
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'success', planned: '3', restored: '3', unchanged: '5' });
    expect(shapesOf(run.after)).toEqual({
      deleted: 'A',
      'site/a b+%': 'A',
      'undeleted since': 'A',
      'overwritten since': 'A x B',
      'deleted again': 'A x B',
      live: 'A',
      'deleted since': 'A x',
      'put back': 'A x B',
      'new since': 'A x',
    });
    expect(run.report().notes.join()).toMatch(/inventory of 20\d\d-\d\d-\d\dT/);
    const again = await act({ operation: 'undelete', manifest });
    expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '8' });
  });

  story('what is gone for good since it was made is nobody’s failure', async (context) => {
    const { bucket, another, act, expect } = context;
    const lists = await another();
    const [version = '', marker = ''] = await write(bucket, 'gone', 'A x');
    await write(bucket, 'k', 'A x');
    const manifest = await takeInventory(context, lists);
    await bucket.remove('gone', marker);
    await bucket.remove('gone', version);
    const run = await act({ operation: 'undelete', manifest });
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1', skipped: '1', failed: '0' });
    expect(run.report().skipped).toEqual({ 'nothing-to-restore': 1 });
    expect(shapesOf(run.after)).toEqual({ k: 'A' });
  });

  story('back to a time, with its columns in any order', async (context) => {
    const { bucket, another, act, expect } = context;
    const lists = await another();
    for (const key of ['changed', 'deleted', 'same', 'changed twice']) await write(bucket, key, 'A');
    const time = Math.max(...[...(await bucket.histories()).values()].flat().map((row) => row.lastModified));
    await server.nextSecond();
    await write(bucket, 'changed', 'B');
    await write(bucket, 'changed twice', 'B C');
    await write(bucket, 'deleted', 'x');
    await write(bucket, 'new', 'B');
    const fields: Field[] = ['LastModifiedDate', 'IsLatest', 'Key', 'ETag', 'IsDeleteMarker', 'Bucket', 'VersionId'];
    const manifest = await takeInventory(context, lists, { fields });
    await write(bucket, 'newer', 'B');
    await write(bucket, 'changed', 'D');
    const inputs = { operation: 'rollback', 'to-time': new Date(time).toISOString(), manifest };
    const run = await act({ ...inputs, 'manifest-format': 'inventory' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '4', unchanged: '1' });
    expect(shapesOf(run.after)).toEqual({
      changed: 'A B D A',
      'changed twice': 'A B C A',
      deleted: 'A',
      new: 'B x',
      same: 'A',
      newer: 'B',
    });
  });

  story('so many versions back', async (context) => {
    const { bucket, another, act, expect } = context;
    const lists = await another();
    await write(bucket, 'a', 'A B');
    await write(bucket, 'b', 'A B x');
    await write(bucket, 'c', 'A');
    const manifest = await takeInventory(context, lists, {
      fields: ['Bucket', 'Key', 'VersionId', 'IsLatest', 'IsDeleteMarker'],
    });
    const run = await act({ operation: 'rollback', 'versions-back': '1', manifest, bucket: '' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '2', skipped: '1' });
    expect(shapesOf(run.after)).toEqual({ a: 'A B A', b: 'A B x A', c: 'A' });
  });

  story('whole histories are built up in another bucket', async (context) => {
    const { bucket, another, act, expect } = context;
    const into = await another();
    const shapes: Record<string, string> = { a: 'A B C', 'a b': 'A x B', c: 'A B x', 'a/c': 'A' };
    for (const [key, shape] of Object.entries(shapes)) await write(bucket, key, shape);
    const lists = await another();
    const manifest = await takeInventory(context, lists);
    await write(bucket, 'a', 'D');
    const inputs = { operation: 'rollback', manifest, 'destination-bucket': into.name };
    const run = await act(inputs);
    expect(run.outputs).toMatchObject({ status: 'success', planned: '4', restored: '4' });
    expect(shapesOf(await into.histories())).toEqual(shapes);
    const again = await act(inputs);
    expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '4' });
  });

  story(
    'the version from before versioning is in it without an id',
    async (context) => {
      const { bucket, another, act, expect } = context;
      const into = await another();
      await bucket.put('k', 'A');
      await bucket.versioning('Enabled');
      await write(bucket, 'k', 'B x');
      const manifest = await takeInventory(context, into);
      const inputs = { operation: 'rollback', manifest, 'destination-bucket': into.name, 'destination-prefix': 'old/' };
      const run = await act(inputs);
      expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
      expect(shapesOf(await into.histories())['old/k']).toBe('A B x');
    },
    { versioning: 'never' },
  );
});
