import { generator } from '../../../sandbox/faults.ts';
import { messageOf, PEOPLE, type Told, type Who } from '../../support/bot-world.ts';
import { scenes, seed } from './support/scene.ts';

const POLICY = `
version: 1
rules:
  - name: published site
    bucket: "*"
    wanted-by:
      principals: ["*:retention-job*"]
`;

await scenes('a cleanup gone wrong', (test) => {
  test('3,000 deletions are undone, the 200 of the retention job are not', async (scene) => {
    const { bucket, connect, expect, queue, recover, remove, requests } = scene;
    const lost = Array.from({ length: 3000 }, (_, i) => `site/${i % 7}/page-${i}.html`);
    const expired = Array.from({ length: 200 }, (_, i) => `logs/2019/${i}.log`);
    for (const key of [...lost, ...expired, 'site/untouched']) bucket.put(key, { body: 'A' });
    await connect();
    await remove('cleanup', ...lost);
    await remove('retention', ...expired);
    expect(queue.count().visible).toBe(1 + 3000 + 200);

    // As in a workflow: until the queue has nothing more.
    const limits = { 'max-messages': '10000', 'drain-seconds': '240', 'idle-polls': '1' };
    const run = await recover(limits, { policy: POLICY });
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({
      status: 'success',
      ...{ planned: '3000', restored: '3000', unchanged: '0', skipped: '200', conflicts: '0', failed: '0' },
    });
    const { messages, skipped, steps, events } = run.report();
    // S3's test message is the one more that had nothing to undo.
    expect(messages).toEqual({ received: 3201, acknowledged: 3201, ignored: 201, deferred: 0, invalid: 0 });
    expect(skipped).toEqual({ wanted: 200 });
    expect(steps).toMatchObject({ 'remove-delete-marker': 3000, 'copy-version': 0 });
    expect(events).toHaveLength(1000);
    expect(lost.every((key) => bucket.entries(key).length === 1)).toBe(true);
    expect(expired.every((key) => bucket.current(key)?.deleteMarker)).toBe(true);
    expect(queue.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: 0 });

    const deletes = requests('DeleteObjects', 'DeleteObject');
    expect(deletes.length).toBeLessThanOrEqual(4);
    expect(deletes.flatMap(({ keys = [] }) => keys)).toHaveLength(3000);
    // A page has a thousand entries; the histories are read to decide, and again to verify.
    expect(requests('ListObjectVersions').length).toBeLessThanOrEqual(25);
    for (const words of ['nightly-cleanup', 'retention-job-7', '203.0.113.7', 'published site']) {
      expect(run.summary).toContain(words);
    }

    const again = await recover({}, { policy: POLICY });
    expect(again.outputs).toMatchObject({ status: 'no-change', planned: '0' });
    expect(again.outputs['journal-file']).toBe('');
    expect(requests('DeleteObjects', 'DeleteObject')).toHaveLength(deletes.length);
  });

  test('5,000 events, each twice and in any order: the same as once and in order', async (scene) => {
    const { another, bucket, expect, queue, recover, shapes, world } = scene;
    const twin = another();
    const shuffled = world.createQueue();
    const [once, twice] = [bucket, twin].map((one) => storyOf(one));
    await queue.send((once ?? []).map((told) => messageOf(told)));
    const random = generator(7);
    const doubled = [...(twice ?? []), ...(twice ?? [])].map((told) => ({ told, at: random() }));
    await shuffled.send(doubled.sort((a, b) => a.at - b.at).map(({ told }) => messageOf(told)));

    const inOrder = await recover({}, { policy: POLICY });
    const inDisorder = await recover(
      { 'queue-url': shuffled.url, 'max-messages': String(doubled.length), 'drain-seconds': '60' },
      // The queue of the scene is not the one that is drained.
      { policy: POLICY, queueTrouble: true },
    );
    const counts = { status: 'success', planned: '834', restored: '834', unchanged: '0', skipped: '834', failed: '0' };
    expect(inOrder.outputs).toMatchObject(counts);
    expect(inDisorder.outputs).toMatchObject(counts);
    const skipped = { superseded: 417, wanted: 417 };
    expect([inOrder.report().skipped, inDisorder.report().skipped]).toEqual([skipped, skipped]);
    expect(shapes(twin)).toEqual(shapes());
    expect(inDisorder.report().messages).toMatchObject({ received: 5004, acknowledged: 5004 });
    expect(shuffled.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: 0 });
  });
});

const KEYS = 4 * 417;

/** Six events for every four keys. */
function storyOf(bucket: { readonly name: string } & Parameters<typeof seed>[0]): Told[] {
  let number = 0;
  const event = (key: string, versionId: string | undefined, who: Who = 'cleanup'): Told => {
    const sequencer = (++number).toString(16).padStart(18, '0').toUpperCase();
    return { bucket: bucket.name, key, versionId, sequencer, principal: PEOPLE[who].principal };
  };
  return Array.from({ length: KEYS }, (_, i) => `k${i}`).flatMap((key, i) => {
    switch (i % 4) {
      case 0:
        return [event(key, seed(bucket, key, 'A x')[1])];
      case 1: {
        const [, first, second] = seed(bucket, key, 'A x x');
        return [event(key, first), event(key, second)];
      }
      case 2:
        // Written anew since.
        return [event(key, seed(bucket, key, 'A x B')[1])];
      default: {
        const [, first, second] = seed(bucket, key, 'A x x');
        return [event(key, first), event(key, second, 'retention')];
      }
    }
  });
}
