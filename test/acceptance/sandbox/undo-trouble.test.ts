import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bucket, BucketOptions, Operation } from '../../../sandbox/index.ts';
import { type Histories, sandboxHistories } from '../../support/server-bucket.ts';
import { temporaryFolder } from '../support/act.ts';
import { annotationsOf } from '../support/commands.ts';
import { mixtureInputs, seedMixture } from '../support/mixture.ts';
import { minute, onSandbox, seed } from '../support/sandbox.ts';
import { victim } from '../support/signals.ts';

const CHANGES: Operation[] = ['DeleteObjects', 'DeleteObject', 'CopyObject'];
const UNDELETE = { operation: 'undelete', 'whole-bucket': 'true' };
const ROLLBACK = { operation: 'rollback', 'whole-bucket': 'true', 'versions-back': '1' };
/** The bounds of an undo are told by the journal: each test looks for itself that nothing else changed. */
const FREE = { others: true };

/** What readers see: the content on top, or nothing. */
function views(histories: Histories): Record<string, string> {
  const seen = [...histories].flatMap(([key, [top]]) =>
    top === undefined || top.deleteMarker ? [] : [[key, top.etag] as const],
  );
  return Object.fromEntries(seen);
}

const viewsNow = (bucket: Bucket) => views(sandboxHistories(bucket));

function versionsOf(bucket: Bucket): string[] {
  return [...sandboxHistories(bucket)].flatMap(([key, rows]) =>
    rows.filter((row) => !row.deleteMarker).map(({ versionId, etag }) => `${key} ${versionId} ${etag}`),
  );
}

/** Of a journal that is in order, what is given instead; the code, and what the error says. */
const BAD: readonly (readonly [what: string, (journal: string) => string, code: string, says: RegExp])[] = [
  ['empty', () => '', 'invalid-journal', /line 1 .*empty/],
  [
    'of a dry run',
    (journal) => journal.replace('"dryRun":false', '"dryRun":true'),
    'journal-of-dry-run',
    /dry run, which changed nothing/,
  ],
  ['cut in the middle', (journal) => journal.replace('"do":', '"d'), 'invalid-journal', /line 2 .*cut in the middle/],
  ['of two runs', (journal) => journal + journal, 'invalid-journal', /line 5 .*two runs/],
  ['of a download', () => '{"schemaVersion":1,"kind":"download"}\n', 'invalid-journal', /"download", not a journal/],
  [
    'of another version',
    (journal) => journal.replace('"schemaVersion":1', '"schemaVersion":9'),
    'invalid-journal',
    /another version/,
  ],
  [
    'of another bucket',
    (journal) => journal.replaceAll(/"bucket":"[^"]*"/g, '"bucket":"another"'),
    'journal-for-another-bucket',
    /input "bucket".*"another"/,
  ],
];

onSandbox('a journal that cannot be taken back: one error, and nothing is asked of S3', (test) => {
  for (const [what, spoil, code, says] of BAD) {
    test(what, async ({ bucket, act, expect, requests }) => {
      seed(bucket, 'a', 'A x');
      const earlier = await act(UNDELETE);
      const already = requests().length;
      const file = join(temporaryFolder(), 'journal.jsonl');
      writeFileSync(file, spoil(readFileSync(earlier.outputs['journal-file'] ?? '', 'utf8')));
      const run = await act({ operation: 'undo', 'journal-file': file });
      expect(run.code).toBe(1);
      expect(run.outputs).toMatchObject({ status: 'failed', planned: '0', restored: '0' });
      expect(run.report().error).toMatchObject({
        code,
        message: expect.stringMatching(says),
        hint: expect.stringMatching(/.../),
      });
      const named = code === 'journal-for-another-bucket' ? 'input "bucket"' : 'input "journal-file"';
      expect(annotationsOf(run.stdout, 'error').some(({ message }) => message.includes(named))).toBe(true);
      expect(requests()).toHaveLength(already);
    });
  }

  for (const [what, make] of [
    ['no file', () => {}],
    ['a folder', (path: string) => void mkdirSync(path)],
  ] as const) {
    test(what, async ({ act, expect, requests }) => {
      const file = join(temporaryFolder(), 'journal');
      make(file);
      const run = await act({ operation: 'undo', 'journal-file': file });
      expect(run.report().error).toMatchObject({
        code: 'journal-not-found',
        message: expect.stringContaining('"journal-file"'),
      });
      expect(requests()).toEqual([]);
    });
  }

  test('the plan of the run instead of its journal', async ({ bucket, act, expect }) => {
    seed(bucket, 'a', 'A x');
    const earlier = await act(UNDELETE);
    const run = await act({ operation: 'undo', 'journal-file': earlier.outputs['plan-file'] ?? '' });
    expect(run.report().error).toMatchObject({
      code: 'invalid-journal',
      message: expect.stringContaining('"plan", not a journal'),
    });
  });
});

onSandbox('a run that was killed is undone from what it left', (test) => {
  for (const [nth, when] of [
    [0, 'before'],
    [3, 'after'],
    [12, 'before'],
    [22, 'after'],
    [40, 'after'],
  ] as const) {
    test(`over change ${nth + 1}, ${when} it was done`, async ({ bucket, act, expect, fault }) => {
      seedMixture(bucket);
      const before = viewsNow(bucket);
      const versions = versionsOf(bucket);
      const journal = join(temporaryFolder(), 'journal.jsonl');
      const { onSpawn, kill } = victim();
      fault({ operation: CHANGES, skip: nth, times: 1, hook: kill, when });
      const killed = await act({ ...mixtureInputs('copy'), 'journal-file': journal }, { onSpawn });
      expect(killed.signal).toBe('SIGKILL');

      // Its last line may be cut, too.
      writeFileSync(journal, `${readFileSync(journal, 'utf8')}{"intent":9`);
      const undone = await act({ operation: 'undo', 'journal-file': journal }, FREE);
      expect(undone.code, undone.stdout).toBe(0);
      expect(undone.outputs).toMatchObject({ failed: '0', conflicts: '0', skipped: '0' });
      expect(undone.report().notes).toContainEqual(expect.stringContaining('was killed'));
      expect(viewsNow(bucket)).toEqual(before);
      expect(versionsOf(bucket)).toEqual(versions);
    });
  }
});

onSandbox('an undo that is killed ends when it is run again', (test) => {
  for (const [nth, when] of [
    [0, 'after'],
    [9, 'before'],
    [30, 'after'],
  ] as const) {
    test(`over change ${nth + 1}, ${when} it was done`, async ({ bucket, act, expect, fault }) => {
      seedMixture(bucket);
      const before = viewsNow(bucket);
      const versions = versionsOf(bucket);
      const run = await act(mixtureInputs('copy'));
      const undo = { operation: 'undo', 'journal-file': run.outputs['journal-file'] ?? '', 'batch-size': '2' };
      const { onSpawn, kill } = victim();
      fault({ operation: CHANGES, skip: nth, times: 1, hook: kill, when });
      const killed = await act(undo, { ...FREE, onSpawn });
      expect(killed.signal).toBe('SIGKILL');
      const again = await act(undo, FREE);
      expect(again.code, again.stdout).toBe(0);
      expect(again.outputs).toMatchObject({ failed: '0', conflicts: '0', skipped: '0' });
      expect(viewsNow(bucket)).toEqual(before);
      expect(versionsOf(bucket)).toEqual(versions);
    });
  }
});

onSandbox('somebody writes while a run is undone', (test) => {
  for (const [what, shape, inputs, operation, after] of [
    ['before a copy is removed', 'A B', ROLLBACK, 'DeleteObjects', /Z$/],
    ['before a marker is put back', 'A x', UNDELETE, 'DeleteObject', /Z$/],
  ] as const) {
    test(`${what}: theirs stays on top, and is told`, async ({ bucket, act, expect, fault, shapes }) => {
      seed(bucket, 'k', shape);
      const run = await act(inputs);
      fault({ operation, times: 1, hook: () => void bucket.put('k', { body: 'Z' }) });
      const undone = await act({ operation: 'undo', 'journal-file': run.outputs['journal-file'] ?? '' }, FREE);
      expect(undone.outputs).toMatchObject({ status: 'partial', restored: '0', conflicts: '1' });
      expect(shapes().k).toMatch(after);
    });
  }
});

const SERVERS: readonly (readonly [string, NonNullable<BucketOptions['quirks']>])[] = [
  ['ids are not told', { hidesVersionIds: true }],
  ['conditions are ignored', { ignoresConditions: true }],
  ['conditions are refused', { refusesConditions: true }],
  ['conditions are ignored, ids are not told', { ignoresConditions: true, hidesVersionIds: true }],
];

for (const [what, quirks] of SERVERS) {
  onSandbox(`a server where ${what}`, (test) => {
    const options = { quirks };
    test(
      'alone in the bucket, a run is undone',
      async ({ bucket, act, expect }) => {
        seedMixture(bucket);
        const before = viewsNow(bucket);
        const versions = versionsOf(bucket);
        const run = await act(mixtureInputs('copy'));
        const undo = { operation: 'undo', 'journal-file': run.outputs['journal-file'] ?? '' };
        const undone = await act(undo, FREE);
        expect(undone.code, undone.stdout).toBe(0);
        expect(viewsNow(bucket)).toEqual(before);
        expect(versionsOf(bucket)).toEqual(versions);
        const again = await act(undo, FREE);
        expect(again.outputs).toMatchObject({ status: 'no-change', planned: '0' });
      },
      options,
    );

    for (const [where, when] of [
      ['under ours', 'before'],
      ['on top of ours', 'after'],
    ] as const) {
      test(
        `what somebody wrote ${where} in the same moment is not taken for ours`,
        async ({ bucket, act, expect, fault, shapes }) => {
          // Of the size of what is copied, so that only a look at it tells.
          seed(bucket, 'k', 'A B');
          fault({
            operation: 'CopyObject',
            times: 1,
            when,
            hook: () => void bucket.put('k', { body: 'Z', lastModified: minute(5) }),
          });
          const run = await act(ROLLBACK, FREE);
          const now = shapes();
          const undone = await act({ operation: 'undo', 'journal-file': run.outputs['journal-file'] ?? '' }, FREE);
          expect(undone.outputs.restored).toBe('0');
          expect(shapes()).toEqual(now);
          expect(now.k).toContain('Z');
        },
        options,
      );
    }

    test(
      'what somebody wrote in the place of ours is not taken for it',
      async ({ bucket, act, expect, shapes }) => {
        seed(bucket, 'k', 'A B');
        const run = await act(ROLLBACK);
        bucket.remove('k', bucket.current('k')?.versionId ?? '');
        bucket.put('k', { body: 'Z' });
        await act({ operation: 'undo', 'journal-file': run.outputs['journal-file'] ?? '' }, FREE);
        expect(shapes()).toEqual({ k: 'A B Z' });
      },
      options,
    );
  });
}

onSandbox('3,000 keys', (test) => {
  test('an undelete is undone in a listing page a thousand entries, and a marker a key', async (context) => {
    const { bucket, act, expect, requests } = context;
    for (let i = 0; i < 3000; i++) seed(bucket, `site/${String(i).padStart(4, '0')}`, 'A x');
    const before = viewsNow(bucket);
    const run = await act(UNDELETE);
    const already = requests().length;
    const undone = await act({ operation: 'undo', 'journal-file': run.outputs['journal-file'] ?? '' }, FREE);
    expect(undone.outputs).toMatchObject({ status: 'success', restored: '3000' });
    expect(viewsNow(bucket)).toEqual(before);
    const sent = requests().slice(already);
    const count = (operation: Operation) => sent.filter((one) => one.operation === operation).length;
    // S3 has no batch of guarded markers.
    expect(count('DeleteObject')).toBe(3000);
    expect(count('HeadObject')).toBe(0);
    expect(count('ListObjectVersions')).toBeLessThanOrEqual(30);
  });
});
