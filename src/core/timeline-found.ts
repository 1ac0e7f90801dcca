import type { KeyHistory } from './history.ts';
import { formatTime } from './time.ts';
import { type Deed, happenings, type LossKind } from './timeline.ts';
import type { Bars, CellCounts } from './timeline-cells.ts';
import { type Folders, type Spread, spreadOf } from './timeline-folders.ts';
import type { Found, JudgedBurst } from './timeline-incident.ts';
import type { Midnight } from './timeline-intake.ts';

/** What a history found, as it stands in the report. Times are RFC 3339, whole seconds. */
export interface HistoryFound {
  /** Entries by what they did. Markers stamped midnight are among the deleted. */
  readonly entries: Readonly<Record<Deed, number>>;
  /** Deletions, overwrites and creations over time. */
  readonly chart?: ChartFound;
  /** The incident first, then those that left anything as it is; at most MAX_BURSTS. */
  readonly bursts: readonly BurstFound[];
  readonly incident?: IncidentFound;
  /** Days with markers that a lifecycle rule seems to have made, most keys first; at most MAX_MIDNIGHTS. */
  readonly midnights: readonly MidnightFound[];
  /** Of one key: its entries, newest first; at most MAX_ENTRIES. */
  readonly timeline?: readonly EntryFound[];
  /** The last whole second before the incident, or before the deletion of the one key, if its version was there then. */
  readonly suggestedTime?: string;
}

export interface ChartFound {
  readonly from: string;
  /** Seconds that a bar stands for. */
  readonly width: number;
  readonly bars: readonly CellCounts[];
}

export interface BurstFound {
  readonly kind: LossKind;
  readonly judged: JudgedBurst['judged'];
  readonly began: string;
  readonly ended: string;
  readonly before: string;
  readonly events: number;
  readonly keys: number;
  readonly still: number;
}

export interface IncidentFound extends Spread {
  readonly began: string;
  readonly ended: string;
  /** Keys that were deleted, or overwritten; a key may be both. */
  readonly deleted: number;
  readonly overwritten: number;
  /** Keys that readers still meet so. */
  readonly still: number;
  /** Markers stamped midnight that are taken to belong to it, 0 where there are none; where they lie is not counted. */
  readonly midnight: number;
}

export interface MidnightFound extends Midnight {
  readonly at: string;
}

export interface EntryFound {
  readonly at: string;
  /** What S3 says, where a newer time counts: that of the entry below. */
  readonly stamped?: string;
  readonly deed: Deed;
  readonly versionId: string;
  readonly deleteMarker: boolean;
  /** A marker stamped midnight. */
  readonly midnight: boolean;
  readonly current: boolean;
  /** Bytes. Versions only. */
  readonly size?: number;
  readonly storageClass?: string;
}

export const MAX_BURSTS = 20;
export const MAX_MIDNIGHTS = 20;
export const MAX_ENTRIES = 1000;
export const MAX_BARS = 20;
const MAX_PREFIXES = 20;

export function chartFound(bars: Bars | undefined): ChartFound | undefined {
  return bars && { from: timeOf(bars.from), width: bars.width, bars: bars.counts };
}

export function burstFound({ kind, judged, start, end, events, keys, still }: JudgedBurst): BurstFound {
  const times = { began: timeOf(start), ended: timeOf(end), before: timeOf(start - 1) };
  return { kind, judged, ...times, events, keys, still };
}

export function incidentFound({ start, end, bursts, midnight }: Found, folders: Folders): IncidentFound {
  const byFolder = new Map<string, number>();
  for (const burst of bursts) {
    for (const [number, n] of burst.folders) {
      const folder = folders.nameOf(number);
      byFolder.set(folder, (byFolder.get(folder) ?? 0) + n);
    }
  }
  const { within, prefixes } = spreadOf(byFolder);
  const keysOf = (kind: LossKind) => bursts.reduce((sum, burst) => sum + (burst.kind === kind ? burst.keys : 0), 0);
  return {
    began: timeOf(start),
    ended: timeOf(end),
    deleted: keysOf('deleted') + midnight,
    overwritten: keysOf('overwritten'),
    still: bursts.reduce((sum, burst) => sum + burst.still, midnight),
    midnight,
    within,
    prefixes: prefixes.slice(0, MAX_PREFIXES),
  };
}

export function midnightsFound(midnights: ReadonlyMap<number, Midnight>): MidnightFound[] {
  return [...midnights]
    .sort(([at, a], [bt, b]) => b.still - a.still || b.keys - a.keys || bt - at)
    .slice(0, MAX_MIDNIGHTS)
    .map(([at, { keys, still }]) => ({ at: timeOf(at), keys, still }));
}

export function timelineFound({ entries }: KeyHistory): EntryFound[] {
  return happenings(entries)
    .slice(0, MAX_ENTRIES)
    .flatMap(({ deed, at, midnight }, i): EntryFound[] => {
      const entry = entries[i];
      if (entry === undefined) return [];
      const { versionId, deleteMarker, lastModified, size, storageClass } = entry;
      return [
        {
          at: formatTime(at),
          ...(at !== lastModified && { stamped: formatTime(lastModified) }),
          deed,
          versionId,
          deleteMarker,
          midnight,
          current: i === 0,
          ...(size !== undefined && { size }),
          ...(storageClass !== undefined && { storageClass }),
        },
      ];
    });
}

/**
 * The last whole second before the deletion of a key that is deleted, and can come back. None where the version that was
 * deleted was not there yet at that second: then no whole second lies between the two.
 */
export function beforeDeletion({ entries }: KeyHistory): string | undefined {
  const all = happenings(entries);
  const index = all.findIndex(({ deed, still }) => deed === 'deleted' && still);
  const [deletion, version] = [all[index], all[index + 1]];
  if (deletion === undefined || version === undefined || version.at > deletion.at - 1000) return undefined;
  return formatTime(deletion.at - 1000);
}

/** `second` since 1970. */
export function timeOf(second: number): string {
  return formatTime(second * 1000);
}
