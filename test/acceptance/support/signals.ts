import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A child that is not there yet when the test plants what will be done to it. */
export interface Victim {
  /** For RunOptions.onSpawn. */
  readonly onSpawn: (child: ChildProcess) => void;
  /** As a cancelled job does: the signals, and SIGKILL when the process has not ended five seconds later. */
  cancel(...signals: NodeJS.Signals[]): void;
  /** Resolves at once before `cancel`; afterwards when the process has said that it stops. */
  stopping(): Promise<void>;
  /** SIGKILL; resolves when the process is no more. */
  kill(): Promise<void>;
}

/** The contract's limit for a cancelled run, in milliseconds. */
const LIMIT_MS = 5_000;

export function victim(): Victim {
  let child: ChildProcess | undefined;
  let told: Promise<void> = Promise.resolve();
  const spawned = (): ChildProcess => {
    if (child === undefined) throw new Error('no process yet');
    return child;
  };
  return {
    onSpawn: (started) => {
      child = started;
    },
    cancel(...signals) {
      const process = spawned();
      told = heard(process, 'Stopping');
      for (const signal of signals) process.kill(signal);
      const limit = setTimeout(() => process.kill('SIGKILL'), LIMIT_MS);
      process.once('exit', () => clearTimeout(limit));
    },
    stopping: () => told,
    async kill() {
      const process = spawned();
      const gone = once(process, 'exit');
      process.kill('SIGKILL');
      await gone;
    },
  };
}

/** Resolves when the process has printed this, or has ended without. */
function heard(process: ChildProcess, words: string): Promise<void> {
  return new Promise((resolve) => {
    let printed = '';
    process.stdout?.on('data', (data: Buffer) => {
      printed += data.toString();
      if (printed.includes(words)) resolve();
    });
    process.once('exit', () => resolve());
  });
}
