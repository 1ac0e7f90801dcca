import { messageOf, PEOPLE } from '../../support/bot-world.ts';
import { ONLY_TOLD, policyOf, scenes, seed } from './support/scene.ts';

await scenes('a dry run of the bot', (test) => {
  test('shows for each event what would be done, and changes nothing: neither buckets nor queue', async (scene) => {
    const { bucket, connect, expect, queue, queueActions, recover, remove, requests, shapes, write } = scene;
    const keys = ['site/a', 'site/b', 'site/later', 'site/rewritten', 'site/gone'];
    for (const key of [...keys, 'logs/a']) seed(bucket, key, 'A');
    await connect();
    await remove('cleanup', 'site/a', 'site/b', 'site/rewritten');
    await remove('retention', 'site/gone');
    await remove('cleanup', 'logs/a');
    await write('operator', 'site/rewritten', 'B');
    const [, later] = seed(bucket, 'site/later', 'B x');
    const young = { bucket: bucket.name, key: 'site/later', versionId: later, at: Date.now() };
    await queue.send([messageOf(young), 'this is no JSON']);
    const before = shapes();
    const there = queue.inspect().visible.map(({ id }) => id);

    const policy = {
      version: 1,
      rules: [
        { name: 'the rest, only told', bucket: '*', keys: 'logs/**', ...ONLY_TOLD },
        {
          ...{ name: 'published site', bucket: '*', keys: 'site/**', 'hold-off': '6h' },
          'wanted-by': { principals: '*:retention-job*' },
        },
      ],
    };
    const run = await recover({ 'dry-run': 'true' }, { policy });
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'planned', planned: '2', restored: '0', skipped: '4' });
    expect(run.outputs['journal-file']).toBe('');
    expect(run.plan().lines.map(({ key }) => key)).toEqual(['site/a', 'site/b']);
    expect(shapes()).toEqual(before);
    expect(requests('DeleteObjects', 'DeleteObject', 'CopyObject', 'PutObject')).toEqual([]);

    const decisions = (run.report().events ?? []).map(({ key, rule, decision, outcome, principal }) => {
      return [key, rule, decision, outcome, principal];
    });
    const { cleanup, retention } = PEOPLE;
    expect(decisions).toEqual([
      ['logs/a', 'the rest, only told', 'report', 'report-only', cleanup.principal],
      ['site/a', 'published site', 'restore', 'planned', cleanup.principal],
      ['site/b', 'published site', 'restore', 'planned', cleanup.principal],
      ['site/gone', 'published site', 'wanted', 'wanted', retention.principal],
      ['site/later', 'published site', 'hold-off', 'held-off', cleanup.principal],
      ['site/rewritten', 'published site', 'restore', 'superseded', cleanup.principal],
    ]);
    for (const words of ['would be restored', 'the rest, only told', 'published site', ...keys, 'logs/a']) {
      expect(run.summary).toContain(words);
    }

    // All of them are there again at once, for the run that counts.
    expect(queueActions()).not.toContain('DeleteMessageBatch');
    expect(queue.count()).toEqual({ visible: there.length, inFlight: 0, deadLetters: 0 });
    expect(run.report().messages).toMatchObject({ received: there.length, acknowledged: 0, invalid: 1 });

    const real = await recover({}, { policy });
    expect(real.outputs).toMatchObject({ status: 'success', restored: '2', skipped: '4' });
    expect(shapes()).toEqual({ ...before, 'site/a': 'A', 'site/b': 'A' });
  });

  test('of one payload', async ({ bucket, expect, recover, shapes }) => {
    const event = messageOf({ bucket: bucket.name, key: 'k', versionId: seed(bucket, 'k', 'A x')[1] });
    const run = await recover({ event, 'dry-run': 'true' }, { policy: policyOf({}) });
    expect(run.outputs).toMatchObject({ status: 'planned', planned: '1' });
    expect(shapes()).toEqual({ k: 'A x' });
  });

  test('with nothing to change', async ({ expect, recover }) => {
    const run = await recover({ 'dry-run': 'true' }, { policy: policyOf({}) });
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'planned', planned: '0' });
  });
});
