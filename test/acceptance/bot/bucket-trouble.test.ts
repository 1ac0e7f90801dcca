import { messageOf } from '../../support/bot-world.ts';
import { annotationsOf } from '../support/commands.ts';
import { policyOf, type Scene, scenes, seed } from './support/scene.ts';

const POLICY = { policy: policyOf({}) };
const KEYS = Array.from({ length: 30 }, (_, i) => `k${i}`);

async function deleted({ bucket, tell }: Scene, keys: readonly string[] = KEYS): Promise<void> {
  await tell(...keys.map((key) => ({ key, versionId: seed(bucket, key, 'A x')[1] })));
}

const allOf = (shape: string) => Object.fromEntries(KEYS.map((key) => [key, shape]));

await scenes('trouble with the buckets', (test) => {
  test('one bucket is no more, one is closed: the others are restored', async (scene) => {
    const { another, bucket, expect, queue, recover, shapes, world } = scene;
    const closed = another();
    const told = [bucket, closed].map((one) => ({ bucket: one.name, key: 'k', versionId: seed(one, 'k', 'A x')[1] }));
    const gone = { bucket: `${bucket.name}-gone`, key: 'k', versionId: 'v' };
    await queue.send([...told, gone].map((one) => messageOf(one)));
    world.sandbox.faults.add({ bucket: closed.name, respond: { status: 403, code: 'AccessDenied' } });
    const run = await recover({}, POLICY);
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'partial', planned: '1', restored: '1', failed: '2' });
    const failures = run.report().failures.map(({ bucket: b, code }) => [b, code]);
    expect(failures).toEqual(
      expect.arrayContaining([
        [gone.bucket, 'bucket-not-found'],
        [closed.name, 'access-denied'],
      ]),
    );
    expect(run.report().failures.every(({ hint }) => hint !== '')).toBe(true);
    expect([shapes(), shapes(closed)]).toEqual([{ k: 'A' }, { k: 'A x' }]);
    expect(run.report().messages).toMatchObject({ received: 3, acknowledged: 1, deferred: 2 });
    const left = queue.inspect().inFlight.map(({ body }) => body);
    expect(left.toSorted()).toEqual([gone, ...told.slice(1)].map((one) => messageOf(one)).toSorted());
    expect(annotationsOf(run.stdout, 'error').length).toBeGreaterThan(0);
  });

  test('a bucket whose name leads elsewhere: not understood', async (scene) => {
    const { bucket, expect, queue, recover, requests, shapes } = scene;
    const versionId = seed(bucket, 'a/k', 'A x')[1];
    const names = [`${bucket.name}/a`, `../${bucket.name}`, `${bucket.name}?`, '..', 'arn:aws:s3:::b'];
    await queue.send(names.map((name) => messageOf({ bucket: name, key: 'k', versionId })));
    const run = await recover({}, POLICY);
    expect(run.report().messages).toMatchObject({ received: 5, acknowledged: 0, invalid: 5 });
    expect(requests('DeleteObjects', 'DeleteObject', 'CopyObject')).toEqual([]);
    expect(shapes()).toEqual({ 'a/k': 'A x' });
  });

  test('not allowed to remove markers in one of two buckets', async (scene) => {
    const { another, bucket, expect, queue, recover, shapes, world } = scene;
    const closed = another();
    const told = [bucket, closed].map((one) => ({ bucket: one.name, key: 'k', versionId: seed(one, 'k', 'A x')[1] }));
    await queue.send(told.map((one) => messageOf(one)));
    const respond = { status: 403, code: 'AccessDenied' };
    world.sandbox.faults.add({ bucket: closed.name, operation: 'DeleteObjects', respond });
    const run = await recover({}, POLICY);
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '1', failed: '1' });
    expect(run.report().failures[0]?.hint).toContain('s3:DeleteObjectVersion');
    expect([shapes(), shapes(closed)]).toEqual([{ k: 'A' }, { k: 'A x' }]);
    expect(run.report().messages).toMatchObject({ acknowledged: 1, deferred: 1 });
  });

  test('the credentials run out in the middle: what is not done stays in the queue', async (scene) => {
    const { bucket, expect, queue, recover, shapes, world } = scene;
    await deleted(scene);
    const respond = { status: 400, code: 'ExpiredToken' };
    world.sandbox.faults.add({ bucket: bucket.name, operation: 'DeleteObjects', skip: 1, respond });
    const run = await recover({ 'batch-size': '10', concurrency: '1' }, POLICY);
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '10' });
    expect(run.report().error).toMatchObject({ code: 'ExpiredToken' });
    expect(run.report().messages).toMatchObject({ received: 30, acknowledged: 10, deferred: 20 });
    expect(Object.values(shapes()).filter((shape) => shape === 'A')).toHaveLength(10);
    expect(queue.count()).toEqual({ visible: 0, inFlight: 20, deadLetters: 0 });
  });

  test('a bucket of another region', async ({ another, bucket, expect, queue, recover, shapes }) => {
    const far = another({ region: 'eu-west-1' });
    const told = [bucket, far].map((one) => ({ bucket: one.name, key: 'k', versionId: seed(one, 'k', 'A x')[1] }));
    await queue.send(told.map((one) => messageOf(one)));
    const run = await recover({}, POLICY);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '2' });
    expect([shapes(), shapes(far)]).toEqual([{ k: 'A' }, { k: 'A' }]);
  });

  test('MFA delete is on in one of two buckets: the other is restored', async (scene) => {
    const { another, bucket, expect, queue, recover, shapes } = scene;
    const mfa = another({ mfaDelete: true });
    const told = [bucket, mfa].map((one) => ({ bucket: one.name, key: 'k', versionId: seed(one, 'k', 'A x')[1] }));
    await queue.send(told.map((one) => messageOf(one)));
    const run = await recover({}, POLICY);
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '1', failed: '1' });
    expect([shapes(), shapes(mfa)]).toEqual([{ k: 'A' }, { k: 'A x' }]);
    expect(run.report().messages).toMatchObject({ acknowledged: 1, deferred: 1 });
  });

  test('keys that no bucket has hold nobody up', async ({ bucket, expect, queue, recover, shapes }) => {
    const versionId = seed(bucket, 'good', 'A x')[1];
    const strange = ['\u0000', 'a\u0000b', '\u0001', '..', '/', '?', 'good/../x'];
    // Longer than S3 has keys, and none at all, which S3 would take for the bucket.
    const impossible = ['k'.repeat(2000), ''];
    const told = [...strange, ...impossible].map((key) => ({ bucket: bucket.name, key, versionId: 'v' }));
    const good = { bucket: bucket.name, key: 'good', versionId };
    await queue.send([...told, good].map((one) => messageOf(one)));
    const run = await recover({}, POLICY);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1', skipped: '7', failed: '0' });
    expect(run.report().messages).toMatchObject({ received: 10, acknowledged: 8, invalid: 2 });
    expect(shapes()).toEqual({ good: 'A' });
  });

  test('versioning is off in one of two buckets', async (scene) => {
    const { another, bucket, expect, queue, recover, shapes } = scene;
    const off = another({ versioning: 'Off' });
    const told = { bucket: bucket.name, key: 'k', versionId: seed(bucket, 'k', 'A x')[1] };
    await queue.send([messageOf(told), messageOf({ bucket: off.name, key: 'k' })]);
    const run = await recover({}, POLICY);
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '1', failed: '1' });
    expect(shapes()).toEqual({ k: 'A' });
    expect(run.report().messages).toMatchObject({ acknowledged: 1, deferred: 1 });
  });

  for (const operation of ['ListObjectVersions', 'DeleteObjects'] as const) {
    test(`${operation} is throttled in the middle: waited for`, async (scene) => {
      const { bucket, expect, queue, recover, shapes, world } = scene;
      await deleted(scene);
      const respond = { status: 503, code: 'SlowDown' };
      world.sandbox.faults.add({ operation, bucket: bucket.name, times: 3, respond });
      const run = await recover({ 'batch-size': '10' }, POLICY);
      expect(run.code).toBe(0);
      expect(run.outputs).toMatchObject({ status: 'success', restored: '30' });
      expect(run.report().requests.throttled).toBeGreaterThanOrEqual(3);
      expect(shapes()).toEqual(allOf('A'));
      expect(queue.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: 0 });
    });
  }

  test('some keys fail: their messages stay, for longer each time', async (scene) => {
    const { bucket, expect, queue, recover, shapes, world } = scene;
    await deleted(scene);
    const failing = new Set(KEYS.slice(0, 5));
    const rule = { operation: 'DeleteObjects', bucket: bucket.name, key: (key: string) => failing.has(key) } as const;
    const fault = world.sandbox.faults.add({ ...rule, keyError: { code: 'AccessDenied' } });
    const run = await recover({}, POLICY);
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '25', failed: '5' });
    expect(run.report().messages).toEqual({ received: 30, acknowledged: 25, ignored: 0, deferred: 5, invalid: 0 });
    expect(queue.count()).toEqual({ visible: 0, inFlight: 5, deadLetters: 0 });
    expect(queue.inspect().inFlight.every(({ body }) => [...failing].some((key) => body.includes(`"${key}"`)))).toBe(
      true,
    );
    const first = Math.min(...queue.inspect().inFlight.map(({ visibleAt }) => visibleAt));

    await queue.showAll();
    const again = await recover({}, POLICY);
    expect(again.report().messages).toMatchObject({ received: 5, deferred: 5 });
    expect(Math.min(...queue.inspect().inFlight.map(({ visibleAt }) => visibleAt))).toBeGreaterThan(first);

    fault.remove();
    await queue.showAll();
    const mended = await recover({}, POLICY);
    expect(mended.outputs).toMatchObject({ status: 'success', restored: '5' });
    expect(shapes()).toEqual(allOf('A'));
    expect(queue.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: 0 });
  });

  test('fail-on never: green, and the messages stay all the same', async (scene) => {
    const { bucket, expect, queue, recover, world } = scene;
    await deleted(scene, ['k']);
    const keyError = { code: 'AccessDenied' };
    world.sandbox.faults.add({ operation: 'DeleteObjects', bucket: bucket.name, keyError });
    const run = await recover({ 'fail-on': 'never' }, POLICY);
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'failed', failed: '1' });
    expect(queue.count()).toEqual({ visible: 0, inFlight: 1, deadLetters: 0 });
  });
});
