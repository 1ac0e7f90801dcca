import type { Method } from '../core/decide.ts';
import { keyBytes, MAX_KEY_BYTES } from '../core/keys.ts';
import type { ArchiveRequest, Destination, Preserve, RestoreRequest, RestoreTier } from '../core/request.ts';
import { type Scope, scopeTest } from '../core/scope.ts';
import type { Target } from '../core/target.ts';
import { formatTime } from '../core/time.ts';
import { checkBucket, checkKey } from './input-keys.ts';
import { type InputReader, quoted } from './input-reader.ts';
import type { InputName } from './registry.ts';

/** What is said about the copies of a rollback: where they go, where they come from, what they keep. */
export type Copies = Pick<RestoreRequest, 'destination' | 'archived' | 'preserve'>;

/** Of an undelete, which copies nothing. */
export const NO_COPIES: Copies = { preserve: { objectLock: false, annotations: false } };

/** With a problem what is returned means nothing. */
export function parseCopies(
  read: InputReader,
  { scope, target }: Pick<RestoreRequest, 'scope' | 'target'>,
  method: Method,
  manifest: boolean,
): Copies {
  const destination = parseDestination(read, scope, target, manifest);
  const archived = parseArchived(read);
  const preserve = parsePreserve(read);
  if (archived !== undefined) checkRepeatable(read, scope, target, destination);
  if (method === 'delete') {
    refuseWithDelete(read, 'destination-bucket', destination?.bucket !== undefined);
    refuseWithDelete(read, 'destination-prefix', destination?.bucket === undefined && destination !== undefined);
    refuseWithDelete(read, 'archived', archived !== undefined);
    refuseWithDelete(read, 'preserve', preserve.objectLock || preserve.annotations);
  }
  return {
    ...(destination !== undefined && { destination }),
    ...(archived !== undefined && { archived }),
    preserve,
  };
}

function refuseWithDelete(read: InputReader, name: InputName, given: boolean): void {
  if (!given) return;
  read.problem(name, 'is given, but method: delete copies nothing', `Leave out ${name}, or use method: copy.`);
}

function parseDestination(read: InputReader, scope: Scope, target: Target, manifest: boolean): Destination | undefined {
  const bucket = read.text('destination-bucket');
  const prefix = read.exact('destination-prefix');
  if (bucket === '' && prefix === '') return undefined;
  if (bucket !== '') checkBucket(read, 'destination-bucket', bucket);
  if (bucket !== '' && bucket === scope.bucket && prefix === '') {
    read.problem(
      'destination-bucket',
      `${quoted(bucket)} is the bucket itself`,
      'Leave it out to restore in place, or give destination-prefix too.',
    );
  }
  if (prefix !== '') checkKey(read, 'destination-prefix', prefix);
  if (scope.key !== undefined && keyBytes(prefix) <= MAX_KEY_BYTES && keyBytes(prefix + scope.key) > MAX_KEY_BYTES) {
    read.problem(
      'destination-prefix',
      `with the key after it is ${keyBytes(prefix + scope.key)} bytes of UTF-8; S3 has no keys over ${MAX_KEY_BYTES}`,
      'Give a shorter destination-prefix.',
    );
  }
  const sameBucket = bucket === '' || bucket === scope.bucket;
  // With a time the copies are too young to be meant.
  const moves = target.kind === 'versions-back';
  if (moves && sameBucket && !manifest && scope.key === undefined && copiesAreInScope(scope, prefix)) {
    read.warn(
      `input "destination-prefix": the copies under ${quoted(prefix)} are themselves in scope, so another run would copy ` +
        'them too. Name them in "exclude".',
    );
  }
  return { ...(bucket !== '' && { bucket }), prefix };
}

/** Would a key that this run makes be one that it reads? */
function copiesAreInScope(scope: Scope, prefix: string): boolean {
  const copy = `${prefix}${scope.prefix}x`;
  try {
    return scopeTest({ ...scope, include: [] })(copy);
  } catch {
    // A glob that cannot be used is complained about elsewhere.
    return false;
  }
}

const TIERS: readonly RestoreTier[] = ['Standard', 'Bulk', 'Expedited'];

function parseArchived(read: InputReader): ArchiveRequest | undefined {
  const archived = read.choice('archived', ['skip', 'restore'] as const);
  if (archived === 'restore') {
    // S3 names no upper limit; ten years is a typing error sooner than a wish.
    const days = read.integer('restore-days', { min: 1, max: 3650 });
    const tier = read.choice<RestoreTier>('restore-tier', TIERS, { anyCase: true });
    return { days: days ?? 1, tier: tier ?? 'Standard' };
  }
  for (const name of ['restore-days', 'restore-tier'] as const) {
    if (archived === undefined || !read.given(name)) continue;
    read.problem(name, 'is given, but nothing is restored from an archive', `Leave it out, or set archived: restore.`);
  }
  return undefined;
}

/** What is requested from an archive is copied by a later run, which should mean the same versions. */
function checkRepeatable(read: InputReader, scope: Scope, target: Target, destination: Destination | undefined): void {
  if (target.kind === 'versions-back' && target.count > 0 && destination === undefined && scope.key === undefined) {
    read.warn(
      'input "versions-back" counts from what is there, so the second run, which archived: restore needs, takes the keys that ' +
        'this one restores further back. Give to-time instead, or version ids in a manifest.',
    );
  }
  if (target.kind === 'time' && /ago$/i.test(read.text('to-time'))) {
    read.warn(
      `input "to-time": ${quoted(read.text('to-time'))} will be another time when a later run copies what was requested from the ` +
        `archive. Now it is ${formatTime(target.at)}: give that.`,
    );
  }
}

function parsePreserve(read: InputReader): Preserve {
  const words = read.list('preserve', ['object-lock', 'annotations']);
  return { objectLock: words.includes('object-lock'), annotations: words.includes('annotations') };
}
