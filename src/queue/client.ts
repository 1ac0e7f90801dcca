import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { SQSClient } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';

export interface QueueClientOptions {
  /** Of the queue, an absolute URL. */
  readonly url: string;
  readonly region: string;
  /** What AWS_ENDPOINT_URL_SQS or AWS_ENDPOINT_URL say. Absent: where the URL of the queue points. */
  readonly endpointUrl?: string;
  /** Most requests of one sort side by side; there are sockets for all of them. */
  readonly concurrency?: number;
}

/** How long a connection may take to stand, in milliseconds. */
const CONNECT_MS = 5_000;
/** No answer in this time, in milliseconds: more than a poll takes, which is 5 seconds. */
const ANSWER_MS = 15_000;
const TRIES = 4;

/**
 * The client for the queue. Credentials come from the SDK's default chain and from nowhere else. It retries by itself: a
 * request to the queue that was carried out twice does no harm.
 */
export function createQueueClient({ url, region, endpointUrl, concurrency = 32 }: QueueClientOptions): SQSClient {
  // Receives, answers and extensions share them.
  const sockets = { keepAlive: true, maxSockets: 3 * concurrency + 8 };
  return new SQSClient({
    region,
    // Left to itself the SDK goes there too, and says so on the console each time.
    endpoint: endpointUrl ?? new URL(url).origin,
    maxAttempts: TRIES,
    retryMode: 'standard',
    requestHandler: new NodeHttpHandler({
      httpAgent: new HttpAgent(sockets),
      httpsAgent: new HttpsAgent(sockets),
      connectionTimeout: CONNECT_MS,
      requestTimeout: ANSWER_MS,
      throwOnRequestTimeout: true,
    }),
  });
}
