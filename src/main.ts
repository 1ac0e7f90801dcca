import { annotateError } from './action/annotations.ts';
import { type ParsedInputs, parseInputs } from './action/inputs.ts';
import { createLog } from './action/log.ts';
import { outputsOf, refusedOutputs, setOutputs } from './action/outputs.ts';
import { saveCheckpoint, saveFinished, saveStarted } from './action/state.ts';
import { renderRefusal } from './action/summary.ts';
import { writeSummary } from './action/summary-file.ts';
import { stepFails } from './core/outcome.ts';
import type { RunResult } from './core/report.ts';
import { runAndTell } from './run-and-tell.ts';
import { stopOnSignals } from './stop.ts';

/** The main step: inputs → engine → report. What is decided here is only who gets to know what. */
const { env } = process;
const startedAt = Date.now();
const log = createLog(Date.now);
const { stop, abort } = stopOnSignals(() => log.say('Stopping: nothing new is sent, what is in flight may land.'));

/** Run, and tell. Returns whether the step fails. */
async function run({ request, warnings, ...inputs }: ParsedInputs): Promise<boolean> {
  for (const warning of warnings) log.warning(warning);
  saveStarted(request, startedAt);
  const onResult = (result: RunResult) => {
    if (result.checkpoint !== undefined && request.operation === 'guard') {
      saveCheckpoint(result.checkpoint, { request, connection: inputs.connection });
    }
    warn(setOutputs(outputsOf(result, result)));
  };
  const { report } = await runAndTell(request, inputs, { env, log, stop, abort, onResult });
  return stop.aborted || stepFails(report.totals, { stopped: report.error !== undefined }, request.failOn);
}

/** Inputs that describe no run: nothing was sent. */
async function refuse(error: unknown): Promise<boolean> {
  annotateError(log, error);
  warn(setOutputs(refusedOutputs()));
  warn(await writeSummary(env, (maxBytes) => renderRefusal(error, maxBytes)));
  return true;
}

/** What cannot be told must not take the result with it. */
function warn(problem: string | undefined): void {
  if (problem !== undefined) log.warning(problem);
}

async function main(): Promise<boolean> {
  let inputs: ParsedInputs;
  try {
    inputs = parseInputs(env, startedAt);
  } catch (error) {
    return refuse(error);
  }
  return run(inputs);
}

// A fault of ours, not of the bucket: `restore` and `download` return what goes wrong there.
const failed = await main().catch((error: unknown) => {
  annotateError(log, error);
  return true;
});
log.end();
saveFinished();
// Not exit() at once: what was printed must reach the runner; and a request that hangs must not keep the process.
process.exitCode = failed ? 1 : 0;
setTimeout(() => process.exit(), 500).unref();
