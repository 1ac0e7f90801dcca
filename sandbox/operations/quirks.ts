import { errors, type Reply } from '../http/reply.ts';
import type { S3Request } from '../http/request.ts';
import type { Operation } from '../operation.ts';
import type { Bucket } from '../store/bucket.ts';
import type { Source } from './copy-source.ts';

const CONDITIONAL = new Set<Operation>(['CopyObject', 'CompleteMultipartUpload', 'DeleteObject']);
const NAMING = new Set<Operation>(['CopyObject', 'CompleteMultipartUpload']);
const CONDITIONS = ['If-Match', 'If-None-Match'];
/** The API reference and the user guide call the directive of a copy by different names. */
const ANNOTATIONS = ['x-amz-object-annotation', 'x-amz-annotation'];

/** The request as a server with the bucket's quirks sees it. Throws where such a server refuses it. */
export function seenWithQuirks(operation: Operation, request: S3Request, { quirks }: Bucket): S3Request {
  const { headers } = request;
  if (quirks.refusesAnnotations) {
    const header = Object.keys(headers).find((name) => ANNOTATIONS.some((prefix) => name.startsWith(prefix)));
    if (header !== undefined) throw errors.notImplemented(header);
  }
  if (!CONDITIONAL.has(operation)) return request;
  const condition = CONDITIONS.find((name) => headers[name.toLowerCase()] !== undefined);
  if (condition === undefined) return request;
  if (quirks.refusesConditions) throw errors.notImplemented(condition);
  if (!quirks.ignoresConditions) return request;
  const { 'if-match': _match, 'if-none-match': _noneMatch, ...rest } = headers;
  return { ...request, headers: rest };
}

/** The reply as a server with the bucket's quirks gives it. */
export function toldWithQuirks(operation: Operation, reply: Reply, { quirks }: Bucket): Reply {
  if (!quirks.hidesVersionIds || !NAMING.has(operation)) return reply;
  const { 'x-amz-version-id': _hidden, ...headers } = reply.headers;
  return { ...reply, headers };
}

export function checkSelfCopy(bucket: Bucket, key: string, source: Source): void {
  if (bucket.quirks.refusesSelfCopy && source.bucket === bucket && source.key === key) throw errors.selfCopy();
}
