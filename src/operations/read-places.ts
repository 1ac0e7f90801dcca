import type { Place } from '../core/decide.ts';
import type { KeyHistory } from '../core/history.ts';
import type { Buckets, ReadHow } from '../core/ports.ts';

/**
 * The histories of keys of any buckets, in the order of the places; an empty one where there is no such key. The keys of
 * each bucket are in S3's order.
 * @throws S3Failure, CancelledError
 */
export async function readPlaces(places: readonly Place[], buckets: Buckets, how: ReadHow = {}): Promise<KeyHistory[]> {
  const keys = new Map<string, string[]>();
  for (const { bucket, key } of places) {
    const known = keys.get(bucket);
    if (known === undefined) keys.set(bucket, [key]);
    else known.push(key);
  }
  const found = new Map(
    await Promise.all(
      [...keys].map(async ([bucket, own]) => [bucket, await buckets.open(bucket).readHistories(own, how)] as const),
    ),
  );
  return places.map(({ bucket, key }) => found.get(bucket)?.get(key) ?? { key, entries: [] });
}
