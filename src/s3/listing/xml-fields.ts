import { BadAnswer } from '../trouble.ts';
import type { XmlReader } from './xml-reader.ts';

/** What stands in the leaves of an answer to ListObjectVersions. All throw BadAnswer where it cannot be what it should. */

export function malformed(what: string): BadAnswer {
  return new BadAnswer('malformed-page', `the server's answer to ListObjectVersions ${what}`);
}

export function booleanIn(xml: XmlReader, name: string): boolean {
  xml.leaf();
  if (xml.is('true')) return true;
  if (xml.is('false')) return false;
  throw malformed(`has an ${name} that is neither true nor false`);
}

export function numberIn(xml: XmlReader): number {
  xml.leaf();
  let value = 0;
  for (let i = xml.start; i < xml.end; i++) {
    const digit = xml.byte(i) - ZERO;
    if (digit < 0 || digit > 9) throw malformed('has a Size that is no number');
    value = value * 10 + digit;
  }
  if (xml.start === xml.end) throw malformed('has a Size that is no number');
  return value;
}

/** All pages are full of this one. */
const STANDARD = 'STANDARD';

export function storageClassIn(xml: XmlReader): string {
  xml.leaf();
  return xml.is(STANDARD) ? STANDARD : xml.slice(xml.start, xml.end);
}

const QUOTE = '&quot;';

/** Without its quotes, which come as entities from S3 and as they are from others. */
export function etagIn(xml: XmlReader): string {
  xml.leaf();
  const inner = { start: xml.start + QUOTE.length, end: xml.end - QUOTE.length };
  const usual = inner.start < inner.end && xml.has(QUOTE, xml.start) && xml.has(QUOTE, inner.end);
  return usual ? xml.slice(inner.start, inner.end) : unquote(xml.slice(xml.start, xml.end));
}

/** ETags come in quotes; from some servers, or at some places, without. */
export function unquote(etag: string): string {
  return etag.length > 1 && etag.startsWith('"') && etag.endsWith('"') ? etag.slice(1, -1) : etag;
}

const ZERO = 0x30;

/** Milliseconds since 1970. `2026-11-22T14:00:00.000Z` without Date's parser, other forms with it; NaN for none. */
export function dateIn(xml: XmlReader): number {
  xml.leaf();
  const at = xml.start;
  const usual =
    xml.end - at === 24 &&
    xml.byte(at + 4) === 0x2d &&
    xml.byte(at + 7) === 0x2d &&
    xml.byte(at + 10) === 0x54 &&
    xml.byte(at + 13) === 0x3a &&
    xml.byte(at + 16) === 0x3a &&
    xml.byte(at + 19) === 0x2e &&
    xml.byte(at + 23) === 0x5a;
  const year = digits(xml, at, 4);
  const month = digits(xml, at + 5, 2);
  const day = digits(xml, at + 8, 2);
  const ms = digits(xml, at + 20, 3);
  const time = (digits(xml, at + 11, 2) * 60 + digits(xml, at + 14, 2)) * 60 + digits(xml, at + 17, 2);
  if (!usual || !(month >= 1 && month <= 12) || !(day >= 1 && day <= 31) || Number.isNaN(year + ms + time)) {
    return Date.parse(xml.slice(xml.start, xml.end));
  }
  return Date.UTC(year, month - 1, day) + time * 1000 + ms;
}

/** NaN where one of them is no digit. */
function digits(xml: XmlReader, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = xml.byte(i) - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}
