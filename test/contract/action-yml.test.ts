import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { withTables } from '../../scripts/readme-tables.ts';
import { INPUTS, type InputSpec, OUTPUTS } from '../../src/action/registry.ts';
import { sourceFiles } from './sources.ts';

/** action.yml, the registry, the code and the README say the same of every input and output. */

const actionSchema = z.strictObject({
  name: z.literal('s3-rollback'),
  author: z.string().min(1),
  // GitHub's marketplace takes no more. https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax
  description: z.string().min(1).max(125),
  branding: z.strictObject({ icon: z.string(), color: z.string() }),
  inputs: z.record(
    z.string(),
    z.strictObject({ description: z.string(), required: z.boolean(), default: z.string().optional() }),
  ),
  outputs: z.record(z.string(), z.strictObject({ description: z.string() })),
  runs: z.strictObject({
    using: z.literal('node24'),
    main: z.literal('dist/index.js'),
    post: z.literal('dist/post/index.js'),
    'post-if': z.literal('failure() || cancelled()'),
  }),
});

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const action = actionSchema.parse(parse(read('action.yml')));
const inputs: readonly InputSpec[] = INPUTS;

describe('action.yml and the registry', () => {
  it('have the same inputs in the same order', () => {
    expect(Object.keys(action.inputs)).toEqual(inputs.map(({ name }) => name));
  });

  it.each(inputs.map((input) => [input.name, input] as const))('agree on input %s', (name, input) => {
    expect(action.inputs[name]).toEqual({
      description: input.description,
      required: input.required === true,
      ...(input.default !== undefined && { default: input.default }),
    });
  });

  it('have the same outputs in the same order, with the same descriptions', () => {
    expect(Object.entries(action.outputs)).toEqual(OUTPUTS.map(({ name, description }) => [name, { description }]));
  });

  it('name each thing once', () => {
    for (const names of [inputs.map(({ name }) => name), OUTPUTS.map(({ name }) => name)]) {
      expect(new Set(names).size).toBe(names.length);
    }
  });
});

describe('the code', () => {
  const code = sourceFiles()
    .filter(({ path }) => path.startsWith('action/') && path !== 'action/registry.ts')
    .map(({ text }) => text)
    .join('\n');

  it.each(inputs.map(({ name }) => name))('reads input %s', (name) => {
    expect(code).toMatch(
      new RegExp(`(text|exact|lines|list|flag|integer|choice|time|duration|path)(<\\w+>)?\\('${name}'`),
    );
  });

  it.each(OUTPUTS.map(({ name }) => name))('sets output %s', (name) => {
    expect(code).toMatch(new RegExp(`^ *'?${name}'?: .*,$`, 'm'));
  });
});

it('README.md has the tables that scripts/readme-tables.ts writes', () => {
  const readme = read('README.md');
  expect(withTables(readme)).toBe(readme);
});
