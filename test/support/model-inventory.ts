import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type * as model from './model.ts';
import type { Choose } from './model-port.ts';

const FIELDS = ['Bucket', 'Key', 'VersionId', 'IsLatest', 'IsDeleteMarker', 'Size', 'LastModifiedDate'];

/**
 * What S3 Inventory would write of a bucket: rows in no order, over several files.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
 */
export function inventoryOf(
  bucket: model.Bucket,
  createdAt: number,
  choose: Choose,
): { manifest: string; files: Record<string, Buffer> } {
  const rows = [...bucket.keys].flatMap(([key, entries]) =>
    entries.map((entry, i) => [
      'bucket',
      encodeURIComponent(key),
      entry.versionId === 'null' ? '' : entry.versionId,
      String(i === 0),
      String(entry.object === undefined),
      String(entry.object?.body.length ?? ''),
      new Date(entry.lastModified).toISOString(),
    ]),
  );
  const parts: string[][] = [[], []];
  while (rows.length > 0) {
    const [row = []] = rows.splice(choose(rows.length), 1);
    parts[choose(parts.length)]?.push(row.map((cell) => `"${cell}"`).join(','));
  }
  const named = parts.map((lines, i) => {
    const bytes = gzipSync(lines.map((line) => `${line}\n`).join(''));
    return { key: `data/${i}.csv.gz`, bytes, MD5checksum: createHash('md5').update(bytes).digest('hex') };
  });
  const manifest = {
    sourceBucket: 'bucket',
    destinationBucket: 'arn:aws:s3:::bucket',
    version: '2016-11-30',
    creationTimestamp: String(createdAt),
    fileFormat: 'CSV',
    fileSchema: FIELDS.join(', '),
    files: named.map(({ key, bytes, MD5checksum }) => ({ key, size: bytes.length, MD5checksum })),
  };
  return {
    manifest: JSON.stringify(manifest, null, 2),
    files: Object.fromEntries(named.map(({ key, bytes }) => [key, bytes])),
  };
}
