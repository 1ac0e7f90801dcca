import {
  CopyObjectCommand,
  type CopyObjectCommandInput,
  DeleteObjectCommand,
  type ServerSideEncryption,
  type StorageClass,
} from '@aws-sdk/client-s3';
import type { CopyStep } from '../core/plan.ts';
import type { CopyGuard, Write } from '../core/ports.ts';
import { type Asked, BadAnswer, failureOf, RequestError } from './errors.ts';
import { unquote } from './list-xml.ts';
import type { Bucket } from './pages.ts';
import type { Requester } from './request.ts';

/**
 * Copy a version on top of its own key, if the key is still what the guard says.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 * @throws CancelledError
 */
export async function copyOnTop(
  requester: Requester,
  bucket: Bucket,
  key: string,
  step: CopyStep,
  guard: CopyGuard,
): Promise<Write> {
  const input = copyInput(bucket, key, step, guard);
  return written('copy', 'ifMatch' in guard, () =>
    requester.send({
      kind: 'copy',
      send: async (abortSignal) => {
        const output = await bucket.client.send(new CopyObjectCommand(input), { abortSignal });
        // S3 answers 200 before it has copied; an error that comes after is in the body, and the SDK does not see
        // every form of it. Only the ETag says that there is a copy.
        if (!output.CopyObjectResult?.ETag)
          throw new BadAnswer('InternalError', "the server's answer to CopyObject has no ETag");
        return { versionId: output.VersionId, etag: unquote(output.CopyObjectResult.ETag) };
      },
    }),
  );
}

function copyInput(bucket: Bucket, key: string, step: CopyStep, guard: CopyGuard): CopyObjectCommandInput {
  const { storageClass, websiteRedirect, encryption, kmsKeyId, bucketKey } = step.carry ?? {};
  return {
    Bucket: bucket.name,
    Key: key,
    CopySource: copySource(bucket.name, key, step.versionId),
    MetadataDirective: 'COPY',
    TaggingDirective: 'COPY',
    ...('ifMatch' in guard ? { IfMatch: `"${guard.ifMatch}"` } : { IfNoneMatch: '*' }),
    ...(bucket.expectedOwner !== undefined && {
      ExpectedBucketOwner: bucket.expectedOwner,
      ExpectedSourceBucketOwner: bucket.expectedOwner,
    }),
    // The SDK's lists of classes and encryptions are older than what S3 may have told us.
    ...(storageClass !== undefined && { StorageClass: storageClass as StorageClass }),
    ...(websiteRedirect !== undefined && { WebsiteRedirectLocation: websiteRedirect }),
    ...(encryption !== undefined && { ServerSideEncryption: encryption as ServerSideEncryption }),
    ...(kmsKeyId !== undefined && { SSEKMSKeyId: kmsKeyId }),
    ...(bucketKey !== undefined && { BucketKeyEnabled: bucketKey }),
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

/**
 * Add a delete marker, if the current version still has this ETag.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
 * @throws CancelledError
 */
export async function addDeleteMarker(
  requester: Requester,
  bucket: Bucket,
  key: string,
  ifMatch: string,
): Promise<Write> {
  if (key === '') throw new RangeError('a delete marker needs a key');
  return written('add-marker', true, () =>
    requester.send({
      kind: 'delete',
      send: async (abortSignal) => {
        const output = await bucket.client.send(
          new DeleteObjectCommand({
            Bucket: bucket.name,
            Key: key,
            IfMatch: `"${ifMatch}"`,
            ...(bucket.expectedOwner !== undefined && { ExpectedBucketOwner: bucket.expectedOwner }),
          }),
          { abortSignal },
        );
        return { versionId: output.VersionId };
      },
    }),
  );
}

async function written(
  asked: Asked,
  onVersion: boolean,
  send: () => Promise<{ value: { versionId: string | undefined; etag?: string }; unsure: boolean }>,
): Promise<Write> {
  try {
    const { versionId, etag } = (await send()).value;
    return { ok: true, ...(versionId !== undefined && { versionId }), ...(etag !== undefined && { etag }) };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const { status, code } = error.trouble;
    // If-Match on a key that is deleted by now is answered with 404.
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    const gone = status === 404 && onVersion && code !== 'NoSuchBucket' && code !== 'NoSuchVersion';
    if (status === 412 || gone) return { ok: false, conflict: true, unsure: error.unsure };
    return { ok: false, conflict: false, failure: failureOf(asked, error.trouble) };
  }
}
