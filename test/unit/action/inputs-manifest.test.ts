import { describe, expect, it } from 'vitest';
import { type Bad, type Inputs, parse, problemsOf } from './inputs-support.ts';
import { NOW } from './support.ts';

const UNDELETE = { operation: 'undelete', manifest: 'out/rows.csv' };
const ROLLBACK = { operation: 'rollback', manifest: 'out/rows.csv' };

describe('a manifest', () => {
  it.each<[name: string, inputs: Inputs, expected: object]>([
    [
      'from the workspace',
      {},
      { location: { file: '/home/runner/space/out/rows.csv' }, given: 'out/rows.csv', format: 'auto' },
    ],
    ['by an absolute path', { manifest: ' /tmp/rows.csv\n' }, { location: { file: '/tmp/rows.csv' } }],
    ['of a format', { 'manifest-format': 'jsonl' }, { format: 'jsonl' }],
    [
      'in S3, the key to the letter',
      { manifest: 's3://lists/2026/a b?c=%20+//x.csv' },
      { location: { bucket: 'lists', key: '2026/a b?c=%20+//x.csv' }, given: 's3://lists/2026/a b?c=%20+//x.csv' },
    ],
  ])('%s', (_, inputs, expected) => {
    expect(parse({ ...UNDELETE, ...inputs }).request.manifest).toMatchObject(expected);
  });

  it('names the buckets: no bucket, no strict region', () => {
    const { request, connection, warnings } = parse(UNDELETE);
    expect(request.scope).toEqual({ prefix: '', include: [], exclude: [] });
    expect(connection).not.toHaveProperty('strictRegionFor');
    expect(warnings).toEqual([]);
  });

  it('with a bucket, that every row must be in', () => {
    const { request, connection } = parse({ ...UNDELETE, bucket: 'my-bucket' });
    expect(request.scope).toMatchObject({ bucket: 'my-bucket' });
    expect(connection.strictRegionFor).toBe('my-bucket');
  });

  it('narrowed', () => {
    const { scope } = parse({ ...UNDELETE, prefix: 'site/', include: '**/*.html', exclude: 'tmp/**' }).request;
    expect(scope).toMatchObject({ prefix: 'site/', include: ['**/*.html'], exclude: ['tmp/**'] });
  });

  it('a key that ends in white space, with a warning', () => {
    const { request, warnings } = parse({ ...UNDELETE, manifest: 's3://lists/rows.csv\n' });
    expect(request.manifest?.location).toEqual({ bucket: 'lists', key: 'rows.csv\n' });
    expect(warnings[0]).toContain('|-');
  });

  it.each<[name: string, inputs: Inputs, target: object]>([
    ['nothing: the rows name the versions', {}, { kind: 'rows' }],
    ['a time for the rows that name none', { 'to-time': '15m ago' }, { kind: 'time', at: NOW - 900_000 }],
    ['a number for the rows that name none', { 'versions-back': '1' }, { kind: 'versions-back', count: 1 }],
  ])('rollback to %s', (_, inputs, target) => {
    expect(parse({ ...ROLLBACK, ...inputs }).request.target).toEqual(target);
  });

  it('undelete in a window', () => {
    expect(parse({ ...UNDELETE, 'deleted-after': '1h ago' }).request.target).toEqual({
      kind: 'undelete',
      after: NOW - 3_600_000,
    });
  });

  it.each<Bad>([
    ['with key', { ...UNDELETE, key: 'a' }, 'key', /Leave out one of the two/],
    ['with whole-bucket', { ...UNDELETE, 'whole-bucket': 'true' }, 'whole-bucket', /narrow it/],
    ['with version-id', { ...ROLLBACK, 'version-id': 'v' }, 'version-id', /into the rows/],
    ['undelete with version-id', { ...UNDELETE, 'version-id': 'v' }, 'version-id', /operation: rollback/],
    ['with two targets', { ...ROLLBACK, 'to-time': '1h ago', 'versions-back': '1' }, 'versions-back', /exactly one/],
    [
      'format without manifest',
      { ...UNDELETE, manifest: '', bucket: 'b-1', prefix: 'a', 'manifest-format': 'csv' },
      'manifest-format',
      /give the manifest/,
    ],
    ['format mistyped', { ...UNDELETE, 'manifest-format': 'json' }, 'manifest-format', /Did you mean jsonl\?/],
    ['S3 without a bucket', { ...UNDELETE, manifest: 's3:///rows.csv' }, 'manifest', /s3:\/\/bucket\/key/],
    ['S3 with a bucket that cannot be', { ...UNDELETE, manifest: 's3://a b/rows.csv' }, 'manifest', /s3:\/\/bucket/],
    ['S3 without a key', { ...UNDELETE, manifest: 's3://lists/' }, 'manifest', /the file itself/],
    ['S3 without a key or slash', { ...UNDELETE, manifest: 's3://lists' }, 'manifest', /the file itself/],
    [
      'S3 with a key that is too long',
      { ...UNDELETE, manifest: `s3://lists/${'x'.repeat(1025)}` },
      'manifest',
      /Check/,
    ],
    ['ARN', { ...UNDELETE, manifest: 'arn:aws:s3:::lists/rows.csv' }, 'manifest', /s3:\/\/bucket\/key/],
    ['web address', { ...UNDELETE, manifest: 'https://example.com/rows.csv' }, 'manifest', /path in the workspace/],
    ['folder', { ...UNDELETE, manifest: 'out/' }, 'manifest', /path of a file/],
    ['two lines', { ...UNDELETE, manifest: 'a.csv\nb.csv' }, 'manifest', /path of a file/],
    ['bucket malformed', { ...UNDELETE, bucket: 'my bucket' }, 'bucket', /3 to 63/],
  ])('%s', (_, inputs, input, mend) => {
    const problems = problemsOf(inputs);
    expect(problems.map((p) => p.input)).toEqual([input]);
    expect(problems[0]?.mend).toMatch(mend);
  });
});
