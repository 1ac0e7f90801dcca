/**
 * Pieces of HTML for the job summary. Cells are HTML already: text from outside has been through core/text.ts. Nothing
 * here has an empty line in it: inside an HTML block GitHub reads no Markdown, until the first empty line.
 * https://github.github.com/gfm/#html-blocks
 */

export interface Column {
  readonly title: string;
  readonly number?: boolean;
}

export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const align = (i: number) => (columns[i]?.number === true ? 'right' : 'left');
  const head = columns.map((column, i) => `<th align="${align(i)}">${column.title}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map((cell, i) => `<td align="${align(i)}">${cell}</td>`).join('')}</tr>`);
  return `<table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body.join('\n')}\n</tbody>\n</table>`;
}

/** Two columns, the left one naming what the right one says. */
export function facts(rows: readonly (readonly [name: string, value: string])[]): string {
  const body = rows.map(([name, value]) => `<tr><th align="left">${name}</th><td>${value}</td></tr>`);
  return `<table>\n${body.join('\n')}\n</table>`;
}

export function fold(title: string, ...content: readonly string[]): string {
  return `<details>\n<summary>${title}</summary>\n${content.join('\n')}\n</details>`;
}

export function paragraph(content: string): string {
  return `<p>${content}</p>`;
}

export function list(items: readonly string[]): string {
  return `<ul>\n${items.map((item) => `<li>${item}</li>`).join('\n')}\n</ul>`;
}

export function section(title: string, ...content: readonly string[]): string {
  return [`### ${title}`, ...content].join('\n\n');
}
