import { describe, expect, it } from 'vitest';
import { type BucketEvent, compareEvents, identityOf } from '../../../src/core/event.ts';

/** Order and identity of the events of one key. */

const EVENT: BucketEvent = {
  kind: 'delete-marker',
  name: 'ObjectRemoved:DeleteMarkerCreated',
  bucket: 'my-site',
  key: 'a',
  at: 1000,
  who: {},
};

const withSequencer = (sequencer: string, at = 1000): BucketEvent => ({ ...EVENT, sequencer, at });

describe('of two events of one key, the later one', () => {
  it.each([
    ['0055AED6DCD90281E5', '0055AED6DCD90281E6', -1],
    ['0055AED6DCD90281E5', '0055AED6DCD90281E5', 0],
    ['2', '1', 1],
    // The shorter one is padded on the left, so it is a number: 9 < 10, which as text, or padded on the right, is more.
    ['9', '10', -1],
    ['ff', '0100', -1],
    ['00ff', 'ff', 0],
    // EventBridge writes small letters and no zeros in front.
    ['0055AED6DCD90281E5', '55aed6dcd90281e6', -1],
    ['0055AED6DCD90281E5', '55aed6dcd90281e5', 0],
    ['aB', 'Ab', 0],
    ['0'.repeat(64), 'f'.repeat(64), -1],
  ])('by sequencer: %s against %s', (a, b, expected) => {
    // The times say the opposite.
    expect(Math.sign(compareEvents(withSequencer(a, 2000), withSequencer(b, 1000)))).toBe(expected);
    expect(Math.sign(compareEvents(withSequencer(b), withSequencer(a)))).toBe(0 - expected || 0);
  });

  it.each([
    [{ ...EVENT, at: 1 }, { ...EVENT, at: 2 }, -1],
    [withSequencer('9', 1), { ...EVENT, at: 2 }, -1],
    [{ ...EVENT, at: 3 }, withSequencer('9', 2), 1],
    [EVENT, EVENT, 0],
  ])('%#: by time, where one has no sequencer', (a, b, expected) => {
    expect(Math.sign(compareEvents(a, b))).toBe(expected);
  });
});

describe('the identity of an event', () => {
  it('is the same for every delivery, however the sequencer is written', () => {
    expect(identityOf(withSequencer('00AB'))).toBe(identityOf(withSequencer('ab', 5000)));
  });

  it('is the same for a version that is null, named or not', () => {
    expect(identityOf({ ...EVENT, versionId: 'null' })).toBe(identityOf(EVENT));
  });

  it.each([
    [withSequencer('1'), withSequencer('2')],
    [EVENT, { ...EVENT, at: 1001 }],
    [EVENT, { ...EVENT, versionId: 'v' }],
    [EVENT, { ...EVENT, kind: 'overwrite' as const }],
  ])('%#: differs where the event does', (a, b) => {
    expect(identityOf(a)).not.toBe(identityOf(b));
  });
});
