import { describe, expect, it } from 'vitest';
import { type ChunkKey, chunkKeyOf, chunksOf } from '../../../src/operations/chunk.ts';

function keyOf(bucket: string, key: string): ChunkKey {
  const from = { versionId: 'm', deleteMarker: true, etag: null };
  return chunkKeyOf({
    bucket,
    key,
    from,
    to: { versionId: 'v' },
    steps: [{ do: 'remove-delete-marker', versionId: 'm' }],
  });
}

async function* some(...keys: ChunkKey[]): AsyncGenerator<ChunkKey> {
  yield* keys;
}

describe('chunks of a plan', () => {
  it('are of one bucket', async () => {
    const chunks: string[] = [];
    for await (const { bucket, keys } of chunksOf(some(keyOf('a', '1'), keyOf('a', '2'), keyOf('b', '1')))) {
      chunks.push(`${bucket}: ${keys.map((k) => k.line.key).join(' ')}`);
    }
    expect(chunks).toEqual(['a: 1 2', 'b: 1']);
  });

  it('given up between two buckets, lose no key that was taken already', async () => {
    const back: ChunkKey[] = [];
    const next = keyOf('b', '1');
    for await (const _ of chunksOf(some(keyOf('a', '1'), next, keyOf('b', '2')), (key) => back.push(key))) break;
    expect(back).toEqual([next]);
  });

  it('gone through to the end, give nothing back', async () => {
    const back: ChunkKey[] = [];
    for await (const _ of chunksOf(some(keyOf('a', '1'), keyOf('b', '1')), (key) => back.push(key)));
    expect(back).toEqual([]);
  });
});
