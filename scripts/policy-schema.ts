import { readFileSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import { policySchema } from '../src/policy/schema.ts';

/**
 * Writes policy.schema.json, which editors check and complete policies with, from the schema that the action checks with.
 * `node scripts/policy-schema.ts` writes, `--check` only looks, and fails where the two differ.
 */

const FILE = new URL('../policy.schema.json', import.meta.url);

/** The file's whole text. */
export function policySchemaJson(): string {
  // Draft 7 is what the editors' YAML support knows best.
  // https://github.com/redhat-developer/yaml-language-server#language-server-settings
  const { $schema, ...rest } = z.toJSONSchema(policySchema, { io: 'input', target: 'draft-7' });
  const whole = {
    $schema,
    $id: 'https://raw.githubusercontent.com/your-org/s3-rollback/v0/policy.schema.json',
    title: 'Policy of s3-rollback',
    description: 'Which deletions and overwrites in versioned S3 buckets are unwanted, and what is done about them.',
    ...rest,
  };
  // Short lists on one line, as the formatter wants them.
  const json = JSON.stringify(whole, null, 2).replace(
    /\[\s+("[^"]*"(?:,\s+"[^"]*")*)\s+\]/g,
    (_, items: string) => `[${items.replace(/,\s+/g, ', ')}]`,
  );
  return `${json}\n`;
}

if (import.meta.main) {
  const wanted = policySchemaJson();
  if (!process.argv.includes('--check')) {
    writeFileSync(FILE, wanted);
  } else if (readFileSync(FILE, 'utf8') !== wanted) {
    process.stderr.write(
      'policy.schema.json is not what src/policy/schema.ts says: run node scripts/policy-schema.ts\n',
    );
    process.exitCode = 1;
  }
}
