import { CancelledError } from '../core/errors.ts';
import type { Listing, Segment } from '../core/ports.ts';

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
