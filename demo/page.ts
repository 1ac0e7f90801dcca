import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import MarkdownIt from 'markdown-it';

/** Job summaries as pages to look at: the Markdown rendered, in the looks of GitHub, without the network. */

export const OUT = resolve(import.meta.dirname, 'out');

const markdown = new MarkdownIt({ html: true, linkify: false });

export interface Summary {
  readonly title: string;
  readonly markdown: string;
  /** Where GitHub shows it; default `summary`. */
  readonly kind?: string;
}

export function renderMarkdown(text: string): string {
  return markdown.render(text);
}

/** Writes a page per summary, and `index.html` with all of them, as GitHub shows the steps of a job. Returns its path. */
export function writePages(summaries: readonly Summary[], folder = OUT): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const names = summaries.map(({ title }, i) => pageName(i, title));
  summaries.forEach((summary, i) => {
    writeFileSync(join(folder, names[i] ?? ''), page(summary.title, [summary]));
  });
  const index = join(folder, 'index.html');
  writeFileSync(index, page('All runs of the demo', summaries));
  return index;
}

/** Of the i-th page, from 0. */
export function pageName(i: number, title: string): string {
  return `${i + 1}-${title.toLowerCase().replace(/[^a-z]+/g, '-')}.html`;
}

function page(title: string, summaries: readonly Summary[]): string {
  const boxes = summaries.map(
    (summary) =>
      `<section><header>${escaped(summary.title)} <small>${escaped(summary.kind ?? 'summary')}</small></header>\n` +
      `<article>${renderMarkdown(summary.markdown)}</article></section>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)} · s3-rollback demo</title>
<style>${STYLE}</style>
<main>
<h1>${escaped(title)}</h1>
${boxes.join('\n')}
</main>
</html>
`;
}

function escaped(text: string): string {
  return markdown.utils.escapeHtml(text);
}

/** The sizes and colours of GitHub's own style sheet, as far as summaries use them. */
const STYLE = `
:root { --text: #1f2328; --soft: #59636e; --back: #fff; --box: #f6f8fa; --line: #d1d9e0; --code: #818b981f; }
@media (prefers-color-scheme: dark) {
  :root { --text: #f0f6fc; --soft: #9198a1; --back: #0d1117; --box: #151b23; --line: #3d444d; --code: #656c7633; }
}
body { margin: 0; background: var(--back); color: var(--text);
  font: 16px/1.5 -apple-system, BlinkMacSystemFont, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif,
    "Apple Color Emoji", "Segoe UI Emoji", "Noto Color Emoji"; }
main { max-width: 980px; margin: 24px auto; padding: 0 24px; }
h1 { font-size: 20px; font-weight: 600; }
section { border: 1px solid var(--line); border-radius: 6px; margin-bottom: 24px; }
header { background: var(--box); border-bottom: 1px solid var(--line); border-radius: 6px 6px 0 0;
  padding: 12px 16px; font-size: 14px; font-weight: 600; }
small { font-weight: 400; font-size: inherit; color: var(--soft); }
article { padding: 24px 32px; overflow-wrap: break-word; }
article > :first-child { margin-top: 0; }
article > :last-child { margin-bottom: 0; }
h2, h3 { margin: 24px 0 16px; font-weight: 600; line-height: 1.25; }
h2 { font-size: 24px; padding-bottom: 7px; border-bottom: 1px solid var(--line); }
h3 { font-size: 20px; }
p, ul, table, details { margin: 0 0 16px; }
ul { padding-left: 32px; }
li + li { margin-top: 4px; }
table { display: block; width: max-content; max-width: 100%; overflow: auto; border-spacing: 0; border-collapse: collapse; }
th { font-weight: 600; }
th, td { padding: 6px 13px; border: 1px solid var(--line); }
tr { background: var(--back); border-top: 1px solid var(--line); }
tr:nth-child(2n) { background: var(--box); }
code { padding: 3px 6px; border-radius: 6px; background: var(--code); white-space: break-spaces;
  font: 85%/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
summary { cursor: pointer; }
summary + * { margin-top: 12px; }
`;
