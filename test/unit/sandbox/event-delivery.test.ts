import { PutBucketNotificationConfigurationCommand } from '@aws-sdk/client-s3';
import { startFauxqs } from 'fauxqs';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { EventQueues } from '../../../sandbox/index.ts';
import { queuePort } from '../../support/queue-events.ts';
import { EVERYTHING, eventRig, memoryQueues, OTHER_QUEUE, QUEUE, recordOf, removeMany } from './events-support.ts';
import { failure, rig } from './support.ts';

const keysOf = (bodies: readonly string[]) => bodies.map((body) => recordOf(body).s3.object.key);

describe('delivery', () => {
  it('keeps the order of each key, whatever the queue does, and lets keys pass one another', async () => {
    const memory = memoryQueues(QUEUE);
    const held: (() => void)[] = [];
    // Takes events of `a` only when it is told to.
    const queues: EventQueues = {
      has: memory.has,
      send: async (arn, body) => {
        if (body.includes('"key":"a"')) await new Promise<void>((resolve) => held.push(resolve));
        await memory.send(arn, body);
      },
    };
    const env = await eventRig({ events: { queues } });
    const taken = () => (memory.bodies.get(QUEUE) ?? []).slice(1).map((body) => recordOf(body).s3.object);
    const [first, second] = [await env.put('a'), await env.put('a')];
    await env.put('b');
    await env.put('c');
    expect([held.length, taken().map(({ key }) => key)]).toEqual([1, ['b', 'c']]);
    held.shift()?.();
    await new Promise(setImmediate);
    held.shift()?.();
    await env.sandbox.events.settled();
    expect(taken().map(({ key }) => key)).toEqual(['b', 'c', 'a', 'a']);
    expect(taken().map(({ versionId }) => versionId)).toEqual([...Array(2).fill(expect.any(String)), first, second]);
  });

  it('tries again what a queue does not take', async () => {
    const memory = memoryQueues(QUEUE);
    let refusals = 2;
    const queues: EventQueues = {
      has: memory.has,
      send: (arn, body) =>
        body.includes('Records') && refusals-- > 0 ? Promise.reject(new Error('busy')) : memory.send(arn, body),
    };
    const { sandbox, remove } = await eventRig({ events: { queues } });
    await remove('k');
    await sandbox.events.settled();
    expect(memory.bodies.get(QUEUE)).toHaveLength(2);
    expect([sandbox.events.sent, sandbox.events.lost]).toEqual([2, 0]);
  });

  it('counts as lost what is never taken, and goes on', async () => {
    const queues: EventQueues = { has: () => true, send: () => Promise.reject(new Error('no permission')) };
    const { sandbox, put, remove } = await eventRig({ events: { queues } });
    await put('k');
    await remove('k');
    await sandbox.events.settled();
    // The announcement too.
    expect([sandbox.events.sent, sandbox.events.lost]).toEqual([0, 3]);
  });

  it('is settled at once where nothing is under way', async () => {
    const { sandbox } = await rig();
    await expect(sandbox.events.settled()).resolves.toBeUndefined();
  });

  it('ends with the sandbox', async () => {
    const queues: EventQueues = { has: () => true, send: () => Promise.reject(new Error('gone')) };
    const { sandbox, put } = await eventRig({ events: { queues } });
    await put('k');
    await sandbox.stop();
    await sandbox.events.settled();
    expect(sandbox.events.sent).toBe(0);
  });
});

describe('into the queues of an SQS server', () => {
  async function queueServer() {
    const server = await startFauxqs({ port: 0, logger: false });
    const port = queuePort(`http://127.0.0.1:${server.port}`);
    onTestFinished(async () => {
      port.close();
      await server.stop();
    });
    const { queueArn } = server.createQueue('deletions');
    const bodies = () => server.inspectQueue('deletions')?.messages.ready.map(({ body }) => body) ?? [];
    return { server, port, queueArn, bodies };
  }

  it('knows which queues there are', async () => {
    const { server, port, queueArn } = await queueServer();
    server.createQueue('elsewhere', { region: 'eu-west-1' });
    const arns = [
      queueArn,
      `${queueArn}-not`,
      queueArn.replace('us-east-1', 'eu-west-1'),
      'arn:aws:sns:us-east-1:1:deletions',
    ];
    expect(await Promise.all(arns.map((arn) => port.has(arn)))).toEqual([true, false, false, false]);
    await expect(port.send(OTHER_QUEUE, 'x')).rejects.toThrow(`there is no queue ${OTHER_QUEUE}`);
  });

  it('brings every message of a large deletion, and S3 does not wait for it', async () => {
    const { port, queueArn, bodies } = await queueServer();
    const env = await rig({ events: { queues: port } });
    env.sandbox.createBucket('b');
    const QueueConfigurations = [{ QueueArn: queueArn, Events: EVERYTHING }];
    await env.s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: 'b',
        NotificationConfiguration: { QueueConfigurations },
      }),
    );
    const keys = Array.from({ length: 1000 }, (_, index) => `page/${index}`);
    await removeMany(env, keys);
    await env.sandbox.events.settled();
    expect(env.sandbox.events.lost).toBe(0);
    const records = bodies().filter((body) => body.includes('Records'));
    expect(keysOf(records).toSorted()).toEqual(keys.toSorted());
  });

  it('refuses what the server refuses, and nothing else', async () => {
    const { port, queueArn, bodies } = await queueServer();
    const sent = ['fine', 'not in XML \u0001', 'fine too'].map((body) => port.send(queueArn, body));
    await expect(sent[1]).rejects.toThrow('SendMessageBatch: InvalidMessageContents');
    await Promise.all([sent[0], sent[2]]);
    expect(bodies()).toEqual(['fine', 'fine too']);
    await expect(port.send(queueArn, 'x'.repeat(2 ** 20 + 1))).rejects.toThrow('longer than');
  });

  it('tells S3 of a queue that is not there', async () => {
    const { port, queueArn } = await queueServer();
    const { sandbox, s3 } = await rig({ events: { queues: port } });
    sandbox.createBucket('b');
    const QueueConfigurations = [{ QueueArn: `${queueArn}-not`, Events: EVERYTHING }];
    const put = new PutBucketNotificationConfigurationCommand({
      Bucket: 'b',
      NotificationConfiguration: { QueueConfigurations },
    });
    expect(await failure(s3.send(put))).toMatchObject({ status: 400, code: 'InvalidArgument' });
  });
});
