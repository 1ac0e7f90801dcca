import {
  GetObjectTaggingCommand,
  HeadObjectCommand,
  type HeadObjectCommandInput,
  type HeadObjectCommandOutput,
  type Tag,
} from '@aws-sdk/client-s3';
import type { CopyStep } from '../../core/plan.ts';
import { S3Failure } from '../../core/ports.ts';
import { BadAnswer, failureOf, RequestError } from '../errors.ts';
import { asFailure } from '../head.ts';
import { unquote } from '../listing/list-xml.ts';
import type { Requester } from '../request.ts';
import { type Checksum, checksumOf } from './checksums.ts';
import { headFields, type Source, sourceChanged } from './copy-source.ts';
import { type PartPlan, partPlan, type SourceParts } from './part-plan.ts';

/** All that a copy in parts has to know of its source, for nothing of it comes along by itself. */
export interface Whole {
  readonly source: Source;
  /** Without its quotes. */
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  readonly plan: PartPlan;
  readonly head: HeadObjectCommandOutput;
  readonly checksum?: Checksum;
  readonly tags: readonly Tag[];
}

/**
 * Look at the source of a copy in parts.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/CopyingObjectsMPUapi.html
 * @throws S3Failure where it is gone, changed, or cannot be copied whole; CancelledError
 */
export async function lookAtSource(requester: Requester, source: Source, step: CopyStep): Promise<Whole> {
  const head = await headSource(requester, source, { ChecksumMode: 'ENABLED' });
  const { ETag, ContentLength: size, MissingMeta: missing } = head;
  if (ETag === undefined || size === undefined) throw new TypeError('a HEAD without ETag or size was let through');
  const etag = unquote(ETag);
  if (step.etag !== undefined && etag !== step.etag) throw sourceChanged(source);
  if (step.multipart !== undefined && size !== step.multipart) throw sourceChanged(source);
  if (missing !== undefined && missing > 0)
    throw unreadable(source, `has ${missing} metadata values that S3 cannot send`);
  const unsafe = notAscii(head);
  if (unsafe !== undefined) throw unreadable(source, `has bytes in ${unsafe} that cannot be signed`);
  const plan = partPlan(size, await partsOf(requester, source, etag));
  if (plan === undefined) throw tooLarge(source, size);
  const tags = await tagsOf(requester, source, head.TagCount);
  const checksum = checksumOf(head);
  return { source, etag, size, plan, head, tags, ...(checksum !== undefined && { checksum }) };
}

async function headSource(
  requester: Requester,
  source: Source,
  more: Partial<HeadObjectCommandInput>,
): Promise<HeadObjectCommandOutput> {
  try {
    return await sendHead(requester, source, more);
  } catch (error) {
    const status = error instanceof RequestError ? error.trouble.status : undefined;
    if (status === 404 || status === 405) throw sourceChanged(source);
    throw asFailure('head-version', error);
  }
}

async function sendHead(
  requester: Requester,
  source: Source,
  more: Partial<HeadObjectCommandInput>,
): Promise<HeadObjectCommandOutput> {
  const input = { ...headFields(source), ...more };
  const { value } = await requester.send({
    kind: 'head',
    readOnly: true,
    send: async (abortSignal) => {
      const output = await source.at.client.send(new HeadObjectCommand(input), { abortSignal });
      if (output.ETag === undefined || output.ContentLength === undefined) {
        throw new BadAnswer('BadAnswer', "the server's answer to HeadObject has no ETag or Content-Length");
      }
      return output;
    },
  });
  return value;
}

/**
 * How the source was uploaded. Its ETag tells whether in parts, and asking for the first of them how large they are.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html (partNumber). A server that does not know the
 * question tells no number of parts; then nothing is lost but the ETag.
 */
async function partsOf(
  requester: Requester,
  source: Source,
  etag: string,
): Promise<SourceParts | 'single' | undefined> {
  if (!/-\d+$/.test(etag)) return 'single';
  try {
    const first = await sendHead(requester, source, { PartNumber: 1 });
    const { PartsCount: count, ContentLength: firstSize } = first;
    return count === undefined || firstSize === undefined ? undefined : { count, firstSize };
  } catch (error) {
    if (error instanceof RequestError && error.trouble.sort === 'permanent') return undefined;
    throw asFailure('head-version', error);
  }
}

/**
 * The tags. HEAD counts them only where there are some and the role may read them, so no count is no answer.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html
 */
async function tagsOf(requester: Requester, source: Source, count: number | undefined): Promise<readonly Tag[]> {
  if (count === 0) return [];
  try {
    const { value } = await requester.send({
      kind: 'get',
      readOnly: true,
      send: (abortSignal) => source.at.client.send(new GetObjectTaggingCommand(headFields(source)), { abortSignal }),
    });
    return value.TagSet ?? [];
  } catch (error) {
    if (error instanceof RequestError && count === undefined && hasNoTags(error)) return [];
    throw asFailure('tags', error);
  }
}

/** Some servers have no tags at all, and some say so of an object without any. */
function hasNoTags({ trouble: { code, status } }: RequestError): boolean {
  return status === 501 || code === 'NotImplemented' || code === 'NoSuchTagSet' || code === 'NoSuchTagSetError';
}

/**
 * Metadata that was written through another protocol than HTTP may not fit into a header: S3 then counts it only.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html (x-amz-missing-meta)
 */
function unreadable({ bucket, key, versionId }: Source, what: string): S3Failure {
  return new S3Failure({
    code: 'unreadable-metadata',
    message: `version ${versionId} of "${key}" in bucket ${bucket} ${what}, so a copy in parts would lose them`,
    hint: 'Copy this version with a tool that writes its metadata anew.',
  });
}

/**
 * The first of the headers to be sent again that is not ASCII, if any. S3 encodes what is not; a server that does not
 * sends bytes for which Node and the signature have different encodings, so they could not be sent back.
 */
function notAscii(head: HeadObjectCommandOutput): string | undefined {
  const { ContentType, CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, ExpiresString } = head;
  const headers = {
    'content-type': ContentType,
    'cache-control': CacheControl,
    'content-disposition': ContentDisposition,
    'content-encoding': ContentEncoding,
    'content-language': ContentLanguage,
    expires: ExpiresString,
    ...head.Metadata,
  };
  return Object.entries(headers).find(([, text]) => text !== undefined && /[^\t\x20-\x7e]/.test(text))?.[0];
}

function tooLarge({ versionId, key }: Source, size: number): S3Failure {
  const message = `version ${versionId} of "${key}" has ${size} bytes`;
  return new S3Failure(failureOf('multipart-copy', { code: 'EntityTooLarge', message, sort: 'permanent' }));
}
