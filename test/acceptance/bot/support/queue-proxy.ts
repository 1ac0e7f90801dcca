import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';

/** The way to the queue server, on which requests are seen and may go wrong: the server itself refuses nobody. */
export interface QueueProxy {
  /** For AWS_ENDPOINT_URL_SQS. */
  readonly endpoint: string;
  /** The actions that were asked of one queue (`ReceiveMessage`, …), in order of arrival. */
  actions(queue: string): string[];
  add(fault: QueueFault): void;
  stop(): Promise<void>;
}

export interface QueueFault {
  /** The name of the queue: others of the same file are left alone. */
  readonly queue: string;
  readonly action: 'ReceiveMessage' | 'DeleteMessageBatch' | 'ChangeMessageVisibilityBatch';
  /** Default: always. */
  readonly times?: number;
  /** Let so many through first. */
  readonly skip?: number;
  /** An error in the way of SQS. Without any of these `hook` is all. */
  readonly respond?: { readonly status: number; readonly code: string; readonly message?: string };
  /** The connection breaks, and the queue never hears of it. */
  readonly drop?: boolean;
  /** An answer without messages, at once. */
  readonly empty?: boolean;
  /** What happens just before. */
  readonly hook?: () => void | Promise<void>;
}

const bodySchema = z.object({ QueueUrl: z.string() });

export async function startQueueProxy(target: string): Promise<QueueProxy> {
  const seen: { readonly queue: string; readonly action: string }[] = [];
  const faults: { readonly fault: QueueFault; skip: number; times: number }[] = [];

  /** All that match are counted; the first that answers does. */
  function strike(queue: string, action: string): QueueFault[] {
    return faults.flatMap((one) => {
      if (one.fault.queue !== queue || one.fault.action !== action || one.times <= 0) return [];
      if (one.skip > 0) {
        one.skip -= 1;
        return [];
      }
      one.times -= 1;
      return [one.fault];
    });
  }

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const action = String(incoming.headers['x-amz-target']).replace(/^AmazonSQS\./, '');
    const url = bodySchema.safeParse(JSON.parse(body.toString()));
    const queue = url.data?.QueueUrl.split('/').at(-1) ?? '';
    seen.push({ queue, action });
    const struck = strike(queue, action);
    const answerWith = (status: number, json: object) =>
      outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(json));
    for (const { hook } of struck) await hook?.();
    // Whoever asked may be gone by now.
    if (outgoing.destroyed || struck.some(({ drop }) => drop)) return void outgoing.destroy();
    if (struck.some(({ empty }) => empty)) return void answerWith(200, {});
    const answer = struck.find(({ respond }) => respond !== undefined)?.respond;
    if (answer !== undefined) {
      const { status, code, message = 'as the test wants it' } = answer;
      return void answerWith(status, { __type: `com.amazonaws.sqs#${code}`, message });
    }
    forward(incoming, body, outgoing);
  }

  function forward({ method, url, headers }: IncomingMessage, body: Buffer, outgoing: ServerResponse): void {
    const { hostname, port } = new URL(target);
    const onward = send({ hostname, port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    // A poll that nobody waits for any more.
    outgoing.on('close', () => onward.destroy());
    onward.end(body);
  }

  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    actions: (name) => seen.filter(({ queue }) => queue === name).map(({ action }) => action),
    add: (fault) => faults.push({ fault, skip: fault.skip ?? 0, times: fault.times ?? Number.POSITIVE_INFINITY }),
    async stop() {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
    },
  };
}
