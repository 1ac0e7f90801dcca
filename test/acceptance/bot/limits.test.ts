import { policyOf, type Scene, scenes, seed } from './support/scene.ts';

const POLICY = { policy: policyOf({}) };

async function deleted({ bucket, tell }: Scene, count: number): Promise<void> {
  const keys = Array.from({ length: count }, (_, i) => `k${i}`);
  await tell(...keys.map((key) => ({ key, versionId: seed(bucket, key, 'A x')[1] })));
}

await scenes('when the bot stops receiving', (test) => {
  test('max-messages: the others stay for the next run', async (scene) => {
    const { expect, queue, recover, shapes } = scene;
    await deleted(scene, 40);
    const run = await recover({ 'max-messages': '25' }, POLICY);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '25' });
    expect(run.report().messages).toMatchObject({ received: 25, acknowledged: 25 });
    expect(queue.count()).toEqual({ visible: 15, inFlight: 0, deadLetters: 0 });
    expect(Object.values(shapes()).filter((shape) => shape === 'A')).toHaveLength(25);
    const next = await recover({ 'max-messages': '25', 'drain-seconds': '2' }, POLICY);
    expect(next.outputs).toMatchObject({ status: 'success', restored: '15' });
    expect(queue.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: 0 });
  });

  test('drain-seconds: what keeps coming is left for the next run', async (scene) => {
    const { bucket, expect, queue, queueFault, recover, tell } = scene;
    await deleted(scene, 5);
    // For every receive something new: without an end it would never come to its work.
    let more = 0;
    const hook = () => tell({ key: `more${more}`, versionId: seed(bucket, `more${more++}`, 'A x')[1] });
    queueFault({ action: 'ReceiveMessage', hook });
    const limits = { 'max-messages': '100000', 'drain-seconds': '1', 'idle-polls': '1000' };
    const run = await recover(limits, { ...POLICY, others: true, queueTrouble: true });
    expect(run.code).toBe(0);
    const { received, acknowledged } = run.report().messages ?? { received: 0, acknowledged: 0 };
    expect(received).toBeGreaterThan(5);
    expect(acknowledged).toBe(received);
    expect(run.outputs.restored).toBe(String(received));
    const { visible, inFlight } = queue.count();
    expect({ visible, inFlight }).toEqual({ visible: 5 + more - received, inFlight: 0 });
  });

  test('idle-polls: so many empty polls, one after the other', async (scene) => {
    const { expect, queueActions, queueFault, recover } = scene;
    await deleted(scene, 3);
    queueFault({ action: 'ReceiveMessage', times: 2, empty: true });
    // The third poll gets the messages, and the counting begins anew.
    queueFault({ action: 'ReceiveMessage', skip: 3, empty: true });
    const run = await recover({ 'idle-polls': '3', 'max-messages': '100' }, POLICY);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '3' });
    expect(queueActions().filter((action) => action === 'ReceiveMessage')).toHaveLength(2 + 1 + 3);
  });

  test('one message at a time', async (scene) => {
    const { expect, queue, recover } = scene;
    await deleted(scene, 3);
    const run = await recover({ 'max-messages': '1' }, POLICY);
    expect(run.report().messages).toMatchObject({ received: 1, acknowledged: 1 });
    expect(queue.count()).toEqual({ visible: 2, inFlight: 0, deadLetters: 0 });
  });
});
