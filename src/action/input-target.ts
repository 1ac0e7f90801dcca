import type { Method } from '../core/decide.ts';
import type { Operation } from '../core/request.ts';
import type { Target } from '../core/target.ts';
import { formatTime } from '../core/time.ts';
import { type InputReader, quoted } from './input-reader.ts';
import type { InputName } from './registry.ts';

/** What to go back to. With a problem the target returned means nothing. */
export function parseTarget(
  read: InputReader,
  operation: Operation,
  now: number,
  { manifest }: { readonly manifest: boolean },
): Target {
  if (operation === 'undelete') return parseWindow(read, now);
  return manifest ? parseTargetOfRows(read, now) : parseOneTarget(read, operation, now);
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

const TARGETS = ['version-id', 'to-time', 'versions-back'] as const satisfies readonly InputName[];
type TargetInput = (typeof TARGETS)[number];

/** Exactly one. */
function parseOneTarget(read: InputReader, operation: Operation, now: number): Target {
  const [first, ...more] = TARGETS.filter((name) => read.text(name) !== '');
  if (first === undefined) {
    read.problem(
      'to-time',
      operation === 'download' ? 'nothing says which versions to fetch' : 'rollback does not know what to go back to',
      'Give one of: to-time, versions-back, or version-id with key.',
    );
    return { kind: 'time', at: now };
  }
  refuseMore(read, first, more);
  return targetOf(read, first, now);
}

/** Rows name their versions themselves; a time or a number is for those that do not. */
function parseTargetOfRows(read: InputReader, now: number): Target {
  if (read.text('version-id') !== '') {
    read.problem(
      'version-id',
      'is given together with manifest',
      'Write the version id into the rows, or leave out the manifest and give key.',
    );
  }
  const [first, ...more] = TARGETS.filter((name) => name !== 'version-id' && read.text(name) !== '');
  if (first === undefined) return { kind: 'rows' };
  refuseMore(read, first, more);
  return targetOf(read, first, now);
}

function refuseMore(read: InputReader, first: TargetInput, more: readonly TargetInput[]): void {
  for (const name of more) {
    read.problem(name, `is given together with ${first}`, `Give exactly one of: ${TARGETS.join(', ')}.`);
  }
}

function targetOf(read: InputReader, name: TargetInput, now: number): Target {
  switch (name) {
    case 'version-id':
      return { kind: 'version', versionId: parseVersionId(read) };
    case 'versions-back':
      return { kind: 'versions-back', count: read.integer('versions-back', { min: 0 }) ?? 0 };
    case 'to-time':
      return { kind: 'time', at: read.time('to-time', now) ?? now };
  }
}

function parseVersionId(read: InputReader): string {
  const versionId = read.text('version-id');
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

/** How to go back: the method, and what only `method: delete` may be given. Undelete has but one way. */
export function parseMethod(
  read: InputReader,
  operation: 'undelete' | 'rollback',
): { readonly method: Method; readonly maxDeletes?: number } {
  if (operation === 'undelete') return { method: 'copy' };
  const method = read.choice<Method>('method', ['copy', 'delete']) ?? 'copy';
  const maxDeletes = read.integer('max-deletes', { min: 0 });
  if (method === 'delete' && read.text('max-deletes') === '') {
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
  if (method === 'copy' && read.flag('bypass-governance-retention') === true) {
    read.problem(
      'bypass-governance-retention',
      'is true, but nothing under retention is deleted without method: delete',
      'Leave it out, or set method: delete (operation: rollback).',
    );
  }
  return { method, ...(maxDeletes !== undefined && { maxDeletes }) };
}
