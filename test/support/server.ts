import { S3 } from '@aws-sdk/client-s3';
import { type Sandbox, startSandbox } from '../../sandbox/index.ts';

/**
 * The S3 server that the acceptance tests run against: the project's own sandbox or, when ACCEPTANCE_ENDPOINT names one,
 * any other; its name for the list of known differences is in ACCEPTANCE_SERVER, its credentials where AWS tools expect them.
 */
export interface TestServer {
  readonly name: string;
  readonly endpoint: string;
  /** What the action finds in its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** For preparing and inspecting buckets. */
  readonly s3: S3;
  /** The sandbox behind it, with its powers; undefined for a server of somebody else. */
  readonly sandbox: Sandbox | undefined;
  /** Resolves when what is written next is in a later second than everything before. */
  nextSecond(): Promise<void>;
  stop(): Promise<void>;
}

/** The sandbox's clock stands still here until somebody moves it: safely in the past of the machine's own clock. */
const START = '2026-03-04T12:00:00Z';

export async function startServer(): Promise<TestServer> {
  const { ACCEPTANCE_ENDPOINT: endpoint = '' } = process.env;
  return endpoint === '' ? ownServer() : foreignServer(endpoint);
}

async function ownServer(): Promise<TestServer> {
  const sandbox = await startSandbox({ now: START });
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret-that-must-not-leak' };
  const s3 = clientOf(sandbox.endpoint, 'us-east-1', credentials);
  return {
    name: 'sandbox',
    endpoint: sandbox.endpoint,
    env: environment('us-east-1', credentials),
    s3,
    sandbox,
    nextSecond: async () => sandbox.clock.advance(1000),
    stop: async () => {
      s3.destroy();
      await sandbox.stop();
    },
  };
}

function foreignServer(endpoint: string): TestServer {
  const region = process.env.AWS_REGION ?? 'us-east-1';
  const credentials = { accessKeyId: needed('AWS_ACCESS_KEY_ID'), secretAccessKey: needed('AWS_SECRET_ACCESS_KEY') };
  const s3 = clientOf(endpoint, region, credentials);
  return {
    // Without a name no difference is excused.
    name: process.env.ACCEPTANCE_SERVER ?? 'unnamed',
    endpoint,
    env: environment(region, credentials),
    s3,
    sandbox: undefined,
    // Its clock is its own: the only way into the next second is to live through this one.
    nextSecond: () => new Promise((resolve) => setTimeout(resolve, 1100)),
    stop: async () => s3.destroy(),
  };
}

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

function clientOf(endpoint: string, region: string, credentials: Credentials): S3 {
  return new S3({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 3 });
}

function environment(region: string, { accessKeyId, secretAccessKey }: Credentials): Record<string, string> {
  return { AWS_REGION: region, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
}

function needed(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`with ACCEPTANCE_ENDPOINT ${name} is needed`);
  return value;
}
