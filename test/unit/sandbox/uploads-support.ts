import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  UploadPartCommand,
  type UploadPartCommandInput,
} from '@aws-sdk/client-s3';
import { type Rig, rig } from './support.ts';

export const Bucket = 'b';
export const TARGET = { Bucket, Key: 'k' };
/** The ETag of the part `abc`. */
export const ABC = '"900150983cd24fb0d6963f7d28e17f72"';

export async function start({ s3 }: Rig, more: Partial<CreateMultipartUploadCommandInput> = {}) {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...TARGET, ...more }));
  if (UploadId === undefined) throw new Error('no UploadId');
  return { ...TARGET, UploadId };
}

export type Started = Awaited<ReturnType<typeof start>>;

export function send(
  { s3 }: Rig,
  upload: Started,
  PartNumber: number,
  Body = 'abc',
  more: Partial<UploadPartCommandInput> = {},
) {
  return s3.send(new UploadPartCommand({ ...upload, PartNumber, Body, ...more }));
}

export function complete(
  { s3 }: Rig,
  upload: Started,
  Parts: CompletedPart[],
  more: Partial<CompleteMultipartUploadCommandInput> = {},
) {
  return s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts }, ...more }));
}

/** Starts an upload of `abc` and returns what completes it. */
export async function startOne(env: Rig, more: Partial<CreateMultipartUploadCommandInput> = {}) {
  const upload = await start(env, more);
  const { ETag } = await send(env, upload, 1);
  const finish = (conditions: Partial<CompleteMultipartUploadCommandInput> = {}) =>
    complete(env, upload, [{ PartNumber: 1, ETag }], conditions);
  return { upload, finish };
}

export async function setUp(options: Parameters<Rig['sandbox']['createBucket']>[1] = {}) {
  const env = await rig();
  return { ...env, bucket: env.sandbox.createBucket(Bucket, options) };
}
