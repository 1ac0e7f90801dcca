import { GetObjectTaggingCommand, PutObjectTaggingCommand, type Tag } from '@aws-sdk/client-s3';
import { RequestError } from '../errors.ts';
import type { Upload } from './multipart-upload.ts';

/**
 * Some servers forget the tags that an upload in parts was begun with (Ceph's does), and these are put on then. What may
 * not be read is believed to be there. It comes after a write, so a run that stops still waits for it.
 * @throws RequestError where they are not there and cannot be put on; CancelledError
 */
export async function ensureTags(
  { requester, bucket, key, whole }: Upload,
  versionId: string | undefined,
): Promise<void> {
  const copy = {
    Bucket: bucket.name,
    Key: key,
    ...(versionId !== undefined && { VersionId: versionId }),
    ...(bucket.expectedOwner !== undefined && { ExpectedBucketOwner: bucket.expectedOwner }),
  };
  const there = await requester
    .send({
      kind: 'get',
      cleanup: true,
      send: (abortSignal) => bucket.client.send(new GetObjectTaggingCommand(copy), { abortSignal }),
    })
    .then(({ value }) => value.TagSet ?? [])
    .catch((error: unknown) => {
      if (error instanceof RequestError) return undefined;
      throw error;
    });
  if (there === undefined || sameTags(there, whole.tags)) return;
  const input = { ...copy, Tagging: { TagSet: [...whole.tags] } };
  await requester.send({
    kind: 'put',
    cleanup: true,
    send: (abortSignal) => bucket.client.send(new PutObjectTaggingCommand(input), { abortSignal }),
  });
}

function sameTags(a: readonly Tag[], b: readonly Tag[]): boolean {
  return a.length === b.length && a.every(({ Key, Value }) => b.some((tag) => tag.Key === Key && tag.Value === Value));
}
