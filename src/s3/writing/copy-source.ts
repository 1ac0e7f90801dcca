import {
  HeadObjectCommand,
  type ObjectLockMode,
  type ServerSideEncryption,
  type StorageClass,
} from '@aws-sdk/client-s3';
import type { CopyStep } from '../../core/plan.ts';
import { S3Failure } from '../../core/ports.ts';
import { forLog } from '../../core/text.ts';
import type { Bucket } from '../bucket.ts';
import { RequestError } from '../errors.ts';
import { unquote } from '../listing/list-xml.ts';
import type { Requester } from '../request.ts';

/** Where a copy is made from. */
export interface Source {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
  /** Where to ask about it: that bucket may be in another region. */
  readonly at: Bucket;
}

/** `from`: the bucket that the step names as the source's, if it is another than the one copied into. */
export function sourceOf(bucket: Bucket, key: string, step: CopyStep, from: Bucket): Source {
  const { bucket: name, key: named } = step.source ?? { bucket: bucket.name, key };
  return { bucket: name, key: named, versionId: step.versionId, at: name === bucket.name ? bucket : from };
}

export function isSelfCopy(bucket: Bucket, key: string, step: CopyStep): boolean {
  return step.source === undefined || (step.source.bucket === bucket.name && step.source.key === key);
}

/** The fields of CopyObject and UploadPartCopy that name the source, down to its content where `etag` is given. */
export function sourceFields(source: Source, bucket: Bucket, etag: string | undefined) {
  return {
    CopySource: copySource(source.bucket, source.key, source.versionId),
    ...(etag !== undefined && { CopySourceIfMatch: `"${etag}"` }),
    ...(bucket.expectedOwner !== undefined && {
      ExpectedBucketOwner: bucket.expectedOwner,
      ExpectedSourceBucketOwner: bucket.expectedOwner,
    }),
  };
}

/**
 * The fields of CopyObject and CreateMultipartUpload for what a copy would forget.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/copy-object.html
 */
export function carriedFields({ carry = {} }: CopyStep) {
  const { storageClass, websiteRedirect, encryption, kmsKeyId, bucketKey, lockMode, lockUntil, legalHold } = carry;
  return {
    // The SDK's lists of classes and encryptions are older than what S3 may have told us.
    ...(storageClass !== undefined && { StorageClass: storageClass as StorageClass }),
    ...(websiteRedirect !== undefined && { WebsiteRedirectLocation: websiteRedirect }),
    ...(encryption !== undefined && { ServerSideEncryption: encryption as ServerSideEncryption }),
    ...(kmsKeyId !== undefined && { SSEKMSKeyId: kmsKeyId }),
    ...(bucketKey !== undefined && { BucketKeyEnabled: bucketKey }),
    ...(lockMode !== undefined && { ObjectLockMode: lockMode as ObjectLockMode }),
    ...(lockUntil !== undefined && { ObjectLockRetainUntilDate: new Date(lockUntil) }),
    ...(legalHold === true && { ObjectLockLegalHoldStatus: 'ON' as const }),
  };
}

/**
 * The x-amz-copy-source header. The SDK sends it as it is, so it is encoded here, all but the slashes of the key;
 * `encodeURIComponent` leaves out characters that some servers decode differently.
 */
export function copySource(bucket: string, key: string, versionId: string): string {
  return `${encode(bucket)}/${key.split('/').map(encode).join('/')}?versionId=${encode(versionId)}`;
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The fields of a question about the source. */
export function headFields({ bucket, key, versionId, at }: Source) {
  return {
    Bucket: bucket,
    Key: key,
    VersionId: versionId,
    ...(at.expectedOwner !== undefined && { ExpectedBucketOwner: at.expectedOwner }),
  };
}

/**
 * S3 answers 412 to a condition on the source as to one on the destination. Is the source still there, with this
 * content if `etag` is given? Where that cannot be told it is taken to be.
 * @throws CancelledError
 */
export async function sourceStands(requester: Requester, source: Source, etag: string | undefined): Promise<boolean> {
  try {
    const { value } = await requester.send({
      kind: 'head',
      readOnly: true,
      send: (abortSignal) => source.at.client.send(new HeadObjectCommand(headFields(source)), { abortSignal }),
    });
    return etag === undefined || value.ETag === undefined || unquote(value.ETag) === etag;
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return error.trouble.status !== 404 && error.trouble.status !== 405;
  }
}

export function sourceChanged({ bucket, key, versionId }: Source): S3Failure {
  return new S3Failure({
    code: 'source-changed',
    message: `version ${forLog(versionId)} of ${forLog(key)} in bucket ${bucket} is not what the plan saw any more`,
    hint: 'It was replaced or deleted since. Run it again: it will be planned anew.',
  });
}
