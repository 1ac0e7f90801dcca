import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Decision, decide, type Method } from '../../src/core/decide.ts';
import type { Entry, KeyHistory } from '../../src/core/history.ts';
import { orderedHistory } from '../../src/core/order.ts';
import { bucketAfter, type Restoring, restoring, runs } from '../support/arbitraries.ts';
import * as model from '../support/model.ts';
import { historyOf } from '../support/model-port.ts';

/** Servers that list all versions of a page and then all its markers: the order has to be guessed from the times. */
function grouped(entries: readonly Entry[]): Entry[] {
  return [...entries.filter((e) => !e.deleteMarker), ...entries.filter((e) => e.deleteMarker)];
}

/** Of the deletions before the last one the order does not matter, nor of what lies under the current entry. */
function essence(decision: Decision): unknown {
  if (decision.kind === 'copy') return { ...decision.copy, entries: decision.copy.entries[0] };
  if (decision.kind !== 'change') return decision;
  const { steps } = decision.line;
  const rest = steps.slice(0, -1).map((s) => JSON.stringify(s));
  return { ...decision, line: { ...decision.line, steps: [rest.sort(), steps.at(-1)] } };
}

function eachKey(
  { past, key: only, target, method }: Restoring,
  check: (key: string, entries: Entry[], made: (history: KeyHistory, how?: Method) => Decision) => void,
) {
  const bucket = bucketAfter(past);
  for (const key of only === undefined ? model.sortedKeys(bucket) : [only]) {
    check(key, historyOf(bucket, key), (history, how = method) =>
      decide({ bucket: 'bucket', history, target, method: how, versioning: bucket.versioning }),
    );
  }
}

describe('a server that loses the order', () => {
  it('never leads to another decision than the true order does: the key is skipped instead (true stamps)', () => {
    fc.assert(
      fc.property(restoring({ plain: true }), (of) => {
        eachKey(of, (key, entries, made) => {
          const guessed = made(orderedHistory(key, grouped(entries), 'grouped'));
          if (guessed.kind === 'skip' && guessed.reason === 'ambiguous-order') return;
          expect(essence(guessed)).toEqual(essence(made({ key, entries })));
        });
      }),
      runs(),
    );
  });

  it('is not doubted where no time is shared between a version and a marker (true stamps)', () => {
    fc.assert(
      fc.property(restoring({ plain: true }), (of) => {
        eachKey(of, (key, entries) => {
          const markers = new Set(entries.filter((e) => e.deleteMarker).map((e) => e.lastModified));
          if (entries.some((e) => !e.deleteMarker && markers.has(e.lastModified))) return;
          expect(orderedHistory(key, grouped(entries), 'grouped')).toEqual({ key, entries });
        });
      }),
      runs(),
    );
  });
});

describe('a server in wire order', () => {
  it('is believed, whatever the stamps say', () => {
    fc.assert(
      fc.property(restoring(), (of) => {
        eachKey(of, (key, entries) => expect(orderedHistory(key, entries, 'wire')).toEqual({ key, entries }));
      }),
      runs(),
    );
  });

  it('is not doubted while it is not known for one, as long as the stamps are true', () => {
    fc.assert(
      fc.property(restoring({ plain: true }), (of) => {
        eachKey(of, (key, entries, made) => {
          // A marker sent before a version would have made it known.
          if (grouped(entries).some((e, i) => e !== entries[i])) return;
          expect(essence(made(orderedHistory(key, entries, 'unknown')))).toEqual(essence(made({ key, entries })));
        });
      }),
      runs(),
    );
  });

  it('is never contradicted while it is not known for one: at worst the key is skipped', () => {
    fc.assert(
      fc.property(restoring(), (of) => {
        eachKey(of, (key, entries, made) => {
          const guessed = made(orderedHistory(key, entries, 'unknown'));
          if (guessed.kind === 'skip' && guessed.reason === 'ambiguous-order') return;
          expect(essence(guessed)).toEqual(essence(made({ key, entries })));
        });
      }),
      runs(),
    );
  });
});
