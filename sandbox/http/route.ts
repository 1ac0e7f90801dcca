import type { Operation } from '../operation.ts';
import type { S3Request } from './request.ts';

interface Route {
  readonly method: string;
  readonly level: 'service' | 'bucket' | 'key';
  /** A query parameter that must be there. */
  readonly query?: string;
  readonly header?: string;
  readonly operation: Operation;
}

/** First match wins, so the narrow ones come first. */
const ROUTES: readonly Route[] = [
  { method: 'GET', level: 'service', operation: 'ListBuckets' },

  { method: 'GET', level: 'bucket', query: 'versions', operation: 'ListObjectVersions' },
  { method: 'GET', level: 'bucket', query: 'versioning', operation: 'GetBucketVersioning' },
  { method: 'PUT', level: 'bucket', query: 'versioning', operation: 'PutBucketVersioning' },
  { method: 'GET', level: 'bucket', query: 'location', operation: 'GetBucketLocation' },
  { method: 'GET', level: 'bucket', query: 'object-lock', operation: 'GetObjectLockConfiguration' },
  { method: 'PUT', level: 'bucket', query: 'object-lock', operation: 'PutObjectLockConfiguration' },
  { method: 'GET', level: 'bucket', query: 'notification', operation: 'GetBucketNotificationConfiguration' },
  { method: 'PUT', level: 'bucket', query: 'notification', operation: 'PutBucketNotificationConfiguration' },
  { method: 'POST', level: 'bucket', query: 'delete', operation: 'DeleteObjects' },
  { method: 'GET', level: 'bucket', query: 'list-type', operation: 'ListObjectsV2' },
  { method: 'GET', level: 'bucket', query: 'uploads', operation: 'ListMultipartUploads' },
  { method: 'HEAD', level: 'bucket', operation: 'HeadBucket' },
  { method: 'PUT', level: 'bucket', operation: 'CreateBucket' },
  { method: 'DELETE', level: 'bucket', operation: 'DeleteBucket' },

  { method: 'GET', level: 'key', query: 'tagging', operation: 'GetObjectTagging' },
  { method: 'PUT', level: 'key', query: 'tagging', operation: 'PutObjectTagging' },
  { method: 'GET', level: 'key', query: 'retention', operation: 'GetObjectRetention' },
  { method: 'PUT', level: 'key', query: 'retention', operation: 'PutObjectRetention' },
  { method: 'GET', level: 'key', query: 'legal-hold', operation: 'GetObjectLegalHold' },
  { method: 'PUT', level: 'key', query: 'legal-hold', operation: 'PutObjectLegalHold' },
  { method: 'POST', level: 'key', query: 'restore', operation: 'RestoreObject' },
  { method: 'POST', level: 'key', query: 'uploads', operation: 'CreateMultipartUpload' },
  { method: 'PUT', level: 'key', query: 'uploadId', header: 'x-amz-copy-source', operation: 'UploadPartCopy' },
  { method: 'PUT', level: 'key', query: 'uploadId', operation: 'UploadPart' },
  { method: 'POST', level: 'key', query: 'uploadId', operation: 'CompleteMultipartUpload' },
  { method: 'DELETE', level: 'key', query: 'uploadId', operation: 'AbortMultipartUpload' },
  { method: 'GET', level: 'key', query: 'uploadId', operation: 'ListParts' },
  { method: 'PUT', level: 'key', header: 'x-amz-copy-source', operation: 'CopyObject' },
  { method: 'PUT', level: 'key', operation: 'PutObject' },
  { method: 'GET', level: 'key', operation: 'GetObject' },
  { method: 'HEAD', level: 'key', operation: 'HeadObject' },
  { method: 'DELETE', level: 'key', operation: 'DeleteObject' },
];

/** Sub-resources whose requests must never fall through to the plain operation, which might write or delete. */
const SUBRESOURCES = [
  'accelerate',
  'acl',
  'analytics',
  'annotation',
  'attributes',
  'cors',
  'encryption',
  'intelligent-tiering',
  'inventory',
  'lifecycle',
  'legal-hold',
  'location',
  'logging',
  'metrics',
  'notification',
  'object-lock',
  'ownershipControls',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'replication',
  'requestPayment',
  'restore',
  'retention',
  'select',
  'tagging',
  'torrent',
  'uploadId',
  'uploads',
  'versioning',
  'versions',
  'website',
];

export function routeOf(request: S3Request): Operation {
  const level = request.key !== undefined ? 'key' : request.bucket !== undefined ? 'bucket' : 'service';
  const route = ROUTES.find(
    (candidate) =>
      candidate.method === request.method &&
      candidate.level === level &&
      (candidate.query === undefined || request.query[candidate.query] !== undefined) &&
      (candidate.header === undefined || request.headers[candidate.header] !== undefined),
  );
  if (route === undefined) return 'Unknown';
  const strange = SUBRESOURCES.some((name) => request.query[name] !== undefined && name !== route.query);
  return strange ? 'Unknown' : route.operation;
}
