import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { RollbackError } from '../../../src/core/errors.ts';
import type { JournalStep } from '../../../src/core/undo.ts';
import { type KeySteps, readJournalSteps, stepGroups } from '../../../src/operations/journal-steps.ts';

/** A journal as `undo` takes it in: whole, or cut in its last line, and nothing else. */

const folder = mkdtempSync(join(tmpdir(), 's3-rollback-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'journal.jsonl');

const HEADER = {
  schemaVersion: 1,
  kind: 'journal',
  operation: 'rollback',
  bucket: 'b',
  dryRun: false,
  planDigest: '',
  startedAt: '2026-11-22T12:00:00Z',
};
const END = { end: '2026-11-22T12:01:00Z' };
const intent = (number: number, key = 'k', bucket = 'b') => ({
  intent: number,
  bucket,
  key,
  do: 'copy-version',
  versionId: 'v1',
  from: null,
});
const done = (number: number) => ({ result: number, status: 'done', versionId: `w${number}` });

function text(...lines: (object | string)[]): string {
  return lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
}

const WHOLE = text(HEADER, intent(1), done(1), intent(2, 'l'), done(2), END);

async function read(content: string | Buffer) {
  writeFileSync(file, content);
  const steps = await readJournalSteps(file, folder, new AbortController().signal);
  const groups: KeySteps[] = [];
  for await (const group of stepGroups(steps.steps)) groups.push(...group);
  await steps.steps.cleanUp();
  return { ...steps, groups };
}

async function refused(content: string | Buffer): Promise<RollbackError> {
  const error: unknown = await read(content).catch((thrown: unknown) => thrown);
  if (!(error instanceof RollbackError)) throw new Error(`not refused: ${String(error)}`);
  return error;
}

const short = ({ intent: i, result }: JournalStep) => `${i.intent} ${result?.status ?? 'open'}`;

describe('a journal', () => {
  it('gives the steps of each key together, in their order, keys in the order of S3, buckets apart', async () => {
    const lines = [
      intent(1, 'b'),
      intent(2, 'a'),
      done(2),
      intent(3, 'b'),
      intent(4, 'a', 'a'),
      done(4),
      done(1),
      done(3),
    ];
    const { groups, buckets, ended } = await read(text(HEADER, ...lines, END));
    expect(groups.map(({ bucket, key, steps }) => [bucket, key, steps.map(short)])).toEqual([
      ['a', 'a', ['4 done']],
      ['b', 'a', ['2 done']],
      ['b', 'b', ['1 done', '3 done']],
    ]);
    expect([...buckets].sort()).toEqual(['a', 'b']);
    expect(ended).toBe(true);
  });

  it('cut anywhere in its last line is that of a run that was killed: the steps before it count', async () => {
    const bytes = Buffer.from(text(HEADER, intent(1, 'ä'), done(1), intent(2, '\u{1f600}')));
    const from = bytes.lastIndexOf('{"intent":2');
    for (let length = from; length < bytes.length - 1; length++) {
      const { groups, ended } = await read(bytes.subarray(0, length));
      expect(ended).toBe(false);
      expect(groups[0]?.steps.map(short)).toEqual(['1 done']);
      expect(groups).toHaveLength(1);
    }
  });

  it('without the answer to a step has that step open', async () => {
    const { groups } = await read(text(HEADER, intent(1), intent(2, 'l'), done(2)));
    expect(groups.map(({ steps }) => steps.map(short))).toEqual([['1 open'], ['2 done']]);
  });

  it('of a run that changed nothing has no steps', async () => {
    expect((await read(text(HEADER, END))).groups).toEqual([]);
  });

  it('with 2,500 keys comes in groups of at most 1,000', async () => {
    const lines = Array.from({ length: 2500 }, (_, i) => [intent(i + 1, `k${i}`), done(i + 1)]).flat();
    writeFileSync(file, text(HEADER, ...lines, END));
    const { steps } = await readJournalSteps(file, folder, new AbortController().signal);
    const sizes: number[] = [];
    for await (const group of stepGroups(steps)) sizes.push(group.length);
    await steps.cleanUp();
    expect(sizes).toEqual([1000, 1000, 500]);
  });

  it.each<[string, string | Buffer, RegExp]>([
    ['is empty', '', /line 1 .* is missing: the file is empty/],
    ['begins with something else', text(intent(1), done(1)), /line 1 .* is not the header of a journal/],
    ['is a plan', text({ schemaVersion: 1, kind: 'plan' }), /line 1 .* this is a "plan", not a journal/],
    [
      'is of another version',
      text({ ...HEADER, schemaVersion: 2 }),
      /another version of s3-rollback \(schemaVersion 2\)/,
    ],
    ['has an edited header', text({ ...HEADER, dryRun: 'no' }), /line 1 .* header of a journal that was changed/],
    ['is no text', Buffer.from([0xff, 0xfe, 0x00, 0x0a]), /line 1 .* is not the header/],
    ['has its header cut', WHOLE.slice(0, 40), /line 1 .* is not the header/],
    [
      'is cut in the middle of a line, in the middle',
      WHOLE.replace('"do":"copy-version"', ''),
      /line 2 .* cut in the middle/,
    ],
    [
      'has a byte that is no UTF-8 in the middle: no step before or after it is passed over',
      Buffer.concat([Buffer.from(text(HEADER, intent(1))), Buffer.from([0xff, 0x0a]), Buffer.from(text(done(1), END))]),
      /line 3 .* cut in the middle/,
    ],
    ['lacks an intent', text(HEADER, done(1), END), /line 2 .* the answer to a step that is not there/],
    ['lacks a step', text(HEADER, intent(1), done(1), intent(3), done(3), END), /line 4 .* is step 3, after step 1/],
    ['has an answer twice', text(HEADER, intent(1), done(1), done(1)), /line 4 .* answer to a step that is not there/],
    ['is the journals of two runs', WHOLE + WHOLE, /line 7 .* a second header: these are the journals of two runs/],
    ['is two journals, the first cut short', WHOLE.slice(0, -10) + WHOLE, /line 6 .* cut in the middle/],
    [
      'is two journals, the second without its header',
      WHOLE + text(intent(1), done(1)),
      /line 7 .* is step 1, after step 2/,
    ],
  ])('that %s is refused', async (_, content, message) => {
    const error = await refused(content);
    expect(error.code).toBe('invalid-journal');
    expect(error.message).toMatch(/^input "journal-file": line \d+ of "/);
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(/whole file, as the run wrote it/);
  });

  it.each<[string, (path: string) => void, RegExp]>([
    ['that is not there', () => {}, /there is no file/],
    ['that is a folder', (path) => void mkdirSync(path), /no file is at/],
  ])('%s is refused', async (name, make, message) => {
    const path = join(folder, name.replaceAll(' ', '-'));
    make(path);
    const reading = readJournalSteps(path, folder, new AbortController().signal);
    await expect(reading).rejects.toMatchObject({ code: 'journal-not-found', message: expect.stringMatching(message) });
  });

  it.skipIf(process.getuid?.() === 0)('that this job may not read is refused', async () => {
    const path = join(folder, 'closed');
    writeFileSync(path, WHOLE);
    chmodSync(path, 0o000);
    const reading = readJournalSteps(path, folder, new AbortController().signal);
    await expect(reading).rejects.toMatchObject({ code: 'journal-not-found' });
  });
});
