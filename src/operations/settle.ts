import { type ArchivedVersion, archivedIn } from '../core/archive.ts';
import { forEachConcurrently } from '../core/concurrent.ts';
import { type CopyOptions, copyStep, mayBeSameObject, sameObject } from '../core/copy.ts';
import type { CopyQuestion, Place } from '../core/decide.ts';
import type { ObjectHead } from '../core/head.ts';
import type { Entry } from '../core/history.ts';
import { type PlannedKey, type Step, seenOf } from '../core/plan.ts';
import type { Buckets } from '../core/ports.ts';
import type { SkipReason } from '../core/target.ts';

/** Of one key with many versions; keys are settled side by side as well. */
const HEADS_AT_ONCE = 8;

export type SettledCopy =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'skipped'; readonly reason: SkipReason }
  | { readonly kind: 'archived'; readonly versions: readonly ArchivedVersion[] }
  | { readonly kind: 'conflict'; readonly found: string }
  /** `unproven`: what is there may be the same, and nothing that both have can tell. */
  | { readonly kind: 'change'; readonly line: PlannedKey; readonly unproven?: true };

/**
 * Settle a copy by looking at the versions: which of them lie on top already, can the rest be copied, and what has to be
 * carried over? Asks for a HEAD only where the listing leaves it open. Changes nothing.
 * @throws S3Failure, CancelledError
 */
export async function settleCopy(question: CopyQuestion, buckets: Buckets, options: CopyOptions): Promise<SettledCopy> {
  const { bucket, key, entries, source, wanted, destroysNull } = question;
  /** Entries on top that may be the same, as far as anybody can tell. */
  const unproven = new Set<Entry>();
  const heads = new Map<string, Promise<ObjectHead | undefined>>();

  const rest = wanted.slice(await countOnTop());
  if (rest.length === 0) return { kind: 'unchanged' };
  if (destroysNull) return { kind: 'skipped', reason: 'would-destroy-null-version' };

  const steps: Step[] = [];
  const archived: ArchivedVersion[] = [];
  const found: Awaited<ReturnType<typeof stepFor>>[] = [];
  await forEachConcurrently(rest.entries(), HEADS_AT_ONCE, async ([i, entry]) => {
    found[i] = await stepFor(entry);
  });
  for (const settled of found) {
    if (settled === 'gone') return { kind: 'conflict', found: 'the version to go back to was deleted meanwhile' };
    if ('skip' in settled) return { kind: 'skipped', reason: settled.skip };
    if ('archived' in settled) archived.push(settled.archived);
    else steps.push(settled.step);
  }
  // All or nothing: a part of the versions alone would be another history than was asked for.
  if (archived.length > 0) return { kind: 'archived', versions: archived };
  const last = wanted.at(-1);
  const to = { versionId: last === undefined || last.deleteMarker ? null : last.versionId };
  return {
    kind: 'change',
    line: { bucket, key, from: seenOf(entries[0]), to, steps },
    ...(unproven.size > 0 && { unproven: true }),
  };

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
    const counts = overlaps(wanted.map(sizeOf), entries.slice(0, wanted.length).map(sizeOf).toReversed());
    const [most = 0] = counts;
    // Where many may be the same, they are looked at side by side before they are compared one by one.
    if (most > 1) {
      const both = [...entries.slice(0, most).map(ofTop), ...wanted.slice(0, most).map(ofSource)];
      await forEachConcurrently(both, HEADS_AT_ONCE, async ([place, entry]) => {
        if (!entry.deleteMarker) await look(place, entry, true);
      });
    }
    for (const count of counts) {
      let same = true;
      for (let i = 0; same && i < count; i++) {
        const [there, one] = [entries[i], wanted[count - 1 - i]];
        same = there !== undefined && one !== undefined && (await isSame(there, one));
      }
      if (same) return count;
    }
    return 0;
  }

  function ofTop(entry: Entry): readonly [Place, Entry] {
    return [{ bucket, key }, entry];
  }

  function ofSource(entry: Entry): readonly [Place, Entry] {
    return [source, entry];
  }

  async function isSame(there: Entry, one: Entry): Promise<boolean> {
    if (there.deleteMarker !== one.deleteMarker) return false;
    if (there.deleteMarker || there === one) return true;
    // Equal ETags settle the content; only where they differ may a checksum still tell that it is the same.
    const checksums = there.etag !== one.etag;
    const [a, b] = await Promise.all([look({ bucket, key }, there, checksums), look(source, one, checksums)]);
    if (a === undefined || b === undefined) return false;
    if (sameObject(a, b)) return true;
    if (mayBeSameObject(a, b)) unproven.add(there);
    return false;
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

/** All that can be told of an entry without a look: entries that differ in it are not the same. */
function sizeOf({ deleteMarker, size }: Entry): number {
  return deleteMarker ? -1 : (size ?? 0);
}

/**
 * How many of the first of `wanted` may be the last of `there`, the most first; without the trivial none. In linear time
 * (Knuth, Morris and Pratt), for a key may have a hundred thousand versions.
 */
export function overlaps(wanted: readonly number[], there: readonly number[]): number[] {
  const border = [0];
  const next = (length: number, value: number | undefined): number => {
    let now = length;
    while (now > 0 && (now === wanted.length || wanted[now] !== value)) now = border[now - 1] ?? 0;
    return wanted[now] === value && now < wanted.length ? now + 1 : now;
  };
  for (let i = 1; i < wanted.length; i++) border.push(next(border[i - 1] ?? 0, wanted[i]));
  let length = 0;
  for (const value of there) length = next(length, value);
  const found: number[] = [];
  for (let now = length; now > 0; now = border[now - 1] ?? 0) found.push(now);
  return found;
}
