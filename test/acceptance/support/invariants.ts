import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { JournalIntent, JournalResult } from '../../../src/core/journal.ts';
import type { PlannedKey } from '../../../src/core/plan.ts';
import type { Report } from '../../../src/core/report.ts';
import type { ActionRun, Inputs } from '../../support/runner.ts';
import { type Asked, placesOf } from './bounds.ts';
import { commandsOf } from './commands.ts';
import { expectDownloadPlan } from './download-plan.ts';
import { expectHarmless } from './summary.ts';

/** What holds for every run whatever it did: checked after each run of the acceptance tests. */
export function expectAccount(run: ActionRun, asked: Asked): void {
  const { outputs } = run;
  const { inputs } = asked;
  expect(outputs.status, run.stdout).toMatch(/^(success|no-change|planned|partial|failed)$/);
  if (outputs['report-file'] === '') {
    // Refused for its inputs, before it began.
    expect(outputs).toMatchObject({ status: 'failed', planned: '0', restored: '0', failed: '0', 'plan-file': '' });
    expect(run.code).toBe(1);
    return;
  }
  const report = run.report();
  const { keysExamined, planned, restored, unchanged, skipped, conflicts, failed } = report.totals;
  for (const [name, count] of Object.entries({ planned, restored, unchanged, skipped, conflicts, failed })) {
    expect(outputs[name], `output ${name}`).toBe(String(count));
  }
  expect(report.status).toBe(outputs.status);
  const open = report.dryRun ? planned : 0;
  expect(restored + unchanged + skipped + conflicts + failed + open, 'every key in scope has an outcome').toBe(
    keysExamined,
  );
  expect(sum(report.skipped), 'skipped, by reason').toBe(skipped);
  expect(report.failures).toHaveLength(Math.min(failed, 1000));
  expect(report.conflicts).toHaveLength(Math.min(conflicts, 1000));
  expect(run.code, run.stdout).toBe(isRed(report, inputs) ? 1 : 0);
  if (report.error === undefined && (inputs.include ?? '') === '' && (inputs.exclude ?? '') === '') {
    expectKeys(asked, keysExamined);
  }
  expectPlan(run, report, asked);
  expectJournal(run, report);
}

/** Each key that the manifest names in scope is examined, however often it is named. */
function expectKeys(asked: Asked, keysExamined: number): void {
  if (asked.rows === undefined) return;
  const places = placesOf(asked);
  const named = asked.rows.filter(({ bucket, key }) => places.isSource(bucket, key));
  const keys = new Set(named.map(({ bucket, key }) => JSON.stringify([bucket, key])));
  expect(keysExamined, 'keys named and keys examined').toBe(keys.size);
}

function isRed({ error, totals }: Report, inputs: Inputs): boolean {
  const failOn = inputs['fail-on'] ?? 'failures';
  if (error?.code === 'cancelled') return true;
  if (failOn === 'never') return false;
  return error !== undefined || totals.failed > 0 || (failOn === 'conflicts' && totals.conflicts > 0);
}

function expectPlan(run: ActionRun, report: Report, asked: Asked): void {
  const file = run.outputs['plan-file'] ?? '';
  if (file === '') return;
  const text = readFileSync(file, 'utf8');
  if (report.operation === 'download') {
    expectDownloadPlan(text, run, report.totals.planned);
    return;
  }
  const { header, lines } = run.plan();
  const zeroed = text.replace(header.digest, `sha256:${'0'.repeat(64)}`);
  expect(header.digest).toBe(`sha256:${createHash('sha256').update(zeroed).digest('hex')}`);
  expect(run.outputs['plan-digest']).toBe(header.digest);
  expect(lines).toHaveLength(report.totals.planned);
  expectLines(lines, asked);
}

function expectLines(lines: readonly PlannedKey[], asked: Asked): void {
  const found = lines.map(({ bucket, key }) => JSON.stringify([bucket, key]));
  expect(new Set(found).size, 'a line for each key').toBe(found.length);
  const inOrder = lines.toSorted((a, b) => compareBytes(a.bucket, b.bucket) || compareBytes(a.key, b.key));
  expect(lines, 'the order of the plan').toEqual(inOrder);
  const places = placesOf(asked);
  for (const { bucket, key, steps } of lines) {
    expect(places.mayChange(bucket, key), `a plan for ${JSON.stringify([bucket, key])}`).toBe(true);
    for (const step of steps) {
      if (step.do !== 'copy-version') continue;
      const from = step.source ?? { bucket, key };
      expect(places.isSource(from.bucket, from.key), `a copy of ${JSON.stringify(from)}`).toBe(true);
    }
  }
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function expectJournal(run: ActionRun, report: Report): void {
  if (run.outputs['journal-file'] === '') {
    expect(sum(report.steps), 'steps without a journal').toBe(report.dryRun ? sum(report.steps) : 0);
    return;
  }
  expect(report.dryRun).toBe(false);
  const [header, ...lines] = run.journal();
  expect(header).toMatchObject({ schemaVersion: 1, kind: 'journal', planDigest: run.outputs['plan-digest'] });
  expect(lines.at(-1), 'the last line of the journal').toHaveProperty('end');
  const intents = new Map<number, JournalIntent>();
  const results = new Map<number, JournalResult>();
  for (const line of lines) {
    if ('intent' in line) {
      expect(intents.has(line.intent), `intent ${line.intent} twice`).toBe(false);
      intents.set(line.intent, line);
    } else if ('result' in line) {
      expect(intents.has(line.result), `result ${line.result} before its intent`).toBe(true);
      expect(results.has(line.result), `result ${line.result} twice`).toBe(false);
      results.set(line.result, line);
    }
  }
  const done = { 'remove-delete-marker': 0, 'copy-version': 0, 'delete-version': 0, 'add-delete-marker': 0 };
  for (const [number, { status }] of results) {
    const kind = intents.get(number)?.do;
    if (status === 'done' && kind !== undefined) done[kind] += 1;
  }
  expect(report.steps, 'steps of the report and done steps of the journal').toEqual(done);
  if (report.error === undefined) expect(results.size, 'every intent has a result').toBe(intents.size);
  const planned = new Map(run.plan().lines.map(({ bucket, key, steps }) => [JSON.stringify([bucket, key]), steps]));
  for (const { bucket, key, do: kind, versionId, source } of intents.values()) {
    const what = { do: kind, ...(versionId !== undefined && { versionId }), ...(source && { source }) };
    const where = JSON.stringify([bucket, key]);
    expect(planned.get(where), `what was done to ${where} is in the plan`).toContainEqual(
      expect.objectContaining(what),
    );
  }
}

const OWN_COMMANDS = ['group', 'endgroup', 'error', 'warning', 'debug'];

/** Nothing that was read becomes a command, an annotation of its own, markup or a mention; nothing secret gets out. */
export function expectSilence(run: ActionRun, secrets: readonly string[]): void {
  for (const { grammar, name, message } of commandsOf(`${run.stdout}\n${run.stderr}`)) {
    expect({ grammar, name, message }).toMatchObject({ grammar: '::', name: expect.toBeOneOf(OWN_COMMANDS) });
  }
  expect(run.stderr).toBe('');
  expectHarmless(run.summary);
  expect(Buffer.byteLength(run.summary)).toBeLessThanOrEqual(1024 * 1024);
  const texts = { stdout: run.stdout, stderr: run.stderr, ...filesIn(run.temp) };
  for (const [where, text] of Object.entries(texts)) {
    for (const secret of secrets) expect(text.includes(secret), `a secret in ${where}`).toBe(false);
  }
}

function filesIn(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile()) found[file] = readFileSync(file, 'utf8');
  }
  return found;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
