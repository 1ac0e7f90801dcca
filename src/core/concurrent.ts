/** Small tools for work side by side. Pure: no timers, no environment. */

/**
 * Run `work` on every item, at most `width` at a time, in the order of the items. The first error stops the taking of
 * new items, what is under way lands, and the error is thrown.
 */
export async function forEachConcurrently<T>(
  items: Iterable<T> | AsyncIterable<T>,
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  // The lanes draw from one iterator; an async generator lets those wait that ask before it is ready.
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let failed = false;
  async function lane(): Promise<void> {
    for (;;) {
      try {
        const next = failed ? undefined : await iterator.next();
        if (next === undefined || next.done === true || failed) return;
        await work(next.value);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: Math.max(1, width) }, lane));
  if (failed) await iterator.return?.();
  for (const settled of lanes) if (settled.status === 'rejected') throw settled.reason;
}

/** Items in groups of at most `size()`, asked for at each group; the source is read lazily. */
export function* inGroups<T>(items: Iterable<T>, size: () => number): Generator<T[]> {
  let group: T[] = [];
  for (const item of items) {
    group.push(item);
    if (group.length >= size()) {
      yield group;
      group = [];
    }
  }
  if (group.length > 0) yield group;
}
