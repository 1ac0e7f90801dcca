import { setTimeout } from 'node:timers/promises';
import { CancelledError, RollbackError } from '../core/errors.ts';
import type { BucketPort } from '../core/ports.ts';
import { newTally, type RunResult } from '../core/report.ts';
import type { GuardRequest } from '../core/request.ts';
import { forLog } from '../core/text.ts';
import { formatTime } from '../core/time.ts';
import { finishRun, type RunDeps } from './run.ts';

/** Waits so many ms; rejects when the signal fires. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<unknown>;

/** A second, and a little for the clocks of S3's many servers. */
const SECOND_MS = 1_100;
/** A clock that stands still is none. */
const MOST_LOOKS = 10;

/**
 * Note the moment before a deployment, by S3's own clock. Versions are stamped with whole seconds, so the one that has begun is
 * waited out: nothing that comes after shares it, and everything before it is in it. Changes nothing.
 */
export async function guard(
  request: GuardRequest,
  deps: RunDeps,
  sleep: Sleep = (ms, signal) => setTimeout(ms, undefined, { signal }),
): Promise<RunResult> {
  const startedAt = deps.now();
  const { narrator, buckets, stop } = deps;
  const tally = newTally();
  const port = buckets.open(request.scope.bucket ?? '');
  let checkpoint: string | undefined;
  let thrown: unknown;
  try {
    narrator.phase('Guard: the moment before the deployment');
    const { versioning } = await port.preflight();
    narrator.say(`Bucket ${forLog(port.bucket)}: versioning ${versioning.toLowerCase()}.`);
    if (versioning === 'Suspended') {
      tally.notes.add(
        'Versioning is suspended: what the deployment overwrites is gone, and cannot come back. Switch versioning on first.',
      );
    }
    // What a rollback does first; what it may write shows no sooner than when it has to.
    await port.readTop(request.scope.key ?? request.scope.prefix);
    const moment = await waitOut(port, stop, sleep);
    checkpoint = formatTime(moment);
    narrator.say(`Checkpoint: ${checkpoint}. If this job fails or is cancelled, the post step goes back to it.`);
  } catch (error) {
    thrown = error;
  }
  const result = await finishRun(request, deps, tally, { startedAt, thrown, plan: undefined });
  return { ...result, ...(checkpoint !== undefined && { checkpoint }) };
}

/** The second that it is now by S3's clock, in ms, once it is over. */
async function waitOut(port: BucketPort, stop: AbortSignal, sleep: Sleep): Promise<number> {
  const moment = await port.serverTime();
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    await sleep(SECOND_MS, stop).catch((error: unknown) => {
      throw stop.aborted ? new CancelledError() : error;
    });
    if ((await port.serverTime()) > moment) return moment;
  }
  throw new RollbackError(
    'no-server-clock',
    `the clock of the server stands still at ${formatTime(moment)}`,
    'Without its clock the moment before the deployment cannot be told. Look for a cache between the runner and the server.',
  );
}
