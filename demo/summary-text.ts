import { bold, columns, cut, dim, width as widthOf, wrap } from './terminal.ts';

/**
 * A job summary for the terminal, from its HTML. Knows the few elements that summaries are made of. What a reader on
 * GitHub has to unfold stays folded here: one line says that it is there.
 */
export function summaryText(html: string, width: number): string[] {
  const lines: string[] = [];
  for (const block of blocksOf(html)) {
    if (lines.length > 0) lines.push('');
    lines.push(...blockText(block, width));
  }
  // Folded lines stand together.
  return lines.filter((line, i) => !(line === '' && isFold(lines[i - 1]) && isFold(lines[i + 1])));
}

function isFold(line: string | undefined): boolean {
  return line?.includes('▸') === true;
}

interface Block {
  readonly tag: string;
  readonly inside: string;
}

function blocksOf(html: string): Block[] {
  const blocks = html.matchAll(/<(h[1-6]|p|ul|table|details)\b[^>]*>([\s\S]*?)<\/\1>/g);
  return Array.from(blocks, ([, tag = '', inside = '']) => ({ tag, inside }));
}

function blockText({ tag, inside }: Block, width: number): string[] {
  switch (tag) {
    case 'details': {
      const [, title = ''] = /<summary>([\s\S]*?)<\/summary>/.exec(inside) ?? [];
      return [`${dim('▸')} ${cut(plain(title), width - 2)}`];
    }
    case 'ul':
      return Array.from(inside.matchAll(/<li>([\s\S]*?)<\/li>/g), ([, item = '']) =>
        wrap(plain(item), width - 2).map((line, i) => (i === 0 ? `· ${line}` : `  ${line}`)),
      ).flat();
    case 'table':
      return tableText(inside, width);
    case 'p':
      return wrap(plain(inside), width);
    default:
      return [bold(cut(plain(inside), width))];
  }
}

function tableText(inside: string, width: number): string[] {
  const rows = Array.from(inside.matchAll(/<tr>([\s\S]*?)<\/tr>/g), ([, row = '']) =>
    Array.from(row.matchAll(/<(t[hd])(?: align="(\w+)")?[^>]*>([\s\S]*?)<\/\1>/g), ([, kind, align, cell = '']) => ({
      text: kind === 'th' ? dim(plain(cell)) : cut(plain(cell), Math.floor(width * 0.8)),
      right: align === 'right',
    })),
  );
  const right = (rows[0] ?? []).flatMap((cell, i) => (cell.right ? [i] : []));
  const texts = rows.map((row) => row.map((cell) => cell.text));
  const lines = columns(texts, right);
  if (lines.every((line) => widthOf(line) <= 1.5 * width)) return lines;
  // Far too wide: each row by itself, its cells below one another.
  const [head = [], ...others] = texts;
  return others.flatMap((row, i) => [
    ...(i === 0 ? [] : ['']),
    ...columns(row.map((cell, j) => [head[j] ?? '', cell])),
  ]);
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

/** Without tags and comments, entities resolved. */
export function plain(html: string): string {
  return html
    .replace(/<!--[\s\S]*?-->|<[^>]*>/g, '')
    .replace(/&(?:#(\d+)|(\w+));/g, (all, code, name) =>
      code ? String.fromCodePoint(Number(code)) : (NAMED[name] ?? all),
    )
    .replace(/\s+/g, ' ')
    .trim();
}
