import { describe, expect, it } from 'vitest';
import { type Bad, DOWNLOAD, type Inputs, parseDownload, problemsOf } from './inputs-support.ts';
import { NOW } from './support.ts';

describe('a download', () => {
  it('of a prefix at a time, into a folder of the workspace', () => {
    const { request, connection, warnings } = parseDownload(DOWNLOAD);
    expect(request).toEqual({
      operation: 'download',
      scope: { bucket: 'my-bucket', prefix: 'site/', include: [], exclude: [] },
      target: { kind: 'time', at: NOW - 900_000 },
      dryRun: false,
      failOn: 'failures',
      directory: '/home/runner/space/restored',
      planFile: expect.stringMatching(/plan\.jsonl$/),
      journalFile: expect.stringMatching(/journal\.jsonl$/),
      reportFile: expect.stringMatching(/report\.json$/),
    });
    expect(connection.strictRegionFor).toBe('my-bucket');
    expect(warnings).toEqual([]);
  });

  it.each<[name: string, inputs: Inputs, expected: object]>([
    [
      'a version of a key',
      { 'to-time': '', prefix: '', key: 'a', 'version-id': 'v' },
      { target: { kind: 'version', versionId: 'v' } },
    ],
    ['versions back', { 'to-time': '', 'versions-back': '0' }, { target: { kind: 'versions-back', count: 0 } }],
    [
      'a whole bucket, some of it',
      { prefix: '', 'whole-bucket': 'true', include: '*.html' },
      { scope: { prefix: '' } },
    ],
    ['an absolute folder', { directory: '/tmp/out/' }, { directory: '/tmp/out' }],
    ['a list of what is fetched', { 'plan-file': 'out/list.jsonl' }, { planFile: '/home/runner/space/out/list.jsonl' }],
    ['a dry run', { 'dry-run': 'true' }, { dryRun: true }],
  ])('%s', (_, inputs, expected) => {
    expect(parseDownload({ ...DOWNLOAD, ...inputs }).request).toMatchObject(expected);
  });

  it('with the defaults of action.yml, as the runner gives them', () => {
    const defaults = {
      method: 'copy',
      verify: 'true',
      archived: 'skip',
      'restore-days': '7',
      'restore-tier': 'Standard',
      'manifest-format': 'auto',
      'bypass-governance-retention': 'false',
    };
    expect(problemsOf({ ...DOWNLOAD, ...defaults })).toEqual([]);
  });

  it.each<Bad>([
    ['without a folder', { ...DOWNLOAD, directory: ' ' }, 'directory', /Give a folder/],
    ['into S3', { ...DOWNLOAD, directory: 's3://other/x' }, 'directory', /destination-bucket/],
    ['into two folders', { ...DOWNLOAD, directory: 'a\nb' }, 'directory', /Give a folder/],
    ['of no version', { ...DOWNLOAD, 'to-time': '' }, 'to-time', /version-id with key/],
    ['of two', { ...DOWNLOAD, 'versions-back': '1' }, 'versions-back', /exactly one/],
    ['of no key', { ...DOWNLOAD, prefix: '' }, 'prefix', /whole-bucket: true/],
    ['of no bucket', { ...DOWNLOAD, bucket: '' }, 'bucket', /Give the name/],
    ['of a manifest', { ...DOWNLOAD, manifest: 'rows.csv' }, 'manifest', /destination-bucket/],
    ['in a window', { ...DOWNLOAD, 'deleted-after': '1h ago' }, 'deleted-after', /operation: undelete/],
    ['by deleting', { ...DOWNLOAD, method: 'delete' }, 'method', /operation: rollback/],
    ['with max-deletes', { ...DOWNLOAD, 'max-deletes': '1' }, 'max-deletes', /operation: rollback/],
    ['with max-changes', { ...DOWNLOAD, 'max-changes': '1' }, 'max-changes', /Leave out/],
    ['unverified', { ...DOWNLOAD, verify: 'false' }, 'verify', /Leave out/],
    ['from the archive', { ...DOWNLOAD, archived: 'restore' }, 'archived', /restore-object/],
    ['for days', { ...DOWNLOAD, 'restore-days': '3' }, 'restore-days', /operation: rollback/],
    ['elsewhere', { ...DOWNLOAD, 'destination-bucket': 'other' }, 'destination-bucket', /operation: rollback/],
    ['under a prefix', { ...DOWNLOAD, 'destination-prefix': ' ' }, 'destination-prefix', /operation: rollback/],
    ['with locks', { ...DOWNLOAD, preserve: 'object-lock' }, 'preserve', /operation: rollback/],
    ['with a journal', { ...DOWNLOAD, 'journal-file': 'j.jsonl' }, 'journal-file', /Leave out/],
    [
      'past a retention',
      { ...DOWNLOAD, 'bypass-governance-retention': 'true' },
      'bypass-governance-retention',
      /operation: rollback/,
    ],
  ])('%s', (_, inputs, input, mend) => {
    const problems = problemsOf(inputs);
    expect(problems.map((p) => p.input)).toEqual([input]);
    expect(problems[0]?.mend).toMatch(mend);
  });

  it('directory belongs to it alone', () => {
    const { operation: _, ...rest } = DOWNLOAD;
    expect(problemsOf({ ...rest, operation: 'rollback' }).map((p) => p.input)).toEqual(['directory']);
  });
});
