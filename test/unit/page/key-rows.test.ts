import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeyRow } from '../../../src/core/key-row.ts';
import type { Outcome } from '../../../src/core/outcome.ts';
import { NO_DIGEST, type PlannedKey, planDigest, planHeaderLine, planLine } from '../../../src/core/plan.ts';
import type { Report } from '../../../src/core/report.ts';
import { openKeyRows } from '../../../src/operations/key-rows.ts';
import { NASTY_KEYS, plannedUndelete } from '../action/support.ts';
import { reportOf } from './support.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 's3-rollback-rows-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const HEADER = {
  schemaVersion: 1,
  kind: 'plan',
  operation: 'undelete',
  scope: {},
  target: {},
  method: 'copy',
  createdAt: '2026-11-22T14:00:00Z',
} as const;

function planOf(lines: readonly PlannedKey[], digest?: string): { file: string; digest: string } {
  const made = planDigest({ ...HEADER });
  for (const line of lines) made.add(planLine(line));
  const plan = { file: join(folder, 'plan.jsonl'), digest: digest ?? made.digest() };
  writeFileSync(plan.file, planHeaderLine({ ...HEADER, digest: plan.digest }) + lines.map(planLine).join(''));
  return plan;
}

interface Run {
  readonly outcomes?: readonly (readonly [key: string, outcome: Outcome, bucket?: string])[];
  readonly plan?: { readonly file: string; readonly digest: string };
  readonly report?: Partial<Report>;
}

async function rowsOf({ outcomes = [], plan, report = {} }: Run): Promise<{ rows: KeyRow[]; problem?: string }> {
  const spool = openKeyRows(join(folder, 'spool'));
  for (const [key, outcome, bucket = 'my-site'] of outcomes) spool.add({ bucket, key }, outcome);
  const highlights = { prefixes: [], samples: [], toAbsent: 0 };
  const result = { report: reportOf([], report), highlights, ...(plan && { plan }) };
  const { read, ...rest } = await spool.rows(result);
  const twice = [await all(read()), await all(read())];
  expect(twice[1], 'read again').toEqual(twice[0]);
  await spool.cleanUp();
  return { rows: twice[0] ?? [], ...rest };
}

async function all(batches: AsyncIterable<readonly KeyRow[]>): Promise<KeyRow[]> {
  const rows: KeyRow[] = [];
  for await (const batch of batches) rows.push(...batch);
  return rows;
}

const RESTORED = { kind: 'restored' } as const;

it('a row has what was planned, and what became of it', async () => {
  const { rows } = await rowsOf({ outcomes: [['a', RESTORED]], plan: planOf([plannedUndelete('a')]) });
  expect(rows).toEqual([
    {
      bucket: 'my-site',
      key: 'a',
      kind: 'restored',
      from: { versionId: 'marker-id', deleteMarker: true, etag: null },
      to: 'version-id',
      steps: { 'remove-delete-marker': 1 },
    },
  ]);
});

it('rows come in the order of bucket and key, whatever the order of the outcomes', async () => {
  const { rows } = await rowsOf({
    outcomes: [
      ['b', RESTORED],
      ['\u{1f600}', RESTORED],
      ['\uffee', RESTORED],
      ['a', RESTORED, 'z-bucket'],
      ['a', RESTORED],
    ],
    plan: planOf(['a', 'b'].map(plannedUndelete)),
  });
  expect(rows.map(({ bucket, key }) => `${bucket}/${key}`)).toEqual([
    'my-site/a',
    'my-site/b',
    'my-site/\uffee',
    'my-site/\u{1f600}',
    'z-bucket/a',
  ]);
});

describe('every outcome has its words', () => {
  it.each<[string, Outcome, Partial<KeyRow>]>([
    ['unchanged', { kind: 'unchanged' }, { kind: 'unchanged' }],
    ['skipped', { kind: 'skipped', reason: 'archived' }, { kind: 'skipped', reason: 'archived' }],
    ['conflict', { kind: 'conflict', found: 'a write' }, { kind: 'conflict', message: 'a write' }],
    [
      'failed',
      { kind: 'failed', failure: { code: 'AccessDenied', message: 'no', hint: 'Ask.' } },
      { kind: 'failed', reason: 'AccessDenied', message: 'no', hint: 'Ask.' },
    ],
  ])('%s', async (_, outcome, row) => {
    const { rows } = await rowsOf({ outcomes: [['a', outcome]] });
    expect(rows).toEqual([{ bucket: 'my-site', key: 'a', ...row }]);
  });
});

describe('a planned key without an outcome', () => {
  it('is planned, in a dry run', async () => {
    const { rows } = await rowsOf({ plan: planOf([plannedUndelete('a')]), report: { dryRun: true } });
    expect(rows).toMatchObject([{ key: 'a', kind: 'planned' }]);
  });

  it('was not attempted, elsewhere', async () => {
    const { rows } = await rowsOf({ plan: planOf([plannedUndelete('a')]) });
    expect(rows).toMatchObject([{ key: 'a', kind: 'skipped', reason: 'not-attempted' }]);
  });
});

it('steps are counted by kind, and where copies come from is told', async () => {
  const copy = { do: 'copy-version', versionId: 'v', source: { bucket: 'from', key: 'x/a' } } as const;
  const line = {
    bucket: 'my-site',
    key: 'a',
    from: null,
    to: { versionId: 'v' },
    steps: [copy, { ...copy, versionId: 'w' }],
  };
  const { rows } = await rowsOf({ outcomes: [['a', RESTORED]], plan: planOf([line]) });
  expect(rows).toMatchObject([{ from: null, steps: { 'copy-version': 2 }, source: { bucket: 'from', key: 'x/a' } }]);
});

it('of a download the version and the file are told, though its plan is in the order of the paths', async () => {
  const file = join(folder, 'plan.jsonl');
  const line = (key: string) =>
    JSON.stringify({ bucket: 'my-site', key, versionId: `v-${key}`, size: 1, path: `${key}.txt` });
  writeFileSync(file, `{"kind":"download"}\n${line('b')}\n${line('a')}\n`);
  const { rows } = await rowsOf({
    outcomes: [['a', RESTORED]],
    plan: { file, digest: NO_DIGEST },
    report: { operation: 'download' },
  });
  expect(rows).toEqual([
    { bucket: 'my-site', key: 'a', kind: 'restored', to: 'v-a', path: 'a.txt' },
    { bucket: 'my-site', key: 'b', kind: 'skipped', reason: 'not-attempted', to: 'v-b', path: 'b.txt' },
  ]);
});

it('of the bot who did it, and which rule, as far as the report lists the events', async () => {
  const event = {
    bucket: 'my-site',
    event: 'ObjectRemoved',
    time: '',
    decision: 'restore',
    outcome: 'restored',
  } as const;
  const events = [
    { ...event, key: 'a', principal: 'AWS:one' },
    { ...event, key: 'a', principal: 'AWS:two', sourceIp: '10.0.0.1', rule: 'site' },
    { ...event, key: 'a', principal: 'AWS:three', rule: 'other' },
  ];
  const outcomes = [
    ['a', RESTORED],
    ['b', RESTORED],
  ] as const;
  const { rows } = await rowsOf({ outcomes, report: { operation: 'recover', events } });
  expect(rows).toEqual([
    { bucket: 'my-site', key: 'a', kind: 'restored', principal: 'AWS:two', sourceIp: '10.0.0.1', rule: 'site' },
    { bucket: 'my-site', key: 'b', kind: 'restored' },
  ]);
});

it('a plan that was changed is told as a problem, and hides no outcome', async () => {
  const plan = planOf([plannedUndelete('a')], `sha256:${'1'.repeat(64)}`);
  const { rows, problem } = await rowsOf({ outcomes: [['a', RESTORED]], plan });
  expect(rows).toMatchObject([{ key: 'a', kind: 'restored' }]);
  expect(problem).toContain('The plan could not be read whole');
});

it('more than a batch, and every nasty key, are there once each', async () => {
  const keys = [...NASTY_KEYS, ...Array.from({ length: 2500 }, (_, i) => `k${i}`)];
  const outcomes = keys.map((key) => [key, RESTORED] as const);
  const { rows } = await rowsOf({ outcomes });
  expect(rows.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
});
