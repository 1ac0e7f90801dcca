import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';

/** The workflows that people copy or call, read strictly. */

const root = resolve(import.meta.dirname, '../..');
export const read = (file: string) => readFileSync(join(root, file), 'utf8');
export const filesIn = (folder: string) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);

export const RESTORE = '.github/workflows/restore.yml';
export const MANUAL = 'examples/workflows/manual-restore.yml';
export const COMMENT = 'examples/workflows/restore-from-comment.yml';
export const GUARD = 'examples/workflows/guard-around-sync.yml';
export const HISTORY = 'examples/workflows/history.yml';
export const UNDO = 'examples/workflows/undo.yml';
export const BOTS = ['examples/workflows/bot-on-dispatch.yml', 'examples/workflows/bot-on-schedule.yml'];
export const EXAMPLES = filesIn('examples/workflows');

const values = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
export const stepSchema = z.strictObject({
  id: z.string().optional(),
  name: z.string().optional(),
  if: z.string().optional(),
  uses: z.string().optional(),
  with: values.optional(),
  run: z.string().optional(),
  shell: z.string().optional(),
  env: values.optional(),
});
const jobSchema = z.looseObject({
  needs: z.union([z.string(), z.array(z.string())]).optional(),
  if: z.string().optional(),
  'timeout-minutes': z.number().optional(),
  environment: z.string().optional(),
  // https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency
  concurrency: z
    .strictObject({ group: z.string(), 'cancel-in-progress': z.literal(false), queue: z.literal('max').optional() })
    .optional(),
  permissions: z.record(z.string(), z.string()),
  outputs: z.record(z.string(), z.string()).default({}),
  uses: z.string().optional(),
  with: values.default({}),
  steps: z.array(stepSchema).default([]),
});
export const inputSchema = z.looseObject({ type: z.string(), required: z.boolean().default(false) });
const workflowSchema = z.looseObject({
  on: z.record(z.string(), z.unknown()),
  permissions: z.strictObject({}),
  jobs: z.record(z.string(), jobSchema),
});
export type Step = z.infer<typeof stepSchema>;

export const workflowOf = (file: string) => workflowSchema.parse(parse(read(file)));
export function jobOf(file: string, name: string) {
  const job = workflowOf(file).jobs[name];
  if (job === undefined) throw new Error(`no job ${name} in ${file}`);
  const step = (of: RegExp) => job.steps.findIndex(({ uses = '' }) => of.test(uses));
  const given = (of: RegExp) => job.steps[step(of)]?.with ?? {};
  return { ...job, step, given };
}

export const ACTION = /^your-org\/s3-rollback@/;
export const CREDENTIALS = /^aws-actions\/configure-aws-credentials@/;
export const UPLOAD = /^actions\/upload-artifact@/;
export const DOWNLOAD = /^actions\/download-artifact@/;

/** What carries something out: with these operations, and no dry run. */
export function isChange({ uses = '', with: given = {} }: Step): boolean {
  const { operation, 'dry-run': dryRun } = given;
  return ACTION.test(uses) && dryRun !== true && !['history', 'download', 'guard'].includes(String(operation));
}

/** A script of a step, run as the runner runs it with `shell: bash`, in that folder, whose programs go first. */
export function runStep(step: Step | undefined, folder: string, env: Readonly<Record<string, string>>) {
  const [output, summary] = [join(folder, 'output'), join(folder, 'summary')];
  for (const file of [output, summary]) writeFileSync(file, '');
  const fixed = Object.entries(step?.env ?? {}).filter(([, value]) => !String(value).includes('${{'));
  const { status, stdout } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step?.run ?? ''], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      PATH: `${folder}:${process.env.PATH}`,
      GITHUB_REPOSITORY: 'acme/site',
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: summary,
      ...Object.fromEntries(fixed.map(([name, value]) => [name, String(value)])),
      ...env,
    },
  });
  const outputs = readFileSync(output, 'utf8').split('\n').slice(0, -1);
  return { ok: status === 0, stdout, outputs, summary: readFileSync(summary, 'utf8') };
}

/** An expression, as a workflow has it. */
export function ref(expression: string): string {
  return `$${'{{'} ${expression} }}`;
}
