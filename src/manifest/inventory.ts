import { createHash } from 'node:crypto';
import { CancelledError } from '../core/errors.ts';
import { bucketOfArn, type InventoryManifest, type InventoryRow, type ManifestLocation } from '../core/manifest.ts';
import { checkBucket } from './cells.ts';
import { csvRows } from './csv-records.ts';
import { type Document, listField, md5Field, textField } from './document.ts';
import { invalid, nameOf, shown } from './errors.ts';
import { inventoryReader } from './inventory-rows.ts';
import { refuseBinary } from './sniff.ts';
import { checkedMd5, gunzipped, isGzip, type OpenFile, openSource } from './source.ts';

interface DataFile {
  readonly key: string;
  readonly md5: string;
}

/**
 * An S3 Inventory of all versions, from its manifest.json. The data files are opened when their rows are asked for, one
 * after the other. https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
 * @throws RollbackError `invalid-manifest`
 */
export function openInventory(document: Document, name: string, open: OpenFile): InventoryManifest {
  refuseOtherFormats(document, name);
  const sourceBucket = bucketField(document, 'sourceBucket', name);
  const destination = bucketField(document, 'destinationBucket', name);
  const reader = inventoryReader(textField(document, 'fileSchema', name), sourceBucket, name);
  const files = listField(document, 'files', name).map(
    (file): DataFile => ({ key: textField(file, 'key', name), md5: md5Field(file, 'MD5checksum', name) }),
  );

  async function* rows(): AsyncGenerator<readonly InventoryRow[]> {
    for (const { key, md5 } of files) {
      const location = { bucket: destination, key };
      const file = nameOf(location);
      const source = await openSource(file, checkedMd5(await open(location), md5, file));
      try {
        refuseBinary(file, source.head, 'gzip');
        const bytes = isGzip(source.head)
          ? (await openSource(file, gunzipped(source.stream(), file))).stream()
          : source.stream();
        for await (const batch of csvRows(bytes, file, reader.rowOf(file), true)) if (batch.length > 0) yield batch;
      } finally {
        await source.close();
      }
    }
  }
  return {
    kind: 'inventory',
    sourceBucket,
    createdAt: createdAt(document, name),
    hasTimes: reader.hasTimes,
    rows: rows(),
  };
}

function refuseOtherFormats(document: Document, name: string): void {
  const format = textField(document, 'fileFormat', name);
  if (format.toUpperCase() === 'CSV') return;
  throw invalid(
    name,
    `the inventory's files are ${shown(format)}, not CSV`,
    'Choose CSV as the output format of the inventory.',
  );
}

function bucketField(document: Document, field: string, name: string): string {
  const value = bucketOfArn(textField(document, field, name));
  return checkBucket(value, () => `${name}, field "${field}"`);
}

/** A string of milliseconds since 1970. */
function createdAt(document: Document, name: string): number {
  const value = document.creationTimestamp;
  const text = typeof value === 'number' ? String(value) : textField(document, 'creationTimestamp', name);
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw invalid(
    name,
    `field "creationTimestamp" is ${shown(text)}, not milliseconds since 1970`,
    'Give the file as S3 wrote it.',
  );
}

/**
 * S3 writes manifest.checksum beside manifest.json: its MD5. Where it is not there, or may not be read, nothing is checked.
 * @throws RollbackError `invalid-manifest`
 */
export async function checkManifestChecksum(location: ManifestLocation, bytes: Buffer, open: OpenFile): Promise<void> {
  if ('file' in location || !/(^|\/)manifest\.json$/.test(location.key)) return;
  const beside = { bucket: location.bucket, key: location.key.replace(/json$/, 'checksum') };
  const expected = await smallText(beside, open);
  if (expected === undefined) return;
  const found = createHash('md5').update(bytes).digest('hex');
  if (expected.trim().toLowerCase() === found) return;
  throw invalid(
    nameOf(location),
    `its MD5 is ${found}, and ${nameOf(beside)} says ${shown(expected.trim())}`,
    'The two do not belong together: one was changed or copied alone. Use a newer inventory.',
  );
}

async function smallText(location: ManifestLocation, open: OpenFile): Promise<string | undefined> {
  try {
    const source = await openSource(nameOf(location), await open(location));
    await source.close();
    return source.head.toString('latin1', 0, 1024);
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    return undefined;
  }
}
