import { GetBucketVersioningCommand, GetObjectLockConfigurationCommand } from '@aws-sdk/client-s3';
import { RollbackError } from '../core/errors.ts';
import type { BucketFacts } from '../core/ports.ts';
import { type Bucket, isElsewhere, sendAnywhere } from './bucket.ts';
import { hintFor, permissionsFor } from './errors.ts';
import type { Requester } from './request.ts';
import { RequestError } from './trouble.ts';

/**
 * What has to be known of the bucket before anything in it is changed.
 * @throws RollbackError `bucket-not-found`, `bucket-in-another-region`, `versioning-off`, `access-denied`,
 * `no-credentials`, `endpoint-unreachable`, or S3's own code.
 */
export async function preflight(requester: Requester, bucket: Bucket): Promise<BucketFacts> {
  const versioning = await getVersioning(requester, bucket).catch((error: unknown) => {
    throw error instanceof RequestError ? refusal(bucket, error) : error;
  });
  const { Status: status, MFADelete: mfaDelete } = versioning;
  if (status !== 'Enabled' && status !== 'Suspended') {
    throw new RollbackError(
      'versioning-off',
      `versioning is off in bucket "${bucket.name}": it keeps no older versions to go back to`,
      `For the future: aws s3api put-bucket-versioning --bucket ${bucket.name} --versioning-configuration Status=Enabled`,
    );
  }
  return { versioning: status, mfaDelete: mfaDelete === 'Enabled', objectLock: await getObjectLock(requester, bucket) };
}

async function getVersioning(requester: Requester, bucket: Bucket) {
  const command = () =>
    new GetBucketVersioningCommand({
      Bucket: bucket.name,
      ...(bucket.expectedOwner !== undefined && { ExpectedBucketOwner: bucket.expectedOwner }),
    });
  const send = (abortSignal: AbortSignal) => bucket.client.send(command(), { abortSignal });
  return (await sendAnywhere(requester, bucket, { kind: 'get', readOnly: true, send })).value;
}

/** Only a word of warning depends on it, so not being allowed to ask, or a server that has none, is no error. */
async function getObjectLock(requester: Requester, bucket: Bucket): Promise<BucketFacts['objectLock']> {
  const command = new GetObjectLockConfigurationCommand({
    Bucket: bucket.name,
    ...(bucket.expectedOwner !== undefined && { ExpectedBucketOwner: bucket.expectedOwner }),
  });
  try {
    const send = (abortSignal: AbortSignal) => bucket.client.send(command, { abortSignal });
    const { value } = await requester.send({ kind: 'get', readOnly: true, tries: 2, send });
    const { ObjectLockEnabled: enabled, Rule: rule } = value.ObjectLockConfiguration ?? {};
    if (enabled !== 'Enabled') return 'off';
    const { Mode: mode, Days: days, Years: years } = rule?.DefaultRetention ?? {};
    if (mode === undefined) return 'on';
    return { mode, period: years !== undefined ? plural(years, 'year') : plural(days ?? 0, 'day') };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const { code, status } = error.trouble;
    const none =
      code === 'ObjectLockConfigurationNotFoundError' || code === 'NotImplemented' || status === 404 || status === 501;
    return none ? 'off' : 'unknown';
  }
}

function plural(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

function refusal(bucket: Bucket, error: RequestError): RollbackError {
  const { trouble } = error;
  const { code, message, region } = trouble;
  const name = `bucket "${bucket.name}"`;
  // A bucket of a manifest, or a destination, is named elsewhere; who asked for it knows where.
  const input = (named: string) => (bucket.isInput === true ? ` (input "${named}")` : '');
  const because = { cause: error };
  const hint = hintFor('versioning', trouble);

  if (code === 'NoSuchBucket' || code === 'NotFound') {
    const mend = bucket.isInput === true ? hintFor('versioning', { ...trouble, code: 'NoSuchBucket' }) : CHECK_NAME;
    return new RollbackError('bucket-not-found', `${name} does not exist${input('bucket')}`, mend, because);
  }
  if (isElsewhere(trouble)) {
    const where = region === undefined ? 'in another region' : `in region ${region}`;
    return new RollbackError('bucket-in-another-region', `${name} is ${where}${input('region')}`, hint, because);
  }
  if (code === 'CredentialsProviderError') return new RollbackError('no-credentials', message, hint, because);
  if (trouble.sort === 'unreachable' || trouble.status === undefined) {
    return new RollbackError(
      'endpoint-unreachable',
      `no answer about ${name}: ${code}: ${message} (input "endpoint-url")`,
      hint || UNREACHABLE_HINT,
      because,
    );
  }
  if (trouble.status === 403 && (code === 'AccessDenied' || code === 'AllAccessDisabled' || code === 'Forbidden')) {
    return new RollbackError(
      'access-denied',
      `not allowed to read the versioning of ${name}: ${message}`,
      bucket.expectedOwner === undefined
        ? `The role needs ${permissionsFor('versioning')}.`
        : // S3 says the same to both. https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
          `The role needs ${permissionsFor('versioning')}, and the bucket must belong to account ${bucket.expectedOwner} (input "expected-bucket-owner"): somebody else may have taken its name.`,
      because,
    );
  }
  return new RollbackError(code, `${name}: ${message}`, hint, because);
}

const CHECK_NAME = 'Check its name, and the inputs `region` and `endpoint-url` if it is on another server.';
const UNREACHABLE_HINT = 'Check the inputs `endpoint-url` and `region`, and the network of the runner.';
