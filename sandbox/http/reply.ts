import type { Entry } from '../store/entry.ts';
import { escapeXml, XML_HEAD } from './xml.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string | Zeros;
  readonly errorCode?: string;
}

/** So many zero bytes, written without holding them: the content of a sparse entry. */
export interface Zeros {
  readonly zeros: number;
}

export function empty(status: number, headers: Record<string, string> = {}): Reply {
  return { status, headers, body: '' };
}

export function xml(document: string, headers: Record<string, string> = {}): Reply {
  return { status: 200, headers: { 'content-type': 'application/xml', ...headers }, body: XML_HEAD + document };
}

/** An error of S3: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export class S3Error extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    details: Record<string, string> = {},
    headers: Record<string, string> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
    this.headers = headers;
  }
}

export function errorReply(error: S3Error, requestId: string): Reply {
  const fields = { Code: error.code, Message: error.message, ...error.details, RequestId: requestId, HostId: HOST_ID };
  const body = Object.entries(fields).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`);
  return {
    status: error.status,
    headers: { 'content-type': 'application/xml', ...error.headers },
    body: `${XML_HEAD}<Error>${body.join('')}</Error>`,
    errorCode: error.code,
  };
}

export const HOST_ID = 'sandbox+host+id+aAbBcCdDeEfFgGhHiIjJkKlLmMnNoOpPqQrRsStTuUvVwWxXyYzZ=';

export const errors = {
  accessDenied: (message = 'Access Denied') => new S3Error(403, 'AccessDenied', message),
  /** AWS words it differently for reads and for the sources of copies, for classes and for access tiers. */
  archived: ({ storageClass, archiveTier }: Entry, operation: string, source = '') => {
    const what = archiveTier === undefined ? 'storage class' : 'access tier';
    return new S3Error(403, 'InvalidObjectState', `${operation} is not valid for the ${source}object's ${what}`, {
      StorageClass: storageClass,
      ...(archiveTier !== undefined && { AccessTier: archiveTier }),
    });
  },
  bucketExists: (bucket: string) =>
    new S3Error(
      409,
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
      { BucketName: bucket },
    ),
  bucketNotEmpty: (bucket: string) =>
    new S3Error(
      409,
      'BucketNotEmpty',
      'The bucket you tried to delete is not empty. You must delete all versions in the bucket.',
      { BucketName: bucket },
    ),
  invalidArgument: (message: string, name: string, value?: string) =>
    new S3Error(400, 'InvalidArgument', message, {
      ArgumentName: name,
      ...(value !== undefined && { ArgumentValue: value }),
    }),
  invalidBucketState: (message: string) => new S3Error(409, 'InvalidBucketState', message),
  invalidRequest: (message: string) => new S3Error(400, 'InvalidRequest', message),
  keyTooLong: (size: number) =>
    new S3Error(400, 'KeyTooLongError', 'Your key is too long', { Size: String(size), MaxSizeAllowed: '1024' }),
  locked: () => new S3Error(403, 'AccessDenied', 'Access Denied because object protected by object lock.'),
  malformedXml: () =>
    new S3Error(
      400,
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
    ),
  noSuchBucket: (bucket: string) =>
    new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist', { BucketName: bucket }),
  noSuchKey: (key: string, headers: Record<string, string> = {}) =>
    new S3Error(404, 'NoSuchKey', 'The specified key does not exist.', { Key: key }, headers),
  noSuchVersion: (key: string, versionId: string) =>
    new S3Error(404, 'NoSuchVersion', 'The specified version does not exist.', { Key: key, VersionId: versionId }),
  notImplemented: (header: string, additional?: string) =>
    new S3Error(501, 'NotImplemented', 'A header you provided implies functionality that is not implemented', {
      Header: header,
      ...(additional !== undefined && { additionalMessage: additional }),
    }),
  preconditionFailed: (condition: string) =>
    new S3Error(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
      Condition: condition,
    }),
  selfCopy: () =>
    errors.invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    ),
};
