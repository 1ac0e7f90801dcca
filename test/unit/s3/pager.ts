import { S3Client } from '@aws-sdk/client-s3';
import type { Entry } from '../../../src/core/history.ts';
import { compareKeys } from '../../../src/core/keys.ts';
import type { Bucket } from '../../../src/s3/bucket.ts';
import { RateGate, RateState } from '../../../src/s3/rate.ts';
import { Requester, type Waiting } from '../../../src/s3/request.ts';

/** A server that answers ListObjectVersions only, below the SDK's HTTP handler, with the manners of several makes. */
export interface Manners {
  /** The most entries in a page, from the page's number. */
  readonly pageSize: (page: number) => number;
  /** KeyMarker alone: after it (AWS), at it (Ceph), or after the first entry at or behind it (moto). */
  readonly keyMarker: 'after' | 'at' | 'drops-one';
  readonly encodes: boolean;
  /** NextKeyMarker stays raw although the keys are encoded (Ceph). */
  readonly rawNextKeyMarker: boolean;
  /** All versions of a page, then all markers. */
  readonly grouped: boolean;
}

export const AWS: Manners = {
  pageSize: () => 1000,
  keyMarker: 'after',
  encodes: true,
  rawNextKeyMarker: false,
  grouped: false,
};

export interface Row {
  readonly key: string;
  readonly entry: Entry;
}

export interface ListQuery {
  readonly prefix: string;
  readonly keyMarker: string | undefined;
  readonly versionIdMarker: string | undefined;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Pager {
  readonly bucket: Bucket;
  readonly queries: ListQuery[];
  /** Set to answer something else instead; undefined: the page. */
  instead: (query: ListQuery, count: number) => { status: number; body: string } | undefined;
}

export function startPager(rows: readonly Row[], manners: Manners = AWS): Pager {
  const sorted = rows.toSorted((a, b) => compareKeys(a.key, b.key));
  const queries: ListQuery[] = [];
  const pager: Pager = {
    queries,
    instead: () => undefined,
    bucket: { name: 'b', client: clientOf((query, headers) => answer(query, headers)) },
  };
  const answer = (query: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>>) => {
    const { prefix = '', 'key-marker': keyMarker, 'version-id-marker': versionIdMarker } = query;
    const listQuery = { prefix, keyMarker, versionIdMarker, query, headers };
    queries.push(listQuery);
    const max = Math.min(Number(query['max-keys'] ?? 1000), manners.pageSize(queries.length));
    return pager.instead(listQuery, queries.length) ?? { status: 200, body: page(sorted, listQuery, max, manners) };
  };
  return pager;
}

function page(rows: readonly Row[], { prefix, keyMarker, versionIdMarker }: ListQuery, max: number, manners: Manners) {
  const all = rows.filter((row) => row.key.startsWith(prefix));
  const from = startOf(all, keyMarker, versionIdMarker, manners);
  const cut = all.slice(from, from + max);
  const isTruncated = from + max < all.length;
  return render(cut, { isTruncated, ...manners });
}

function startOf(all: readonly Row[], keyMarker: string | undefined, versionIdMarker: string | undefined, m: Manners) {
  if (keyMarker === undefined) return 0;
  if (versionIdMarker !== undefined) {
    const at = all.findIndex((row) => row.key === keyMarker && row.entry.versionId === versionIdMarker);
    if (at === -1) throw new Error(`no entry ${keyMarker} ${versionIdMarker}`);
    return at + 1;
  }
  const wanted = m.keyMarker === 'after' ? (c: number) => c > 0 : (c: number) => c >= 0;
  const at = all.findIndex((row) => wanted(compareKeys(row.key, keyMarker)));
  return at === -1 ? all.length : at + (m.keyMarker === 'drops-one' ? 1 : 0);
}

export function urlEncode(text: string): string {
  return encodeURIComponent(text).replaceAll('%20', '+').replaceAll('%2F', '/');
}

export function xmlEscape(text: string): string {
  return text.replace(/[&<>"'\r\n]/g, (c) => `&#${c.charCodeAt(0)};`);
}

export function render(
  rows: readonly Row[],
  how: { isTruncated: boolean; encodes: boolean; rawNextKeyMarker: boolean; grouped: boolean },
): string {
  const encode = (key: string) => (how.encodes ? urlEncode(key) : xmlEscape(key));
  const last = rows.at(-1);
  const next =
    how.isTruncated && last !== undefined
      ? `<NextKeyMarker>${how.rawNextKeyMarker ? xmlEscape(last.key) : encode(last.key)}</NextKeyMarker>` +
        `<NextVersionIdMarker>${last.entry.versionId}</NextVersionIdMarker>`
      : '';
  const sent = how.grouped
    ? [...rows.filter((r) => !r.entry.deleteMarker), ...rows.filter((r) => r.entry.deleteMarker)]
    : rows;
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
    `<Name>b</Name><Prefix></Prefix><KeyMarker></KeyMarker><VersionIdMarker></VersionIdMarker>${next}<MaxKeys>1000</MaxKeys>` +
    `${how.encodes ? '<EncodingType>url</EncodingType>' : ''}<IsTruncated>${how.isTruncated}</IsTruncated>` +
    `${sent.map((row) => renderEntry(row, encode(row.key))).join('')}</ListVersionsResult>`
  );
}

function renderEntry({ entry }: Row, key: string): string {
  const owner = '<Owner><ID>75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a</ID></Owner>';
  const common =
    `<Key>${key}</Key><VersionId>${xmlEscape(entry.versionId)}</VersionId><IsLatest>${entry.isLatest}</IsLatest>` +
    `<LastModified>${new Date(entry.lastModified).toISOString()}</LastModified>`;
  if (entry.deleteMarker) return `<DeleteMarker>${common}${owner}</DeleteMarker>`;
  const storageClass = entry.storageClass === undefined ? '' : `<StorageClass>${entry.storageClass}</StorageClass>`;
  return `<Version>${common}<ETag>&quot;${entry.etag}&quot;</ETag><Size>${entry.size}</Size>${storageClass}${owner}</Version>`;
}

/** A client whose requests never reach a socket. */
export function clientOf(
  answer: (
    query: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>>,
  ) => { status: number; body: string },
): S3Client {
  return new S3Client({
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    requestHandler: {
      handle: async (request: { query: Record<string, string>; headers: Record<string, string> }) => {
        const { status, body } = answer(request.query, request.headers);
        return { response: { statusCode: status, headers: {}, body: Buffer.from(body) } };
      },
    },
  });
}

/** Nothing waits: sleeps are over at once, deadlines never come. */
export const noWaiting: Waiting = {
  random: () => 0.5,
  sleep: async (_ms, signal) => signal.throwIfAborted(),
  timer: () => () => {},
};

export function requesterFor(
  options: {
    concurrency?: number;
    batchSize?: number;
    stop?: AbortSignal;
    abort?: AbortSignal;
    waiting?: Waiting;
  } = {},
): Requester {
  const { concurrency = 32, batchSize = 1000, waiting = noWaiting } = options;
  const stop = options.stop ?? new AbortController().signal;
  const abort = options.abort ?? new AbortController().signal;
  return new Requester(
    new RateGate(new RateState(concurrency, batchSize), { ...waiting, stop }),
    { stop, abort },
    waiting,
  );
}
