/** The lock file must work on every machine: it names no registry but npm's own, and every package has its integrity. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as z from 'zod';

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({ resolved: z.string().optional(), integrity: z.string().optional(), link: z.boolean().optional() }),
  ),
});

const lock = lockSchema.parse(
  JSON.parse(readFileSync(resolve(import.meta.dirname, '..', 'package-lock.json'), 'utf8')),
);
const problems = Object.entries(lock.packages).flatMap(([name, entry]) => {
  if (name === '') return [];
  const foreign = entry.resolved !== undefined && !entry.resolved.startsWith('https://registry.npmjs.org/');
  return [
    ...(foreign ? [`${name}: resolved from another place than npm's registry`] : []),
    ...(entry.integrity === undefined ? [`${name}: no integrity`] : []),
  ];
});
if (problems.length > 0) {
  console.error(`package-lock.json:\n  ${problems.join('\n  ')}`);
  process.exitCode = 1;
}
