import type { Method } from '../core/decide.ts';
import type { Operation } from '../core/request.ts';
import type { Target } from '../core/target.ts';
import { formatTime } from '../core/time.ts';
import { type InputReader, quoted } from './input-reader.ts';
import type { InputName } from './registry.ts';
import { closest } from './suggest.ts';

const OPERATIONS: readonly Operation[] = ['undelete', 'rollback'];
const LATER = ['recover', 'guard', 'apply', 'undo', 'history', 'download'];

/** The operation, or `undefined` with a problem. */
export function parseOperation(read: InputReader): Operation | undefined {
  const given = read.text('operation');
  const found = OPERATIONS.find((operation) => operation === given);
  if (found !== undefined) return found;
  const use = `Use one of: ${OPERATIONS.join(', ')}.`;
  if (given === '') {
    read.problem('operation', 'is missing', use);
  } else if (LATER.includes(given)) {
    read.problem('operation', `${quoted(given)} is not in this version of the action yet`, use);
  } else {
    const meant = closest(given, OPERATIONS);
    read.problem(
      'operation',
      `${quoted(given)} is not known`,
      meant === undefined ? use : `${use} Did you mean ${meant}?`,
    );
  }
  return undefined;
}

/** What belongs to the other operation. */
const FOREIGN: Readonly<Record<Operation, readonly InputName[]>> = {
  undelete: ['version-id', 'to-time', 'versions-back', 'max-deletes'],
  rollback: ['deleted-after', 'deleted-before'],
};

/** What to go back to. With a problem the target returned means nothing. */
export function parseTarget(read: InputReader, operation: Operation, now: number): Target {
  const other: Operation = operation === 'undelete' ? 'rollback' : 'undelete';
  for (const name of FOREIGN[operation]) {
    if (read.text(name) !== '') {
      read.problem(
        name,
        `belongs to operation: ${other}, not to ${operation}`,
        `Leave out ${name}, or use operation: ${other}.`,
      );
    }
  }
  return operation === 'undelete' ? parseWindow(read, now) : parseRollbackTarget(read, now);
}

function parseWindow(read: InputReader, now: number): Target {
  const after = read.time('deleted-after', now);
  const before = read.time('deleted-before', now);
  if (after !== undefined && before !== undefined && after > before) {
    read.problem(
      'deleted-after',
      `${formatTime(after)} is later than deleted-before, ${formatTime(before)}: no deletion lies between them`,
      'Exchange the two.',
    );
  }
  return { kind: 'undelete', ...(after !== undefined && { after }), ...(before !== undefined && { before }) };
}

const ROLLBACK_TARGETS = ['version-id', 'to-time', 'versions-back'] as const satisfies readonly InputName[];

function parseRollbackTarget(read: InputReader, now: number): Target {
  const [first, ...more] = ROLLBACK_TARGETS.filter((name) => read.text(name) !== '');
  if (first === undefined) {
    read.problem(
      'to-time',
      'rollback does not know what to go back to',
      'Give one of: to-time, versions-back, or version-id with key.',
    );
  }
  for (const name of more) {
    read.problem(name, `is given together with ${first}`, `Give exactly one of: ${ROLLBACK_TARGETS.join(', ')}.`);
  }
  const targets = {
    'version-id': parseVersionId(read),
    'to-time': read.time('to-time', now),
    'versions-back': read.integer('versions-back', { min: 0 }),
  };
  if (first === 'version-id') return { kind: 'version', versionId: targets['version-id'] };
  if (first === 'versions-back') return { kind: 'versions-back', count: targets['versions-back'] ?? 0 };
  return { kind: 'time', at: targets['to-time'] ?? now };
}

function parseVersionId(read: InputReader): string {
  const versionId = read.text('version-id');
  if (versionId === '') return versionId;
  // Opaque, URL-ready, at most 1,024 bytes. https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html
  if (!/^[\x21-\x7e]{1,1024}$/.test(versionId)) {
    read.problem(
      'version-id',
      `${quoted(versionId)} is not a version id`,
      'Take an id from a listing of the versions of the key. It has no spaces.',
    );
  }
  if (read.exact('key') === '') {
    read.problem(
      'version-id',
      'is given without key, and a version belongs to one key',
      'Give key, or use to-time or versions-back for many keys.',
    );
  }
  return versionId;
}

/** How to go back: the method, and what only `method: delete` may be given. */
export function parseMethod(read: InputReader, operation: Operation): { method: Method; maxDeletes?: number } {
  const method = read.choice<Method>('method', ['copy', 'delete']) ?? 'copy';
  const maxDeletes = read.integer('max-deletes', { min: 0 });
  if (operation === 'undelete') {
    if (method === 'delete') {
      read.problem(
        'method',
        'belongs to operation: rollback; undelete only removes delete markers',
        'Leave out method.',
      );
    }
  } else if (method === 'delete' && read.text('max-deletes') === '') {
    read.problem(
      'max-deletes',
      'is missing: method: delete deletes versions for good',
      'Set max-deletes to the most versions that a run may delete. A dry run, with any number, tells how many it would be.',
    );
  } else if (method === 'copy' && read.text('max-deletes') !== '') {
    read.problem(
      'max-deletes',
      'is given, but method: copy deletes no version',
      'Leave out max-deletes, or set method: delete.',
    );
  }
  return { method, ...(maxDeletes !== undefined && { maxDeletes }) };
}
