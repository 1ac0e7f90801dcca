import { describe, expect, it } from 'vitest';
import type { PlannedKey } from '../../../src/core/plan.ts';
import type { BucketPort } from '../../../src/core/ports.ts';
import { type ChunkKey, chunkKeyOf } from '../../../src/operations/chunk.ts';
import { checkDrift } from '../../../src/operations/drift.ts';
import * as model from '../../support/model.ts';
import { modelBuckets } from '../../support/model-port.ts';

/** Is a key still what the plan saw? If not: where the plan wants it, on the way there, or somewhere else. */

const HTML = { body: 'one', contentType: 'text/html' };
const PLAIN = { body: 'one', contentType: 'text/plain' };
const OTHER = { body: 'two', contentType: 'text/html' };

type Happening = model.StoredObject | 'x';

/** Oldest first; ids are v1, v2, … in that order. */
function bucketOf(...happenings: Happening[]): model.Bucket {
  const bucket = model.emptyBucket('Enabled');
  for (const one of happenings) one === 'x' ? model.addMarker(bucket, 'k', 0) : model.put(bucket, 'k', one, 0);
  return bucket;
}

const version = (versionId: string, object: model.StoredObject) => ({
  versionId,
  deleteMarker: false,
  etag: model.etagOf(object),
});
const marker = (versionId: string) => ({ versionId, deleteMarker: true, etag: null });

const copied: Omit<PlannedKey, 'bucket' | 'key'> = {
  from: version('v2', OTHER),
  to: { versionId: 'v1' },
  steps: [{ do: 'copy-version', versionId: 'v1' }],
};
const undeleted: Omit<PlannedKey, 'bucket' | 'key'> = {
  from: marker('v3'),
  to: { versionId: 'v1' },
  steps: [
    { do: 'remove-delete-marker', versionId: 'v3' },
    { do: 'remove-delete-marker', versionId: 'v2' },
  ],
};
const unmark = (versionId: string) => ({ do: 'remove-delete-marker', versionId }) as const;
/** v4 over a marker over v2 over v1, which is wanted. */
const destroyed: Omit<PlannedKey, 'bucket' | 'key'> = {
  from: version('v4', OTHER),
  to: { versionId: 'v1' },
  steps: [{ do: 'delete-version', versionId: 'v2' }, unmark('v3'), { do: 'delete-version', versionId: 'v4' }],
};
const stacked: Omit<PlannedKey, 'bucket' | 'key'> = {
  from: version('v2', OTHER),
  to: { versionId: 'v2' },
  steps: [
    { do: 'copy-version', versionId: 'v1' },
    { do: 'add-delete-marker' },
    { do: 'copy-version', versionId: 'v2' },
  ],
};
const hidden: Omit<PlannedKey, 'bucket' | 'key'> = {
  from: version('v1', HTML),
  to: { versionId: null },
  steps: [{ do: 'add-delete-marker' }],
};

function without(bucket: model.Bucket, ...ids: string[]): model.Bucket {
  for (const id of ids) model.remove(bucket, 'k', id);
  return bucket;
}

async function outcomesOf(keys: ChunkKey[], models: Record<string, model.Bucket>) {
  const buckets = modelBuckets(models, { at: 0 });
  await checkDrift({ bucket: 'b', keys }, { buckets, concurrency: 4 });
  return { buckets, outcomes: keys.map(({ outcome }) => outcome) };
}

async function told(line: Omit<PlannedKey, 'bucket' | 'key'>, bucket: model.Bucket): Promise<string> {
  const { outcomes } = await outcomesOf([chunkKeyOf({ bucket: 'b', key: 'k', ...line })], { b: bucket });
  const [outcome] = outcomes;
  return outcome === undefined ? 'go on' : outcome.kind === 'conflict' ? outcome.found : outcome.kind;
}

const WRITTEN = 'the key was written after the plan was made';
const DELETED = 'the key was deleted after the plan was made';
const BELOW = 'what lies under its current entry is not what it was when the plan was made';
const HALF =
  'some of its versions were copied already, by a run that did not come to its end; a new plan goes on from there:';
const NOTHING = 'the key has no versions any more';

describe('a key of a plan', () => {
  it.each<[string, Omit<PlannedKey, 'bucket' | 'key'>, model.Bucket, string]>([
    ['copy: as the plan saw it', copied, bucketOf(HTML, OTHER), 'go on'],
    ['copy: done before', copied, bucketOf(HTML, OTHER, HTML), 'unchanged'],
    ['copy: the newer version was deleted instead', copied, without(bucketOf(HTML, OTHER), 'v2'), 'unchanged'],
    ['copy: the same bytes, with other headers, are something else', copied, bucketOf(HTML, OTHER, PLAIN), WRITTEN],
    ['copy: written since', copied, bucketOf(HTML, OTHER, { ...OTHER, body: 'new' }), WRITTEN],
    ['copy: deleted since', copied, bucketOf(HTML, OTHER, 'x'), DELETED],
    ['copy: the key is gone', copied, without(bucketOf(HTML, OTHER), 'v1', 'v2'), NOTHING],
    ['undelete: as the plan saw it', undeleted, bucketOf(HTML, 'x', 'x'), 'go on'],
    [
      'undelete: one marker is gone, the other is in the plan',
      undeleted,
      without(bucketOf(HTML, 'x', 'x'), 'v3'),
      'go on',
    ],
    [
      'undelete: the current marker is there, the one below is gone',
      undeleted,
      without(bucketOf(HTML, 'x', 'x'), 'v2'),
      'go on',
    ],
    ['undelete: what would be current again is gone', undeleted, without(bucketOf(HTML, 'x', 'x'), 'v1'), BELOW],
    [
      'undelete: what the plan calls a marker is a version',
      { ...undeleted, from: marker('v3'), to: { versionId: 'v1' } },
      bucketOf(HTML, OTHER, 'x'),
      BELOW,
    ],
    [
      'undelete: what the plan removes lies under its target',
      { ...undeleted, to: { versionId: 'v2' }, steps: [unmark('v3'), unmark('v1')] },
      bucketOf(HTML, OTHER, 'x'),
      'go on',
    ],
    ['delete: as the plan saw it', destroyed, bucketOf(HTML, OTHER, 'x', OTHER), 'go on'],
    [
      'delete: what lies below the current is gone',
      destroyed,
      without(bucketOf(HTML, OTHER, 'x', OTHER), 'v2'),
      'go on',
    ],
    [
      'delete: the current is gone, which goes last',
      destroyed,
      without(bucketOf(HTML, OTHER, 'x', OTHER), 'v4'),
      DELETED,
    ],
    ['stack: as the plan saw it', stacked, bucketOf(HTML, OTHER), 'go on'],
    ['stack: done before', stacked, bucketOf(HTML, OTHER, HTML, 'x', OTHER), 'unchanged'],
    ['stack: half of it done before', stacked, bucketOf(HTML, OTHER, HTML), HALF],
    ['stack: only the last is there', stacked, bucketOf(HTML, OTHER, OTHER), WRITTEN],
    ['stack: done, and more', stacked, bucketOf(HTML, OTHER, HTML, 'x', OTHER, OTHER), WRITTEN],
    ['undelete: done before', undeleted, without(bucketOf(HTML, 'x', 'x'), 'v2', 'v3'), 'unchanged'],
    ['undelete: deleted once more', undeleted, bucketOf(HTML, 'x', 'x', 'x'), DELETED],
    ['undelete: undeleted, and deleted again', undeleted, without(bucketOf(HTML, 'x', 'x', 'x'), 'v2', 'v3'), DELETED],
    ['undelete: written since', undeleted, bucketOf(HTML, 'x', 'x', OTHER), WRITTEN],
    ['new marker: as the plan saw it', hidden, bucketOf(HTML), 'go on'],
    ['new marker: deleted by somebody', hidden, bucketOf(HTML, 'x'), 'unchanged'],
    ['new marker: written since', hidden, bucketOf(HTML, OTHER), WRITTEN],
  ])('%s', async (_, line, bucket, then) => {
    expect(await told(line, bucket)).toBe(then);
  });

  it('that is copied from elsewhere is compared with what is there', async () => {
    const source = { bucket: 'a', key: 'j' };
    const line: PlannedKey = {
      bucket: 'b',
      key: 'k',
      from: null,
      to: { versionId: 'v1' },
      steps: [{ do: 'copy-version', versionId: 'v1', source }],
    };
    const from = model.emptyBucket('Enabled');
    model.put(from, 'j', HTML, 0);
    // The same id in two buckets says nothing.
    for (const [there, kind] of [
      [bucketOf(HTML), 'unchanged'],
      [bucketOf(OTHER), 'conflict'],
    ] as const) {
      const { outcomes } = await outcomesOf([chunkKeyOf(line)], { a: from, b: there });
      expect(outcomes[0]?.kind).toBe(kind);
    }
  });

  it('is left with the steps that are still to be done', async () => {
    const key = chunkKeyOf({ bucket: 'b', key: 'k', ...undeleted });
    await outcomesOf([key], { b: without(bucketOf(HTML, 'x', 'x'), 'v3') });
    expect(key).toMatchObject({ line: { from: undeleted.from, steps: [unmark('v2')] }, open: 1, seen: marker('v2') });
  });

  it('that was begun, or has its outcome, is not looked at again', async () => {
    const begun = { ...chunkKeyOf({ bucket: 'b', key: 'k', ...copied }), begun: true };
    const settled = { ...chunkKeyOf({ bucket: 'b', key: 'l', ...copied }), outcome: { kind: 'unchanged' } as const };
    const { buckets, outcomes } = await outcomesOf([begun, settled], { b: bucketOf(OTHER) });
    expect(outcomes).toEqual([undefined, { kind: 'unchanged' }]);
    expect(buckets.sent()).toBe(0);
  });
});

describe('keys of which some need more of their histories than others', () => {
  it('are each looked at in what is there now', async () => {
    const bucket = model.emptyBucket('Enabled');
    const lines = ['a', 'b', 'c', 'd'].map((key): ChunkKey => {
      const { versionId } = model.put(bucket, key, HTML, 0);
      const markers = Array.from({ length: key === 'b' || key === 'd' ? 6 : 2 }, () => model.addMarker(bucket, key, 0));
      const ids = markers.map((entry) => entry.versionId).toReversed();
      model.remove(bucket, key, ids[0] ?? '');
      const [from = ''] = ids;
      return chunkKeyOf({ bucket: 'b', key, from: marker(from), to: { versionId }, steps: ids.map(unmark) });
    });
    model.put(bucket, 'c', OTHER, 0);
    const { outcomes } = await outcomesOf(lines, { b: bucket });
    expect(outcomes.map((outcome) => outcome?.kind)).toEqual([undefined, undefined, 'conflict', undefined]);
    expect(lines.map(({ open }) => open)).toEqual([1, 5, 2, 5]);
  });
});

describe('3,000 keys of a plan that was carried out before', () => {
  it('are looked at together: once at their top, then a thousand whole histories at a time', async () => {
    const bucket = model.emptyBucket('Enabled');
    const keys = Array.from({ length: 3000 }, (_, i) => `k${String(i).padStart(4, '0')}`);
    for (const key of keys) model.put(bucket, key, HTML, 0);
    const buckets = modelBuckets({ b: bucket }, { at: 0 });
    const asked: number[] = [];
    const port = buckets.open('b');
    const counting: BucketPort = {
      ...port,
      readHistories: (names, how) => {
        asked.push(names.length);
        return port.readHistories(names, how);
      },
    };
    const lines = keys.map((key) => {
      const [entry] = model.entriesOf(bucket, key);
      return chunkKeyOf({ bucket: 'b', key, ...undeleted, to: { versionId: entry?.versionId ?? '' } });
    });
    await checkDrift({ bucket: 'b', keys: lines }, { buckets: { ...buckets, open: () => counting }, concurrency: 4 });
    expect(asked).toEqual([3000, 1000, 1000, 1000]);
    expect(lines.every(({ outcome }) => outcome?.kind === 'unchanged')).toBe(true);
  });
});
