import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { policySchemaJson } from '../../scripts/policy-schema.ts';
import { parsePolicy } from '../../src/policy/index.ts';

/** policy.schema.json is what the action checks with, and docs/policy.md tells what is in it. */

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const file = read('policy.schema.json');

test('policy.schema.json is what `node scripts/policy-schema.ts` writes', () => {
  expect(file).toBe(policySchemaJson());
});

/** Of a JSON Schema: as much as ours uses. */
interface Schema {
  readonly description?: string | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly items?: Schema | undefined;
}
const schemaOf: z.ZodType<Schema> = z.lazy(() =>
  z.looseObject({
    description: z.string().optional(),
    properties: z.record(z.string(), schemaOf).optional(),
    items: schemaOf.optional(),
  }),
);
const schema = schemaOf.parse(JSON.parse(file));

function fieldsIn({ properties = {}, items }: Schema): (readonly [string, Schema])[] {
  const inside = Object.entries(properties).flatMap(([name, field]) => [[name, field] as const, ...fieldsIn(field)]);
  return [...inside, ...(items === undefined ? [] : fieldsIn(items))];
}
const fields = fieldsIn(schema);

test('it has all fields of the contract', () => {
  expect(fields.map(([name]) => name)).toEqual([
    'version',
    'rules',
    ...['name', 'bucket', 'keys', 'except-keys', 'on'],
    ...['wanted-by', 'principals', 'source-ips'],
    ...['only-if', 'at-least', 'within'],
    ...['hold-off', 'then', 'max-restores-per-key'],
  ]);
});

/** Of the tables of docs/policy.md, without the field that they are in. */
const rows = [...read('docs/policy.md').matchAll(/^\| `(?:[a-z-]+\.)?([a-z-]+)` \|/gm)].map(([, name]) => name);

test.each(fields)('%s is described, for editors and in docs/policy.md', (name, { description }) => {
  expect(description).toMatch(/^\S.*\.$/);
  expect(rows).toContain(name);
});

describe('what editors accept', () => {
  const editor = z.fromJSONSchema(JSON.parse(file));
  const policies = [...read('docs/policy.md').matchAll(/^```yaml\n([^`]*?^version: 1\n[^`]*?)^```$/gm)].map(
    ([, yaml = '']) => yaml,
  );

  test('there is something to look at', () => {
    expect(policies.length).toBeGreaterThan(5);
    expect(policies.join()).toContain('max-restores-per-key: 3');
  });

  test.each(policies)('a policy of docs/policy.md: also the action does\n%s', (yaml) => {
    expect(editor.safeParse(parse(yaml)).error).toBeUndefined();
    expect(parsePolicy(yaml, 'docs/policy.md').rules.length).toBeGreaterThan(0);
  });

  test.each([
    ['version: 2\nrules: [{ name: a, bucket: b }]'],
    ['version: 1\nrules: []'],
    ['version: 1\nrules: [{ name: a }]'],
    ['version: 1\nrules: [{ name: a, bucket: b, hold_off: 30s }]'],
    ['version: 1\nrules: [{ name: a, bucket: b, hold-off: 30 }]'],
    ['version: 1\nrules: [{ name: a, bucket: b, on: deletion }]'],
    ['version: 1\nrules: [{ name: a, bucket: b, only-if: { at-least: 0, within: 1m } }]'],
  ])('neither accepts %j', (yaml) => {
    expect(editor.safeParse(parse(yaml)).success).toBe(false);
    expect(() => parsePolicy(yaml, 'p.yml')).toThrow();
  });
});
