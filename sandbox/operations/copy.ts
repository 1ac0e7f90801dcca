import { isoTime } from '../clock.ts';
import type { Context, KeyHandler } from '../http/context.ts';
import { errors, type S3Error, xml } from '../http/reply.ts';
import type { S3Request } from '../http/request.ts';
import { element, NAMESPACE } from '../http/xml.ts';
import type { Bucket } from '../store/bucket.ts';
import { type Draft, EMPTY_DRAFT, type Encryption, type Entry, etagOf } from '../store/entry.ts';
import { NULL_VERSION } from '../store/version-ids.ts';
import { checkOwner, entryOf, versionToRead } from './checks.ts';
import { checkSourceConditions, checkWriteConditions } from './conditions.ts';
import {
  checkCustomerKey,
  encryptionHeaders,
  encryptionOf,
  lockOf,
  metadataOf,
  storageClassOf,
  systemHeadersOf,
  tagsOf,
  versionHeader,
} from './headers.ts';
import { checkActive } from './read.ts';

/** 5 GiB: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
const LARGEST_COPY = 5_368_709_120;

interface Source {
  readonly bucket: Bucket;
  readonly key: string;
  readonly versionId: string | undefined;
  readonly entry: Entry;
}

export const copyObject: KeyHandler = (request, bucket, key, context) => {
  const source = sourceOf(request, context);
  checkCustomerKey(request, source.entry, 'x-amz-copy-source-');
  checkSourceConditions(request, source.entry, context.clock.now());
  checkWriteConditions(request, key, bucket.current(key));
  if (source.entry.size > LARGEST_COPY) {
    throw errors.invalidRequest(
      `The specified copy source is larger than the maximum allowable size for a copy source: ${LARGEST_COPY}`,
    );
  }
  checkActive(source.entry, context);
  if (source.bucket === bucket && source.key === key && source.versionId === undefined) checkChanges(request, source);

  const versionId = bucket.nextVersionId();
  const entry = bucket.add(key, copyOf(request, bucket, source.entry, versionId), versionId);
  const sourceId = source.entry.versionId;
  const result = [element('LastModified', isoTime(entry.lastModified)), element('ETag', `"${entry.etag}"`)];
  for (const [algorithm, value] of Object.entries(entry.checksums)) {
    result.push(element(`Checksum${algorithm.toUpperCase()}`, value), element('ChecksumType', 'FULL_OBJECT'));
  }
  return xml(`<CopyObjectResult ${NAMESPACE}>${result.join('')}</CopyObjectResult>`, {
    ...encryptionHeaders(entry.sse),
    ...versionHeader(bucket, entry),
    ...(sourceId !== NULL_VERSION && { 'x-amz-copy-source-version-id': sourceId }),
  });
};

/**
 * `bucket/key` in URL encoding, then a literal `?versionId=`.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html (x-amz-copy-source)
 */
function sourceOf(request: S3Request, context: Context): Source {
  const header = request.headers['x-amz-copy-source'] ?? '';
  const [, path = '', versionId] = /^\/?(.*?)(?:\?versionId=(.*))?$/s.exec(header) ?? [];
  const slash = path.indexOf('/');
  const invalid = (): S3Error =>
    errors.invalidArgument('Invalid copy source object key', 'x-amz-copy-source', 'x-amz-copy-source');
  if (slash <= 0 || slash === path.length - 1) throw invalid();
  let name: string;
  let key: string;
  try {
    name = decodeURIComponent(path.slice(0, slash));
    key = decodeURIComponent(path.slice(slash + 1).replaceAll('+', ' '));
  } catch {
    throw invalid();
  }
  const bucket = context.buckets.get(name);
  if (bucket === undefined) throw errors.noSuchBucket(name);
  checkOwner(bucket, request.headers['x-amz-source-expected-bucket-owner']);
  const id = versionId === undefined ? undefined : decodeURIComponent(versionId);
  if (id !== undefined && entryOf(bucket, key, id).deleteMarker) {
    throw errors.invalidRequest(
      'The source of a copy request may not specifically refer to a delete marker by version id.',
    );
  }
  return { bucket, key, versionId: id, entry: versionToRead(bucket, key, id, request.method) };
}

/**
 * Copying the current version onto itself must change something; naming its version id lifts that rule.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/RestoringPreviousVersions.html
 */
function checkChanges({ headers }: S3Request, source: Source): void {
  const asked = ['x-amz-storage-class', 'x-amz-website-redirect-location', 'x-amz-server-side-encryption'].some(
    (name) => headers[name] !== undefined,
  );
  const reencrypts = source.entry.sse.algorithm !== 'AES256';
  if (replaces(headers['x-amz-metadata-directive']) || asked || reencrypts) return;
  throw errors.invalidRequest(
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  );
}

/**
 * Carried over: content, metadata, system headers, tags, checksums. Not carried over: storage class, encryption, website
 * redirect and Object Lock, which are what the request says or the bucket's defaults.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/copy-object.html
 */
function copyOf(request: S3Request, bucket: Bucket, source: Entry, versionId: string): Draft {
  const sse = encryptionOf(request);
  const { websiteRedirectLocation, ...given } = systemHeadersOf(request);
  const { websiteRedirectLocation: _dropped, ...kept } = source.headers;
  const redirect = websiteRedirectLocation === undefined ? {} : { websiteRedirectLocation };
  const replaced = replaces(request.headers['x-amz-metadata-directive']);
  const contentType = request.headers['content-type'] ?? EMPTY_DRAFT.contentType;
  return {
    body: source.body,
    size: source.size,
    etag: etagOfCopy(source, sse, versionId),
    contentType: replaced ? contentType : source.contentType,
    metadata: replaced ? metadataOf(request) : source.metadata,
    headers: { ...(replaced ? given : kept), ...redirect },
    tags: replaces(request.headers['x-amz-tagging-directive']) ? tagsOf(request) : source.tags,
    checksums: source.checksums,
    storageClass: storageClassOf(request),
    lock: lockOf(request, bucket),
    restore: undefined,
    sse,
  };
}

function replaces(directive: string | undefined): boolean {
  return directive?.toUpperCase() === 'REPLACE';
}

/** A copy is one part, so the ETag of a multipart source changes; so does one that depends on encryption. */
function etagOfCopy(source: Entry, sse: Encryption, versionId: string): string {
  const plain = source.sse.algorithm === 'AES256' && sse.algorithm === 'AES256';
  return plain && !source.etag.includes('-') ? source.etag : etagOf(source.body, source.size, sse, versionId);
}
