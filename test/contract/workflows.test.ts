import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import MarkdownIt from 'markdown-it';
import { describe, expect, test } from 'vitest';
import { parse, parseDocument } from 'yaml';
import * as z from 'zod';

/** The workflows of this project, and those that its pages show to users, keep the rules that its pages preach. */

const root = resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const filesIn = (folder: string, end: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(end))
    .map((name) => `${folder}/${name}`);

const workflows = filesIn('.github/workflows', '.yml');
/** Those that people copy. */
const examples = filesIn('examples/workflows', '.yml');
const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...filesIn('docs', '.md')];

/** How the pages name this action, and its workflow, while nobody knows where it will live; the pages say to pin it. */
const PLACEHOLDERS = ['your-org/s3-rollback@v0', 'your-org/s3-rollback/.github/workflows/restore.yml@v0'];

interface Snippet {
  readonly where: string;
  readonly text: string;
}

const snippets: Snippet[] = pages.flatMap((page) =>
  new MarkdownIt()
    .parse(read(page), {})
    .filter((token) => token.type === 'fence' && token.info.trim() === 'yaml')
    .map((token) => ({ where: `${page}:${(token.map?.[0] ?? 0) + 1}`, text: token.content })),
);
const sources: Snippet[] = [...[...workflows, ...examples].map((where) => ({ where, text: read(where) })), ...snippets];

describe('actions are pinned', () => {
  const uses = sources.flatMap(({ where, text }) =>
    [...text.matchAll(/^\s*(?:-\s+)?uses:\s*(.+?)\s*$/gm)].map((match) => ({ where, value: match[1] ?? '' })),
  );

  test('there is something to look at', () => {
    expect(uses.length).toBeGreaterThan(20);
  });

  test.each(uses)('$where: $value', ({ value }) => {
    if (value === './' || PLACEHOLDERS.includes(value)) return;
    expect(value).toMatch(/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('one action, one version', () => {
    const pins = new Map<string, Set<string>>();
    for (const { value } of uses) {
      const [, repository = '', pin = ''] = /^([\w.-]+\/[\w.-]+)[\w./-]*@(.*)$/.exec(value) ?? [];
      if (repository === '' || repository === 'your-org/s3-rollback') continue;
      pins.set(repository, (pins.get(repository) ?? new Set()).add(pin));
    }
    for (const [repository, versions] of pins) expect([...versions], repository).toHaveLength(1);
  });
});

const stepSchema = z.looseObject({
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
});
const jobSchema = z.looseObject({
  uses: z.string().optional(),
  permissions: z.record(z.string(), z.string()).optional(),
  'timeout-minutes': z.number().optional(),
  steps: z.array(stepSchema).optional(),
});
const workflowSchema = z.looseObject({
  on: z.unknown(),
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(z.string(), jobSchema),
});

describe('every workflow', () => {
  const own = [...workflows, ...examples].map((file) => ({
    file,
    workflow: () => workflowSchema.parse(parse(read(file))),
  }));

  test.each(own)('$file: gives permissions job by job, none by default', ({ workflow }) => {
    const { permissions, jobs } = workflow();
    expect(permissions).toEqual({});
    for (const [name, job] of Object.entries(jobs)) expect(job.permissions, name).toBeDefined();
  });

  test.each(own)('$file: a job that may write to the repository runs none of its code', ({ workflow }) => {
    for (const [name, { permissions = {}, steps = [] }] of Object.entries(workflow().jobs)) {
      if (permissions.contents !== 'write') continue;
      for (const { run = '' } of steps) expect(run, name).not.toMatch(/\b(npm|npx|node|\.ci\/run)\b/);
    }
  });

  test.each(own)('$file: a checkout leaves no token behind', ({ workflow }) => {
    for (const { steps = [] } of Object.values(workflow().jobs)) {
      for (const step of steps) {
        if (step.uses?.startsWith('actions/checkout@')) expect(step.with?.['persist-credentials']).toBe(false);
      }
    }
  });

  test.each(own)('$file: every job has a time limit', ({ workflow }) => {
    for (const [name, job] of Object.entries(workflow().jobs)) {
      // The jobs of the workflow that is called have their own.
      if (job.uses === undefined) expect(job['timeout-minutes'], name).toBeGreaterThan(0);
    }
  });

  // What makes this one safe all the same: restore-from-comment.test.ts.
  test.each(own.filter(({ file }) => file !== 'examples/workflows/restore-from-comment.yml'))(
    '$file: is not started by the events that run with rights on what a stranger wrote',
    ({ workflow }) => {
      const { on } = workflow();
      const events = typeof on === 'string' ? [on] : Array.isArray(on) ? on : Object.keys(on ?? {});
      for (const event of ['pull_request_target', 'issue_comment', 'workflow_run']) expect(events).not.toContain(event);
    },
  );
});

// https://docs.github.com/en/actions/reference/security/secure-use#good-practices-for-mitigating-script-injection-attacks
describe('nothing is interpolated into a script', () => {
  const runs = sources.flatMap(({ where, text }) => scriptsIn(parse(text)).map((script) => ({ where, script })));

  test('there is something to look at', () => {
    expect(runs.length).toBeGreaterThan(10);
  });

  test.each(runs)('$where: $script', ({ script }) => {
    expect(script).not.toContain('${{');
  });
});

function scriptsIn(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(scriptsIn);
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === 'run' && typeof value === 'string' ? [value] : scriptsIn(value),
  );
}

describe('YAML', () => {
  test.each(sources)('$where parses, without a key given twice', ({ text }) => {
    const document = parseDocument(text);
    expect([...document.errors, ...document.warnings].map((problem) => problem.message)).toEqual([]);
  });

  test('dependabot looks after npm and the actions, in groups, and waits', () => {
    const schema = z.object({
      updates: z.array(
        z.looseObject({
          'package-ecosystem': z.string(),
          groups: z.record(z.string(), z.unknown()),
          cooldown: z.looseObject({ 'default-days': z.number().positive() }),
        }),
      ),
    });
    const { updates } = schema.parse(parse(read('.github/dependabot.yml')));
    expect(updates.map((update) => update['package-ecosystem']).sort()).toEqual(['github-actions', 'npm']);
  });
});
