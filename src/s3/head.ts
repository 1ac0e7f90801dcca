import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
} from '@aws-sdk/client-s3';
import type { ObjectHead } from '../core/head.ts';
import { S3Failure } from '../core/ports.ts';
import { type Bucket, sendAnywhere } from './bucket.ts';
import { type Asked, failureOf } from './errors.ts';
import { unquote } from './listing/list-xml.ts';
import type { Requester } from './request.ts';
import { BadAnswer, RequestError } from './trouble.ts';

/**
 * HeadObject of a version; `undefined` when there is no such version: it is gone (404), or is a delete marker (405).
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
 * `checksums`: ask for them too; for SSE-KMS objects that takes kms:Decrypt, so only where they are needed.
 * @throws S3Failure, CancelledError
 */
export async function headVersion(
  requester: Requester,
  bucket: Bucket,
  key: string,
  versionId: string,
  checksums: boolean,
): Promise<ObjectHead | undefined> {
  try {
    return await head(requester, bucket, key, versionId, checksums);
  } catch (error) {
    if (isStatus(error, 404, 405)) return undefined;
    if (isStatus(error, 400)) return unreadable(requester, bucket, key, versionId);
    throw asFailure('head-version', error);
  }
}

async function head(
  requester: Requester,
  bucket: Bucket,
  key: string,
  versionId: string,
  checksums: boolean,
): Promise<ObjectHead> {
  const { value } = await sendAnywhere(requester, bucket, {
    kind: 'head',
    readOnly: true,
    send: async (abortSignal) => {
      const output = await bucket.client.send(
        new HeadObjectCommand({
          ...versionOf(bucket, key, versionId),
          ...(checksums && { ChecksumMode: 'ENABLED' }),
        }),
        { abortSignal },
      );
      return toHead(output);
    },
  });
  return value;
}

/**
 * A HEAD answered with 400 does not say why, for it has no body. Reading one byte does: an object encrypted with the
 * customer's own key is named as such, and an expired token as that.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
 */
async function unreadable(requester: Requester, bucket: Bucket, key: string, versionId: string): Promise<ObjectHead> {
  try {
    await requester.send({
      kind: 'get',
      readOnly: true,
      send: async (abortSignal) => {
        const command = new GetObjectCommand({ ...versionOf(bucket, key, versionId), Range: 'bytes=0-0' });
        const { Body } = await bucket.client.send(command, { abortSignal });
        await Body?.transformToByteArray();
      },
    });
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const { code, message } = error.trouble;
    if (code === 'InvalidRequest' && /server.side encryption/i.test(message)) return CUSTOMER_KEY;
    throw asFailure('head-version', error);
  }
  throw new S3Failure(
    failureOf('head-version', { code: 'BadRequest', message: 'HTTP 400, no details', sort: 'permanent' }),
  );
}

/** All that can be known without the key. */
const CUSTOMER_KEY: ObjectHead = { etag: '', size: 0, metadata: {}, checksums: {}, customerKey: true };

export function versionOf(bucket: Bucket, key: string, versionId: string | undefined) {
  return {
    Bucket: bucket.name,
    Key: key,
    ...(versionId !== undefined && { VersionId: versionId }),
    ...(bucket.expectedOwner !== undefined && { ExpectedBucketOwner: bucket.expectedOwner }),
  };
}

function toHead(output: HeadObjectCommandOutput): ObjectHead {
  const { ETag, ContentLength } = output;
  if (ETag === undefined || ContentLength === undefined) {
    throw new BadAnswer('BadAnswer', "the server's answer to HeadObject has no ETag or Content-Length");
  }
  return {
    etag: unquote(ETag),
    size: ContentLength,
    metadata: output.Metadata ?? {},
    checksums: checksumsOf(output),
    ...given('versionId', output.VersionId),
    ...given('contentType', output.ContentType),
    ...given('cacheControl', output.CacheControl),
    ...given('contentDisposition', output.ContentDisposition),
    ...given('contentEncoding', output.ContentEncoding),
    ...given('contentLanguage', output.ContentLanguage),
    ...given('expires', output.ExpiresString),
    ...given('websiteRedirect', output.WebsiteRedirectLocation),
    // S3 leaves the header out for STANDARD; some other servers send it.
    ...(output.StorageClass !== 'STANDARD' && given('storageClass', output.StorageClass)),
    ...given('encryption', output.ServerSideEncryption),
    ...given('kmsKeyId', output.SSEKMSKeyId),
    ...given('bucketKey', output.BucketKeyEnabled),
    ...(output.SSECustomerAlgorithm !== undefined && { customerKey: true }),
    ...given('archiveStatus', output.ArchiveStatus),
    ...given('restore', output.Restore),
    // Missing where the version has none, and where the role may not read them.
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    ...given('lockMode', output.ObjectLockMode),
    ...given('lockUntil', output.ObjectLockRetainUntilDate?.toISOString()),
    ...(output.ObjectLockLegalHoldStatus === 'ON' && { legalHold: true }),
  };
}

/** A composite checksum is one of the parts' checksums: it says nothing once the object is stored in one part. */
export function checksumsOf(output: HeadObjectCommandOutput | GetObjectCommandOutput): Record<string, string> {
  if (output.ChecksumType !== 'FULL_OBJECT') return {};
  return {
    ...given('CRC32', output.ChecksumCRC32),
    ...given('CRC32C', output.ChecksumCRC32C),
    ...given('CRC64NVME', output.ChecksumCRC64NVME),
    ...given('SHA1', output.ChecksumSHA1),
    ...given('SHA256', output.ChecksumSHA256),
  };
}

function given<K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [P in K]: V });
}

function isStatus(error: unknown, ...statuses: readonly number[]): error is RequestError {
  return error instanceof RequestError && statuses.includes(error.trouble.status ?? 0);
}

/** A request given up as the port's own error; everything else (a cancelled run) as it is. */
export function asFailure(asked: Asked, error: unknown): unknown {
  return error instanceof RequestError ? new S3Failure(failureOf(asked, error.trouble), { cause: error }) : error;
}
