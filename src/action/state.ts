import * as core from '@actions/core';
import { againWords } from '../core/again.ts';
import { RollbackError } from '../core/errors.ts';
import { type GuardRequest, isChange, type Request } from '../core/request.ts';
import { formatTime } from '../core/time.ts';
import type { Connection } from './input-connection.ts';
import type { Env } from './input-reader.ts';

/** What the main step tells the post step. The runner keeps it, also when the main step is killed. */
const STATE_KEYS = [
  'operation',
  'bucket',
  'manifest',
  'directory',
  'archived',
  'started-at',
  'plan-file',
  'journal-file',
  'again',
  'guarded',
  'checkpoint',
  'finished',
] as const;

type StateKey = (typeof STATE_KEYS)[number];
type SaveState = (name: string, value: string) => void;

export interface MainState {
  readonly operation: string;
  /** '' where the manifest names the buckets. */
  readonly bucket: string;
  /** As the user wrote it; '' without one. */
  readonly manifest: string;
  /** Of a download: the folder that it fills; '' otherwise. */
  readonly directory: string;
  /** Versions are requested from their archives, which is in no journal. */
  readonly archived: boolean;
  /** RFC 3339. A journal that began earlier is another run's. */
  readonly startedAt: string;
  readonly planFile: string;
  readonly journalFile: string;
  /** How to finish what was begun. */
  readonly again: string;
  /** Of a guard: what goes back, as `saveCheckpoint` wrote it; '' where it did not get so far. */
  readonly guarded: string;
  /** Of a guard: the moment to go back to. RFC 3339; '' where it did not get so far. */
  readonly checkpoint: string;
  /** The main step came to its end and reported, whatever the result. */
  readonly finished: boolean;
}

/** Call it as soon as the inputs are parsed. `startedAt` in ms: no later than what the journal will say. */
export function saveStarted(request: Request, startedAt: number, saveState: SaveState = core.saveState): void {
  const save = (key: StateKey, value: string) => saveState(key, value);
  save('operation', request.operation);
  save('bucket', request.scope.bucket ?? '');
  if (request.operation === 'download') save('directory', request.directory);
  else if (isChange(request)) {
    save('manifest', request.manifest?.given ?? '');
    save('archived', String(request.archived !== undefined && !request.dryRun));
  }
  save('started-at', formatTime(startedAt));
  save('plan-file', request.planFile);
  save('journal-file', request.journalFile);
  save('again', againWords(request));
}

/**
 * Of a guard: what the post step takes back. The runner works out the inputs of the post step anew, and what they are made of
 * (`env`, outputs of steps) may have changed since: the deployment must not decide what is taken back.
 */
export interface Guarded {
  readonly request: GuardRequest;
  readonly connection: Connection;
}

/** Of a guard: what the post step takes back, and to which moment. */
export function saveCheckpoint(
  checkpoint: string,
  { request, connection }: Guarded,
  saveState: SaveState = core.saveState,
): void {
  const save = (key: StateKey, value: string) => saveState(key, value);
  // A guard has no queue, and the address of one may hold a password.
  const { queueEndpointUrl: _, identityEndpointUrl: __, ...s3 } = connection;
  save('guarded', JSON.stringify({ request, connection: s3 }));
  save('checkpoint', checkpoint);
}

/** @throws RollbackError `guard-state-damaged` */
export function readGuarded({ guarded, checkpoint }: MainState): Guarded {
  const isMoment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(checkpoint) && !Number.isNaN(Date.parse(checkpoint));
  try {
    const saved = JSON.parse(guarded) as Guarded | null;
    if (isMoment && formatTime(Date.parse(checkpoint)) === checkpoint && saved?.request && saved.connection)
      return saved;
  } catch {
    // Told below.
  }
  throw new RollbackError(
    'guard-state-damaged',
    'what the first half of the guard saved is not there any more, or was changed: nothing was taken back',
    'The runner keeps it in the state of the step; nothing else should write there.',
  );
}

/** Call it at the very end, when log, summary and outputs have told what happened. */
export function saveFinished(saveState: SaveState = core.saveState): void {
  const key: StateKey = 'finished';
  saveState(key, 'true');
}

/** What the main step saved; `undefined` when it did not get as far as `saveStarted`. */
export function readState(env: Env): MainState | undefined {
  const get = (key: StateKey) => env[`STATE_${key}`] ?? '';
  if (get('operation') === '') return undefined;
  return {
    operation: get('operation'),
    bucket: get('bucket'),
    manifest: get('manifest'),
    directory: get('directory'),
    archived: get('archived') === 'true',
    startedAt: get('started-at'),
    planFile: get('plan-file'),
    journalFile: get('journal-file'),
    again: get('again'),
    guarded: get('guarded'),
    checkpoint: get('checkpoint'),
    finished: get('finished') === 'true',
  };
}
