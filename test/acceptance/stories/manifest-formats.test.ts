import { gzipSync } from 'node:zlib';
import { csv, jsonl, lines, type NamedRow } from '../support/manifests.ts';
import { shapesOf, write } from '../support/shape.ts';
import { stories } from '../support/story.ts';

const KEYS = [
  ' a  b ',
  'a+b',
  '100%',
  'a%2Fb',
  'a,b',
  'a\nb',
  'a\r\nb',
  `"a" 'b'`,
  '\u00fc/u\u0308',
  'a/\u{1f600}.txt',
  '../../etc/passwd',
  '{"bucket":"a"}',
];

const BOM = '\ufeff';

type Write = (rows: readonly NamedRow[]) => string | Uint8Array;

/** The same rows, written as people and programs do. */
const FORMS: readonly (readonly [what: string, write: Write, inputs?: Record<string, string>])[] = [
  ['CSV', csv],
  ['CSV, so called', csv, { 'manifest-format': 'csv' }],
  ['CSV, a space as + and lower-case digits', (rows) => plusForSpace(rows)],
  [
    'CSV, unreserved marks left as they are',
    (rows) => lines(rows.map(({ bucket, key }) => `${bucket},${lenient(key)}`)),
  ],
  [
    'CSV in quotation marks',
    (rows) => lines(rows.map(({ bucket, key }) => `"${bucket}","${encodeURIComponent(key)}"`)),
  ],
  ['CSV with a byte order mark, CRLF, blank lines', (rows) => `${BOM}\r\n${csv(rows).replaceAll('\n', '\r\n\r\n')}`],
  ['CSV without a line break at its end', (rows) => csv(rows).trimEnd()],
  ['CSV under gzip', (rows) => gzipSync(csv(rows))],
  ['JSON Lines', jsonl],
  ['JSON Lines, so called', jsonl, { 'manifest-format': 'jsonl' }],
  [
    'JSON Lines with a byte order mark, CRLF, blank lines',
    (rows) => `${BOM}${jsonl(rows).replaceAll('\n', '\r\n \r\n')}`,
  ],
  ['JSON Lines with every letter escaped', (rows) => lines(rows.map(escaped))],
  ['JSON Lines under gzip', (rows) => gzipSync(jsonl(rows))],
];

function plusForSpace(rows: readonly NamedRow[]): string {
  const encoded = (key: string) =>
    encodeURIComponent(key)
      .replaceAll('%20', '+')
      .replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  return lines(rows.map(({ bucket, key }) => `${bucket},${encoded(key)}`));
}

/** As S3 lists keys: slashes stay. */
function lenient(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/');
}

function escaped({ bucket, key }: NamedRow): string {
  const codes = key.split('').map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `{ "key" : "${codes.join('')}" , "bucket" : "${bucket}" }`;
}

stories('manifest-formats', (story) => {
  for (const [what, written, inputs] of FORMS) {
    story(`${what}: exactly the keys it names`, async ({ bucket, act, expect }) => {
      for (const key of [...KEYS, 'not named', 'a', 'a b']) await write(bucket, key, 'A x');
      const rows = KEYS.map((key) => ({ bucket: bucket.name, key }));
      const run = await act(
        { operation: 'undelete', manifest: 'restore/these rows', ...inputs },
        { files: { 'restore/these rows': written(rows) }, rows },
      );
      expect(run.outputs).toMatchObject({ status: 'success', restored: String(KEYS.length) });
      const again = Object.fromEntries(KEYS.map((key) => [key, 'A']));
      expect(shapesOf(run.after)).toEqual({ ...again, 'not named': 'A x', a: 'A x', 'a b': 'A x' });
      expect(run.report().scope).toMatchObject({ manifest: 'restore/these rows' });
    });
  }

  const ELSEWHERE = ['rows.csv', 'restore/the rows of today.csv', 'a+b%20c.csv', '/rows', ' rows '];
  for (const name of ELSEWHERE) {
    story(`from a bucket of its own, which has no versions: ${JSON.stringify(name)}`, async (context) => {
      const { bucket, another, act, expect } = context;
      const lists = await another({ versioning: 'never' });
      const rows = [{ bucket: bucket.name, key: 'a b' }];
      await write(bucket, 'a b', 'A x');
      await write(bucket, 'a', 'A x');
      await lists.put(name, csv(rows));
      const run = await act({ operation: 'undelete', manifest: `s3://${lists.name}/${name}`, bucket: '' }, { rows });
      expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
      expect(shapesOf(run.after)).toEqual({ 'a b': 'A', a: 'A x' });
    });
  }

  story('gzip in a bucket, whatever its name and its type say', async ({ bucket, act, expect }) => {
    await write(bucket, 'k', 'A x');
    const rows = [{ bucket: bucket.name, key: 'k' }];
    await bucket.put('rows.txt', gzipSync(jsonl(rows)), { ContentType: 'text/plain', ContentEncoding: 'gzip' });
    const run = await act({ operation: 'undelete', manifest: `s3://${bucket.name}/rows.txt` }, { rows });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
  });

  story('a path with dots in it', async ({ bucket, act, expect }) => {
    await write(bucket, 'k', 'A x');
    const rows = [{ bucket: bucket.name, key: 'k' }];
    const run = await act(
      { operation: 'undelete', manifest: 'folder/../rows.csv' },
      { files: { 'rows.csv': csv(rows), 'folder/x': '' }, rows },
    );
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
  });
});
