import type { Request } from '../core/request.ts';
import type { EntryFound, HistoryFound, IncidentFound } from '../core/timeline-found.ts';
import { paragraph, section } from './html.ts';
import { stepToPaste } from './summary-step.ts';

/** What to do about an incident, ready to paste: steps that take it back, as dry runs, the gentlest first. */

/** '' where there is nothing to take back. */
export function takeBack({ incident, timeline, suggestedTime }: HistoryFound, request: Request): string {
  if (timeline !== undefined) return oneBack(timeline, suggestedTime, request);
  return incident === undefined || suggestedTime === undefined ? '' : incidentBack(incident, suggestedTime, request);
}

function incidentBack(
  { began, ended, deleted, overwritten }: IncidentFound,
  suggestedTime: string,
  request: Request,
): string {
  const rest =
    overwritten > 0 ? 'what was overwritten, and everything else, stays as it is' : 'nothing else is touched';
  const undelete = [
    paragraph(`Bring back what was deleted then; ${rest}:`),
    stepToPaste(request, 'undelete', [`deleted-after: ${began}`, `deleted-before: ${ended}`]),
  ];
  return section(
    'To take it back',
    ...(deleted > 0 ? undelete : []),
    ...rollback(deleted > 0, suggestedTime, request),
    paragraph(DRY),
  );
}

/** A key that is deleted comes back; of one that is live, perhaps the newest version is the wrong one. */
function oneBack(timeline: readonly EntryFound[], suggestedTime: string | undefined, request: Request): string {
  if (timeline[0]?.deleteMarker === false) {
    if (timeline.length < 2) return '';
    return section(
      'To take the newest version back',
      paragraph('The key is live, so no time is suggested. If its newest version is the wrong one:'),
      stepToPaste(request, 'rollback', ['versions-back: 1']),
    );
  }
  if (deletionOf(timeline) === undefined) return '';
  return section(
    'To take it back',
    paragraph('Bring back what was deleted; nothing else is touched:'),
    stepToPaste(request, 'undelete', []),
    ...(suggestedTime === undefined ? [paragraph(SAME_SECOND)] : rollback(true, suggestedTime, request)),
    paragraph(DRY),
  );
}

/** What made the key deleted, of one that still is and can come back. */
export function deletionOf(timeline: readonly EntryFound[]): EntryFound | undefined {
  return timeline[0]?.deleteMarker === true ? timeline.find(({ deed }) => deed === 'deleted') : undefined;
}

function rollback(isSecond: boolean, suggestedTime: string, request: Request): string[] {
  return [
    paragraph(
      `${isSecond ? 'Or go' : 'Go'} back to the last second before it, with everything in scope; writes that came after are covered, too:`,
    ),
    stepToPaste(request, 'rollback', [`to-time: ${suggestedTime}`]),
  ];
}

const DRY = 'As they stand these only plan: leave out <code>dry-run</code> when the plan is right.';

const SAME_SECOND =
  'No time is suggested: the key was deleted in the very second in which it was written, so there is no whole second before it in which it was there.';
