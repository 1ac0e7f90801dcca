import { policyOf, type Scene, scenes, seed } from './support/scene.ts';

const POLICY = { policy: policyOf({}) };
const DENIED = { status: 403, code: 'AccessDenied', message: 'User: bot is not authorized to perform: sqs:x' };
const KEYS = Array.from({ length: 30 }, (_, i) => `k${i}`);

async function deleted({ bucket, tell }: Scene, keys: readonly string[] = KEYS): Promise<void> {
  await tell(...keys.map((key) => ({ key, versionId: seed(bucket, key, 'A x')[1] })));
}

const allOf = (shape: string) => Object.fromEntries(KEYS.map((key) => [key, shape]));

await scenes('trouble with the queue', (test) => {
  test('not allowed to receive: nothing is done, and the action is named', async (scene) => {
    const { expect, queue, queueFault, recover, requests } = scene;
    await deleted(scene);
    queueFault({ action: 'ReceiveMessage', respond: DENIED });
    const run = await recover({}, POLICY);
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'failed', planned: '0' });
    expect(run.report().error).toMatchObject({ code: 'queue-access-denied' });
    expect(run.report().error?.hint).toContain('sqs:ReceiveMessage');
    expect(requests()).toEqual([]);
    expect(queue.count().visible).toBe(30);
  });

  test('not allowed to delete: restored, and red, and the next run finds it done', async (scene) => {
    const { expect, queue, queueFault, recover, shapes } = scene;
    await deleted(scene);
    queueFault({ action: 'DeleteMessageBatch', respond: DENIED, times: 1 });
    const run = await recover({ concurrency: '1' }, POLICY);
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ planned: '30', restored: '30', failed: '0' });
    expect(run.report().error).toMatchObject({ code: 'queue-access-denied' });
    expect(run.report().error?.hint).toContain('sqs:DeleteMessage');
    expect(run.report().messages).toMatchObject({ received: 30, acknowledged: 0, deferred: 30 });
    expect(shapes()).toEqual(allOf('A'));
    expect(queue.count()).toMatchObject({ visible: 0, inFlight: 30 });

    await queue.showAll();
    const next = await recover({}, POLICY);
    expect(next.code).toBe(0);
    expect(next.outputs).toMatchObject({ status: 'no-change', unchanged: '30' });
    expect(queue.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: 0 });
  });

  test('not allowed to change the visibility: what is done is done, and it is told', async (scene) => {
    const { bucket, expect, queue, queueFault, recover, shapes, world } = scene;
    await deleted(scene, ['good', 'bad']);
    const keyError = { code: 'AccessDenied' };
    world.sandbox.faults.add({ operation: 'DeleteObjects', bucket: bucket.name, key: 'bad', keyError });
    queueFault({ action: 'ChangeMessageVisibilityBatch', respond: DENIED });
    const run = await recover({}, POLICY);
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '1', failed: '1' });
    expect(run.report().messages).toMatchObject({ acknowledged: 1, deferred: 1 });
    const told = JSON.stringify(run.report());
    expect(told).toContain('sqs:ChangeMessageVisibility');
    expect(shapes()).toEqual({ good: 'A', bad: 'A x' });
    expect(queue.count()).toMatchObject({ inFlight: 1 });
  });

  for (const action of ['ReceiveMessage', 'DeleteMessageBatch'] as const) {
    test(`${action} fails for a while: it is tried again`, async (scene) => {
      const { expect, queue, queueFault, recover, shapes } = scene;
      await deleted(scene);
      queueFault({ action, skip: 1, times: 2, respond: { status: 500, code: 'InternalFailure' } });
      const run = await recover({ concurrency: '1' }, POLICY);
      expect(run.code).toBe(0);
      expect(run.outputs).toMatchObject({ status: 'success', restored: '30' });
      expect(shapes()).toEqual(allOf('A'));
      expect(queue.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: 0 });
    });
  }

  test('receiving fails for good in the middle: what was received is restored, and it is red', async (scene) => {
    const { expect, queue, queueFault, recover, shapes } = scene;
    await deleted(scene);
    queueFault({ action: 'ReceiveMessage', skip: 1, respond: { ...DENIED } });
    const run = await recover({ concurrency: '1' }, POLICY);
    expect(run.code).toBe(1);
    expect(run.report().error).toMatchObject({ code: 'queue-access-denied' });
    expect(run.report().messages).toMatchObject({ received: 10, acknowledged: 10 });
    expect(Object.values(shapes()).filter((shape) => shape === 'A')).toHaveLength(10);
    expect(queue.count()).toEqual({ visible: 20, inFlight: 0, deadLetters: 0 });
  });
});
