import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import MarkdownIt from 'markdown-it';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { parsePlanLine } from '../../src/core/plan.ts';

/** What the pages say is so. */

const root = resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...markdownIn('docs')];

function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);
}

interface Snippet {
  readonly where: string;
  readonly page: string;
  readonly text: string;
}

function snippets(language: string): Snippet[] {
  return pages.flatMap((page) =>
    new MarkdownIt()
      .parse(read(page), {})
      .filter((token) => token.type === 'fence' && token.info.trim() === language)
      .map((token) => ({ where: `${page}:${(token.map?.[0] ?? 0) + 1}`, page, text: token.content })),
  );
}

/** The lines of code under src/, all in one. */
const source = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => read(`src/${file}`))
  .join('\n');

function found(pattern: RegExp, text: string): string[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ''))].sort();
}

describe('YAML that users copy', () => {
  const action = z
    .object({ inputs: z.record(z.string(), z.unknown()), outputs: z.record(z.string(), z.unknown()) })
    .parse(parse(read('action.yml')));
  const stepSchema = z.looseObject({
    id: z.string().optional(),
    uses: z.string(),
    with: z.record(z.string(), z.unknown()),
  });

  const steps = snippets('yaml').flatMap((snippet) =>
    stepsIn(parse(snippet.text)).map((step) => ({ ...snippet, step: stepSchema.parse(step) })),
  );

  test('there is something to look at', () => {
    expect(steps.length).toBeGreaterThan(12);
  });

  test.each(steps)('$where: inputs exist', ({ step }) => {
    expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(step.with)));
    expect(step.with).toHaveProperty('operation');
  });

  test.each(steps)('$where: outputs exist', ({ step, text }) => {
    if (step.id === undefined) return;
    const named = found(new RegExp(`steps\\.${step.id}\\.outputs\\.([\\w-]+)`, 'g'), text);
    expect(Object.keys(action.outputs)).toEqual(expect.arrayContaining(named));
  });

  function stepsIn(node: unknown): unknown[] {
    if (Array.isArray(node)) return node.flatMap(stepsIn);
    if (typeof node !== 'object' || node === null) return [];
    const ours = 'uses' in node && typeof node.uses === 'string' && /\/s3-rollback@/.test(node.uses);
    return ours ? [node] : Object.values(node).flatMap(stepsIn);
  }
});

describe('docs/troubleshooting.md knows every word', () => {
  const page = read('docs/troubleshooting.md');
  const inCode = new Set(found(/`([^`\n]+)`/g, page));

  test.each(found(/\|\s+'([a-z-]+)'/g, /type SkipReason =([^;]*);/.exec(source)?.[1] ?? ''))(
    'skip reason %s',
    (reason) => {
      expect(page).toMatch(new RegExp(`^\\| \`${reason}\` \\|`, 'm'));
    },
  );

  const raised = found(/(?:new RollbackError\(|super\()\s*'([a-z-]+)'/g, source);
  // `custom` is what zod calls a problem that we found.
  const failed = found(/\bcode: '(?!custom')([a-z-]+)'/g, source);
  test('there is something to look at', () => {
    expect(raised.length).toBeGreaterThan(12);
    expect(failed).toContain('unconfirmed');
  });

  test.each([...raised, ...failed])('code %s', (code) => {
    expect(page).toMatch(new RegExp(`^\\| \`${code}\` \\|`, 'm'));
  });

  const hints = /const HINTS[^{]*\{([\s\S]*?)\n\};/.exec(read('src/s3/errors.ts'))?.[1] ?? '';
  test.each(found(/^ {2}'?([\w-]+)'?:/gm, hints))('code of S3 with a mend: %s', (code) => {
    expect(inCode).toContain(code);
  });

  test('no reason and no code that does not exist', () => {
    const own = found(/^\| `([a-z]+(?:-[a-z]+)*)` \|/gm, page);
    const unknown = own.filter((word) => !source.includes(`'${word}'`));
    expect(unknown).toEqual([]);
  });

  test('the plan line that it shows is one', () => {
    const [line] = snippets('json').filter((snippet) => snippet.page === 'docs/troubleshooting.md');
    expect(parsePlanLine(line?.text ?? '', 1).steps).toHaveLength(1);
  });
});

describe('IAM', () => {
  const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
  const statementSchema = z.strictObject({
    Sid: z.string().regex(/^[A-Za-z0-9]+$/),
    Effect: z.literal('Allow'),
    Action: oneOrMore,
    Resource: z.string().optional(),
    Principal: z.unknown().optional(),
    Condition: z.record(z.string(), z.unknown()).optional(),
  });
  const policySchema = z.strictObject({ Version: z.literal('2012-10-17'), Statement: z.array(statementSchema) });

  const all = snippets('json').filter(({ text }) => text.includes('"Effect"'));
  const policies = all.map((snippet) => {
    const json: unknown = JSON.parse(snippet.text);
    const whole = policySchema.safeParse(json);
    return { ...snippet, json, statements: whole.success ? whole.data.Statement : [statementSchema.parse(json)] };
  });
  const actions = [...new Set(policies.flatMap(({ statements }) => statements.flatMap(({ Action }) => Action)))];

  test('there is something to look at', () => {
    expect(policies.length).toBeGreaterThan(8);
  });

  test.each(policies)('$where: objects and buckets are not mixed up, and nothing is a wildcard', ({ statements }) => {
    const onBucket = /^s3:(GetBucket|ListBucket)/;
    for (const { Action, Resource = '' } of statements) {
      for (const action of Action) {
        expect(action).not.toContain('*');
        if (onBucket.test(action)) expect(Resource).toMatch(/^arn:aws:s3:::[a-z-]+$/);
        // Never a whole bucket: a part of it, and what is below.
        else if (action.startsWith('s3:')) expect(Resource).toMatch(/^arn:aws:s3:::[a-z-]+\/([\w-]+\/)+\*$/);
        else expect(Resource).not.toContain('*');
      }
    }
  });

  test.each(policies.filter(({ page }) => page === 'README.md'))(
    '$where is a policy of docs/permissions.md',
    ({ json }) => {
      const full = policies.filter(({ page }) => page === 'docs/permissions.md').map((policy) => policy.json);
      expect(full).toContainEqual(json);
    },
  );

  // What the hints of a run ask for is what the policies give, and the other way round.
  const hinted = found(/\b((?:s3|kms|sqs):[A-Z][A-Za-z]+)\b/g, read('src/s3/errors.ts') + read('src/queue/errors.ts'));
  /** Without the first two nothing fails: S3 then does not show what they are about. */
  const unhinted = ['s3:GetObjectRetention', 's3:GetObjectLegalHold', 'sts:AssumeRoleWithWebIdentity'];

  test('the actions in the hints are those in the policies', () => {
    expect(actions.filter((action) => !unhinted.includes(action)).sort()).toEqual(hinted);
  });

  test.each([...hinted, ...unhinted.filter((action) => action.startsWith('s3:'))])(
    'the table of docs/permissions.md says what %s is for',
    (action) => {
      expect(read('docs/permissions.md')).toMatch(new RegExp(`^\\|.*\`${action}\`.*\\|$`, 'm'));
    },
  );
});

describe('links', () => {
  const links = pages.flatMap((page) =>
    new MarkdownIt()
      .parse(read(page), {})
      .flatMap((token) => token.children ?? [])
      .filter((token) => token.type === 'link_open')
      .map((token) => ({ page, href: String(token.attrGet('href')) })),
  );

  test('there is something to look at', () => {
    expect(links.length).toBeGreaterThan(50);
  });

  test.each(links.filter(({ href }) => !/^https?:/.test(href)))('$page: $href', ({ page, href }) => {
    const [path = '', anchor] = href.split('#');
    const file = path === '' ? page : join(dirname(page), path);
    expect(existsSync(join(root, file)), `${file} exists`).toBe(true);
    if (anchor !== undefined && statSync(join(root, file)).isFile()) expect(anchorsOf(file)).toContain(anchor);
  });

  test.each(links.filter(({ href }) => /^https?:/.test(href)))('$page: $href is a whole https address', ({ href }) => {
    expect(new URL(href).protocol).toBe('https:');
  });

  /** As GitHub makes them of headings: lower case, punctuation away, spaces to hyphens. */
  function anchorsOf(file: string): string[] {
    const tokens = new MarkdownIt().parse(read(file), {});
    return tokens.flatMap((token, i) => {
      if (token.type !== 'heading_open') return [];
      const text = (tokens[i + 1]?.children ?? []).map((child) => child.content).join('');
      return [
        text
          .toLowerCase()
          .replace(/[^\p{L}\p{N}\s_-]/gu, '')
          .replace(/\s/g, '-'),
      ];
    });
  }
});

describe('commands', () => {
  const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')));
  const named = found(
    /npm (?:run (?:--\S+ )*)?((?:test|demo|bench|build|lint|types|format)(?::\w+)?)\b/g,
    pages.map(read).join('\n'),
  );

  test('there is something to look at', () => {
    expect(named.length).toBeGreaterThan(6);
  });

  test.each(named)('npm run %s exists', (name) => {
    expect(scripts).toHaveProperty([name]);
  });
});
