import type { PlannedKey } from '../core/plan.ts';
import type { RunResult } from '../core/report.ts';
import type { Request } from '../core/request.ts';
import { count } from './format.ts';
import { fold, table } from './html.ts';
import { destinationOf } from './summary-asked.ts';
import { type KeyKind, kindOf, type PlanShape } from './summary-risks.ts';
import { name, showing, stepsWords } from './summary-words.ts';

/** What may be regretted most comes first. */
const TITLES: Readonly<Record<KeyKind, string>> = {
  'for-good': 'Versions deleted for good',
  overwritten: 'Newer data covered',
  deleted: 'Deleted again, with a delete marker',
  copied: 'Brought back by a copy',
  revived: 'Brought back by removing delete markers',
};

const KINDS: readonly KeyKind[] = ['for-good', 'overwritten', 'deleted', 'copied', 'revived'];

/** The first keys of the plan, those of a kind in a fold each; at most `most` of each. */
export function samplesOf(
  { report, highlights }: RunResult,
  request: Request,
  most: number,
  shape: PlanShape | undefined,
): string[] {
  const destination = destinationOf(request);
  const buckets = request.scope.bucket === undefined;
  const columns = [...(buckets ? ['Bucket'] : []), 'Key', 'Before', 'Back to', 'Plan'].map((title) => ({ title }));
  const row = (line: PlannedKey) => [
    ...(buckets ? [name(line.bucket)] : []),
    name(line.key),
    line.from === null ? 'nothing' : line.from.deleteMarker ? 'deleted' : name(line.from.versionId, 15),
    line.to.versionId === null ? 'deleted' : name(line.to.versionId, 15),
    stepsWords(line, destination),
  ];
  return KINDS.flatMap((kind) => {
    const lines = highlights.samples.filter((line) => kindOf(line) === kind);
    const shown = lines.slice(0, most);
    if (shown.length === 0) return [];
    // Without its shape only the whole plan is counted.
    const of = shape?.kinds[kind];
    const cut = of === undefined ? showingOf(shown.length, report.totals.planned) : showing(shown.length, of);
    return [fold(`<b>${TITLES[kind]}</b>${cut}`, table(columns, shown.map(row)))];
  });
}

function showingOf(shown: number, planned: number): string {
  return shown >= planned ? '' : ` (some of ${count(planned, 'planned key')})`;
}
