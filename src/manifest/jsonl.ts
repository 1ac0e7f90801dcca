import type { ManifestRow } from '../core/manifest.ts';
import { checkBucket, checkKey, checkVersionId } from './cells.ts';
import { invalid, noRows, shown, spot } from './errors.ts';
import { boundedLines } from './lines.ts';

/**
 * Rows as JSON Lines: `{"bucket","key","versionId"?}`, keys as they are. A batch for each piece of the input.
 * @throws RollbackError `invalid-manifest`, here for what the first piece shows, later for the rest
 */
export async function openJsonLines(
  pieces: AsyncIterable<Buffer>,
  name: string,
): Promise<AsyncGenerator<readonly ManifestRow[]>> {
  const batches = batchesOf(pieces, name);
  const first = await batches.next();
  return rows();
  async function* rows(): AsyncGenerator<readonly ManifestRow[]> {
    try {
      if (first.done !== true) yield first.value;
      yield* batches;
    } finally {
      await batches.return(undefined);
    }
  }
}

async function* batchesOf(pieces: AsyncIterable<Buffer>, name: string): AsyncGenerator<readonly ManifestRow[]> {
  const read = lineReader(name);
  let none = true;
  for await (const { line, texts } of boundedLines(pieces, name)) {
    const rows: ManifestRow[] = [];
    for (const [i, text] of texts.entries()) {
      if (!isBlank(text)) rows.push(read(text, line + i));
    }
    if (rows.length === 0) continue;
    none = false;
    yield rows;
  }
  if (none) throw noRows(name);
}

function isBlank(text: string): boolean {
  return text === '' || text === '\r' || text.trim() === '';
}

function lineReader(name: string): (text: string, line: number) => ManifestRow {
  // Rows of one bucket share one string.
  let last: string | undefined;
  return (text, line) => {
    const row = parsedObject(text, name, line);
    for (const field in row) if (!FIELDS.has(field)) throw unknownField(field, name, line);
    const at = (field: string) => () => `${spot(name, line)}, "${field}"`;
    const bucket = textOf(row.bucket, at('bucket'));
    if (bucket !== last) last = checkBucket(bucket, at('bucket'));
    const key = checkKey(textOf(row.key, at('key')), at('key'));
    if (!key.isWellFormed()) {
      throw invalid(
        at('key')(),
        `${shown(key)} has half of a surrogate pair, which no key of S3 can have`,
        'Write characters beyond U+FFFF as themselves or as both of their \\u escapes.',
      );
    }
    const { versionId } = row;
    if (versionId === null) {
      throw invalid(
        at('versionId')(),
        'is null',
        'Write "null", in quotation marks, for the version whose id is null; leave the field out to mean the key.',
      );
    }
    if (versionId === undefined) return { bucket: last, key, line };
    return {
      bucket: last,
      key,
      versionId: checkVersionId(textOf(versionId, at('versionId')), at('versionId')),
      line,
    };
  };
}

function parsedObject(text: string, name: string, line: number): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(
      spot(name, line),
      `${shown(text)} is not JSON`,
      'Write one object on each line: {"bucket":"…","key":"…"}.',
      error,
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(
      spot(name, line),
      `${shown(text)} is not an object`,
      'Write one object on each line: {"bucket":"…","key":"…"}.',
    );
  }
  return value as Readonly<Record<string, unknown>>;
}

function textOf(value: unknown, where: () => string): string {
  if (typeof value === 'string') return value;
  throw invalid(
    where(),
    value === undefined ? 'is missing' : `is ${shown(JSON.stringify(value))}, not a string`,
    'Every row has "bucket" and "key", and where wanted "versionId", all strings.',
  );
}

const FIELDS = new Set(['bucket', 'key', 'versionId']);

/** What others call these fields, without case and punctuation. */
const MEANT: readonly (readonly [RegExp, string])[] = [
  [/^(s3)?bucket(name)?$/, 'bucket'],
  [/^(s3)?(object)?(key|name|path)(name)?$/, 'key'],
  [/^(s3)?(object)?version(id)?$/, 'versionId'],
];

function unknownField(field: string, name: string, line: number): Error {
  const bare = field.toLowerCase().replace(/[^a-z0-9]/g, '');
  const meant = MEANT.find(([pattern]) => pattern.test(bare))?.[1];
  return invalid(
    spot(name, line),
    `has an unknown field ${shown(field)}${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
    'A row has the fields "bucket" and "key", and where wanted "versionId", and no others.',
  );
}
