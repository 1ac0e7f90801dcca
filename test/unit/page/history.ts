import type { HistoryFound } from '../../../src/core/timeline-found.ts';

const NOTHING = { created: 0, restored: 0, overwritten: 0, deleted: 0, midnight: 0 };

/** 3,000 keys deleted in 40 s, after an afternoon of creations. */
export const HISTORY: HistoryFound = {
  entries: {
    created: 5000,
    overwritten: 0,
    deleted: 3000,
    restored: 0,
    'put-back': 0,
    'deleted-again': 2,
    'deleted-nothing': 1,
  },
  chart: {
    from: '2026-11-22T12:00:00Z',
    width: 3600,
    bars: [{ ...NOTHING, created: 4999 }, { ...NOTHING, created: 1 }, { ...NOTHING, deleted: 3000 }, NOTHING],
  },
  bursts: [
    {
      kind: 'deleted',
      judged: 'incident',
      began: '2026-11-22T14:59:12Z',
      ended: '2026-11-22T14:59:51Z',
      before: '2026-11-22T14:59:11Z',
      events: 3000,
      keys: 3000,
      still: 2990,
    },
  ],
  incident: {
    began: '2026-11-22T14:59:12Z',
    ended: '2026-11-22T14:59:51Z',
    deleted: 3000,
    overwritten: 0,
    still: 2990,
    midnight: 0,
    within: 'site/',
    prefixes: [],
  },
  midnights: [],
  suggestedTime: '2026-11-22T14:59:11Z',
};
