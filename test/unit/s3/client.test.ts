import { expect, test } from 'vitest';
import { createClient } from '../../../src/s3/index.ts';

test.each([true, false])('path style as told: %s; the SDK itself never retries', async (forcePathStyle) => {
  const client = createClient({ region: 'eu-west-1', forcePathStyle, concurrency: 8 });
  expect(client.config.forcePathStyle).toBe(forcePathStyle);
  expect(await client.config.region()).toBe('eu-west-1');
  expect(await client.config.maxAttempts()).toBe(1);
  client.destroy();
});

test('an endpoint of its own', async () => {
  const endpointUrl = 'http://127.0.0.1:9000';
  const client = createClient({ region: 'us-east-1', endpointUrl, forcePathStyle: true, concurrency: 8 });
  expect(await client.config.endpoint?.()).toMatchObject({ hostname: '127.0.0.1', port: 9000 });
  client.destroy();
});
