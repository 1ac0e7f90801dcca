import { RollbackError } from '../core/errors.ts';
import type { ManifestLocation } from '../core/manifest.ts';
import type { S3Failure } from '../core/ports.ts';
import { nameOf } from './errors.ts';

/** What S3 said when a file of a manifest was asked for. Its own hints are for the objects that are restored. */
export function remoteError(location: ManifestLocation, error: S3Failure): RollbackError {
  const { code, message, hint } = error.failure;
  const name = nameOf(location);
  switch (code) {
    case 'NoSuchKey':
      return new RollbackError(
        'manifest-not-found',
        `manifest ${name} does not exist`,
        'Check bucket and key: after s3://bucket/ the key is taken to the letter, and nothing in it is decoded.',
        { cause: error },
      );
    case 'NoSuchBucket':
      return new RollbackError(
        'manifest-not-found',
        `manifest ${name}: the bucket does not exist`,
        'Check the name of the bucket after s3://, and the inputs "region" and "endpoint-url".',
        { cause: error },
      );
    case 'InvalidObjectState':
      return new RollbackError(
        'manifest-not-readable',
        `manifest ${name} is in an archive`,
        'Restore it first, for example with "aws s3api restore-object", or give a copy of it.',
        { cause: error },
      );
    case 'AccessDenied':
      return new RollbackError(
        code,
        `manifest ${name}: ${message}`,
        'The role needs s3:GetObject on it, and kms:Decrypt where it is encrypted with a KMS key. Or there is no such file: without s3:ListBucket S3 does not tell the two apart.',
        { cause: error },
      );
    default:
      return new RollbackError(code, `manifest ${name}: ${message}`, hint, { cause: error });
  }
}
