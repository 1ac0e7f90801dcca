import type { Operation } from '../../../sandbox/index.ts';
import { victim } from '../support/signals.ts';
import { policyOf, type Scene, scenes, seed } from './support/scene.ts';

const CHANGES: Operation[] = ['DeleteObjects', 'DeleteObject'];
const KEYS = Array.from({ length: 24 }, (_, i) => `k${i}`);
const RESTORED = Object.fromEntries(KEYS.map((key) => [key, 'A']));
const POLICY = { policy: policyOf({}) };
/** Twelve requests that change something, one after the other. */
const SLOWLY = { 'batch-size': '2', concurrency: '1' };

async function deleted({ bucket, tell }: Scene): Promise<void> {
  await tell(...KEYS.map((key) => ({ key, versionId: seed(bucket, key, 'A x')[1] })));
}

/** What was in flight comes again, as it does when its visibility ends. */
async function finish({ expect, queue, recover, shapes }: Scene): Promise<void> {
  await queue.showAll();
  const left = queue.count().visible;
  const run = await recover({}, POLICY);
  expect(run.code).toBe(0);
  expect(run.outputs).toMatchObject({ failed: '0', conflicts: '0', skipped: '0' });
  expect(run.report().messages).toMatchObject({ received: left, acknowledged: left, deferred: 0 });
  expect(shapes()).toEqual(RESTORED);
  expect(queue.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: 0 });
}

await scenes('killed, or told to stop', (test) => {
  for (const fate of ['never arrived', 'was done before the death'] as const) {
    for (const nth of [0, 5, 11]) {
      test(`killed over change ${nth + 1}, which ${fate}: nothing is lost`, async (scene) => {
        const { bucket, expect, queue, recover, world } = scene;
        await deleted(scene);
        const { onSpawn, kill } = victim();
        const once = { operation: CHANGES, bucket: bucket.name, skip: nth, times: 1 };
        const faults = world.sandbox.faults;
        faults.add({ ...once, hook: kill, when: fate === 'never arrived' ? 'before' : 'after' });
        if (fate === 'never arrived') faults.add({ ...once, drop: 'before' });
        const killed = await recover(SLOWLY, { ...POLICY, onSpawn, queueTrouble: true });
        expect(killed.signal).toBe('SIGKILL');
        expect(queue.count()).toEqual({ visible: 0, inFlight: 24, deadLetters: 0 });
        await finish(scene);
      });
    }
  }

  test('killed while it acknowledges: what comes again is found done', async (scene) => {
    const { expect, queue, queueFault, recover, requests } = scene;
    await deleted(scene);
    const { onSpawn, kill } = victim();
    queueFault({ action: 'DeleteMessageBatch', skip: 1, times: 1, hook: kill, drop: true });
    const killed = await recover({ concurrency: '1' }, { ...POLICY, onSpawn, queueTrouble: true });
    expect(killed.signal).toBe('SIGKILL');
    const changes = requests(...CHANGES).length;
    expect(queue.count().inFlight).toBeGreaterThan(0);
    await finish(scene);
    expect(requests(...CHANGES)).toHaveLength(changes);
  });

  test('killed while it receives', async (scene) => {
    const { expect, queueFault, recover, requests } = scene;
    await deleted(scene);
    const { onSpawn, kill } = victim();
    queueFault({ action: 'ReceiveMessage', skip: 1, times: 1, hook: kill, drop: true });
    const killed = await recover({}, { ...POLICY, onSpawn, queueTrouble: true });
    expect(killed.signal).toBe('SIGKILL');
    expect(requests()).toEqual([]);
    await finish(scene);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal} in the middle: told, and finished by the next run`, async (scene) => {
      const { bucket, expect, queue, recover, requests, shapes, world } = scene;
      await deleted(scene);
      const { onSpawn, cancel, stopping } = victim();
      const { faults } = world.sandbox;
      const where = { operation: CHANGES, bucket: bucket.name };
      faults.add({ ...where, skip: 4, times: 1, hook: () => cancel(signal) });
      // No answer lets it go on before the signal has been heard.
      faults.add({ ...where, hook: stopping, when: 'after' });
      const run = await recover(SLOWLY, { ...POLICY, onSpawn });
      expect(run.signal, 'it ends before it is killed').toBeNull();
      expect(run.code).toBe(1);
      expect(run.outputs).toMatchObject({ status: 'partial', planned: '24' });
      expect(run.report().error).toMatchObject({ code: 'cancelled' });
      const { restored } = run.report().totals;
      expect(restored).toBeGreaterThanOrEqual(8);
      expect(requests(...CHANGES).length).toBeLessThanOrEqual(6);
      const live = Object.values(shapes()).filter((shape) => shape === 'A').length;
      expect(live).toBeGreaterThanOrEqual(restored);
      const { acknowledged = 0 } = run.report().messages ?? {};
      expect(acknowledged).toBeLessThanOrEqual(restored);
      const there = queue.count();
      expect(there.visible + there.inFlight).toBe(24 - acknowledged);
      expect(run.summary).toContain('cancelled');
      await finish(scene);
    });
  }

  test('SIGTERM while the queue does not answer: what was restored is told, and found done', async (scene) => {
    const { expect, queueFault, recover, shapes } = scene;
    await deleted(scene);
    const { onSpawn, cancel } = victim();
    // An answer never comes.
    const hook = () => {
      cancel('SIGTERM');
      return new Promise<void>(() => {});
    };
    queueFault({ action: 'DeleteMessageBatch', times: 1, hook });
    const run = await recover({ concurrency: '1' }, { ...POLICY, onSpawn });
    expect(run.signal, 'it ends before it is killed').toBeNull();
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ planned: '24', restored: '24' });
    expect(run.report().error).toMatchObject({ code: 'cancelled' });
    expect(run.report().messages).toMatchObject({ received: 24, acknowledged: 0 });
    expect(shapes()).toEqual(RESTORED);
    await finish(scene);
  });

  test('SIGTERM while it waits for messages', async ({ expect, queueFault, recover, requests }) => {
    const { onSpawn, cancel } = victim();
    queueFault({ action: 'ReceiveMessage', times: 1, hook: () => cancel('SIGTERM') });
    const run = await recover({ 'drain-seconds': '240' }, { ...POLICY, onSpawn });
    expect(run.signal, 'it ends before it is killed').toBeNull();
    expect(run.code).toBe(1);
    expect(run.report().error).toMatchObject({ code: 'cancelled' });
    expect(requests()).toEqual([]);
  });

  test('SIGTERM while a message is being received: it comes again', async (scene) => {
    const { expect, queueFault, recover, requests } = scene;
    await deleted(scene);
    const { onSpawn, cancel, stopping } = victim();
    queueFault({ action: 'ReceiveMessage', skip: 1, times: 1, hook: () => cancel('SIGTERM') });
    queueFault({ action: 'ReceiveMessage', hook: stopping });
    const run = await recover({}, { ...POLICY, onSpawn, queueTrouble: true });
    expect(run.signal, 'it ends before it is killed').toBeNull();
    expect(run.code).toBe(1);
    expect(run.report()).toMatchObject({ error: { code: 'cancelled' }, messages: { acknowledged: 0 } });
    expect(requests(...CHANGES)).toEqual([]);
    await finish(scene);
  });
});
