/** Runs `fire` after so many milliseconds unless the returned function is called before. */
export type Timer = (ms: number, fire: () => void) => () => void;

export const realTimer: Timer = (ms, fire) => {
  const timer = setTimeout(fire, ms);
  return () => clearTimeout(timer);
};

/** Wait so many milliseconds, or until `signal` fires: who waits looks at the signal itself afterwards. */
export function pause(timer: Timer, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clear();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const clear = timer(ms, end);
    signal.addEventListener('abort', end, { once: true });
  });
}
