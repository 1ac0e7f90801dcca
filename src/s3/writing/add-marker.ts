import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import type { Seen } from '../../core/plan.ts';
import type { Write } from '../../core/ports.ts';
import type { Bucket } from '../bucket.ts';
import { RequestError } from '../errors.ts';
import type { Requester } from '../request.ts';
import { CONFLICT, failedWrite, guardHeld, guardOf, lookFirst, UNSURE, withoutRefused } from './guard.ts';
import type { ServerMemory } from './server-memory.ts';

/**
 * Add a delete marker, if the current version is still the one that was seen.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
 * @throws RangeError for an empty key, which would be the request that deletes the bucket, and where no version was seen
 * @throws CancelledError
 */
export async function addDeleteMarker(
  requester: Requester,
  bucket: Bucket,
  key: string,
  seen: Seen,
  memory: ServerMemory,
): Promise<Write> {
  if (key === '') throw new RangeError('a delete marker needs a key');
  if (seen === null || seen.deleteMarker) throw new RangeError('a delete marker is only added over a version');
  const guard = guardOf(seen);
  let guarded = true as boolean;
  try {
    const { value } = await withoutRefused(memory, ['conditions'], false, (without) => {
      guarded = !without.conditions;
      const input = {
        Bucket: bucket.name,
        Key: key,
        ...(guarded && guard),
        ...(bucket.expectedOwner !== undefined && { ExpectedBucketOwner: bucket.expectedOwner }),
      };
      return requester.send({
        kind: 'delete',
        ...(!guarded && { before: lookFirst(requester, bucket, key, seen) }),
        send: (abortSignal) => bucket.client.send(new DeleteObjectCommand(input), { abortSignal }),
      });
    });
    const { VersionId: versionId } = value;
    return { ok: true, ...(versionId !== undefined && { versionId }), ...(!guarded && { unguarded: true }) };
  } catch (error) {
    if (guarded && error instanceof RequestError && guardHeld(error, guard)) return error.unsure ? UNSURE : CONFLICT;
    return failedWrite('add-marker', error);
  }
}
