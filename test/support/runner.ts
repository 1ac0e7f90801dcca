import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import type { JournalLine } from '../../src/core/journal.ts';
import { type PlanHeader, type PlannedKey, parsePlanHeader, parsePlanLine } from '../../src/core/plan.ts';
import type { Report } from '../../src/core/report.ts';

/**
 * Runs the built dist/ the way the runner runs it: a child process on Node 24, inputs as INPUT_ variables with the
 * defaults of action.yml, the GITHUB_ files in a folder of their own, nothing else of this process's environment.
 */

const root = resolve(import.meta.dirname, '../..');

/** Another build than the one that is committed, where S3_ROLLBACK_DIST names its folder. */
const dist = process.env.S3_ROLLBACK_DIST;

const actionSchema = z.object({
  inputs: z.record(z.string(), z.object({ default: z.string().optional() })),
  runs: z.object({ using: z.string(), main: z.string(), post: z.string() }),
});

export const actionYml = actionSchema.parse(parse(readFileSync(join(root, 'action.yml'), 'utf8')));

export type Inputs = Readonly<Record<string, string>>;

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Called with the child once it runs: to send signals at a moment of the test's choosing. */
  readonly onSpawn?: (child: ReturnType<typeof spawn>) => void;
  /** Run the post step instead, with the state that a main step saved. */
  readonly post?: { readonly state: Readonly<Record<string, string>> };
  /** The runner's temp folder, to run twice in the same. */
  readonly temp?: string;
  /** The child is killed when it has not ended after so many milliseconds. */
  readonly limitMs?: number;
}

export interface ActionRun {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly temp: string;
  /** Of the files that the outputs name. */
  report(): Report;
  plan(): { header: PlanHeader; lines: PlannedKey[] };
  journal(): JournalLine[];
}

export function newTemp(): string {
  return mkdtempSync(join(tmpdir(), 's3-rollback-test-'));
}

export async function runAction(inputs: Inputs, endpoint: string, options: RunOptions = {}): Promise<ActionRun> {
  const temp = options.temp ?? newTemp();
  const files = Object.fromEntries(
    ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STEP_SUMMARY'].map((name) => {
      const file = join(temp, name);
      writeFileSync(file, '');
      return [name, file];
    }),
  );
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    // Only makes the start faster: hundreds of these are started.
    NODE_COMPILE_CACHE: join(tmpdir(), 's3-rollback-test-compile-cache'),
    HOME: temp,
    RUNNER_TEMP: temp,
    GITHUB_WORKSPACE: temp,
    GITHUB_ACTIONS: 'true',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_REPOSITORY: 'acme/site',
    GITHUB_RUN_ID: '1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret-that-must-not-leak',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_S3: endpoint,
    ...files,
    ...inputVariables(inputs),
    ...Object.fromEntries(Object.entries(options.post?.state ?? {}).map(([k, v]) => [`STATE_${k}`, v])),
    ...options.env,
  };
  const script = options.post === undefined ? actionYml.runs.main : actionYml.runs.post;
  const path = dist === undefined ? join(root, script) : resolve(root, dist, relative('dist', script));
  const child = spawn(process.execPath, [path], { cwd: temp, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (d: Buffer) => stdout.push(d));
  child.stderr.on('data', (d: Buffer) => stderr.push(d));
  options.onSpawn?.(child);
  const killer = setTimeout(() => child.kill('SIGKILL'), options.limitMs ?? 50_000);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((done) =>
    child.on('close', (c, s) => done([c, s])),
  );
  clearTimeout(killer);

  const outputs = readCommandFile(files.GITHUB_OUTPUT ?? '');
  const jsonLines = (name: string) =>
    readFileSync(outputs[name] ?? '', 'utf8')
      .trimEnd()
      .split('\n');
  return {
    code,
    signal,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
    outputs,
    state: readCommandFile(files.GITHUB_STATE ?? ''),
    summary: readFileSync(files.GITHUB_STEP_SUMMARY ?? '', 'utf8'),
    temp,
    report: () => JSON.parse(readFileSync(outputs['report-file'] ?? '', 'utf8')) as Report,
    plan: () => {
      const [header = '', ...lines] = jsonLines('plan-file');
      return { header: parsePlanHeader(header), lines: lines.map((line, i) => parsePlanLine(line, i + 2)) };
    },
    journal: () => {
      const file = outputs['journal-file'] ?? '';
      return existsSync(file) ? jsonLines('journal-file').map((line) => JSON.parse(line) as JournalLine) : [];
    },
  };
}

/** As the runner does: upper case, spaces to underscores, hyphens kept; unset inputs have their default or ''. */
export function inputVariables(inputs: Inputs): Record<string, string> {
  const all = {
    ...Object.fromEntries(Object.entries(actionYml.inputs).map(([k, v]) => [k, v.default ?? ''])),
    ...inputs,
  };
  return Object.fromEntries(Object.entries(all).map(([k, v]) => [`INPUT_${k.replace(/ /g, '_').toUpperCase()}`, v]));
}

/** The `name<<delimiter` form that toolkits write to GITHUB_OUTPUT and GITHUB_STATE. */
function readCommandFile(file: string): Record<string, string> {
  const found: Record<string, string> = {};
  const lines = readFileSync(file, 'utf8').split('\n');
  for (let i = 0; i < lines.length; i++) {
    const heredoc = /^([^<=]+)<<(.+)$/.exec(lines[i] ?? '');
    if (heredoc === null) continue;
    const [, name = '', delimiter] = heredoc;
    const value: string[] = [];
    for (i += 1; i < lines.length && lines[i] !== delimiter; i++) value.push(lines[i] ?? '');
    found[name] = value.join('\n');
  }
  return found;
}
