/** Whatever is still waited for then, the process ends: a bounded stop is worth more than a tidy one. In milliseconds. */
const LAST_MS = 4_800;
/** In-flight requests get this long to land, in milliseconds; the runner kills 7.5 to 10 seconds after its first signal. */
const GRACE_MS = 3_500;

/**
 * Two signals from one: `stop` at the runner's SIGINT or SIGTERM (nothing new is sent), `abort` a little later (what is
 * still in flight is dropped, so that journal, report and outputs are written in time).
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation
 */
export function stopOnSignals(onStop: () => void): { readonly stop: AbortSignal; readonly abort: AbortSignal } {
  const stop = new AbortController();
  const abort = new AbortController();
  const handle = () => {
    if (stop.signal.aborted) return;
    onStop();
    stop.abort();
    setTimeout(() => abort.abort(), GRACE_MS).unref();
    // Not exit(): that waits for a system call that hangs, such as the opening of a pipe.
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_MS).unref();
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
  return { stop: stop.signal, abort: abort.signal };
}
