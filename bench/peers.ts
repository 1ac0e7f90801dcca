import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { forEachConcurrently } from '../src/core/concurrent.ts';

/** What scripts and tools commonly do for the same ends, with the same SDK and without what makes ours safe. */

interface Row {
  readonly Key?: string | undefined;
  readonly VersionId?: string | undefined;
}

/** Page after page, as the SDK gives them: what is in front, and what lies behind it. */
async function list(client: S3Client, bucket: string, most: number): Promise<{ current: Row[]; previous: Row[] }> {
  const current: Row[] = [];
  const previous: Row[] = [];
  let markers: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
  for (let more = true; more; ) {
    const page = await client.send(new ListObjectVersionsCommand({ Bucket: bucket, ...markers }));
    for (const row of [...(page.DeleteMarkers ?? []), ...(page.Versions ?? [])]) {
      (row.IsLatest ? current : previous).push(row);
    }
    markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    more = page.IsTruncated === true && Math.min(current.length, previous.length) < most;
  }
  return { current: current.slice(0, most), previous: previous.slice(0, most) };
}

/** List, then one DeleteObject for each marker, so many in flight. */
export async function undeleteOneByOne(
  client: S3Client,
  bucket: string,
  inFlight: number,
  most = Number.POSITIVE_INFINITY,
) {
  const { current } = await list(client, bucket, most);
  await forEachConcurrently(current, inFlight, async ({ Key, VersionId }) => {
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key, VersionId }));
  });
}

/** List, then for each key a DeleteObjects of its own, one after the other, as `mc undo` does. */
export async function undeleteKeyByKey(client: S3Client, bucket: string, most: number) {
  const { current } = await list(client, bucket, most);
  for (const { Key, VersionId } of current) {
    await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: [{ Key, VersionId }] } }));
  }
}

/** List, then copy the version before the current one on top. */
export async function copyBack(client: S3Client, bucket: string, inFlight: number, most: number) {
  const { previous } = await list(client, bucket, most);
  await forEachConcurrently(previous, inFlight, async ({ Key = '', VersionId }) => {
    const CopySource = `${bucket}/${Key.split('/').map(encodeURIComponent).join('/')}?versionId=${VersionId}`;
    await client.send(new CopyObjectCommand({ Bucket: bucket, Key, CopySource }));
  });
}
