import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type BucketEvent, compareEvents } from '../core/event.ts';
import { compareKeys } from '../core/keys.ts';
import { openSorter, type Sorter } from '../files/sort.ts';

/** The events of a run, on disk where there are many, sorted by key, so that all events of a key are together. */

export interface SpooledEvent {
  readonly event: BucketEvent;
  /** The number of the message it came in; -1 where it came in none. */
  readonly message: number;
  /** How often that message was received; a great many where there is no queue, and it will not come again. */
  readonly receives: number;
}

/** All events of one key, oldest first; at least one. */
export interface KeyEvents {
  readonly bucket: string;
  readonly key: string;
  readonly events: readonly SpooledEvent[];
}

/** Keys that are looked at together. */
const GROUP = 1000;

/** Not cut by a cancelled job, which has to tell what it did. */
export function openEventSpool(folder: string): Sorter<SpooledEvent> {
  return openSorter<SpooledEvent>({
    folder: join(folder, 'events'),
    // The messages themselves are held as well.
    runItems: 20_000,
    encode: (spooled) => JSON.stringify(spooled),
    decode: (line) => JSON.parse(line) as SpooledEvent,
    compare: ({ event: a }, { event: b }) =>
      compareKeys(a.bucket, b.bucket) || compareKeys(a.key, b.key) || compareEvents(a, b),
  });
}

/** The keys of a spool in groups, each of one bucket. */
export async function* keyGroups(spool: Sorter<SpooledEvent>): AsyncGenerator<KeyEvents[]> {
  let group: KeyEvents[] = [];
  let events: SpooledEvent[] = [];
  for await (const batch of spool.sorted()) {
    // Nothing here waits for anything outside: signals, and the heartbeat of the queue, need their turn.
    await setImmediate();
    for (const spooled of batch) {
      const [first] = events;
      const { bucket, key } = spooled.event;
      if (first !== undefined && (first.event.key !== key || first.event.bucket !== bucket)) {
        group.push({ bucket: first.event.bucket, key: first.event.key, events });
        events = [];
        if (group.length >= GROUP || first.event.bucket !== bucket) {
          yield group;
          group = [];
        }
      }
      events.push(spooled);
    }
  }
  const [first] = events;
  if (first !== undefined) group.push({ bucket: first.event.bucket, key: first.event.key, events });
  if (group.length > 0) yield group;
}
