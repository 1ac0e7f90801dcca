import type { Failure } from '../core/outcome.ts';
import { shorten } from '../core/text.ts';

/** What was being asked of S3 when it went wrong; decides which permission the hint names. */
export type Asked = 'list' | 'head-version' | 'remove' | 'copy' | 'add-marker' | 'versioning' | 'object-lock';

/** An error of the SDK, the network or the server, sorted by what it means for the next try. */
export interface Trouble {
  /** S3's own code, or the network's (`ECONNRESET`), or `Timeout`. */
  readonly code: string;
  readonly message: string;
  readonly status?: number;
  /**
   * `throttled`, `transient`: try again. `unreachable`: try again, not for long. `permanent`: the answer stands.
   */
  readonly sort: 'throttled' | 'transient' | 'unreachable' | 'permanent';
  /** The request may have been carried out although no good answer came. */
  readonly mayHaveLanded: boolean;
  /** Headers of the answer, lower case, where there was one. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where S3 says the bucket is. */
  readonly region?: string;
}

/** An answer with a good status and a body that cannot be: empty, cut short, or an error in disguise. Tried again. */
export class BadAnswer extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'BadAnswer';
    this.code = code;
  }
}

/** A request that was given up, after `tries` tries. */
export class RequestError extends Error {
  readonly trouble: Trouble;
  /** An earlier try, not the last one, may have landed. */
  readonly unsure: boolean;
  readonly tries: number;

  constructor(trouble: Trouble, unsure: boolean, tries: number, cause: unknown) {
    super(`${trouble.code}: ${trouble.message}`, { cause });
    this.name = 'RequestError';
    this.trouble = trouble;
    this.unsure = unsure;
    this.tries = tries;
  }
}

const THROTTLED = new Set([
  'SlowDown',
  'ServiceUnavailable',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'RequestThrottled',
  'RequestThrottledException',
  'RequestLimitExceeded',
  'TooManyRequests',
  'TooManyRequestsException',
  'BandwidthLimitExceeded',
  'ProvisionedThroughputExceededException',
  'KMS.ThrottlingException',
]);

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const TRANSIENT = new Set([
  'InternalError',
  'InternalFailure',
  'RequestTimeout',
  'RequestTimeTooSkewed',
  'OperationAborted',
  'ConditionalRequestConflict',
  'BadDigest',
  'IncompleteBody',
]);

/** The request never left. */
const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** S3 answered and did nothing. */
const REFUSED_UNDONE = new Set(['OperationAborted', 'ConditionalRequestConflict', 'RequestTimeTooSkewed']);

const NETWORK = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE']);

/** HeadObject's answers have no body, so there is only the status to name the error by. */
const CODE_OF_STATUS: Readonly<Record<number, string>> = {
  301: 'PermanentRedirect',
  307: 'TemporaryRedirect',
  400: 'BadRequest',
  403: 'AccessDenied',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  412: 'PreconditionFailed',
  429: 'TooManyRequests',
  500: 'InternalError',
  501: 'NotImplemented',
  502: 'BadGateway',
  503: 'ServiceUnavailable',
  504: 'GatewayTimeout',
};

/** Make sense of whatever a request threw. */
export function diagnose(error: unknown): Trouble {
  if (error instanceof BadAnswer) {
    return { ...sorted(error.code, 200), code: error.code, message: error.message, headers: {} };
  }
  const facts = factsOf(error);
  const { status } = facts;
  const code = nameOf(facts);
  const message =
    facts.message === 'UnknownError' && status !== undefined ? `HTTP ${status}, no details` : facts.message;
  const region = facts.region ?? facts.headers['x-amz-bucket-region'] ?? /expecting '([a-z0-9-]+)'/.exec(message)?.[1];
  return {
    ...sorted(code, status),
    code,
    message: message.replace(/\n\s*Deserialization error:.*$/s, ''),
    headers: facts.headers,
    ...(status !== undefined && { status }),
    ...(region !== undefined && { region }),
  };
}

/** The meaning of a code for the next try. Also for the codes in a DeleteObjects answer, which have no status. */
export function sorted(code: string, status?: number): Pick<Trouble, 'sort' | 'mayHaveLanded'> {
  if (THROTTLED.has(code) || status === 429) {
    // SlowDown is S3's own and means that nothing was done; a bare 503 can be a proxy's, which cannot know.
    return { sort: 'throttled', mayHaveLanded: code === 'ServiceUnavailable' };
  }
  if (UNREACHABLE.has(code)) return { sort: 'unreachable', mayHaveLanded: false };
  if (TRANSIENT.has(code)) return { sort: 'transient', mayHaveLanded: !REFUSED_UNDONE.has(code) };
  if (NETWORK.has(code) || code === 'Timeout') return { sort: 'transient', mayHaveLanded: true };
  // A good status with a bad body: what it answers to may well have been done.
  if (status === 200 || (status !== undefined && status >= 500 && status !== 501)) {
    return { sort: 'transient', mayHaveLanded: true };
  }
  return { sort: 'permanent', mayHaveLanded: false };
}

interface ErrorFacts {
  readonly name: string;
  readonly systemCode: string | undefined;
  readonly s3Code: string | undefined;
  readonly message: string;
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly region: string | undefined;
}

function nameOf({ name, systemCode, s3Code, status, message }: ErrorFacts): string {
  if (s3Code !== undefined && s3Code !== '') return s3Code;
  if (systemCode !== undefined) return systemCode;
  if (name === 'AbortError' || name === 'TimeoutError') return 'Timeout';
  // undici and node say it in words in some versions.
  if (/socket hang up|premature close|aborted/i.test(message) && status === undefined) return 'ECONNRESET';
  const generic =
    name === '' || name === 'Error' || name === 'Unknown' || name === 'UnknownError' || /^\d+$/.test(name);
  return generic ? (CODE_OF_STATUS[status ?? 0] ?? (status === undefined ? 'Error' : `HTTP${status}`)) : name;
}

/** The one place where an error of unknown make is looked into. */
function factsOf(error: unknown): ErrorFacts {
  const top = record(error);
  const response = record(top.$response);
  const metadata = record(top.$metadata);
  const status = metadata.httpStatusCode ?? response.statusCode;
  return {
    name: text(top.name) ?? '',
    systemCode: text(top.code),
    s3Code: text(top.Code),
    message: text(top.message) ?? String(error),
    status: typeof status === 'number' ? status : undefined,
    headers: Object.fromEntries(Object.entries(record(response.headers)).map(([k, v]) => [k.toLowerCase(), String(v)])),
    region: text(top.Region),
  };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

const PERMISSIONS: Readonly<Record<Asked, string>> = {
  list: 's3:ListBucketVersions on the bucket',
  'head-version': 's3:GetObjectVersion on the object',
  remove: 's3:DeleteObjectVersion on the object',
  copy:
    's3:GetObjectVersion and s3:PutObject on the object; s3:GetObject for the condition on what is current; for tagged ' +
    'objects s3:GetObjectVersionTagging and s3:PutObjectTagging; for SSE-KMS kms:Decrypt and kms:GenerateDataKey on the key',
  'add-marker': 's3:DeleteObject on the object, and s3:GetObject for the condition on what is current',
  versioning: 's3:GetBucketVersioning on the bucket',
  'object-lock': 's3:GetBucketObjectLockConfiguration on the bucket',
};

/** The IAM actions that a request needs. */
export function permissionsFor(asked: Asked): string {
  return PERMISSIONS[asked];
}

const NO_CREDENTIALS =
  'No AWS credentials were found: run aws-actions/configure-aws-credentials before this step, and give the job ' +
  '`permissions: id-token: write`.';
const RENEW =
  'The credentials ran out: a longer role-duration-seconds in aws-actions/configure-aws-credentials, then run it again.';
const WRONG_CREDENTIALS =
  'Check the credentials that aws-actions/configure-aws-credentials set, and that they belong to this endpoint.';

const HINTS: Readonly<Record<string, string>> = {
  NoSuchBucket: 'Check the input `bucket`, and `region` and `endpoint-url` if it is on another server.',
  InvalidObjectState:
    'The version is in an archive storage class: restore it first (aws s3api restore-object --version-id …), and run again when it is there.',
  ObjectNotInActiveTierError:
    'The version is in an archive tier: restore it first (aws s3api restore-object --version-id …), and run again when it is there.',
  ExpiredToken: RENEW,
  ExpiredTokenException: RENEW,
  TokenRefreshRequired: RENEW,
  InvalidToken: WRONG_CREDENTIALS,
  InvalidAccessKeyId: WRONG_CREDENTIALS,
  SignatureDoesNotMatch: WRONG_CREDENTIALS,
  CredentialsProviderError: NO_CREDENTIALS,
  NotImplemented: 'This server does not know the operation; see docs/troubleshooting.md for what a server needs.',
  MethodNotAllowed: 'This entry does not allow the operation: it may have become a delete marker since. Run it again.',
  RequestTimeTooSkewed: "The runner's clock and the server's are more than 15 minutes apart: set the runner's clock.",
  BadRequest: 'S3 does not say why. Ask for the version with "aws s3api head-object --version-id …" and the same role.',
  NoSuchVersion: 'The version is gone since the listing. Run it again: it will be planned anew.',
  NoSuchKey: 'The version is gone since the listing. Run it again: it will be planned anew.',
  EntityTooLarge: 'The object is larger than CopyObject takes (5 GiB).',
  MalformedXML: 'The server refused the batch as a whole: try a smaller `batch-size`.',
  Timeout: 'No answer in time. Run it again: what is done stays done; a lower `concurrency` may help.',
  InternalError: 'S3 failed repeatedly. Run it again: what is done stays done.',
  'malformed-page':
    'The server sent a listing that cannot be trusted. Run it again; if it stays, report it with the server named.',
};

/** The mend for a trouble: what a person can do about it, naming the IAM action or the input. */
export function hintFor(asked: Asked, trouble: Pick<Trouble, 'code' | 'message' | 'region' | 'sort'>): string {
  const { code, message, region, sort } = trouble;
  if (code === 'AccessDenied' || code === 'AllAccessDisabled' || code === 'Forbidden') {
    if (asked === 'remove' && /object lock|locked|retention|legal hold|WORM/i.test(message)) {
      return (
        'The version is protected by Object Lock: wait until its retention ends, or, under governance mode, give the role ' +
        's3:BypassGovernanceRetention and set `bypass-governance-retention: true`. Markers and copies are not affected.'
      );
    }
    if (/kms/i.test(message)) return kmsHint(asked);
    const locked = asked === 'remove' ? ' A version under Object Lock is refused like this by some servers.' : '';
    return `The role needs ${permissionsFor(asked)}; a policy of the bucket or organisation may deny it.${locked}`;
  }
  if (
    code === 'PermanentRedirect' ||
    code === 'TemporaryRedirect' ||
    code === 'AuthorizationHeaderMalformed' ||
    code === 'IllegalLocationConstraintException'
  ) {
    return region === undefined
      ? 'The bucket is in another region: set the input `region`.'
      : `The bucket is in ${region}: set the input \`region: ${region}\`.`;
  }
  if (code.startsWith('KMS.')) return kmsHint(asked);
  const known = HINTS[code];
  if (known !== undefined) return known;
  if (sort === 'throttled')
    return 'S3 kept asking to slow down: run it again with a lower `concurrency` or `batch-size`.';
  if (sort === 'unreachable' || NETWORK.has(code)) {
    return 'The server cannot be reached: check the input `endpoint-url`, `region` and the network of the runner.';
  }
  return '';
}

function kmsHint(asked: Asked): string {
  return asked === 'copy'
    ? 'The role needs kms:Decrypt on the key of the source and kms:GenerateDataKey on the key of the copy, and both keys must be enabled.'
    : 'The role needs kms:Decrypt on the key, and the key must be enabled.';
}

/** S3's messages are a sentence or two; whatever else answers in its place may send a page. */
const MAX_MESSAGE = 2000;

/** What went wrong, as it stands in the report: S3's own code and message, and the mend. */
export function failureOf(asked: Asked, trouble: Pick<Trouble, 'code' | 'message' | 'region' | 'sort'>): Failure {
  return { code: trouble.code, message: shorten(trouble.message, MAX_MESSAGE), hint: hintFor(asked, trouble) };
}
