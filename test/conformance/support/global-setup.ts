import type { TestProject } from 'vitest/node';

/** The server that the behaviours are asked of. */
export interface ServerUnderTest {
  /** The name under which known-differences.ts lists it. */
  readonly name: string;
  readonly endpoint: string;
  readonly region: string;
  /** Absent: the SDK's default chain, for a server of somebody else. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

declare module 'vitest' {
  export interface ProvidedContext {
    server: ServerUnderTest;
  }
}

/** The server that the environment names or, when it names none, the project's own sandbox, started for this run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { CONFORMANCE_ENDPOINT: endpoint, CONFORMANCE_SERVER: name, AWS_REGION: region = 'us-east-1' } = process.env;
  if (endpoint !== undefined && endpoint !== '') {
    // Without a name no difference is excused.
    project.provide('server', { name: name ?? 'unnamed', endpoint, region });
    return async () => {};
  }
  const { startSandbox } = await import('../../../sandbox/index.ts');
  const sandbox = await startSandbox();
  const credentials = { accessKeyId: 'AKIASANDBOX', secretAccessKey: 'sandbox' };
  project.provide('server', { name: 'sandbox', endpoint: sandbox.endpoint, region: 'us-east-1', credentials });
  return () => sandbox.stop();
}
