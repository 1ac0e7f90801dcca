import type { BucketHandler, Context, KeyHandler } from '../http/context.ts';
import { errorReply, errors, type Reply, S3Error } from '../http/reply.ts';
import { type S3Request, signedRegion } from '../http/request.ts';
import type { Operation } from '../operation.ts';
import type { Bucket } from '../store/bucket.ts';
import * as configuration from './bucket-configuration.ts';
import { createBucket, deleteBucket, headBucket, listBuckets } from './buckets.ts';
import { checkKey, checkOwner } from './checks.ts';
import { completeMultipartUpload } from './complete.ts';
import { copyObject } from './copy.ts';
import { deleteObject } from './delete.ts';
import { deleteObjects } from './delete-objects.ts';
import { listObjectsV2 } from './list-objects.ts';
import { listParts } from './list-parts.ts';
import { listMultipartUploads } from './list-uploads.ts';
import { listObjectVersions } from './list-versions.ts';
import * as locks from './locks.ts';
import { abortMultipartUpload, createMultipartUpload, uploadPart } from './multipart.ts';
import { getBucketNotificationConfiguration, putBucketNotificationConfiguration } from './notifications.ts';
import { uploadPartCopy } from './part-copy.ts';
import { seenWithQuirks, toldWithQuirks } from './quirks.ts';
import { getObject, headObject } from './read.ts';
import { restoreObject } from './restore.ts';
import { getObjectTagging, putObjectTagging } from './tagging.ts';
import { putObject } from './write.ts';

const ON_BUCKETS: Partial<Record<Operation, BucketHandler>> = {
  DeleteBucket: deleteBucket,
  HeadBucket: headBucket,
  GetBucketLocation: configuration.getBucketLocation,
  GetBucketVersioning: configuration.getBucketVersioning,
  PutBucketVersioning: configuration.putBucketVersioning,
  GetObjectLockConfiguration: configuration.getObjectLockConfiguration,
  PutObjectLockConfiguration: configuration.putObjectLockConfiguration,
  GetBucketNotificationConfiguration: getBucketNotificationConfiguration,
  PutBucketNotificationConfiguration: putBucketNotificationConfiguration,
  ListObjectVersions: listObjectVersions,
  ListObjectsV2: listObjectsV2,
  ListMultipartUploads: listMultipartUploads,
  DeleteObjects: deleteObjects,
};

const ON_KEYS: Partial<Record<Operation, KeyHandler>> = {
  PutObject: putObject,
  CopyObject: copyObject,
  GetObject: getObject,
  HeadObject: headObject,
  DeleteObject: deleteObject,
  RestoreObject: restoreObject,
  CreateMultipartUpload: createMultipartUpload,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
  CompleteMultipartUpload: completeMultipartUpload,
  AbortMultipartUpload: abortMultipartUpload,
  ListParts: listParts,
  GetObjectTagging: getObjectTagging,
  PutObjectTagging: putObjectTagging,
  GetObjectRetention: locks.getObjectRetention,
  PutObjectRetention: locks.putObjectRetention,
  GetObjectLegalHold: locks.getObjectLegalHold,
  PutObjectLegalHold: locks.putObjectLegalHold,
};

/**
 * Carries an operation out. What it does to a bucket it does at once, one request at a time: this is where the sandbox's
 * strong consistency comes from.
 */
export async function answer(
  operation: Operation,
  request: S3Request,
  context: Context,
  requestId: string,
): Promise<Reply> {
  try {
    return await dispatch(operation, request, context);
  } catch (error) {
    if (error instanceof S3Error) return errorReply(error, requestId);
    throw error;
  }
}

function dispatch(operation: Operation, request: S3Request, context: Context): Reply | Promise<Reply> {
  if (operation === 'ListBuckets') return listBuckets(context);
  if (operation === 'CreateBucket') return createBucket(request, context);
  const onBucket = ON_BUCKETS[operation];
  const onKey = ON_KEYS[operation];
  if (onBucket) {
    const bucket = bucketOf(operation, request, context);
    return onBucket(seenWithQuirks(operation, request, bucket), bucket, context);
  }
  const { key } = request;
  if (onKey === undefined || key === undefined) throw errors.notImplemented(`${request.method} ${request.path}`);
  const bucket = bucketOf(operation, request, context);
  checkKey(key);
  return toldWithQuirks(operation, onKey(seenWithQuirks(operation, request, bucket), bucket, key, context), bucket);
}

function bucketOf(operation: Operation, request: S3Request, context: Context): Bucket {
  const name = request.bucket ?? '';
  const bucket = context.buckets.get(name);
  if (bucket === undefined) throw errors.noSuchBucket(name);
  const region = signedRegion(request);
  // GetBucketLocation answers from everywhere: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
  if (region !== undefined && region !== bucket.region && operation !== 'GetBucketLocation') throw elsewhere(bucket);
  checkOwner(bucket, request.headers['x-amz-expected-bucket-owner']);
  return bucket;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html */
function elsewhere(bucket: Bucket): S3Error {
  return new S3Error(
    301,
    'PermanentRedirect',
    'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
    { Endpoint: `${bucket.name}.s3.${bucket.region}.amazonaws.com`, Bucket: bucket.name },
    { 'x-amz-bucket-region': bucket.region },
  );
}
