import type { ChartFound } from '../core/timeline-found.ts';
import { secondsOf } from '../core/words.ts';
import { grouped } from './format.ts';
import { fold, table } from './html.ts';
import { time } from './summary-words.ts';

/**
 * Counts over time as charts that GitHub draws (Mermaid), and as a table. Nothing in a chart was written by somebody else:
 * all of it is numbers and words of ours.
 * https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/creating-diagrams
 */

type Bar = ChartFound['bars'][number];

/** A chart of its own for each: next to a million creations no three thousand deletions can be seen. */
const CHARTS: readonly { readonly title: string; readonly colour: string; readonly of: (bar: Bar) => number }[] = [
  { title: 'Deletions', colour: '#cf222e', of: (bar) => bar.deleted },
  { title: 'Overwrites', colour: '#bf8700', of: (bar) => bar.overwritten },
  { title: 'Creations', colour: '#2da44e', of: (bar) => bar.created + bar.restored },
];

/** Fenced blocks of Mermaid, one for each kind that there is. */
export function charts(chart: ChartFound): string[] {
  const labels = labelsOf(chart).map((label) => `"${label}"`);
  return CHARTS.flatMap(({ title, colour, of }) => {
    const values = chart.bars.map(of);
    const highest = Math.max(...values);
    if (highest === 0) return [];
    return [
      [
        '```mermaid',
        `%%{init: ${JSON.stringify(look(colour))}}%%`,
        // The name that all versions with this chart know; newer ones also take it without "beta".
        'xychart-beta',
        `  title "${title}: ${barWords(chart)}"`,
        `  x-axis [${labels.join(', ')}]`,
        `  y-axis "Keys" 0 --> ${highest}`,
        `  bar [${values.join(', ')}]`,
        '```',
      ].join('\n'),
    ];
  });
}

function look(colour: string): object {
  const axis = { labelFontSize: 12 };
  return {
    xyChart: { width: 1100, height: 320, titleFontSize: 15, xAxis: axis, yAxis: axis },
    themeVariables: { xyChart: { plotColorPalette: colour } },
  };
}

/** `a bar is 6 hours, from 2026-11-20 06:00 UTC`. */
function barWords({ from, width }: ChartFound): string {
  return `a bar is ${secondsOf(width)}, the first begins ${time(Date.parse(from)).replace(/:00 UTC$/, ' UTC')}`;
}

/** As short as they can be and still each another: there are at most MAX_BARS, and longer ones would run into each other. */
function labelsOf({ from, width, bars }: ChartFound): string[] {
  return bars.map((_, i) => {
    const at = new Date(Date.parse(from) + i * width * 1000).toISOString();
    if (width < 60) return at.slice(14, 19);
    if (width <= 3600) return at.slice(11, 16);
    if (width < 86_400) return `${at.slice(8, 10)} ${at.slice(11, 13)}h`;
    return width < 56 * 86_400 ? at.slice(5, 10) : at.slice(2, 7);
  });
}

/** The same numbers; stretches in which nothing happened are left out. */
export function chartTable({ from, width, bars }: ChartFound): string {
  const rows = bars.flatMap((bar, i) => {
    const numbers = [bar.deleted, bar.overwritten, bar.created, bar.restored, bar.midnight];
    if (numbers.every((n) => n === 0)) return [];
    return [[time(Date.parse(from) + i * width * 1000), ...numbers.map(grouped)]];
  });
  const titles = ['Deletions', 'Overwrites', 'Creations', 'Created again or put back', 'Deletions stamped midnight'];
  return fold(
    `<b>As a table</b>, ${secondsOf(width)} a row`,
    table([{ title: 'From' }, ...titles.map((title) => ({ title, number: true }))], rows),
  );
}
