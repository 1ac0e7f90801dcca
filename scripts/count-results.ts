/**
 * The closing line of CI: `N passed, N failed`, summed over vitest's JSON reports in a folder. A step that failed without
 * a failed test to show for it (lint, types, a crash) counts as one failure.
 *
 *   node scripts/count-results.ts FOLDER FAILED_STEPS
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const schema = z.object({ numPassedTests: z.number(), numFailedTests: z.number(), numPendingTests: z.number() });

const [folder = '.', steps = '0'] = process.argv.slice(2);
let passed = 0;
let failed = 0;
let skipped = 0;
for (const file of readdirSync(folder)
  .filter((f) => f.endsWith('.json'))
  .sort()) {
  const report = schema.parse(JSON.parse(readFileSync(join(folder, file), 'utf8')));
  console.log(`${file.replace('.json', '')}: ${report.numPassedTests} passed, ${report.numFailedTests} failed`);
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  skipped += report.numPendingTests;
}
const failedSteps = Number(steps);
if (failedSteps > 0 && failed === 0) failed = failedSteps;
if (passed === 0) failed += 1;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;
