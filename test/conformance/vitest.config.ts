import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** `npm run test:conformance`; see README.md in this folder. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/conformance/**/*.conformance.ts'],
    globalSetup: ['test/conformance/support/global-setup.ts'],
    // Every behaviour has a bucket of its own, so they can all wait for the server at the same time.
    sequence: { concurrent: true },
    maxConcurrency: 6,
    maxWorkers: 3,
    isolate: false,
    testTimeout: 60_000,
    // Nothing is retried: a server that behaves differently once behaves differently.
    retry: 0,
  },
});
