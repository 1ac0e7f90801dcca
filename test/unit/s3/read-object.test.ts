import { Readable } from 'node:stream';
import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { CancelledError } from '../../../src/core/errors.ts';
import type { ObjectStream } from '../../../src/core/ports.ts';
import { readObject } from '../../../src/s3/read-object.ts';
import type { Timer } from '../../../src/s3/request.ts';
import { noWaiting, requesterFor } from './pager.ts';

const CONTENT = Buffer.from('0123456789');
const HEADERS = {
  etag: '"abc"',
  'last-modified': 'Sun, 22 Nov 2026 14:00:00 GMT',
  'x-amz-version-id': 'v1',
  'content-length': '10',
};

interface Sent {
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
}
interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** What comes before it breaks; an Error breaks it, `never` stalls it. */
  readonly body: readonly (string | Buffer | Error | 'never')[];
}

/** A server that gives these answers, one after the other; the last for ever. */
function start(answers: readonly Answer[], options: { timer?: Timer; concurrency?: number } = {}) {
  const sent: Sent[] = [];
  const bodies: Readable[] = [];
  const handle = async ({ headers, query }: Sent) => {
    const {
      status = 200,
      headers: more = {},
      body,
    } = answers[Math.min(sent.length, answers.length - 1)] ?? expect.fail();
    sent.push({ headers, query });
    const stream = streamOf(body);
    bodies.push(stream);
    const all = Object.entries({ ...HEADERS, ...more }).filter(([, value]) => value !== undefined);
    return { response: { statusCode: status, headers: Object.fromEntries(all), body: stream } };
  };
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const client = new S3Client({
    region: 'us-east-1',
    maxAttempts: 1,
    credentials,
    requestHandler: { handle },
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  const [stop, abort] = [new AbortController(), new AbortController()];
  const signals = { stop: stop.signal, abort: abort.signal };
  const requester = requesterFor({ ...signals, concurrency: options.concurrency ?? 4 });
  const context = { requester, timer: options.timer ?? noWaiting.timer, ...signals };
  const read = (versionId?: string) => readObject(context, { name: 'b', client }, 'k', versionId);
  return { read, sent, bodies, stop, abort, requester };
}

function streamOf(body: Answer['body']): Readable {
  const pieces = [...body];
  return new Readable({
    read() {
      const piece = pieces.shift();
      if (piece instanceof Error) this.destroy(piece);
      else if (piece !== 'never') this.push(piece === undefined ? null : Buffer.from(piece));
    },
  });
}

async function contentOf({ chunks }: ObjectStream): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString();
}

const RESET = Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
/** The rest from a byte on. */
const rest = (from: number, body: Answer['body'] = [CONTENT.subarray(from)]): Answer => ({
  status: 206,
  headers: { 'content-range': `bytes ${from}-9/10`, 'content-length': `${10 - from}` },
  body,
});
const error = (status: number, code: string): Answer => ({
  status,
  headers: { etag: undefined, 'content-length': undefined },
  body: [`<Error><Code>${code}</Code><Message>says ${code}</Message></Error>`],
});

describe('an object', () => {
  test('comes with what its headers say', async () => {
    const server = start([
      {
        headers: {
          'x-amz-server-side-encryption': 'aws:kms',
          'x-amz-checksum-crc64nvme': 'rosUhgp5mIg=',
          'x-amz-checksum-type': 'FULL_OBJECT',
        },
        body: [CONTENT],
      },
    ]);
    const object = await server.read('v1');
    expect(object).toMatchObject({
      size: 10,
      etag: 'abc',
      lastModified: Date.UTC(2026, 10, 22, 14),
      encryption: 'aws:kms',
      checksums: { CRC64NVME: 'rosUhgp5mIg=' },
    });
    // Not what the SDK would say of this checksum, which is not that of the content.
    expect(await contentOf(object)).toBe('0123456789');
    expect(server.sent[0]?.headers['x-amz-checksum-mode']).toBe('ENABLED');
    expect(server.sent[0]?.query).toMatchObject({ versionId: 'v1' });
    expect(server.requester.counts).toMatchObject({ get: 1, retries: 0 });
  });

  test('has no checksums of parts', async () => {
    const headers = { 'x-amz-checksum-crc32': 'AAAAAA==-2', 'x-amz-checksum-type': 'COMPOSITE' };
    expect((await start([{ headers, body: [CONTENT] }]).read()).checksums).toEqual({});
  });

  test('may be empty', async () => {
    expect(await contentOf(await start([{ headers: { 'content-length': '0' }, body: [] }]).read())).toBe('');
  });

  test('holds no slot while it is read', async () => {
    const server = start([{ body: [CONTENT] }], { concurrency: 1 });
    const first = await server.read();
    const second = await server.read();
    expect(await contentOf(second)).toBe('0123456789');
    expect(await contentOf(first)).toBe('0123456789');
  });

  test('that is left half-way is let go of', async () => {
    const server = start([{ body: ['012', 'never'] }]);
    for await (const chunk of (await server.read()).chunks) {
      expect(Buffer.from(chunk).toString()).toBe('012');
      break;
    }
    expect(server.bodies.map((body) => body.destroyed)).toEqual([true]);
  });

  test.each([
    [error(404, 'NoSuchKey'), 'NoSuchKey'],
    [error(403, 'AccessDenied'), 'AccessDenied'],
    [error(403, 'InvalidObjectState'), 'InvalidObjectState'],
  ])('that cannot be had is an S3Failure with a hint: $1', async (answer, code) => {
    await expect(start([answer]).read()).rejects.toMatchObject({
      name: 'S3Failure',
      failure: { code, message: `says ${code}`, hint: expect.stringMatching(/./) },
    });
  });

  test.each(['etag', 'content-length', 'last-modified'])('without %s is none', async (header) => {
    const server = start([{ headers: { [header]: undefined }, body: [CONTENT] }]);
    await expect(server.read()).rejects.toMatchObject({ name: 'S3Failure', failure: { code: 'BadAnswer' } });
    expect(server.bodies[0]?.destroyed).toBe(true);
  });
});

describe('a connection that breaks is taken up where it broke', () => {
  test.each<[string, Answer[], (string | undefined)[]]>([
    ['with an error', [{ body: ['0123', RESET] }, rest(4)], ['bytes=4-']],
    ['too early, without one', [{ body: ['0123'] }, rest(4)], ['bytes=4-']],
    ['before the first byte', [{ body: [RESET] }, rest(0)], ['bytes=0-']],
    [
      'again and again',
      [{ body: ['01', RESET] }, rest(2, ['2', RESET]), rest(3, ['3456']), rest(7)],
      ['bytes=2-', 'bytes=3-', 'bytes=7-'],
    ],
    [
      'and is refused for a while',
      [{ body: ['01', RESET] }, error(503, 'SlowDown'), rest(2)],
      ['bytes=2-', 'bytes=2-'],
    ],
    ['at a server without ranges', [{ body: ['0123', RESET] }, { body: ['012', '34', '56789'] }], ['bytes=4-']],
  ])('%s', async (_, answers, ranges) => {
    const server = start(answers);
    expect(await contentOf(await server.read())).toBe('0123456789');
    expect(server.sent.map(({ headers }) => headers.range)).toEqual([undefined, ...ranges]);
    for (const { headers } of server.sent.slice(1)) {
      expect(headers['if-match']).toBe('"abc"');
      expect(headers).not.toHaveProperty('x-amz-checksum-mode');
    }
  });

  test('after the last byte, which is no loss', async () => {
    const server = start([{ body: [CONTENT, RESET] }]);
    expect(await contentOf(await server.read())).toBe('0123456789');
    expect(server.sent).toHaveLength(1);
  });

  test('where no byte comes for a minute', async () => {
    // Fires at once for the body's first wait behind its bytes.
    let waits = 0;
    const timer: Timer = (ms, fire) => {
      waits += 1;
      if (waits === 2) setImmediate(fire);
      expect(ms).toBe(60_000);
      return () => {};
    };
    const server = start([{ body: ['0123', 'never'] }, rest(4)], { timer });
    expect(await contentOf(await server.read())).toBe('0123456789');
    expect(server.sent).toHaveLength(2);
  });

  test('with the same version id, where one was asked for', async () => {
    const server = start([{ body: ['0123', RESET] }, rest(4)]);
    expect(await contentOf(await server.read('v1'))).toBe('0123456789');
    expect(server.sent.map(({ query }) => query.versionId)).toEqual(['v1', 'v1']);
  });

  test.each<[string, Answer]>([
    ['its ETag is another', error(412, 'PreconditionFailed')],
    ['it is deleted', error(404, 'NoSuchKey')],
    ['its version is gone', error(404, 'NoSuchVersion')],
    ['its version is another', { ...rest(4), headers: { ...rest(4).headers, 'x-amz-version-id': 'v2' } }],
    ['the condition was passed over', { ...rest(4), headers: { ...rest(4).headers, etag: '"other"' } }],
  ])('but not if %s', async (_, answer) => {
    const object = await start([{ body: ['0123', RESET] }, answer]).read();
    await expect(contentOf(object)).rejects.toMatchObject({
      name: 'S3Failure',
      failure: { code: 'changed-while-read', message: expect.stringContaining('"k"') },
    });
  });

  test('but not with bytes from another place', async () => {
    const object = await start([{ body: ['0123', RESET] }, rest(6)]).read();
    await expect(contentOf(object)).rejects.toMatchObject({ failure: { code: 'BadAnswer' } });
  });

  test('until it breaks eight times without a byte', async () => {
    const server = start([{ body: ['0123', RESET] }, rest(4, ['4', RESET]), rest(5, [RESET])]);
    await expect(contentOf(await server.read())).rejects.toMatchObject({
      name: 'S3Failure',
      failure: { code: 'ECONNRESET', hint: expect.stringMatching(/./) },
    });
    expect(server.sent).toHaveLength(2 + 7);
    expect(server.requester.counts).toMatchObject({ get: 9, retries: 8 });
  });
});

describe('stopping', () => {
  test.each(['stop', 'abort'] as const)('%s cuts what is being read', async (signal) => {
    const server = start([{ body: ['0123', 'never'] }]);
    const object = await server.read();
    const reading = contentOf(object);
    setImmediate(() => server[signal].abort());
    await expect(reading).rejects.toBeInstanceOf(CancelledError);
    expect(server.bodies[0]?.destroyed).toBe(true);
    expect(server.sent).toHaveLength(1);
  });

  test('cuts what nobody reads yet', async () => {
    const server = start([{ body: ['0123', 'never'] }]);
    const object = await server.read();
    server.stop.abort();
    expect(server.bodies[0]?.destroyed).toBe(true);
    await expect(contentOf(object)).rejects.toBeInstanceOf(CancelledError);
  });
});
