import {
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  type ListObjectVersionsCommandOutput,
} from '@aws-sdk/client-s3';
import type { DeserializeMiddleware } from '@smithy/types';
import type { Entry } from '../../core/history.ts';
import { compareKeys } from '../../core/keys.ts';
import { S3Failure, TOP_ENTRIES } from '../../core/ports.ts';
import { type Bucket, sendAnywhere } from '../bucket.ts';
import { failureOf } from '../errors.ts';
import type { Requester } from '../request.ts';
import { BadAnswer, RequestError } from '../trouble.ts';
import { decodeUrl, type PageEntry, parseVersionsPage, type VersionsPage } from './list-xml.ts';

/** Where a listing goes on: after this entry, or, without a version id, after all entries of this key. */
export interface Marker {
  readonly key: string;
  readonly versionId?: string;
}

export interface Page {
  /** By key in S3's order; the entries of a key in the order in which they were sent. */
  readonly entries: readonly PageEntry[];
  /** Where the next page starts; absent on the last one. */
  readonly next?: Marker;
  /** What this page shows of the server's order. See `ListingOrder`. */
  readonly evidence: Evidence;
  /** The server encoded the keys as asked. One that did not is not one to try clever things on. */
  readonly urlEncoded: boolean;
}

export type Evidence = 'wire' | 'grouped' | 'none';

export interface PageQuestion {
  readonly prefix: string;
  /** The page starts behind this. */
  readonly after?: Marker;
  /** `after` is not where a page ended, but any place: the server may take it to be somewhere else. */
  readonly jump?: boolean;
  readonly maxKeys?: number;
}

/**
 * Fetch one page of ListObjectVersions.
 * @throws CancelledError, RequestError (a page that stays malformed has the code `malformed-page`)
 */
export async function fetchPage(
  requester: Requester,
  bucket: Bucket,
  question: PageQuestion,
  signal?: AbortSignal,
): Promise<Page> {
  const withRestoreStatus = bucket.refusesRestoreStatus !== true;
  try {
    const { value } = await sendAnywhere(requester, bucket, {
      kind: 'list',
      readOnly: true,
      ...(signal !== undefined && { signal }),
      send: async (abortSignal) => {
        const body = await sendRaw(bucket, question, withRestoreStatus, abortSignal);
        return toPage(parseVersionsPage(body), question.jump === true ? undefined : question.after);
      },
    });
    return value;
  } catch (error) {
    if (!withRestoreStatus || !refusesRestoreStatus(error)) throw error;
    bucket.refusesRestoreStatus = true;
    return fetchPage(requester, bucket, question, signal);
  }
}

/** A server that does not know the header that asks for it may say so, instead of passing over it as most do. */
function refusesRestoreStatus(error: unknown): boolean {
  if (!(error instanceof RequestError)) return false;
  const { status, message, about = '' } = error.trouble;
  return status === 501 || (status === 400 && /optional-?object-?attributes/i.test(`${about} ${message}`));
}

async function sendRaw(
  bucket: Bucket,
  question: PageQuestion,
  withRestoreStatus: boolean,
  abortSignal: AbortSignal,
): Promise<Uint8Array> {
  const { prefix, after, maxKeys } = question;
  const command = new ListObjectVersionsCommand({
    Bucket: bucket.name,
    EncodingType: 'url',
    ...(bucket.expectedOwner !== undefined && { ExpectedBucketOwner: bucket.expectedOwner }),
    ...(prefix !== '' && { Prefix: prefix }),
    // Never an empty marker: `version-id-marker=` is refused, and so is one without a key marker.
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
    ...(after !== undefined && after.key !== '' && { KeyMarker: after.key }),
    ...(after?.versionId !== undefined && { VersionIdMarker: after.versionId }),
    ...(maxKeys !== undefined && { MaxKeys: maxKeys }),
    // Whether an archived version can be read, without a HEAD for each.
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreStatus.html
    ...(withRestoreStatus && { OptionalObjectAttributes: ['RestoreStatus'] }),
  });
  let body: Uint8Array | undefined;
  const takeBody: TakeBody = (next) => async (args) => {
    const result = await next(args);
    const response = result.response as RawResponse;
    // Other statuses are left to the SDK, which makes its errors of them.
    if (response.statusCode === 200) {
      body = await collect(response.body);
      response.body = TRIVIAL;
    }
    return result;
  };
  command.middlewareStack.addRelativeTo(takeBody, { relation: 'after', toMiddleware: 'deserializerMiddleware' });
  await bucket.client.send(command, { abortSignal });
  if (body === undefined)
    throw new BadAnswer('malformed-page', 'the server did not answer ListObjectVersions with status 200');
  return body;
}

/** Behind the deserializer in the stack, so before it on the way back: it sees the answer as it came. */
type TakeBody = DeserializeMiddleware<ListObjectVersionsCommandInput, ListObjectVersionsCommandOutput>;

/** What the SDK's HTTP handlers give to middleware, as far as it is used here. */
interface RawResponse {
  readonly statusCode: number;
  body: unknown;
}

/** What the SDK gets to read instead. */
const TRIVIAL = Buffer.from('<ListVersionsResult/>');

async function collect(body: unknown): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

/**
 * Make sense of a page: its order, and where the next one starts.
 * @throws BadAnswer when it leads nowhere: a listing that does not move on would never end.
 */
export function toPage(page: VersionsPage, asked: Marker | undefined): Page {
  const evidence = evidenceOf(page.entries);
  // A server that groups cuts its pages in the true, mixed order: by key they are whole again.
  const entries = evidence === 'grouped' ? page.entries.toSorted((a, b) => compareKeys(a.key, b.key)) : page.entries;
  const result = { entries, evidence, urlEncoded: page.urlEncoded };
  if (!page.isTruncated) return result;

  const next = nextMarker(page, entries);
  if (next === undefined) throw noProgress('does not say where the next page starts');
  const moved = asked === undefined ? 1 : compareKeys(next.key, asked.key);
  if (moved < 0) throw noProgress('leads back to an earlier key');
  if (moved === 0 && next.versionId === asked?.versionId) throw noProgress('leads to itself');
  return { ...result, next };
}

function noProgress(what: string): BadAnswer {
  return new BadAnswer(
    'malformed-page',
    `the server's answer to ListObjectVersions ${what}, so the listing would not end`,
  );
}

/**
 * The key is taken from the entry that the version id marker names, which is decoded for certain: Ceph sends
 * NextKeyMarker raw where it says that it encodes. Without entries there is only NextKeyMarker itself.
 */
function nextMarker(page: VersionsPage, entries: readonly PageEntry[]): Marker | undefined {
  const { nextKeyMarker, nextVersionIdMarker: versionId } = page;
  const decoded = nextKeyMarker === undefined ? undefined : decodeMarker(nextKeyMarker, page.urlEncoded);
  const last = entries.at(-1);
  if (last === undefined) {
    return decoded === undefined ? undefined : { key: decoded, ...(versionId !== undefined && { versionId }) };
  }
  if (versionId === undefined) return { key: last.key, versionId: last.entry.versionId };
  const named = entries.filter((row) => row.entry.versionId === versionId);
  // `null` may be the version id of many keys.
  const best = named.find((row) => row.key === decoded || row.key === nextKeyMarker) ?? named.at(-1);
  return best === undefined ? { key: decoded ?? last.key, versionId } : { key: best.key, versionId };
}

function decodeMarker(marker: string, urlEncoded: boolean): string {
  if (!urlEncoded) return marker;
  try {
    return decodeUrl(marker);
  } catch {
    return marker;
  }
}

/**
 * What the order of the entries shows. Keys that go back, or a latest entry below another of its key: versions and
 * markers come in two groups. A marker before a version: they come mixed, newest first.
 */
function evidenceOf(entries: readonly PageEntry[]): Evidence {
  let markerBeforeVersion = false;
  let previous: PageEntry | undefined;
  for (const row of entries) {
    if (previous !== undefined) {
      const sameKey = row.key === previous.key;
      if (!sameKey && compareKeys(row.key, previous.key) < 0) return 'grouped';
      // Two latest ones in a row are a race with a deletion, not an order.
      if (sameKey && row.entry.isLatest && !previous.entry.isLatest) return 'grouped';
      if (previous.entry.deleteMarker && !row.entry.deleteMarker) markerBeforeVersion = true;
    }
    previous = row;
  }
  return markerBeforeVersion ? 'wire' : 'none';
}

/**
 * The newest entries of one key, the current one first, up to TOP_ENTRIES; empty where it has none.
 * @throws S3Failure, CancelledError
 */
export async function readTop(requester: Requester, bucket: Bucket, key: string): Promise<readonly Entry[]> {
  try {
    let after: Marker | undefined;
    // Pages may be empty and not the last.
    for (;;) {
      const question = { prefix: key, maxKeys: TOP_ENTRIES, ...(after !== undefined && { after }) };
      const { entries, next } = await fetchPage(requester, bucket, question);
      // The key is the first of all that start with it. A server that groups sends its versions before its markers.
      if (entries.length > 0) {
        const own = entries.filter((row) => row.key === key).map(({ entry }) => entry);
        return own.sort((a, b) => Number(b.isLatest) - Number(a.isLatest));
      }
      if (next === undefined) return [];
      after = next;
    }
  } catch (error) {
    throw error instanceof RequestError ? new S3Failure(failureOf('list', error.trouble), { cause: error }) : error;
  }
}
