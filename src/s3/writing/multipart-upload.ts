import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  type CreateMultipartUploadCommandOutput,
  type Tag,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import type { BuildMiddleware } from '@smithy/types';
import type { CopyStep } from '../../core/plan.ts';
import type { Bucket } from '../bucket.ts';
import { BadAnswer, diagnose, RequestError } from '../errors.ts';
import { unquote } from '../listing/list-xml.ts';
import type { Answer, Requester } from '../request.ts';
import { checksumFields, checksumWish } from './checksums.ts';
import { carriedFields, sourceChanged, sourceFields } from './copy-source.ts';
import type { Guard } from './guard.ts';
import type { Whole } from './multipart-source.ts';
import { partRange } from './part-plan.ts';

/** An upload that was begun, and what goes into it. */
export interface Upload {
  readonly requester: Requester;
  readonly bucket: Bucket;
  readonly key: string;
  readonly id: string;
  readonly whole: Whole;
}

/** The parts of one object that are copied side by side. How many requests fly in all is the requester's affair. */
const SIDE_BY_SIDE = 16;

/**
 * Begin an upload. A try whose answer was lost may leave an upload behind that has no parts, and so costs nothing.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
 * @throws RequestError, CancelledError
 */
export async function begin(
  requester: Requester,
  bucket: Bucket,
  key: string,
  step: CopyStep,
  whole: Whole,
): Promise<Upload> {
  const input = createInput(bucket, key, step, whole);
  const { value } = await requester.send({
    kind: 'put',
    send: async (abortSignal) => {
      const command = new CreateMultipartUploadCommand(input);
      const { ExpiresString: expires } = whole.head;
      if (expires !== undefined) command.middlewareStack.add(withExpires(expires), { step: 'build' });
      const output = await bucket.client.send(command, { abortSignal });
      if (!output.UploadId) {
        throw new BadAnswer('InternalError', "the server's answer to CreateMultipartUpload has no upload id");
      }
      return output.UploadId;
    },
  });
  return { requester, bucket, key, id: value, whole };
}

function createInput(bucket: Bucket, key: string, step: CopyStep, whole: Whole): CreateMultipartUploadCommandInput {
  const { ContentType, CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, Metadata } = whole.head;
  return {
    Bucket: bucket.name,
    Key: key,
    ...(bucket.expectedOwner !== undefined && { ExpectedBucketOwner: bucket.expectedOwner }),
    ...(ContentType !== undefined && { ContentType }),
    ...(CacheControl !== undefined && { CacheControl }),
    ...(ContentDisposition !== undefined && { ContentDisposition }),
    ...(ContentEncoding !== undefined && { ContentEncoding }),
    ...(ContentLanguage !== undefined && { ContentLanguage }),
    ...(Metadata !== undefined && Object.keys(Metadata).length > 0 && { Metadata }),
    ...(whole.tags.length > 0 && { Tagging: taggingHeader(whole.tags) }),
    ...checksumWish(whole.checksum),
    ...carriedFields(step),
  };
}

/** As the query of a URL. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html (x-amz-tagging) */
function taggingHeader(tags: readonly Tag[]): string {
  return tags.map(({ Key = '', Value = '' }) => `${encodeURIComponent(Key)}=${encodeURIComponent(Value)}`).join('&');
}

/** The SDK takes a date only, but S3 keeps whatever text was sent, and that may not be one. */
function withExpires(
  expires: string,
): BuildMiddleware<CreateMultipartUploadCommandInput, CreateMultipartUploadCommandOutput> {
  return (next) => (args) => {
    const request = args.request as { readonly headers: Record<string, string> };
    request.headers.expires = expires;
    return next(args);
  };
}

/**
 * Copy all parts. When one fails no more are begun, and those in flight are waited for: a part that lands after the
 * upload was aborted would stay. https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
 * @throws what the first part that failed threw
 */
export async function copyParts(upload: Upload): Promise<CompletedPart[]> {
  const { count } = upload.whole.plan;
  const parts: CompletedPart[] = [];
  const failures: unknown[] = [];
  let begun = 0;
  const lane = async () => {
    while (begun < count && failures.length === 0) {
      const number = ++begun;
      try {
        parts[number - 1] = await copyPart(upload, number);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(SIDE_BY_SIDE, count) }, lane));
  if (failures.length > 0) throw failures[0];
  return parts;
}

async function copyPart({ requester, bucket, key, id, whole }: Upload, number: number): Promise<CompletedPart> {
  const { source, etag, plan, size } = whole;
  const input = {
    Bucket: bucket.name,
    Key: key,
    UploadId: id,
    PartNumber: number,
    // All parts are of one content, whatever happens to the source meanwhile.
    ...sourceFields(source, bucket, etag),
    // Refused by S3 for small objects, which are one part.
    ...(plan.count > 1 && { CopySourceRange: partRange(plan, size, number) }),
  };
  try {
    const { value } = await requester.send({
      kind: 'copy',
      // Nobody sees a part, so a run that stops need not wait for it.
      readOnly: true,
      send: async (abortSignal) => {
        const { CopyPartResult: result } = await bucket.client.send(new UploadPartCopyCommand(input), { abortSignal });
        // As with CopyObject, only the ETag says that there is a part.
        if (!result?.ETag) throw new BadAnswer('InternalError', "the server's answer to UploadPartCopy has no ETag");
        return { PartNumber: number, ETag: result.ETag, ...checksumFields(result) };
      },
    });
    return value;
  } catch (error) {
    const failed = error instanceof RequestError ? error.trouble : undefined;
    if (failed?.status === 412 || failed?.code === 'NoSuchVersion' || failed?.code === 'NoSuchKey') {
      throw sourceChanged(source);
    }
    throw error;
  }
}

export interface Completed {
  readonly versionId?: string;
  readonly etag: string;
}

/**
 * Make the parts an object, if the guard allows it. `raced`: another write to the key was faster, and the upload has to be
 * done again. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 * @throws RequestError, CancelledError, what `before` throws
 */
export async function complete(
  { requester, bucket, key, id, whole }: Upload,
  parts: readonly CompletedPart[],
  guard: Guard | undefined,
  before?: (unsure: boolean) => Promise<void>,
): Promise<Answer<Completed | 'raced'>> {
  // S3 wants the parts' checksums only for a checksum that is made of them.
  const wish = checksumWish(whole.checksum);
  const bare = wish.ChecksumType === 'FULL_OBJECT' || whole.checksum === undefined;
  const input = {
    Bucket: bucket.name,
    Key: key,
    UploadId: id,
    MultipartUpload: { Parts: bare ? parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag })) : [...parts] },
    MpuObjectSize: whole.size,
    ...guard,
    ...(bucket.expectedOwner !== undefined && { ExpectedBucketOwner: bucket.expectedOwner }),
  };
  return requester.send({
    kind: 'put',
    slow: true,
    ...(before !== undefined && { before }),
    send: async (abortSignal) => {
      const command = new CompleteMultipartUploadCommand(input);
      const output = await bucket.client.send(command, { abortSignal }).catch((error: unknown) => {
        // Sent again it would be refused again. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
        if (diagnose(error).code === 'ConditionalRequestConflict') return 'raced' as const;
        throw error;
      });
      if (output === 'raced') return output;
      if (!output.ETag) {
        throw new BadAnswer('InternalError', "the server's answer to CompleteMultipartUpload has no ETag");
      }
      return { etag: unquote(output.ETag), ...(output.VersionId !== undefined && { versionId: output.VersionId }) };
    },
  });
}

/**
 * Throw the upload away. Sent also when the run stops. `was-gone`: it was aborted or completed before. `left`: it, and
 * what its parts cost, may still be there.
 */
export async function abandon({ requester, bucket, key, id }: Upload): Promise<'aborted' | 'was-gone' | 'left'> {
  const input = {
    Bucket: bucket.name,
    Key: key,
    UploadId: id,
    ...(bucket.expectedOwner !== undefined && { ExpectedBucketOwner: bucket.expectedOwner }),
  };
  try {
    await requester.send({
      kind: 'delete',
      cleanup: true,
      send: (abortSignal) => bucket.client.send(new AbortMultipartUploadCommand(input), { abortSignal }),
    });
    return 'aborted';
  } catch (error) {
    return error instanceof RequestError && error.trouble.code === 'NoSuchUpload' ? 'was-gone' : 'left';
  }
}
