import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseInputs } from '../../src/action/inputs.ts';
import type { Log } from '../../src/action/log.ts';
import type { MainState } from '../../src/action/state.ts';
import { saveCheckpoint } from '../../src/action/state.ts';
import { goBack } from '../../src/guarded.ts';
import type { runAndTell } from '../../src/run-and-tell.ts';

/** The second half of a guard: what it takes back is what the first half guarded, whatever the deployment made of the inputs. */

type Ran = { readonly request: Parameters<typeof runAndTell>[0]; readonly inputs: Parameters<typeof runAndTell>[1] };
const ran = vi.hoisted((): Ran[] => []);
vi.mock('../../src/run-and-tell.ts', () => ({
  runAndTell: async (request: Ran['request'], inputs: Ran['inputs']) => {
    ran.push({ request, inputs });
    return { report: { totals: { failed: 0, conflicts: 0, restored: 1 } } };
  },
}));

const folder = mkdtempSync(join(tmpdir(), 's3-rollback-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Env = Record<string, string>;
const ENV: Env = {
  INPUT_OPERATION: 'guard',
  INPUT_BUCKET: 'my-bucket',
  INPUT_PREFIX: 'site/',
  AWS_REGION: 'eu-central-1',
  AWS_ENDPOINT_URL_SQS: 'https://me:secret@queue.example.com',
  RUNNER_TEMP: folder,
  GITHUB_WORKSPACE: folder,
};

const said: string[] = [];
const log = {
  say: (line: string) => said.push(line),
  warning: (line: string) => said.push(`warning: ${line}`),
  error: (line: string) => said.push(`error: ${line}`),
  debug: () => {},
  endGroup: () => {},
  end: () => {},
} as unknown as Log;

function stateOf(env: Env): MainState {
  const { request, connection } = parseInputs(env, Date.now());
  if (request.operation !== 'guard') throw new Error('not a guard');
  const saved: Env = {};
  saveCheckpoint('2026-01-02T03:04:05Z', { request, connection }, (name, value) => {
    saved[name] = String(value);
  });
  return { operation: 'guard', guarded: saved.guarded ?? '', checkpoint: saved.checkpoint ?? '' } as MainState;
}

beforeEach(() => {
  ran.length = 0;
  said.length = 0;
});

describe('going back', () => {
  it('as it was guarded, to the moment that was noted', async () => {
    expect(await goBack(ENV, stateOf(ENV), log)).toBe(false);
    expect(ran).toMatchObject([
      {
        request: {
          operation: 'rollback',
          scope: { bucket: 'my-bucket', prefix: 'site/' },
          target: { kind: 'time', at: Date.parse('2026-01-02T03:04:05Z') },
          method: 'copy',
          dryRun: false,
        },
        inputs: { connection: { region: 'eu-central-1' } },
      },
    ]);
    expect(said.join('\n')).not.toMatch(/warning|not what they were/);
  });

  it.each<[string, Env, RegExp]>([
    ['a limit came', { 'INPUT_MAX-CHANGES': '0' }, /not what they were/],
    ['another prefix', { INPUT_PREFIX: 'other/' }, /not what they were/],
    ['another region', { AWS_REGION: 'us-east-1' }, /going back/],
    ['no prefix', { INPUT_PREFIX: '' }, /warning: The inputs cannot be used any more/],
    ['no region', { AWS_REGION: '' }, /warning: The inputs cannot be used any more[\s\S]*region/],
    ['a limit that is none', { 'INPUT_MAX-CHANGES': 'x' }, /warning: [\s\S]*max-changes/],
    ['another operation', { INPUT_OPERATION: 'history' }, /warning: The inputs of a guard became those of history/],
  ])('also where the inputs have become others: %s', async (_, over, words) => {
    const before = stateOf(ENV);
    expect(await goBack({ ...ENV, ...over }, before, log)).toBe(false);
    expect(ran).toHaveLength(1);
    const [{ request, inputs } = {}] = ran;
    expect(request).toMatchObject({ scope: { bucket: 'my-bucket', prefix: 'site/' }, dryRun: false });
    expect(request).not.toHaveProperty('maxChanges');
    expect(inputs?.connection.region).toBe('eu-central-1');
    expect(inputs?.reporting.summary).toBe(true);
    expect(said.join('\n')).toMatch(words);
  });

  it('only plans where either half is told so', async () => {
    const dry = { ...ENV, 'INPUT_DRY-RUN': 'true' };
    for (const [first, second] of [
      [ENV, dry],
      [dry, ENV],
    ] as const) {
      await goBack(second, stateOf(first), log);
      expect(ran.pop()?.request.dryRun).toBe(true);
    }
  });

  it.each(['', 'null', '{}', '{"request":'])('not by guessing what was guarded: %j', async (guarded) => {
    expect(await goBack(ENV, { ...stateOf(ENV), guarded }, log)).toBe(true);
    expect(ran).toEqual([]);
    expect(said.at(-1)).toContain('To go back by hand');
  });
});

it('what is saved holds no password', () => {
  expect(stateOf(ENV).guarded).not.toContain('secret');
});
