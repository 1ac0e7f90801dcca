import { CancelledError } from '../core/errors.ts';
import type { KeyHistory } from '../core/history.ts';
import type { Listing, Segment } from '../core/ports.ts';
import { type Scope, scopeTest } from '../core/scope.ts';
import type { RunDeps } from './run.ts';

/**
 * List the bucket of a scope, and read the histories of the keys that are in it, each segment with a reader of its own.
 * @throws what the listing throws, or a reader
 */
export function readScope(
  scope: Scope,
  { buckets, narrator }: Pick<RunDeps, 'buckets' | 'narrator'>,
  read: (start: string, batches: AsyncIterable<readonly KeyHistory[]>) => Promise<void>,
): Promise<void> {
  const inScope = scopeTest(scope);
  let listed = 0;
  async function* within({ batches }: Segment): AsyncGenerator<readonly KeyHistory[]> {
    for await (const batch of batches) {
      yield batch.filter(({ key }) => inScope(key));
      for (const { entries } of batch) listed += entries.length;
      narrator.progress(listed, undefined, 'versions and markers listed');
    }
  }
  const { prefix, key } = scope;
  const listing = buckets.open(scope.bucket ?? '').list({ prefix, ...(key !== undefined && { key }) });
  return readSegments(listing, (segment) => read(segment.start, within(segment)));
}

/**
 * Read all segments of a listing side by side, and wait for every reader, whatever happens.
 * @throws the first error, a reader's or the listing's. When a reader leaves, the listing is given up, which is told to
 * all others as a cancellation; that must not hide why.
 */
export async function readSegments(listing: Listing, read: (segment: Segment) => Promise<void>): Promise<void> {
  const errors: unknown[] = [];
  const failed = (error: unknown) => void errors.push(error);
  const readers: Promise<void>[] = [];
  try {
    for await (const segment of listing.segments) readers.push(read(segment).catch(failed));
  } catch (error) {
    failed(error);
  }
  await Promise.all(readers);
  if (errors.length > 0) throw errors.find((error) => !(error instanceof CancelledError)) ?? errors[0];
}
