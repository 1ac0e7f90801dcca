import { setTimeout as delay } from 'node:timers/promises';
import { buildApp } from 'fauxqs';

/** fauxqs in a process of its own: a queue that somebody else wrote. What reaches it is counted, and held back a while. */

export type QueueOrder =
  | { readonly do: 'create'; readonly name: string }
  | { readonly do: 'latency'; readonly milliseconds: number }
  | { readonly do: 'clear' }
  | { readonly do: 'count' };

/** Since the last `clear`. */
export interface QueueCounts {
  readonly endpoint: string;
  readonly requests: number;
  readonly byAction: Readonly<Record<string, number>>;
  /** Of this process, in milliseconds. */
  readonly cpu: number;
}

const app = buildApp({ logger: false });
let latency = 0;
let byAction: Record<string, number> = {};
let cpuBefore = process.cpuUsage();

app.addHook('onRequest', async ({ headers }) => {
  const action = String(headers['x-amz-target'] ?? '').replace('AmazonSQS.', '');
  byAction[action] = (byAction[action] ?? 0) + 1;
  if (latency > 0) await delay(latency);
});
const endpoint = await app.listen({ port: 0, host: '127.0.0.1' });

process.on('message', async (order: QueueOrder) => {
  if (order.do === 'latency') latency = order.milliseconds;
  if (order.do === 'create') await create(order.name);
  if (order.do === 'clear') {
    byAction = {};
    cpuBefore = process.cpuUsage();
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  const requests = Object.values(byAction).reduce((sum, n) => sum + n, 0);
  process.send?.({ endpoint, requests, byAction, cpu: (user + system) / 1000 } satisfies QueueCounts);
});
process.on('disconnect', () => process.exit());

async function create(name: string): Promise<void> {
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.CreateQueue' };
  // One message is held for as long as the slowest run takes.
  const payload = { QueueName: name, Attributes: { VisibilityTimeout: '3600' } };
  const { statusCode, body } = await app.inject({
    method: 'POST',
    url: '/',
    headers,
    payload: JSON.stringify(payload),
  });
  if (statusCode !== 200) throw new Error(`the queue was not made: ${body}`);
}
