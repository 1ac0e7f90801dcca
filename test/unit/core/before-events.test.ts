import { describe, expect, it } from 'vitest';
import { beforeEvents, type Judged, type KeyVerdict, whyLeft } from '../../../src/core/before-events.ts';
import type { BucketEvent, EventKind } from '../../../src/core/event.ts';
import type { Entry, KeyHistory } from '../../../src/core/history.ts';
import type { Rule } from '../../../src/core/policy.ts';
import { at, history, version } from './entries.ts';

/**
 * What a key was before its unwanted events. Histories read oldest first, a second apart (`@n`: at second n). Events are
 * named by the entry they made and what the policy says of them: `DM1+` is unwanted, `DM1-wanted` is left for that reason,
 * `DM1?` is too young to tell. Before the name `~` stands for a lifecycle rule's, `c:` for a copy's; `@n` is the time of the event.
 */

const MINUTE = 60;
const HOUR = 3600;

const RULE: Rule = {
  name: 'site',
  bucket: '*',
  keys: ['**'],
  exceptKeys: [],
  on: ['delete-marker', 'lifecycle-delete-marker', 'overwrite'],
  wantedBy: { principals: [], sourceIps: [] },
  holdOff: 0,
  action: 'restore',
};

function judgedOf(shorthand: string, entries: readonly Entry[] = [], rule = RULE): Judged[] {
  return shorthand
    .split(' ')
    .filter((word) => word !== '')
    .map((word, i): Judged => {
      const [, sort = '', name = '', seconds, mark = '', reason = ''] =
        /^(~|c:)?(\w+?)(?:@(-?\d+))?([+?-])(.*)$/.exec(word) ?? [];
      const isMarker = name.startsWith('DM');
      const versionId = name.includes('null') ? 'null' : name;
      const made = entries.find((e) => e.versionId === versionId && e.deleteMarker === isMarker);
      const kind: EventKind = !isMarker ? 'overwrite' : sort === '~' ? 'lifecycle-delete-marker' : 'delete-marker';
      const event: BucketEvent = {
        kind,
        name: kind,
        bucket: 'bucket',
        key: 'k',
        ...(versionId !== 'null' && { versionId }),
        sequencer: (i + 1).toString(16),
        at: seconds !== undefined ? at(Number(seconds)) : (made?.lastModified ?? at(0)),
        ...(sort === 'c:' && { copied: true as const }),
        who: {},
      };
      return { event, verdict: verdictOf(mark, reason, rule) };
    });
}

function verdictOf(mark: string, reason: string, rule: Rule): Judged['verdict'] {
  if (mark === '+') return { kind: 'act', rule, recount: false };
  if (mark === '?') return { kind: 'wait', rule, seconds: 30 };
  const known = (['wanted', 'own-change', 'no-rule', 'no-burst', 'report-only'] as const).find((one) => one === reason);
  if (known === undefined) throw new Error(`${reason} is no reason to leave an event`);
  return { kind: 'leave', reason: known };
}

/** Versions that have the content of another, `V3=V1`; `V3=V1!` has its ETag and another size. */
function withContent(entries: readonly Entry[], same: string): Entry[] {
  const pairs = new Map(same.split(' ').map((pair) => pair.split('=') as [string, string]));
  return entries.map((entry) => {
    const other = pairs.get(entry.versionId);
    if (other === undefined) return entry;
    return { ...entry, etag: `etag-${other.replace('!', '')}`, ...(other.endsWith('!') && { size: 4 }) };
  });
}

function inShort(verdict: KeyVerdict): string {
  if (verdict.kind === 'back') return `back to ${verdict.versionId}`;
  if (verdict.kind === 'wait') return `wait ${verdict.seconds}`;
  return verdict.kind === 'skip' ? verdict.reason : verdict.kind;
}

/** Long after all of it, and waited for, if not said otherwise. */
function found(of: KeyHistory, judged: readonly Judged[], { now = at(30 * 24 * HOUR), receives = 4 } = {}): KeyVerdict {
  return beforeEvents(of, judged, { now, receives });
}

function outcome(entries: string, events: string, more: { same?: string; rule?: Partial<Rule> } = {}): string {
  const there = withContent(history(entries), more.same ?? '');
  return inShort(found({ key: 'k', entries: there }, judgedOf(events, there, { ...RULE, ...more.rule })));
}

type Row = [what: string, entries: string, events: string, outcome: string];

describe.each<[string, Row[]]>([
  [
    'one deletion',
    [
      ['is undone', 'V1 DM1', 'DM1+', 'back to V1'],
      ['goes back to the newest version', 'V1 V2 DM1', 'DM1+', 'back to V2'],
      ['of a key that was deleted and written before', 'V1 DM1 V2 DM2', 'DM2+', 'back to V2'],
      ['told several times is one', 'V1 DM1', 'DM1+ DM1+ DM1+', 'back to V1'],
      ['by a lifecycle rule, where a rule asks for it', 'V1 DM1@0', '~DM1+', 'back to V1'],
      ['by a lifecycle rule, stamped hours before what it covers', 'V1@40000 DM1@0', '~DM1+', 'back to V1'],
      ['of a key that never was', 'DM1', 'DM1+', 'nothing-to-restore'],
      ['of a key whose versions are all gone', 'DM1 DM2', 'DM1+ DM2+', 'nothing-to-restore'],
      ['wanted', 'V1 DM1', 'DM1-wanted', 'wanted'],
      ['our own', 'V1 DM1', 'DM1-own-change', 'own-change'],
      ['only reported', 'V1 DM1', 'DM1-report-only', 'report-only'],
      ['of no burst', 'V1 DM1', 'DM1-no-burst', 'no-burst'],
      ['too young', 'V1 DM1', 'DM1?', 'held-off'],
    ],
  ],
  [
    'deletions on top of each other',
    [
      ['all of them named', 'V1 DM1 DM2 DM3', 'DM1+ DM2+ DM3+', 'back to V1'],
      ['named in another order', 'V1 DM1 DM2 DM3', 'DM3+ DM1+ DM2+', 'back to V1'],
      ['only the upper one named: the event of the lower is late', 'V1 DM1 DM2', 'DM2+', 'back to V1'],
      ['only the lower one named: the event of the upper is late', 'V1 DM1 DM2', 'DM1+', 'back to V1'],
      ['only the middle one named', 'V1 DM1 DM2 DM3', 'DM2+', 'back to V1'],
      ['the lower was wanted: it was gone before', 'V1 DM1 DM2', 'DM1-wanted DM2+', 'wanted'],
      ['the upper was wanted', 'V1 DM1 DM2', 'DM1+ DM2-wanted', 'wanted'],
      ['the middle one was wanted', 'V1 DM1 DM2 DM3', 'DM1+ DM2-wanted DM3+', 'wanted'],
      ['the upper is our own', 'V1 DM1 DM2', 'DM1+ DM2-own-change', 'own-change'],
      ['the upper is only to be reported', 'V1 DM1 DM2', 'DM1+ DM2-report-only', 'report-only'],
      ['no rule on the lower', 'V1 DM1 DM2', '~DM1-no-rule DM2+', 'no-rule'],
      ['the upper is too young to tell', 'V1 DM1 DM2', 'DM1+ DM2?', 'held-off'],
      ['the lower is too young to tell', 'V1 DM1 DM2', 'DM1? DM2+', 'held-off'],
      ['a wanted one is older than all that lies below', 'V1 DM1 V2 DM2', 'DM1-wanted DM2+', 'back to V2'],
      ['none named', 'V1 DM1 DM2', 'DM9+', 'superseded'],
    ],
  ],
  [
    'an unknown deletion below the unwanted one',
    [
      ['a minute before', `V1@1 DM1@2 DM2@${2 + MINUTE}`, 'DM2+', 'back to V1'],
      ['a minute and a second before', `V1@1 DM1@2 DM2@${3 + MINUTE}`, 'DM2+', 'unexplained'],
      ['an hour before', `V1 DM1 DM2@${HOUR}`, 'DM2+', 'unexplained'],
      ['an hour before, and others since', `V1 DM1 DM2@${HOUR - 60} DM3@${HOUR}`, 'DM3+', 'unexplained'],
      ['an hour before, but that one is unwanted too', `V1 DM1 DM2@${HOUR}`, 'DM1+ DM2+', 'back to V1'],
      ['between two unwanted ones', `V1 DM1 DM2@${HOUR} DM3@${2 * HOUR}`, 'DM1+ DM3+', 'unexplained'],
      // Its marker is stamped midnight, before what it covers.
      ['later than that of a lifecycle rule', `V1 DM1@40000 DM2@0`, '~DM2+', 'unexplained'],
      ['of another life of the key', `V1 DM1 V2@${HOUR} DM2@${HOUR}`, 'DM2+', 'back to V2'],
    ],
  ],
  [
    'an unknown deletion above the unwanted one: its event may be late, or dealt with',
    [
      ['a minute after', `V1@1 DM1@2 DM2@${2 + MINUTE}`, 'DM1+', 'back to V1'],
      ['a minute and a second after', `V1@1 DM1@2 DM2@${3 + MINUTE}`, 'DM1+', 'unexplained'],
      ['an hour after, and that one is unwanted too', `V1 DM1 DM2@${HOUR}`, 'DM1+ DM2+', 'back to V1'],
      ['an hour after, and that one is wanted', `V1 DM1 DM2@${HOUR}`, 'DM1+ DM2-wanted', 'wanted'],
    ],
  ],
  [
    'what came after the unwanted deletion stays',
    [
      ['it was written again', 'V1 DM1 V2', 'DM1+', 'superseded'],
      ['it was written again, and that was told', 'V1 DM1 V2', 'DM1+ V2-wanted', 'superseded'],
      ['it was written and deleted again, unknown by whom', 'V1 DM1 V2 DM2', 'DM1+', 'superseded'],
      ['it was written and deleted again, as wanted', 'V1 DM1 V2 DM2', 'DM1+ DM2-wanted', 'superseded'],
      ['it was written and deleted again, just now', 'V1 DM1 V2 DM2', 'DM1+ DM2?', 'held-off'],
      ['it was written again, just now', 'V1 DM1 V2', 'DM1+ V2?', 'held-off'],
    ],
  ],
  [
    'the unwanted deletion is undone already',
    [
      ['its marker is gone', 'V1', 'DM1+', 'unchanged'],
      ['all its markers are gone', 'V1 V2', 'DM1+ DM2+', 'unchanged'],
      ['its marker is gone, and the key was written since', 'V1 V2', 'DM1+', 'unchanged'],
      ['one of two markers is gone', 'V1 DM2', 'DM1+ DM2+', 'back to V1'],
      ['one is gone, the other covered by a write', 'V1 DM2 V2', 'DM1+ DM2+', 'superseded'],
      ['its marker is gone, and there is an unknown one', 'V1 DM2', 'DM1+', 'superseded'],
      ['its marker is gone, and there is a wanted one', 'V1 DM2', 'DM1+ DM2-wanted', 'superseded'],
      ['its marker is gone, and there is a young one', 'V1 DM2', 'DM1+ DM2?', 'held-off'],
      ['the key is gone for good', '', 'DM1+', 'nothing-to-restore'],
    ],
  ],
  [
    'a suspended bucket: a marker is called `null`, and the next one too',
    [
      ['the marker of this event', 'V1 DMnull', 'DMnull+', 'back to V1'],
      ['its stamp is of the same minute', 'V1 DMnull@100', 'DMnull@160+', 'back to V1'],
      ['its stamp is a minute later, for clocks differ', 'V1 DMnull@100', 'DMnull@40+', 'back to V1'],
      ['another null marker since', 'V1 DMnull@100', 'DMnull@39+', 'superseded'],
      ['another null marker before', 'V1 DMnull@100', 'DMnull@161+', 'superseded'],
      ['another null marker since, which is unwanted too', 'V1 DMnull@100', 'DMnull@39+ DMnull@100+', 'back to V1'],
      ['another null marker since, which is wanted', 'V1 DMnull@100', 'DMnull@39+ DMnull@100-wanted', 'superseded'],
      ['two in the same minute, the later one wanted', 'V1 DMnull@10', 'DMnull@9+ DMnull@10-wanted', 'wanted'],
      ['a wanted one of another time does not count', 'V1 DMnull@100', 'DMnull@10-wanted DMnull@100+', 'back to V1'],
      ['a version is called null now', 'V1 Vnull', 'DMnull+', 'unchanged'],
      ['a version is called null, under another marker', 'Vnull DM1', 'DMnull+', 'superseded'],
      ['the version that was called null is destroyed', 'DMnull', 'DMnull+', 'nothing-to-restore'],
      ['on a marker of the time before', 'V1 DM1 DMnull', 'DM1+ DMnull+', 'back to V1'],
      // Its stamp says nothing about its time.
      ['by a lifecycle rule', 'V1 DMnull@0', '~DMnull@40000+', 'back to V1'],
    ],
  ],
  [
    'an overwrite',
    [
      ['is undone', 'V1 V2', 'V2+', 'back to V1'],
      ['goes back behind two in a row', 'V1 V2 V3', 'V2+ V3+', 'back to V1'],
      ['of which only the newer is unwanted', 'V1 V2 V3', 'V2-wanted V3+', 'back to V2'],
      ['of which only the newer is known', 'V1 V2 V3', 'V3+', 'back to V2'],
      ['wanted', 'V1 V2', 'V2-wanted', 'wanted'],
      ['too young', 'V1 V2', 'V2?', 'held-off'],
      ['with a young one on top', 'V1 V2 V3', 'V2+ V3?', 'held-off'],
      ['that is not current any more', 'V1 V2 V3', 'V2+', 'superseded'],
      ['that is not current any more, for a wanted write', 'V1 V2 V3', 'V2+ V3-wanted', 'superseded'],
      ['that was removed for good', 'V1', 'V2+', 'superseded'],
      ['of a key that is gone', '', 'V1+', 'nothing-to-restore'],
      ['that is the creation of the key', 'V1', 'V1+', 'not-an-overwrite'],
      ['that is the creation after a deletion', 'V1 DM1 V2', 'V2+', 'not-an-overwrite'],
      ['that is the creation after a wanted deletion', 'V1 DM1 V2', 'DM1-wanted V2+', 'not-an-overwrite'],
      ['on top of the creation, both unwanted', 'V1 V2', 'V1+ V2+', 'back to V1'],
      ['on top of the creation after a deletion, both unwanted', 'V1 DM1 V2 V3', 'V2+ V3+', 'back to V2'],
      ['after an unwanted deletion: back behind both', 'V1 DM1 V2', 'DM1+ V2+', 'back to V1'],
      ['of a null version, which destroyed what it replaced', 'V1 Vnull', 'Vnull+', 'back to V1'],
    ],
  ],
  [
    'an overwrite, then a deletion',
    [
      ['both unwanted', 'V1 V2 DM1', 'V2+ DM1+', 'back to V1'],
      ['two overwrites and two deletions, all unwanted', 'V1 V2 V3 DM1 DM2', 'V2+ V3+ DM1+ DM2+', 'back to V1'],
      ['the deletion unwanted, the overwrite wanted', 'V1 V2 DM1', 'V2-wanted DM1+', 'back to V2'],
      ['the deletion unwanted, the overwrite unknown', 'V1 V2 DM1', 'DM1+', 'back to V2'],
      ['the deletion wanted, the overwrite unwanted', 'V1 V2 DM1', 'V2+ DM1-wanted', 'superseded'],
      ['the deletion unknown, the overwrite unwanted', 'V1 V2 DM1', 'V2+', 'superseded'],
      ['of what was only created, both unwanted', 'V1 DM1', 'V1+ DM1+', 'back to V1'],
      ['of what was created after a wanted deletion', 'V1 DM1 V2 DM2', 'DM1-wanted V2+ DM2+', 'back to V2'],
      ['of what was created after an unwanted deletion', 'V1 DM1 V2 DM2', 'DM1+ V2+ DM2+', 'back to V1'],
    ],
  ],
])('%s', (_, rows) => {
  it.each(rows)('%s: %s, %s', (_what, entries, events, expected) => {
    expect(outcome(entries, events)).toBe(expected);
  });
});

describe('another deletion that no event names: the messages of the key come again until they meet', () => {
  const entries = history(`V1 DM1 DM2@${HOUR}`);
  const verdict = (event: string, rule: Partial<Rule>, moment: { now?: number; receives?: number }) =>
    inShort(found({ key: 'k', entries }, judgedOf(event, entries, { ...RULE, ...rule }), moment));

  it.each<[receives: number, outcome: string]>([
    [1, 'wait 60'],
    [3, 'wait 60'],
    [4, 'unexplained'],
    [Number.MAX_SAFE_INTEGER, 'unexplained'],
  ])('received %d times: %s', (receives, expected) => {
    expect(verdict('DM1+', {}, { receives })).toBe(expected);
    expect(verdict('DM2+', {}, { receives })).toBe(expected);
  });

  it.each<[after: number, outcome: string]>([
    [0, 'wait 7200'],
    [7199, 'wait 1'],
    [7200, 'unexplained'],
  ])('%d seconds old, under a hold-off of two hours: %s', (after, expected) => {
    expect(verdict('DM1+', { holdOff: 2 * HOUR * 1000 }, { now: at(HOUR + after) })).toBe(expected);
  });

  it('so does a write on top, which may be unwanted as well', () => {
    const written = history(`V1 V2 V3@${HOUR}`);
    const rule = { ...RULE, holdOff: 600_000 };
    const at10 = (seconds: number) =>
      inShort(found({ key: 'k', entries: written }, judgedOf('V2+', written, rule), { now: at(HOUR + seconds) }));
    expect([at10(0), at10(599), at10(600)]).toEqual(['wait 600', 'wait 1', 'superseded']);
  });
});

describe('of several markers the one that an event names goes last', () => {
  it.each<[entries: string, events: string, last: string | undefined]>([
    ['V1 DM1', 'DM1+', undefined],
    ['V1 DM1 DM2', 'DM2+', 'DM2'],
    ['V1 DM1 DM2', 'DM1+', 'DM1'],
    ['V1 DM1 DM2 DM3', 'DM2+ DM3+', 'DM2'],
  ])('%s, %s: %s', (entries, events, last) => {
    const there = history(entries);
    expect(found({ key: 'k', entries: there }, judgedOf(events, there))).toEqual({
      kind: 'back',
      versionId: 'V1',
      ...(last !== undefined && { last }),
    });
  });
});

describe('an event made an entry of its own kind only', () => {
  const named = (versionId: string, kind: EventKind, entries: readonly Entry[]) => {
    const [one] = judgedOf('DM1+', entries);
    if (one === undefined) throw new Error('there is one');
    return inShort(found({ key: 'k', entries }, [{ ...one, event: { ...one.event, kind, versionId } }]));
  };

  it('a deletion that bears the id of a version does not make that unwanted', () => {
    expect(named('V2', 'delete-marker', history('V1 V2'))).toBe('unchanged');
    expect(named('V2', 'overwrite', history('V1 V2'))).toBe('back to V1');
  });

  it('a write that bears the id of a marker does not make that unwanted', () => {
    expect(named('DM1', 'overwrite', history('V1 DM1'))).toBe('superseded');
    expect(named('DM1', 'delete-marker', history('V1 DM1'))).toBe('back to V1');
  });
});

describe('a copy that brings back older content has put the key back, whoever made it', () => {
  it.each<[what: string, entries: string, same: string, events: string, outcome: string]>([
    ['our own, not known as such', 'V1 V2 V3', 'V3=V1', 'V2+ c:V3+', 'restored-by-copy'],
    ['its event alone', 'V1 V2 V3', 'V3=V1', 'c:V3+', 'restored-by-copy'],
    ['of what was there long before', 'V1 V2 V3 V4', 'V4=V1', 'c:V4+', 'restored-by-copy'],
    ['with the event of the overwrite that it undid', 'V1 V2 V3', 'V3=V1', 'V2+', 'superseded'],
    ['overwritten again', 'V1 V2 V3 V4', 'V3=V1', 'V2+ c:V3+ V4+', 'back to V3'],
    ['deleted since', 'V1 V2 V3 DM1', 'V3=V1', 'V2+ c:V3+ DM1+', 'back to V3'],
    ['of new content is an overwrite', 'V1 V2 V3', '', 'c:V3+', 'back to V2'],
    ['of the same content as just below brings nothing back', 'V1 V2 V3', 'V3=V2', 'c:V3+', 'back to V2'],
    ['of the same ETag and another size is another content', 'V1 V2 V3', 'V3=V1!', 'c:V3+', 'back to V2'],
    ['is only a copy: a plain write of old content is an overwrite', 'V1 V2 V3', 'V3=V1', 'V3+', 'back to V2'],
    ['of what lies below and just below', 'V1 V2 V3', 'V2=V1 V3=V1', 'c:V3+', 'restored-by-copy'],
  ])('%s: %s with %s, %s', (_, entries, same, events, expected) => {
    expect(outcome(entries, events, { same })).toBe(expected);
  });

  it('a copy without a known ETag is not known to bring anything back', () => {
    const bare = (id: string, seconds: number): Entry => {
      const { etag: _, ...rest } = version(id, seconds);
      return rest;
    };
    const entries = [bare('V3', 3), bare('V2', 2), bare('V1', 1)];
    expect(inShort(found({ key: 'k', entries }, judgedOf('c:V3+', entries)))).toBe('back to V2');
  });
});

describe('a fight: more unwanted events of the key than max-restores-per-key', () => {
  it.each<[max: number, entries: string, events: string, outcome: string]>([
    [1, 'V1 DM1', 'DM1+', 'back to V1'],
    [1, 'V1 DM1 DM2', 'DM1+ DM2+', 'deleted-again'],
    [2, 'V1 DM1 DM2', 'DM1+ DM2+', 'back to V1'],
    // Deletions that were undone before count: that is how a fight looks.
    [2, 'V1 DM3', 'DM1+ DM2+ DM3+', 'deleted-again'],
    [1, 'V1 DM2', 'DM1-wanted DM2+', 'back to V1'],
    [1, 'V1 V2', 'V1+ V2+', 'deleted-again'],
    // Where there is nothing to undo there is no fight.
    [1, 'V1', 'DM1+ DM2+', 'unchanged'],
    [1, 'V1 DM1 V2', 'DM1+ DM2+', 'superseded'],
    [1, 'DM1 DM2', 'DM1+ DM2+', 'nothing-to-restore'],
    [1, 'V1 DM1 DM2', 'DM1+ DM2-wanted', 'wanted'],
    [1, 'V1 DM1 DM2', 'DM1+ DM2?', 'held-off'],
    [1, 'V1', 'V0+ V1+', 'not-an-overwrite'],
  ])('at most %d: %s, %s', (maxRestoresPerKey, entries, events, expected) => {
    // Each of these events is another one, told by its sequencer; deliveries of one event are below.
    expect(outcome(entries, events, { rule: { maxRestoresPerKey } })).toBe(expected);
  });

  it('deliveries of the same event count once', () => {
    const entries = history('V1 DM1');
    const [one] = judgedOf('DM1+', entries, { ...RULE, maxRestoresPerKey: 1 });
    if (one === undefined) throw new Error('there is one');
    // Sequencers are numbers: the same one may be written in two ways.
    const again = { ...one, event: { ...one.event, sequencer: '0001' } };
    expect(inShort(found({ key: 'k', entries }, [one, one, again]))).toBe('back to V1');
  });

  it('of two rules the stricter one counts', () => {
    const entries = history('V1 DM1 DM2');
    const judged = [
      ...judgedOf('DM1+', entries, { ...RULE, maxRestoresPerKey: 9 }),
      ...judgedOf('DM9+ DM2+', entries, { ...RULE, maxRestoresPerKey: 1 }).slice(1),
    ];
    expect(inShort(found({ key: 'k', entries }, judged))).toBe('deleted-again');
  });

  it('without the limit there is none', () => {
    const ids = Array.from({ length: 50 }, (_, i) => `DM${i + 1}`);
    expect(outcome(`V1 ${ids.join(' ')}`, ids.map((id) => `${id}+`).join(' '))).toBe('back to V1');
  });
});

describe('a server that leaves two orders possible', () => {
  const either = (one: string, other: string, events: string) => {
    const entries = history(one);
    const otherOrder = history(other);
    return inShort(found({ key: 'k', entries, otherOrder }, judgedOf(events, entries)));
  };

  it.each<[one: string, other: string, events: string, outcome: string]>([
    ['V1@1 DM1@1', 'DM1@1 V1@1', 'DM1+', 'ambiguous-order'],
    ['V1@1 DM1@2 DM2@2', 'V1@1 DM2@2 DM1@2', 'DM1+ DM2+', 'back to V1'],
    ['V1@1 V2@1 DM1@2', 'V2@1 V1@1 DM1@2', 'DM1+', 'ambiguous-order'],
    ['V1@1 DM1@2', 'V1@1 DM1@2', 'DM1+', 'back to V1'],
    ['V1@1 DM1@1', 'DM1@1 V1@1', 'DM1-wanted', 'wanted'],
  ])('%s or %s, %s', (one, other, events, expected) => {
    expect(either(one, other, events)).toBe(expected);
  });
});

describe('why the history of a key is not even asked for', () => {
  it.each<[events: string, reason: string | undefined]>([
    ['DM1+', undefined],
    ['DM1-wanted DM2+', undefined],
    ['DM1+ DM2-wanted', undefined],
    ['DM1+ DM2?', undefined],
    ['DM1-wanted', 'wanted'],
    ['DM1?', 'held-off'],
    // Of several the newest tells.
    ['DM1-wanted DM2-no-burst', 'no-burst'],
    ['DM1? DM2-report-only', 'report-only'],
    ['DM1-no-rule DM2?', 'held-off'],
  ])('%s: %s', (events, reason) => {
    const judged = judgedOf(events);
    expect(whyLeft(judged)).toBe(reason);
    // Whatever order they came in.
    expect(whyLeft(judged.toReversed())).toBe(reason);
    if (reason !== undefined) expect(inShort(found({ key: 'k', entries: history('V1') }, judged))).toBe(reason);
  });
});
