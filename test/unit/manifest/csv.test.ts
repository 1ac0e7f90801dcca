import { describe, expect, it } from 'vitest';
import { openManifest } from '../../../src/manifest/index.ts';
import { chunked, collected, opened, refusal, rows } from './support.ts';

const b = 'my-bucket';

describe('a CSV manifest, as S3 Batch Operations reads it', () => {
  it.each([
    [
      'two columns',
      'my-bucket,a\nmy-bucket,b/c\n',
      [
        { bucket: b, key: 'a', line: 1 },
        { bucket: b, key: 'b/c', line: 2 },
      ],
    ],
    ['three columns', 'my-bucket,a,3/L4kq_.-+=\n', [{ bucket: b, key: 'a', versionId: '3/L4kq_.-+=', line: 1 }]],
    [
      'two and three columns',
      'my-bucket,a\nmy-bucket,a,v1\nmy-bucket,b\n',
      [
        { bucket: b, key: 'a', line: 1 },
        { bucket: b, key: 'a', versionId: 'v1', line: 2 },
        { bucket: b, key: 'b', line: 3 },
      ],
    ],
    ['the null version', 'my-bucket,a,null', [{ bucket: b, key: 'a', versionId: 'null', line: 1 }]],
    [
      'several buckets',
      'my-bucket,a\nOld_Bucket.2016,a\n',
      [
        { bucket: b, key: 'a', line: 1 },
        { bucket: 'Old_Bucket.2016', key: 'a', line: 2 },
      ],
    ],
    ['no line end at its end', 'my-bucket,a', [{ bucket: b, key: 'a', line: 1 }]],
    [
      'CRLF',
      'my-bucket,a\r\nmy-bucket,b,v\r\n',
      [
        { bucket: b, key: 'a', line: 1 },
        { bucket: b, key: 'b', versionId: 'v', line: 2 },
      ],
    ],
    [
      'CRLF and LF',
      'my-bucket,a\nmy-bucket,b\r\nmy-bucket,c\n',
      [
        { bucket: b, key: 'a', line: 1 },
        { bucket: b, key: 'b', line: 2 },
        { bucket: b, key: 'c', line: 3 },
      ],
    ],
    [
      'blank lines',
      '\n\r\n  \nmy-bucket,a\n\n \t\nmy-bucket,b\n\n',
      [
        { bucket: b, key: 'a', line: 4 },
        { bucket: b, key: 'b', line: 7 },
      ],
    ],
    [
      'quotation marks round the cells',
      '"my-bucket","a%2Cb","v"\n"my-bucket","c,d"\n"my-bucket","say""so"\n',
      [
        { bucket: b, key: 'a,b', versionId: 'v', line: 1 },
        { bucket: b, key: 'c,d', line: 2 },
        { bucket: b, key: 'say"so', line: 3 },
      ],
    ],
    ['a byte order mark', '\ufeffmy-bucket,a\n', [{ bucket: b, key: 'a', line: 1 }]],
    ['a key called key', 'bucket,a\n', [{ bucket: 'bucket', key: 'a', line: 1 }]],
    [
      'a header lower down, which then is none',
      'my-bucket,a\nbucket,key\n',
      [
        { bucket: b, key: 'a', line: 1 },
        { bucket: 'bucket', key: 'key', line: 2 },
      ],
    ],
    [
      'a bucket whose name begins like an ORC file',
      'ORCs,a\nPAR1,b\n',
      [
        { bucket: 'ORCs', key: 'a', line: 1 },
        { bucket: 'PAR1', key: 'b', line: 2 },
      ],
    ],
  ])('has %s', async (_, text, expected) => {
    expect(await rows(text)).toEqual(expected);
    expect(await rows(text, 'csv', 1)).toEqual(expected);
  });

  it.each([
    ['a+b', 'a b'],
    ['a%20b', 'a b'],
    ['a%2Bb', 'a+b'],
    ['a%2bb', 'a+b'],
    ['100%25', '100%'],
    ['%C3%A9', 'é'],
    ['%F0%9F%98%80', '\u{1f600}'],
    ['%00%01%7F', '\u0000\u0001\u007f'],
    ['a%0Ab%0D', 'a\nb\r'],
    ['%EF%BB%BFa', '\ufeffa'],
    ['%E2%80%A8', '\u2028'],
    ['%22quoted%22', '"quoted"'],
    ['../a//b/./', '../a//b/./'],
    ['%2Fa', '/a'],
    ["!$&'()*-.:;=?@[]^_`{|}~#", "!$&'()*-.:;=?@[]^_`{|}~#"],
    ['a'.repeat(1024), 'a'.repeat(1024)],
    ['%C3%A9'.repeat(512), 'é'.repeat(512)],
  ])('decodes the key %s', async (cell, key) => {
    expect(await rows(`my-bucket,${cell}\n`)).toEqual([{ bucket: b, key, line: 1 }]);
  });
});

const MANY = 'my-bucket,a\n'.repeat(11);

describe('a row that cannot be read stops everything, with its line, its column and the mend', () => {
  it.each([
    [
      'a space in a key',
      'my-bucket,a b',
      'manifest /w/restore.csv, line 12, column 2 (key): "a b" is not URL-encoded',
      'a%20b',
    ],
    ['a control character in a key', 'my-bucket,a\u0001', 'column 2 (key): "a\\u0001" is not URL-encoded', '%20'],
    ['a tab in a key', 'my-bucket,a\tb', '"a\\tb" is not URL-encoded', ''],
    ['a lone CR in a key', 'my-bucket,a\rb', 'line 12, column 2 (key): "a\\rb" is not URL-encoded', ''],
    ['a line break in a key', 'my-bucket,"a\nb"', 'line 12, column 2 (key): "a\\nb" is not URL-encoded', ''],
    ['a character beyond ASCII in a key', 'my-bucket,é', '"é" is not URL-encoded', 'JSON Lines'],
    ['a per cent sign alone', 'my-bucket,100%', '"100%" is not URL-encoded', '%25'],
    ['a per cent sign with one digit', 'my-bucket,a%2', 'is not URL-encoded', ''],
    ['a per cent sign with no digits', 'my-bucket,a%zzb', 'is not URL-encoded', ''],
    ['Latin-1', 'my-bucket,%E9', '"%E9" is URL-encoded, but not as UTF-8', '%C3%A9'],
    ['an overlong encoding', 'my-bucket,%C0%AF', 'not as UTF-8', ''],
    ['a surrogate', 'my-bucket,%ED%A0%80', 'not as UTF-8', ''],
    ['an empty key', 'my-bucket,', 'column 2 (key): is empty', 'whole key'],
    [
      'a key of 1,025 bytes',
      `my-bucket,${'a'.repeat(1025)}`,
      /column 2 \(key\): "a{50,}…a+" is 1025 bytes of UTF-8; S3 has no keys over 1024/,
      '',
    ],
    ['a key of 1,026 bytes, encoded', `my-bucket,${'%C3%A9'.repeat(513)}`, 'is 1026 bytes', ''],
    ['one column', 'my-bucket', 'line 12: has 1 column; there must be 2', 'comma'],
    ['four columns', 'my-bucket,a,b,c', 'line 12: has 4 columns', '%2C'],
    ['eight columns', 'a,b,c,d,e,f,g,h', 'line 12: has 8 columns', ''],
    ['an empty version id', 'my-bucket,a,', 'column 3 (version id): is empty', 'Write null'],
    ['a version id with a space', 'my-bucket,a,v 1', 'column 3 (version id): "v 1" is not a version id', ''],
    ['a version id beyond ASCII', 'my-bucket,a,ü', '"ü" is not a version id', ''],
    ['a version id of 1,025 characters', `my-bucket,a,${'v'.repeat(1025)}`, 'is not a version id', ''],
    ['an empty bucket', ',a', 'column 1 (bucket): is empty', ''],
    [
      'an ARN',
      'arn:aws:s3:::my-bucket,a',
      'column 1 (bucket): "arn:aws:s3:::my-bucket" is not the name of a bucket',
      'no ARN',
    ],
    ['a URL', 's3://my-bucket,a', 'is not the name of a bucket', ''],
    ['a bucket with a slash', 'my/bucket,a', 'is not the name of a bucket', ''],
    ['an IP address', '10.0.0.1,a', 'is not the name of a bucket', ''],
    ['a space before the bucket', ' my-bucket,a', '" my-bucket" is not the name of a bucket', ''],
    ['bytes that are no UTF-8', Buffer.from('my-bucket,\xff', 'latin1'), 'is not URL-encoded', ''],
    ['a quotation mark in a cell', 'my-bucket,a"b', 'line 12: has a quotation mark in the middle of a cell', 'doubled'],
    ['something after a closing quotation mark', 'my-bucket,"a"b', 'line 12: has a quotation mark in the middle', ''],
    [
      'a quotation mark never closed',
      'my-bucket,"a\nmy-bucket,b',
      'opened after line 11 is never closed',
      'Keys are URL-encoded',
    ],
    [
      'a row of a report',
      'my-bucket,a,,failed,200,X,m',
      'line 12: has 7 columns, as the completion report',
      'Do not mix',
    ],
  ] as const)('%s', async (_, row, message, hint) => {
    const content = Buffer.concat([Buffer.from(MANY), Buffer.from(row), Buffer.from('\nmy-bucket,z\n')]);
    await expect(rows(content)).rejects.toMatchObject(refusal(message, hint));
    await expect(rows(content, 'csv', 1)).rejects.toMatchObject(refusal(message));
  });

  it('makes what it shows of the file harmless', async () => {
    await expect(rows('my-bucket,##[set-output name=x]\u202e y')).rejects.toMatchObject(
      refusal('"##\\[set-output name=x]\\u202e y" is not URL-encoded'),
    );
  });

  it.each([
    ['bucket,key'],
    ['Bucket,Key,VersionId'],
    ['BUCKET,KEY,version_id'],
    ['"bucket","key","Version ID"'],
    ['bucket_name,object_key'],
    ['Bucket, Key'],
    ['Bucket,Key,VersionId,TaskStatus,ErrorCode,HTTPStatusCode,ResultMessage'],
  ])('a header: %s', async (header) => {
    await expect(rows(`\ufeff${header}\nmy-bucket,a\n`)).rejects.toMatchObject(
      refusal('restore.csv, line 1: is a header', 'Leave the header out'),
    );
  });

  it.each(['', '\ufeff', '\n', '\n\n\r\n', '   \n\t\n', '\n'.repeat(200_000)])('no rows: %#', async (text) => {
    await expect(rows(text)).rejects.toMatchObject(refusal('has no rows'));
    await expect(rows(text, 'csv')).rejects.toMatchObject(refusal('has no rows'));
  });

  it('already when it is opened, where the beginning shows it', async () => {
    await expect(opened('my-bucket,a b')).rejects.toMatchObject(refusal('line 1, column 2'));
  });

  it('only later, where the beginning is good', async () => {
    const manifest = await opened(`${'my-bucket,a\n'.repeat(50_000)}my-bucket,a b`);
    await expect(collected<unknown>(manifest.rows)).rejects.toMatchObject(refusal('line 50001, column 2'));
  });
});

describe('lines are counted as an editor counts them', () => {
  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
  ])('also after cells with line breaks, %s', async (_, end) => {
    const message = `"one${end}two${end}${end}four"`;
    const row = (key: string) => `my-bucket,${key},,failed,500,X,${message}${end}`;
    const text = `${row('a')}${row('b')}${end}${row('c')}my-bucket,d,,failed,500,X,m${end}my-bucket,e`;
    const found: number[] = [];
    const manifest = await opened(text.slice(0, text.lastIndexOf('my-bucket')));
    for await (const batch of manifest.rows) found.push(...batch.map(({ line }) => line));
    expect(found).toEqual([1, 5, 10, 14]);
    await expect(rows(text)).rejects.toMatchObject(refusal('line 15: has 2 columns'));
  });
});

describe('memory stays bounded, whatever comes', () => {
  it.each([
    ['one line without an end', 'my-bucket,aaaaaaaa', ''],
    ['a quotation mark that is never closed', 'my-bucket,"', 'aaaaaaa\n'],
    ['nothing but commas', '', ','],
    ['nothing but quotation marks', '', '"'],
    ['quoted line breaks without an end', '', '"\n",'],
    ['empty quoted cells without an end', '', '"",'],
    ['zeros', '', '\0'],
  ])('%s is an error within a megabyte', async (_, begin, again) => {
    let sent = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(begin);
      const chunk = Buffer.from((again === '' ? 'a' : again).repeat(1024));
      for (;;) {
        sent += chunk.length;
        if (sent > 2 ** 24) throw new Error('read too much');
        yield chunk;
      }
    }
    const manifest = openManifest({ file: '/w/restore.csv' }, 'csv', async () => endless());
    await expect(manifest.then(({ rows }) => collected<unknown>(rows))).rejects.toMatchObject({
      code: 'invalid-manifest',
    });
    expect(sent).toBeLessThan(2 ** 20);
  });

  it('batches are small, and nothing is read ahead of them', async () => {
    let sent = 0;
    async function* file(): AsyncGenerator<Uint8Array> {
      const chunk = Buffer.from('my-bucket,some/key/of/usual/length/0123456789abcdef.json\n'.repeat(1100));
      for (; sent < 100; sent++) yield chunk;
    }
    const { rows } = await openManifest({ file: '/w/restore.csv' }, 'auto', async () => file());
    let batches = 0;
    for await (const batch of rows) {
      batches += 1;
      expect(batch.length).toBeLessThan(1200);
      expect(sent).toBeLessThanOrEqual(batches + 2);
    }
    expect(sent).toBe(100);
  });

  it('the file is let go of when the reader gives up', async () => {
    let closed = 0;
    async function* file(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.from('my-bucket,some/key\n'.repeat(4000));
      } finally {
        closed += 1;
      }
    }
    const open = async () => file();
    const { rows } = await openManifest({ file: '/w/restore.csv' }, 'auto', open);
    for await (const _ of rows) break;
    expect(closed).toBe(1);
    await expect(openManifest({ file: '/w/restore.csv' }, 'jsonl', open)).rejects.toMatchObject(
      refusal('manifest-format'),
    );
    expect(closed).toBe(2);
  });
});

describe('the chunks it comes in', () => {
  it('may be empty', async () => {
    async function* file() {
      yield Buffer.alloc(0);
      yield* chunked(Buffer.from('my-bucket,a\n'), () => 5);
      yield Buffer.alloc(0);
    }
    const { rows } = await openManifest({ file: '/w/restore.csv' }, 'auto', async () => file());
    expect((await collected<readonly object[]>(rows)).flat()).toEqual([{ bucket: b, key: 'a', line: 1 }]);
  });
});
