import { S3Client } from '@aws-sdk/client-s3';
import type { Bucket } from '../../../src/s3/bucket.ts';

/** A server of scripted answers below the SDK: what is asserted on is what would go over the wire. */

export type Op =
  | 'CopyObject'
  | 'CreateMultipartUpload'
  | 'UploadPartCopy'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'DeleteObject'
  | 'RestoreObject'
  | 'GetObjectTagging'
  | 'PutObjectTagging'
  | 'ListObjectVersions'
  | 'HeadVersion'
  | 'HeadFirstPart'
  | 'HeadCurrent';

export interface Sent {
  readonly op: Op;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An Error is a connection that breaks. */
export type Answer = Reply | Error | ((sent: Sent, nth: number) => Reply | Error | Promise<Reply | Error>);

/** `answers`: for each operation the answers in turn, of which the last stands for all that follow. */
export function fakeServer(
  answers: Partial<Record<Op, Answer | readonly Answer[]>>,
  more: Partial<Bucket> = {},
): { bucket: Bucket; sent: Sent[]; ops: () => Op[]; of: (op: Op) => Sent[] } {
  const sent: Sent[] = [];
  const handle = async (request: {
    method: string;
    path: string;
    query: Record<string, string>;
    headers: Record<string, string>;
    body?: unknown;
  }) => {
    const { method, path, query, headers } = request;
    const body = typeof request.body === 'string' ? request.body : '';
    const one: Sent = { op: opOf(method, query), path, query, headers, body };
    const nth = sent.filter((other) => other.op === one.op).length;
    sent.push(one);
    const script = [answers[one.op] ?? fail(501, 'Unscripted', one.op)].flat();
    const answer = script[Math.min(nth, script.length - 1)] ?? {};
    const reply = typeof answer === 'function' ? await answer(one, nth) : answer;
    if (reply instanceof Error) throw reply;
    const { status = 200, headers: told = {}, body: text = '' } = reply;
    return { response: { statusCode: status, headers: told, body: Buffer.from(text) } };
  };
  const client = new S3Client({
    region: 'us-east-1',
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    forcePathStyle: true,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    requestHandler: { handle },
  });
  return {
    bucket: { client, name: 'b', ...more },
    sent,
    ops: () => sent.map(({ op }) => op),
    of: (op) => sent.filter((one) => one.op === op),
  };
}

function opOf(method: string, query: Record<string, string>): Op {
  if (method === 'PUT' && 'tagging' in query) return 'PutObjectTagging';
  if (method === 'PUT') return 'partNumber' in query ? 'UploadPartCopy' : 'CopyObject';
  if (method === 'DELETE') return 'uploadId' in query ? 'AbortMultipartUpload' : 'DeleteObject';
  if (method === 'GET') return 'tagging' in query ? 'GetObjectTagging' : 'ListObjectVersions';
  if (method === 'POST') {
    if ('restore' in query) return 'RestoreObject';
    return 'uploads' in query ? 'CreateMultipartUpload' : 'CompleteMultipartUpload';
  }
  if ('partNumber' in query) return 'HeadFirstPart';
  return 'versionId' in query ? 'HeadVersion' : 'HeadCurrent';
}

/** S3's error, with elements such as `Header` besides. */
export function fail(status: number, code: string, message = `says ${code}`, more: Record<string, string> = {}): Reply {
  const elements = Object.entries({ Code: code, Message: message, ...more });
  return { status, body: `<Error>${elements.map(([name, text]) => `<${name}>${text}</${name}>`).join('')}</Error>` };
}

export const reset = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });

/** A page of ListObjectVersions: the entries of the one key, newest first. */
export function page(key: string, ...entries: readonly { versionId: string; etag?: string; size?: number }[]): Reply {
  const rows = entries.map(({ versionId, etag, size = 1 }, i) => {
    const common = `<Key>${key}</Key><VersionId>${versionId}</VersionId><IsLatest>${i === 0}</IsLatest><LastModified>2026-01-01T00:00:00.000Z</LastModified>`;
    return etag === undefined
      ? `<DeleteMarker>${common}</DeleteMarker>`
      : `<Version>${common}<ETag>"${etag}"</ETag><Size>${size}</Size></Version>`;
  });
  const body = `<ListVersionsResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>${rows.join('')}</ListVersionsResult>`;
  return { body };
}
