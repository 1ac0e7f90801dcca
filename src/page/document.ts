import { createHash } from 'node:crypto';
import type { Report } from '../core/report.ts';
import { chart } from './chart.ts';
import type { RowCounts } from './counts.ts';
import { type Html, html, NOTHING, trusted } from './html.ts';
import { KINDS } from './rows.ts';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';
import { historyTiles } from './timeline.ts';
import { grouped, labelsOf } from './words.ts';

/** What the page tells besides the keys. */
export interface Page {
  readonly report: Report;
  /** The run in a sentence. */
  readonly verdict: Html;
  /** A table of two columns: what was asked for. */
  readonly facts: Html;
  /** Other files of the run, and the digest of its plan. */
  readonly files: readonly (readonly [name: string, value: string])[];
  /** Reasons for which keys are skipped, and what each means. */
  readonly reasons: Readonly<Record<string, string>>;
  /** What made this page. */
  readonly madeBy: string;
  /** Of one operation alone, such as the timeline of a history; between the facts and the keys. */
  readonly sections: readonly PageSection[];
}

export interface PageSection {
  /** Of the element; letters, unlike those that the page has. */
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}

/** Rows in one page: so many a browser still sorts and searches at once. */
export const MAX_ROWS = 100_000;

/** Everything before the rows. */
export function openingOf(page: Page, counts: RowCounts): string {
  const { report } = page;
  const { operation, dryRun, error } = report;
  const bucket = typeof report.scope.bucket === 'string' ? report.scope.bucket : '';
  const title = [operation, dryRun ? 'dry run' : report.status, ...(bucket === '' ? [] : [bucket])].join(' · ');
  const opening = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${title} · s3-rollback</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<a class="skip" href="#keys">Skip to the keys</a>
<header>
<p class="brand"><b>s3-rollback</b> · ${operation}${dryRun ? ' · dry run' : ''}</p>
<button type="button" id="theme" hidden>Theme: auto</button>
</header>
<main>
<h1>${page.verdict}</h1>
${error === undefined ? NOTHING : errorCard(error)}
${tiles(report)}
${chart(counts, labelsOf(report))}
<div class="columns">
<section aria-labelledby="asked-title"><h2 id="asked-title">The run</h2>
${page.facts}
</section>
${aside(page)}
</div>
${page.sections.map(({ id, title: heading, body }) => html`<section aria-labelledby="${id}"><h2 id="${id}">${heading}</h2>${body}</section>`)}
${counts.keys === 0 ? html`<p id="keys">${report.operation === 'history' ? 'A history tells of keys together: a dry run of the undelete or rollback lists them one by one.' : 'There is no key to list.'}</p>` : keysSection(report, counts)}
${page.files.length === 0 ? NOTHING : html`<section aria-labelledby="files-title"><h2 id="files-title">Files of the run</h2><table>${page.files.map(([name, value]) => html`<tr><th scope="row">${name}</th><td><code>${value}</code></td></tr>`)}</table></section>`}
</main>
<footer>${page.madeBy} This page loads nothing and sends nothing.</footer>
`;
  return counts.keys === 0 ? opening.markup : `${opening.markup}<script type="application/json" id="data">`;
}

/** Everything after the rows. */
export function closingOf(counts: RowCounts): string {
  return `${counts.keys === 0 ? '' : '</script>\n'}<script>${SCRIPT}</script>\n</body>\n</html>\n`;
}

/**
 * Nothing is loaded from anywhere, and of what stands here only this style and this script count: even markup that somebody
 * smuggled in would do nothing. https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
 */
const POLICY = [
  `default-src 'none'`,
  `style-src ${hashOf(STYLE)}`,
  `script-src ${hashOf(SCRIPT)}`,
  `base-uri 'none'`,
  `form-action 'none'`,
].join('; ');

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

function errorCard({ message, hint, code }: NonNullable<Report['error']>): Html {
  return html`<section class="error" aria-label="Why the run stopped"><p>${message}</p>${hint === '' ? NOTHING : html`<p><b>What to do:</b> ${hint}</p>`}<p><code>${code}</code></p></section>`;
}

function tiles(report: Report): Html {
  const { totals } = report;
  const { restored } = labelsOf(report);
  const counts =
    report.history === undefined
      ? ([
          ['planned', 'planned', totals.planned],
          [restored, 'restored', totals.restored],
          ['unchanged', 'unchanged', totals.unchanged],
          ['skipped', 'skipped', totals.skipped],
          ['conflicts', 'conflict', totals.conflicts],
          ['failed', 'failed', totals.failed],
        ] as const)
      : historyTiles(report.history);
  return html`<dl class="tiles">
${counts.map(([title, kind, n]) => html`<div class="k-${kind}${n === 0 ? ' zero' : ''}"><dt>${title}</dt><dd>${grouped(n)}</dd></div>`)}
</dl>`;
}

/** What is to be known besides. */
function aside(page: Page): Html {
  const { notes } = page.report;
  const skipped = skippedReasons(page);
  if (notes.length === 0 && skipped === NOTHING) return NOTHING;
  const list = html`<section aria-labelledby="notes-title"><h2 id="notes-title">Worth knowing</h2><ul class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ul></section>`;
  return html`<div>${notes.length === 0 ? NOTHING : list}${skipped}</div>`;
}

function skippedReasons({ report, reasons }: Page): Html {
  const rows = Object.entries(report.skipped).filter(([, n]) => n > 0);
  if (rows.length === 0) return NOTHING;
  return html`<section aria-labelledby="skipped-title"><h2 id="skipped-title">Skipped</h2><table>
${rows.map(([reason, n]) => html`<tr><th scope="row"><code>${reason}</code> ${grouped(n)}</th><td>${reasons[reason] ?? ''}</td></tr>`)}
</table></section>`;
}

function keysSection(report: Report, counts: RowCounts): Html {
  const labels = labelsOf(report);
  const kinds = KINDS.flatMap((kind, i) => {
    const n = counts.kinds[kind] ?? 0;
    return n === 0 ? [] : [{ kind, i, n }];
  }).reverse();
  const hasFolders = counts.folders.length > 1;
  return html`<section id="keys" aria-labelledby="keys-title" tabindex="-1">
<h2 id="keys-title">Keys</h2>
<noscript><p class="cut">The table of the keys needs JavaScript. Everything above does without.</p></noscript>
${counts.keys <= MAX_ROWS ? NOTHING : html`<p class="cut">These are the first ${grouped(MAX_ROWS)} of ${grouped(counts.keys)} keys, failures and conflicts before all others. Plan, journal and report have the rest.</p>`}
<form class="filters" role="search" aria-label="Filter the keys">
<label>Search <input type="search" id="search" placeholder="Key, version id, message" autocomplete="off" spellcheck="false" autocapitalize="off"></label>
<label${hasFolders ? NOTHING : html` hidden`}>Folder <select id="folder"><option value="">All</option></select></label>
<fieldset><legend>Outcome</legend>
${kinds.map(({ kind, i, n }) => html`<button type="button" data-kind="${i}" aria-pressed="false"><span class="dot k-${kind}"></span>${labels[kind]} <b>${grouped(n)}</b></button>`)}
</fieldset>
<button type="button" id="clear" disabled>Clear</button>
</form>
<p id="status" role="status"></p>
<p id="printed" class="cut" hidden>The first 1,000 of these are printed.</p>
<div id="box">
<table id="grid" role="grid" aria-labelledby="keys-title" aria-describedby="grid-help" tabindex="0">
<thead><tr aria-rowindex="1">${columnsOf(counts).map(([column, heading]) => html`<th scope="col" class="c-${column}" data-column="${column}" aria-sort="none"><button type="button">${heading}</button></th>`)}</tr></thead>
<tbody id="rows"></tbody>
</table>
<p id="none" hidden>No key is like that.</p>
</div>
<p id="grid-help" class="help">Arrow keys go from row to row, Enter shows all about a key.</p>
<dialog id="detail" aria-labelledby="detail-title"><h2 id="detail-title">About this key</h2><dl id="detail-list"></dl><button type="button" id="detail-close">Close</button></dialog>
</section>`;
}

/** Only those that say something in this run. */
function columnsOf(counts: RowCounts): (readonly [column: string, title: string])[] {
  return [
    ['kind', 'Outcome'],
    ...(counts.buckets > 1 ? [['bucket', 'Bucket'] as const] : []),
    ['key', 'Key'],
    ...(counts.hasReasons ? [['reason', 'Reason'] as const] : []),
    ...(counts.hasPlan
      ? ([
          ['before', 'Before'],
          ['after', 'Back to'],
          ['steps', 'Plan'],
        ] as const)
      : []),
    ...(counts.hasWho ? [['who', 'Who'] as const] : []),
  ];
}
