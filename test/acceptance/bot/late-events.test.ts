import { messageOf, PEOPLE } from '../../support/bot-world.ts';
import { policyOf, scenes, seed } from './support/scene.ts';

const POLICY = policyOf({ 'wanted-by': { principals: '*:retention-job*' } });

await scenes('late events', (test) => {
  test('what changed since is left alone, and told by its reason', async (scene) => {
    const { bucket, connect, expect, queue, recover, remove, removeOne, shapes, write } = scene;
    const keys = [
      'deleted',
      'rewritten',
      'rewritten and deleted',
      'wanted gone since',
      'put back',
      'copied back',
      'purged',
    ];
    for (const key of keys) seed(bucket, key, 'A');
    await connect();
    await remove('cleanup', ...keys);
    await write('operator', 'rewritten', 'B');
    await write('operator', 'rewritten and deleted', 'B');
    await remove('cleanup', 'rewritten and deleted');
    await remove('retention', 'wanted gone since');
    await removeOne('operator', 'put back', bucket.current('put back')?.versionId);
    await write('operator', 'copied back', 'A');
    for (const { versionId } of bucket.entries('purged')) await removeOne('operator', 'purged', versionId);

    const run = await recover({}, { policy: POLICY });
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({
      status: 'success',
      ...{ planned: '2', restored: '2', unchanged: '1', skipped: '4', conflicts: '0', failed: '0' },
    });
    expect(run.report().skipped).toEqual({ superseded: 2, wanted: 1, 'nothing-to-restore': 1 });
    expect(run.report().messages).toEqual({ received: 10, acknowledged: 10, ignored: 2, deferred: 0, invalid: 0 });
    expect(shapes()).toEqual({
      deleted: 'A',
      rewritten: 'A x B',
      'rewritten and deleted': 'A x B',
      'wanted gone since': 'A x x',
      'put back': 'A',
      'copied back': 'A x A',
    });
    const outcomes = Object.fromEntries((run.report().events ?? []).map(({ key, outcome }) => [key, outcome]));
    expect(outcomes).toMatchObject({ deleted: 'restored', rewritten: 'superseded', 'put back': 'unchanged' });
    expect(queue.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: 0 });
  });

  test('an event that comes after the one that covers it was dealt with', async (scene) => {
    const { bucket, expect, recover, shapes, tell } = scene;
    const [, unwanted] = seed(bucket, 'k', 'A x');
    const wanted = bucket.delete('k', { lastModified: Date.now() + 11 * 60_000 }) ?? '';
    await tell({ key: 'k', versionId: wanted, sequencer: '02', principal: PEOPLE.retention.principal });
    const first = await recover({}, { policy: POLICY });
    expect(first.report().messages).toMatchObject({ received: 1, acknowledged: 1, ignored: 1 });

    await tell({ key: 'k', versionId: unwanted, sequencer: '01' });
    const late = await recover({}, { policy: POLICY });
    // A newer marker lies on it, and nothing tells any more who wanted that.
    expect(late.outputs).toMatchObject({ status: 'no-change', restored: '0', skipped: '1' });
    expect(shapes()).toEqual({ k: 'A x x' });
  });

  test('somebody writes between the plan and the removal: both stay', async (scene) => {
    const { bucket, expect, recover, requests, shapes, tell, world } = scene;
    await tell({ key: 'k', versionId: seed(bucket, 'k', 'A x')[1] });
    const write = () => void bucket.put('k', { body: 'B' });
    world.sandbox.faults.add({ operation: 'DeleteObjects', bucket: bucket.name, times: 1, hook: write });
    const run = await recover({}, { policy: POLICY, others: true });
    // A marker that is removed from below a newer version changes nothing for readers.
    expect(bucket.current('k')?.etag).toBe('9d5ed678fe57bcca610140957afab571');
    expect(requests('DeleteObjects', 'DeleteObject').length).toBeGreaterThan(0);
    expect(shapes().k).toMatch(/B$/);
    expect(run.outputs.failed).toBe('0');
  });

  test('somebody writes between the plan and the copy: a conflict, and left alone', async (scene) => {
    const { bucket, expect, queue, recover, shapes, tell, world } = scene;
    const [, versionId] = seed(bucket, 'k', 'A B');
    await tell({ key: 'k', versionId, name: 'ObjectCreated:Put' });
    const policy = policyOf({ on: 'overwrite' });
    const hook = () => void bucket.put('k', { body: 'C' });
    world.sandbox.faults.add({ operation: 'CopyObject', bucket: bucket.name, times: 1, hook });
    const run = await recover({}, { policy, others: true });
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ conflicts: '1', restored: '0' });
    expect(run.report().messages).toMatchObject({ received: 1, acknowledged: 0, deferred: 1 });
    expect(shapes()).toEqual({ k: 'A B C' });

    await queue.showAll();
    const next = await recover({}, { policy });
    expect(next.report().skipped).toEqual({ superseded: 1 });
    expect(shapes()).toEqual({ k: 'A B C' });
    expect(queue.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: 0 });
  });

  test('a marker that is much older than the one that the event names: it waits for the event of the other', async (scene) => {
    const { bucket, expect, recover, shapes, tell } = scene;
    for (const key of ['seconds', 'hours']) bucket.put(key, { body: 'A', lastModified: '2026-03-04T08:00:00Z' });
    bucket.delete('seconds', { lastModified: '2026-03-04T11:59:30Z' });
    bucket.delete('hours', { lastModified: '2026-03-04T09:00:00Z' });
    await tell(...['seconds', 'hours'].map((key) => ({ key, versionId: bucket.delete(key) })));
    const run = await recover({}, { policy: POLICY });
    expect(run.report().skipped).toEqual({ 'held-off': 1 });
    expect(shapes()).toEqual({ hours: 'A x x', seconds: 'A' });
  });

  test('a suspended bucket: what is kept comes back', async ({ bucket, expect, recover, remove, connect, shapes }) => {
    seed(bucket, 'k', 'A');
    bucket.versioning = 'Suspended';
    await connect();
    await remove('cleanup', 'k');
    const run = await recover({}, { policy: POLICY });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(shapes()).toEqual({ k: 'A' });
  });

  test('two bots on one queue at the same time', async (scene) => {
    const { bucket, expect, queue, recover, shapes, tell } = scene;
    const keys = Array.from({ length: 60 }, (_, i) => `k${i}`);
    await tell(...keys.map((key) => ({ key, versionId: seed(bucket, key, 'A x')[1] })));
    const limits = { 'max-messages': '30', 'drain-seconds': '60' };
    const together = { policy: POLICY, queueTrouble: true, others: true };
    const runs = await Promise.all([1, 2].map(() => recover(limits, together)));
    expect(runs.map(({ code }) => code)).toEqual([0, 0]);
    expect(runs.map((run) => run.report().messages?.acknowledged)).toEqual([30, 30]);
    expect(shapes()).toEqual(Object.fromEntries(keys.map((key) => [key, 'A'])));
    expect(queue.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: 0 });
  });

  test('events of keys that never were', async ({ expect, recover, shapes, tell }) => {
    await tell({ key: 'never', versionId: 'v1' }, { key: 'never' });
    const run = await recover({}, { policy: POLICY });
    expect(run.outputs).toMatchObject({ status: 'no-change', skipped: '1', failed: '0' });
    expect(run.report().skipped).toEqual({ 'nothing-to-restore': 1 });
    expect(run.report().messages).toMatchObject({ received: 2, acknowledged: 2 });
    expect(shapes()).toEqual({});
  });

  test('several records in one message: acknowledged when all are done', async (scene) => {
    const { bucket, expect, queue, recover, shapes, world } = scene;
    const told = (key: string, shape: string) => ({ bucket: bucket.name, key, versionId: seed(bucket, key, shape)[1] });
    const [good, bad, alone] = [told('good', 'A x'), told('bad', 'A x'), told('alone', 'A x')];
    await queue.send([messageOf(good, bad), messageOf(alone)]);
    const respond = { code: 'AccessDenied' };
    world.sandbox.faults.add({ operation: 'DeleteObjects', key: 'bad', bucket: bucket.name, keyError: respond });
    const run = await recover({}, { policy: POLICY });
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'partial', restored: '2', failed: '1' });
    expect(run.report().messages).toEqual({ received: 2, acknowledged: 1, ignored: 0, deferred: 1, invalid: 0 });
    expect(shapes()).toEqual({ good: 'A', bad: 'A x', alone: 'A' });
    expect(queue.inspect().inFlight.map(({ body }) => body)).toEqual([messageOf(good, bad)]);
  });
});
