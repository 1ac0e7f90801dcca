import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';
import { PEOPLE } from '../../support/bot-world.ts';
import { ALL_EVENTS, policyOf, type Scene, scenes, seed } from './support/scene.ts';

/** Says of everybody that they are the bot. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
const sts = createServer((_request, response) => {
  const id = PEOPLE.bot.principal.replace(/^AWS:/, '');
  response
    .writeHead(200, { 'content-type': 'text/xml' })
    .end(
      `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><UserId>${id}</UserId><Account>111122223333</Account><Arn>arn:aws:sts::111122223333:assumed-role/bot/s3-recovery-bot</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`,
    );
});
await new Promise<void>((done) => sts.listen(0, '127.0.0.1', done));
afterAll(() => void sts.close());
const known = { env: { AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${(sts.address() as AddressInfo).port}` } };

const OVERWRITES = policyOf({
  on: ['delete-marker', 'overwrite'],
  'wanted-by': { principals: PEOPLE.operator.principal },
});

/** Run until the queue is empty; gives the number of runs. */
async function untilQuiet({ expect, queue, recover, world }: Scene, policy: object, options = {}): Promise<number> {
  for (let runs = 1; runs <= 5; runs++) {
    const run = await recover({}, { policy, ...options });
    expect(run.code).toBe(0);
    await world.settled();
    if (queue.count().visible === 0) return runs;
  }
  return expect.fail('it keeps waking itself');
}

await scenes('the bot does not wake itself', (test) => {
  test('its removals come as events, and are nothing to it', async (scene) => {
    const { bucket, connect, expect, queue, recover, remove, requests, shapes, world } = scene;
    const keys = Array.from({ length: 30 }, (_, i) => `k${i}`);
    for (const key of keys) seed(bucket, key, 'A');
    await connect({ events: ALL_EVENTS });
    await remove('cleanup', ...keys);
    const policy = policyOf({ on: ['delete-marker', 'lifecycle-delete-marker', 'overwrite'] });
    const first = await recover({}, { policy });
    expect(first.outputs).toMatchObject({ status: 'success', restored: '30' });
    await world.settled();
    expect(queue.count()).toMatchObject({ visible: 30, inFlight: 0 });
    expect(queue.inspect().visible.every(({ body }) => body.includes('"ObjectRemoved:Delete"'))).toBe(true);

    const changes = requests('DeleteObjects').length;
    const second = await recover({}, { policy });
    expect(second.code).toBe(0);
    expect(second.outputs).toMatchObject({ status: 'no-change', planned: '0', skipped: '0' });
    expect(second.report().messages).toEqual({ received: 30, acknowledged: 30, ignored: 30, deferred: 0, invalid: 0 });
    expect(requests('DeleteObjects', 'CopyObject')).toHaveLength(changes);
    expect(shapes()).toEqual(Object.fromEntries(keys.map((key) => [key, 'A'])));
    await world.settled();
    expect(queue.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: 0 });
  });

  for (const [what, options] of [
    ['not knowing who it is', {}],
    ['knowing who it is', known],
  ] as const) {
    test(`an overwrite is undone, and stays undone: ${what}`, async (scene) => {
      const { bucket, connect, expect, shapes, write, remove } = scene;
      await connect({ events: ALL_EVENTS });
      seed(bucket, 'new', '');
      for (const key of ['a', 'b', 'c', 'd']) await write('operator', key, 'A');
      await write('cleanup', 'a', 'B');
      await write('cleanup', 'b', 'B');
      await write('cleanup', 'b', 'C');
      await write('cleanup', 'c', 'B');
      await remove('cleanup', 'c');
      await write('cleanup', 'd', 'B');
      await write('operator', 'd', 'D');
      await write('cleanup', 'new', 'N');
      const runs = await untilQuiet(scene, OVERWRITES, options);
      expect(runs).toBe(2);
      const once = { a: 'A B A', b: 'A B C A', c: 'A B x A', d: 'A B D', new: 'N' };
      expect(shapes()).toEqual(once);

      await write('cleanup', 'a', 'B');
      await untilQuiet(scene, OVERWRITES, options);
      expect(shapes()).toEqual({ ...once, a: 'A B A B A' });
    });
  }

  test('what its own identity deletes is taken as wanted, where it knows it', async (scene) => {
    const { bucket, connect, expect, recover, remove, shapes } = scene;
    await connect();
    for (const key of ['by the bot', 'by the cleanup']) seed(bucket, key, 'A');
    await remove('bot', 'by the bot');
    await remove('cleanup', 'by the cleanup');
    const run = await recover({}, { policy: policyOf({}), ...known });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1', skipped: '1' });
    expect(run.report().skipped).toEqual({ 'own-change': 1 });
    expect(shapes()).toEqual({ 'by the bot': 'A x', 'by the cleanup': 'A' });
  });
});
