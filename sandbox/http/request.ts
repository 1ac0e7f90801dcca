import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { digest } from '../store/checksums.ts';
import { errors, S3Error } from './reply.ts';

/** A request as the handlers see it. */
export interface S3Request {
  /** As the reply names it in `x-amz-request-id`. */
  readonly id: string;
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  readonly body: Uint8Array;
}

/** Reads the whole request. Throws an S3Error for a path that cannot be decoded. */
export async function readRequest(message: IncomingMessage, id: string): Promise<S3Request> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    // Node reads header bytes as Latin-1; S3's clients write UTF-8.
    if (value !== undefined) headers[name] = Buffer.from(String(value), 'latin1').toString('utf8');
  }
  const url = message.url ?? '/';
  const cut = url.indexOf('?');
  const path = cut < 0 ? url : url.slice(0, cut);
  const query = parseQuery(cut < 0 ? '' : url.slice(cut + 1));
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  const raw = Buffer.concat(chunks);
  const body = headers['content-encoding']?.includes('aws-chunked') ? unchunk(raw, headers) : raw;
  return { id, method: message.method ?? 'GET', path, query, headers, ...address(path, headers.host ?? ''), body };
}

/**
 * Bucket and key, path-style or from a host such as `bucket.s3.test`.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
export function address(path: string, host: string): { bucket: string | undefined; key: string | undefined } {
  const name = host.replace(/:\d+$/, '');
  const decoded = decodePath(path).slice(1);
  const pathStyle = /^(\d+(\.\d+){3}|\[.*\]|localhost|s3[.-].*)?$/i.test(name) || !name.includes('.');
  if (!pathStyle) {
    const bucket =
      /^(.+?)\.(?:\d+(?:\.\d+){3}|localhost|s3[.-].*)$/i.exec(name)?.[1] ?? name.slice(0, name.indexOf('.'));
    return { bucket, key: decoded === '' ? undefined : decoded };
  }
  const slash = decoded.indexOf('/');
  if (slash < 0) return { bucket: decoded === '' ? undefined : decoded, key: undefined };
  const key = decoded.slice(slash + 1);
  return { bucket: decoded.slice(0, slash), key: key === '' ? undefined : key };
}

export function parseQuery(text: string): Record<string, string> {
  const query: Record<string, string> = {};
  for (const part of text.split('&')) {
    const cut = part.indexOf('=');
    const name = cut < 0 ? part : part.slice(0, cut);
    if (name !== '') query[decode(name)] = decode(cut < 0 ? '' : part.slice(cut + 1));
  }
  return query;
}

/** The region for which a request is signed; the signature itself is never checked. */
export function signedRegion(request: S3Request): string | undefined {
  return credentialOf(request)?.split('/')[2];
}

/** Who says to have signed; undefined for nobody. */
export function accessKeyOf(request: S3Request): string | undefined {
  return credentialOf(request)?.split('/')[0];
}

/** `AKIA…/20260304/us-east-1/s3/aws4_request`: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html */
function credentialOf(request: S3Request): string | undefined {
  const credential = /Credential=([^,\s]+)/.exec(request.headers.authorization ?? '')?.[1];
  return credential ?? request.query['X-Amz-Credential'];
}

/** `x-amz-checksum-<algorithm>`, from the headers or from the trailer of a chunked body. */
export function checksumsOf(headers: Readonly<Record<string, string>>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const algorithm = /^x-amz-checksum-(crc32|crc32c|crc64nvme|sha1|sha256)$/.exec(name)?.[1];
    if (algorithm) found[algorithm] = value;
  }
  return found;
}

/** Compares the body with the digests that came with it. */
export function checkDigests(request: S3Request): void {
  const claimedMd5 = request.headers['content-md5'];
  if (claimedMd5 !== undefined) {
    if (!/^[A-Za-z0-9+/]{22}==$/.test(claimedMd5)) {
      throw new S3Error(400, 'InvalidDigest', 'The Content-MD5 you specified was invalid.', {
        'Content-MD5': claimedMd5,
      });
    }
    const md5 = createHash('md5').update(request.body).digest('base64');
    if (md5 !== claimedMd5) {
      throw new S3Error(400, 'BadDigest', 'The Content-MD5 you specified did not match what we received.', {
        ExpectedDigest: claimedMd5,
        CalculatedDigest: md5,
      });
    }
  }
  for (const [algorithm, claimed] of Object.entries(checksumsOf(request.headers))) {
    const actual = digest(algorithm, request.body);
    if (actual !== claimed) {
      const name = algorithm.toUpperCase();
      throw new S3Error(400, 'BadDigest', `The ${name} you specified did not match the calculated checksum.`);
    }
  }
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new S3Error(400, 'InvalidURI', "Couldn't parse the specified URI.");
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw errors.invalidArgument('Invalid URI encoding', 'query', text);
  }
}

/**
 * `<hex size>[;chunk-signature=…]\r\n<bytes>\r\n … 0\r\n<trailer headers>\r\n`; the trailer's headers join the others.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
function unchunk(raw: Buffer, headers: Record<string, string>): Uint8Array {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = raw.indexOf('\r\n', at);
    const size = Number.parseInt(raw.toString('latin1', at, lineEnd), 16);
    if (lineEnd < 0 || Number.isNaN(size)) throw errors.invalidRequest('The chunked body could not be read');
    at = lineEnd + 2;
    if (size === 0) break;
    parts.push(raw.subarray(at, at + size));
    at += size + 2;
  }
  for (const line of raw.toString('utf8', at).split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const rest = headers['content-encoding']?.split(',').filter((coding) => coding.trim() !== 'aws-chunked') ?? [];
  if (rest.length > 0) headers['content-encoding'] = rest.join(',').trim();
  else delete headers['content-encoding'];
  return Buffer.concat(parts);
}
