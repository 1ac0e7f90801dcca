import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { InputError, type InputProblem } from '../core/errors.ts';
import type { FailOn } from '../core/outcome.ts';
import type { RestoreRequest } from '../core/request.ts';
import { type Connection, parseConnection } from './input-connection.ts';
import { type Env, type InputReader, inputReader, quoted, unknownInputs } from './input-reader.ts';
import { parseScope } from './input-scope.ts';
import { parseMethod, parseOperation, parseTarget } from './input-target.ts';
import { isLater, refuseLater } from './later-inputs.ts';

export interface ParsedInputs {
  readonly request: RestoreRequest;
  readonly connection: Connection;
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
  const scope = parseScope(read);
  const target = operation === undefined ? undefined : parseTarget(read, operation, now);
  const how = operation === undefined ? undefined : parseMethod(read, operation);
  const dryRun = read.flag('dry-run') ?? false;
  const maxChanges = read.integer('max-changes', { min: 0 });
  const verify = read.flag('verify') ?? true;
  const failOn = read.choice<FailOn>('fail-on', ['failures', 'conflicts', 'never']) ?? 'failures';
  const connection = parseConnection(read, env, scope.bucket);
  if (how !== undefined && how.method === 'copy' && connection.bypassGovernanceRetention) {
    read.problem(
      'bypass-governance-retention',
      'is true, but nothing under retention is deleted without method: delete',
      'Leave it out, or set method: delete (operation: rollback).',
    );
  }
  const files = parseFiles(read, env);

  if (read.problems.length > 0 || operation === undefined || target === undefined || how === undefined) {
    throw new RefusedInputs(read.problems, read.warnings);
  }
  const request: RestoreRequest = {
    operation,
    scope,
    target,
    ...how,
    dryRun,
    ...(maxChanges !== undefined && { maxChanges }),
    verify,
    failOn,
    ...files,
  };
  return { request, connection, warnings: read.warnings };
}

type Files = Pick<RestoreRequest, 'planFile' | 'journalFile' | 'reportFile'>;

/**
 * Absolute paths. By default in a folder of this run's own, so that two steps of a job, or two jobs of a self-hosted
 * runner, do not write over each other. Nothing is created here.
 */
function parseFiles(read: InputReader, env: Env): Files {
  const folder = join(resolve(env.RUNNER_TEMP || tmpdir()), `s3-rollback-${randomUUID().slice(0, 13)}`);
  const workspace = resolve(env.GITHUB_WORKSPACE || '.');

  function path(name: 'plan-file' | 'journal-file', byDefault: string): string {
    const given = read.text(name);
    if (given === '') return join(folder, byDefault);
    if (given.includes('\0') || given.includes('\n') || /[\\/]$/.test(given)) {
      read.problem(
        name,
        `${quoted(given)} is not the path of a file`,
        `Give ${name} the path of a file, such as out/${byDefault}.`,
      );
    }
    return resolve(workspace, given);
  }

  const planFile = path('plan-file', 'plan.jsonl');
  const journalFile = path('journal-file', 'journal.jsonl');
  if (planFile === journalFile) {
    read.problem('journal-file', 'is the same file as plan-file', 'Give the two different paths.');
  }
  return { planFile, journalFile, reportFile: join(folder, 'report.json') };
}
