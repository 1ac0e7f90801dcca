import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';

/**
 * Runs a step as the runner of GitHub Actions does: the built dist/ in a process of its own, inputs as INPUT_ variables
 * with the defaults of action.yml, the GITHUB_ files in a folder of their own, nothing else of this environment.
 */

const root = resolve(import.meta.dirname, '..');

/** Another build than the one that is committed, where S3_ROLLBACK_DIST names its folder. */
const dist = resolve(root, process.env.S3_ROLLBACK_DIST ?? 'dist');

const actionYml = z
  .object({
    inputs: z.record(z.string(), z.object({ default: z.string().optional() })),
    runs: z.object({ main: z.string() }),
  })
  .parse(parse(readFileSync(join(root, 'action.yml'), 'utf8')));

/** Node 24, which the runner uses; a development dependency, whatever this process runs on. */
const NODE = join(root, 'node_modules/.bin/node');

export interface StepOptions {
  readonly endpoint: string;
  /** The runner's temp folder, which stays; default: a new one. */
  readonly temp?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Options for Node itself. */
  readonly nodeOptions?: readonly string[];
}

export interface StepRun {
  readonly code: number | null;
  /** From spawn to exit. */
  readonly milliseconds: number;
  readonly outputs: Readonly<Record<string, string>>;
  /** Markdown, as the step wrote it. */
  readonly summary: string;
  /** stdout and stderr. */
  readonly log: string;
}

export async function runStep(inputs: Readonly<Record<string, string>>, options: StepOptions): Promise<StepRun> {
  const temp = options.temp ?? mkdtempSync(join(tmpdir(), 's3-rollback-step-'));
  const [output, state, summary] = ['output', 'state', 'summary'].map((name) => {
    const file = join(temp, name);
    writeFileSync(file, '');
    return file;
  }) as [string, string, string];
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: temp,
    RUNNER_TEMP: temp,
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: temp,
    GITHUB_OUTPUT: output,
    GITHUB_STATE: state,
    GITHUB_STEP_SUMMARY: summary,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_S3: options.endpoint,
    ...inputVariables(inputs),
    ...options.env,
  };
  const begin = performance.now();
  const child = spawn(NODE, [...(options.nodeOptions ?? []), join(dist, relative('dist', actionYml.runs.main))], {
    cwd: temp,
    env,
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  }
  const code = await new Promise<number | null>((done, failed) => child.on('close', done).on('error', failed));
  const milliseconds = performance.now() - begin;
  return { code, milliseconds, outputs: outputsIn(output), summary: readFileSync(summary, 'utf8'), log };
}

function inputVariables(inputs: Readonly<Record<string, string>>): Record<string, string> {
  const defaults = Object.entries(actionYml.inputs).map(([name, spec]) => [name, spec.default ?? ''] as const);
  return Object.fromEntries(
    [...defaults, ...Object.entries(inputs)].map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  );
}

/** `name<<delimiter`, the value, the delimiter again. */
function outputsIn(file: string): Record<string, string> {
  const outputs = readFileSync(file, 'utf8').matchAll(/^([\w-]+)<<(.+)\n([\s\S]*?)\n?\2$/gm);
  return Object.fromEntries(Array.from(outputs, ([, name = '', , value = '']) => [name, value]));
}
