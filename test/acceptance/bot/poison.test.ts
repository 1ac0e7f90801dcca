import { messageOf } from '../../support/bot-world.ts';
import { annotationsOf } from '../support/commands.ts';
import { policyOf, scenes, seed } from './support/scene.ts';

const POLICY = policyOf({});
const POISON = [
  'this is no JSON',
  '"a text"',
  '{"hello":"world"}',
  '[]',
  '{"Records":[]}',
  messageOf({ bucket: 'b', key: 'k', versionId: 'v', eventVersion: '3.0' }),
  messageOf({ bucket: 'b', key: 'KEY' }).replace('KEY', 'a%ff%zzb'),
  messageOf({ bucket: 'b', key: 'k' }).replace('"aws:s3"', '"aws:elsewhere"'),
  JSON.stringify({ Type: 'Notification', Message: 'no JSON either' }),
  '{"Records":[',
] as const;

await scenes('messages that nobody can use', (test) => {
  test(
    'end in the dead-letter queue, and hold nobody up',
    async (scene) => {
      const { bucket, expect, queue, recover, shapes } = scene;
      const good = ['first', 'second'].map((key) => ({ key, versionId: seed(bucket, key, 'A x')[1] }));
      const [first = '', second = ''] = good.map((told) => messageOf({ bucket: bucket.name, ...told }));
      await queue.send([first, ...POISON, second]);

      const run = await recover({}, { policy: POLICY });
      expect(run.code).toBe(0);
      expect(run.outputs).toMatchObject({ status: 'success', restored: '2', failed: '0' });
      expect(run.report().messages).toEqual({
        ...{ received: POISON.length + 2, acknowledged: 2, ignored: 0, deferred: 0, invalid: POISON.length },
      });
      expect(shapes()).toEqual({ first: 'A', second: 'A' });
      const warnings = annotationsOf(run.stdout, 'warning').map(({ message }) => message);
      expect(warnings).toEqual([expect.stringContaining(`${POISON.length} messages are not understood`)]);
      expect(annotationsOf(run.stdout, 'error')).toEqual([]);
      for (const { id } of queue.inspect().inFlight) expect(run.summary).toContain(id);
      // Left alone for a while, so that they do not come again at once.
      expect(queue.count()).toEqual({ visible: 0, inFlight: POISON.length, deadLetters: 0 });

      await queue.showAll();
      const again = await recover({}, { policy: POLICY });
      expect(again.code).toBe(0);
      expect(again.outputs.status).toBe('no-change');
      expect(again.report().messages).toMatchObject({
        received: POISON.length,
        acknowledged: 0,
        invalid: POISON.length,
      });
      await queue.showAll();
      const last = await recover({ 'drain-seconds': '2' }, { policy: POLICY });
      expect(last.report().messages).toMatchObject({ received: 0, invalid: 0 });
      expect(annotationsOf(last.stdout, 'warning')).toEqual([]);
      expect(queue.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: POISON.length });
      expect(
        queue
          .inspect()
          .deadLetters.map(({ body }) => body)
          .toSorted(),
      ).toEqual([...POISON].toSorted());
    },
    { queue: { deadLetter: true, maxReceiveCount: 2 } },
  );

  test(
    'a message whose key cannot be restored ends there too, red each time',
    async ({ bucket, expect, queue, recover, tell, world, shapes }) => {
      await tell({ key: 'k', versionId: seed(bucket, 'k', 'A x')[1] });
      const respond = { code: 'AccessDenied', message: 'Access Denied' };
      world.sandbox.faults.add({ operation: 'DeleteObjects', bucket: bucket.name, keyError: respond });
      for (const _receive of [1, 2]) {
        const run = await recover({}, { policy: POLICY });
        expect(run.code).toBe(1);
        expect(run.outputs).toMatchObject({ status: 'failed', failed: '1' });
        expect(run.report().messages).toMatchObject({ acknowledged: 0, deferred: 1, invalid: 0 });
        expect(queue.count()).toMatchObject({ visible: 0, inFlight: 1 });
        await queue.showAll();
      }
      const last = await recover({ 'drain-seconds': '2' }, { policy: POLICY });
      expect(last.code).toBe(0);
      expect(queue.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: 1 });
      expect(shapes()).toEqual({ k: 'A x' });
    },
    { queue: { deadLetter: true, maxReceiveCount: 2 } },
  );

  test("a newer minor version is understood, and a bucket's test message ignored", async (scene) => {
    const { bucket, expect, queue, recover, shapes, tell } = scene;
    await tell({ key: 'k', versionId: seed(bucket, 'k', 'A x')[1], eventVersion: '2.99' });
    await queue.send([JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: bucket.name })]);
    const run = await recover({}, { policy: POLICY });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(run.report().messages).toEqual({ received: 2, acknowledged: 2, ignored: 1, deferred: 0, invalid: 0 });
    expect(shapes()).toEqual({ k: 'A' });
  });
});
