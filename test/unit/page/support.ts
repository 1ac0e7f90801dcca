import type { KeyRow, ReadRows } from '../../../src/core/key-row.ts';
import { newTally, type Report, type Tally } from '../../../src/core/report.ts';
import { type Page, trusted } from '../../../src/page/index.ts';
import { requestOf, resultOf } from '../action/support.ts';

/** Pages and rows for tests. */

export function reportOf(rows: readonly KeyRow[], over: Partial<Report> = {}): Report {
  const count = (kind: KeyRow['kind']) => rows.filter((row) => row.kind === kind).length;
  const fill = (tally: Tally) => {
    for (const { reason } of rows.filter((row) => row.kind === 'skipped')) {
      const known = tally.skipped as Record<string, number>;
      known[reason ?? ''] = (known[reason ?? ''] ?? 0) + 1;
    }
    Object.assign(tally.totals, {
      ...newTally().totals,
      keysExamined: rows.length,
      entriesExamined: rows.length * 2,
      planned: count('restored') + count('planned') + count('conflict') + count('failed'),
      restored: count('restored'),
      unchanged: count('unchanged'),
      skipped: count('skipped'),
      conflicts: count('conflict'),
      failed: count('failed'),
    });
  };
  return { ...resultOf(requestOf(), fill).report, ...over };
}

export function pageOf(rows: readonly KeyRow[], over: Partial<Page> = {}): Page {
  return {
    report: reportOf(rows),
    verdict: trusted('⚠️ Some keys restored in <code>my-site</code>'),
    facts: trusted('<table><tr><th align="left">Operation</th><td>undelete</td></tr></table>'),
    files: [['Plan', '/tmp/run/plan.jsonl']],
    reasons: { 'nothing-to-restore': 'No version is left.' },
    madeBy: 'Made by a test.',
    sections: [],
    ...over,
  };
}

export function reading(rows: readonly KeyRow[]): ReadRows {
  return async function* () {
    for (let i = 0; i < rows.length; i += 1000) yield rows.slice(i, i + 1000);
  };
}

export function restored(key: string, over: Partial<KeyRow> = {}): KeyRow {
  return {
    bucket: 'my-site',
    key,
    kind: 'restored',
    from: { versionId: 'marker-id', deleteMarker: true, etag: null },
    to: 'version-id',
    steps: { 'remove-delete-marker': 1 },
    ...over,
  };
}

export function failed(key: string, over: Partial<KeyRow> = {}): KeyRow {
  return restored(key, {
    kind: 'failed',
    reason: 'AccessDenied',
    message: 'Access Denied',
    hint: 'Grant s3:DeleteObjectVersion.',
    ...over,
  });
}
