import { expect, test } from 'vitest';
import { createClient } from '../../../src/s3/index.ts';

test.each<[string, Parameters<typeof createClient>[0], boolean]>([
  ['Amazon itself', { concurrency: 8 }, false],
  [
    "an endpoint of Amazon's",
    { concurrency: 8, endpointUrl: 'https://bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com' },
    false,
  ],
  [
    "an endpoint of Amazon's in China",
    { concurrency: 8, endpointUrl: 'https://s3.cn-north-1.amazonaws.com.cn' },
    false,
  ],
  ['another', { concurrency: 8, endpointUrl: 'http://127.0.0.1:9000' }, true],
  ["one that only looks like Amazon's", { concurrency: 8, endpointUrl: 'https://amazonaws.com.example.org' }, true],
  ['as told', { concurrency: 8, endpointUrl: 'http://127.0.0.1:9000', forcePathStyle: false }, false],
])('path style: %s', async (_, options, pathStyle) => {
  const client = createClient({ region: 'eu-west-1', ...options });
  expect(client.config.forcePathStyle).toBe(pathStyle);
  expect(await client.config.maxAttempts()).toBe(1);
  client.destroy();
});
