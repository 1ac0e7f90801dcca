import type { ReadRows, RowKind } from '../core/key-row.ts';
import { folderOf, MAX_PREFIXES } from '../core/report.ts';

/** Keys by what became of them. */
export type KindCounts = Readonly<Partial<Record<RowKind, number>>>;

export interface FolderCounts {
  readonly folder: string;
  readonly keys: number;
  readonly kinds: KindCounts;
}

/** What the rows are, before any of them is written. Bounded. */
export interface RowCounts {
  readonly keys: number;
  readonly kinds: KindCounts;
  /** Most keys first. */
  readonly folders: readonly FolderCounts[];
  /** Of folders beyond MAX_PREFIXES. */
  readonly others?: FolderCounts;
  readonly buckets: number;
  readonly hasWho: boolean;
  readonly hasReasons: boolean;
  readonly hasPlan: boolean;
}

interface Row {
  readonly folder: string;
  keys: number;
  readonly kinds: Partial<Record<RowKind, number>>;
}

/** `prefix`: what the folders are taken below. */
export async function countRows(read: ReadRows, prefix: string): Promise<RowCounts> {
  const all = newRow('');
  const others = newRow('');
  const folders = new Map<string, Row>();
  const has = { who: false, reasons: false, plan: false };
  let buckets = 0;
  let bucket: string | undefined;
  for await (const batch of read()) {
    for (const row of batch) {
      // Sorted by bucket.
      if (row.bucket !== bucket) buckets += 1;
      bucket = row.bucket;
      has.who ||= row.principal !== undefined || row.sourceIp !== undefined;
      has.reasons ||= row.reason !== undefined;
      has.plan ||= row.to !== undefined;
      count(all, row.kind);
      count(rowFor(folderOf(row.key, prefix)), row.kind);
    }
  }
  return {
    keys: all.keys,
    kinds: all.kinds,
    folders: [...folders.values()].sort((a, b) => b.keys - a.keys),
    ...(others.keys > 0 && { others }),
    buckets,
    hasWho: has.who,
    hasReasons: has.reasons,
    hasPlan: has.plan,
  };

  function rowFor(folder: string): Row {
    const known = folders.get(folder);
    if (known !== undefined) return known;
    if (folders.size >= MAX_PREFIXES) return others;
    const row = newRow(folder);
    folders.set(folder, row);
    return row;
  }
}

function newRow(folder: string): Row {
  return { folder, keys: 0, kinds: {} };
}

function count(row: Row, kind: RowKind): void {
  row.keys += 1;
  row.kinds[kind] = (row.kinds[kind] ?? 0) + 1;
}
