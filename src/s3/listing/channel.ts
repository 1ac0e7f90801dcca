/** A queue between one writer and one reader, with room for so many; the writer waits for room, the reader for news. */
export class Channel<T> implements AsyncIterable<T> {
  readonly #room: number;
  readonly #givenUp: () => void;
  readonly #buffer: T[] = [];
  #ended: { readonly error?: unknown } | undefined;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  /** `givenUp` is called when the reader leaves before the end. */
  constructor(room: number, givenUp: () => void) {
    this.#room = room;
    this.#givenUp = givenUp;
  }

  /** Resolves when there is room for another. */
  push(value: T): Promise<void> {
    if (this.#ended !== undefined) return Promise.resolve();
    this.#buffer.push(value);
    this.#wakeReader?.();
    if (this.#buffer.length < this.#room) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wakeWriter = resolve;
    });
  }

  /** The reader gets what is left, then the end. */
  close(): void {
    this.#end({});
  }

  /** The reader gets the error, at once. */
  fail(error: unknown): void {
    this.#buffer.length = 0;
    this.#end({ error });
  }

  #end(how: { readonly error?: unknown }): void {
    this.#ended ??= how;
    this.#wakeReader?.();
    this.#wakeWriter?.();
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return {
      next: async () => {
        while (this.#buffer.length === 0 && this.#ended === undefined) {
          await new Promise<void>((resolve) => {
            this.#wakeReader = resolve;
          });
        }
        const value = this.#buffer.shift();
        if (value !== undefined) {
          this.#wakeWriter?.();
          return { done: false, value };
        }
        if (this.#ended !== undefined && 'error' in this.#ended) throw this.#ended.error;
        return { done: true, value: undefined };
      },
      return: async () => {
        this.#givenUp();
        return { done: true, value: undefined };
      },
    };
  }
}
