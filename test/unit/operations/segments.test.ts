import { describe, expect, it } from 'vitest';
import { CancelledError } from '../../../src/core/errors.ts';
import type { Segment } from '../../../src/core/ports.ts';
import { readSegments } from '../../../src/operations/segments.ts';

const segment = (start: string): Segment => ({ start, batches: (async function* () {})() });

describe('reading the segments of a listing', () => {
  it('throws what the reader threw, not that the listing was given up because of it', async () => {
    let giveUp = (_: Error) => {};
    const givenUp = new Promise<never>((_, reject) => {
      giveUp = reject;
    });
    async function* segments() {
      yield segment('a');
      await givenUp;
    }
    const reading = readSegments({ order: 'wire', segments: segments() }, async () => {
      // As a listing does it: everybody is told at once, while the reader that left is still putting its things away.
      giveUp(new CancelledError());
      await new Promise((done) => setImmediate(done));
      throw new Error('the disk is full');
    });
    await expect(reading).rejects.toThrow('the disk is full');
  });

  it('throws what the listing threw, once every reader has ended', async () => {
    const ended: string[] = [];
    async function* segments() {
      yield segment('a');
      yield segment('b');
      throw new Error('no more pages');
    }
    const reading = readSegments({ order: 'wire', segments: segments() }, async ({ start }) => {
      await new Promise((done) => setImmediate(done));
      ended.push(start);
    });
    await expect(reading).rejects.toThrow('no more pages');
    expect(ended).toEqual(['a', 'b']);
  });
});
