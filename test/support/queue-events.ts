import { GetQueueUrlCommand, QueueDoesNotExist, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { EventQueues } from '../../sandbox/index.ts';

/** The most that SendMessageBatch takes: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html */
const BATCH = 10;
const SIDE_BY_SIDE = 8;

interface Waiting {
  readonly body: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What is still to be sent to one queue. */
interface Outbox {
  readonly waiting: Waiting[];
  busy: number;
  woken: boolean;
}

/** The way from the sandbox's events into the queues of an SQS server, by ARN (`arn:aws:sqs:region:account:name`). */
export function queuePort(endpoint: string, region = 'us-east-1'): EventQueues & { close(): void } {
  const credentials = { accessKeyId: 'AKIDEVENTS', secretAccessKey: 'not-a-secret' };
  const sqs = new SQSClient({ endpoint, region, credentials });
  const urls = new Map<string, string>();
  const outboxes = new Map<string, Outbox>();

  /** Undefined: there is no such queue, here. */
  const urlOf = async (arn: string): Promise<string | undefined> => {
    const [, , service, where, , name] = arn.split(':');
    if (service !== 'sqs' || where !== region || name === undefined) return undefined;
    const known = urls.get(arn);
    if (known !== undefined) return known;
    try {
      const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
      if (QueueUrl !== undefined) urls.set(arn, QueueUrl);
      return QueueUrl;
    } catch (error) {
      if (error instanceof QueueDoesNotExist) return undefined;
      throw error;
    }
  };

  const sendBatch = async (arn: string, batch: readonly Waiting[]): Promise<void> => {
    const QueueUrl = await urlOf(arn);
    if (QueueUrl === undefined) throw new Error(`there is no queue ${arn}`);
    const Entries = batch.map(({ body }, index) => ({ Id: String(index), MessageBody: body }));
    const { Successful = [], Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    for (const { Id } of Successful) batch[Number(Id)]?.resolve();
    // What was neither taken nor refused counts as refused; a promise that is kept already stays so.
    for (const [index, one] of batch.entries()) {
      const refusal = Failed.find(({ Id }) => Id === String(index));
      one.reject(new Error(`SendMessageBatch: ${refusal?.Code ?? 'no answer for the message'}`));
    }
  };

  const pump = (arn: string, outbox: Outbox): void => {
    outbox.woken = false;
    while (outbox.busy < SIDE_BY_SIDE && outbox.waiting.length > 0) {
      const batch = outbox.waiting.splice(0, BATCH);
      outbox.busy++;
      sendBatch(arn, batch)
        .catch((error: unknown) => {
          for (const one of batch) one.reject(error);
        })
        .finally(() => {
          outbox.busy--;
          pump(arn, outbox);
        });
    }
  };

  return {
    has: async (arn) => (await urlOf(arn)) !== undefined,
    send: (arn, body) =>
      new Promise((resolve, reject) => {
        const outbox = outboxes.get(arn) ?? { waiting: [], busy: 0, woken: false };
        outboxes.set(arn, outbox);
        outbox.waiting.push({ body, resolve, reject });
        if (outbox.woken) return;
        // Others of this moment join the batch.
        outbox.woken = true;
        setImmediate(() => pump(arn, outbox));
      }),
    close: () => sqs.destroy(),
  };
}
