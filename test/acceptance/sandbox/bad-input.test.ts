import { annotationsOf } from '../support/commands.ts';
import { onSandbox, seed } from '../support/sandbox.ts';

const UNDELETE = { operation: 'undelete', key: 'a' };
const ROLLBACK = { operation: 'rollback', key: 'a' };
const DELETE = { ...ROLLBACK, 'versions-back': '1', method: 'delete' };
const FUTURE = '2999-01-01T00:00:00Z';

/** Inputs, the input that the error must name, and what it must say: what was found, and the mend. */
const TABLE: readonly (readonly [what: string, Record<string, string>, input: string, RegExp])[] = [
  ['no operation', { key: 'a', operation: '' }, 'operation', /is missing.*undelete, rollback/s],
  ['an unknown operation', { key: 'a', operation: 'restore-all' }, 'operation', /not known.*undelete, rollback/s],
  ['a mistyped operation', { key: 'a', operation: 'undelet' }, 'operation', /Did you mean undelete/],
  ['no bucket', { ...UNDELETE, bucket: '' }, 'bucket', /is missing.*name of the bucket/s],
  ['a URL for a bucket', { ...UNDELETE, bucket: 's3://site/a' }, 'bucket', /is a URL.*bucket: site/s],
  ['a bucket that cannot be one', { ...UNDELETE, bucket: 'a/b' }, 'bucket', /not a bucket name/],
  ['no scope', { operation: 'undelete' }, 'prefix', /which keys.*key.*prefix.*whole-bucket: true/s],
  ['an empty key', { operation: 'undelete', key: '' }, 'prefix', /key and prefix are empty/],
  ['the whole bucket by accident', { operation: 'undelete', prefix: '' }, 'prefix', /whole-bucket: true/],
  ['whole-bucket: false', { operation: 'undelete', 'whole-bucket': 'false' }, 'prefix', /whole-bucket/],
  ['whole-bucket: yes', { operation: 'undelete', 'whole-bucket': 'yes' }, 'whole-bucket', /neither true nor false/],
  ['key and prefix', { ...UNDELETE, prefix: 'a' }, 'prefix', /together with key.*one of the two/s],
  ['key and whole-bucket', { ...UNDELETE, 'whole-bucket': 'true' }, 'whole-bucket', /Leave out key/],
  ['key and include', { ...UNDELETE, include: '**' }, 'include', /together with key/],
  ['a key of 1,025 bytes', { operation: 'undelete', key: 'k'.repeat(1025) }, 'key', /1025 bytes.*1024/s],
  ['a key of 1,026 bytes in 513 letters', { operation: 'undelete', key: '\u00fc'.repeat(513) }, 'key', /1026 bytes/],
  ['a prefix of 1,025 bytes', { operation: 'undelete', prefix: 'k'.repeat(1025) }, 'prefix', /1025 bytes/],
  ['rollback to nothing', ROLLBACK, 'to-time', /Give one of: to-time, versions-back, or version-id/],
  ['two targets', { ...ROLLBACK, 'versions-back': '1', 'to-time': '1h ago' }, 'versions-back', /exactly one of/],
  [
    'three targets',
    { ...ROLLBACK, 'versions-back': '1', 'to-time': '1h ago', 'version-id': 'x' },
    'to-time',
    /exactly one/,
  ],
  ['a target for undelete', { ...UNDELETE, 'to-time': '1h ago' }, 'to-time', /operation: rollback/],
  [
    'a window for rollback',
    { ...ROLLBACK, 'versions-back': '0', 'deleted-after': '1h ago' },
    'deleted-after',
    /undelete/,
  ],
  [
    'a time without a zone',
    { ...ROLLBACK, 'to-time': '2026-01-01T00:00:00' },
    'to-time',
    /no time zone.*Z or an offset/s,
  ],
  ['a time in the future', { ...ROLLBACK, 'to-time': FUTURE }, 'to-time', /in the future/],
  ['Unix seconds in the future', { ...ROLLBACK, 'to-time': '32503680000' }, 'to-time', /in the future/],
  [
    'a date that does not exist',
    { ...ROLLBACK, 'to-time': '2026-02-30T00:00:00Z' },
    'to-time',
    /not a date that exists/,
  ],
  ['no time at all', { ...ROLLBACK, 'to-time': 'yesterday' }, 'to-time', /not a time.*2026-11-22T14:00:00Z/s],
  ['a window in the future', { ...UNDELETE, 'deleted-after': FUTURE }, 'deleted-after', /in the future/],
  [
    'a window without a zone',
    { ...UNDELETE, 'deleted-before': '2026-01-01T00:00:00' },
    'deleted-before',
    /no time zone/,
  ],
  [
    'a window inside out',
    { ...UNDELETE, 'deleted-after': '1h ago', 'deleted-before': '2h ago' },
    'deleted-after',
    /Exchange/,
  ],
  ['versions-back: -1', { ...ROLLBACK, 'versions-back': '-1' }, 'versions-back', /not a whole number of 0 or more/],
  ['versions-back: 1.5', { ...ROLLBACK, 'versions-back': '1.5' }, 'versions-back', /not a whole number/],
  ['version-id without key', { operation: 'rollback', prefix: 'a', 'version-id': 'x' }, 'version-id', /without key/],
  ['version-id with a space', { ...ROLLBACK, 'version-id': 'a b' }, 'version-id', /not a version id/],
  ['version-id of two lines', { ...ROLLBACK, 'version-id': 'a\nb' }, 'version-id', /not a version id/],
  ['version-id without end', { ...ROLLBACK, 'version-id': 'x'.repeat(1025) }, 'version-id', /not a version id/],
  ['an unknown method', { ...ROLLBACK, 'versions-back': '1', method: 'move' }, 'method', /copy, delete/],
  ['method delete without max-deletes', DELETE, 'max-deletes', /is missing.*most versions/s],
  ['max-deletes: -1', { ...DELETE, 'max-deletes': '-1' }, 'max-deletes', /0 or more/],
  ['max-deletes: many', { ...DELETE, 'max-deletes': 'many' }, 'max-deletes', /not a whole number/],
  [
    'max-deletes under method copy',
    { ...ROLLBACK, 'versions-back': '1', 'max-deletes': '1' },
    'max-deletes',
    /method: delete/,
  ],
  ['method delete for undelete', { ...UNDELETE, method: 'delete' }, 'method', /belongs to operation: rollback/],
  ['dry-run: maybe', { ...UNDELETE, 'dry-run': 'maybe' }, 'dry-run', /neither true nor false.*dry-run: true/s],
  ['verify: 1', { ...UNDELETE, verify: '1' }, 'verify', /neither true nor false/],
  ['max-changes: -1', { ...UNDELETE, 'max-changes': '-1' }, 'max-changes', /0 or more/],
  ['fail-on: everything', { ...UNDELETE, 'fail-on': 'everything' }, 'fail-on', /failures, conflicts, never/],
  ['concurrency: 0', { ...UNDELETE, concurrency: '0' }, 'concurrency', /from 1 to 256/],
  ['batch-size: 1001', { ...UNDELETE, 'batch-size': '1001' }, 'batch-size', /from 1 to 1000/],
  [
    'a bypass that nothing needs',
    { ...UNDELETE, 'bypass-governance-retention': 'true' },
    'bypass-governance-retention',
    /delete/,
  ],
  [
    'an owner that is no account',
    { ...UNDELETE, 'expected-bucket-owner': '123' },
    'expected-bucket-owner',
    /12 digits/,
  ],
  ['an endpoint that is no URL', { ...UNDELETE, 'endpoint-url': 'localhost' }, 'endpoint-url', /https:\/\//],
  ['a region that is none', { ...UNDELETE, region: 'us east 1' }, 'region', /eu-central-1/],
  ['plan-file is a folder', { ...UNDELETE, 'plan-file': 'out/' }, 'plan-file', /not the path of a file/],
  ['journal-file is plan-file', { ...UNDELETE, 'plan-file': 'x', 'journal-file': 'x' }, 'journal-file', /same file/],
];

onSandbox('bad input: one clear error, and not one request', (test) => {
  for (const [what, inputs, input, says] of TABLE) {
    test(what, async ({ bucket, act, expect, requests }) => {
      seed(bucket, 'a', 'A B x');
      const run = await act(inputs);
      expect(run.code).toBe(1);
      expect(run.outputs).toMatchObject({ status: 'failed', planned: '0', 'report-file': '', 'journal-file': '' });
      const errors = annotationsOf(run.stdout, 'error').map((error) => error.message);
      const [error = ''] = errors.filter((message) => message.startsWith(`input "${input}":`));
      expect(error, errors.join('\n')).toMatch(says);
      expect(run.summary).toContain('nothing was changed');
      expect(requests()).toEqual([]);
    });
  }

  test('all that is wrong is told at once', async ({ act, expect }) => {
    const run = await act({ operation: 'rolback', key: 'a', 'to-time': 'x', 'dry-run': 'x', concurrency: 'x' });
    const named = annotationsOf(run.stdout, 'error').map((error) => /^input "([^"]+)"/.exec(error.message)?.[1]);
    expect(named).toEqual(expect.arrayContaining(['operation', 'dry-run', 'concurrency']));
  });

  test('an input that does not exist is only a warning', async ({ bucket, act, expect }) => {
    seed(bucket, 'a', 'A x');
    const run = await act({ ...UNDELETE, dryrun: 'true' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(annotationsOf(run.stdout, 'warning')[0]?.message).toMatch(/"dryrun".*Did you mean "dry-run"/);
  });

  test('with fail-on never a refusal is still a refusal', async ({ act, expect, requests }) => {
    const run = await act({ operation: 'nonsense', key: 'a', 'fail-on': 'never' });
    expect(run.code).toBe(1);
    expect(requests()).toEqual([]);
  });
});
