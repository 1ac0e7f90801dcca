import { InputError, type InputProblem } from '../core/errors.ts';
import type { FailOn } from '../core/outcome.ts';
import type { DownloadRequest, Operation, RecoverRequest, Request, RestoreRequest } from '../core/request.ts';
import { type Connection, parseConnection } from './input-connection.ts';
import { NO_COPIES, parseCopies } from './input-copies.ts';
import { parseDirectory, parseFiles } from './input-files.ts';
import { parseManifest } from './input-manifest.ts';
import { isHeeded, parseOperation, refuseForeign } from './input-operation.ts';
import { type Env, type InputReader, inputReader, unknownInputs } from './input-reader.ts';
import { checkQueue, parseIntake } from './input-recover.ts';
import { parseReporting, type Reporting } from './input-reporting.ts';
import { parseBotScope, parseScope } from './input-scope.ts';
import { parseMethod, parseTarget } from './input-target.ts';
import { isLater, refuseLater } from './later-inputs.ts';

export interface ParsedInputs {
  readonly request: Request;
  readonly connection: Connection;
  readonly reporting: Reporting;
  /** Legal, but perhaps not meant. Already safe for the log. */
  readonly warnings: readonly string[];
}

/** Inputs that describe no run. The warnings go with it: an input that is not known may be the one that is missing. */
export class RefusedInputs extends InputError {
  readonly warnings: readonly string[];

  constructor(problems: readonly InputProblem[], warnings: readonly string[]) {
    super(problems);
    this.name = 'RefusedInputs';
    this.warnings = warnings;
  }
}

/**
 * Everything that a run was asked to do, from the environment that the runner gives it. Every input is used or
 * complained about. `now` is in milliseconds since 1970.
 * @throws RefusedInputs with all problems at once
 */
export function parseInputs(env: Env, now: number): ParsedInputs {
  const read = inputReader(env);
  for (const warning of unknownInputs(env, isLater)) read.warn(warning);

  refuseLater(read, env);
  const operation = parseOperation(read);
  if (operation !== undefined) refuseForeign(read, operation);
  const request = parseRequest(read, env, operation, now);
  const connection = parseConnection(read, env, request?.scope.bucket);
  if (request?.operation === 'recover') checkQueue(read, request.intake, connection);
  const reporting = parseReporting(read, env, operation);
  if (read.problems.length > 0 || request === undefined) throw new RefusedInputs(read.problems, read.warnings);
  return { request, connection, reporting, warnings: read.warnings };
}

/** With a problem the request returned means nothing; `undefined` where not even the operation is known. */
function parseRequest(read: InputReader, env: Env, operation: Operation | undefined, now: number): Request | undefined {
  // Of an operation that is not known yet all inputs may turn out to be right, so only the common ones are looked at.
  const heedsManifest = operation === undefined || isHeeded('manifest', operation);
  const manifest = heedsManifest ? parseManifest(read, env) : undefined;
  const named = { manifest: manifest !== undefined };
  const common = {
    scope: operation === 'recover' ? parseBotScope(read) : parseScope(read, named),
    dryRun: read.flag('dry-run') ?? false,
    failOn: read.choice<FailOn>('fail-on', ['failures', 'conflicts', 'never']) ?? 'failures',
  };
  if (operation === undefined) return undefined;
  const maxChanges = isHeeded('max-changes', operation) ? read.integer('max-changes', { min: 0 }) : undefined;
  const change = { ...(maxChanges !== undefined && { maxChanges }), verify: read.flag('verify') ?? true };
  if (operation === 'recover') {
    return {
      operation,
      ...common,
      ...change,
      target: { kind: 'before-events' },
      ...parseFiles(read, env, operation),
      ...parseIntake(read, env),
      method: 'copy',
      preserve: { objectLock: false, annotations: false },
    } satisfies RecoverRequest;
  }
  const asked = {
    ...common,
    target: parseTarget(read, operation, now, named),
    ...parseFiles(read, env, operation),
  };
  if (operation === 'download') {
    return { operation, ...asked, directory: parseDirectory(read, env) } satisfies DownloadRequest;
  }
  const how = parseMethod(read, operation);
  const copies = operation === 'undelete' ? NO_COPIES : parseCopies(read, asked, how.method, named.manifest);
  return {
    operation,
    ...asked,
    ...(manifest !== undefined && { manifest }),
    ...how,
    ...copies,
    ...change,
  } satisfies RestoreRequest;
}
