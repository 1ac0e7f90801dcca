import { createHash } from 'node:crypto';
import { isoTime } from '../clock.ts';
import type { BucketHandler, Context } from '../http/context.ts';
import { empty, errors, type Reply, S3Error, xml } from '../http/reply.ts';
import { type S3Request, signedRegion } from '../http/request.ts';
import { childText, element, NAMESPACE, parseXml } from '../http/xml.ts';
import type { Bucket } from '../store/bucket.ts';

export function listBuckets(context: Context): Reply {
  const rows = [...context.buckets.values()].map(
    (bucket) => `<Bucket>${element('Name', bucket.name)}${element('CreationDate', isoTime(bucket.created))}</Bucket>`,
  );
  return xml(`<ListAllMyBucketsResult ${NAMESPACE}><Buckets>${rows.join('')}</Buckets></ListAllMyBucketsResult>`);
}

export function createBucket(request: S3Request, context: Context): Reply {
  const name = request.bucket ?? '';
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) {
    throw new S3Error(400, 'InvalidBucketName', 'The specified bucket is not valid.', { BucketName: name });
  }
  if (context.buckets.has(name)) throw errors.bucketExists(name);
  const document = request.body.length > 0 ? parseXml(Buffer.from(request.body).toString()) : undefined;
  if (request.body.length > 0 && document?.name !== 'CreateBucketConfiguration') throw errors.malformedXml();
  const region = childText(document, 'LocationConstraint') || signedRegion(request);
  const objectLock = request.headers['x-amz-bucket-object-lock-enabled']?.toLowerCase() === 'true';
  // Object Lock switches versioning on: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
  const versioning = objectLock ? 'Enabled' : 'Off';
  context.createBucket(name, { versioning, objectLock, ...(region !== undefined && { region }) });
  return empty(200, { location: `/${name}` });
}

export const deleteBucket: BucketHandler = (_request, bucket, context) => {
  if (!bucket.isEmpty()) throw errors.bucketNotEmpty(bucket.name);
  context.deleteBucket(bucket.name);
  return empty(204);
};

export const headBucket: BucketHandler = (_request, bucket) =>
  empty(200, {
    'content-type': 'application/xml',
    'x-amz-access-point-alias': 'false',
    'x-amz-bucket-arn': `arn:aws:s3:::${bucket.name}`,
    'x-amz-bucket-region': bucket.region,
  });

/** S3 names accounts in listings by a canonical id, 64 hexadecimal digits. */
export function canonicalId(bucket: Bucket): string {
  return createHash('sha256').update(bucket.owner).digest('hex');
}
