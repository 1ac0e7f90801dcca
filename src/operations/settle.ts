import { type ArchivedVersion, archivedIn } from '../core/archive.ts';
import { type CopyOptions, copyStep, sameObject } from '../core/copy.ts';
import type { CopyQuestion, Place } from '../core/decide.ts';
import type { ObjectHead } from '../core/head.ts';
import type { Entry } from '../core/history.ts';
import { type PlannedKey, type Step, seenOf } from '../core/plan.ts';
import type { Buckets } from '../core/ports.ts';
import type { SkipReason } from '../core/target.ts';

export type SettledCopy =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'skipped'; readonly reason: SkipReason }
  | { readonly kind: 'archived'; readonly versions: readonly ArchivedVersion[] }
  | { readonly kind: 'conflict'; readonly found: string }
  | { readonly kind: 'change'; readonly line: PlannedKey };

/**
 * Settle a copy by looking at the versions: which of them lie on top already, can the rest be copied, and what has to be
 * carried over? Asks for a HEAD only where the listing leaves it open. Changes nothing.
 * @throws S3Failure, CancelledError
 */
export async function settleCopy(question: CopyQuestion, buckets: Buckets, options: CopyOptions): Promise<SettledCopy> {
  const { bucket, key, entries, source, wanted, destroysNull } = question;
  const heads = new Map<string, Promise<ObjectHead | undefined>>();

  const rest = wanted.slice(await countOnTop());
  if (rest.length === 0) return { kind: 'unchanged' };
  if (destroysNull) return { kind: 'skipped', reason: 'would-destroy-null-version' };

  const steps: Step[] = [];
  const archived: ArchivedVersion[] = [];
  for (const entry of rest) {
    const settled = await stepFor(entry);
    if (settled === 'gone') return { kind: 'conflict', found: 'the version to go back to was deleted meanwhile' };
    if ('skip' in settled) return { kind: 'skipped', reason: settled.skip };
    if ('archived' in settled) archived.push(settled.archived);
    else steps.push(settled.step);
  }
  // All or nothing: a part of the versions alone would be another history than was asked for.
  if (archived.length > 0) return { kind: 'archived', versions: archived };
  const last = wanted.at(-1);
  const to = { versionId: last === undefined || last.deleteMarker ? null : last.versionId };
  return { kind: 'change', line: { bucket, key, from: seenOf(entries[0]), to, steps } };

  async function stepFor(
    entry: Entry,
  ): Promise<{ step: Step } | { archived: ArchivedVersion } | { skip: SkipReason } | 'gone'> {
    if (entry.deleteMarker) return { step: { do: 'add-delete-marker' } };
    // The listing knows the archive classes, so no question is needed to leave these alone.
    const archived = archivedIn(source, entry);
    if (archived !== undefined) return { archived };
    const head = await look(source, entry, false);
    return head === undefined ? 'gone' : copyStep(source, entry, head, { bucket, key }, options);
  }

  /** How many of the wanted entries, from the oldest on, are what lies on top now: an earlier run may have put them there. */
  async function countOnTop(): Promise<number> {
    for (let count = Math.min(wanted.length, entries.length); count > 0; count--) {
      const pairs = entries.slice(0, count).map((there, i) => [there, wanted[count - 1 - i]] as const);
      if (!pairs.every(([there, one]) => one !== undefined && mayBeSame(there, one))) continue;
      let same = true;
      for (const [there, one] of pairs) same &&= one !== undefined && (await isSame(there, one));
      if (same) return count;
    }
    return 0;
  }

  function mayBeSame(there: Entry, one: Entry): boolean {
    return there.deleteMarker === one.deleteMarker && there.size === one.size;
  }

  async function isSame(there: Entry, one: Entry): Promise<boolean> {
    if (there.deleteMarker || there === one) return true;
    // Equal ETags settle the content; only where they differ may a checksum still tell that it is the same.
    const checksums = there.etag !== one.etag;
    const [a, b] = await Promise.all([look({ bucket, key }, there, checksums), look(source, one, checksums)]);
    return a !== undefined && b !== undefined && sameObject(a, b);
  }

  /** Each version is asked for once; one that was asked for with its checksums will do without. */
  function look({ bucket, key }: Place, { versionId }: Entry, checksums: boolean): Promise<ObjectHead | undefined> {
    const name = JSON.stringify([bucket, key, versionId]);
    const known = heads.get(`${name} with checksums`) ?? (checksums ? undefined : heads.get(name));
    const head = known ?? buckets.open(bucket).headVersion(key, versionId, checksums);
    if (known === undefined) heads.set(checksums ? `${name} with checksums` : name, head);
    return head;
  }
}
