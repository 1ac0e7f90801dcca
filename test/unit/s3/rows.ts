import fc from 'fast-check';
import type { Entry } from '../../../src/core/history.ts';
import type { Row } from './pager.ts';

/** Histories for a fake server: written by hand, or by chance. */

const T = Date.UTC(2026, 10, 22);

/** `k v1 m1` is key k with a version v1 that is latest, then a marker m1. */
export function rows(...histories: readonly string[]): Row[] {
  return histories.flatMap((history) => {
    const [key = '', ...ids] = history.split(' ');
    return ids.map((id, i): Row => {
      const base = { versionId: id, lastModified: T - i * 1000, isLatest: i === 0 };
      const entry = id.startsWith('m')
        ? { ...base, deleteMarker: true }
        : { ...base, deleteMarker: false, etag: `e-${id}`, size: 1 };
      return { key, entry };
    });
  });
}

const letter = fc.constantFrom(
  ...[
    'a',
    'b',
    'z',
    '0',
    '1',
    '9',
    '/',
    '-',
    'é',
    '\u0000',
    '\u0001',
    ' ',
    '+',
    '%',
    '&',
    '<',
    '\uffee',
    '😀',
    '\uffff',
  ],
);

export const keyArb: fc.Arbitrary<string> = fc
  .oneof(
    fc.array(letter, { minLength: 1, maxLength: 5 }).map((l) => l.join('')),
    // Counters and dates share a long beginning.
    fc.nat({ max: 120 }).map((n) => `p/2026-${String(n).padStart(5, '0')}`),
    fc.nat({ max: 30 }).map((n) => `p/${'x'.repeat(n)}`),
  )
  .filter((key) => key !== '');

/** Whether an entry is a marker, and how much older than the one above, in seconds from -1. */
export type Kinds = readonly { readonly deleteMarker: boolean; readonly age: number }[];

export const kindsArb = (maxLength: number): fc.Arbitrary<Kinds> =>
  fc.array(fc.record({ deleteMarker: fc.boolean(), age: fc.nat({ max: 3 }) }), { minLength: 1, maxLength });

/** `strictTimes`: each entry is older than the one above it, so that time tells the order. */
export function rowsOf(keys: ReadonlyMap<string, Kinds>, strictTimes: boolean): Row[] {
  let serial = 0;
  return [...keys].flatMap(([key, kinds]) => {
    let time = 1_800_000_000_000;
    return kinds.map(({ deleteMarker, age }, i): Row => {
      time -= strictTimes ? 1000 : age * 1000 - 1000;
      const versionId = i === kinds.length - 1 && age === 0 ? 'null' : `v${serial++}.+/=`;
      const base = { versionId, lastModified: time, isLatest: i === 0 };
      const entry: Entry = deleteMarker
        ? { ...base, deleteMarker }
        : { ...base, deleteMarker, etag: `e${serial}`, size: serial };
      return { key, entry };
    });
  });
}
