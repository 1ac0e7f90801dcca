import type { BurstFound, ChartFound, EntryFound, HistoryFound, IncidentFound } from '../core/timeline-found.ts';
import { secondsOf } from '../core/words.ts';
import type { PageSection } from './document.ts';
import { type Html, html } from './html.ts';
import { grouped } from './words.ts';

/** What a history found, for the page: the incident, bars over time, the bursts, and the timeline of a key. */

type Bar = ChartFound['bars'][number];

const SERIES: readonly { readonly title: string; readonly colour: string; readonly of: (bar: Bar) => number }[] = [
  { title: 'Deletions', colour: 'failed', of: ({ deleted }) => deleted },
  { title: 'Overwrites', colour: 'conflict', of: ({ overwritten }) => overwritten },
  { title: 'Creations', colour: 'restored', of: ({ created, restored }) => created + restored },
];

/** What the entries did: the title, the colour, the count. */
export function historyTiles({ entries }: HistoryFound): readonly (readonly [string, string, number])[] {
  return [
    ['deleted', 'failed', entries.deleted],
    ['overwritten', 'conflict', entries.overwritten],
    ['created', 'restored', entries.created],
    ['created again', 'planned', entries.restored],
    ['put back', 'planned', entries['put-back']],
    ['deleted when gone', 'unchanged', entries['deleted-again'] + entries['deleted-nothing']],
  ];
}

/** In the order in which they are read; only those that have something to say. Pure. */
export function historyPage({ incident, suggestedTime, chart, bursts, timeline }: HistoryFound): PageSection[] {
  return [
    ...(suggestedTime === undefined
      ? []
      : [{ id: 'incident', title: 'To take it back', body: incidentTable(suggestedTime, incident) }]),
    ...(chart === undefined ? [] : [{ id: 'over-time', title: 'Over time (UTC)', body: overTime(chart) }]),
    ...(bursts.length === 0 ? [] : [{ id: 'bursts', title: 'Bursts', body: burstsTable(bursts) }]),
    ...(timeline === undefined || timeline.length === 0
      ? []
      : [{ id: 'timeline', title: 'Timeline, newest first', body: timelineTable(timeline) }]),
  ];
}

function incidentTable(suggestedTime: string, incident: IncidentFound | undefined): Html {
  const rows: readonly (readonly [string, string])[] = [
    ['to-time', suggestedTime],
    ...(incident === undefined
      ? []
      : ([
          ['Began', incident.began],
          ['Ended', incident.ended],
          ['Keys deleted', grouped(incident.deleted)],
          ['Keys overwritten', grouped(incident.overwritten)],
          ['Still so', grouped(incident.still)],
          ['All in', incident.within === '' ? 'the bucket, in no one folder' : incident.within],
        ] as const)),
  ];
  return html`<table>${rows.map(([name, value]) => html`<tr><th scope="row">${name}</th><td><code>${value}</code></td></tr>`)}</table>`;
}

/** A chart for each kind, each to its own scale: next to a million creations no three thousand deletions can be seen. */
function overTime(chart: ChartFound): Html {
  const shown = SERIES.filter(({ of }) => chart.bars.some((bar) => of(bar) > 0));
  return html`${shown.map(({ title, colour, of }) => columns(chart, title, colour, of))}`;
}

/** Of 100: what is there at all can be seen. */
const LEAST = 2;

function columns({ from, width, bars }: ChartFound, title: string, colour: string, of: (bar: Bar) => number): Html {
  const highest = Math.max(...bars.map(of));
  const step = 100 / bars.length;
  const at = (i: number) => new Date(Date.parse(from) + i * width * 1000).toISOString().replace('.000Z', 'Z');
  const rects = bars.map((bar, i) => {
    const n = of(bar);
    const height = n === 0 ? 0 : Math.max(LEAST, (n / highest) * 100);
    return html`<rect class="k-${colour}" x="${round(i * step + step * 0.1)}" y="${round(100 - height)}" width="${round(step * 0.8)}" height="${round(height)}"><title>${at(i)}: ${grouped(n)}</title></rect>`;
  });
  const words = bars.flatMap((bar, i) => (of(bar) === 0 ? [] : [`${at(i)}: ${grouped(of(bar))}`])).join('; ');
  return html`<h3>${title}, at most ${grouped(highest)} keys in ${secondsOf(width)}</h3>
<svg class="time" viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="${title}: ${words}">${rects}</svg>
<p class="ends"><span>${at(0)}</span><span>${at(bars.length)}</span></p>`;
}

function burstsTable(bursts: readonly BurstFound[]): Html {
  return grid(
    ['Burst of', 'Keys', 'Still so', 'Began', 'Ended', 'Last second before', 'Looks'],
    bursts.map(({ kind, keys, still, began, ended, before, judged }) => [
      kind === 'deleted' ? 'deletions' : 'overwrites',
      grouped(keys),
      grouped(still),
      began,
      ended,
      before,
      judged,
    ]),
  );
}

function timelineTable(timeline: readonly EntryFound[]): Html {
  return grid(
    ['Time', 'What it did', 'Bytes', 'Version id'],
    timeline.map(({ at, deed, size, versionId, current }) => [
      at,
      `${deed.replace('-', ' ')}${current ? ' (current)' : ''}`,
      size === undefined ? '' : grouped(size),
      versionId,
    ]),
  );
}

function grid(titles: readonly string[], rows: readonly (readonly string[])[]): Html {
  return html`<div class="wide"><table><thead><tr>${titles.map((title) => html`<th scope="col">${title}</th>`)}</tr></thead><tbody>
${rows.map((cells) => html`<tr>${cells.map((cell) => (cell === '' ? html`<td></td>` : html`<td><code>${cell}</code></td>`))}</tr>`)}
</tbody></table></div>`;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
