import { beforeAll, describe, expect, it } from 'vitest';
import { charts } from '../../../src/action/summary-history-chart.ts';
import type { RunResult } from '../../../src/core/report.ts';
import type { HistoryRequest } from '../../../src/core/request.ts';
import type { ChartFound, HistoryFound } from '../../../src/core/timeline-found.ts';
import { expectTamed, render, text } from './summary-support.ts';
import { downloadOf, NASTY_KEYS, resultOf } from './support.ts';

/** What people see of a history. */

const ENTRIES = {
  created: 5000,
  overwritten: 60,
  deleted: 3000,
  'put-back': 0,
  restored: 0,
  'deleted-again': 0,
  'deleted-nothing': 0,
};

const NOTHING = { created: 0, restored: 0, overwritten: 0, deleted: 0, midnight: 0 };
const CHART: ChartFound = {
  from: '2026-11-22T00:00:00Z',
  width: 3600,
  bars: [
    { ...NOTHING, created: 5000 },
    ...Array.from({ length: 12 }, () => ({ ...NOTHING, overwritten: 5 })),
    { ...NOTHING, deleted: 3000, midnight: 7 },
  ],
};

const BURST = {
  kind: 'deleted',
  judged: 'incident',
  began: '2026-11-22T13:59:12Z',
  ended: '2026-11-22T13:59:51Z',
  before: '2026-11-22T13:59:11Z',
  events: 3000,
  keys: 3000,
  still: 2990,
} as const;

const INCIDENT: HistoryFound = {
  entries: ENTRIES,
  chart: CHART,
  bursts: [BURST, { ...BURST, judged: 'ordinary', kind: 'overwritten', keys: 20, still: 1, began: BURST.ended }],
  incident: {
    began: BURST.began,
    ended: BURST.ended,
    deleted: 3000,
    overwritten: 0,
    still: 2990,
    midnight: 0,
    within: 'site/',
    prefixes: [
      { prefix: 'site/img/', keys: 2000 },
      { prefix: 'site/css/', keys: 1000 },
    ],
  },
  midnights: [{ at: '2026-11-22T00:00:00Z', keys: 7, still: 5 }],
  suggestedTime: '2026-11-22T13:59:11Z',
};

const NONE: HistoryFound = { entries: ENTRIES, chart: CHART, bursts: [], midnights: [] };

const KEY: HistoryFound = {
  entries: { ...ENTRIES, created: 1, overwritten: 0, deleted: 1 },
  bursts: [],
  midnights: [],
  timeline: [
    {
      at: '2026-11-22T13:59:12Z',
      deed: 'deleted',
      versionId: 'marker-id',
      deleteMarker: true,
      midnight: false,
      current: true,
    },
    {
      at: '2026-11-01T10:00:00Z',
      deed: 'created',
      versionId: 'version-id',
      deleteMarker: false,
      midnight: false,
      current: false,
      size: 2048,
      storageClass: 'GLACIER',
    },
  ],
  suggestedTime: '2026-11-22T13:59:11Z',
};

function requestOf(scope: Partial<HistoryRequest['scope']> = {}): HistoryRequest {
  const { directory: _, ...rest } = downloadOf();
  return { ...rest, operation: 'history', target: { kind: 'none' }, scope: { ...rest.scope, ...scope } };
}

function page(
  found: HistoryFound | undefined,
  scope: Partial<HistoryRequest['scope']> = {},
  error?: RunResult['report']['error'],
) {
  const request = requestOf(scope);
  const {
    plan: _,
    journalFile: __,
    ...result
  } = resultOf(
    request,
    (tally) => {
      tally.totals.keysExamined = 5000;
      tally.totals.entriesExamined = found?.timeline?.length ?? 8060;
      if (found !== undefined) tally.history = found;
    },
    error,
  );
  return render(request, result);
}

const operations = (summary: string) => [...summary.matchAll(/^ {2}operation: (\w+)$/gm)].map(([, name]) => name);
const fences = (summary: string) => [...summary.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];

describe('the verdict', () => {
  it.each<[words: string, summary: string]>([
    ['🔎 3,000 keys deleted in my-site under site/: 2026-11-22 13:59:12 to 13:59:51 UTC', page(INCIDENT)],
    ['✅ No incident found in my-site under site/', page(NONE)],
    [
      '✅ No incident found in my-site under site/',
      page({ ...NONE, bursts: [{ ...BURST, judged: 'over', still: 0 }] }),
    ],
    [
      '🔎 No incident stands out in my-site under site/, but 9 keys are as a burst left them',
      page({ ...NONE, bursts: [{ ...BURST, judged: 'small', keys: 9, still: 9 }] }),
    ],
    [
      '🔎 No incident stands out in my-site under site/, but 1 key is as a burst left it',
      page({
        ...NONE,
        bursts: [
          { ...BURST, judged: 'ordinary', still: 0 },
          { ...BURST, judged: 'small', keys: 2, still: 1 },
        ],
      }),
    ],
    [
      '🔎 No incident stands out in my-site under site/, but 5,990 keys are as 4 bursts left them',
      page({
        ...NONE,
        bursts: [
          { ...BURST, judged: 'ordinary' },
          { ...BURST, judged: 'ordinary', still: 2990 },
          { ...BURST, judged: 'small', still: 3 },
          { ...BURST, judged: 'small', still: 7 },
        ],
      }),
    ],
    ['🔎 2 entries in my-site, key site/k: deleted, since 2026-11-22 13:59:12 UTC', page(KEY, { key: 'site/k' })],
    [
      '🔎 1 entry in my-site, key k: live',
      page({ entries: ENTRIES, bursts: [], midnights: [], timeline: KEY.timeline?.slice(1) ?? [] }, { key: 'k' }),
    ],
    [
      '❌ The history was not read to its end in my-site under site/',
      page(undefined, {}, { code: 'AccessDenied', message: 'no', hint: 'Allow it.' }),
    ],
    [
      '⚠️ Cancelled: the history was not read to its end in my-site under site/',
      page(undefined, {}, { code: 'cancelled', message: 'no', hint: '' }),
    ],
  ])('%s', (words, summary) => {
    expect(text(summary)).toContain(words);
  });
});

describe('of an incident', () => {
  it('says when, how many, how many still, where, and the second before', () => {
    const shown = text(page(INCIDENT));
    for (const words of [
      'Began 2026-11-22 13:59:12 UTC',
      'Ended 2026-11-22 13:59:51 UTC, after 40 s',
      'Deleted 3,000 keys',
      'Still so 2,990 keys',
      'All in site/',
      'Last second before it 2026-11-22 13:59:11 UTC',
      'site/img/ 2,000 site/css/ 1,000',
      'Deletions 3,000 2,990 2026-11-22 13:59:12 to 13:59:51 UTC 40 s 2026-11-22 13:59:11 UTC the incident',
      '2026-11-22T00:00:00Z 7 5',
      'What cannot be known',
      'LIST',
    ]) {
      expect(shown).toContain(words);
    }
    expect(shown).not.toContain('Planned');
  });

  it('steps ready to paste: only what was deleted then, or all of it back to that second', () => {
    const steps = fences(page(INCIDENT)).filter(([, language]) => language === 'yaml');
    expect(steps.map(([, , content]) => content)).toEqual([
      "with:\n  operation: undelete\n  bucket: 'my-site'\n  prefix: 'site/'\n  deleted-after: 2026-11-22T13:59:12Z\n" +
        '  deleted-before: 2026-11-22T13:59:51Z\n  dry-run: true\n',
      "with:\n  operation: rollback\n  bucket: 'my-site'\n  prefix: 'site/'\n  to-time: 2026-11-22T13:59:11Z\n  dry-run: true\n",
    ]);
  });

  it('with overwrites too: what was deleted comes back alone, or all of it', () => {
    const summary = page({ ...INCIDENT, incident: { ...INCIDENT.incident, overwritten: 9 } } as HistoryFound);
    expect(operations(summary)).toEqual(['undelete', 'rollback']);
    expect(text(summary)).toContain('3,000 keys deleted and 9 overwritten');
    expect(text(summary)).toContain('what was overwritten, and everything else, stays as it is');
  });

  it('of overwrites only: a rollback takes it back', () => {
    const summary = page({
      ...INCIDENT,
      incident: { ...INCIDENT.incident, deleted: 0, overwritten: 9 },
    } as HistoryFound);
    expect(operations(summary)).toEqual(['rollback']);
    expect(text(summary)).toContain('Go back to the last second before it');
  });

  it('none: said plainly, with no step', () => {
    const summary = page(NONE);
    expect(text(summary)).toContain('No stretch of time stands out');
    expect(fences(summary).map(([, language]) => language)).toEqual(['mermaid', 'mermaid', 'mermaid']);
  });
});

describe('of one key', () => {
  it('what each entry did, and how to bring the key back', () => {
    const shown = text(page(KEY, { key: 'site/k' }));
    expect(shown).toContain('2026-11-22 13:59:12 UTC deleted the key (current) delete marker marker-id');
    expect(shown).toContain('2026-11-01 10:00:00 UTC created 2.0 KiB GLACIER version-id');
    const steps = fences(page(KEY, { key: 'site/k' }));
    expect(steps[0]?.[2]).toBe("with:\n  operation: undelete\n  bucket: 'my-site'\n  key: 'site/k'\n  dry-run: true\n");
  });

  it('deleted in the second in which it was written: undelete alone, and why', () => {
    const { suggestedTime: _, ...found } = KEY;
    const summary = page(found, { key: 'site/k' });
    expect(operations(summary)).toEqual(['undelete']);
    expect(text(summary)).toContain('No time is suggested: the key was deleted in the very second');
    expect(text(summary)).toContain('key site/k: deleted, since 2026-11-22 13:59:12 UTC');
  });

  it('with markers only there is nothing to take back', () => {
    const [marker] = KEY.timeline ?? [];
    const timeline = ['deleted-again', 'deleted-nothing'].map((deed) => ({ ...marker, deed }));
    const found = { entries: ENTRIES, bursts: [], midnights: [], timeline } as unknown as HistoryFound;
    expect(operations(page(found, { key: 'k' }))).toEqual([]);
  });

  it('live with an older version: one version back is offered, and no time', () => {
    const timeline = (KEY.timeline ?? []).map((entry) => ({ ...entry, deleteMarker: false }));
    const { suggestedTime: _, ...found } = { ...KEY, timeline };
    expect(page(found, { key: 'k' })).toContain('  versions-back: 1\n');
  });
});

describe('the charts', () => {
  let parse: ((chart: string) => Promise<unknown>) | undefined;
  beforeAll(async () => {
    // Mermaid cleans titles with the DOM, which is not here; what it makes of the text is not looked at.
    const { default: purifier } = await import('dompurify');
    Object.assign(purifier, { addHook: () => {}, sanitize: (title: string) => title });
    const { default: mermaid } = await import('mermaid');
    parse = (chart) => mermaid.parse(chart);
  });

  const shapes: [string, ChartFound][] = [
    ['hours of a day', CHART],
    ['one second', { from: '2026-11-22T13:59:12Z', width: 1, bars: [{ ...NOTHING, deleted: 1 }] }],
    ['seconds', { ...CHART, width: 2 }],
    ['minutes over midnight', { ...CHART, from: '2026-11-22T23:30:00Z', width: 600 }],
    ['hours over days', { ...CHART, width: 43_200 }],
    ['days', { ...CHART, width: 86_400 }],
    ['two months', { ...CHART, width: 56 * 86_400 }],
    ['years', { ...CHART, width: 364 * 86_400 }],
    ['a thousand million', { ...CHART, bars: [{ ...NOTHING, created: 1e9, deleted: 1e6, overwritten: 123_456_789 }] }],
  ];

  it.each(shapes)('Mermaid reads them: %s', async (_, chart) => {
    const drawn = charts(chart);
    expect(drawn.length).toBeGreaterThan(0);
    for (const one of drawn) {
      const [, language, content = ''] = fences(one)[0] ?? [];
      expect(language).toBe('mermaid');
      expect(await parse?.(content)).toMatchObject({ diagramType: 'xychart' });
    }
  });

  it('and it would say if it could not', async () => {
    await expect(parse?.('xychart-beta\n  bar [x')).rejects.toThrow();
  });

  it.each(shapes)('every bar has a label of its own: %s', (_, chart) => {
    for (const one of charts(chart)) {
      const labels = /x-axis \[(.*)\]/.exec(one)?.[1]?.split('", "') ?? [];
      expect(new Set(labels).size).toBe(chart.bars.length);
    }
  });

  it('one for each kind that there is', () => {
    const titles = (bars: ChartFound['bars']) => charts({ ...CHART, bars }).map((one) => /title "(\w+)/.exec(one)?.[1]);
    expect(titles(CHART.bars)).toEqual(['Deletions', 'Overwrites', 'Creations']);
    expect(titles([{ ...NOTHING, restored: 1 }])).toEqual(['Creations']);
    expect(titles([{ ...NOTHING, midnight: 1 }])).toEqual([]);
  });
});

describe('text from outside', () => {
  /** Blocks of code are checked for themselves: Markdown and HTML are nothing in them. */
  const withoutFences = (summary: string) => summary.replace(/^```\w+\n[\s\S]*?^```$/gm, '');

  it.each(NASTY_KEYS.map((key) => [JSON.stringify(key), key]))('as prefixes and inputs: %s', (_, word) => {
    const found: HistoryFound = {
      ...INCIDENT,
      incident: {
        ...INCIDENT.incident,
        within: word,
        prefixes: [
          { prefix: word, keys: 2 },
          { prefix: `${word}/${word}/`, keys: 1 },
        ],
      } as HistoryFound['incident'] & object,
    };
    const everywhere = (it: string) =>
      page(
        JSON.parse(
          JSON.stringify(found).replaceAll(JSON.stringify(word).slice(1, -1), JSON.stringify(it).slice(1, -1)),
        ),
        {
          bucket: it,
          prefix: it,
          include: [it],
        },
      );
    expectTamed((it) => withoutFences(everywhere(it)), word);
    expect(operations(everywhere(word))).toEqual(['undelete', 'rollback']);
  });

  it.each(NASTY_KEYS.map((key) => [JSON.stringify(key), key]))('as a key and its version ids: %s', (_, word) => {
    const everywhere = (it: string) =>
      page(
        {
          ...KEY,
          timeline: (KEY.timeline ?? []).map((entry) => ({ ...entry, versionId: it, storageClass: it })),
        },
        { key: it },
      );
    expectTamed((it) => withoutFences(everywhere(it)), word);
    expect(fences(everywhere(word))).toHaveLength(2);
  });
});
