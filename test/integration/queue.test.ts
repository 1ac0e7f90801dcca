import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { DrainLimits, Queue, QueueMessage } from '../../src/core/queue.ts';
import { callerId, createQueueClient, openQueue, type QueueOptions } from '../../src/queue/index.ts';
import { type QueueServer, startQueueServer, type TestQueue } from '../support/queue-server.ts';

/** Against fauxqs, over HTTP. The clock is the machine's: the server has no other. */

let server: QueueServer;
const opened: (() => void)[] = [];

beforeAll(async () => {
  server = await startQueueServer();
  vi.stubEnv('AWS_ACCESS_KEY_ID', server.env.AWS_ACCESS_KEY_ID ?? '');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', server.env.AWS_SECRET_ACCESS_KEY ?? '');
});

afterAll(async () => {
  vi.unstubAllEnvs();
  for (const close of opened) close();
  await server.stop();
});

const NEVER = new AbortController().signal;
/** One empty poll of a second says that there is nothing more. */
const LIMITS: DrainLimits = { maxMessages: 10_000, seconds: 60, idlePolls: 1 };

function open(url: string, more: Partial<QueueOptions> = {}): Queue {
  const client = createQueueClient({ url, region: 'us-east-1', concurrency: 8 });
  const queue = openQueue({
    client,
    url,
    concurrency: 8,
    stop: NEVER,
    abort: NEVER,
    now: Date.now,
    waitSeconds: 1,
    ...more,
  });
  opened.push(() => {
    queue.close();
    client.destroy();
  });
  return queue;
}

async function drained(queue: Queue, limits: Partial<DrainLimits> = {}): Promise<QueueMessage[]> {
  const all: QueueMessage[] = [];
  await queue.drain({ ...LIMITS, ...limits }, async (messages) => void all.push(...messages));
  return all;
}

const idsOf = (messages: readonly QueueMessage[]) => messages.map(({ id }) => id);
const bodies = (count: number) => Array.from({ length: count }, (_, n) => `message ${n}`);
const sorted = (texts: readonly string[]) => [...texts].sort();

async function filled(
  name: string,
  count: number,
  options: Parameters<QueueServer['createQueue']>[1] = {},
): Promise<TestQueue> {
  const queue = server.createQueue(name, options);
  await queue.send(bodies(count));
  return queue;
}

test('a thousand messages: each is taken once and deleted', async () => {
  const there = await filled('thousand', 1000);
  const queue = open(there.url);
  const messages = await drained(queue);
  expect(sorted(messages.map(({ body }) => body))).toEqual(sorted(bodies(1000)));
  expect(there.count()).toEqual({ visible: 0, inFlight: 1000, deadLetters: 0 });

  expect(await queue.acknowledge(idsOf(messages))).toEqual(new Set(idsOf(messages)));
  expect(there.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: 0 });
  expect(queue.problems).toEqual([]);
});

test('no more than asked for are taken out of the queue', async () => {
  const there = await filled('some', 100);
  expect(await drained(open(there.url), { maxMessages: 34 })).toHaveLength(34);
  expect(there.count()).toMatchObject({ visible: 66, inFlight: 34 });
});

test('what is released is there again at once', async () => {
  const there = await filled('released', 25);
  const queue = open(there.url);
  const messages = await drained(queue);
  await queue.release(idsOf(messages), 0);
  expect(there.count()).toMatchObject({ visible: 25, inFlight: 0 });
  expect(sorted(idsOf(await drained(open(there.url))))).toEqual(sorted(idsOf(messages)));
});

test('what fails again and again comes later each time, and ends in the dead-letter queue', async () => {
  const there = await filled('failing', 12, { deadLetter: true, maxReceiveCount: 2 });
  for (const [receive, seconds] of [
    [1, 30],
    [2, 60],
  ] as const) {
    const queue = open(there.url);
    const messages = await drained(queue);
    const before = Date.now();
    await queue.backOff(idsOf(messages));
    const after = Date.now();
    const { inFlight } = there.inspect();
    expect(inFlight).toHaveLength(12);
    for (const { receives, visibleAt } of inFlight) {
      expect(receives).toBe(receive);
      expect(visibleAt).toBeGreaterThanOrEqual(before + seconds * 1000);
      expect(visibleAt).toBeLessThanOrEqual(after + seconds * 1000);
    }
    // Nobody waits that long here.
    await there.showAll();
  }
  expect(await drained(open(there.url))).toEqual([]);
  expect(there.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: 12 });
});

test('what is held is kept from others for longer than its visibility', async () => {
  const there = await filled('kept', 30);
  const queue = open(there.url, { visibilitySeconds: 2 });
  await drained(queue);
  const soonest = () => Math.min(...there.inspect().inFlight.map(({ visibleAt }) => visibleAt));
  const first = soonest();
  await vi.waitFor(() => expect(soonest()).toBeGreaterThan(first), { timeout: 30_000 });
  expect(there.count()).toMatchObject({ visible: 0, inFlight: 30 });
});

test('a drain that is cut loses nothing: every message comes again', async () => {
  const there = await filled('cut', 200);
  const stop = new AbortController();
  const queue = open(there.url, { stop: stop.signal, visibilitySeconds: 1 });
  const taken: string[] = [];
  const cut = queue.drain(LIMITS, async (messages) => {
    taken.push(...idsOf(messages));
    if (taken.length >= 50) stop.abort();
  });
  await expect(cut).rejects.toMatchObject({ code: 'cancelled' });
  expect(taken.length).toBeLessThan(200);
  expect(await queue.acknowledge(taken)).toEqual(new Set());

  const again = new Set<string>();
  await vi.waitFor(
    async () => {
      for (const { body } of await drained(open(there.url))) again.add(body);
      expect(again.size).toBe(200);
    },
    { timeout: 30_000 },
  );
});

describe('what cannot be received from is told with its mend', () => {
  test('a queue that is not there', async () => {
    const failed = drained(open(`${server.endpoint}/000000000000/nowhere`));
    await expect(failed).rejects.toMatchObject({
      name: 'RollbackError',
      code: 'queue-not-found',
      message: expect.stringContaining('queue "nowhere" (account 000000000000) does not exist (input "queue-url")'),
    });
  });

  test('a server that is not there', async () => {
    const gone = await startQueueServer();
    await gone.stop();
    const failed = drained(open(`${gone.endpoint}/000000000000/a`));
    await expect(failed).rejects.toMatchObject({
      code: 'queue-unreachable',
      message: expect.stringContaining(`no answer from ${gone.endpoint}`),
    });
  });
});

test('the endpoint comes before the host of the URL, and nothing is said on the console', async () => {
  const warn = vi.spyOn(console, 'warn');
  const { name } = await filled('elsewhere', 3);
  const url = `https://sqs.us-east-1.amazonaws.com/000000000000/${name}`;
  const client = createQueueClient({ url, region: 'us-east-1', endpointUrl: server.endpoint });
  expect(await drained(open(url, { client }))).toHaveLength(3);
  client.destroy();
  expect(warn.mock.calls).toEqual([]);
  warn.mockRestore();
});

test('who the run is', async () => {
  expect(await callerId({ region: 'us-east-1', endpointUrl: server.endpoint })).toBe('000000000000');
});
