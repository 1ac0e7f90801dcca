import type { ChangeRequest, Request } from './request.ts';
import { formatTime } from './time.ts';

/**
 * How to finish a run that was cut off. Running it again converges where the target stands still: `15m ago` is another
 * time when it is said later, and one version back is another version once a version was put on top.
 */
export function againWords(request: ChangeRequest | Request): string {
  const { target } = request;
  const finish = 'what is done is left alone, the rest is finished.';
  switch (target.kind) {
    case 'undelete': {
      const window = [
        ...(target.after === undefined ? [] : [`deleted-after: ${formatTime(target.after)}`]),
        ...(target.before === undefined ? [] : [`deleted-before: ${formatTime(target.before)}`]),
      ];
      const fixed = window.length === 0 ? '' : ` with ${window.join(' and ')}`;
      return `Run the same step again${fixed}: ${finish}`;
    }
    case 'version':
    case 'rows':
      return `Run the same step again: ${finish}`;
    case 'as-planned':
      return `Run the same step again: ${finish}`;
    case 'before-run':
    case 'none':
      return `Run the same step again: ${finish}`;
    case 'before-events':
      return 'Messages that were not acknowledged come again: the next run finishes them, and leaves what is done alone.';
    case 'time':
      return `Run the same step again with to-time: ${formatTime(target.at)}: ${finish}`;
    case 'versions-back':
      return canRepeat(request)
        ? `Run the same step again: ${finish}`
        : 'Do not run the same step again: versions-back counts from what is there now, so keys that are done would go ' +
            'back further. Use to-time, or leave out the keys that the journal names.';
  }
}

/** Does the target stand still, so that a second run finds the same? Versions back count from what is there then. */
export function canRepeat(request: ChangeRequest | Request): boolean {
  const { target } = request;
  const movesWithUs = 'destination' in request ? request.destination === undefined : 'method' in request;
  return target.kind !== 'versions-back' || target.count === 0 || !movesWithUs;
}
