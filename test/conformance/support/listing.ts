import type { Reply } from './reply.ts';

/** One `<Version>` or `<DeleteMarker>` of a listing. */
export interface Entry {
  readonly kind: 'version' | 'marker';
  /** Decoded if the listing says that its keys are encoded. */
  readonly key: string;
  /** As it stands in the XML, entities resolved. */
  readonly rawKey: string;
  readonly versionId: string;
  readonly latest: boolean;
  readonly lastModified: string;
  /** Every child element by name. */
  readonly fields: Readonly<Record<string, string>>;
}

/** A ListVersionsResult in the order in which the server wrote it. (The SDK sorts it into two lists.) */
export interface Listing {
  /** Status and error code: `200`, `400 InvalidArgument`. */
  readonly verdict: string;
  readonly entries: readonly Entry[];
  /** As they stand in the XML, entities resolved. */
  readonly commonPrefixes: readonly string[];
  /** The elements directly under the root: Name, Prefix, KeyMarker, IsTruncated, … */
  readonly fields: Readonly<Record<string, string>>;
  readonly truncated: boolean;
}

export function readListing(answer: Reply<unknown>): Listing {
  const entries: Entry[] = [];
  const commonPrefixes: string[] = [];
  const rest = answer.body.replace(
    /<(Version|DeleteMarker|CommonPrefixes)>(.*?)<\/\1>/gs,
    (_, name: string, inner: string) => {
      const fields = elements(inner);
      if (name === 'CommonPrefixes') commonPrefixes.push(fields.Prefix ?? '');
      else entries.push(entry(name === 'Version' ? 'version' : 'marker', fields));
      return '';
    },
  );
  const fields = elements(rest.replace(/^.*?<ListVersionsResult[^>]*>/s, ''));
  const encoded = fields.EncodingType === 'url';
  return {
    verdict: answer.verdict,
    entries: encoded ? entries.map((e) => ({ ...e, key: decodeUrl(e.rawKey) })) : entries,
    commonPrefixes,
    fields,
    truncated: fields.IsTruncated === 'true',
  };
}

function entry(kind: Entry['kind'], fields: Record<string, string>): Entry {
  const key = fields.Key ?? '';
  return {
    kind,
    key,
    rawKey: key,
    versionId: fields.VersionId ?? '',
    latest: fields.IsLatest === 'true',
    lastModified: fields.LastModified ?? '',
    fields,
  };
}

function elements(xml: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name = '', text = ''] of xml.matchAll(/<(\w+)>([^<]*)<\/\1>/g)) found[name] = unescapeXml(text);
  for (const [, name = ''] of xml.matchAll(/<(\w+)\/>/g)) found[name] = '';
  return found;
}

function unescapeXml(text: string): string {
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (_, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return named[name] ?? `&${name};`;
    return String.fromCodePoint(hex !== undefined ? Number.parseInt(hex, 16) : Number(decimal));
  });
}

/** Undoes EncodingType=url, which writes a space as `+`. */
export function decodeUrl(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
