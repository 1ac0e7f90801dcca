import type { Failure } from '../core/outcome.ts';
import type { CopyStep } from '../core/plan.ts';
import { shorten } from '../core/text.ts';
import { NETWORK, type Trouble } from './trouble.ts';

export { BadAnswer, diagnose, mayHaveLanded, RequestError, sorted, type Trouble } from './trouble.ts';

/** What was being asked of S3 when it went wrong; decides which permission the hint names. */
export type Asked =
  | 'list'
  | 'head-version'
  | 'read-object'
  | 'tags'
  | 'remove'
  | 'copy'
  | 'multipart-copy'
  | 'add-marker'
  | 'restore-object'
  | 'versioning'
  | 'object-lock';

/** What a copy carries over takes permissions of its own. */
export type Carried = NonNullable<CopyStep['carry']>;

const COPY =
  's3:GetObjectVersion on the source and s3:PutObject on the destination; s3:GetObject there for the condition on what ' +
  'is current; for tagged objects s3:GetObjectVersionTagging on the source and s3:PutObjectTagging on the destination; ' +
  'for SSE-KMS kms:Decrypt on the key of the source and kms:GenerateDataKey on that of the copy';

const PERMISSIONS: Readonly<Record<Asked, string>> = {
  list: 's3:ListBucketVersions on the bucket',
  'head-version': 's3:GetObjectVersion on the object',
  'read-object':
    's3:GetObjectVersion on the object, s3:GetObject where no version is named; for SSE-KMS kms:Decrypt on the key',
  tags: 's3:GetObjectVersionTagging on the object',
  remove: 's3:DeleteObjectVersion on the object',
  copy: COPY,
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
  'multipart-copy': `${COPY}, and there kms:Decrypt too; s3:AbortMultipartUpload on the destination`,
  'add-marker': 's3:DeleteObject on the object, and s3:GetObject for the condition on what is current',
  'restore-object': 's3:RestoreObject on the object',
  versioning: 's3:GetBucketVersioning on the bucket',
  'object-lock': 's3:GetBucketObjectLockConfiguration on the bucket',
};

/** The IAM actions that a request needs; `carried`: what a copy keeps that takes more. */
export function permissionsFor(asked: Asked, carried: Carried = {}): string {
  const more = [PERMISSIONS[asked]];
  if (carried.lockMode !== undefined) more.push('for the retention s3:PutObjectRetention on the destination');
  if (carried.legalHold === true) more.push('for the legal hold s3:PutObjectLegalHold on the destination');
  if (carried.annotations === true) {
    more.push(
      'for annotations s3:GetObjectAnnotation and s3:GetObjectVersionAnnotation on the source and ' +
        's3:PutObjectAnnotation on the destination',
    );
  }
  return more.join('; ');
}

const NO_CREDENTIALS =
  'No AWS credentials were found: run aws-actions/configure-aws-credentials before this step, and give the job ' +
  '`permissions: id-token: write`.';
const RENEW =
  'The credentials ran out: a longer role-duration-seconds in aws-actions/configure-aws-credentials, then run it again.';
const WRONG_CREDENTIALS =
  'Check the credentials that aws-actions/configure-aws-credentials set, and that they belong to this endpoint.';

const IN_ARCHIVE =
  'The version is in an archive: set `archived: restore` to request it, and run it again when it can be read.';

const HINTS: Readonly<Record<string, string>> = {
  NoSuchBucket: 'Check the input `bucket`, and `region` and `endpoint-url` if it is on another server.',
  InvalidObjectState: IN_ARCHIVE,
  ObjectNotInActiveTierError: IN_ARCHIVE,
  GlacierExpeditedRetrievalNotAvailable:
    'The archive has no room for expedited requests now: set `restore-tier` to Standard or Bulk, or try again later.',
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
  NoSuchUpload:
    'Somebody aborted the copy while its parts were copied, perhaps a lifecycle rule of the bucket. Run it again.',
  EntityTooLarge: 'The object is larger than this server copies.',
  MalformedXML: 'The server refused the batch as a whole: try a smaller `batch-size`.',
  Timeout: 'No answer in time. Run it again: what is done stays done; a lower `concurrency` may help.',
  InternalError: 'S3 failed repeatedly. Run it again: what is done stays done.',
  'malformed-page':
    'The server sent a listing that cannot be trusted. Run it again; if it stays, report it with the server named.',
};

/** What is known of a trouble where it becomes a failure. */
type Told = Pick<Trouble, 'code' | 'message' | 'region' | 'sort'>;

/** The mend for a trouble: what a person can do about it, naming the IAM action or the input. */
export function hintFor(asked: Asked, trouble: Told, carried: Carried = {}): string {
  const { code, message, region, sort } = trouble;
  if (code === 'AccessDenied' || code === 'AllAccessDisabled' || code === 'Forbidden') {
    return deniedHint(asked, message, carried);
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
  if (code.startsWith('KMS.')) return kmsHint(asked, code, message);
  const known = HINTS[code] ?? hintByMessage(message);
  if (known !== undefined) return known;
  if (sort === 'throttled')
    return 'S3 kept asking to slow down: run it again with a lower `concurrency` or `batch-size`.';
  if (sort === 'unreachable' || NETWORK.has(code)) {
    return 'The server cannot be reached: check the input `endpoint-url`, `region` and the network of the runner.';
  }
  return '';
}

function deniedHint(asked: Asked, message: string, carried: Carried): string {
  if (asked === 'remove' && /object lock|locked|retention|legal hold|WORM/i.test(message)) {
    return (
      'The version is protected by Object Lock: wait until its retention ends, or, under governance mode, give the role ' +
      's3:BypassGovernanceRetention and set `bypass-governance-retention: true`. Markers and copies are not affected.'
    );
  }
  if (/kms/i.test(message)) return kmsHint(asked, '', message);
  const locked = asked === 'remove' ? ' A version under Object Lock is refused like this by some servers.' : '';
  return `The role needs ${permissionsFor(asked, carried)}; a policy of the bucket or organisation may deny it.${locked}`;
}

/** Codes such as InvalidRequest stand for many things; only the words tell which. */
function hintByMessage(message: string): string | undefined {
  if (/missing object lock configuration/i.test(message)) {
    return (
      'The version is locked and Object Lock is off in the bucket of the copy: turn it on there, or do not ask for ' +
      'retention and legal hold to be preserved.'
    );
  }
  if (/retrieval option is not supported/i.test(message)) {
    return 'This archive has no expedited retrieval: set `restore-tier` to Standard or Bulk.';
  }
  return undefined;
}

function kmsHint(asked: Asked, code: string, message: string): string {
  if (asked !== 'copy' && asked !== 'multipart-copy') {
    return 'The role needs kms:Decrypt on the key, and the key must be enabled.';
  }
  // A key serves one region. https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
  if (code === 'KMS.NotFoundException' || /invalid arn|another region|different region/i.test(message)) {
    return (
      'The KMS key of the version cannot be used here: it was deleted, or it is of another region than the bucket of the ' +
      'copy. Copy into a bucket in the region of the key.'
    );
  }
  return (
    'The role needs kms:Decrypt on the key of the source and kms:GenerateDataKey on the key of the copy, and both keys ' +
    'must be enabled.'
  );
}

/** S3's messages are a sentence or two; whatever else answers in its place may send a page. */
const MAX_MESSAGE = 2000;

/** What went wrong, as it stands in the report: S3's own code and message, and the mend. */
export function failureOf(asked: Asked, trouble: Told, carried: Carried = {}): Failure {
  const { code, message } = trouble;
  return { code, message: shorten(message, MAX_MESSAGE), hint: hintFor(asked, trouble, carried) };
}
