import { invalid, shown } from './errors.ts';

/** Reading JSON documents whose shape is S3's; each error names the file and the field. All throw `invalid-manifest`. */

export type Document = Readonly<Record<string, unknown>>;

export function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const HINT = 'Give the file as S3 wrote it.';

export function textField(document: Document, field: string, name: string): string {
  const value = document[field];
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(name, `field "${field}" ${found(value)}, not a string`, HINT);
}

export function listField(document: Document, field: string, name: string): readonly Document[] {
  const value = document[field];
  if (Array.isArray(value) && value.every(isDocument)) return value;
  throw invalid(name, `field "${field}" ${found(value)}, not a list of objects`, HINT);
}

/** An MD5 as hex digits. */
export function md5Field(document: Document, field: string, name: string): string {
  const value = textField(document, field, name);
  if (/^[0-9a-f]{32}$/i.test(value)) return value;
  throw invalid(name, `field "${field}" is ${shown(value)}, not an MD5 of 32 hex digits`, HINT);
}

function found(value: unknown): string {
  return value === undefined ? 'is missing' : `is ${shown(JSON.stringify(value))}`;
}
