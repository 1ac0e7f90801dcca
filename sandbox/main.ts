/** Starts a sandbox for playing: `PORT=9000 node sandbox/main.ts`. Buckets are made with any S3 client. */
import { startSandbox } from './index.ts';

const sandbox = await startSandbox({ port: Number(process.env.PORT ?? 9000) });
console.log(`S3 sandbox at ${sandbox.endpoint} (path-style; any credentials; Ctrl-C stops it)`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void sandbox.stop());
