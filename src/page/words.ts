import type { RowKind } from '../core/key-row.ts';
import type { Report } from '../core/report.ts';

const NUMBER = new Intl.NumberFormat('en-US');

/** `2500` → `2,500`, whatever the runner's locale. */
export function grouped(value: number): string {
  return NUMBER.format(value);
}

export type Labels = Readonly<Record<RowKind, string>>;

/** What the outcomes are called. A download fetches, and a copy to elsewhere restores nothing. */
export function labelsOf({ operation, scope }: Pick<Report, 'operation' | 'scope'>): Labels {
  const did = operation === 'download' ? 'fetched' : scope.destination === undefined ? 'restored' : 'copied';
  return {
    restored: did,
    planned: 'planned',
    unchanged: 'unchanged',
    skipped: 'skipped',
    conflict: 'conflict',
    failed: 'failed',
  };
}

/** What folders are taken below: what all keys of the rows begin with, as the report says. */
export function prefixOf({ scope }: Pick<Report, 'scope'>): string {
  const { prefix, destination } = scope;
  const before =
    typeof destination === 'object' && destination !== null && 'prefix' in destination && destination.prefix;
  return `${typeof before === 'string' ? before : ''}${typeof prefix === 'string' ? prefix : ''}`;
}
