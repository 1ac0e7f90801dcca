import { bucketOfArn, type ManifestRow, type RowsManifest } from '../core/manifest.ts';
import { checkBucket } from './cells.ts';
import { reportRows } from './csv.ts';
import { type Document, listField, md5Field, textField } from './document.ts';
import { invalid, nameOf, shown } from './errors.ts';
import { bomBytes, checkedMd5, type OpenFile, openSource } from './source.ts';

const FORMAT = 'Report_CSV_20180820';
const SCHEMA = ['Bucket', 'Key', 'VersionId', 'TaskStatus'];

/**
 * What failed in a job of S3 Batch Operations, from the manifest.json of its completion report. The result files are
 * opened when their rows are asked for. A job without failures has no rows.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-examples-reports.html
 * @throws RollbackError `invalid-manifest`
 */
export function openReport(document: Document, name: string, open: OpenFile): RowsManifest {
  checkFormat(document, name);
  const files = listField(document, 'Results', name)
    .filter((result) => textField(result, 'TaskExecutionStatus', name).toLowerCase() === 'failed')
    .map((result) => ({
      bucket: checkBucket(bucketOfArn(textField(result, 'Bucket', name)), () => `${name}, field "Bucket"`),
      key: textField(result, 'Key', name),
      md5: md5Field(result, 'MD5Checksum', name),
    }));

  async function* rows(): AsyncGenerator<readonly ManifestRow[]> {
    for (const { bucket, key, md5 } of files) {
      const file = nameOf({ bucket, key });
      const source = await openSource(file, checkedMd5(await open({ bucket, key }), md5, file));
      try {
        const batches = reportRows(source.stream(bomBytes(source.head)), file);
        for await (const batch of batches) if (batch.length > 0) yield batch;
      } finally {
        await source.close();
      }
    }
  }
  return { kind: 'rows', format: 'report', rows: rows() };
}

function checkFormat(document: Document, name: string): void {
  const format = textField(document, 'Format', name);
  const schema = textField(document, 'ReportSchema', name);
  const columns = schema.split(',').map((column) => column.trim());
  if (format === FORMAT && SCHEMA.every((column, i) => columns[i] === column)) return;
  throw invalid(
    name,
    `the report's format is ${shown(format)} with the columns ${shown(schema)}`,
    `Only ${FORMAT} is understood, which begins with ${SCHEMA.join(', ')}. Take the rows that failed out of it, as CSV.`,
  );
}
