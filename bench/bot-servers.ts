import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { QueueCounts, QueueOrder } from './bot-queue.ts';
import type { S3Counts, S3Order } from './bot-s3.ts';

/** Deletions that wait in a queue. */
export interface Deleted {
  readonly bucket: string;
  readonly queueUrl: string;
  readonly keys: number;
}

/** An S3 and the queue that its events go to, each in another process. */
export class BotServers {
  readonly s3Endpoint: string;
  readonly queueEndpoint: string;
  readonly #s3: ChildProcess;
  readonly #queue: ChildProcess;
  #made = 0;

  private constructor(s3: [ChildProcess, S3Counts], queue: [ChildProcess, QueueCounts]) {
    [this.#s3, this.#queue] = [s3[0], queue[0]];
    [this.s3Endpoint, this.queueEndpoint] = [s3[1].endpoint, queue[1].endpoint];
  }

  static async start(): Promise<BotServers> {
    const queue = start('bot-queue.ts');
    const counts = await ask<QueueCounts>(queue, { do: 'count' } satisfies QueueOrder);
    const s3 = start('bot-s3.ts', counts.endpoint);
    return new BotServers([s3, await ask<S3Counts>(s3, { do: 'count' } satisfies S3Order)], [queue, counts]);
  }

  /** A new bucket with so many keys, all deleted, and a new queue with their messages. */
  async delete(keys: number): Promise<Deleted> {
    await this.#latency(0);
    const name = `bot-${++this.#made}`;
    await this.#askQueue({ do: 'create', name });
    await this.#askS3({ do: 'delete', bucket: name, queueArn: `arn:aws:sqs:us-east-1:000000000000:${name}`, keys });
    return { bucket: name, queueUrl: `${this.queueEndpoint}/000000000000/${name}`, keys };
  }

  /**
   * What `work` sent, at this latency (ms) of every request to both.
   * @throws Error where not all keys are back after it
   */
  async watch<T>(
    { bucket, keys }: Deleted,
    latency: number,
    work: () => Promise<T>,
  ): Promise<{ readonly value: T; readonly s3: S3Counts; readonly queue: QueueCounts }> {
    await this.#latency(latency);
    await Promise.all([this.#askS3({ do: 'clear' }), this.#askQueue({ do: 'clear' })]);
    const value = await work();
    const queue = await this.#askQueue({ do: 'count' });
    const s3 = await this.#askS3({ do: 'count', bucket });
    if (s3.live !== keys) throw new Error(`${s3.live} of ${keys} keys are back`);
    return { value, s3, queue };
  }

  stop(): void {
    this.#s3.disconnect();
    this.#queue.disconnect();
  }

  async #latency(milliseconds: number): Promise<void> {
    await Promise.all([this.#askS3({ do: 'latency', milliseconds }), this.#askQueue({ do: 'latency', milliseconds })]);
  }

  #askS3(order: S3Order): Promise<S3Counts> {
    return ask(this.#s3, order);
  }

  #askQueue(order: QueueOrder): Promise<QueueCounts> {
    return ask(this.#queue, order);
  }
}

function start(script: string, ...args: string[]): ChildProcess {
  return fork(join(import.meta.dirname, script), args, { execArgv: ['--max-old-space-size=4096'] });
}

async function ask<T>(child: ChildProcess, order: S3Order | QueueOrder): Promise<T> {
  const answer = once(child, 'message');
  child.send(order);
  const [counts] = await answer;
  return counts as T;
}
