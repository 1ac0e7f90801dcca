import { InputError, type InputProblem } from '../core/errors.ts';
import type { FailOn } from '../core/outcome.ts';
import type {
  ApplyRequest,
  DownloadRequest,
  Operation,
  RecoverRequest,
  Request,
  RestoreRequest,
  UndoRequest,
} from '../core/request.ts';
import { type Connection, parseConnection } from './input-connection.ts';
import { NO_COPIES, parseCopies } from './input-copies.ts';
import { parseReviewed } from './input-earlier.ts';
import { parseDirectory, parseEarlierFile, parseFiles } from './input-files.ts';
import { parseManifest } from './input-manifest.ts';
import { isHeeded, parseOperation, refuseForeign } from './input-operation.ts';
import { type Env, type InputReader, inputReader, unknownInputs } from './input-reader.ts';
import { checkQueue, parseIntake } from './input-recover.ts';
import { type PageAccess, parsePage } from './input-report.ts';
import { parseReporting, type Reporting } from './input-reporting.ts';
import { parseBucketScope, parseScope } from './input-scope.ts';
import { parseMethod, parseTarget } from './input-target.ts';
import { isLater, refuseLater } from './later-inputs.ts';

export interface ParsedInputs {
  readonly request: Request;
  readonly connection: Connection;
  readonly reporting: Reporting;
  /** Absent: no page is asked for. */
  readonly page?: PageAccess;
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
  const page = parsePage(read, env, request);
  if (read.problems.length > 0 || request === undefined) throw new RefusedInputs(read.problems, read.warnings);
  return { request, connection, reporting, ...(page && { page }), warnings: read.warnings };
}

/** With a problem the request returned means nothing; `undefined` where not even the operation is known. */
function parseRequest(read: InputReader, env: Env, operation: Operation | undefined, now: number): Request | undefined {
  // Of an operation that is not known yet all inputs may turn out to be right, so only the common ones are looked at.
  const heedsManifest = operation === undefined || isHeeded('manifest', operation);
  const manifest = heedsManifest ? parseManifest(read, env) : undefined;
  const named = { manifest: manifest !== undefined };
  const common = {
    scope: operation !== undefined && NAMED_ELSEWHERE.has(operation) ? parseBucketScope(read) : parseScope(read, named),
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
  if (operation === 'apply' || operation === 'undo')
    return parseEarlier(read, env, operation, { ...common, ...change });
  if (operation === 'guard' || operation === 'history') {
    const asked = { ...common, target: { kind: 'none' } as const, ...parseFiles(read, env, operation) };
    return operation === 'guard' ? { operation, ...asked, ...change } : { operation, ...asked };
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

/** Operations whose keys are named by something else than the scope: events, a plan, a journal. */
const NAMED_ELSEWHERE: ReadonlySet<Operation> = new Set(['recover', 'apply', 'undo']);

/** What an earlier run planned, or did. */
function parseEarlier(
  read: InputReader,
  env: Env,
  operation: 'apply' | 'undo',
  common: Pick<ApplyRequest, 'scope' | 'dryRun' | 'failOn' | 'verify'>,
): ApplyRequest | UndoRequest {
  const files = parseFiles(read, env, operation);
  const how = { method: 'copy', preserve: { objectLock: false, annotations: false } } as const;
  if (operation === 'undo') {
    const undoneJournal = parseEarlierFile(read, env, 'journal-file');
    return { operation, ...common, ...files, ...how, target: { kind: 'before-run' }, undoneJournal };
  }
  const maxDeletes = read.integer('max-deletes', { min: 1 });
  return {
    operation,
    ...common,
    ...files,
    ...how,
    target: { kind: 'as-planned' },
    reviewed: parseReviewed(read, env),
    ...(maxDeletes !== undefined && { maxDeletes }),
  };
}
