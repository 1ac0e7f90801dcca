import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Operation } from '../../../sandbox/index.ts';
import { planOf } from '../../support/model-earlier.ts';
import { temporaryFolder } from '../support/act.ts';
import { annotationsOf } from '../support/commands.ts';
import { mixtureAfter, mixtureInputs, seedMixture } from '../support/mixture.ts';
import { minute, onSandbox, seed } from '../support/sandbox.ts';
import { victim } from '../support/signals.ts';

const CHANGES: Operation[] = ['DeleteObjects', 'DeleteObject', 'CopyObject'];
const UNDELETE = { operation: 'undelete', 'whole-bucket': 'true', 'dry-run': 'true' };

/** Of a plan that is in order, what is given instead; the code, and what the error says. */
const BAD: readonly (readonly [what: string, (plan: string) => string, code: string, says: RegExp])[] = [
  ['edited', (plan) => plan.replace('"key":"a"', '"key":"b"'), 'plan-digest-mismatch', /the plan that was made/],
  ['cut in the middle of a line', (plan) => plan.slice(0, -20), 'invalid-plan', /line 2 of the plan/],
  ['cut at the end of a line', (plan) => `${plan.split('\n')[0]}\n`, 'plan-digest-mismatch', /not the plan/],
  ['empty', () => '', 'invalid-plan', /empty/],
  [
    'of another version',
    (plan) => plan.replace('"schemaVersion":1', '"schemaVersion":2'),
    'invalid-plan',
    /another version/,
  ],
  ['of a download', (plan) => plan.replace('"kind":"plan"', '"kind":"download"'), 'invalid-plan', /"download"/],
  [
    'with another digest',
    (plan) => plan.replace(/sha256:.{64}/, `sha256:${'0'.repeat(64)}`),
    'plan-digest-mismatch',
    /./,
  ],
];

onSandbox('a plan that cannot be applied: one error, and nothing is asked of S3', (test) => {
  for (const [what, spoil, code, says] of BAD) {
    test(what, async ({ bucket, act, expect, requests }) => {
      seed(bucket, 'a', 'A x');
      const dry = await act(UNDELETE);
      const already = requests().length;
      const file = join(temporaryFolder(), 'plan.jsonl');
      writeFileSync(file, spoil(readFileSync(dry.outputs['plan-file'] ?? '', 'utf8')));
      const run = await act({ operation: 'apply', 'plan-file': file });
      expect(run.code).toBe(1);
      expect(run.outputs).toMatchObject({
        status: 'failed',
        planned: '0',
        restored: '0',
        'plan-file': '',
        'journal-file': '',
      });
      expect(run.report().error).toMatchObject({
        code,
        message: expect.stringMatching(says),
        hint: expect.stringMatching(/.../),
      });
      expect(annotationsOf(run.stdout, 'error').some(({ message }) => message.includes('input "plan-file"'))).toBe(
        true,
      );
      expect(requests()).toHaveLength(already);
    });
  }

  for (const [what, make] of [
    ['no file', () => {}],
    ['a folder', (path: string) => void mkdirSync(path)],
    ['a pipe that nobody writes to', (path: string) => void execFileSync('mkfifo', [path])],
  ] as const) {
    test(what, async ({ act, expect, requests }) => {
      const file = join(temporaryFolder(), 'plan');
      make(file);
      const run = await act({ operation: 'apply', 'plan-file': file }, { limitMs: 30_000 });
      expect(run.signal, 'it does not wait').toBeNull();
      expect(run.report().error).toMatchObject({
        code: 'plan-not-found',
        message: expect.stringContaining('"plan-file"'),
      });
      expect(requests()).toEqual([]);
    });
  }

  test('too old, of another bucket, not the one that was approved', async ({ bucket, act, expect, mutations }) => {
    seed(bucket, 'a', 'A x');
    const file = join(temporaryFolder(), 'plan.jsonl');
    writeFileSync(file, planOf([], { bucket: bucket.name, createdAt: '2026-01-01T00:00:00Z' }));
    const old = await act({ operation: 'apply', 'plan-file': file });
    expect(old.report().error).toMatchObject({
      code: 'plan-too-old',
      message: expect.stringContaining('"max-plan-age"'),
    });
    const dry = await act(UNDELETE);
    const given = { operation: 'apply', 'plan-file': dry.outputs['plan-file'] ?? '' };
    const other = await act({ ...given, bucket: 'another-bucket' }, { unaccountable: true });
    expect(other.report().error).toMatchObject({ code: 'plan-for-another-bucket' });
    const digest = await act({ ...given, 'plan-digest': `sha256:${'0'.repeat(64)}` });
    expect(digest.report().error).toMatchObject({
      code: 'plan-digest-mismatch',
      message: expect.stringContaining('"plan-digest"'),
    });
    expect(mutations()).toEqual([]);
  });
});

onSandbox('a plan that is overtaken while it is applied', (test) => {
  for (const [what, shape, inputs, operation] of [
    ['a copy', 'A B', { 'versions-back': '1' }, 'CopyObject'],
    ['a new marker', 'A', { 'to-time': '2020-01-01T00:00:00Z' }, 'DeleteObject'],
  ] as const) {
    test(`${what}: the guard of the plan still holds`, async ({ bucket, act, expect, fault, shapes }) => {
      seed(bucket, 'k', shape);
      const dry = await act({ operation: 'rollback', key: 'k', ...inputs, 'dry-run': 'true' });
      fault({ operation, times: 1, hook: () => void bucket.put('k', { body: 'Z' }) });
      const run = await act({ operation: 'apply', 'plan-file': dry.outputs['plan-file'] ?? '' }, { others: true });
      expect(run.outputs).toMatchObject({ status: 'partial', restored: '0', conflicts: '1' });
      expect(shapes()).toEqual({ k: `${shape} Z` });
    });
  }
});

onSandbox('killed while it is applied: applied again it ends where the plan ends', (test) => {
  for (const method of ['copy', 'delete'] as const) {
    for (const [nth, when] of [
      [0, 'before'],
      [7, 'after'],
      [21, 'before'],
      [33, 'after'],
    ] as const) {
      test(`${method}: over change ${nth + 1}, ${when} it was done`, async ({ bucket, act, expect, fault, shapes }) => {
        seedMixture(bucket);
        const { 'batch-size': size, ...inputs } = mixtureInputs(method);
        const dry = await act({ ...inputs, 'dry-run': 'true' });
        const apply = {
          operation: 'apply',
          'plan-file': dry.outputs['plan-file'] ?? '',
          'batch-size': size ?? '',
          ...(method === 'delete' && { 'max-deletes': '100' }),
        };
        const { onSpawn, kill } = victim();
        fault({ operation: CHANGES, skip: nth, times: 1, hook: kill, when });
        const killed = await act(apply, { onSpawn, others: true });
        expect(killed.signal).toBe('SIGKILL');
        const again = await act(apply, { others: true });
        expect(again.code, again.stdout).toBe(0);
        expect(again.outputs).toMatchObject({ failed: '0', conflicts: '0', skipped: '0' });
        expect(shapes()).toEqual(mixtureAfter(method));
      });
    }
  }
});

onSandbox('a large plan', (test) => {
  test('of 40,000 keys is looked at in pages, with a heap of 64 MB', async ({ bucket, act, expect, requests }) => {
    const keys = Array.from({ length: 40_000 }, (_, i) => `site/${String(i).padStart(6, '0')}.html`);
    const lines = keys.map((key) => {
      const version = bucket.put(key, { body: 'A', lastModified: minute(0) });
      const marker = bucket.delete(key, { lastModified: minute(1) }) ?? '';
      return {
        bucket: bucket.name,
        key,
        from: { versionId: marker, deleteMarker: true, etag: null },
        to: { versionId: version },
        steps: [{ do: 'remove-delete-marker', versionId: marker } as const],
      };
    });
    // One in five thousand is overtaken.
    const touched = keys.filter((_, i) => i % 5000 === 2500);
    for (const key of touched) bucket.put(key, { body: 'Z' });
    const file = join(temporaryFolder(), 'plan.jsonl');
    writeFileSync(file, planOf(lines, { bucket: bucket.name, createdAt: new Date().toISOString() }));
    const run = await act(
      { operation: 'apply', 'plan-file': file, 'dry-run': 'true' },
      // The plan has lines of keys that are not planned any more.
      { unaccountable: true, env: { NODE_OPTIONS: '--max-old-space-size=64' } },
    );
    expect(run.code, run.stdout).toBe(0);
    expect(run.outputs).toMatchObject({ planned: '39992', conflicts: '8', failed: '0' });
    expect(run.report().conflicts.map(({ key }) => key)).toEqual(touched);
    // Two entries a key, a thousand a page: 80 pages; and some more where stretches begin.
    expect(requests('ListObjectVersions').length).toBeLessThanOrEqual(120);
  });

  test('of 3,000 is applied with a DeleteObjects a thousand', async ({ bucket, act, expect, requests, mutations }) => {
    for (let i = 0; i < 3000; i++) seed(bucket, `site/${String(i).padStart(4, '0')}`, 'A x');
    const dry = await act(UNDELETE);
    const already = requests('ListObjectVersions').length;
    const run = await act({ operation: 'apply', 'plan-file': dry.outputs['plan-file'] ?? '' });
    expect(run.outputs).toMatchObject({ status: 'success', restored: '3000' });
    expect(mutations().map(({ operation }) => operation)).toEqual(['DeleteObjects', 'DeleteObjects', 'DeleteObjects']);
    // Looked at before, and proven after.
    expect(requests('ListObjectVersions').length - already).toBeLessThanOrEqual(30);
  });
});
