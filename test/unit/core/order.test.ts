import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../src/core/history.ts';
import { isDoubtful, orderedHistory } from '../../../src/core/order.ts';
import { marker, version } from './entries.ts';

/** Entries in the order in which they came over the wire, with their stamps: `V2@20* DM1@10`; the star is the latest. */
function wire(shorthand: string): Entry[] {
  return shorthand.split(' ').map((word) => {
    const [, id = '', seconds = '', star] = /^(\w+)@(\d+)(\*)?$/.exec(word) ?? [];
    const isLatest = star !== undefined;
    return id.startsWith('DM') ? marker(id, Number(seconds), { isLatest }) : version(id, Number(seconds), { isLatest });
  });
}

const ids = (entries: readonly Entry[] | undefined) => entries?.map((e) => e.versionId).join(' ');

describe('from a server in wire order', () => {
  it.each(['V2@20* DM1@10 V1@5', 'V2@5* DM1@10 V1@20', 'DM1@0* V1@10', 'V1@10*'])(
    '%s stands as it came',
    (shorthand) => {
      const entries = wire(shorthand);
      expect(orderedHistory('k', entries, 'wire')).toEqual({ key: 'k', entries });
    },
  );
});

describe('from a server that sends all versions and then all markers', () => {
  it.each<[string, string, string, string | undefined]>([
    ['times tell the order', 'V2@30 V1@10 DM2@40* DM1@20', 'DM2 V2 DM1 V1', undefined],
    ['a live key', 'V2@30* V1@10 DM1@20', 'V2 DM1 V1', undefined],
    ['in a tie, the latest is on top: deleted', 'V1@10 DM1@10*', 'DM1 V1', undefined],
    ['in a tie, the latest is on top: live', 'V2@10* V1@5 DM1@10', 'V2 DM1 V1', undefined],
    ['the latest is on top, whatever its stamp: a lifecycle marker of midnight', 'V1@10 DM1@0*', 'DM1 V1', undefined],
    ['a tie further down: two orders', 'V2@20* V1@10 DM1@10', 'V2 V1 DM1', 'V2 DM1 V1'],
    ['a tie of two and two', 'V3@30* V2@10 V1@10 DM2@10 DM1@10', 'V3 V2 V1 DM2 DM1', 'V3 DM2 DM1 V2 V1'],
    ['versions among themselves keep their order in a tie', 'V2@10* V1@10', 'V2 V1', undefined],
    ['one entry', 'DM1@10*', 'DM1', undefined],
  ])('%s', (_, shorthand, entries, otherOrder) => {
    const history = orderedHistory('k', wire(shorthand), 'grouped');
    expect(ids(history.entries)).toBe(entries);
    expect(ids(history.otherOrder)).toBe(otherOrder);
  });
});

describe('from a server that has not shown its order yet', () => {
  it.each<[string, string, string | undefined]>([
    ['only versions: nothing to doubt', 'V2@20* V1@10', undefined],
    ['a marker provably older than each version', 'V2@20* V1@15 DM1@10', undefined],
    ['a tie contradicts nothing', 'V2@20* V1@10 DM1@10', undefined],
    ['a marker younger than a version sent before it', 'V2@30* V1@10 DM1@20', 'V2 DM1 V1'],
    ['the latest sent last', 'V1@10 DM1@20*', 'DM1 V1'],
    ['the latest sent last, in a tie', 'V1@10 DM1@10*', 'DM1 V1'],
  ])('%s', (_, shorthand, otherOrder) => {
    const entries = wire(shorthand);
    const history = orderedHistory('k', entries, 'unknown');
    expect(history.entries).toEqual(entries);
    expect(ids(history.otherOrder)).toBe(otherOrder);
  });
});

describe('an order is doubtful', () => {
  it.each([
    ['V1@10* DM1@5', false],
    ['V1@10 DM1@10*', true],
    ['V1@10 DM1@20*', true],
    ['DM1@20* V1@10', false],
    ['V2@30* V1@10 DM2@20 DM1@5', true],
  ])('%s: %s', (shorthand, doubtful) => {
    expect(isDoubtful(wire(shorthand))).toBe(doubtful);
  });
});
