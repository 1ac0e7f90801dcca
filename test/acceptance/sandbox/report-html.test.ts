import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { nativeRecord } from '../../support/event-samples.ts';
import { type ActionRun, runAction } from '../../support/runner.ts';
import { server, temporaryFolder } from '../support/act.ts';
import { AWKWARD_KEYS } from '../support/awkward-keys.ts';
import { annotationsOf } from '../support/commands.ts';
import { onSandbox, seed } from '../support/sandbox.ts';

const KEYS = AWKWARD_KEYS.map(([, key]) => key);

interface Data {
  readonly rows: readonly (string | number)[][];
  readonly words: readonly string[];
  readonly kinds: readonly string[];
}

/** The page of a run: its text, and what its table has, by key. */
function pageOf(run: ActionRun, path = 'out/report.html') {
  const text = readFileSync(join(run.temp, path), 'utf8');
  const [, json] = /<script type="application\/json" id="data">([\s\S]*?)<\/script>/.exec(text) ?? [];
  const { rows, words, kinds } = JSON.parse(json ?? '{"rows":[],"words":[],"kinds":[]}') as Data;
  const word = (cell: string | number = 0) => (typeof cell === 'string' ? cell : (words[cell - 1] ?? ''));
  return {
    text,
    rows: new Map(
      rows.map(([kind = 0, , key, reason, before, after, steps, message, , who]) => [
        String(key),
        {
          kind: kinds[Number(kind)],
          reason: word(reason),
          before: before ?? 0,
          after: after ?? 0,
          steps: word(steps),
          message: word(message),
          who: word(who),
        },
      ]),
    ),
  };
}

const PAGE = { 'report-html': 'out/report.html' };
const WHOLE = { 'whole-bucket': 'true', ...PAGE };

onSandbox('the report as a page', (test) => {
  test('a history: the incident, its chart, and the time to go back to', async ({ bucket, act, expect }) => {
    for (let i = 0; i < 60; i++) seed(bucket, `site/${i}`, 'A x');
    const run = await act({ operation: 'history', ...WHOLE });
    // Entities as a browser shows them.
    const text = pageOf(run).text.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
    expect(run.outputs['suggested-time']).toMatch(/^\d{4}-/);
    expect(text).toContain(`to-time</th><td><code>${run.outputs['suggested-time']}</code>`);
    expect(text).toMatch(/aria-label="Deletions: [^"]*: 60"/);
    expect(text).toMatch(/<dt>deleted<\/dt><dd>60<\/dd>/);
    expect(run.after).toEqual(run.before);
  });

  test('an undelete: every key, with what it was, what it goes back to, and what became of it', async (context) => {
    const { bucket, act, expect, fault } = context;
    const [first = '', marker = ''] = seed(bucket, 'site/back', 'A x');
    seed(bucket, 'site/live', 'A');
    seed(bucket, 'site/gone', 'x');
    seed(bucket, 'site/denied', 'A x');
    fault({
      operation: 'DeleteObjects',
      key: 'site/denied',
      keyError: { code: 'AccessDenied', message: 'Access Denied' },
    });
    const run = await act({ operation: 'undelete', ...WHOLE });
    const { rows, text } = pageOf(run);
    expect([...rows.keys()]).toEqual(['site/denied', 'site/back', 'site/gone', 'site/live']);
    expect(rows.get('site/back')).toEqual({
      kind: 'restored',
      reason: '',
      before: `m${marker}`,
      after: first,
      steps: 'remove the delete marker',
      message: '',
      who: '',
    });
    expect(rows.get('site/live')).toMatchObject({ kind: 'unchanged', before: 0, after: 0 });
    expect(rows.get('site/gone')).toMatchObject({ kind: 'skipped', reason: 'nothing-to-restore' });
    expect(rows.get('site/denied')).toMatchObject({ kind: 'failed', reason: 'AccessDenied', message: 'Access Denied' });
    expect(text).toContain('1 of 2 keys restored');
    expect(text).toContain(run.outputs['plan-digest']?.slice('sha256:'.length));
    expect(run.stdout).toContain('Report as a page: ');
  });

  test('a dry run: what would be done', async ({ bucket, act, expect }) => {
    seed(bucket, 'a', 'A B');
    const run = await act({ operation: 'rollback', 'versions-back': '1', 'dry-run': 'true', ...WHOLE });
    expect(pageOf(run).rows.get('a')).toMatchObject({ kind: 'planned', steps: 'copy the version on top' });
  });

  test('a conflict: what was found', async ({ bucket, act, expect, fault }) => {
    seed(bucket, 'a', 'A B');
    fault({ operation: 'CopyObject', key: 'a', times: 1, hook: () => void bucket.put('a', { body: 'Z' }) });
    const run = await act({ operation: 'rollback', 'versions-back': '1', ...WHOLE }, { others: true });
    expect(pageOf(run).rows.get('a')).toMatchObject({ kind: 'conflict', message: expect.stringMatching(/./) });
  });

  test('a download: the version, and its file', async ({ bucket, act, expect }) => {
    const [id = ''] = seed(bucket, 'a b', 'A');
    const run = await act({ operation: 'download', 'versions-back': '0', directory: 'got', ...WHOLE });
    expect(pageOf(run).rows.get('a b')).toMatchObject({ kind: 'restored', after: id, steps: 'a b' });
    expect(pageOf(run).text).toContain('<dt>fetched</dt>');
  });

  test('an apply, and an undo', async ({ bucket, act, expect }) => {
    seed(bucket, 'a', 'A x');
    const temp = temporaryFolder();
    const plan = { 'plan-file': 'plan.jsonl' };
    await act({ operation: 'undelete', 'whole-bucket': 'true', 'dry-run': 'true', ...plan }, { temp });
    const applied = await act({ operation: 'apply', ...plan, ...PAGE }, { temp });
    expect(pageOf(applied).rows.get('a')).toMatchObject({ kind: 'restored' });
    const journal = { 'journal-file': applied.outputs['journal-file'] ?? '' };
    const undone = await act({ operation: 'undo', ...journal, ...PAGE }, { temp });
    expect(pageOf(undone).rows.get('a')).toMatchObject({ kind: 'restored', steps: 'add a delete marker' });
  });

  test('of the bot, who did it and which rule decided', async ({ bucket, expect }) => {
    const [, marker = ''] = seed(bucket, 'a', 'A x');
    const object = { key: 'a', versionId: marker, sequencer: '01' };
    const name = { name: bucket.name, arn: `arn:aws:s3:::${bucket.name}` };
    const s3 = { s3SchemaVersion: '1.0', configurationId: 'x', bucket: name, object };
    const event = nativeRecord('ObjectRemoved:DeleteMarkerCreated', object, { s3 });
    const inputs = { operation: 'recover', event: JSON.stringify({ Records: [event] }), ...PAGE };
    const run = await runAction(inputs, server.endpoint, { temp: temporaryFolder() });
    const { rows, text } = pageOf(run);
    expect(rows.get('a')).toMatchObject({
      kind: 'restored',
      who: 'AWS:AROAEXAMPLEEXAMPLE123:deploy-job · 203.0.113.7',
    });
    expect(text).toContain('data-column="who"');
  });

  test('a run that is refused: why, and the keys that were not attempted', async ({ bucket, act, expect }) => {
    seed(bucket, 'a', 'A x');
    const run = await act({ operation: 'undelete', 'max-changes': '0', ...WHOLE });
    expect(run.code).toBe(1);
    const { rows, text } = pageOf(run);
    expect(rows.get('a')).toMatchObject({ kind: 'skipped', reason: 'not-attempted' });
    expect(text).toContain('Why the run stopped');
  });

  test('a run without keys', async ({ act, expect }) => {
    const run = await act({ operation: 'undelete', prefix: 'nothing/', ...PAGE });
    expect(pageOf(run).text).toContain('There is no key to list.');
  });

  test('every awkward key is text: no markup, and none is lost', async ({ bucket, act, expect }) => {
    for (const key of KEYS) seed(bucket, key, 'A x');
    const run = await act({ operation: 'undelete', ...WHOLE });
    const { rows, text } = pageOf(run);
    expect([...rows.keys()].toSorted()).toEqual(KEYS.toSorted());
    expect(text.match(/<script/g)).toHaveLength(2);
    expect(text).not.toMatch(/<b>bold|<img|[\u202e\u2028\u001b]/);
  });

  test('where it cannot be written: a warning, and the run is what it is', async ({ bucket, act, expect, fault }) => {
    seed(bucket, 'a', 'A x');
    const temp = temporaryFolder();
    // Somebody puts a folder in its place while the run goes on.
    const hook = () => void mkdirSync(join(temp, 'out/report.html/in-the-way'), { recursive: true });
    fault({ operation: 'DeleteObjects', times: 1, hook });
    const run = await act({ operation: 'undelete', ...WHOLE }, { temp });
    expect(run.outputs.status).toBe('success');
    expect(run.code).toBe(0);
    expect(annotationsOf(run.stdout, 'warning').map(({ message }) => message)).toEqual([
      expect.stringContaining('The page could not be written'),
    ]);
    expect(readdirSync(join(temp, 'out'))).toEqual(['report.html']);
  });

  for (const path of ['../report.html', '/etc/report.html', 'away/report.html', 'report.txt', '.']) {
    test(`nothing is sent for a path that is refused: ${path}`, async ({ bucket, act, expect, requests }) => {
      seed(bucket, 'a', 'A x');
      const temp = temporaryFolder();
      const outside = realpathSync(temporaryFolder());
      symlinkSync(outside, join(temp, 'away'));
      const run = await act({ operation: 'undelete', 'whole-bucket': 'true', 'report-html': path }, { temp });
      expect(run.code).toBe(1);
      expect(annotationsOf(run.stdout, 'error').map(({ message }) => message)).toEqual([
        expect.stringContaining('input "report-html"'),
      ]);
      expect(requests()).toEqual([]);
      expect(existsSync(join(outside, 'report.html'))).toBe(false);
    });
  }

  test('nothing of it stays in the folder for temporary files', async ({ bucket, act, expect }) => {
    seed(bucket, 'a', 'A x');
    const run = await act({ operation: 'undelete', ...WHOLE });
    expect(
      readdirSync(run.temp, { recursive: true, encoding: 'utf8' }).filter((path) => /spool|\.part$/.test(path)),
    ).toEqual([]);
  });
});
