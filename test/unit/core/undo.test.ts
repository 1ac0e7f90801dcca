import { describe, expect, it } from 'vitest';
import type { Versioning } from '../../../src/core/decide.ts';
import type { Entry } from '../../../src/core/history.ts';
import type { JournalIntent, JournalResult } from '../../../src/core/journal.ts';
import { type JournalStep, type KeyRun, type Undoing, undoKey } from '../../../src/core/undo.ts';

/** What becomes of one key when a run is taken back. Histories are told newest first: `v3 v2 m1`. */

/** When the run went on. */
const WINDOW = { from: 1000, to: 2000 };

function runOf(steps: readonly JournalStep[], versioning: Versioning = 'Enabled'): KeyRun {
  return { bucket: 'b', versioning, steps, window: WINDOW };
}

/**
 * `v…`: a version of its own content, `m…`: a marker, `null`/`nullm`: without an id. `v3=v1`: of the same size and ETag as v1.
 * `m3!`: after the run, `v1-`: before it; all else while it went on.
 */
function entry(token: string): Entry {
  const lastModified = token.endsWith('!') ? 3000 : token.endsWith('-') ? 500 : 1500;
  const [id = '', like = id] = token.replace(/[-!]$/, '').split('=');
  const deleteMarker = id.startsWith('m') || id === 'nullm';
  const versionId = id.startsWith('null') ? 'null' : id;
  const base = { versionId, deleteMarker, lastModified, isLatest: false };
  return deleteMarker ? base : { ...base, etag: `etag-${like}`, size: like.length === 2 ? Number(like[1]) : 99 };
}

const entries = (text: string): Entry[] => (text === '' ? [] : text.split(' ').map(entry));
const seen = (token: string | null) => {
  if (token === null) return null;
  const { versionId, deleteMarker } = entry(token);
  return { versionId, deleteMarker };
};

type Result = Omit<JournalResult, 'result'> | undefined;
const DONE: Result = { status: 'done' };
const OPEN: Result = undefined;
const done = (versionId: string): Result => ({ status: 'done', versionId });
const failed = (code: string): Result => ({ status: 'failed', code });
const unsure = (code: string): Result => ({ status: 'failed', code, unsure: true });

let counted = 0;
function step(what: Omit<JournalIntent, 'intent' | 'bucket' | 'key'>, result: Result): JournalStep {
  const number = ++counted;
  return {
    intent: { intent: number, bucket: 'b', key: 'k', ...what },
    ...(result !== undefined && { result: { result: number, ...result } }),
  };
}
const copy = (versionId: string, from: string | null, result: Result): JournalStep =>
  step({ do: 'copy-version', versionId, from: seen(from), to: { versionId } }, result);
const mark = (from: string, result: Result): JournalStep =>
  step({ do: 'add-delete-marker', from: seen(from), to: { versionId: null } }, result);
const unmark = (versionId: string, from: string, to: string, result: Result): JournalStep =>
  step({ do: 'remove-delete-marker', versionId, from: seen(from), to: { versionId: to } }, result);
const unmarkOnly = (versionId: string, result: Result): JournalStep =>
  step({ do: 'remove-delete-marker', versionId, from: seen(versionId) }, result);
const destroy = (versionId: string, from: string, to: string | null, result: Result): JournalStep =>
  step({ do: 'delete-version', versionId, from: seen(from), to: { versionId: to } }, result);

/** In short: `- v3` removes, `+ marker` adds, then to what; or the outcome. */
function told(undoing: Undoing): string {
  switch (undoing.kind) {
    case 'change': {
      const { steps, to } = undoing.line;
      const words = steps.map((s) => ('versionId' in s ? `- ${s.versionId}` : '+ marker')).join(' ');
      const looked = undoing.presumed?.map(
        ({ versionId, copyOf }) => `${versionId}=${copyOf.map((c) => c.versionId).join('|')}`,
      );
      return `${words} → ${to.versionId}${looked === undefined ? '' : ` if ${looked.join(' ')}`}`;
    }
    case 'conflict':
      return `conflict: ${undoing.found}`;
    case 'skipped':
      return `skipped: ${undoing.reason}`;
    case 'failed':
      return `failed: ${undoing.failure.code}`;
    default:
      return undoing.kind;
  }
}

const SINCE = 'conflict: the key was written after the run that is to be taken back';
const DELETED_SINCE = 'conflict: the key was deleted after the run that is to be taken back';
const BELOW = 'conflict: under what the run wrote lies a write of somebody else';
const GONE = 'conflict: what was current before the run is not there any more';

type Case = readonly [what: string, now: string, steps: readonly JournalStep[], then: string];

describe('markers were removed', () => {
  it.each<Case>([
    ['a new one goes on top', 'v1', [unmark('m2', 'm2', 'v1', DONE)], '+ marker → null'],
    [
      'of several one is enough',
      'v1',
      [unmark('m3', 'm3', 'v1', DONE), unmark('m2', 'm3', 'v1', DONE)],
      '+ marker → null',
    ],
    ['somebody else had removed it', 'v1', [unmark('m2', 'm2', 'v1', { status: 'gone' })], 'unchanged'],
    [
      'it was gone when it was asked again, or the server does not say',
      'v1',
      [unmark('m2', 'm2', 'v1', { status: 'gone', unsure: true })],
      '+ marker → null',
    ],
    [
      'refused at the second try, the first may have landed',
      'v1',
      [unmark('m2', 'm2', 'v1', unsure('AccessDenied'))],
      '+ marker → null',
    ],
    ['where to is not told: what is older than the run', 'v1-', [unmarkOnly('m2', DONE)], '+ marker → null'],
    ['where to is not told: what may be a later write', 'v9! v1-', [unmarkOnly('m2', DONE)], SINCE],
    [
      'one is left: readers still see nothing',
      'm2 v1',
      [unmark('m3', 'm3', 'v1', DONE), unmark('m2', 'm3', 'v1', failed('AccessDenied'))],
      'unchanged',
    ],
    ['taken back before', 'm9 v1', [unmark('m2', 'm2', 'v1', DONE)], 'unchanged'],
    ['the key is gone', '', [unmark('m2', 'm2', 'v1', DONE)], 'unchanged'],
    ['written since', 'v9 v1', [unmark('m2', 'm2', 'v1', DONE)], SINCE],
    ['the answer never came, and it is gone', 'v1', [unmark('m2', 'm2', 'v1', OPEN)], '+ marker → null'],
    ['the answer never came, and it is there', 'm2 v1', [unmark('m2', 'm2', 'v1', OPEN)], 'unchanged'],
    ['the answer never came, and it is there under a write', 'v9 m2 v1', [unmark('m2', 'm2', 'v1', OPEN)], SINCE],
    ['all tries timed out, and it is gone', 'v1', [unmark('m2', 'm2', 'v1', unsure('Timeout'))], '+ marker → null'],
    [
      'refused: who removed it was somebody else',
      'v1',
      [unmark('m2', 'm2', 'v1', failed('AccessDenied'))],
      'unchanged',
    ],
    ['never sent', 'v1', [unmark('m2', 'm2', 'v1', { status: 'not-sent' })], 'unchanged'],
    ['below a current version, which readers saw then too', 'v2 v1', [unmark('m3', 'v2', 'v2', DONE)], 'unchanged'],
  ])('%s', (_, now, steps, then) => {
    expect(told(undoKey({ key: 'k', entries: entries(now) }, runOf(steps)))).toBe(then);
  });
});

describe('entries were put on top', () => {
  it.each<Case>([
    ['a copy goes by its id', 'v3=v1 v2 v1', [copy('v1', 'v2', done('v3'))], '- v3 → v2'],
    ['over a marker', 'v3=v1 m2 v1', [copy('v1', 'm2', done('v3'))], '- v3 → null'],
    ['where nothing was', 'v3=v1', [copy('v1', null, done('v3'))], '- v3 → null'],
    ['a marker goes by its id', 'm2 v1', [mark('v1', done('m2'))], '- m2 → v1'],
    [
      'of several the current one is last',
      'v5 v4 v3 v1',
      [copy('v1', 'v3', done('v4')), copy('v1', 'v3', done('v5'))],
      '- v4 - v5 → v3',
    ],
    ['taken back before', 'v2 v1', [copy('v1', 'v2', done('v3'))], 'unchanged'],
    ['taken back half way', 'v5 v3 v1', [copy('v1', 'v3', done('v4')), copy('v1', 'v3', done('v5'))], '- v5 → v3'],
    ['never sent', 'v2 v1', [copy('v1', 'v2', { status: 'not-sent' })], 'unchanged'],
    ['the guard held', 'v9 v2 v1', [copy('v1', 'v2', { status: 'conflict' })], 'unchanged'],
    ['refused', 'v9 v2 v1', [copy('v1', 'v2', failed('AccessDenied'))], 'unchanged'],
    ['written since', 'v9 v3=v1 v2 v1', [copy('v1', 'v2', done('v3'))], SINCE],
    ['written since, with the same content', 'v9=v1 v3=v1 v2 v1', [copy('v1', 'v2', done('v3'))], SINCE],
    ['deleted since', 'm9 v3=v1 v2 v1', [copy('v1', 'v2', done('v3'))], DELETED_SINCE],
    ['taken back, and written since', 'v9 v2 v1', [copy('v1', 'v2', done('v3'))], 'unchanged'],
    ['written in between, where guards are ignored', 'v3=v1 v9 v2 v1', [copy('v1', 'v2', done('v3'))], BELOW],
    ['deleted in between, where guards are ignored', 'm3 m9 v2', [mark('v2', done('m3'))], BELOW],
    ['between two of ours', 'v5 v9 v4 v3 v1', [copy('v1', 'v3', done('v4')), copy('v1', 'v3', done('v5'))], BELOW],
    ['what was current before is gone', 'v3=v1 v1', [copy('v1', 'v2', done('v3'))], GONE],
    ['what was current before is gone, and so is ours', 'v1', [copy('v1', 'v2', done('v3'))], 'unchanged'],
  ])('%s', (_, now, steps, then) => {
    expect(told(undoKey({ key: 'k', entries: entries(now) }, runOf(steps)))).toBe(then);
  });
});

describe('entries without a telling id go only if they are what was copied', () => {
  const elsewhere = (from: string | null, result: Result) =>
    step({ do: 'copy-version', versionId: 'v1', from: seen(from), source: { bucket: 'a', key: 'j' } }, result);
  it.each<Case>([
    ['the server tells no ids', 'v3=v1 v2 v1', [copy('v1', 'v2', DONE)], '- v3 → v2 if v3=v1'],
    ['the answer never came, and it is there', 'v3=v1 v2 v1', [copy('v1', 'v2', OPEN)], '- v3 → v2 if v3=v1'],
    ['the answer never came, and nothing is there', 'v2 v1', [copy('v1', 'v2', OPEN)], 'unchanged'],
    ['the answer never came, and something else is there', 'v9 v2 v1', [copy('v1', 'v2', OPEN)], SINCE],
    ['the answer never came, and the source is gone', 'v3=v1 v2', [copy('v1', 'v2', OPEN)], SINCE],
    ['all tries timed out', 'v3=v1 v2 v1', [copy('v1', 'v2', unsure('Timeout'))], '- v3 → v2 if v3=v1'],
    ['nobody could look', 'v3=v1 v2 v1', [copy('v1', 'v2', unsure('AccessDenied'))], '- v3 → v2 if v3=v1'],
    ['written on top of it', 'v9 v3=v1 v2 v1', [copy('v1', 'v2', DONE)], SINCE],
    ['written on top of it, with its content', 'v9=v1 v3=v1 v2 v1', [copy('v1', 'v2', DONE)], BELOW],
    [
      'of two, one has its id',
      'v5=v1 v4 v3 v1',
      [copy('v1', 'v3', done('v4')), copy('v1', 'v3', OPEN)],
      '- v4 - v5 → v3 if v5=v1|v1',
    ],
    [
      'a first try lies under the one that was answered',
      'v4=v1 v3=v1 v2 v1',
      [copy('v1', 'v2', done('v4'))],
      '- v3 - v4 → v2 if v3=v1',
    ],
    ['a marker', 'm3 v2', [mark('v2', OPEN)], '- m3 → v2'],
    ['a marker that came after the run', 'm3! v2', [mark('v2', OPEN)], DELETED_SINCE],
    ['a version that came after the run', 'v3=v1! v2 v1', [copy('v1', 'v2', OPEN)], SINCE],
    ['its id is known, whatever its time', 'v3=v1! v2 v1', [copy('v1', 'v2', done('v3'))], '- v3 → v2'],
    [
      'made, and then something was wrong with it',
      'v3 v2 v1',
      [copy('v1', 'v2', { status: 'failed', code: 'checksum-mismatch', unsure: true, versionId: 'v3' })],
      '- v3 → v2',
    ],
    ['two markers, one of them ours', 'm4 m3 v2', [mark('v2', OPEN)], BELOW],
    ['copied from elsewhere', 'v3', [elsewhere(null, OPEN)], '- v3 → null if v3=v1'],
  ])('%s', (_, now, steps, then) => {
    expect(told(undoKey({ key: 'k', entries: entries(now) }, runOf(steps)))).toBe(then);
  });
});

describe('in a suspended bucket', () => {
  it.each<Case>([
    [
      '`null` is no id: a copy goes only if it is what was copied',
      'null=v1 v2 v1',
      [copy('v1', 'v2', done('null'))],
      '- null → v2 if null=v1',
    ],
    ['`null` written by somebody since', 'null v2 v1', [copy('v1', 'v2', done('null'))], SINCE],
    ['a marker goes', 'nullm v1', [mark('v1', done('null'))], '- null → v1'],
    ['a marker that somebody put in its place later stays', 'nullm! v1', [mark('v1', done('null'))], DELETED_SINCE],
    [
      'the marker that the copy replaced cannot come back',
      'null=v1 v1',
      [copy('v1', 'nullm', done('null'))],
      'skipped: would-destroy-null-version',
    ],
    [
      'what was uncovered is there still',
      'null v1',
      [unmark('m2', 'm2', 'null', DONE)],
      'skipped: would-destroy-null-version',
    ],
    ['`null` was written again since: not what was uncovered', 'null! v1', [unmark('m2', 'm2', 'null', DONE)], SINCE],
    [
      'a marker that would destroy a version is not put back',
      'null v1',
      [unmark('m2', 'm2', 'null', DONE)],
      'skipped: would-destroy-null-version',
    ],
  ])('%s', (_, now, steps, then) => {
    expect(told(undoKey({ key: 'k', entries: entries(now) }, runOf(steps, 'Suspended')))).toBe(then);
  });
});

describe('versions that were deleted for good', () => {
  it.each<Case>([
    ['do not come back', 'v1', [destroy('v2', 'v2', 'v1', DONE)], 'failed: deleted-for-good'],
    [
      'nor with the markers above them',
      'v1',
      [destroy('v2', 'm3', 'v1', DONE), unmark('m3', 'm3', 'v1', DONE)],
      'failed: deleted-for-good',
    ],
    ['the answer never came, and it is gone', 'v1', [destroy('v2', 'v2', 'v1', OPEN)], 'failed: deleted-for-good'],
    ['the answer never came, and it is there', 'v2 v1', [destroy('v2', 'v2', 'v1', OPEN)], 'unchanged'],
    ['refused', 'v2 v1', [destroy('v2', 'v2', 'v1', failed('AccessDenied'))], 'unchanged'],
  ])('%s', (_, now, steps, then) => {
    expect(told(undoKey({ key: 'k', entries: entries(now) }, runOf(steps)))).toBe(then);
  });
});

describe('a server that does not tell the order', () => {
  const steps = [copy('v1', 'v2', done('v3'))];
  const decide = (one: string, other: string) =>
    told(undoKey({ key: 'k', entries: entries(one), otherOrder: entries(other) }, runOf(steps)));

  it('leaves a key alone where it matters', () => {
    expect(decide('v3=v1 v2 m9 v1', 'v3=v1 m9 v2 v1')).toBe('skipped: ambiguous-order');
  });

  it('and not where it does not', () => {
    expect(decide('v3=v1 v2 m9 v1', 'v3=v1 v2 v1 m9')).toBe('- v3 → v2');
  });
});
