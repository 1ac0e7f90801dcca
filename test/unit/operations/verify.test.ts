import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../src/core/history.ts';
import type { PlannedKey } from '../../../src/core/plan.ts';
import type { BucketPort, Buckets, RequestCounts } from '../../../src/core/ports.ts';
import type { ChunkKey } from '../../../src/operations/chunk.ts';
import { verifyKey } from '../../../src/operations/verify.ts';

/** What a key's newest entries say of a change that S3 confirmed. */

function version(versionId: string, etag = `etag-${versionId}`): Entry {
  return { versionId, deleteMarker: false, lastModified: 0, isLatest: false, etag, size: 1 };
}

function marker(versionId: string): Entry {
  return { versionId, deleteMarker: true, lastModified: 0, isLatest: false };
}

const FROM = { versionId: 'v2', deleteMarker: false, etag: 'etag-v2' };

function changedKey(
  line: Pick<PlannedKey, 'to' | 'steps'> & Partial<PlannedKey>,
  written: ChunkKey['written'],
): ChunkKey {
  return {
    line: { bucket: 'b', key: 'k', from: FROM, ...line },
    open: 0,
    outcome: undefined,
    begun: true,
    unsure: false,
    seen: null,
    below: line.from ?? FROM,
    written,
  };
}

const copied = (written: ChunkKey['written']) =>
  changedKey({ to: { versionId: 'v1' }, steps: [{ do: 'copy-version', versionId: 'v1' }] }, written);
const hidden = () => changedKey({ to: { versionId: null }, steps: [{ do: 'add-delete-marker' }] }, {});
const uncovered = (to: PlannedKey['to']) =>
  changedKey(
    {
      from: { versionId: 'm', deleteMarker: true, etag: null },
      to,
      steps: [{ do: 'remove-delete-marker', versionId: 'm' }],
    },
    {},
  );

const NONE: RequestCounts = { list: 0, head: 0, get: 0, copy: 0, delete: 0, put: 0, retries: 0, throttled: 0 };

async function outcomeOf(key: ChunkKey, top: readonly Entry[]): Promise<string | undefined> {
  const port: Pick<BucketPort, 'readTop' | 'headVersion'> = {
    readTop: async () => top,
    headVersion: async () => undefined,
  };
  const buckets: Buckets = { open: () => port as BucketPort, requests: NONE, notes: new Set() };
  await verifyKey(key, buckets);
  return key.outcome?.kind;
}

describe('a key after its change', () => {
  it.each<[string, ChunkKey, Entry[], string]>([
    ['a copy is on top', copied({ versionId: 'v3' }), [version('v3', 'etag-v1'), version('v2')], 'restored'],
    [
      'a copy without an id is known by its ETag',
      copied({ etag: 'e3' }),
      [version('v3', 'e3'), version('v2')],
      'restored',
    ],
    ['it was written again', copied({ versionId: 'v3' }), [version('v4'), version('v3'), version('v2')], 'conflict'],
    ['it was deleted again', copied({ versionId: 'v3' }), [marker('m'), version('v3'), version('v2')], 'conflict'],
    ['the copy never became current', copied({ versionId: 'v3' }), [version('v2'), version('v1')], 'conflict'],
    [
      'the server did not honour the condition: a write lies between',
      copied({ versionId: 'v4' }),
      [version('v4', 'etag-v1'), version('v3', 'new content'), version('v2')],
      'conflict',
    ],
    [
      'our own first try lies between, its answer was lost',
      copied({ versionId: 'v4' }),
      [version('v4', 'etag-v1'), version('v3', 'etag-v1'), version('v2')],
      'restored',
    ],
    ['what the plan saw was removed since', copied({ versionId: 'v3' }), [version('v3', 'etag-v1')], 'restored'],
    ['a marker is on top', hidden(), [marker('m'), version('v2')], 'restored'],
    ['a marker lies on a write that came between', hidden(), [marker('m'), version('v3'), version('v2')], 'conflict'],
    ['the markers are gone', uncovered({ versionId: 'v1' }), [version('v1')], 'restored'],
    [
      'a null version is the one that was meant',
      uncovered({ versionId: 'null', etag: 'e' }),
      [version('null', 'e')],
      'restored',
    ],
    [
      'another null version took the place of the one that was meant',
      uncovered({ versionId: 'null', etag: 'e' }),
      [version('null', 'other')],
      'conflict',
    ],
    ['nothing is left', uncovered({ versionId: 'v1' }), [], 'conflict'],
  ])('%s', async (_, key, top, kind) => {
    expect(await outcomeOf(key, top)).toBe(kind);
  });
});

describe('a conflict says what was found', () => {
  async function foundOf(key: ChunkKey, top: readonly Entry[]): Promise<string> {
    await outcomeOf(key, top);
    return key.outcome?.kind === 'conflict' ? key.outcome.found : '';
  }

  it('a write on top of our copy is no fault of the server, though our copy lies between it and what was seen', async () => {
    const top = [version('w'), version('v3', 'etag-v1'), version('v2')];
    expect(await foundOf(copied({ versionId: 'v3' }), top)).toMatch(/^it was written again/);
  });

  it('a write under our copy is', async () => {
    const top = [version('v4', 'etag-v1'), version('w'), version('v2')];
    expect(await foundOf(copied({ versionId: 'v4' }), top)).toMatch(/does not honour conditions/);
  });
});
