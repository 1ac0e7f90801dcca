import type { Readable } from 'node:stream';
import { CancelledError } from '../core/errors.ts';
import { S3Failure } from '../core/ports.ts';
import { failureOf } from './errors.ts';
import type { Requester, Timer } from './request.ts';
import { BadAnswer, diagnose } from './trouble.ts';

export interface ReadingContext {
  readonly requester: Requester;
  readonly timer: Timer;
  /** Either ends the reading at once. */
  readonly stop: AbortSignal;
  readonly abort: AbortSignal;
}

/** The bytes of one answer, from the one at `start` on. */
export interface Part {
  readonly start: number;
  readonly body: Readable;
}

/** No byte for so long, in milliseconds, and the connection is taken for dead. */
const STALL_MS = 60_000;
/** Broken so many times without a single byte in between. */
const TRIES = 8;

/**
 * All bytes of an object, over as many connections as it takes: where one breaks, stalls or ends too early, `rest` gives
 * the next, from a byte on. The bytes can be read once.
 * @throws S3Failure, CancelledError
 */
export function resumed(
  context: ReadingContext,
  size: number,
  first: Part,
  rest: (offset: number) => Promise<Part>,
): AsyncGenerator<Uint8Array, void> {
  // Not in the generator, which does nothing before it is read: the run may be stopped before.
  return chunksOf(context, size, new Connection(first, context), rest);
}

async function* chunksOf(
  context: ReadingContext,
  size: number,
  first: Connection,
  rest: (offset: number) => Promise<Part>,
): AsyncGenerator<Uint8Array, void> {
  const { requester } = context;
  let connection = first;
  let offset = 0;
  let fruitless = 0;
  try {
    while (offset < size) {
      const { bytes, broken } = await connection.read(offset, size);
      if (bytes !== undefined) {
        offset += bytes.length;
        fruitless = 0;
        yield bytes;
        continue;
      }
      if (context.stop.aborted || context.abort.aborted) throw new CancelledError();
      fruitless += 1;
      if (fruitless >= TRIES) throw new S3Failure(failureOf('read-object', diagnose(broken)), { cause: broken });
      connection.end();
      await requester.pause(fruitless - 1, 'transient', false);
      requester.counts.retries += 1;
      connection = new Connection(await rest(offset), context);
    }
    // Its end lets the connection be used again.
    await connection.read(offset, size);
  } finally {
    connection.end();
  }
}

type Read =
  | { readonly bytes: Uint8Array; readonly broken?: never }
  | { readonly bytes?: never; readonly broken: unknown };

/** One answer being read. */
class Connection {
  readonly #body: Readable;
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #timer: Timer;
  readonly #signals: readonly AbortSignal[];
  readonly #cut = () => void this.#body.destroy(new CancelledError());
  /** The place in the object of the next byte. */
  #position: number;

  constructor({ start, body }: Part, { stop, abort, timer }: ReadingContext) {
    this.#body = body;
    this.#iterator = body[Symbol.asyncIterator]();
    this.#timer = timer;
    this.#signals = [stop, abort];
    this.#position = start;
    for (const signal of this.#signals) {
      if (signal.aborted) this.#cut();
      else signal.addEventListener('abort', this.#cut, { once: true });
    }
  }

  /** The next bytes of the object from `offset` on, up to `size`. A body that ends is broken as well. */
  async read(offset: number, size: number): Promise<Read> {
    const stalled = new BadAnswer('Timeout', `no byte came for ${STALL_MS / 1000} seconds`);
    for (;;) {
      const clear = this.#timer(STALL_MS, () => void this.#body.destroy(stalled));
      try {
        const { done, value } = await this.#iterator.next();
        if (done === true) return { broken: tooShort(offset, size) };
        // A server that does not know ranges begins again from the start.
        const bytes = value.subarray(Math.max(0, offset - this.#position), Math.max(0, size - this.#position));
        this.#position += value.length;
        if (bytes.length > 0) return { bytes };
      } catch (error) {
        return { broken: error };
      } finally {
        clear();
      }
    }
  }

  end(): void {
    for (const signal of this.#signals) signal.removeEventListener('abort', this.#cut);
    this.#body.destroy();
  }
}

function tooShort(offset: number, size: number): BadAnswer {
  return new BadAnswer('IncompleteBody', `the object ended after ${offset} of ${size} bytes`);
}
