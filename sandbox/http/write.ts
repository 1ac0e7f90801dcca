import type { ServerResponse } from 'node:http';
import { type Clock, httpTime } from '../clock.ts';
import { empty, HOST_ID, type Reply } from './reply.ts';

const ZEROS = new Uint8Array(1 << 20);

/** Sends a reply. `half`: closes the socket half way through the body, or before the reply if there is no body. */
export async function writeReply(
  response: ServerResponse,
  method: string | undefined,
  reply: Reply,
  clock: Clock,
  requestId: string,
  half: boolean,
): Promise<void> {
  // A HEAD reply has no body, so an error there is its status alone.
  const bare = method === 'HEAD' && reply.status >= 400;
  const { status, headers, body } = bare ? empty(reply.status, { ...reply.headers }) : reply;
  const data = typeof body === 'string' ? Buffer.from(body) : body;
  const size = 'zeros' in data ? data.zeros : data.length;
  if (half && (size === 0 || method === 'HEAD')) return void response.destroy();
  response.writeHead(status, {
    server: 'AmazonS3',
    date: httpTime(clock.now()),
    // Clients take an old Date for a skewed clock of their own, and retry every error; not if the reply has an Age.
    ...(clock.frozen && { age: '0' }),
    'x-amz-request-id': requestId,
    'x-amz-id-2': HOST_ID,
    ...(status !== 204 && status !== 304 && { 'content-length': String(size) }),
    ...headers,
  });
  if (method === 'HEAD') return void response.end();
  if (half) return void response.write(take(data, Math.floor(size / 2)), () => response.destroy());
  if (!('zeros' in data)) return void response.end(data);
  for (let left = size; left > 0 && !response.destroyed; left -= ZEROS.length) {
    const chunk = left < ZEROS.length ? ZEROS.subarray(0, left) : ZEROS;
    await new Promise((resolve) => response.write(chunk, resolve));
  }
  response.end();
}

function take(data: Uint8Array | { zeros: number }, size: number): Uint8Array {
  return 'zeros' in data ? ZEROS.subarray(0, size) : data.subarray(0, size);
}
