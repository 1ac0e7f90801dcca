import { copyStep, sameObject } from '../../src/core/copy.ts';
import { type Decision, decide, type Method } from '../../src/core/decide.ts';
import { type PlannedKey, type Step, seenOf } from '../../src/core/plan.ts';
import type { Target } from '../../src/core/target.ts';
import * as model from './model.ts';
import { headOf, historyOf } from './model-port.ts';

/** The core's whole decision on a key of the model, a copy settled by what the model has. */
export function decideOn(
  bucket: model.Bucket,
  key: string,
  target: Target,
  method: Method,
): Exclude<Decision, { kind: 'copy' }> {
  const history = { key, entries: historyOf(bucket, key) };
  const decision = decide({ bucket: 'bucket', history, target, method, versioning: bucket.versioning });
  if (decision.kind !== 'copy') return decision;
  const { entries, wanted, source, destroysNull } = decision.copy;
  const [current] = entries;
  const [version] = wanted;
  if (version === undefined || current === undefined) throw new Error('a copy is of a version onto a key');
  const ours = head(bucket, key, version.versionId);
  if (!current.deleteMarker && sameObject(head(bucket, key, current.versionId), ours)) return { kind: 'unchanged' };
  if (destroysNull) return { kind: 'skip', reason: 'would-destroy-null-version' };
  const settled = copyStep(source, version, ours, source, {
    preserve: { objectLock: false, annotations: false },
    now: 0,
  });
  if (!('step' in settled)) throw new Error('every version of the model can be copied');
  const to = { versionId: version.versionId };
  return { kind: 'change', line: { ...source, from: seenOf(current), to, steps: [settled.step] } };
}

function head(bucket: model.Bucket, key: string, versionId: string) {
  const object = model.entriesOf(bucket, key).find((e) => e.versionId === versionId)?.object;
  if (object === undefined) throw new Error(`the core asked for ${versionId}, which is no version of the key`);
  return headOf(object, versionId);
}

/** Carry out one step, without any guard. Returns the entry that it removed for good, if it did. */
export function applyStep(bucket: model.Bucket, key: string, step: Step, at: number): model.StoredEntry | undefined {
  switch (step.do) {
    case 'copy-version':
      model.copyVersion(bucket, key, step.versionId, at);
      return undefined;
    case 'add-delete-marker':
      model.addMarker(bucket, key, at);
      return undefined;
    default:
      return model.remove(bucket, key, step.versionId);
  }
}

/**
 * The requests that a line's steps may go out in, one after the other; inside a request any order is possible.
 * - Of several deletions the current entry's is last, so that readers see one change.
 * - Where the deletion must lie in a window, the oldest marker is last: it is the one that tells when the deletion
 *   was, and a run that was broken off must find it again.
 */
export function batchesOf({ from, steps }: PlannedKey, target: Target): Step[][] {
  const isCurrent = (step: Step) => 'versionId' in step && step.versionId === from?.versionId;
  const inTwo = (isLast: (step: Step) => boolean) =>
    [steps.filter((s) => !isLast(s)), steps.filter(isLast)].filter((batch) => batch.length > 0);

  if (steps.some((s) => s.do === 'delete-version')) return inTwo(isCurrent);
  const window = target.kind === 'undelete' && (target.after ?? target.before) !== undefined;
  if (window) return inTwo((s) => s === steps.at(-1));
  return [[...steps]];
}

/**
 * The one case in which a removal that was broken off cannot be found again by the same time: an entry to be removed is
 * stamped at or before that time (a multipart upload, a lifecycle marker) and counts as younger only by the entry
 * below it, which is to be removed too. Once that one is gone the stamp counts. See unit/core/decide.test.ts.
 */
export function leansOnARemovedEntry(bucket: model.Bucket, { key, steps }: PlannedKey, target: Target): boolean {
  if (target.kind !== 'time' || steps.length < 2) return false;
  const removed = new Set(steps.map((s) => ('versionId' in s ? s.versionId : '')));
  return model.entriesOf(bucket, key).some((e) => removed.has(e.versionId) && e.lastModified <= target.at);
}
