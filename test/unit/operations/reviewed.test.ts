import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { RollbackError } from '../../../src/core/errors.ts';
import type { PlanHeader, PlannedKey } from '../../../src/core/plan.ts';
import { newTally } from '../../../src/core/report.ts';
import type { ApplyRequest, ReviewedPlan } from '../../../src/core/request.ts';
import { openReviewed } from '../../../src/operations/reviewed.ts';
import { planOf } from '../../support/model-earlier.ts';

/** A plan as `apply` takes it in: what was approved, whole, and not too old; or refused before anything is asked of S3. */

// In memory where there is such a folder: a thousand plans are written.
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 's3-rollback-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NOW = Date.parse('2026-11-22T14:00:00Z');
const HOUR = 3_600_000;

const line = (key: string, bucket = 'b', more: Partial<PlannedKey> = {}): PlannedKey => ({
  bucket,
  key,
  from: { versionId: 'm', deleteMarker: true, etag: null },
  to: { versionId: 'v' },
  steps: [{ do: 'remove-delete-marker', versionId: 'm' }],
  ...more,
});
const HEADER: Partial<PlanHeader> = { operation: 'undelete', bucket: 'b', createdAt: '2026-11-22T13:00:00Z' };
const plan = (lines: readonly PlannedKey[], over: Partial<PlanHeader> = {}) => planOf(lines, { ...HEADER, ...over });
const WHOLE = plan([line('a'), line('z'), line('ä')]);
const digestOf = (text: string) => /sha256:[0-9a-f]{64}/.exec(text)?.[0] ?? '';

interface How extends Partial<ReviewedPlan> {
  readonly bucket?: string;
}

function open({ bucket, ...reviewed }: How = {}, tally = newTally()) {
  const request: ApplyRequest = {
    operation: 'apply',
    scope: { ...(bucket !== undefined && { bucket }), prefix: '', include: [], exclude: [] },
    target: { kind: 'as-planned' },
    method: 'copy',
    dryRun: false,
    verify: true,
    failOn: 'failures',
    preserve: { objectLock: false, annotations: false },
    planFile: join(folder, 'own', 'plan.jsonl'),
    journalFile: join(folder, 'own', 'journal.jsonl'),
    reportFile: join(folder, 'own', 'report.json'),
    reviewed: { file: join(folder, 'given.jsonl'), maxAge: 24 * HOUR, ...reviewed },
  };
  return openReviewed(request, NOW, tally);
}

function give(content: string | Buffer, how?: How, tally = newTally()) {
  writeFileSync(join(folder, 'given.jsonl'), content);
  return open(how, tally);
}

async function refusal(opening: Promise<unknown>): Promise<RollbackError> {
  const error: unknown = await opening.catch((thrown: unknown) => thrown);
  if (!(error instanceof RollbackError)) throw new Error(`not refused: ${String(error)}`);
  return error;
}

describe('a plan that is what was approved', () => {
  it('is counted, and copied to where nobody changes it any more', async () => {
    const tally = newTally();
    const { header, plan: taken, buckets } = await give(WHOLE, { digest: digestOf(WHOLE), bucket: 'b' }, tally);
    expect(header).toMatchObject({ operation: 'undelete', digest: digestOf(WHOLE) });
    expect(taken).toMatchObject({ digest: digestOf(WHOLE), versionDeletes: 0, copies: 0 });
    expect(taken.removals.get('b')).toBe(3);
    expect([...buckets]).toEqual(['b']);
    expect(tally.totals).toMatchObject({ keysExamined: 3, planned: 3 });
    expect(readFileSync(taken.file, 'utf8')).toBe(WHOLE);
    expect(taken.file).not.toBe(join(folder, 'given.jsonl'));
  });

  it('of no keys is one', async () => {
    expect((await give(plan([]))).buckets.size).toBe(0);
  });

  it.each<[string, How]>([
    ['its digest need not be given', {}],
    ['it is as old as allowed', { maxAge: HOUR }],
  ])('%s', async (_, how) => {
    await expect(give(WHOLE, how)).resolves.toMatchObject({ header: { operation: 'undelete' } });
  });

  it('may come from a runner whose clock is a little ahead', async () => {
    const text = plan([line('a')], { createdAt: '2026-11-22T14:04:00Z' });
    await expect(give(text)).resolves.toBeDefined();
  });

  it.each(['source', 'elsewhere'])(
    'with a destination is for the bucket that it reads, and for the one that it changes: %s',
    async (bucket) => {
      const text = plan([line('a', 'elsewhere')], {
        bucket: 'source',
        scope: { bucket: 'source', destination: { bucket: 'elsewhere' } },
      });
      await expect(give(text, { bucket })).resolves.toBeDefined();
    },
  );
});

describe('a plan that is not', () => {
  it('edited in one byte is refused', async () => {
    const bytes = Buffer.from(WHOLE);
    for (let at = 0; at < bytes.length; at += 3) {
      const edited = Buffer.from(bytes);
      edited[at] = (edited[at] ?? 0) ^ 1;
      const { code, message, hint } = await refusal(give(edited));
      expect(['invalid-plan', 'plan-digest-mismatch', 'plan-too-old', 'plan-from-the-future'], `byte ${at}`).toContain(
        code,
      );
      expect(message).toMatch(/^input "/);
      expect(hint).not.toBe('');
    }
  });

  it('cut, also at the end of a line, is refused', async () => {
    const bytes = Buffer.from(WHOLE);
    // Without its last line end it is still whole.
    const lineEnds = [...bytes.keys()].filter((at) => bytes[at] === 0x0a).map((at) => at + 1);
    for (let length = 0; length < bytes.length - 1; length++) {
      if (length % 3 !== 0 && !lineEnds.includes(length)) continue;
      const { code, message } = await refusal(give(bytes.subarray(0, length)));
      expect(['invalid-plan', 'plan-digest-mismatch'], `the first ${length}`).toContain(code);
      expect(message).toMatch(/^input "plan-file"/);
    }
  });

  const lineOf = (header: object) => `${JSON.stringify(header)}\n`;
  it.each<[string, string | Buffer, How, string, RegExp, RegExp]>([
    ['empty', '', {}, 'invalid-plan', /input "plan-file": .*empty/, /Make a new plan/],
    [
      'another one was approved',
      WHOLE,
      { digest: `sha256:${'1'.repeat(64)}` },
      'plan-digest-mismatch',
      /input "plan-digest"/,
      /not the plan that was approved/,
    ],
    [
      'edited with a new digest, where another was approved',
      plan([line('a')]),
      { digest: digestOf(WHOLE) },
      'plan-digest-mismatch',
      /input "plan-digest"/,
      /approved/,
    ],
    [
      'for another bucket',
      WHOLE,
      { bucket: 'c' },
      'plan-for-another-bucket',
      /input "bucket": .*"b".*"c"/,
      /Leave out "bucket"/,
    ],
    [
      'for another bucket, without keys',
      plan([]),
      { bucket: 'c' },
      'plan-for-another-bucket',
      /input "bucket"/,
      /Leave out "bucket"/,
    ],
    [
      'one key of it is of another bucket',
      plan([line('a'), line('b', 'c')]),
      { bucket: 'b' },
      'plan-for-another-bucket',
      /key "b" in bucket "c"/,
      /Leave out/,
    ],
    [
      'too old',
      WHOLE,
      { maxAge: HOUR - 1 },
      'plan-too-old',
      /input "max-plan-age": .*2026-11-22T13:00:00Z, .* ago; at most/,
      /new plan/,
    ],
    [
      'from the future',
      plan([], { createdAt: '2026-11-23T14:00:00Z' }),
      {},
      'plan-from-the-future',
      /2026-11-23T14:00:00Z/,
      /new plan/,
    ],
    [
      'of no time',
      plan([], { createdAt: 'yesterday' }),
      {},
      'invalid-plan',
      /"yesterday", which is no time/,
      /new plan/,
    ],
    [
      'a download',
      lineOf({ schemaVersion: 1, kind: 'download' }),
      {},
      'invalid-plan',
      /input "plan-file": this is a "download"/,
      /dry run/,
    ],
    [
      'a journal',
      lineOf({ schemaVersion: 1, kind: 'journal' }),
      {},
      'invalid-plan',
      /input "plan-file": this is a "journal"/,
      /plan-file of a dry run/,
    ],
    [
      'of another version',
      WHOLE.replace('"schemaVersion":1', '"schemaVersion":2'),
      {},
      'invalid-plan',
      /schemaVersion 2; this one reads 1/,
      /same version/,
    ],
    ['a report', '{\n  "schemaVersion": 1\n}\n', {}, 'invalid-plan', /input "plan-file": line 1/, /new plan/],
    [
      'no text',
      Buffer.concat([Buffer.from(WHOLE), Buffer.from([0xff, 0x0a])]),
      {},
      'invalid-plan',
      /no UTF-8/,
      /new plan/,
    ],
    ['out of order', plan([line('b'), line('a')]), {}, 'invalid-plan', /line 3 is not in its place/, /new plan/],
    ['with a key twice', plan([line('a'), line('a')]), {}, 'invalid-plan', /line 3 is not in its place/, /new plan/],
    [
      'with a key that is written to and removed from',
      plan([line('a', 'b', { steps: [{ do: 'add-delete-marker' }, { do: 'delete-version', versionId: 'v' }] })]),
      {},
      'invalid-plan',
      /line 2 both writes/,
      /new plan/,
    ],
  ])('%s: refused', async (_, content, how, code, message, hint) => {
    const error = await refusal(give(content, how));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });

  it('no file, a folder, a pipe: refused, and nobody waits', async () => {
    const path = (name: string) => join(folder, name);
    mkdirSync(path('folder'));
    execFileSync('mkfifo', [path('pipe')]);
    for (const [name, what] of [
      ['none', 'there is no file'],
      ['folder', 'is no file'],
      ['pipe', 'is no file'],
    ] as const) {
      const { code, message } = await refusal(open({ file: path(name) }));
      expect(code).toBe('plan-not-found');
      expect(message).toContain('input "plan-file"');
      expect(message).toContain(what);
    }
    expect(existsSync(path('pipe'))).toBe(true);
  });
});
