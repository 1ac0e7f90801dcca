import { annotateError, annotateResult } from './action/annotations.ts';
import { parseInputs } from './action/inputs.ts';
import { createLog } from './action/log.ts';
import { outputsOf, refusedOutputs, setOutputs } from './action/outputs.ts';
import { saveFinished, saveStarted } from './action/state.ts';
import { renderRefusal, renderSummary } from './action/summary.ts';
import { writeSummary } from './action/summary-file.ts';
import { stepFails } from './core/outcome.ts';
import { restore } from './operations/restore.ts';
import { createClient, openBucket } from './s3/index.ts';
import { stopOnSignals } from './stop.ts';

/** The main step: inputs → engine → report. What is decided here is only who gets to know what. */
const { env } = process;
const log = createLog(Date.now);
const { stop, abort } = stopOnSignals(() => log.say('Stopping: nothing new is sent, what is in flight may land.'));

async function main(): Promise<boolean> {
  const startedAt = Date.now();
  const { request, connection, warnings } = parseInputs(env, startedAt);
  for (const warning of warnings) log.warning(warning);
  saveStarted(request, startedAt);

  const port = openBucket({ ...connection, client: createClient(connection), stop, abort });
  const { concurrency } = connection;
  const result = await restore(request, { port, narrator: log, now: Date.now, stop, concurrency });
  log.endGroup();

  // Each of these may fail without taking the others, or the result, with it.
  setOutputs(outputsOf(result, result));
  annotateResult(log, result, request.failOn);
  const problem = await writeSummary(env, (maxBytes) => renderSummary(result, { ...result, request, maxBytes }));
  if (problem !== undefined) log.warning(problem);
  return stop.aborted || stepFails(result.report.totals, { stopped: result.report.error !== undefined }, request.failOn);
}

main()
  .catch(async (error: unknown) => {
    annotateError(log, error);
    setOutputs(refusedOutputs());
    await writeSummary(env, (maxBytes) => renderRefusal(error, maxBytes));
    return true;
  })
  .then((failed) => {
    log.end();
    saveFinished();
    // Not exit(): what was printed must reach the runner, and a request that hangs must not keep the process.
    process.exitCode = failed ? 1 : 0;
    setTimeout(() => process.exit(), 500).unref();
  });
