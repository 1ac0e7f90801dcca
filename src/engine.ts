import type { Connection } from './action/input-connection.ts';
import type { Narrator } from './core/narrator.ts';
import type { Queue } from './core/queue.ts';
import type { RunResult, Tally } from './core/report.ts';
import type { Request } from './core/request.ts';
import { applyPlan } from './operations/apply-plan.ts';
import { download } from './operations/download.ts';
import { guard } from './operations/guard.ts';
import { history } from './operations/history.ts';
import { recover } from './operations/recover.ts';
import { restore } from './operations/restore.ts';
import { undo } from './operations/undo.ts';
import { callerId, createQueueClient, openQueue } from './queue/index.ts';
import { createClient, openBuckets } from './s3/index.ts';

/** What the engine is given by the step that runs it, main or post. */
export interface Surroundings {
  readonly narrator: Narrator;
  /** Send nothing new. */
  readonly stop: AbortSignal;
  /** Drop what is in flight as well. */
  readonly abort: AbortSignal;
  /** Little time is left: first what is done fastest. */
  readonly hurry?: boolean;
  /** Told of what becomes of each key. */
  readonly onOutcome?: Tally['onOutcome'];
}

/** Carry out a request with buckets, and a queue, over HTTP. What goes wrong there is in the result. */
export function carryOut(request: Request, connection: Connection, surroundings: Surroundings): Promise<RunResult> {
  const { narrator, stop, abort, onOutcome } = surroundings;
  const clientFor = (region: string) => createClient({ ...connection, region });
  const { isAws: namesMarkers } = connection;
  const buckets = openBuckets({
    ...connection,
    namesMarkers,
    client: createClient(connection),
    clientFor,
    stop,
    abort,
  });
  const { concurrency } = connection;
  const deps = { buckets, narrator, now: Date.now, stop, concurrency, ...(onOutcome && { onOutcome }) };
  switch (request.operation) {
    case 'undelete':
    case 'rollback':
      return restore(request, { ...deps, markersFirst: surroundings.hurry === true });
    case 'recover': {
      const { intake } = request;
      const queue = intake.kind === 'queue' ? queueAt(intake.url, connection, surroundings) : undefined;
      return recover(request, { ...deps, queue, self: connection.asksIdentity ? whoWeAre(connection) : undefined });
    }
    case 'apply':
      return applyPlan(request, deps);
    case 'undo':
      return undo(request, deps);
    case 'guard':
      return guard(request, deps);
    case 'history':
      return history(request, deps);
    case 'download':
      return download(request, deps);
  }
}

function queueAt(url: string, connection: Connection, { stop, abort }: Surroundings): Queue {
  const { region, concurrency, queueEndpointUrl } = connection;
  const endpoint = queueEndpointUrl === undefined ? {} : { endpointUrl: queueEndpointUrl };
  const client = createQueueClient({ url, region, concurrency, ...endpoint });
  return openQueue({ client, url, concurrency, stop, abort, now: Date.now });
}

function whoWeAre({ region, identityEndpointUrl }: Connection): Promise<string | undefined> {
  const endpoint = identityEndpointUrl === undefined ? {} : { endpointUrl: identityEndpointUrl };
  return callerId({ region, ...endpoint });
}
