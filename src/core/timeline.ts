import { type Entry, effectiveTimes } from './history.ts';

/**
 * What the entries of a key did when they came, in wire order and by effective time: the same reading of a history that
 * `to-time` has, so that a time found here means the same there.
 */

export type Deed =
  /** The first entry there is, and a version. Older ones may have been deleted for good: that leaves no trace. */
  | 'created'
  /** A version on top of a version. */
  | 'overwritten'
  /** A marker on top of a version. */
  | 'deleted'
  /** A version on top of a version, with the content of an older one: put back by a copy, or uploaded again. */
  | 'put-back'
  /** A version on top of a marker: restored, or written anew. */
  | 'restored'
  /** A marker on top of a marker: the key was gone already. */
  | 'deleted-again'
  /** A marker with nothing underneath: what it deleted is gone, if there ever was anything. */
  | 'deleted-nothing';

export interface Happening {
  readonly deed: Deed;
  /** Effective time, ms, whole seconds. */
  readonly at: number;
  /** A marker stamped 00:00:00 UTC, as those of lifecycle rules are: when it was really made is not known. */
  readonly midnight: boolean;
  /** It is what readers meet now: the current version, or the marker that made the key deleted and still does. */
  readonly still: boolean;
}

const DAY_MS = 86_400_000;

/**
 * Markers of lifecycle rules carry the midnight (UTC) of their day.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configure-notification.html
 */
export function looksLikeLifecycle({ deleteMarker, lastModified }: Entry): boolean {
  return deleteMarker && lastModified % DAY_MS === 0;
}

/** One for each entry, newest first as they are. */
export function happenings(entries: readonly Entry[]): Happening[] {
  const times = effectiveTimes(entries);
  const known = knownContents(entries);
  /** Everything from the top down to here is a marker. */
  let markersOnly = true;
  return entries.map((entry, i) => {
    const below = entries[i + 1];
    const deed = deedOf(entry, below, known[i] === true);
    markersOnly &&= entry.deleteMarker;
    return {
      deed,
      at: times[i] ?? 0,
      midnight: looksLikeLifecycle(entry),
      still: entry.deleteMarker ? markersOnly && deed === 'deleted' : i === 0,
    };
  });
}

function deedOf(entry: Entry, below: Entry | undefined, isKnown: boolean): Deed {
  if (below === undefined) return entry.deleteMarker ? 'deleted-nothing' : 'created';
  if (below.deleteMarker) return entry.deleteMarker ? 'deleted-again' : 'restored';
  if (entry.deleteMarker) return 'deleted';
  return isKnown ? 'put-back' : 'overwritten';
}

/**
 * For each entry, whether it is a version with the content of an older one, told by ETag and size. Contents are kept as a
 * pile: going back to one takes those above it off. So what was put on a key, taken back and then put there once more is
 * no return to anything: it is the same mistake again.
 */
function knownContents(entries: readonly Entry[]): boolean[] {
  const known: boolean[] = entries.map(() => false);
  const pile: string[] = [];
  const inPile = new Set<string>();
  for (let i = entries.length - 1; i >= 0; i--) {
    const { etag, size } = entries[i] ?? {};
    if (etag === undefined) continue;
    const content = `${etag} ${size}`;
    if (inPile.has(content)) {
      known[i] = true;
      while (pile.at(-1) !== content) inPile.delete(pile.pop() ?? '');
    } else {
      pile.push(content);
      inPile.add(content);
    }
  }
  return known;
}

/** What a loss is counted as where losses are searched for bursts; the two are searched apart. */
export type LossKind = 'deleted' | 'overwritten';

/** A key lost what it was: by a delete marker on a version, or a version on a version. */
export interface Loss {
  /** Effective time, in seconds since 1970. */
  readonly at: number;
  readonly kind: LossKind;
  /** Readers still meet what this did. */
  readonly still: boolean;
  /** When the same key had a loss of the same kind before, in seconds; -1: never. */
  readonly before: number;
  /** The folder of the key, by its number. See timeline-folders.ts. */
  readonly folder: number;
}

/** A loss on a line of its own, for the disk. */
export function encodeLoss({ at, kind, still, before, folder }: Loss): string {
  const flags = (kind === 'deleted' ? 2 : 0) + (still ? 1 : 0);
  return `${at.toString(36)} ${flags} ${before.toString(36)} ${folder.toString(36)}`;
}

/** What `encodeLoss` wrote. */
export function decodeLoss(line: string): Loss {
  const [at = '', flags = '', before = '', folder = ''] = line.split(' ');
  return {
    at: Number.parseInt(at, 36),
    kind: flags >= '2' ? 'deleted' : 'overwritten',
    still: flags === '1' || flags === '3',
    before: Number.parseInt(before, 36),
    folder: Number.parseInt(folder, 36),
  };
}
