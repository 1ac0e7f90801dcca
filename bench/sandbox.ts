import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import type { Counts, Order, Recipe } from './server.ts';

// The sandbox checks no signature; the SDK wants credentials all the same.
process.env.AWS_ACCESS_KEY_ID = 'AKIDEXAMPLE';
process.env.AWS_SECRET_ACCESS_KEY = 'example';

/** The handle of a sandbox that runs in another process. */
export class RemoteSandbox {
  readonly endpoint: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, endpoint: string) {
    this.#child = child;
    this.endpoint = endpoint;
  }

  static async start(): Promise<RemoteSandbox> {
    const child = fork(join(import.meta.dirname, 'server.ts'), { execArgv: ['--max-old-space-size=8192'] });
    const { endpoint } = await ask(child, { do: 'count' });
    return new RemoteSandbox(child, endpoint);
  }

  /** A new bucket; the latency is that of every request to any bucket from now on. */
  async fill(recipe: Recipe, latency: number): Promise<void> {
    await ask(this.#child, { do: 'fill', recipe });
    await ask(this.#child, { do: 'latency', milliseconds: latency });
  }

  /** What reached the sandbox while `work` went on. */
  async watch<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly counts: Counts }> {
    await ask(this.#child, { do: 'clear' });
    const value = await work();
    return { value, counts: await ask(this.#child, { do: 'count' }) };
  }

  /** As the peers would make it: the SDK as it comes, but for the endpoint. */
  client(): S3Client {
    return new S3Client({ endpoint: this.endpoint, region: 'us-east-1', forcePathStyle: true });
  }

  stop(): void {
    this.#child.disconnect();
  }
}

async function ask(child: ChildProcess, order: Order): Promise<Counts> {
  const answer = once(child, 'message');
  child.send(order);
  const [counts] = await answer;
  return counts as Counts;
}
