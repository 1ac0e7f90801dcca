import { AsyncLocalStorage } from 'node:async_hooks';
import { Readable } from 'node:stream';
import { type S3, S3ServiceException } from '@aws-sdk/client-s3';

/** What the server answered, as it came over the wire, and what the SDK made of it. */
export interface Reply<Output> {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as text. */
  readonly body: string;
  /** S3's error code; undefined when the request succeeded. HEAD has no body and so no code: look at the status. */
  readonly code: string | undefined;
  readonly message: string | undefined;
  /** Status and code in one: `200`, `412 PreconditionFailed`. */
  readonly verdict: string;
  /** Undefined when the request failed. */
  readonly output: Output | undefined;
}

interface RawReply {
  status: number;
  headers: Record<string, string>;
  body: string;
}

const recording = new AsyncLocalStorage<RawReply>();

/** Makes the client leave the raw form of each answer where `reply` finds it. */
export function recordReplies(client: S3): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const raw = recording.getStore();
      const response = result.response;
      if (raw !== undefined && isHttpResponse(response)) {
        const bytes = await drain(response.body);
        raw.status = response.statusCode;
        raw.headers = response.headers;
        raw.body = bytes.toString('utf8');
        response.body = Readable.from(bytes.length > 0 ? [bytes] : []);
      }
      return result;
    },
    // Low: next to the wire, before the SDK's deserializer consumes the body.
    { step: 'deserialize', priority: 'low', name: 'recordReply' },
  );
}

/** Sends a request and gives back the answer, also when it is a refusal. Throws only if there was no answer. */
export async function reply<Output>(send: () => Promise<Output>): Promise<Reply<Output>> {
  const raw: RawReply = { status: 0, headers: {}, body: '' };
  return recording.run(raw, async () => {
    try {
      const output = await send();
      return { ...raw, code: undefined, message: undefined, verdict: String(raw.status), output };
    } catch (error) {
      if (!(error instanceof S3ServiceException) || raw.status === 0) throw error;
      const { name: code, message } = error;
      return { ...raw, code, message, verdict: `${raw.status} ${code}`, output: undefined };
    }
  });
}

interface HttpResponse {
  statusCode: number;
  headers: Record<string, string>;
  body: AsyncIterable<Uint8Array>;
}

function isHttpResponse(value: unknown): value is HttpResponse {
  return typeof value === 'object' && value !== null && 'statusCode' in value && 'headers' in value && 'body' in value;
}

async function drain(body: AsyncIterable<Uint8Array> | undefined): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  if (body !== undefined) for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}
