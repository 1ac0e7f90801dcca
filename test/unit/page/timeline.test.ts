import { describe, expect, it } from 'vitest';
import type { HistoryFound } from '../../../src/core/timeline-found.ts';
import { historyPage } from '../../../src/page/index.ts';
import { NASTY_KEYS } from '../action/support.ts';
import { HISTORY } from './history.ts';

/** The markup, its entities as a browser shows them: nothing in these histories is markup itself. */
function bodyOf(history: HistoryFound, id: string): string {
  const markup = historyPage(history).find((section) => section.id === id)?.body.markup ?? '';
  return markup.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
}

describe('a history on the page', () => {
  it('says the incident and the time to go back to', () => {
    const body = bodyOf(HISTORY, 'incident');
    expect(body).toContain('<th scope="row">to-time</th><td><code>2026-11-22T14:59:11Z</code>');
    expect(body).toContain('3,000');
    expect(body).toContain('site/');
  });

  it('draws a chart for each kind that there is, each to its own scale; what is there at all can be seen', () => {
    const [deletions = '', creations = '', ...more] = bodyOf(HISTORY, 'over-time').split('<h3>').slice(1);
    expect(more).toEqual([]);
    const heights = (chart: string) => [...chart.matchAll(/ height="([\d.]+)"/g)].map((match) => Number(match[1]));
    expect(heights(deletions)).toEqual([0, 0, 100, 0]);
    expect(heights(creations)).toEqual([100, 2, 0, 0]);
    expect(deletions).toContain('aria-label="Deletions: 2026-11-22T14:00:00Z: 3,000"');
    expect(creations).toContain('<title>2026-11-22T13:00:00Z: 1</title>');
  });

  it('has no section for what was not found', () => {
    const { entries } = HISTORY;
    expect(historyPage({ entries, bursts: [], midnights: [] })).toEqual([]);
    expect(historyPage({ ...HISTORY, timeline: [] }).map(({ id }) => id)).toEqual(['incident', 'over-time', 'bursts']);
  });

  it.each(NASTY_KEYS.map((key) => [JSON.stringify(key.slice(0, 40)), key]))(
    'has no markup from outside: %s',
    (_, key) => {
      const history = (text: string): HistoryFound => ({
        ...HISTORY,
        incident: { ...HISTORY.incident, within: text } as HistoryFound['incident'] & {},
        timeline: [
          { at: text, deed: 'created', versionId: text, deleteMarker: false, midnight: false, current: true, size: 1 },
        ],
      });
      const tags = (text: string) =>
        historyPage(history(text)).map(({ body }) => [...body.markup.matchAll(/<[a-z!/][^>]*>/gi)].map(([tag]) => tag));
      expect(tags(key)).toEqual(tags('plain'));
    },
  );
});
