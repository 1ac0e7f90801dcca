import { describe, expect, it } from 'vitest';
import { type Decision, decide, type Method, type Versioning } from '../../../src/core/decide.ts';
import type { Target } from '../../../src/core/target.ts';
import { at, history } from './entries.ts';

/**
 * The truth table. Histories read oldest first, as they happened, a second apart; `null` entries were written while
 * versioning was off or suspended. Steps are short: `-DM1` removes a marker, `-V1` deletes a version for good,
 * `copy V1` copies it on top, `+DM` adds a marker.
 */
function outcome(entries: string, target: Target, method: Method = 'copy', versioning: Versioning = 'Enabled'): string {
  return inShort(
    decide({ bucket: 'bucket', history: { key: 'k', entries: history(entries) }, target, method, versioning }),
  );
}

const COPY_IN_PLACE = { bucket: 'bucket', method: 'copy', versioning: 'Enabled' } as const;

function inShort(decision: Decision): string {
  switch (decision.kind) {
    case 'unchanged':
      return 'unchanged';
    case 'skip':
      return `skip ${decision.reason}`;
    case 'version-not-found':
      return `${decision.isMarker ? 'marker' : 'no version'} ${decision.versionId}`;
    case 'key-not-found':
      return 'no key';
    case 'copy': {
      const { bucket, key, entries, wanted, destroysNull } = decision.copy;
      const where =
        bucket === 'bucket' && key === 'k' ? '' : ` to ${bucket}/${key} over ${entries[0]?.versionId ?? 'nothing'}`;
      return `copy ${wanted.map((e) => e.versionId).join(' ')}${where}${destroysNull ? ', destroys null' : ''}`;
    }
    case 'change': {
      const { steps, to } = decision.line;
      const words = steps.map((s) => (s.do === 'add-delete-marker' ? '+DM' : `-${s.versionId}`));
      return `${words.join(' ')} => ${to.versionId ?? 'nothing'}`;
    }
  }
}

const UNDELETE: Target = { kind: 'undelete' };
const to = (versionId: string): Target => ({ kind: 'version', versionId });
const time = (seconds: number): Target => ({ kind: 'time', at: at(seconds) });
const back = (count: number): Target => ({ kind: 'versions-back', count });

type Row = [history: string, target: Target, copy: string, destroy: string];
const both = (entries: string, target: Target, outcome: string): Row => [entries, target, outcome, outcome];

describe.each<[string, Row[]]>([
  [
    '1. the target is current: unchanged',
    [
      both('V1', UNDELETE, 'unchanged'),
      both('V1 DM1 V2', UNDELETE, 'unchanged'),
      both('V1 V2', to('V2'), 'unchanged'),
      both('V1 V2', time(2), 'unchanged'),
      both('V1 DM1', time(2), 'unchanged'),
      both('V1 V2', back(0), 'unchanged'),
    ],
  ],
  [
    '2. deleted now, and the target is deleted or absent: unchanged',
    [
      both('V1 DM1 DM2', time(2), 'unchanged'),
      both('V1 DM1 V2 DM2', time(2), 'unchanged'),
      both('V1 DM1', time(0), 'unchanged'),
      both('DM1', time(0), 'unchanged'),
      both('DM1 DM2', time(1), 'unchanged'),
    ],
  ],
  [
    '3. only markers lie above the target: they go, no data moves',
    [
      both('V1 DM1', UNDELETE, '-DM1 => V1'),
      both('V1 DM1 DM2 DM3', UNDELETE, '-DM3 -DM2 -DM1 => V1'),
      both('V1 DM1 V2 DM2', UNDELETE, '-DM2 => V2'),
      both('V1 DM1', to('V1'), '-DM1 => V1'),
      both('V1 DM1 DM2', time(1), '-DM2 -DM1 => V1'),
      both('V1 V2 DM1 DM2', back(0), '-DM2 -DM1 => V2'),
    ],
  ],
  [
    '4. / 6. the target is a version under another version',
    [
      ['V1 V2', to('V1'), 'copy V1', '-V2 => V1'],
      ['V1 V2 V3', to('V1'), 'copy V1', '-V2 -V3 => V1'],
      ['V1 V2', time(1), 'copy V1', '-V2 => V1'],
      ['V1 V2', back(1), 'copy V1', '-V2 => V1'],
      ['V1 DM1 V2', time(1), 'copy V1', '-DM1 -V2 => V1'],
      ['V1 V2 DM1', time(1), 'copy V1', '-V2 -DM1 => V1'],
      ['V1 DM1 V2 DM2', time(1), 'copy V1', '-V2 -DM1 -DM2 => V1'],
      ['V1 V2 DM1 DM2', back(1), 'copy V1', '-DM1 -V2 -DM2 => V1'],
      ['V1 DM1 V2 V3', back(2), 'copy V1', '-V2 -DM1 -V3 => V1'],
    ],
  ],
  [
    '5. / 6. the target is deleted or absent, and the key is live',
    [
      ['V1', time(0), '+DM => nothing', '-V1 => nothing'],
      ['V1 V2', time(0), '+DM => nothing', '-V1 -V2 => nothing'],
      ['V1 DM1 V2', time(2), '+DM => nothing', '-V2 => DM1'],
      ['V1 DM1 V2 V3', time(2), '+DM => nothing', '-V2 -V3 => DM1'],
      ['DM1 V1', time(0), '+DM => nothing', '-DM1 -V1 => nothing'],
    ],
  ],
  [
    'no such target',
    [
      both('DM1', UNDELETE, 'skip nothing-to-restore'),
      both('DM1', back(0), 'skip nothing-to-restore'),
      both('V1', back(1), 'skip not-enough-versions'),
      both('V1', to('V9'), 'no version V9'),
      both('V1 DM1@50', { ...UNDELETE, before: at(49) }, 'skip outside-window'),
    ],
  ],
])('%s', (_, rows) => {
  it.each(rows)('%s  %j', (entries, target, copy, destroy) => {
    expect(outcome(entries, target, 'copy')).toBe(copy);
    expect(outcome(entries, target, 'delete')).toBe(destroy);
  });
});

describe('what a line says', () => {
  it('names the current entry as the plan saw it', () => {
    const decision = decide({
      ...COPY_IN_PLACE,
      history: { key: 'k', entries: history('V1 DM1 V2') },
      target: time(2),
    });
    expect(decision).toEqual({
      kind: 'change',
      line: {
        bucket: 'bucket',
        key: 'k',
        from: { versionId: 'V2', deleteMarker: false, etag: 'etag-V2' },
        to: { versionId: null },
        steps: [{ do: 'add-delete-marker' }],
      },
    });
  });
});

describe('a suspended bucket: a write replaces the null entry', () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/AddingObjectstoVersionSuspendedBuckets.html
  const REFUSED = 'skip would-destroy-null-version';

  it.each<Row>([
    // Removing entries by their ids writes nothing.
    both('V1 DMnull', UNDELETE, '-null => V1'),
    both('Vnull DM1', UNDELETE, '-DM1 => null'),
    ['V1 Vnull', to('V1'), 'copy V1, destroys null', '-null => V1'],
    ['Vnull V2', to('null'), 'copy null, destroys null', '-V2 => null'],
    ['Vnull V2 V3', to('V2'), 'copy V2, destroys null', '-V3 => V2'],
    ['V1 V2', to('V1'), 'copy V1', '-V2 => V1'],
    ['V1 Vnull', time(0), REFUSED, '-V1 -null => nothing'],
    ['Vnull V2', time(0), REFUSED, '-null -V2 => nothing'],
    ['V1', time(0), '+DM => nothing', '-V1 => nothing'],
    // A null marker on top is replaced by what is written over it; one further down would be lost from the history,
    // and the same time would mean another state: V1 and not deleted, for the first of these.
    ['V1 DMnull V2', time(2), REFUSED, '-V2 => null'],
    ['V1 DMnull V2', to('V1'), 'copy V1, destroys null', '-null -V2 => V1'],
    ['V1 V2 DMnull', to('V1'), 'copy V1', '-V2 -null => V1'],
  ])('%s  %j', (entries, target, copy, destroy) => {
    expect(outcome(entries, target, 'copy', 'Suspended')).toBe(copy);
    expect(outcome(entries, target, 'delete', 'Suspended')).toBe(destroy);
  });

  it('in an enabled bucket a null entry is one like any other', () => {
    expect(outcome('Vnull V2', to('null'))).toBe('copy null');
    expect(outcome('V1 Vnull', time(0))).toBe('+DM => nothing');
    expect(outcome('V1 DMnull', UNDELETE)).toBe('-null => V1');
  });
});

describe('rows of a manifest', () => {
  const ROWS: Target = { kind: 'rows' };
  const rows = (entries: string, ids: string, target: Target = ROWS, versioning: Versioning = 'Enabled') => {
    const wish = { ...COPY_IN_PLACE, versioning, history: { key: 'k', entries: history(entries) }, target };
    return inShort(decide({ ...wish, ...(ids !== '' && { versionIds: ids.split(' ') }) }));
  };

  it.each([
    ['one version: back to it, as ever', 'V1 V2', 'V1', 'copy V1'],
    ['the current one', 'V1 V2', 'V2', 'unchanged'],
    ['under markers only', 'V1 DM1 DM2', 'V1', '-DM2 -DM1 => V1'],
    ['several: in their old order, whatever the order of the rows', 'V1 V2 V3', 'V2 V1', 'copy V1 V2'],
    ['all of them', 'V1 V2 V3', 'V3 V1 V2', 'copy V1 V2 V3'],
    ['several under markers only, with nothing between them', 'V1 V2 DM1', 'V1 V2', '-DM1 => V2'],
    ['several under markers, with another between them', 'V1 V2 V3 DM1', 'V1 V3', 'copy V1 V3'],
    ['one that is gone', 'V1 V2', 'V3', 'no version V3'],
    ['one of several that is gone', 'V1 V2', 'V1 V3', 'no version V3'],
    ['of a key that is gone', '', 'V1', 'no version V1'],
    ['one that is a marker', 'V1 DM1 V2', 'DM1', 'marker DM1'],
    ['versions and a marker between them', 'V1 DM1 V2', 'V1 DM1 V2', 'copy V1 DM1 V2'],
    ['markers that would do nothing are left out', 'DM1 V1 DM2 DM3', 'DM1 V1 DM2 DM3', 'copy V1 DM2'],
    ['only markers', 'V1 DM1 DM2', 'DM1 DM2', 'skip nothing-to-copy'],
  ])('rollback: %s', (_, entries, ids, expected) => {
    expect(rows(entries, ids)).toBe(expected);
  });

  it('rollback: a row without a version goes by the target of the run', () => {
    expect(rows('V1 V2', '', time(1))).toBe('copy V1');
    expect(rows('', '', time(1))).toBe('no key');
  });

  it('rollback: several in a suspended bucket would destroy each other', () => {
    expect(rows('V1 V2 V3', 'V1 V2', ROWS, 'Suspended')).toBe('copy V1 V2, destroys null');
    expect(rows('V1 V2', 'V1', ROWS, 'Suspended')).toBe('copy V1');
  });

  it.each([
    ['the marker on top', 'V1 DM1', 'DM1', '-DM1 => V1'],
    ['one of several on top: all of them go', 'V1 DM1 DM2', 'DM1', '-DM2 -DM1 => V1'],
    ['one of the rows is on top', 'V1 DM1 V2 DM2', 'DM1 DM2', '-DM2 => V2'],
    ['one further down', 'V1 DM1 V2 DM2', 'DM1', 'skip not-a-current-delete-marker'],
    ['of a key that lives', 'V1 DM1 V2', 'DM1', 'skip not-a-current-delete-marker'],
    ['a version', 'V1 DM1', 'V1', 'skip not-a-current-delete-marker'],
    ['of a key that is gone', '', 'DM1', 'skip not-a-current-delete-marker'],
    ['nothing below it', 'DM1', 'DM1', 'skip nothing-to-restore'],
    ['no id: the key', 'V1 DM1', '', '-DM1 => V1'],
    ['no id, a key that lives', 'V1', '', 'unchanged'],
    ['no id, a key that is not there', '', '', 'no key'],
  ])('undelete: %s', (_, entries, ids, expected) => {
    expect(rows(entries, ids, UNDELETE)).toBe(expected);
  });
});

describe('a destination', () => {
  const elsewhere = (
    entries: string,
    target: Target,
    there: string,
    versionIds?: string[],
    versioning: Versioning = 'Enabled',
  ) =>
    inShort(
      decide({
        ...COPY_IN_PLACE,
        versioning,
        history: { key: 'k', entries: history(entries) },
        target,
        destination: { bucket: 'other', history: { key: 'p/k', entries: history(there) } },
        ...(versionIds && { versionIds }),
      }),
    );

  it.each<[string, string, Target, string, string]>([
    ['the version, over nothing', 'V1 V2', time(1), '', 'copy V1 to other/p/k over nothing'],
    ['also the current one', 'V1 V2', time(2), '', 'copy V2 to other/p/k over nothing'],
    ['also one under a marker: no marker is touched', 'V1 DM1', back(0), '', 'copy V1 to other/p/k over nothing'],
    ['over what is there', 'V1 V2', to('V1'), 'V9', 'copy V1 to other/p/k over V9'],
    ['over a marker', 'V1 V2', to('V1'), 'V9 DM9', 'copy V1 to other/p/k over DM9'],
    ['nothing was there then: nothing is copied, nothing deleted', 'V1', time(0), 'V9', 'skip nothing-to-copy'],
    ['deleted then', 'V1 DM1 V2', time(2), 'V9', 'skip nothing-to-copy'],
    ['not so many versions', 'V1', back(1), '', 'skip not-enough-versions'],
  ])('%s', (_, entries, target, there, expected) => {
    expect(elsewhere(entries, target, there)).toBe(expected);
  });

  it('several versions, the oldest first', () => {
    expect(elsewhere('V1 V2 DM1', { kind: 'rows' }, '', ['V2', 'DM1', 'V1'])).toBe(
      'copy V1 V2 DM1 to other/p/k over nothing',
    );
  });

  it('a suspended one keeps one version only', () => {
    expect(elsewhere('V1 V2', { kind: 'rows' }, '', ['V2', 'V1'], 'Suspended')).toBe(
      'copy V1 V2 to other/p/k over nothing, destroys null',
    );
    expect(elsewhere('V1 V2', to('V1'), 'Vnull', undefined, 'Suspended')).toBe(
      'copy V1 to other/p/k over null, destroys null',
    );
    expect(elsewhere('V1 V2', to('V1'), 'V9', undefined, 'Suspended')).toBe('copy V1 to other/p/k over V9');
  });
});

describe('two orders are possible (the server told none)', () => {
  const [v2, v1, dm] = [...history('V1 V2'), ...history('DM1')];
  const decided = (orders: ('V1' | 'V2' | 'DM1')[][], target: Target, method: Method = 'copy') => {
    const entry = { V1: v1, V2: v2, DM1: dm };
    const [entries = [], otherOrder = []] = orders.map((ids) => ids.flatMap((id) => entry[id] ?? []));
    return inShort(decide({ ...COPY_IN_PLACE, history: { key: 'k', entries, otherOrder }, target, method }));
  };

  it('the key is left alone where they lead to different ends', () => {
    expect(
      decided(
        [
          ['DM1', 'V1'],
          ['V1', 'DM1'],
        ],
        UNDELETE,
      ),
    ).toBe('skip ambiguous-order');
    expect(
      decided(
        [
          ['V2', 'DM1', 'V1'],
          ['V2', 'V1', 'DM1'],
        ],
        to('V1'),
        'delete',
      ),
    ).toBe('skip ambiguous-order');
  });

  it('it is treated as ever where they lead to the same', () => {
    expect(
      decided(
        [
          ['V2', 'DM1', 'V1'],
          ['V2', 'V1', 'DM1'],
        ],
        UNDELETE,
      ),
    ).toBe('unchanged');
    expect(
      decided(
        [
          ['V2', 'DM1', 'V1'],
          ['V2', 'V1', 'DM1'],
        ],
        to('V1'),
      ),
    ).toBe('copy V1');
  });
});

describe('known limits, written down so that a change of them is noticed', () => {
  it('versions-back counts from the newest version, which a rollback changes: run twice, it goes back twice', () => {
    expect(outcome('V1 V2 V3', back(1), 'delete')).toBe('-V3 => V2');
    expect(outcome('V1 V2', back(1), 'delete')).toBe('-V2 => V1');
  });

  it('a deletion that was broken off can change what an early stamp counts as: V3, started before V2 was written', () => {
    // Undisturbed, the state at second 1 is V1. Broken off after its first step, V3 is all that is above V1, and its
    // stamp says that it was there at second 1.
    expect(outcome('V1@1 V2@2 V3@0', time(1), 'delete')).toBe('-V2 -V3 => V1');
    expect(outcome('V1@1 V3@0', time(1), 'delete')).toBe('unchanged');
  });
});
