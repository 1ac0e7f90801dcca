import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultEffect } from '../faults.ts';
import { keysOf } from '../operations/delete-objects.ts';
import { answer } from '../operations/index.ts';
import type { createRequestLog, RequestRecord } from '../request-log.ts';
import type { Context } from './context.ts';
import { errorReply, type Reply, S3Error } from './reply.ts';
import { readRequest, type S3Request } from './request.ts';
import { routeOf } from './route.ts';
import { writeReply } from './write.ts';

type Log = ReturnType<typeof createRequestLog>;

/** The HTTP face: reads a request, lets faults strike, has it answered, logs it and writes the reply. */
export function createHttpServer(context: Context, log: Log): Server {
  let requests = 0;
  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, (message, response) => {
    const id = (++requests).toString(36).toUpperCase().padStart(16, 'SANDBOX000000000');
    serve(message, response, context, log, id).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  return server;
}

async function serve(message: IncomingMessage, response: ServerResponse, context: Context, log: Log, id: string) {
  const { request, error } = await readRequest(message, id).then(
    (request) => ({ request, error: undefined }),
    (error: unknown) => ({ request: undefined, error }),
  );
  if (request === undefined) {
    if (error instanceof S3Error)
      return writeReply(response, message.method, errorReply(error, id), context.clock, id, false);
    return response.destroy(); // the client went away
  }
  const record = recordOf(request, context);
  log.open(record);
  try {
    await perform(request, record, response, context, id);
  } finally {
    log.close();
  }
}

async function perform(
  request: S3Request,
  record: RequestRecord,
  response: ServerResponse,
  context: Context,
  id: string,
): Promise<void> {
  const { operation, bucket, key, versionId, keys } = record;
  const target = { operation, ...(bucket && { bucket }), ...(key && { key }), ...(versionId && { versionId }) };
  const effects = context.faults.strike(target, key !== undefined ? [key] : (keys?.map((one) => one.key) ?? []));

  let reply: Reply | undefined;
  for (const effect of effects) {
    if ('latencyMs' in effect) await delay(effect.latencyMs, undefined, { ref: false });
    else if ('hook' in effect && effect.when !== 'after') await effect.hook(target);
    else if ('drop' in effect && effect.drop === 'before') return void response.destroy();
    else reply ??= insteadOf(effect, id);
  }
  reply ??= await answer(operation, request, context, id);
  for (const effect of effects) {
    if ('hook' in effect && effect.when === 'after') await effect.hook(target);
  }
  if (effects.some((effect) => 'drop' in effect && effect.drop === 'after')) return void response.destroy();
  record.status = reply.status;
  if (reply.errorCode !== undefined) record.errorCode = reply.errorCode;
  const half = effects.some((effect) => 'drop' in effect && effect.drop === 'mid-body');
  await writeReply(response, request.method, reply, context.clock, id, half);
}

function insteadOf(effect: FaultEffect, id: string): Reply | undefined {
  if ('body' in effect) return { status: 200, headers: { 'content-type': 'application/xml' }, body: effect.body };
  if (!('respond' in effect)) return undefined;
  const { status, code, message = code, headers = {} } = effect.respond;
  return errorReply(new S3Error(status, code, message, {}, headers), id);
}

function recordOf(request: S3Request, context: Context): RequestRecord {
  const operation = routeOf(request);
  const { method, path, bucket, key, query, headers } = request;
  return {
    operation,
    method,
    path,
    ...(bucket !== undefined && { bucket }),
    ...(key !== undefined && { key }),
    ...(query.versionId !== undefined && { versionId: query.versionId }),
    query,
    headers,
    ...(operation === 'DeleteObjects' && { keys: keysOf(request) }),
    status: 0,
    at: context.clock.now(),
  };
}
