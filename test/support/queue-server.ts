import { ChangeMessageVisibilityCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startFauxqs } from 'fauxqs';

/**
 * A queue service in this process: fauxqs, which nobody here wrote, over HTTP. It speaks the protocol, long polls, hides,
 * brings back and redrives like SQS. Where it does not: nobody is refused for want of a permission, a receipt handle that is
 * worth nothing is deleted "successfully", and nothing can be moved back from the dead-letter queue.
 */
export interface QueueServer {
  /** For AWS_ENDPOINT_URL_SQS. */
  readonly endpoint: string;
  /** What the action finds in its environment. */
  readonly env: Readonly<Record<string, string>>;
  createQueue(name: string, options?: TestQueueOptions): TestQueue;
  stop(): Promise<void>;
}

export interface TestQueueOptions {
  /** So many receives, then the message goes to the dead-letter queue. Default 3. */
  readonly maxReceiveCount?: number;
  /** Make a dead-letter queue, `<name>-dead-letters`. */
  readonly deadLetter?: boolean;
  /** The queue's own visibility timeout, in seconds. */
  readonly visibility?: number;
}

export interface TestQueue {
  readonly name: string;
  /** On the endpoint itself: its host needs no DNS. */
  readonly url: string;
  /** Gives the message ids, in the order of the bodies. */
  send(bodies: readonly string[]): Promise<string[]>;
  /** End the visibility timeout of all that is in flight, as time would. */
  showAll(): Promise<void>;
  inspect(): QueueContents;
  /** As `inspect` does. Zeros where there is no such queue. */
  count(): { readonly visible: number; readonly inFlight: number; readonly deadLetters: number };
}

export interface QueueContents {
  readonly visible: readonly TestMessage[];
  /** A message whose visibility has ended is here until somebody asks the queue for messages. */
  readonly inFlight: readonly (TestMessage & { readonly visibleAt: number; readonly handle: string })[];
  readonly deadLetters: readonly TestMessage[];
}

export interface TestMessage {
  readonly id: string;
  readonly body: string;
  readonly receives: number;
}

const REGION = 'us-east-1';
const ACCOUNT = '000000000000';
/** Any will do, as none are checked. */
const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret-that-must-not-leak' };
/** The most that one request sends. */
const BATCH = 10;

export async function startQueueServer(): Promise<QueueServer> {
  const server = await startFauxqs({ port: 0, logger: false, defaultRegion: REGION });
  const endpoint = `http://127.0.0.1:${server.port}`;
  const sqs = new SQSClient({ endpoint, region: REGION, credentials: CREDENTIALS });

  const contentsOf = (name: string) => {
    const { ready = [], inflight = [] } = server.inspectQueue(name)?.messages ?? {};
    return {
      visible: ready.map(told),
      inFlight: inflight.map(({ message, visibilityDeadline: visibleAt, receiptHandle: handle }) => ({
        ...told(message),
        visibleAt,
        handle,
      })),
    };
  };

  function createQueue(name: string, { maxReceiveCount = 3, deadLetter = false, visibility }: TestQueueOptions = {}) {
    const url = `${endpoint}/${ACCOUNT}/${name}`;
    const deadLetters = `${name}-dead-letters`;
    const redrive = deadLetter && { deadLetterTargetArn: server.createQueue(deadLetters).queueArn, maxReceiveCount };
    server.createQueue(name, {
      attributes: {
        ...(redrive !== false && { RedrivePolicy: JSON.stringify(redrive) }),
        ...(visibility !== undefined && { VisibilityTimeout: String(visibility) }),
      },
    });
    const inspect = (): QueueContents => ({ ...contentsOf(name), deadLetters: contentsOf(deadLetters).visible });
    return {
      name,
      url,
      send: (bodies: readonly string[]) => sendAll(sqs, url, bodies),
      showAll: () =>
        showAll(
          sqs,
          url,
          inspect().inFlight.map(({ handle }) => handle),
        ),
      inspect,
      count: () => {
        const { visible, inFlight, deadLetters: dead } = inspect();
        return { visible: visible.length, inFlight: inFlight.length, deadLetters: dead.length };
      },
    };
  }

  return {
    endpoint,
    env: {
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      AWS_ENDPOINT_URL_SQS: endpoint,
    },
    createQueue,
    stop: async () => {
      sqs.destroy();
      await server.stop();
    },
  };
}

function told(message: { messageId: string; body: string; approximateReceiveCount: number }): TestMessage {
  return { id: message.messageId, body: message.body, receives: message.approximateReceiveCount };
}

async function showAll(sqs: SQSClient, url: string, handles: readonly string[]): Promise<void> {
  for (const ReceiptHandle of handles) {
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout: 0 }));
  }
}

async function sendAll(sqs: SQSClient, url: string, bodies: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (let from = 0; from < bodies.length; from += BATCH) {
    const batch = bodies.slice(from, from + BATCH);
    const Entries = batch.map((MessageBody, place) => ({ Id: String(place), MessageBody }));
    const { Successful: sent = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
    if (sent.length < batch.length)
      throw new Error(`only ${sent.length} of ${batch.length} messages were sent to ${url}`);
    ids.push(...batch.map((_, place) => sent.find(({ Id }) => Id === String(place))?.MessageId ?? ''));
  }
  return ids;
}
