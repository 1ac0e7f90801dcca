import { AWKWARD_KEYS } from '../support/awkward-keys.ts';
import { downloads } from '../support/downloads.ts';
import { stories } from '../support/story.ts';

const ALL = { 'whole-bucket': 'true', 'versions-back': '0' };

/** Keys that want to be somewhere else. */
const OUTWARD = [
  '../../etc/x',
  '../a',
  '/abs',
  '//abs',
  '/etc/passwd',
  'a//b',
  'a/./b',
  'a/../b',
  'a/../../a',
  '..',
  '.',
  '/',
  './',
  '../',
  'a/..',
  '~/x',
  'C:\\x',
  '..\\..\\x',
  '%2e%2e/x',
  '\u002e\u002e\u2215x',
];

stories('download-names', (story) => {
  story('keys that want to be outside: all of them inside, under safe names that are told', async (context) => {
    const { bucket, expect } = context;
    const { download, files } = downloads(context);
    for (const key of OUTWARD) await bucket.put(key, key);
    const run = await download(ALL);
    expect(run.code, run.stdout).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'success', restored: String(OUTWARD.length) });
    const found = files();
    const plan = run.files();
    for (const { key, path } of plan) expect(found[path], path).toBe(Buffer.from(key).toString('latin1'));
    const renamed = plan.filter(({ key, path }) => key !== path).map(({ key, path }) => `${key} ${path}`);
    const told = (run.report().renamed ?? []).map(({ key, path }) => `${key} ${path}`);
    expect(told.sort()).toEqual(renamed.sort());
    const plain = plan.filter(({ key, path }) => key === path).map(({ key }) => key);
    expect(plain.sort()).toEqual(['%2e%2e/x', '..\\..\\x', 'C:\\x', '\u002e\u002e\u2215x', '~/x'].sort());
    const again = await download(ALL);
    expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: String(OUTWARD.length) });
  });

  for (const [what, key] of AWKWARD_KEYS) {
    story(`${what}: byte by byte, in a file of its own`, async (context) => {
      const { bucket, expect } = context;
      const { download, files } = downloads(context);
      await bucket.put(key, 'A');
      await bucket.put(key, 'B');
      const run = await download({ key, 'versions-back': '1' });
      expect(run.code, run.stdout).toBe(0);
      expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
      const [file] = run.files();
      expect(file?.key).toBe(key);
      expect(Object.values(files()).filter((content) => content !== '')).toEqual(['A']);
      expect(files()[file?.path ?? '']).toBe('A');
    });
  }

  story('a file and a folder of one name: the file gives way', async (context) => {
    const { bucket, expect } = context;
    const { download, files } = downloads(context);
    for (const key of ['a', 'a/b', 'a/b/c', 'ab', 'a.b']) await bucket.put(key, key);
    const run = await download(ALL);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '5' });
    const found = files();
    expect(found).toMatchObject({ 'a/': '', 'a/b/': '', 'a/b/c': 'a/b/c', ab: 'ab', 'a.b': 'a.b' });
    const renamed = run.report().renamed ?? [];
    expect(renamed.map(({ key }) => key).sort()).toEqual(['a', 'a/b']);
    for (const { key, path } of renamed) expect(found[path], path).toBe(key);
  });

  story('keys that end in a slash: folders where they are empty, files where they are not', async (context) => {
    const { bucket, expect } = context;
    const { download, files } = downloads(context);
    await bucket.put('empty/', '');
    await bucket.put('with/', '');
    await bucket.put('with/file', 'A');
    await bucket.put('content/', 'B');
    await bucket.put('content/file', 'C');
    const run = await download(ALL);
    expect(run.outputs).toMatchObject({ status: 'success', failed: '0', conflicts: '0' });
    expect(files()).toMatchObject({ 'empty/': '', 'with/': '', 'with/file': 'A', 'content/file': 'C' });
    const [renamed] = run.report().renamed ?? [];
    expect(renamed).toMatchObject({ key: 'content/' });
    expect(files()[renamed?.path ?? '']).toBe('B');
    const again = await download(ALL);
    expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '5' });
  });

  story('a safe name that is the name of another key', async (context) => {
    const { bucket, expect } = context;
    const { download, files } = downloads(context);
    await bucket.put('a', 'A');
    await bucket.put('a/b', 'B');
    const dry = await download({ ...ALL, 'dry-run': 'true' });
    const [taken] = dry.report().renamed ?? [];
    await bucket.put(taken?.path ?? '', 'C');
    const run = await download(ALL);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '3' });
    expect(Object.values(files()).sort()).toEqual(['', 'A', 'B', 'C']);
  });

  story('long names are cut, and stay apart', async (context) => {
    const { bucket, expect } = context;
    const { download, files } = downloads(context);
    const keys = ['a', 'b'].flatMap((end) => [
      'k'.repeat(999) + end,
      `${'\u00fc'.repeat(499)}${end}`,
      `${'f'.repeat(400)}/${'g'.repeat(400)}${end}`,
      `${'d/'.repeat(450)}${end}`,
    ]);
    for (const key of keys) await bucket.put(key, key);
    const run = await download(ALL);
    expect(run.code, run.stdout).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'success', restored: String(keys.length) });
    const found = files();
    for (const { key, path } of run.files()) {
      expect(found[path], path).toBe(Buffer.from(key).toString('latin1'));
      for (const name of path.split('/')) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
    }
  });

  story('names that our own files on their way have', async (context) => {
    const { bucket, expect } = context;
    const { download, files } = downloads(context);
    const keys = ['.s3-rollback-x', `.s3-rollback-${'0'.repeat(16)}-${'0'.repeat(8)}`, '.s3-rollback-y/z'];
    for (const key of keys) await bucket.put(key, key);
    const run = await download(ALL);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '3' });
    expect(
      Object.values(files())
        .filter((content) => content !== '')
        .sort(),
    ).toEqual([...keys].sort());
    const again = await download(ALL);
    expect(again.outputs).toMatchObject({ status: 'no-change', unchanged: '3' });
  });

  story('letters in capitals, and accents in one character or two: no file is lost', async (context) => {
    const { bucket, expect } = context;
    const { download, files } = downloads(context);
    const keys = ['readme', 'README', 'Readme', '\u00fc', 'u\u0308', 'x/A/1', 'x/a/1'];
    for (const key of keys) await bucket.put(key, `content of ${key}`);
    const run = await download(ALL);
    expect(run.outputs).toMatchObject({ status: 'success', restored: String(keys.length) });
    const found = files();
    for (const { key, path } of run.files()) {
      expect(found[path]).toBe(Buffer.from(`content of ${key}`).toString('latin1'));
    }
  });
});
