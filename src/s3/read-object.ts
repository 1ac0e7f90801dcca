import { Readable } from 'node:stream';
import { GetObjectCommand, type GetObjectCommandInput, type GetObjectCommandOutput } from '@aws-sdk/client-s3';
import type { BuildMiddleware } from '@smithy/types';
import { type ObjectStream, S3Failure } from '../core/ports.ts';
import { type Bucket, sendAnywhere } from './bucket.ts';
import { failureOf } from './errors.ts';
import { asFailure, checksumsOf, versionOf } from './head.ts';
import { unquote } from './listing/list-xml.ts';
import { type Part, type ReadingContext, resumed } from './read-resumed.ts';
import { BadAnswer, RequestError } from './trouble.ts';

/** An object as its first answer showed it, so that the rest can be asked for where that breaks off. */
interface FirstAnswer {
  readonly etag: string;
  readonly size: number;
  /** Absent where the bucket has no versions. */
  readonly versionId?: string;
}

/**
 * GetObject of a version, or of what is current. Resolves with the headers; the bytes come as `chunks` are read, which
 * may take as long as it takes: the deadline is for the headers, and a stall in the bytes has its own. The slot at the
 * rate gate is given back with the headers too: S3 limits requests, not bytes, and a reader who sends requests for what he
 * reads, as for the rows of a manifest, would else wait for the slot that he holds himself.
 * `chunks` can be read once, and should be, or be left by a `break`: until then the connection is taken.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 * @throws S3Failure, CancelledError
 */
export async function readObject(
  context: ReadingContext,
  bucket: Bucket,
  key: string,
  versionId: string | undefined,
): Promise<ObjectStream> {
  const { output, body } = await get(context, bucket, versionOf(bucket, key, versionId), true).catch(
    (error: unknown) => {
      throw asFailure('read-object', error);
    },
  );
  const { ETag, ContentLength: size, LastModified, ServerSideEncryption: encryption } = output;
  if (ETag === undefined || size === undefined || LastModified === undefined) {
    body.destroy();
    throw unusable('has no ETag, Content-Length or Last-Modified');
  }
  const first: FirstAnswer = {
    etag: ETag,
    size,
    ...(output.VersionId !== undefined && { versionId: output.VersionId }),
  };
  const rest = (offset: number) => getRest(context, bucket, { key, versionId, first, offset });
  return {
    size,
    etag: unquote(ETag),
    lastModified: LastModified.getTime(),
    checksums: checksumsOf(output),
    ...(encryption !== undefined && { encryption }),
    chunks: resumed(context, size, { start: 0, body }, rest),
  };
}

interface Rest {
  readonly key: string;
  readonly versionId: string | undefined;
  readonly first: FirstAnswer;
  readonly offset: number;
}

/**
 * The rest of an object from a byte on, if it still is the same. Asked for as the object was, and not by the version id
 * that came with it, which takes another permission (s3:GetObjectVersion).
 * @throws S3Failure, `changed-while-read` where the object is another by now; CancelledError
 */
async function getRest(
  context: ReadingContext,
  bucket: Bucket,
  { key, versionId, first, offset }: Rest,
): Promise<Part> {
  const input = { ...versionOf(bucket, key, versionId), Range: `bytes=${offset}-`, IfMatch: first.etag };
  try {
    const { output, body } = await get(context, bucket, input, false);
    if (output.VersionId !== first.versionId || output.ETag !== first.etag) {
      body.destroy();
      throw changed(key);
    }
    // Without a range in the answer it is the whole object.
    const start = Number(/^bytes (\d+)-/.exec(output.ContentRange ?? '')?.[1] ?? 0);
    if (start <= offset) return { start, body };
    body.destroy();
    throw unusable(`answered with bytes from ${start} on where ${offset} was asked for`);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const { status, code } = error.trouble;
    const gone = status === 404 && code !== 'NoSuchBucket';
    throw status === 412 || gone ? changed(key, error) : asFailure('read-object', error);
  }
}

function unusable(what: string): S3Failure {
  const message = `the server's answer to GetObject ${what}`;
  return new S3Failure(failureOf('read-object', { code: 'BadAnswer', message, sort: 'permanent' }));
}

function changed(key: string, cause?: unknown): S3Failure {
  const failure = {
    code: 'changed-while-read',
    message: `the object ${JSON.stringify(key)} was overwritten or deleted while it was read`,
    hint: 'Run it again: it will be read from its beginning.',
  };
  return new S3Failure(failure, { cause });
}

async function get(
  context: ReadingContext,
  bucket: Bucket,
  input: GetObjectCommandInput,
  checksums: boolean,
): Promise<{ output: GetObjectCommandOutput; body: Readable }> {
  const { value } = await sendAnywhere(context.requester, bucket, {
    kind: 'get',
    readOnly: true,
    send: async (abortSignal) => {
      const command = new GetObjectCommand(input);
      if (checksums) command.middlewareStack.add(askForChecksums, { step: 'build' });
      const output = await bucket.client.send(command, { abortSignal });
      const { Body: body } = output;
      if (!(body instanceof Readable)) throw new BadAnswer('BadAnswer', "the server's answer to GetObject has no body");
      // Between two reads nobody listens; the next read is told.
      body.on('error', () => {});
      return { output, body };
    },
  });
  return value;
}

/**
 * As ChecksumMode would, which makes the SDK check the bytes as well: of the first connection only, as if it were all,
 * and by an error after the last byte that looks like a broken one. Who reads checks what he has in the end.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
const askForChecksums: BuildMiddleware<GetObjectCommandInput, GetObjectCommandOutput> = (next) => (args) => {
  const { headers } = args.request as { readonly headers: Record<string, string> };
  headers['x-amz-checksum-mode'] = 'ENABLED';
  return next(args);
};
