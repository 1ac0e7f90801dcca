import type { CopyStep, PlannedKey } from '../core/plan.ts';
import type { Destination } from '../core/request.ts';
import type { SkipReason } from '../core/target.ts';
import { forMarkdown, shorten } from '../core/text.ts';
import { formatTime } from '../core/time.ts';
import { count, grouped } from './format.ts';

/** The words of the summary. All of it is HTML that GitHub may show: names went through `forMarkdown`. */

export const SKIP_WORDS: Readonly<Record<SkipReason, string>> = {
  'nothing-to-restore': 'No version is left underneath the delete markers: there is nothing to bring back.',
  'outside-window': 'Deleted outside the window of deleted-after and deleted-before.',
  'not-a-current-delete-marker': 'The row names an entry that is not one of the delete markers on top of the key now.',
  'not-enough-versions': 'The key does not have that many versions.',
  'nothing-to-copy': 'The key was deleted then, or not there: there is no version to copy or to fetch.',
  'ambiguous-order': 'The server does not tell which of two entries is newer, and here it matters.',
  'would-destroy-null-version':
    'Versioning is suspended, and a write here would destroy the version whose id is <code>null</code>. Turn versioning on first.',
  archived: 'A version that is needed is in an archive, and has to be restored from it first.',
  'restore-requested': 'Requested from the archive now. Run the same step again when it can be read.',
  'restore-in-progress': 'Requested from the archive before, and not there yet. Run the same step again later.',
  'customer-encryption-key': 'A version that is needed is encrypted with a key that only its owner has (SSE-C).',
  'not-attempted': 'The run ended before it was the turn of these keys.',
  'no-rule': 'No rule of the policy matches: left alone.',
  wanted: 'Deleted, or written, by somebody whom the rule lists under wanted-by.',
  'own-change': 'Deleted, or written, by the identity that this run has itself.',
  'no-burst': 'The rule acts on bursts only (only-if), and this was none.',
  'held-off': 'Younger than hold-off: the next run looks at it again.',
  'report-only': 'The rule says <code>then: report</code>: somebody has to look.',
  'deleted-again':
    'Deleted, or overwritten, more often in this run’s events than max-restores-per-key: somebody wants it so. Find out who before you restore it.',
  superseded: 'The key was written or deleted again since: the event tells of what is covered now.',
  unexplained:
    'Another deletion of the key lies with this one, and no event tells who made it. It was waited for in several runs. Look who did it, and decide.',
  'not-an-overwrite': 'Nothing was overwritten: there was no such key, or it was deleted.',
  'restored-by-copy': 'The copy brought back what the key was before: somebody restored it.',
};

/** A name as it stands in a table: whole keys are up to a kilobyte. */
export function name(text: string, max = 120): string {
  return forMarkdown(shorten(text, max));
}

/** A point in time (ms), in UTC. */
export function time(at: number): string {
  return formatTime(at).replace('T', ' ').replace('Z', ' UTC');
}

/** `showing 20 of 2,500`; nothing when all are shown. */
export function showing(shown: number, of: number): string {
  return shown >= of ? '' : ` (showing ${grouped(shown)} of ${grouped(of)})`;
}

/** What a plan does to one key, in a few words. */
export function stepsWords(line: PlannedKey, destination?: Destination): string {
  const removed = line.steps.filter((step) => step.do === 'remove-delete-marker').length;
  const deleted = line.steps.filter((step) => step.do === 'delete-version').length;
  const added = line.steps.filter((step) => step.do === 'add-delete-marker').length;
  const copies = line.steps.filter((step): step is CopyStep => step.do === 'copy-version');
  const where = destination === undefined ? 'on top' : `to ${placeWords(line, destination)}`;
  return [
    ...(deleted > 0 ? [`delete ${count(deleted, 'newer version')} for good`] : []),
    ...(removed > 0 ? [removed === 1 ? 'remove the delete marker' : `remove ${grouped(removed)} delete markers`] : []),
    ...(copies.length > 0 ? [copyWords(copies, added, where)] : []),
    ...(copies.length === 0 && added > 0
      ? [destination === undefined ? 'add a delete marker' : `add a delete marker ${where}`]
      : []),
  ].join(', ');
}

function copyWords(copies: readonly CopyStep[], markers: number, where: string): string {
  const parts = copies.some((copy) => copy.multipart !== undefined) ? ', in parts' : '';
  if (copies.length + markers === 1) return `copy ${where === 'on top' ? 'that version ' : ''}${where}${parts}`;
  const and = markers === 0 ? '' : ` and ${count(markers, 'delete marker')}`;
  return `copy ${count(copies.length, 'version')}${and} ${where}, oldest first${parts}`;
}

/** Where the copies of a key go: only what is different there. */
function placeWords({ bucket, key }: PlannedKey, destination: Destination): string {
  if (destination.bucket === undefined) return name(key);
  return destination.prefix === '' ? name(bucket) : `${name(key)} in ${name(bucket)}`;
}
