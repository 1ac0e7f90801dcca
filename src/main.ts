import { annotateError, annotateResult } from './action/annotations.ts';
import { conclusion } from './action/conclusion.ts';
import type { Connection } from './action/input-connection.ts';
import { type ParsedInputs, parseInputs } from './action/inputs.ts';
import { createLog } from './action/log.ts';
import { outputsOf, refusedOutputs, setOutputs } from './action/outputs.ts';
import { saveFinished, saveStarted } from './action/state.ts';
import { renderRefusal, renderSummary } from './action/summary.ts';
import { writeSummary } from './action/summary-file.ts';
import { stepFails } from './core/outcome.ts';
import type { Queue } from './core/queue.ts';
import type { RunResult } from './core/report.ts';
import type { Request } from './core/request.ts';
import { tellIssues } from './incident-issues.ts';
import { download } from './operations/download.ts';
import { recover } from './operations/recover.ts';
import { restore } from './operations/restore.ts';
import { callerId, createQueueClient, openQueue } from './queue/index.ts';
import { createClient, openBuckets } from './s3/index.ts';
import { stopOnSignals } from './stop.ts';

/** The main step: inputs → engine → report. What is decided here is only who gets to know what. */
const { env } = process;
const startedAt = Date.now();
const log = createLog(Date.now);
const { stop, abort } = stopOnSignals(() => log.say('Stopping: nothing new is sent, what is in flight may land.'));

/** Run, and tell. Returns whether the step fails. */
async function run({ request, connection, reporting, warnings }: ParsedInputs): Promise<boolean> {
  for (const warning of warnings) log.warning(warning);
  saveStarted(request, startedAt);
  const result = await carryOut(request, connection);

  log.endGroup();
  for (const line of conclusion(result)) log.say(line);
  annotateResult(log, result, request.failOn);
  warn(setOutputs(outputsOf(result, result)));
  if (reporting.summary) warn(await writeSummary(env, (maxBytes) => renderSummary(result, { request, maxBytes })));
  if (reporting.issue !== undefined) await tellIssues(result, reporting.issue, { log, now: Date.now, stop, abort });
  return (
    stop.aborted || stepFails(result.report.totals, { stopped: result.report.error !== undefined }, request.failOn)
  );
}

function carryOut(request: Request, connection: Connection): Promise<RunResult> {
  const clientFor = (region: string) => createClient({ ...connection, region });
  const buckets = openBuckets({ ...connection, client: createClient(connection), clientFor, stop, abort });
  const deps = { buckets, narrator: log, now: Date.now, stop, concurrency: connection.concurrency };
  if (request.operation === 'download') return download(request, deps);
  if (request.operation !== 'recover') return restore(request, deps);
  const queue = request.intake.kind === 'queue' ? queueAt(request.intake.url, connection) : undefined;
  return recover(request, { ...deps, queue, self: connection.asksIdentity ? whoWeAre(connection) : undefined });
}

function queueAt(url: string, { region, concurrency, queueEndpointUrl }: Connection): Queue {
  const endpoint = queueEndpointUrl === undefined ? {} : { endpointUrl: queueEndpointUrl };
  const client = createQueueClient({ url, region, concurrency, ...endpoint });
  return openQueue({ client, url, concurrency, stop, abort, now: Date.now });
}

function whoWeAre({ region, identityEndpointUrl }: Connection): Promise<string | undefined> {
  const endpoint = identityEndpointUrl === undefined ? {} : { endpointUrl: identityEndpointUrl };
  return callerId({ region, ...endpoint });
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
