import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Operation, Request } from '../core/request.ts';
import { isHeeded } from './input-operation.ts';
import { type Env, type InputReader, quoted } from './input-reader.ts';

/** Paths on the runner, all of them absolute. Nothing is created here. */

export function workspaceOf(env: Env): string {
  return resolve(env.GITHUB_WORKSPACE || '.');
}

export type Files = Pick<Request, 'planFile' | 'journalFile' | 'reportFile'>;

/**
 * By default in a folder of this run's own, so that two steps of a job, or two jobs of a self-hosted runner, do not write
 * over each other.
 */
export function parseFiles(read: InputReader, env: Env, operation: Operation): Files {
  const folder = join(resolve(env.RUNNER_TEMP || tmpdir()), `s3-rollback-${randomUUID().slice(0, 13)}`);

  function path(name: 'plan-file' | 'journal-file', byDefault: string): string {
    // What is read must not be written over.
    const given = isHeeded(name, operation) && name !== READ[operation] ? read.text(name) : '';
    return given === '' ? join(folder, byDefault) : givenPath(read, env, name, byDefault);
  }

  const planFile = path('plan-file', 'plan.jsonl');
  const journalFile = path('journal-file', 'journal.jsonl');
  if (planFile === journalFile) {
    read.problem('journal-file', 'is the same file as plan-file', 'Give the two different paths.');
  }
  return { planFile, journalFile, reportFile: join(folder, 'report.json') };
}

function givenPath(read: InputReader, env: Env, name: 'plan-file' | 'journal-file', example: string): string {
  const given = read.text(name);
  if (given.includes('\0') || given.includes('\n') || /[\\/]$/.test(given)) {
    read.problem(
      name,
      `${quoted(given)} is not the path of a file`,
      `Give ${name} the path of a file, such as out/${example}.`,
    );
  }
  return resolve(workspaceOf(env), given);
}

/** The file of an earlier run that an operation reads. */
const READ: Readonly<Partial<Record<Operation, 'plan-file' | 'journal-file'>>> = {
  apply: 'plan-file',
  undo: 'journal-file',
};

/** What `apply` and `undo` read; with a problem it means nothing. */
export function parseEarlierFile(read: InputReader, env: Env, name: 'plan-file' | 'journal-file'): string {
  if (read.text(name) === '') {
    const [what, mend] =
      name === 'plan-file'
        ? [
            'is missing: there is no plan to apply',
            'Give the plan of the dry run, as actions/download-artifact put it there.',
          ]
        : [
            'is missing: there is no run to take back',
            'Give the journal of that run, as actions/download-artifact put it there.',
          ];
    read.problem(name, what ?? '', mend ?? '');
  }
  return givenPath(read, env, name, name === 'plan-file' ? 'plan.jsonl' : 'journal.jsonl');
}

/** The folder that a download fills; with a problem it means nothing. */
export function parseDirectory(read: InputReader, env: Env): string {
  const given = read.text('directory');
  if (given === '') {
    read.problem('directory', 'is missing: a download has to go somewhere', 'Give a folder, such as restored/.');
  } else if (/[\0\n]/.test(given)) {
    read.problem('directory', `${quoted(given)} is not the path of a folder`, 'Give a folder, such as restored/.');
  } else if (/^s3:\/\//i.test(given)) {
    read.problem(
      'directory',
      `${quoted(given)} is not a folder on the runner`,
      'Give a folder, such as restored/. To copy within S3, use operation: rollback with destination-bucket.',
    );
  }
  return resolve(workspaceOf(env), given);
}
