import { CancelledError } from '../core/errors.ts';

/**
 * Send something that the run's signals cut in flight. Each request has a signal of its own, so that nothing of it stays
 * on the long-lived ones, and it is let go of at once, whatever the SDK does with its own.
 * @throws CancelledError when it is cut, or not sent at all; what `send` throws
 */
export function cuttable<T>(cuts: readonly AbortSignal[], send: (signal: AbortSignal) => Promise<T>): Promise<T> {
  if (cuts.some(({ aborted }) => aborted)) return Promise.reject(new CancelledError());
  return new Promise((resolve, reject) => {
    const own = new AbortController();
    const cut = () => {
      own.abort();
      reject(new CancelledError(true));
    };
    for (const signal of cuts) signal.addEventListener('abort', cut, { once: true });
    send(own.signal)
      .then(resolve, reject)
      .finally(() => {
        for (const signal of cuts) signal.removeEventListener('abort', cut);
      });
  });
}
