import type { ManifestFormat } from '../core/manifest.ts';
import { invalid } from './errors.ts';
import { bomBytes, isGzip, type Source } from './source.ts';

/** What a file is, by its first bytes. `json`: one document, to be read whole. `blank`: no character to tell it by. */
export type Content = 'blank' | 'csv' | 'jsonl' | 'json';

/**
 * Look at what a file is, and whether that agrees with the input `manifest-format`.
 * @throws RollbackError `invalid-manifest`
 */
export function contentOf({ name, head }: Source, format: ManifestFormat): Content {
  refuseBinary(name, head);
  const content = contentOfText(name, head.toString('utf8', bomBytes(head)));
  if (content === 'blank') return content;
  const wanted = { auto: content, csv: 'csv', jsonl: 'jsonl', inventory: 'json' }[format];
  // With manifest-format: jsonl a first line that is no good JSON is that line's fault; unless it is plainly a document.
  if (format === 'jsonl' && content === 'json' && !isDocument(firstLine(head.toString('utf8', bomBytes(head)))))
    return 'jsonl';
  if (wanted !== content) throw contradiction(name, format, FOUND[content]);
  return content;
}

const FOUND = {
  csv: ['CSV', 'csv'],
  jsonl: ['JSON Lines', 'jsonl'],
  json: ['a JSON document', 'inventory'],
} as const;

export function contradiction(name: string, format: ManifestFormat, [found, mend]: readonly [string, string]) {
  return invalid(
    name,
    `input "manifest-format" is ${format}, but the file looks like ${found}`,
    `Leave manifest-format out or set it to ${mend}, or give the right file as manifest.`,
  );
}

/**
 * @param allow `gzip` where the file may be compressed (once).
 * @throws RollbackError `invalid-manifest` for what is not a text that we read.
 */
export function refuseBinary(name: string, head: Buffer, allow?: 'gzip'): void {
  const [first, second] = head;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw invalid(name, 'is UTF-16', 'Save the file as UTF-8.');
  }
  if (isGzip(head) && allow !== 'gzip') {
    throw invalid(name, 'is compressed twice', 'Compress it once, or not at all.');
  }
  // A row of CSV may begin with these letters too. https://orc.apache.org/specification/ https://parquet.apache.org/docs/file-format/
  const magic = /^(ORC|PAR1)(?![\w.-]*,[ -~]*[\r\n]|[\w.-]*,[ -~]*$)/.exec(head.toString('latin1'));
  if (magic !== null) {
    throw invalid(
      name,
      `is a file of ${magic[1] === 'ORC' ? 'Apache ORC' : 'Apache Parquet'}`,
      'Choose CSV as the output format of the inventory, and give its manifest.json as manifest.',
    );
  }
}

function contentOfText(name: string, text: string): Content {
  const begin = text.trimStart();
  if (begin === '') return 'blank';
  if (begin.startsWith('[')) {
    throw invalid(
      name,
      'begins like a JSON array',
      'Write JSON Lines: one object with "bucket" and "key" on each line, without brackets and commas around them.',
    );
  }
  if (!begin.startsWith('{')) return 'csv';
  // Seen so, a first line that is broken or endless is named as one, too.
  if (/^\{\s*"(bucket|key|versionId)"\s*:/.test(begin)) return 'jsonl';
  const fields = fieldsOf(firstLine(begin));
  return fields.includes('bucket') || fields.includes('key') ? 'jsonl' : 'json';
}

function firstLine(text: string): string {
  return text.trimStart().split('\n', 1)[0] ?? '';
}

function fieldsOf(line: string): string[] {
  try {
    return Object.keys(JSON.parse(line));
  } catch {
    return [];
  }
}

/** The first line of a document: printed with indentation, or the fields of one that we know. */
function isDocument(line: string): boolean {
  return (
    line.trim() === '{' ||
    /^\{\s*"(sourceBucket|destinationBucket|fileSchema|files|Format|Results|ReportSchema)"/.test(line)
  );
}
