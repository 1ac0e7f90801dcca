import { isoTime } from '../clock.ts';
import type { KeyHandler } from '../http/context.ts';
import { errors, xml } from '../http/reply.ts';
import type { S3Request } from '../http/request.ts';
import { element, NAMESPACE } from '../http/xml.ts';
import type { Bucket } from '../store/bucket.ts';
import { type Draft, EMPTY_DRAFT, type Encryption, type Entry, etagOf } from '../store/entry.ts';
import { checksumElements, ofWhole } from './checksums.ts';
import { checkSourceConditions, checkWriteConditions } from './conditions.ts';
import { checkCopySize, type Source, sourceHeader, sourceOf } from './copy-source.ts';
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
import { checkSelfCopy } from './quirks.ts';
import { checkActive } from './read.ts';

export const copyObject: KeyHandler = (request, bucket, key, context) => {
  checkAnnotations(request);
  const source = sourceOf(request, context);
  checkSelfCopy(bucket, key, source);
  checkCustomerKey(request, source.entry, 'x-amz-copy-source-');
  checkSourceConditions(request, source.entry, context.clock.now());
  checkWriteConditions(request, key, bucket.current(key));
  checkCopySize(source.entry.size);
  checkActive(source.entry, context);
  if (source.bucket === bucket && source.key === key && source.versionId === undefined) checkChanges(request, source);

  const versionId = bucket.nextVersionId();
  const entry = bucket.add(key, copyOf(request, bucket, source.entry, versionId), versionId);
  context.events.happened(request, bucket, 'ObjectCreated:Copy', key, entry);
  const result = [element('LastModified', isoTime(entry.lastModified)), element('ETag', `"${entry.etag}"`)];
  const checksums = checksumElements(entry.checksums);
  return xml(`<CopyObjectResult ${NAMESPACE}>${result.join('')}${checksums}</CopyObjectResult>`, {
    ...encryptionHeaders(entry.sse),
    ...versionHeader(bucket, entry),
    ...sourceHeader(source),
  });
};

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
  throw errors.selfCopy();
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
    parts: undefined,
    etag: etagOfCopy(source, sse, versionId),
    contentType: replaced ? contentType : source.contentType,
    metadata: replaced ? metadataOf(request) : source.metadata,
    headers: { ...(replaced ? given : kept), ...redirect },
    tags: replaces(request.headers['x-amz-tagging-directive']) ? tagsOf(request) : source.tags,
    checksums: ofWhole(source),
    storageClass: storageClassOf(request),
    lock: lockOf(request, bucket),
    restore: undefined,
    archiveTier: undefined,
    sse,
  };
}

/** Nothing here has annotations, so both directives lead to the same: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
function checkAnnotations({ headers }: S3Request): void {
  const directive = headers['x-amz-object-annotation-directive'];
  if (directive === undefined || directive === 'COPY' || directive === 'EXCLUDE') return;
  throw errors.invalidArgument('Unknown annotation directive.', 'x-amz-object-annotation-directive', directive);
}

function replaces(directive: string | undefined): boolean {
  return directive?.toUpperCase() === 'REPLACE';
}

/** A copy is one part, so the ETag of a multipart source changes; so does one that depends on encryption. */
function etagOfCopy(source: Entry, sse: Encryption, versionId: string): string {
  const plain = source.sse.algorithm === 'AES256' && sse.algorithm === 'AES256';
  return plain && !source.etag.includes('-') ? source.etag : etagOf(source.body, source.size, sse, versionId);
}
