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
  /** The header, argument or condition that the server says it is about. */
  readonly about?: string;
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

/** May the request have been carried out, by its last try or an earlier one, although it was given up? */
export function mayHaveLanded(error: RequestError): boolean {
  return error.unsure || error.trouble.mayHaveLanded;
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

/** With a status that elsewhere means "later": it will not be different in a moment. */
const NOT_NOW = new Set(['GlacierExpeditedRetrievalNotAvailable']);

/** S3 answered and did nothing. */
const REFUSED_UNDONE = new Set(['OperationAborted', 'ConditionalRequestConflict', 'RequestTimeTooSkewed']);

/** Codes of a connection that broke. */
export const NETWORK: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ECONNABORTED',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

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
    ...(facts.about !== undefined && { about: facts.about }),
  };
}

/** The meaning of a code for the next try. Also for the codes in a DeleteObjects answer, which have no status. */
export function sorted(code: string, status?: number): Pick<Trouble, 'sort' | 'mayHaveLanded'> {
  if (THROTTLED.has(code) || status === 429) {
    // SlowDown is S3's own and means that nothing was done; a bare 503 can be a proxy's, which cannot know.
    return { sort: 'throttled', mayHaveLanded: code === 'ServiceUnavailable' };
  }
  if (UNREACHABLE.has(code)) return { sort: 'unreachable', mayHaveLanded: false };
  if (NOT_NOW.has(code)) return { sort: 'permanent', mayHaveLanded: false };
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
  readonly about: string | undefined;
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
    about: text(top.Header) ?? text(top.ArgumentName) ?? text(top.Condition),
  };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
