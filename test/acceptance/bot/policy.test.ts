import { messageOf, PEOPLE } from '../../support/bot-world.ts';
import { annotationsOf } from '../support/commands.ts';
import { ALL_EVENTS, ONLY_TOLD, policyOf, type Scene, scenes, seed } from './support/scene.ts';

const HOUR = 3_600_000;
/** The machine's clock, so many ms later: for a run that comes later. */
function later(ms: number): { readonly env: Record<string, string> } {
  const shift = `const{now}=Date;Date.now=()=>now()+${ms}`;
  return { env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(shift)}` } };
}

const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}/${i}`);

/** Deletes keys, and tells of it by hand, a time between two of them. */
async function deletedEvery({ bucket, tell }: Scene, keys: readonly string[], ms: number, from: number): Promise<void> {
  await tell(...keys.map((key, i) => ({ key, versionId: seed(bucket, key, 'A x')[1], at: from + i * ms })));
}

await scenes('the policy', (test) => {
  test('the first rule that matches decides; none: left alone', async (scene) => {
    const { another, bucket, connect, expect, queue, recover, remove, shapes, world } = scene;
    const other = another();
    const keys = ['site/a', 'site/tmp/a', 'site/drafts/a', 'logs/a', 'elsewhere/a', 'Site/a', 'config/a.json'];
    for (const key of keys) seed(bucket, key, 'A');
    seed(other, 'site/a', 'A');
    await connect();
    await connect({ bucket: other });
    await remove('cleanup', ...keys);
    await world.remove('cleanup', other, ['site/a']);
    const policy = {
      version: 1,
      rules: [
        { name: 'drafts, only told', bucket: bucket.name, keys: 'site/drafts/**', ...ONLY_TOLD },
        { name: 'the site', bucket: bucket.name, keys: ['site/**'], 'except-keys': ['site/tmp/**'] },
        { name: 'by address', bucket: bucket.name, keys: 'logs/**', 'wanted-by': { 'source-ips': ['203.0.113.0/24'] } },
        { name: 'never asked', bucket: bucket.name, keys: '{site,logs}/!(tmp)/**' },
        { name: 'by extension', bucket: 'acceptance-*', keys: '*/*.{json,yml}' },
      ],
    };
    const run = await recover({}, { policy });
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '2', skipped: '6' });
    expect(run.report().skipped).toEqual({ 'report-only': 1, wanted: 1, 'no-rule': 4 });
    const told = (run.report().events ?? []).map(({ bucket: b, key, rule, decision }) => [b, key, rule, decision]);
    expect(told).toEqual(
      expect.arrayContaining([
        [bucket.name, 'site/a', 'the site', 'restore'],
        [bucket.name, 'site/drafts/a', 'drafts, only told', 'report'],
        [bucket.name, 'site/tmp/a', undefined, 'no-rule'],
        [bucket.name, 'logs/a', 'by address', 'wanted'],
        [bucket.name, 'config/a.json', 'by extension', 'restore'],
        [other.name, 'site/a', undefined, 'no-rule'],
      ]),
    );
    const restored = new Set(['site/a', 'config/a.json']);
    expect(shapes()).toEqual(Object.fromEntries(keys.map((key) => [key, restored.has(key) ? 'A' : 'A x'])));
    expect(shapes(other)).toEqual({ 'site/a': 'A x' });
    const warnings = annotationsOf(run.stdout, 'warning').map(({ message }) => message);
    expect(warnings).toEqual([expect.stringContaining('1 key left alone for people to look at')]);
    for (const words of ['drafts, only told', 'left alone: the rule only reports']) {
      expect(run.summary).toContain(words);
    }
    // Left alone is done.
    expect(queue.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: 0 });
  });

  test('a burst: 19 are left, 20 are restored, and 20 over too long a time are left', async (scene) => {
    const { bucket, expect, queue, recover, shapes } = scene;
    const from = Date.parse('2026-03-04T10:00:00Z');
    await deletedEvery(scene, numbered('few', 19), 1000, from);
    await deletedEvery(scene, numbered('many', 20), 1000, from);
    await deletedEvery(scene, numbered('slow', 20), 60_000, from);
    const rules = ['few', 'many', 'slow'].map((name) => ({
      ...{ name, bucket: bucket.name, keys: `${name}/**`, 'only-if': { 'at-least': 20, within: '10m' } },
    }));
    const run = await recover({}, { policy: { version: 1, rules } });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '20', skipped: '39' });
    expect(run.report().skipped).toEqual({ 'no-burst': 39 });
    expect(run.report().messages).toEqual({ received: 59, acknowledged: 59, ignored: 39, deferred: 0, invalid: 0 });
    for (const [key, shape] of Object.entries(shapes())) expect(shape).toBe(key.startsWith('many/') ? 'A' : 'A x');
    expect(queue.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: 0 });
  });

  test('a burst is not made of duplicates, nor of what was wanted', async (scene) => {
    const { bucket, expect, recover, tell } = scene;
    const told = numbered('k', 10).map((key) => ({ key, versionId: seed(bucket, key, 'A x')[1] }));
    const wanted = numbered('w', 15).map((key) => ({ key, principal: PEOPLE.retention.principal, versionId: 'v' }));
    await tell(...told, ...told, ...wanted);
    const rule = { 'wanted-by': { principals: '*:retention-job*' }, 'only-if': { 'at-least': 20, within: '10m' } };
    const run = await recover({}, { policy: policyOf(rule) });
    expect(run.report().skipped).toEqual({ 'no-burst': 10, wanted: 15 });
    expect(run.outputs.status).toBe('no-change');
  });

  test('hold-off: too young stays in the queue, and a later run restores it', async (scene) => {
    const { bucket, expect, queue, recover, requests, shapes, tell } = scene;
    const [young, old] = ['young', 'old'].map((key) => ({ key, versionId: seed(bucket, key, 'A x')[1] }));
    await tell({ ...young, key: 'young', at: Date.now() }, { ...old, key: 'old', at: Date.now() - 2 * HOUR });
    const policy = policyOf({ 'hold-off': '1h' });
    const first = await recover({}, { policy });
    expect(first.code).toBe(0);
    expect(first.outputs).toMatchObject({ status: 'success', planned: '1', restored: '1', skipped: '1' });
    expect(first.report().skipped).toEqual({ 'held-off': 1 });
    expect(first.report().messages).toEqual({ received: 2, acknowledged: 1, ignored: 0, deferred: 1, invalid: 0 });
    expect(shapes()).toEqual({ young: 'A x', old: 'A' });
    expect(requests('DeleteObjects').flatMap(({ keys = [] }) => keys.map(({ key }) => key))).toEqual(['old']);
    expect(first.summary).toContain('left for the next run: younger than hold-off');
    expect(queue.count()).toEqual({ visible: 0, inFlight: 1, deadLetters: 0 });

    await queue.showAll();
    const second = await recover({}, { policy, ...later(HOUR) });
    expect(second.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(shapes()).toEqual({ young: 'A', old: 'A' });
    expect(queue.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: 0 });
  });

  test('hold-off and a burst: seen in halves, and restored whole', async (scene) => {
    const { bucket, expect, queue, recover, shapes, tell } = scene;
    const tellHalf = (prefix: string) =>
      tell(...numbered(prefix, 10).map((key) => ({ key, versionId: seed(bucket, key, 'A x')[1], at: Date.now() })));
    const policy = policyOf({ 'only-if': { 'at-least': 20, within: '1h' }, 'hold-off': '1h' });
    await tellHalf('first');
    const first = await recover({}, { policy });
    expect(first.report()).toMatchObject({ skipped: { 'held-off': 10 }, messages: { deferred: 10, acknowledged: 0 } });
    await tellHalf('second');
    await queue.showAll();
    const second = await recover({}, { policy, ...later(HOUR) });
    expect(second.outputs).toMatchObject({ status: 'success', restored: '20' });
    expect(Object.values(shapes())).toEqual(Array(20).fill('A'));
    expect(queue.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: 0 });
  });

  test('max-restores-per-key: a key that is deleted again and again is left, and told', async (scene) => {
    const { bucket, expect, queue, recover, shapes, tell } = scene;
    const fought = (key: string, times: number) => {
      const [, marker] = seed(bucket, key, 'A x');
      // The earlier markers were removed by somebody.
      const before = Array.from({ length: times - 1 }, (_, i) => ({
        key,
        versionId: `gone${i}`,
        sequencer: `0${i + 1}`,
      }));
      return [...before, { key, versionId: marker, sequencer: '0A' }];
    };
    await tell(...fought('three times', 3), ...fought('four times', 4));
    const run = await recover({}, { policy: policyOf({ 'max-restores-per-key': 3 }) });
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1', skipped: '1' });
    expect(run.report().skipped).toEqual({ 'deleted-again': 1 });
    expect(shapes()).toEqual({ 'three times': 'A', 'four times': 'A x' });
    expect(annotationsOf(run.stdout, 'warning')).toHaveLength(1);
    expect(run.summary).toContain('deleted again and again');
    expect(queue.count()).toEqual({ visible: 0, inFlight: 0, deadLetters: 0 });
  });

  for (const [what, rule, shape] of [
    ['are left alone where no rule names them', {}, 'A x'],
    ['come back where a rule names them', { on: ['lifecycle-delete-marker'] }, 'A'],
  ] as const) {
    test(`markers of lifecycle rules ${what}`, async ({ bucket, connect, expect, recover, shapes }) => {
      seed(bucket, 'k', 'A');
      await connect({ events: ALL_EVENTS });
      bucket.expire('k');
      const run = await recover({}, { policy: policyOf(rule) });
      expect(run.code).toBe(0);
      expect(run.report().messages).toMatchObject({ received: 2, acknowledged: 2 });
      expect(shapes()).toEqual({ k: shape });
    });
  }

  test('no policy file: every deletion but those of lifecycle rules, with a warning', async (scene) => {
    const { bucket, connect, expect, recover, remove, shapes } = scene;
    for (const key of ['by the cleanup', 'by the retention job', 'by lifecycle']) seed(bucket, key, 'A');
    await connect({ events: ALL_EVENTS });
    await remove('cleanup', 'by the cleanup');
    await remove('retention', 'by the retention job');
    bucket.expire('by lifecycle');
    const run = await recover();
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '2', skipped: '1' });
    expect(shapes()).toEqual({ 'by the cleanup': 'A', 'by the retention job': 'A', 'by lifecycle': 'A x' });
    const warnings = annotationsOf(run.stdout, 'warning').map(({ message }) => message);
    expect(warnings).toEqual([expect.stringContaining('There is no policy file')]);
    expect(run.summary).toContain('There is no policy file');
  });

  test('bucket narrows it down: messages of others stay', async (scene) => {
    const { another, bucket, expect, queue, recover, shapes } = scene;
    const other = another();
    const told = [bucket, other].map((one) => ({ bucket: one.name, key: 'k', versionId: seed(one, 'k', 'A x')[1] }));
    await queue.send(told.map((one) => messageOf(one)));
    const run = await recover({ bucket: bucket.name }, { policy: policyOf({}) });
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'success', restored: '1' });
    expect(run.report().messages).toMatchObject({ received: 2, acknowledged: 1, deferred: 1 });
    expect([shapes(), shapes(other)]).toEqual([{ k: 'A' }, { k: 'A x' }]);
    expect(queue.inspect().visible.map(({ body }) => body)).toEqual([messageOf(told[1] ?? { bucket: '', key: '' })]);
    expect(run.summary).toContain('other buckets');
  });
});
