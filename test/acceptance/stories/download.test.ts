import { mkdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerBucket } from '../../support/server-bucket.ts';
import { downloads } from '../support/downloads.ts';
import { write } from '../support/shape.ts';
import { stories } from '../support/story.ts';

/** The time of the newest entry of a key, as the input `to-time` takes it. */
async function timeOf(bucket: ServerBucket, key: string): Promise<string> {
  const [newest] = await bucket.history(key);
  return new Date(newest?.lastModified ?? 0).toISOString();
}

/** Past: a, b (deleted later) and c/d. Then a and c/d are overwritten, b is deleted, and e is made. Gives the past. */
async function seedPast(bucket: ServerBucket): Promise<string> {
  await bucket.put('p/a', 'old a');
  await bucket.put('p/b', 'old b');
  await bucket.put('p/gone', 'gone before');
  await bucket.mark('p/gone');
  await bucket.put('p/c/d', 'old d');
  await bucket.put('other', 'not in scope');
  const past = await timeOf(bucket, 'other');
  await bucket.server.nextSecond();
  await bucket.put('p/a', 'new a');
  await bucket.put('p/c/d', 'new d');
  await bucket.mark('p/b');
  await bucket.put('p/e', 'made later');
  await bucket.put('p/gone', 'back again');
  return past;
}

const PAST = { 'p/': '', 'p/a': 'old a', 'p/b': 'old b', 'p/c/': '', 'p/c/d': 'old d' };

stories('download', (story) => {
  for (const [what, targetOf, content] of [
    ['a version by its id', (ids: string[]) => ({ 'version-id': ids[0] ?? '' }), 'A'],
    ['the newest version', () => ({ 'versions-back': '0' }), 'C'],
    ['two versions back, markers not counted', () => ({ 'versions-back': '2' }), 'A'],
  ] as const) {
    story(`one key: ${what}`, async (context) => {
      const { bucket, expect } = context;
      const { download, files, time } = downloads(context);
      const ids = await write(bucket, 'a/k.txt', 'A B x C x');
      await bucket.put('a/k.txt2', 'not in scope');
      const run = await download({ key: 'a/k.txt', ...targetOf(ids) });
      expect(run.code, run.stdout).toBe(0);
      expect(run.outputs).toMatchObject({ status: 'success', planned: '1', restored: '1', 'journal-file': '' });
      expect(files()).toEqual({ 'a/': '', 'a/k.txt': content });
      const row = (await bucket.history('a/k.txt')).find(({ versionId }) => versionId === run.files()[0]?.versionId);
      // S3 tells whole seconds only where an object is read.
      expect(Math.floor(time('a/k.txt') / 1000)).toBe(Math.floor((row?.lastModified ?? 0) / 1000));
    });
  }

  story('one key at a time', async (context) => {
    const { bucket, expect } = context;
    const { download, files } = downloads(context);
    await bucket.put('k', 'A');
    const past = await timeOf(bucket, 'k');
    await bucket.server.nextSecond();
    await bucket.put('k', 'B');
    const run = await download({ key: 'k', 'to-time': past });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(files()).toEqual({ k: 'A' });
  });

  story('a prefix as it was at a time: overwritten, deleted, made later', async (context) => {
    const { bucket, expect } = context;
    const { download, files } = downloads(context);
    const past = await seedPast(bucket);
    const run = await download({ prefix: 'p/', 'to-time': past });
    expect(run.code, run.stdout).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'success', planned: '3', restored: '3', skipped: '2' });
    expect(files()).toEqual(PAST);
    const byPath = run.files().map(({ bucket: from, key, path }) => [from, key, path]);
    expect(byPath).toEqual(
      [
        [bucket.name, 'p/c/d', 'p/c/d'],
        [bucket.name, 'p/a', 'p/a'],
        [bucket.name, 'p/b', 'p/b'],
      ].sort((a, b) => order(a[2] ?? '', b[2] ?? '')),
    );
  });

  story('globs choose among the keys', async (context) => {
    const { bucket, expect } = context;
    const { download, files } = downloads(context);
    for (const key of ['a.css', 'b.js', 'tmp/c.css']) await bucket.put(key, key);
    await download({ 'whole-bucket': 'true', 'versions-back': '0', include: '**/*.css', exclude: 'tmp/**' });
    expect(files()).toEqual({ 'a.css': 'a.css' });
  });

  story('run again: nothing is read again', async (context) => {
    const { bucket, expect } = context;
    const { download, files, directory } = downloads(context);
    const past = await seedPast(bucket);
    const inputs = { prefix: 'p/', 'to-time': past };
    await download(inputs);
    const before = statSync(join(directory, 'p/a')).ctimeMs;
    const again = await download(inputs);
    expect(again.outputs).toMatchObject({ status: 'no-change', planned: '3', restored: '0', unchanged: '3' });
    expect(again.report().requests.get).toBeLessThanOrEqual(2);
    expect(files()).toEqual(PAST);
    expect(statSync(join(directory, 'p/a')).ctimeMs).toBe(before);
  });

  story('a file that is missing is fetched again, the others are left', async (context) => {
    const { bucket, expect } = context;
    const { download, files, directory } = downloads(context);
    const past = await seedPast(bucket);
    mkdirSync(join(directory, 'p'), { recursive: true });
    writeFileSync(join(directory, 'p/a'), 'old a');
    const run = await download({ prefix: 'p/', 'to-time': past });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '2', unchanged: '1' });
    expect(files()).toEqual(PAST);
  });

  story('a different file at a path is left alone: failed, with the mend', async (context) => {
    const { bucket, expect } = context;
    const { download, files, directory } = downloads(context);
    for (const key of ['larger', 'same-size', 'same-time', 'fine']) await bucket.put(key, 'theirs');
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'larger'), 'mine, and longer');
    writeFileSync(join(directory, 'same-size'), 'mine!!');
    writeFileSync(join(directory, 'same-time'), 'mine!!');
    const time = new Date(await timeOf(bucket, 'same-time'));
    utimesSync(join(directory, 'same-time'), time, time);
    const run = await download({ 'whole-bucket': 'true', 'versions-back': '0' });
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '1', failed: '3' });
    for (const { code } of run.report().failures) expect(code).toBe('file-exists');
    expect(files()).toEqual({
      fine: 'theirs',
      larger: 'mine, and longer',
      'same-size': 'mine!!',
      'same-time': 'mine!!',
    });
  });

  story('a folder where a file has to be, a file where a folder has to be: failed', async (context) => {
    const { bucket, expect } = context;
    const { download, files, directory } = downloads(context);
    for (const key of ['a', 'b/c', 'fine']) await bucket.put(key, key);
    mkdirSync(join(directory, 'a'), { recursive: true });
    writeFileSync(join(directory, 'b'), 'mine');
    const run = await download({ 'whole-bucket': 'true', 'versions-back': '0' });
    expect(run.outputs).toMatchObject({ restored: '1', failed: '2' });
    for (const { code } of run.report().failures) expect(code).toBe('file-exists');
    expect(files()).toEqual({ 'a/': '', b: 'mine', fine: 'fine' });
  });

  story('links inside the folder are not followed', async (context) => {
    const { bucket, expect } = context;
    const { download, files, directory, yard } = downloads(context);
    for (const key of ['folder/x', 'file', 'broken', 'deep/link/x', 'fine']) await bucket.put(key, key);
    mkdirSync(join(directory, 'deep'), { recursive: true });
    symlinkSync(join(yard, 'etc'), join(directory, 'folder'));
    symlinkSync('../../../etc', join(directory, 'deep/link'));
    symlinkSync(join(yard, 'etc/passwd'), join(directory, 'file'));
    symlinkSync(join(yard, 'etc/nothing'), join(directory, 'broken'));
    const before = files();
    const run = await download({ 'whole-bucket': 'true', 'versions-back': '0' });
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '1', failed: '4' });
    expect(
      run
        .report()
        .failures.map(({ key, code }) => `${key} ${code}`)
        .sort(),
    ).toEqual(['broken unsafe-path', 'deep/link/x unsafe-path', 'file unsafe-path', 'folder/x unsafe-path']);
    expect(files()).toEqual({ ...before, fine: 'fine' });
  });

  story('the folder itself may be a link', async (context) => {
    const { bucket, expect } = context;
    const { download, files, directory, workspace } = downloads(context);
    await bucket.put('k', 'A');
    mkdirSync(directory);
    symlinkSync('restored', join(workspace, 'link'));
    const run = await download({ key: 'k', 'versions-back': '0', directory: 'link' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(files()).toEqual({ k: 'A' });
  });

  for (const [what, name] of [
    ['relative to the workspace', () => './restored/'],
    ['below one that is missing', () => 'restored/a/b'],
    ['absolute', (folder: string) => folder],
  ] as const) {
    story(`the folder's name: ${what}`, async (context) => {
      const { bucket, expect } = context;
      const { download, files, directory } = downloads(context);
      await bucket.put('k', 'A');
      const run = await download({ key: 'k', 'versions-back': '0', directory: name(directory) });
      expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
      const nested = what === 'below one that is missing';
      expect(files()).toEqual(nested ? { 'a/': '', 'a/b/': '', 'a/b/k': 'A' } : { k: 'A' });
    });
  }

  story('a dry run writes the plan, and nothing into the folder', async (context) => {
    const { bucket, expect } = context;
    const { download, files, directory } = downloads(context);
    const past = await seedPast(bucket);
    const run = await download({ prefix: 'p/', 'to-time': past, 'dry-run': 'true' });
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'planned', planned: '3', restored: '0' });
    expect(
      run
        .files()
        .map(({ key, path }) => [key, path])
        .sort(),
    ).toEqual([
      ['p/a', 'p/a'],
      ['p/b', 'p/b'],
      ['p/c/d', 'p/c/d'],
    ]);
    expect(files()).toEqual({});
    expect(statSync(directory, { throwIfNoEntry: false })).toBeUndefined();
  });

  story('nothing in scope: said, and no folder is made', async (context) => {
    const { expect } = context;
    const { download, directory } = downloads(context);
    const run = await download({ prefix: 'nothing/', 'versions-back': '0' });
    expect(run.outputs).toMatchObject({ status: 'no-change', planned: '0' });
    expect(statSync(directory, { throwIfNoEntry: false })).toBeUndefined();
  });

  story('an empty object, every byte that there is, and some megabytes', async (context) => {
    const { bucket, expect } = context;
    const { download, directory } = downloads(context);
    const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const large = Buffer.alloc(9_000_001, 'some bytes, and a line\r\n');
    const bodies = new Map([
      ['empty', Buffer.alloc(0)],
      ['every', every],
      ['large', large],
    ]);
    for (const [Key, Body] of bodies) await bucket.server.s3.putObject({ Bucket: bucket.name, Key, Body });
    for (const key of bodies.keys()) await bucket.put(key, 'later');
    const run = await download({ 'whole-bucket': 'true', 'versions-back': '1' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '3' });
    for (const [key, body] of bodies) expect(readFileSync(join(directory, key)).equals(body), key).toBe(true);
  });

  story('an object that was uploaded in parts', async (context) => {
    const { bucket, expect } = context;
    const { download, files } = downloads(context);
    const { s3 } = bucket.server;
    const object = { Bucket: bucket.name, Key: 'k' };
    const { UploadId } = await s3.createMultipartUpload(object);
    const { ETag } = await s3.uploadPart({ ...object, UploadId, PartNumber: 1, Body: 'in parts' });
    await s3.completeMultipartUpload({ ...object, UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } });
    const run = await download({ key: 'k', 'versions-back': '0' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(files()).toEqual({ k: 'in parts' });
    const again = await download({ key: 'k', 'versions-back': '0' });
    expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '1' });
  });

  story('a version that the key does not have: an error, and no folder', async (context) => {
    const { bucket, expect } = context;
    const { download, directory } = downloads(context);
    const old = await bucket.put('k', 'A');
    await bucket.put('k', 'B');
    await bucket.put('other', 'B');
    const run = await download({ key: 'other', 'version-id': old });
    expect(run.code).toBe(1);
    expect(run.report()).toMatchObject({ status: 'failed', error: { code: 'version-not-found' } });
    expect(statSync(directory, { throwIfNoEntry: false })).toBeUndefined();
  });

  story('a key that was deleted then, and one without so many versions, are skipped', async (context) => {
    const { bucket, expect } = context;
    const { download, files } = downloads(context);
    await bucket.mark('never');
    await bucket.put('one', 'A');
    await bucket.put('two', 'A');
    await bucket.put('two', 'B');
    const run = await download({ 'whole-bucket': 'true', 'versions-back': '1' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1', skipped: '2' });
    expect(files()).toEqual({ two: 'A' });
  });
});

/** As the plan has it: `/` before everything else. */
function order(a: string, b: string): number {
  const [x, y] = [a, b].map((path) => path.replaceAll('/', '\u0000'));
  return (x ?? '') < (y ?? '') ? -1 : 1;
}
