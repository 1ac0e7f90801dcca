import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLocal, openManifest } from '../../../src/manifest/index.ts';
import { opened, refusal, rows, rowsOf } from './support.ts';

const CSV = 'my-bucket,a\n';
const JSONL = '{"bucket":"my-bucket","key":"a"}\n';
const INVENTORY = '{\n  "sourceBucket": "my-bucket",\n  "fileSchema": "",\n  "files": []\n}\n';
const ROW = { bucket: 'my-bucket', key: 'a', line: 1 };

describe('what a file is, is seen by its beginning', () => {
  it.each([
    ['CSV', CSV, 'csv'],
    ['JSON Lines', JSONL, 'jsonl'],
    ['JSON Lines after blank lines', `\n \r\n${JSONL}`, 'jsonl'],
    ['JSON Lines whose first line has only a key', '{"key":"a","bucket":"my-bucket"}', 'jsonl'],
    ['a report', 'my-bucket,a,,succeeded,200,,"m"\n', 'report'],
  ])('%s, compressed or not, with a byte order mark or not', async (_, text, format) => {
    for (const content of [text, `\ufeff${text}`, gzipSync(text), gzipSync(`\ufeff${text}`)]) {
      expect(await opened(content)).toMatchObject({ kind: 'rows', format });
      expect(await opened(content, 'auto', 1)).toMatchObject({ kind: 'rows', format });
    }
  });

  it.each([
    ['UTF-16, little-endian', Buffer.from('\ufeffmy-bucket,a\n', 'utf16le'), 'is UTF-16', 'Save the file as UTF-8'],
    [
      'UTF-16, big-endian',
      Buffer.from('\ufeffmy-bucket,a\n', 'utf16le').swap16(),
      'is UTF-16',
      'Save the file as UTF-8',
    ],
    ['ORC', Buffer.from('ORC\u0003\u0000\n,'), 'is a file of Apache ORC', 'Choose CSV'],
    ['Parquet', Buffer.from('PAR1\u0015\u0000,'), 'is a file of Apache Parquet', 'Choose CSV'],
    ['compressed ORC', gzipSync('ORC'), 'is a file of Apache ORC', 'Choose CSV'],
    ['compressed twice', gzipSync(gzipSync(CSV)), 'is compressed twice', ''],
    ['gzip cut off', gzipSync(CSV).subarray(0, 15), 'ends in the middle of its gzip stream', 'cut off'],
    ['gzip of nothing', gzipSync(''), 'has no rows', ''],
    ['nothing', '', 'has no rows', ''],
    ['a JSON array', '[{"bucket":"my-bucket","key":"a"}]', 'begins like a JSON array', 'JSON Lines'],
    ['another JSON document', '{"a": 1}', 'neither the manifest.json of an S3 Inventory', ''],
    ['another JSON document of several lines', '{\n"a": [1]\n}', 'neither the manifest.json of an S3 Inventory', ''],
    ['no JSON at all', '{\n"a": ', 'neither JSON nor JSON Lines', ''],
    ['JSON that is not UTF-8', Buffer.from('{\n"a": "\xe9"\n}', 'latin1'), 'is not UTF-8', 'UTF-8'],
    [
      'JSON Lines with a broken first line',
      `{"bucket":"my-bucket","key":"a"\n${JSONL}`,
      'line 1',
      'one object on each line',
    ],
  ])('%s is refused', async (_, content, message, hint) => {
    await expect(rows(content)).rejects.toMatchObject(refusal(message, hint));
    await expect(rows(content, 'auto', 1)).rejects.toMatchObject(refusal(message, hint));
  });

  it('a JSON document over 64 MiB is refused before it is held', async () => {
    let sent = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('{\n');
      const chunk = Buffer.alloc(2 ** 20, 32);
      for (; sent < 100; sent++) yield chunk;
    }
    const opening = openManifest({ file: '/w/m' }, 'auto', async () => endless());
    await expect(opening).rejects.toMatchObject(refusal('longer than 64 MiB'));
    expect(sent).toBeLessThan(67);
  });
});

describe('a file that is given up, or that breaks off, is let go of', () => {
  function counted(content: Uint8Array, failing = false) {
    const seen = { closed: 0 };
    async function* file(): AsyncGenerator<Uint8Array> {
      try {
        for (let start = 0; start < content.length; start += 1000) yield content.subarray(start, start + 1000);
        if (failing) throw new Error('connection reset');
      } finally {
        seen.closed += 1;
      }
    }
    return { seen, opening: openManifest({ file: '/w/m' }, 'auto', async () => file()) };
  }

  /** Random enough not to be small when compressed. */
  const long = Array.from(
    { length: 50_000 },
    (_, i) =>
      `my-bucket,${Math.sin(i + 1)
        .toString(36)
        .slice(3)}\n`,
  ).join('');

  it.each([
    ['CSV', Buffer.from(long)],
    ['compressed CSV', gzipSync(long)],
    ['JSON Lines', Buffer.from(JSONL.repeat(50_000))],
  ])('%s', async (_, content) => {
    const givenUp = counted(content);
    for await (const batch of (await givenUp.opening).rows) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
    expect(givenUp.seen.closed).toBe(1);

    const whole = counted(content);
    expect(await rowsOf(whole.opening)).toHaveLength(50_000);
    expect(whole.seen.closed).toBe(1);

    const broken = counted(content, true);
    await expect(rowsOf(broken.opening)).rejects.toThrow('connection reset');
    expect(broken.seen.closed).toBe(1);
  });

  it('also where it cannot be read at all', async () => {
    for (const content of ['[', 'a b', '{\n"a": 1}', JSON.stringify({ fileSchema: '' })]) {
      for (const bytes of [Buffer.from(content), gzipSync(content)]) {
        const { seen, opening } = counted(bytes);
        await expect(opening).rejects.toMatchObject({ code: 'invalid-manifest' });
        expect(seen.closed).toBe(1);
      }
    }
  });

  it('a line without an end is refused although it was small when compressed', async () => {
    const { seen, opening } = counted(gzipSync(Buffer.alloc(2 ** 26, 'a')));
    await expect(opening).rejects.toMatchObject(refusal('line 1: is longer than 64 KiB'));
    expect(seen.closed).toBe(1);
  });
});

describe('what a file is must agree with manifest-format', () => {
  it.each([
    ['csv', JSONL, 'JSON Lines', 'jsonl'],
    ['csv', INVENTORY, 'a JSON document', 'inventory'],
    ['jsonl', CSV, 'CSV', 'csv'],
    ['jsonl', INVENTORY, 'a JSON document', 'inventory'],
    ['jsonl', JSON.stringify(JSON.parse(INVENTORY)), 'a JSON document', 'inventory'],
    ['inventory', CSV, 'CSV', 'csv'],
    ['inventory', JSONL, 'JSON Lines', 'jsonl'],
  ] as const)('%s is not %j', async (format, content, looksLike, mend) => {
    for (const bytes of [content, gzipSync(content)]) {
      await expect(rows(bytes, format)).rejects.toMatchObject(
        refusal(`input "manifest-format" is ${format}, but the file looks like ${looksLike}`, `set it to ${mend}`),
      );
    }
  });

  it.each(['csv', 'jsonl', 'inventory'] as const)('%s is not nothing', async (format) => {
    for (const content of ['', '\n\n', ' \n'.repeat(50_000)]) {
      await expect(rows(content, format)).rejects.toMatchObject(refusal('has no rows'));
    }
  });

  it.each([
    ['csv', CSV],
    ['jsonl', JSONL],
  ] as const)('%s is %j', async (format, content) => {
    expect(await rows(content, format)).toEqual([ROW]);
    expect(await rows(gzipSync(content), format)).toEqual([ROW]);
  });
});

describe('a file of this machine', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'manifest-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const local = (name: string) => {
    const file = join(folder, name);
    return openManifest({ file }, 'auto', (location) => {
      if ('file' in location) return openLocal(location);
      throw new Error('not local');
    });
  };

  it('is read in pieces, to its end', async () => {
    writeFileSync(join(folder, 'long.csv'), CSV.repeat(20_000));
    symlinkSync(join(folder, 'long.csv'), join(folder, 'link.csv'));
    for (const name of ['long.csv', 'link.csv']) {
      const found = await rowsOf(local(name));
      expect(found).toHaveLength(20_000);
      expect(found.at(-1)).toEqual({ ...ROW, line: 20_000 });
    }
  });

  it('may be given up', async () => {
    writeFileSync(join(folder, 'given-up.csv'), CSV.repeat(20_000));
    for await (const batch of (await local('given-up.csv')).rows) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
  });

  it.each([
    ['does-not-exist.csv', 'manifest-not-found', 'does-not-exist.csv does not exist', 'actions/checkout'],
    ['file/under-a-file.csv', 'manifest-not-found', 'does not exist', ''],
    ['folder', 'manifest-not-readable', 'folder is a folder', 'a file'],
    ['loop', 'manifest-not-readable', 'loop cannot be read (ELOOP)', ''],
  ])('%s: %s', async (name, code, message, hint) => {
    writeFileSync(join(folder, 'file'), '');
    mkdirSync(join(folder, 'folder'), { recursive: true });
    rmSync(join(folder, 'loop'), { force: true });
    symlinkSync(join(folder, 'loop'), join(folder, 'loop'));
    await expect(local(name)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
  });

  // Nothing is forbidden to root.
  it.skipIf(process.getuid?.() === 0)('that may not be read says so', async () => {
    writeFileSync(join(folder, 'secret.csv'), CSV);
    chmodSync(join(folder, 'secret.csv'), 0o000);
    await expect(local('secret.csv')).rejects.toMatchObject({
      code: 'manifest-not-readable',
      message: expect.stringContaining('EACCES'),
      hint: expect.stringContaining('user'),
    });
  });

  it('is named harmlessly', async () => {
    await expect(local('##[error] x\n::warning::')).rejects.toMatchObject({
      message: expect.stringMatching(/^manifest "[^"\n]*##\\\[error\] x\\n::warning::" does not exist$/),
    });
  });
});
