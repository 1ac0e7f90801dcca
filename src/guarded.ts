import { annotateError } from './action/annotations.ts';
import type { Env } from './action/input-reader.ts';
import { type ParsedInputs, parseInputs } from './action/inputs.ts';
import type { Log } from './action/log.ts';
import { type MainState, readGuarded } from './action/state.ts';
import { InputError } from './core/errors.ts';
import { stepFails } from './core/outcome.ts';
import type { GuardRequest, RestoreRequest } from './core/request.ts';
import { proseForLog } from './core/text.ts';
import { runAndTell } from './run-and-tell.ts';
import { stopOnSignals } from './stop.ts';

/**
 * The second half of a guard: the job failed, or was cancelled, so the scope goes back to the moment that was noted before
 * the deployment. Returns whether that failed.
 */
export async function goBack(env: Env, state: MainState, log: Log): Promise<boolean> {
  const { stop, abort } = stopOnSignals(() => log.say('Stopping: nothing new is sent, what is in flight may land.'));
  try {
    const guarded = readGuarded(state);
    const now = inputsNow(env, log);
    if (now !== undefined && !isSame(now.request, guarded.request)) {
      log.say('The inputs are not what they were when the checkpoint was noted. What was guarded then goes back.');
    }
    const { dryRun = false, planFile, journalFile, reportFile } = now?.request ?? guarded.request;
    const files = { planFile, journalFile, reportFile };
    const asked = { ...guarded.request, ...files, dryRun: dryRun || guarded.request.dryRun };
    const request = rollbackOf(asked, state.checkpoint);
    const { connection } = guarded;
    const inputs = { connection, reporting: now?.reporting ?? { summary: true }, ...(now?.page && { page: now.page }) };
    log.say(`The job failed or was cancelled: going back to ${state.checkpoint}.`);
    const { report } = await runAndTell(request, inputs, { env, log, stop, abort, guarded: true });
    const stopped = report.error !== undefined;
    if (stop.aborted || stopped || report.totals.failed > 0 || request.dryRun) log.say(byHand(state));
    return stop.aborted || stepFails(report.totals, { stopped }, request.failOn);
  } catch (error) {
    annotateError(log, error);
    log.say(byHand(state));
    return true;
  } finally {
    log.end();
  }
}

/** Where to tell, and where to write, is as the inputs say now; without them the summary has to do. */
function inputsNow(env: Env, log: Log): (ParsedInputs & { readonly request: GuardRequest }) | undefined {
  try {
    const { request, ...inputs } = parseInputs(env, Date.now());
    if (request.operation === 'guard') return { ...inputs, request };
    log.warning(`The inputs of a guard became those of ${request.operation}: what was guarded goes back all the same.`);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const problems = error.problems.map(({ input, problem }) => `input "${input}": ${problem}`);
    log.warning(
      ['The inputs cannot be used any more: what was guarded goes back all the same.', ...problems].join('\n'),
    );
  }
  return undefined;
}

/** But for the files, which have new names each time. */
function isSame(one: GuardRequest, other: GuardRequest): boolean {
  const essence = ({ planFile, journalFile, reportFile, ...rest }: GuardRequest) => JSON.stringify(rest);
  return essence(one) === essence(other);
}

/** The last words of a post step that did not get everything back. */
function byHand({ checkpoint }: MainState): string {
  return `To go back by hand: operation: rollback with the same bucket and keys, and to-time: ${proseForLog(checkpoint)}`;
}

/** The first half was killed before it had its moment: nobody must believe that the second half did something. */
export function tellUnguarded({ startedAt }: MainState, log: Log): void {
  log.warning(
    [
      'The guard was killed before it had a checkpoint: nothing was guarded, and nothing goes back by itself.',
      `It was begun at ${startedAt} by the clock of the runner. To go back by hand: operation: rollback with the same bucket ` +
        'and keys, and a to-time before the deployment.',
    ].join('\n'),
    'Not guarded',
  );
  log.end();
}

function rollbackOf(guard: GuardRequest, checkpoint: string): RestoreRequest {
  return {
    ...guard,
    operation: 'rollback',
    target: { kind: 'time', at: Date.parse(checkpoint) },
    method: 'copy',
    preserve: { objectLock: false, annotations: false },
  };
}
