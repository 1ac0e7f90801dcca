import { DeleteObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

/**
 * How a first script would do it: receive a message, look whether its key is still deleted, remove the marker, delete the
 * message. No journal, no proof, no policy, no order. So many of these loops side by side.
 */
export async function undoOneByOne(
  { sqs, s3 }: { sqs: SQSClient; s3: S3Client },
  QueueUrl: string,
  messages: number,
  inFlight: number,
): Promise<void> {
  let left = messages;
  async function loop(): Promise<void> {
    while (left-- > 0) {
      const { Messages: [message] = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 1, WaitTimeSeconds: 5 }),
      );
      if (message === undefined) throw new Error('the queue is empty too early');
      for (const { s3: told } of JSON.parse(message.Body ?? '').Records) {
        const Bucket: string = told.bucket.name;
        const Key = decodeURIComponent(told.object.key.replaceAll('+', ' '));
        if (await isLive(s3, Bucket, Key)) continue;
        await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId: told.object.versionId }));
      }
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
    }
  }
  await Promise.all(Array.from({ length: inFlight }, loop));
}

async function isLive(s3: S3Client, Bucket: string, Key: string): Promise<boolean> {
  try {
    await s3.send(new HeadObjectCommand({ Bucket, Key }));
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'NotFound') return false;
    throw error;
  }
}
