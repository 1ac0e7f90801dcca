import type { Bucket } from '../../../sandbox/index.ts';
import { AWKWARD_KEYS } from '../support/awkward-keys.ts';
import { minute, onSandbox, seed } from '../support/sandbox.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
/** When it happened, ms since 1970. */
const THEN = Date.parse('2026-03-03T13:59:12Z');
const WHOLE = { operation: 'history', 'whole-bucket': 'true' };

const rfc = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z');

interface Wipe {
  readonly at: number;
  readonly keys: number;
  /** Milliseconds from the first to the last. */
  readonly over: number;
  readonly prefix?: string;
}

/** Keys that were written a month before, and all deleted. */
function wipe(bucket: Bucket, { at, keys, over, prefix = 'site/' }: Wipe): void {
  for (let i = 0; i < keys; i++) {
    const key = `${prefix}${i % 3 === 0 ? 'img' : 'css'}/${i}`;
    bucket.put(key, { body: `${i}`, lastModified: THEN - 30 * DAY });
    const later = Math.floor((i * over) / Math.max(1, keys - 1) / SECOND) * SECOND;
    bucket.delete(key, { lastModified: at + later });
  }
}

/** A month of overwrites and deletions, one of each every so often. */
function traffic(bucket: Bucket, every: number): void {
  for (let n = 0, at = THEN - 30 * DAY; at < THEN + HOUR; n++, at += every) {
    bucket.put(`traffic/${n % 50}`, { body: `${n}`, lastModified: at });
    if (n % 5 === 0) bucket.delete(`traffic/${(n + 7) % 50}`, { lastModified: at + 60 * SECOND });
  }
}

onSandbox('the incident finder', (test) => {
  test('a wipe of 3,000 keys in 40 s among steady traffic, and the rollback that it proposes', async (context) => {
    const { bucket, act, expect, mutations } = context;
    traffic(bucket, HOUR);
    wipe(bucket, { at: THEN, keys: 3000, over: 39 * SECOND });
    const run = await act(WHOLE);
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ status: 'no-change', 'suggested-time': rfc(THEN - SECOND), skipped: '0' });
    expect(run.report().history?.incident).toMatchObject({
      began: rfc(THEN),
      ended: rfc(THEN + 39 * SECOND),
      deleted: 3000,
      still: 3000,
      within: 'site/',
      prefixes: [
        { prefix: 'site/css/', keys: 2000 },
        { prefix: 'site/img/', keys: 1000 },
      ],
    });
    expect(run.summary).toContain('🔎 3,000 keys deleted');
    expect(run.summary).toContain('```mermaid');
    expect(mutations()).toEqual([]);
    expect(run.after).toEqual(run.before);

    const back = await act({ operation: 'rollback', prefix: 'site/', 'to-time': run.outputs['suggested-time'] ?? '' });
    expect(back.outputs).toMatchObject({ status: 'success', restored: '3000' });
  });

  test('two incidents: the bigger one is named first, the other with its own time', async ({ bucket, act, expect }) => {
    wipe(bucket, { at: THEN - 9 * DAY, keys: 400, over: 20 * SECOND, prefix: 'docs/' });
    wipe(bucket, { at: THEN, keys: 900, over: 20 * SECOND });
    const run = await act(WHOLE);
    expect(run.outputs['suggested-time']).toBe(rfc(THEN - SECOND));
    expect(run.report().history?.bursts.map(({ keys, judged, before }) => [keys, judged, before])).toEqual([
      [900, 'incident', rfc(THEN - SECOND)],
      [400, 'unusual', rfc(THEN - 9 * DAY - SECOND)],
    ]);
  });

  test('a slow deletion over three hours', async ({ bucket, act, expect }) => {
    wipe(bucket, { at: THEN, keys: 500, over: 3 * HOUR });
    const run = await act(WHOLE);
    expect(run.outputs['suggested-time']).toBe(rfc(THEN - SECOND));
    expect(run.report().history?.incident).toMatchObject({ deleted: 500, ended: rfc(THEN + 3 * HOUR) });
  });

  test('overwrites', async ({ bucket, act, expect }) => {
    for (let i = 0; i < 200; i++) {
      bucket.put(`k${i}`, { body: 'good', lastModified: THEN - DAY });
      bucket.put(`k${i}`, { body: 'encrypted', lastModified: THEN + Math.floor(i / 50) * SECOND });
    }
    const run = await act(WHOLE);
    expect(run.outputs['suggested-time']).toBe(rfc(THEN - SECOND));
    expect(run.report().history?.incident).toMatchObject({ overwritten: 200, deleted: 0 });
    expect(run.summary).not.toContain('operation: undelete');
  });

  test('after the rollback there is no incident any more: what was put back is no loss', async (context) => {
    const { bucket, act, expect } = context;
    for (let i = 0; i < 200; i++) {
      bucket.put(`k${i}`, { body: `good ${i}`, lastModified: THEN - DAY });
      bucket.put(`k${i}`, { body: `encrypted ${i}`, lastModified: THEN });
    }
    const first = await act(WHOLE);
    const back = await act({ operation: 'rollback', 'whole-bucket': 'true', 'to-time': rfc(THEN - SECOND) });
    expect(back.outputs).toMatchObject({ status: 'success', restored: '200' });
    const run = await act(WHOLE);
    expect([first.outputs['suggested-time'], run.outputs['suggested-time']]).toEqual([rfc(THEN - SECOND), '']);
    expect(run.summary).toContain('✅ No incident found');
    expect(run.report().history?.bursts).toMatchObject([{ keys: 200, still: 0, judged: 'over' }]);
  });

  test('a wipe over midnight: the window that is proposed brings back all of it', async ({ bucket, act, expect }) => {
    const midnight = Date.parse('2026-03-04T00:00:00Z');
    wipe(bucket, { at: midnight - 20 * SECOND, keys: 600, over: 40 * SECOND });
    const run = await act(WHOLE);
    const { incident } = run.report().history ?? {};
    expect(incident).toMatchObject({
      deleted: 600,
      began: rfc(midnight - 20 * SECOND),
      ended: rfc(midnight + 20 * SECOND),
    });
    const [, step = ''] = /```yaml\nwith:\n([\s\S]*?)```/.exec(run.summary) ?? [];
    const inputs = Object.fromEntries(
      [...step.matchAll(/^ {2}([\w-]+): '?(.*?)'?$/gm)].map(([, name, value]) => [name, value]),
    );
    expect(inputs).toMatchObject({ operation: 'undelete', 'whole-bucket': 'true', 'dry-run': 'true' });
    const back = await act({ ...inputs, 'dry-run': 'false' });
    expect(back.outputs).toMatchObject({ status: 'success', restored: '600' });
  });

  test('a few keys that are gone: no incident, but nothing that is called well', async ({ bucket, act, expect }) => {
    traffic(bucket, 6 * HOUR);
    for (let i = 0; i < 60; i++) bucket.put(`site/${i}`, { body: `${i}`, lastModified: THEN - 30 * DAY });
    for (let i = 0; i < 9; i++) bucket.delete(`site/${i}`, { lastModified: THEN });
    const run = await act(WHOLE);
    expect(run.outputs['suggested-time']).toBe('');
    expect(run.report().history?.bursts).toMatchObject([
      { keys: 9, still: 9, judged: 'small', before: rfc(THEN - SECOND) },
    ]);
    expect(run.summary).toContain('🔎 No incident stands out');
    expect(run.summary).not.toContain('✅');
  });

  test('none in a calm bucket: no time, and that is said', async ({ bucket, act, expect }) => {
    traffic(bucket, 6 * HOUR);
    const run = await act(WHOLE);
    expect(run.outputs).toMatchObject({ status: 'no-change', 'suggested-time': '' });
    expect(run.summary).toContain('✅ No incident found');
  });

  test('markers of a lifecycle rule are shown apart', async ({ bucket, act, expect }) => {
    for (let i = 0; i < 30; i++) {
      bucket.put(`old/${i}`, { body: 'x', lastModified: THEN - 30 * DAY });
      bucket.expire(`old/${i}`);
    }
    const run = await act(WHOLE);
    expect(run.outputs['suggested-time']).toBe('');
    expect(run.report().history?.midnights).toMatchObject([{ keys: 30, still: 30 }]);
    expect(run.summary).toContain('Deletions stamped midnight');
  });

  test('one key: its timeline', async ({ bucket, act, expect }) => {
    const ids = seed(bucket, 'k', 'A B x x');
    const run = await act({ operation: 'history', key: 'k' });
    expect(run.outputs['suggested-time']).toBe(rfc(minute(2) - SECOND));
    expect(run.report().history?.timeline?.map(({ deed, versionId }) => [deed, versionId])).toEqual([
      ['deleted-again', ids[3]],
      ['deleted', ids[2]],
      ['overwritten', ids[1]],
      ['created', ids[0]],
    ]);
  });

  test('a key that is not there', async ({ act, expect }) => {
    const run = await act({ operation: 'history', key: 'k' });
    expect(run.outputs).toMatchObject({ status: 'no-change', 'suggested-time': '' });
    expect(run.summary).toContain('⚠️ No key found');
  });

  test('a listing that is refused', async ({ act, expect, fault }) => {
    fault({ operation: 'ListObjectVersions', respond: { status: 403, code: 'AccessDenied' } });
    const run = await act(WHOLE);
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({ status: 'failed', 'suggested-time': '' });
    expect(run.summary).toContain('❌ The history was not read to its end');
  });

  test('all awkward keys, deleted at once, become no markup and no command', async ({ bucket, act, expect }) => {
    for (const [, key] of AWKWARD_KEYS) {
      bucket.put(`${key}/x`, { body: 'x', lastModified: THEN - DAY });
      bucket.delete(`${key}/x`, { lastModified: THEN });
    }
    const run = await act(WHOLE);
    expect(run.report().history?.incident).toMatchObject({ deleted: AWKWARD_KEYS.length });
  });

  for (const [what, key] of AWKWARD_KEYS) {
    test(`the timeline of an awkward key: ${what}`, async ({ bucket, act, expect }) => {
      seed(bucket, key, 'A x');
      const run = await act({ operation: 'history', key });
      expect(run.report().history?.timeline).toHaveLength(2);
    });
  }
});
