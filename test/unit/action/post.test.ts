import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog, type Sink } from '../../../src/action/log.ts';
import { runPost } from '../../../src/action/post.ts';
import { readState, saveFinished, saveStarted } from '../../../src/action/state.ts';
import { againWords } from '../../../src/core/again.ts';
import { intentOf, type JournalLine, resultOf } from '../../../src/core/journal.ts';
import { NO_DIGEST, type PlannedKey, planHeaderLine, planLine } from '../../../src/core/plan.ts';
import type { Request, RestoreRequest } from '../../../src/core/request.ts';
import { formatTime } from '../../../src/core/time.ts';
import { downloadOf, NASTY_KEYS, NOW, plannedUndelete, requestOf } from './support.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'post-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function request(over: Partial<RestoreRequest> = {}): RestoreRequest {
  return requestOf({ planFile: join(folder, 'plan.jsonl'), journalFile: join(folder, 'journal.jsonl'), ...over });
}

/** The environment of the post step after a main step that saved this. */
function stateOf(of: Request, finished: boolean): Record<string, string> {
  const env: Record<string, string> = { GITHUB_STEP_SUMMARY: join(folder, 'summary.md') };
  const save = (name: string, value: string) => {
    env[`STATE_${name}`] = value;
  };
  saveStarted(of, NOW, save);
  if (finished) saveFinished(save);
  return env;
}

function writePlan(file: string, keys: readonly PlannedKey[]): void {
  const header = planHeaderLine({
    schemaVersion: 1,
    kind: 'plan',
    operation: 'undelete',
    bucket: 'my-site',
    scope: {},
    target: {},
    method: 'copy',
    createdAt: formatTime(NOW),
    digest: NO_DIGEST,
  });
  writeFileSync(file, header + keys.map(planLine).join(''));
}

function header(startedAt = NOW + 5_000): JournalLine {
  return {
    schemaVersion: 1,
    kind: 'journal',
    operation: 'undelete',
    bucket: 'my-site',
    dryRun: false,
    planDigest: NO_DIGEST,
    startedAt: formatTime(startedAt),
  };
}

function intent(number: number, key: string): JournalLine {
  const line = plannedUndelete(key);
  return intentOf(number, line, { do: 'remove-delete-marker', versionId: 'm' });
}

function writeJournal(file: string, lines: readonly JournalLine[], rest = ''): void {
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join('') + rest);
}

/** Run the post step: what it logs, and the summary it writes. */
async function post(env: Record<string, string>): Promise<{ log: string[]; summary: string }> {
  const log: string[] = [];
  const put = (text: string | Error) => void log.push(String(text));
  const sink: Sink = { info: put, startGroup: put, endGroup: () => {}, error: put, warning: put, debug: () => {} };
  await runPost(
    env,
    createLog(() => 0, sink),
  );
  const summary = join(folder, 'summary.md');
  return { log, summary: existsSync(summary) ? readFileSync(summary, 'utf8') : '' };
}

describe('the post step', () => {
  it('has nothing to say when the main step came to its end', async () => {
    expect(await post(stateOf(request(), true))).toEqual({ log: [], summary: '' });
  });

  it('has nothing to say when the main step refused its inputs', async () => {
    expect(await post({ GITHUB_STEP_SUMMARY: join(folder, 'summary.md') })).toEqual({ log: [], summary: '' });
  });

  it('no journal: nothing was changed', async () => {
    const { log, summary } = await post(stateOf(request(), false));
    expect(log).toHaveLength(1);
    expect(log[0]).toMatch(/killed before it changed anything[\s\S]*every key is as it was/);
    expect(summary).toContain('## ⚠️ The run was killed before it changed anything');
  });

  it('no journal, but versions were asked for', async () => {
    const of = request({ operation: 'rollback', archived: { days: 7, tier: 'Bulk' } });
    expect((await post(stateOf(of, false))).log[0]).toContain('may have been requested from their archive');
    expect((await post(stateOf({ ...of, dryRun: true }, false))).log[0]).not.toContain('requested');
  });

  it('the journal of an earlier run is not this one', async () => {
    writeJournal(request().journalFile, [header(NOW - 1), intent(1, 'a')]);
    expect((await post(stateOf(request(), false))).log[0]).toContain('before it changed anything');
  });

  it('done, in conflict, failed, open, not begun', async () => {
    const of = request();
    writePlan(
      of.planFile,
      [...Array(10).keys()].map((i) => plannedUndelete(`site/${i}`)),
    );
    writeJournal(of.journalFile, [
      header(),
      ...[1, 2, 3, 4, 5, 6].map((n) => intent(n, `site/${n}`)),
      resultOf(1, { status: 'done' }),
      resultOf(2, { status: 'gone' }),
      resultOf(3, { status: 'conflict' }),
      resultOf(4, { status: 'failed', failure: { code: 'x', message: '', hint: '' } }),
      resultOf(6, { status: 'not-sent' }),
    ]);
    const { log, summary } = await post(stateOf(of, false));
    expect(log[0]?.split('\n')).toEqual([
      'The run was killed while it changed the bucket.',
      '2 of 10 planned steps are done.',
      '1 step met a change by somebody else, which was left alone.',
      '1 step failed.',
      '1 step was begun, and the answer was not seen: done or not, it is one or the other, never half. Keys: "site/5".',
      '5 steps were not begun.',
      'Run the same step again: what is done is left alone, the rest is finished.',
    ]);
    expect(summary).toContain('<li>5 steps were not begun.</li>');
    expect(summary).toContain('<code>my-site</code>');
  });

  it.each([
    ['in the middle of a line', '{"intent":3,"bucket":"my-si'],
    ['in the middle of a character', '{"intent":3,"key":"\u00e9'],
  ])('a journal cut short %s', async (_, rest) => {
    const of = request();
    writeJournal(of.journalFile, [header(), intent(1, 'a'), intent(2, 'b'), resultOf(1, { status: 'done' })]);
    const cut = Buffer.from(rest);
    writeFileSync(of.journalFile, cut.subarray(0, cut.length - 1), { flag: 'a' });
    const { log } = await post(stateOf(of, false));
    expect(log[0]).toMatch(/1 step is done\.[\s\S]*1 step was begun[\s\S]*Keys: "b"\.[\s\S]*plan could not be read/);
  });

  it('a run that had come to its end with the bucket', async () => {
    const of = request();
    writePlan(of.planFile, [plannedUndelete('a')]);
    writeJournal(of.journalFile, [header(), intent(1, 'a'), resultOf(1, { status: 'done' }), { end: formatTime(NOW) }]);
    expect((await post(stateOf(of, false))).log[0]).toMatch(
      /killed before it could report\.\n1 of 1 planned step is done/,
    );
  });

  it('names only the first of many, and none of them as a command or as Markdown', async () => {
    const of = request();
    const keys = [...NASTY_KEYS].sort((a, b) => a.length - b.length);
    for (let from = 0; from < keys.length; from += 5) {
      const some = keys.slice(from).concat(keys.slice(0, from));
      writeJournal(of.journalFile, [header(), ...some.map((key, i) => intent(i + 1, key))]);
      const { log, summary } = await post(stateOf(of, false));
      expect(log[0]).toContain(`and ${keys.length - 5} others`);
      expect(log[0]).not.toMatch(/##\[|^\s*::/m);
      expect(summary.replace(/<\/?(ul|li|table|tr|th|td|code|span)( align="left")?>|<!-- -->/g, '')).not.toMatch(
        /[<>@]/,
      );
    }
  });

  it('never throws: what it cannot read is a warning', async () => {
    const { log } = await post(stateOf(request({ journalFile: folder }), false));
    expect(log[0]).toMatch(/its journal could not be read: EISDIR/);
  });
});

describe('a run that was killed, with more than one bucket', () => {
  const manifest = { location: { file: '/home/runner/space/rows.csv' }, given: 'rows.csv', format: 'auto' } as const;

  it('names the bucket beside the key, and the manifest', async () => {
    const of = request({ scope: { prefix: '', include: [], exclude: [] }, manifest });
    const { bucket: _, ...anyBucket } = { ...header(), bucket: '' };
    writeJournal(of.journalFile, [anyBucket as JournalLine, intent(1, 'a')]);
    const { log, summary } = await post(stateOf(of, false));
    expect(log[0]).toContain('Keys: "a" in bucket "my-site".');
    expect(summary).toContain('those that the manifest names');
    expect(summary).toContain('<code>rows.csv</code>');
  });

  it('names the bucket of copies that go elsewhere', async () => {
    const of = request({ operation: 'rollback', destination: { bucket: 'quarantine', prefix: '' } });
    const line: PlannedKey = {
      bucket: 'quarantine',
      key: 'site/a',
      from: null,
      to: { versionId: 'v' },
      steps: [{ do: 'copy-version', versionId: 'v', source: { bucket: 'my-site', key: 'site/a' } }],
    };
    writePlan(of.planFile, [line]);
    const [step] = line.steps;
    writeJournal(of.journalFile, [header(), ...(step === undefined ? [] : [intentOf(1, line, step)])]);
    const { log } = await post(stateOf(of, false));
    expect(log[0]).toMatch(/0 of 1 planned step are done\.[\s\S]*Keys: "site\/a" in bucket "quarantine"\./);
  });
});

describe('a download that was killed', () => {
  it('has changed nothing, and its plan is no plan of steps', async () => {
    const of = downloadOf({ planFile: join(folder, 'plan.jsonl'), journalFile: join(folder, 'journal.jsonl') });
    writeFileSync(of.planFile, 'not a plan of steps\n');
    const { log, summary } = await post(stateOf(of, false));
    expect(log).toHaveLength(1);
    expect(log[0]).toMatch(/killed before it was done\.\nNothing in the bucket was changed/);
    expect(log[0]).toContain('"/home/runner/space/restored"');
    expect(log[0]).toContain('Run the same step again with to-time: 2026-11-22T14:00:00Z');
    expect(log[0]).not.toContain('step was');
    expect(summary).toContain('<code>/home/runner/space/restored</code>');
  });
});

describe('how to finish', () => {
  it.each<[RestoreRequest['target'], RegExp]>([
    [{ kind: 'undelete' }, /^Run the same step again: /],
    [
      { kind: 'undelete', after: NOW, before: NOW },
      /with deleted-after: 2026-11-22T14:00:00Z and deleted-before: 2026-11-22T14:00:00Z: /,
    ],
    [{ kind: 'version', versionId: 'x' }, /^Run the same step again: /],
    [{ kind: 'time', at: NOW }, /with to-time: 2026-11-22T14:00:00Z: /],
    [{ kind: 'versions-back', count: 0 }, /^Run the same step again: /],
    [{ kind: 'versions-back', count: 1 }, /^Do not run the same step again/],
  ])('%o', (target, words) => {
    expect(againWords(requestOf({ target }))).toMatch(words);
  });
});

it('state comes back as it was saved', () => {
  const of = request();
  expect(readState(stateOf(of, true))).toEqual({
    operation: 'undelete',
    bucket: 'my-site',
    manifest: '',
    directory: '',
    archived: false,
    startedAt: '2026-11-22T14:00:00Z',
    planFile: of.planFile,
    journalFile: of.journalFile,
    again: againWords(of),
    guarded: '',
    checkpoint: '',
    finished: true,
  });
});
