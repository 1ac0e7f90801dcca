/**
 * npm run test:properties [-- <cases per property>]
 * The property tests with many more cases than `npm test` runs: 100,000 each unless told.
 * To run a failure again, put the seed and path that fast-check printed into the property's `runs()`.
 */
import { spawnSync } from 'node:child_process';

const [cases = '100000', ...more] = process.argv.slice(2);
if (!/^[1-9]\d*$/.test(cases)) {
  console.error(`"${cases}" is no number of cases. Usage: npm run test:properties [-- <cases per property>]`);
  process.exit(2);
}
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', 'test/property', '--testTimeout=0', ...more],
  { stdio: 'inherit', env: { ...process.env, PROPERTY_RUNS: cases } },
);
process.exit(status ?? 1);
