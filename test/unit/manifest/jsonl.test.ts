import { describe, expect, it } from 'vitest';
import { openManifest } from '../../../src/manifest/index.ts';
import { collected, opened, refusal, rows } from './support.ts';

const b = 'my-bucket';
const line = (row: object) => `${JSON.stringify(row)}\n`;
const good = line({ bucket: b, key: 'a' });

describe('a manifest in JSON Lines', () => {
  it.each([
    [
      'keys as they are',
      good + line({ bucket: b, key: 'a b+%20/é\u{1f600}' }),
      [
        { bucket: b, key: 'a', line: 1 },
        { bucket: b, key: 'a b+%20/é\u{1f600}', line: 2 },
      ],
    ],
    [
      'any order of fields',
      `{"versionId":"v","key":"a","bucket":"${b}"}`,
      [{ bucket: b, key: 'a', versionId: 'v', line: 1 }],
    ],
    [
      'the null version',
      line({ bucket: b, key: 'a', versionId: 'null' }),
      [{ bucket: b, key: 'a', versionId: 'null', line: 1 }],
    ],
    [
      'line separators that JSON leaves as they are',
      `{"bucket":"${b}","key":"a\u2028b\u2029c\u0085"}\n${good}`,
      [
        { bucket: b, key: 'a\u2028b\u2029c\u0085', line: 1 },
        { bucket: b, key: 'a', line: 2 },
      ],
    ],
    [
      'control characters',
      line({ bucket: b, key: '\u0000\n\r\u001f' }),
      [{ bucket: b, key: '\u0000\n\r\u001f', line: 1 }],
    ],
    [
      'escapes of both halves of a pair',
      `{"bucket":"${b}","key":"\\ud83d\\ude00"}`,
      [{ bucket: b, key: '\u{1f600}', line: 1 }],
    ],
    [
      'CRLF',
      good.replace('\n', '\r\n').repeat(2),
      [
        { bucket: b, key: 'a', line: 1 },
        { bucket: b, key: 'a', line: 2 },
      ],
    ],
    [
      'blank lines',
      `\n\r\n  \n${good}\n \t\n${good}\n`,
      [
        { bucket: b, key: 'a', line: 4 },
        { bucket: b, key: 'a', line: 7 },
      ],
    ],
    ['no line end at its end', good.trimEnd(), [{ bucket: b, key: 'a', line: 1 }]],
    ['spaces inside', ` { "bucket" : "${b}", "key" : "a" } \n`, [{ bucket: b, key: 'a', line: 1 }]],
    ['a byte order mark', `\ufeff${good}`, [{ bucket: b, key: 'a', line: 1 }]],
    ['a key that is a byte order mark', line({ bucket: b, key: '\ufeff' }), [{ bucket: b, key: '\ufeff', line: 1 }]],
    ['a key of 1,024 bytes', line({ bucket: b, key: 'é'.repeat(512) }), [{ bucket: b, key: 'é'.repeat(512), line: 1 }]],
  ])('has %s', async (_, text, expected) => {
    expect(await opened(text)).toMatchObject({ kind: 'rows', format: 'jsonl' });
    expect(await rows(text)).toEqual(expected);
    expect(await rows(text, 'jsonl', 1)).toEqual(expected);
  });
});

describe('a line that cannot be read stops everything, with its number and the mend', () => {
  it.each([
    [
      'no JSON',
      '{"bucket":"my-bucket","key":',
      'manifest /w/restore.csv, line 3: "{\\"bucket\\":\\"my-bucket\\",\\"key\\":" is not JSON',
      '{"bucket":"…"',
    ],
    ['CSV', 'my-bucket,a', 'line 3: "my-bucket,a" is not JSON', ''],
    ['a list', '["my-bucket","a"]', 'line 3: "[\\"my-bucket\\",\\"a\\"]" is not an object', ''],
    ['null', 'null', 'is not an object', ''],
    ['two objects', '{"bucket":"b-b","key":"a"}{}', 'is not JSON', ''],
    ['no bucket', '{"key":"a"}', 'line 3, "bucket": is missing', 'all strings'],
    ['no key', '{"bucket":"my-bucket"}', 'line 3, "key": is missing', ''],
    ['a key that is a number', '{"bucket":"my-bucket","key":12}', '"key": is "12", not a string', ''],
    [
      'a version id that is a number',
      '{"bucket":"my-bucket","key":"a","versionId":1}',
      '"versionId": is "1", not a string',
      '',
    ],
    ['an empty version id', '{"bucket":"my-bucket","key":"a","versionId":""}', '"versionId": is empty', 'Write null'],
    [
      'a version id that is null and not "null"',
      '{"bucket":"my-bucket","key":"a","versionId":null}',
      '"versionId": is null',
      'in quotation marks',
    ],
    ['an empty key', '{"bucket":"my-bucket","key":""}', '"key": is empty', ''],
    ['an empty bucket', '{"bucket":"","key":"a"}', '"bucket": is empty', ''],
    [
      'a bucket that is none',
      '{"bucket":"arn:aws:s3:::b","key":"a"}',
      '"bucket": "arn:aws:s3:::b" is not the name',
      '',
    ],
    [
      'a version id with a line break',
      '{"bucket":"my-bucket","key":"a","versionId":"v\\n"}',
      '"v\\n" is not a version id',
      '',
    ],
    [
      'versionid',
      '{"bucket":"my-bucket","key":"a","versionid":"v"}',
      'line 3: has an unknown field "versionid"; did you mean "versionId"?',
      '"versionId"',
    ],
    ['version_id', '{"bucket":"my-bucket","key":"a","version_id":"v"}', 'did you mean "versionId"?', ''],
    ['VersionId', '{"bucket":"my-bucket","key":"a","VersionId":"v"}', 'did you mean "versionId"?', ''],
    ['Key', '{"bucket":"my-bucket","Key":"a"}', 'unknown field "Key"; did you mean "key"?', ''],
    ['Bucket', '{"Bucket":"my-bucket","key":"a"}', 'unknown field "Bucket"; did you mean "bucket"?', ''],
    ['something else', '{"bucket":"my-bucket","key":"a","etag":"x"}', /unknown field "etag"$/, ''],
    ['__proto__', '{"bucket":"my-bucket","key":"a","__proto__":{}}', 'unknown field "__proto__"', ''],
    [
      'half a surrogate pair',
      '{"bucket":"my-bucket","key":"a\\ud800"}',
      '"key": "a\\ud800" has half of a surrogate pair',
      '',
    ],
    ['a key of 1,025 bytes', JSON.stringify({ bucket: b, key: `é${'a'.repeat(1023)}` }), 'is 1025 bytes', ''],
    ['Latin-1', Buffer.from('{"bucket":"my-bucket","key":"\xe9"}', 'latin1'), 'line 3: is not UTF-8', 'UTF-8'],
    [
      'a line over 64 KiB',
      `{"bucket":"my-bucket","key":"a"${' '.repeat(65_536)}}`,
      'line 3: is longer than 64 KiB',
      '',
    ],
  ] as const)('%s', async (_, text, message, hint) => {
    const content = Buffer.concat([Buffer.from(`${good}\n`), Buffer.from(text), Buffer.from(`\n${good}`)]);
    await expect(rows(content)).rejects.toMatchObject(refusal(message, hint));
    await expect(rows(content, 'jsonl', 7)).rejects.toMatchObject(refusal(message));
  });

  it('makes what it shows of the file harmless', async () => {
    await expect(rows(`${good}{"bucket":"my-bucket","key":"a","##[error]\u202e":1}`)).rejects.toMatchObject(
      refusal('"##\\[error]\\u202e"'),
    );
  });

  it.each(['', '\ufeff', '\n', '\r\n \n', '\n'.repeat(200_000)])('no rows: %#', async (text) => {
    await expect(rows(text, 'jsonl')).rejects.toMatchObject(refusal('has no rows'));
  });

  it('already when it is opened, where the beginning shows it; later otherwise', async () => {
    await expect(opened('{"bucket":"my-bucket","key":1}')).rejects.toMatchObject(refusal('line 1'));
    const manifest = await opened(`${good.repeat(20_000)}{"bucket":1}`);
    await expect(collected<unknown>(manifest.rows)).rejects.toMatchObject(refusal('line 20001'));
  });

  it.each([
    ['auto', '{"bucket":"my-bucket","key":"'],
    ['jsonl', '{"bucket":"my-bucket","key":"'],
    ['jsonl', '{"x":"'],
  ] as const)('a line without an end within a megabyte (%s, %s…)', async (format, begin) => {
    let sent = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(begin);
      for (;;) {
        sent += 1000;
        yield Buffer.alloc(1000, 'a');
      }
    }
    await expect(openManifest({ file: '/w/m' }, format, async () => endless())).rejects.toMatchObject(
      refusal('line 1: is longer than 64 KiB'),
    );
    expect(sent).toBeLessThan(2 ** 20);
  });
});
