import { S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { afterEach } from 'vitest';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../../sandbox/index.ts';

export const NOON = '2026-03-04T12:00:00Z';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

export interface Rig {
  readonly sandbox: Sandbox;
  readonly s3: S3Client;
}

/** A sandbox whose clock stands still, and a client for it; both end with the test. */
export async function rig(options: SandboxOptions = {}): Promise<Rig> {
  const sandbox = await startSandbox({ now: NOON, ...options });
  const s3 = clientOf(sandbox);
  cleanups.push(() => sandbox.stop());
  return { sandbox, s3 };
}

export function clientOf(sandbox: Sandbox, options: { region?: string; maxAttempts?: number } = {}): S3Client {
  const s3 = new S3Client({
    endpoint: sandbox.endpoint,
    forcePathStyle: true,
    region: options.region ?? 'us-east-1',
    maxAttempts: options.maxAttempts ?? 1,
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'not-a-secret' },
  });
  cleanups.push(() => s3.destroy());
  return s3;
}

/** What a failed call says: status, code, and the message where the reply has a body. */
export async function failure(
  call: Promise<unknown>,
): Promise<{ status: number | undefined; code: string; message: string }> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    return { status: error.$metadata.httpStatusCode, code: error.name, message: error.message };
  }
  throw new Error('the call succeeded');
}

/** A GET past the SDK: status, headers and text as they came. */
export async function raw(sandbox: Sandbox, path: string, init: RequestInit = {}) {
  const response = await fetch(`${sandbox.endpoint}${path}`, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** The texts of an element, in document order. */
export function texts(document: string, element: string): string[] {
  return [...document.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, 'g'))].map((match) => match[1] ?? '');
}
