import { describe, expect, it } from 'vitest';
import { openManifest } from '../../../src/manifest/index.ts';
import { filesOf, md5, opened, refusal, rows, rowsOf } from './support.ts';

/** As AWS documents it, and as it shows it: https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-examples-reports.html */
const DOCUMENTED = 'my-bucket,a%20b,v1,failed,NoSuchVersion,404,"The version, it seems,\n""is"" gone"\n';
const SHOWN = 'my-bucket,a%20b,v1,failed,404,PermanentFailure,"The version, it seems,\n""is"" gone"\n';
const SUCCEEDED = 'my-bucket,done,,succeeded,200,,"Successful"\n';

describe('the completion report of a job, as a CSV file', () => {
  it.each([
    ['with the error code before the status', DOCUMENTED],
    ['with the status before the error code', SHOWN],
  ])('%s', async (_, row) => {
    const manifest = await opened(SUCCEEDED + row + SUCCEEDED + row.replace('v1', '').replace('a%20b', 'c'));
    expect(manifest).toMatchObject({ kind: 'rows', format: 'report' });
    expect(await rowsOf(manifest)).toEqual([
      { bucket: 'my-bucket', key: 'a b', versionId: 'v1', line: 2 },
      { bucket: 'my-bucket', key: 'c', line: 5 },
    ]);
  });

  it('may be called csv', async () => {
    expect(await opened(SHOWN, 'csv')).toMatchObject({ format: 'report' });
  });

  it('has no rows where nothing failed, and that is no error', async () => {
    expect(await rows(SUCCEEDED.repeat(3))).toEqual([]);
    expect(await rows(SUCCEEDED.repeat(20_000))).toEqual([]);
  });

  it.each([
    [
      'a row of a plain manifest',
      'my-bucket,a,v\n',
      'line 3: has 3 columns, and every row of a completion report has 7',
      'Do not mix',
    ],
    ['another status', 'my-bucket,a,,cancelled,,,\n', 'line 3, column 4 (task status): "cancelled" is neither', ''],
    ['a key that is not URL-encoded', 'my-bucket,a b,,failed,,,\n', 'line 3, column 2 (key): "a b"', ''],
    ['a version id that is none', 'my-bucket,a,v 1,failed,,,\n', 'line 3, column 3 (version id)', ''],
    ['a bucket that is none', 'my/bucket,a,,failed,,,\n', 'line 3, column 1 (bucket)', ''],
  ])('refuses %s', async (_, row, message, hint) => {
    await expect(rows(SUCCEEDED + SUCCEEDED + row)).rejects.toMatchObject(refusal(message, hint));
  });

  it('takes seven columns without a status for what they are', async () => {
    await expect(rows('my-bucket,a,b,c,d,e,f\n')).rejects.toMatchObject(
      refusal('line 1: has 7 columns; there must be 2'),
    );
  });
});

const FAILED_CSV = `${SHOWN}${SHOWN.replace('a%20b', 'c')}`;

function report(changes: object = {}, result: object = {}): string {
  return JSON.stringify(
    {
      Format: 'Report_CSV_20180820',
      ReportCreationDate: '2026-11-22T14:00:00Z',
      Results: [
        { TaskExecutionStatus: 'succeeded', Bucket: 'reports', MD5Checksum: md5(''), Key: 'job/results/ok.csv' },
        {
          TaskExecutionStatus: 'failed',
          Bucket: 'reports',
          MD5Checksum: md5(FAILED_CSV),
          Key: 'job/results/no.csv',
          ...result,
        },
      ],
      ReportSchema: 'Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage',
      ...changes,
    },
    null,
    2,
  );
}

function openedReport(document: string, files = {}, format: 'auto' | 'inventory' | 'csv' | 'jsonl' = 'auto') {
  const all = { 's3://reports/job/manifest.json': document, 's3://reports/job/results/no.csv': FAILED_CSV, ...files };
  return openManifest({ bucket: 'reports', key: 'job/manifest.json' }, format, filesOf(all));
}

describe('the completion report of a job, by its manifest.json', () => {
  const both = [
    { bucket: 'my-bucket', key: 'a b', versionId: 'v1', line: 1 },
    { bucket: 'my-bucket', key: 'c', versionId: 'v1', line: 3 },
  ];

  it('has the rows of the files of what failed; the others are not opened', async () => {
    const manifest = await openedReport(report());
    expect(manifest).toMatchObject({ kind: 'rows', format: 'report' });
    expect(await rowsOf(manifest)).toEqual(both);
  });

  it.each([
    ['an ARN for the bucket', report({}, { Bucket: 'arn:aws:s3:::reports' })],
    ['an ARN of another partition', report({}, { Bucket: 'arn:aws-us-gov:s3:::reports' })],
    ['an MD5 in capitals', report({}, { MD5Checksum: md5(FAILED_CSV).toUpperCase() })],
    ['one line', JSON.stringify(JSON.parse(report()))],
  ])('may have %s', async (_, document) => {
    expect(await rowsOf(openedReport(document))).toEqual(both);
  });

  it.each([
    ['no results', report({ Results: [] })],
    ['no failed ones', report({}, { TaskExecutionStatus: 'succeeded' })],
  ])('has no rows where there are %s', async (_, document) => {
    expect(await rowsOf(openedReport(document))).toEqual([]);
  });

  it('may have a result file that is empty', async () => {
    const empty = report({}, { MD5Checksum: md5('') });
    expect(await rowsOf(openedReport(empty, { 's3://reports/job/results/no.csv': '' }))).toEqual([]);
  });

  it.each([
    ['another format', report({ Format: 'Report_CSV_20300101' }), '"Report_CSV_20300101"'],
    [
      'another schema',
      report({ ReportSchema: 'Key, Bucket, VersionId, TaskStatus' }),
      '"Key, Bucket, VersionId, TaskStatus"',
    ],
    ['no format', report({ Format: undefined }), 'field "Format" is missing'],
    ['results that are no list', report({ Results: {} }), 'field "Results" is "{}", not a list'],
    ['a result that is no object', report({ Results: ['x'] }), 'field "Results"'],
    [
      'a result without a status',
      report({}, { TaskExecutionStatus: undefined }),
      'field "TaskExecutionStatus" is missing',
    ],
    ['a result without a key', report({}, { Key: '' }), 'field "Key"'],
    ['a result without an MD5', report({}, { MD5Checksum: undefined }), 'field "MD5Checksum" is missing'],
    ['an MD5 that is none', report({}, { MD5Checksum: 'xyz' }), 'field "MD5Checksum" is "xyz", not an MD5'],
    ['a bucket that is none', report({}, { Bucket: 'a/b' }), 'field "Bucket": "a/b" is not the name'],
  ])('refuses %s', async (_, document, message) => {
    await expect(openedReport(document)).rejects.toMatchObject(refusal(message));
  });

  it('refuses a result file that was changed', async () => {
    const files = { 's3://reports/job/results/no.csv': `${FAILED_CSV}${SHOWN}` };
    await expect(rowsOf(openedReport(report(), files))).rejects.toMatchObject(
      refusal(
        `s3://reports/job/results/no.csv: is not the file that was listed: its MD5 is ${md5(`${FAILED_CSV}${SHOWN}`)}`,
      ),
    );
  });

  it('names the result file in what it says of a row', async () => {
    const bad = SHOWN.replace('a%20b', 'a b');
    const document = report({}, { MD5Checksum: md5(bad) });
    await expect(rowsOf(openedReport(document, { 's3://reports/job/results/no.csv': bad }))).rejects.toMatchObject(
      refusal('manifest s3://reports/job/results/no.csv, line 1, column 2 (key)'),
    );
  });

  it.each(['inventory', 'csv', 'jsonl'] as const)('is not %s', async (format) => {
    await expect(openedReport(report(), {}, format)).rejects.toMatchObject(refusal(`"manifest-format" is ${format}`));
  });
});
