import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { expect, test, vi } from 'vitest';
import { createQueueClient } from '../../../src/queue/index.ts';

const url = 'https://sqs.eu-west-1.amazonaws.com/123456789012/deletions';

test.each([
  ['where the URL of the queue points', { url }, { protocol: 'https:', hostname: 'sqs.eu-west-1.amazonaws.com' }],
  [
    'with its port',
    { url: 'http://127.0.0.1:4566/000000000000/a' },
    { protocol: 'http:', hostname: '127.0.0.1', port: 4566 },
  ],
  [
    'where it is told to go',
    { url, endpointUrl: 'http://127.0.0.1:4566' },
    { protocol: 'http:', hostname: '127.0.0.1', port: 4566 },
  ],
])('goes %s', async (_, options, endpoint) => {
  const client = createQueueClient({ ...options, region: 'eu-west-1' });
  expect(await client.config.endpoint?.()).toMatchObject(endpoint);
  client.destroy();
});

test('the region as given, and four tries in the standard way', async () => {
  const client = createQueueClient({ url, region: 'us-east-1' });
  expect(await client.config.region()).toBe('us-east-1');
  expect(await client.config.maxAttempts()).toBe(4);
  client.destroy();
});

test('a request may take longer than the longest poll, and not for ever', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  const client = createQueueClient({ url, region: 'eu-west-1', concurrency: 50 });
  // The handler reads its settings at the first request; this one does not leave.
  const unsent = client.send(new ListQueuesCommand({}), { abortSignal: AbortSignal.abort() });
  await expect(unsent).rejects.toMatchObject({ name: 'AbortError' });
  const { requestHandler } = client.config;
  if (!(requestHandler instanceof NodeHttpHandler)) throw new Error('another handler');
  expect(requestHandler.httpHandlerConfigs()).toMatchObject({
    connectionTimeout: 5_000,
    requestTimeout: 15_000,
    throwOnRequestTimeout: true,
    httpsAgent: { keepAlive: true, maxSockets: 158 },
  });
  client.destroy();
  vi.unstubAllEnvs();
});
