import { wholeSeconds } from '../clock.ts';
import { errors, S3Error } from '../http/reply.ts';
import type { S3Request } from '../http/request.ts';
import { unquoted } from '../store/draft.ts';
import type { Entry } from '../store/entry.ts';

/**
 * Conditions on what a PUT or COPY would replace: `If-None-Match: *` and `If-Match: <etag>`, nothing else.
 * A current delete marker counts as no object.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function checkWriteConditions(request: S3Request, key: string, current: Entry | undefined): void {
  const ifMatch = request.headers['if-match'];
  const ifNoneMatch = request.headers['if-none-match'];
  if (ifMatch !== undefined && ifNoneMatch !== undefined) {
    const reason = 'Multiple conditional request headers present in the request';
    throw errors.notImplemented('If-Match,If-None-Match', reason);
  }
  const live = current !== undefined && !current.deleteMarker ? current : undefined;
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch !== '*') throw unacceptable('If-None-Match');
    if (live) throw errors.preconditionFailed('If-None-Match');
  }
  if (ifMatch !== undefined) {
    if (ifMatch === '*') throw unacceptable('If-Match');
    if (live === undefined) throw errors.noSuchKey(key);
    if (!sameEtag(ifMatch, live)) throw errors.preconditionFailed('If-Match');
  }
}

function unacceptable(header: string): S3Error {
  return errors.notImplemented(header, `We don't accept the provided value of ${header} header for this API`);
}

/**
 * The condition on a delete looks at the current entry only, also where a version is named; `*` asks for a live object.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
 */
export function checkDeleteCondition(etag: string | undefined, key: string, current: Entry | undefined): void {
  if (etag === undefined) return;
  if (current === undefined) throw errors.noSuchKey(key);
  if (current.deleteMarker || (etag !== '*' && !sameEtag(etag, current))) throw errors.preconditionFailed('If-Match');
}

/** The conditions of a read as S3 names them, with the prefix that they have on a copy's source. */
interface ReadConditions {
  ifMatch: string | undefined;
  ifNoneMatch: string | undefined;
  ifModifiedSince: string | undefined;
  ifUnmodifiedSince: string | undefined;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html: any failed condition on the source is a 412. */
export function checkSourceConditions(request: S3Request, source: Entry, now: number): void {
  const failed = failedCondition(readConditions(request, 'x-amz-copy-source-'), source, now);
  if (failed) throw errors.preconditionFailed(`x-amz-copy-source-${failed}`);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html: `None-Match` and `Modified-Since` fail as 304. */
export function checkReadConditions(request: S3Request, entry: Entry, now: number): void {
  const failed = failedCondition(readConditions(request, ''), entry, now);
  if (failed === undefined) return;
  if (failed === 'If-Match' || failed === 'If-Unmodified-Since') throw errors.preconditionFailed(failed);
  throw new S3Error(304, 'NotModified', 'Not Modified', {}, { etag: `"${entry.etag}"` });
}

function readConditions({ headers }: S3Request, prefix: string): ReadConditions {
  return {
    ifMatch: headers[`${prefix}if-match`],
    ifNoneMatch: headers[`${prefix}if-none-match`],
    ifModifiedSince: headers[`${prefix}if-modified-since`],
    ifUnmodifiedSince: headers[`${prefix}if-unmodified-since`],
  };
}

/** An ETag condition beats the date condition beside it; a Modified-Since date in the future is ignored. */
function failedCondition(conditions: ReadConditions, entry: Entry, now: number): string | undefined {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  if (ifMatch !== undefined) {
    if (ifMatch !== '*' && !sameEtag(ifMatch, entry)) return 'If-Match';
  } else if (ifUnmodifiedSince !== undefined && entry.lastModified > seconds(ifUnmodifiedSince)) {
    return 'If-Unmodified-Since';
  }
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch === '*' || sameEtag(ifNoneMatch, entry)) return 'If-None-Match';
  } else if (ifModifiedSince !== undefined) {
    const since = seconds(ifModifiedSince);
    if (since <= now && entry.lastModified <= since) return 'If-Modified-Since';
  }
  return undefined;
}

/** A date that cannot be read makes its comparison false, so the condition is as if it were not there. */
function seconds(date: string): number {
  return wholeSeconds(Date.parse(date));
}

function sameEtag(given: string, entry: Entry): boolean {
  return unquoted(given) === entry.etag;
}
