import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/{unit,property,contract,integration,acceptance,browser}/**/*.test.ts'],
    // Generous: it catches a hang, it is no measurement.
    testTimeout: 60_000,
    // Acceptance tests wait for child processes most of the time; all cores, not all but one.
    maxWorkers: '100%',
    hookTimeout: 60_000,
    reporters: process.env.CI === 'true' ? ['default', 'json'] : ['default'],
    outputFile: { json: 'coverage/results.json' },
  },
});
