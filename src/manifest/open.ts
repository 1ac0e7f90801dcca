import type { Manifest, ManifestFormat, ManifestLocation } from '../core/manifest.ts';
import { openCsv } from './csv.ts';
import { isDocument } from './document.ts';
import { invalid, nameOf, noRows } from './errors.ts';
import { checkManifestChecksum, openInventory } from './inventory.ts';
import { openJsonLines } from './jsonl.ts';
import { openReport } from './report.ts';
import { contentOf, contradiction } from './sniff.ts';
import { bomBytes, gunzipped, isGzip, type OpenFile, openSource, parsedJson, type Source, wholeOf } from './source.ts';

/**
 * Open a manifest in any format. Its beginning is read here, and the rest as its rows are asked for: memory does not
 * grow with its length. Once open, its rows must be gone through, or given up (`break`, `return()`), to let go of the file.
 * @throws RollbackError `invalid-manifest`, from here or from the rows
 */
export async function openManifest(
  location: ManifestLocation,
  format: ManifestFormat,
  open: OpenFile,
): Promise<Manifest> {
  const name = nameOf(location);
  const raw = await openSource(name, await open(location));
  try {
    const source = isGzip(raw.head) ? await openSource(name, gunzipped(raw.stream(), name)) : raw;
    try {
      return await openContent(source, { location, format, open, compressed: source !== raw });
    } catch (error) {
      await source.close();
      throw error;
    }
  } catch (error) {
    await raw.close();
    throw error;
  }
}

interface Circumstances {
  readonly location: ManifestLocation;
  readonly format: ManifestFormat;
  readonly open: OpenFile;
  readonly compressed: boolean;
}

async function openContent(source: Source, given: Circumstances): Promise<Manifest> {
  const { name, head } = source;
  if (head.length === bomBytes(head)) throw noRows(name);
  const content = contentOf(source, given.format);
  if (content === 'blank' && given.format === 'inventory') throw noRows(name);
  switch (content) {
    case 'json':
      return openDocument(source, given);
    case 'jsonl':
      return { kind: 'rows', format: 'jsonl', rows: await openJsonLines(source.stream(bomBytes(head)), name) };
    // Nothing but blank lines so far: either format leaves them out, and says so when there is nothing else.
    case 'blank':
    case 'csv':
      return given.format === 'jsonl'
        ? { kind: 'rows', format: 'jsonl', rows: await openJsonLines(source.stream(bomBytes(head)), name) }
        : { kind: 'rows', ...(await openCsv(source.stream(bomBytes(head)), name)) };
  }
}

async function openDocument(source: Source, { location, format, open, compressed }: Circumstances): Promise<Manifest> {
  const { name } = source;
  const bytes = await wholeOf(source);
  const document = parsedJson(bytes, name);
  if (isDocument(document) && ('fileSchema' in document || 'files' in document)) {
    // The checksum is of the file as S3 wrote it.
    if (!compressed) await checkManifestChecksum(location, bytes, open);
    return openInventory(document, name, open);
  }
  if (isDocument(document) && ('Results' in document || 'ReportSchema' in document)) {
    if (format === 'inventory') throw contradiction(name, format, ['the completion report of a job', 'auto']);
    return openReport(document, name, open);
  }
  throw invalid(
    name,
    'is JSON, but neither the manifest.json of an S3 Inventory nor that of a Batch Operations report',
    'JSON Lines have one object with "bucket" and "key" on each line, the first too.',
  );
}
