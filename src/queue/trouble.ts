/** An error of the SDK, the network or SQS, sorted by what it means for the run. */
export interface Trouble {
  /** SQS's own code in its newer form (`QueueDoesNotExist`), or the network's (`ECONNREFUSED`). */
  readonly code: string;
  readonly message: string;
  readonly sort: Sort;
}

export type Sort =
  | 'not-found'
  | 'denied'
  /** The key that encrypts the queue. */
  | 'key'
  | 'no-credentials'
  | 'credentials'
  | 'unreachable'
  | 'over-limit'
  | 'damaged'
  /** May pass by itself. */
  | 'passing'
  | 'other';

const SORTS: Readonly<Record<string, Sort>> = {
  QueueDoesNotExist: 'not-found',
  QueueDeletedRecently: 'not-found',
  AccessDenied: 'denied',
  AccessDeniedException: 'denied',
  AuthorizationError: 'denied',
  KmsThrottled: 'passing',
  OverLimit: 'over-limit',
  CredentialsProviderError: 'no-credentials',
  ExpiredToken: 'credentials',
  ExpiredTokenException: 'credentials',
  RequestExpired: 'credentials',
  InvalidToken: 'credentials',
  InvalidClientTokenId: 'credentials',
  UnrecognizedClientException: 'credentials',
  InvalidAccessKeyId: 'credentials',
  MissingAuthenticationToken: 'credentials',
  SignatureDoesNotMatch: 'credentials',
  InvalidSignatureException: 'credentials',
  IncompleteSignature: 'credentials',
  InvalidSecurity: 'credentials',
};

/** The names that one error has had in the query protocol. */
const NEWER: Readonly<Record<string, string>> = {
  NonExistentQueue: 'QueueDoesNotExist',
  'KMS.AccessDeniedException': 'KmsAccessDenied',
  'KMS.DisabledException': 'KmsDisabled',
  'KMS.InvalidKeyUsageException': 'KmsInvalidKeyUsage',
  'KMS.InvalidStateException': 'KmsInvalidState',
  'KMS.NotFoundException': 'KmsNotFound',
  'KMS.OptInRequired': 'KmsOptInRequired',
  'KMS.ThrottlingException': 'KmsThrottled',
};

/**
 * Also for the codes of single messages in the answer to a batch.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
 */
export function newerCode(code: string): string {
  const bare = code.replace(/^AWS\.SimpleQueueService\./, '');
  return NEWER[bare] ?? bare;
}

/** Make sense of whatever a request threw. */
export function diagnose(error: unknown): Trouble {
  const top = record(error);
  const response = record(top.$response);
  const found = record(top.$metadata).httpStatusCode ?? response.statusCode;
  const status = typeof found === 'number' ? found : undefined;
  const message = text(top.message) ?? String(error);
  const code = codeOf(top, message, status);
  return { code, message: message === '' ? code : message, sort: sortOf(code, message, status, text(top.code)) };
}

const GENERIC = new Set(['', 'Error', 'Unknown', 'UnknownError', 'AggregateError', 'SyntaxError']);

function codeOf(top: Record<string, unknown>, message: string, status: number | undefined): string {
  const name = newerCode(text(top.name) ?? '');
  const system = text(top.code);
  if (status === undefined && system !== undefined) return system;
  if (!GENERIC.has(name)) return name === 'TimeoutError' ? 'Timeout' : name;
  const own = text(top.Code);
  if (own !== undefined && own !== '') return newerCode(own);
  if (status !== undefined) return `HTTP${status}`;
  return /socket hang up|premature close|aborted/i.test(message) ? 'ECONNRESET' : 'Error';
}

function sortOf(code: string, message: string, status: number | undefined, system: string | undefined): Sort {
  // The SDK compares the body of each message with its MD5, and then throws for all that came with it.
  if (/^Invalid MD5 checksum/.test(message)) return 'damaged';
  if (/^kms/i.test(code)) return SORTS[code] ?? 'key';
  const known = SORTS[code];
  // A policy that lets in to the queue and not to its key is said with either code.
  if (known === 'denied' && /\bkms:/i.test(message)) return 'key';
  if (known !== undefined) return known;
  if (status === undefined && (system !== undefined || code === 'Timeout' || code === 'ECONNRESET'))
    return 'unreachable';
  if (status === 403) return 'denied';
  return status !== undefined && (status === 429 || status >= 500) ? 'passing' : 'other';
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
