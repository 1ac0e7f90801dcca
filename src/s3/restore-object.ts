import { RestoreObjectCommand } from '@aws-sdk/client-s3';
import type { RestoreAnswer } from '../core/ports.ts';
import type { ArchiveRequest } from '../core/request.ts';
import type { Bucket } from './bucket.ts';
import { failureOf, RequestError } from './errors.ts';
import type { Requester } from './request.ts';

/**
 * Ask for an archived version to be made readable. Nothing is waited for: that takes minutes to days.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html
 * @throws CancelledError
 */
export async function requestRestore(
  requester: Requester,
  bucket: Bucket,
  key: string,
  versionId: string,
  storageClass: string,
  how: ArchiveRequest,
): Promise<RestoreAnswer> {
  const input = {
    Bucket: bucket.name,
    Key: key,
    VersionId: versionId,
    RestoreRequest: {
      // An object of Intelligent-Tiering comes back for good, and a number of days is refused.
      // https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
      ...(storageClass !== 'INTELLIGENT_TIERING' && { Days: how.days }),
      GlacierJobParameters: { Tier: how.tier },
    },
    ...(bucket.expectedOwner !== undefined && { ExpectedBucketOwner: bucket.expectedOwner }),
  };
  try {
    const { value } = await requester.send({
      kind: 'put',
      send: (abortSignal) => bucket.client.send(new RestoreObjectCommand(input), { abortSignal }),
    });
    // 202 for a request that was accepted, 200 where there is a restored copy, which then stays for longer.
    return { ok: true, state: value.$metadata.httpStatusCode === 200 ? 'available' : 'requested' };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const { trouble, unsure } = error;
    // An earlier try of our own, whose answer was lost, is under way as well as anybody's.
    if (trouble.code === 'RestoreAlreadyInProgress') return { ok: true, state: unsure ? 'requested' : 'in-progress' };
    // "Restore is not allowed for the object's current storage class": it is in no archive.
    if (trouble.code === 'InvalidObjectState') return { ok: true, state: 'available' };
    return { ok: false, failure: failureOf('restore-object', trouble) };
  }
}
