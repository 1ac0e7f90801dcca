import type { RowKind } from '../core/key-row.ts';
import type { FolderCounts, KindCounts, RowCounts } from './counts.ts';
import { type Html, html, NOTHING } from './html.ts';
import { KINDS } from './rows.ts';
import { grouped, type Labels } from './words.ts';

/** Bars by what became of the keys: all of them, and by folder. */

const MAX_BARS = 12;
/** Of 100: what is there at all can be seen. */
const LEAST = 0.8;

export function chart(counts: RowCounts, labels: Labels): Html {
  const [first] = counts.folders;
  if (counts.keys === 0 || first === undefined) return NOTHING;
  const shown = counts.folders.slice(0, MAX_BARS);
  const rest = sumOf([...counts.folders.slice(MAX_BARS), ...(counts.others === undefined ? [] : [counts.others])]);
  const longest = Math.max(first.keys, rest?.keys ?? 0);
  const bars = shown.map((row, i) => folderBar(row, i, longest, labels));
  const isOne = counts.folders.length === 1 && rest === undefined;
  return html`<section class="chart" aria-labelledby="chart-title">
<h2 id="chart-title">${isOne ? 'What became of the keys' : 'What became of the keys, by folder'}</h2>
<ul class="legend">
${present(counts.kinds).map((kind) => html`<li><span class="dot k-${kind}"></span>${labels[kind]} <b>${grouped(counts.kinds[kind] ?? 0)}</b></li>`)}
</ul>
<div class="bars">
${isOne ? bar(counts.kinds, counts.keys, counts.keys) : bars}
${rest === undefined ? NOTHING : html`<div class="bar"><span class="name">all others</span>${bar(rest.kinds, rest.keys, longest)}<span class="count">${grouped(rest.keys)}</span></div>`}
</div>
</section>`;
}

/** A button: it shows the keys of this folder only. */
function folderBar({ folder, keys, kinds }: FolderCounts, i: number, longest: number, labels: Labels): Html {
  const words = present(kinds).map((kind) => `${grouped(kinds[kind] ?? 0)} ${labels[kind]}`);
  const name = folder === '' ? '(no folder)' : folder;
  return html`<button type="button" class="bar" data-folder="${i}" aria-pressed="false" title="${words.join(', ')}"><span class="name">${name}</span>${bar(kinds, keys, longest)}<span class="count">${grouped(keys)}<span class="unseen"> keys: ${words.join(', ')}</span></span></button>`;
}

function bar(kinds: KindCounts, keys: number, longest: number): Html {
  const parts = present(kinds).map((kind) => ({ kind, width: Math.max(LEAST, ((kinds[kind] ?? 0) / longest) * 100) }));
  // What small parts got too much, the others give.
  const all = parts.reduce((sum, { width }) => sum + width, 0);
  const scale = Math.min(1, Math.max(LEAST, (keys / longest) * 100) / all);
  let x = 0;
  const rects = parts.map(({ kind, width }) => {
    const rect = html`<rect class="k-${kind}" x="${round(x)}" width="${round(width * scale)}" height="10"></rect>`;
    x += width * scale;
    return rect;
  });
  return html`<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">${rects}</svg>`;
}

function present(kinds: KindCounts): RowKind[] {
  return KINDS.filter((kind) => (kinds[kind] ?? 0) > 0);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function sumOf(rows: readonly FolderCounts[]): FolderCounts | undefined {
  if (rows.length === 0) return undefined;
  const kinds: Partial<Record<RowKind, number>> = {};
  for (const row of rows) for (const kind of KINDS) kinds[kind] = (kinds[kind] ?? 0) + (row.kinds[kind] ?? 0);
  return { folder: '', keys: rows.reduce((sum, { keys }) => sum + keys, 0), kinds };
}
