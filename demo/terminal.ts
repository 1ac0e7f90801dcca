import { styleText } from 'node:util';

/** How the demo looks in a terminal. Colour only where stdout is a terminal, and NO_COLOR is not set. */

type Style = Parameters<typeof styleText>[0];

export function paint(style: Style, text: string): string {
  const colour = process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '';
  return colour ? styleText(style, text, { validateStream: false }) : text;
}

export const bold = (text: string) => paint('bold', text);
export const dim = (text: string) => paint('dim', text);
export const good = (text: string) => paint('green', text);
export const bad = (text: string) => paint('red', text);

export const WIDTH = Math.max(60, Math.min(process.stdout.columns ?? 100, 110));

export function say(line = ''): void {
  console.log(line === '' ? '' : `  ${line}`);
}

export function heading(text: string): void {
  console.log(`\n${bold(text)}\n`);
}

/** `3,012`. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 object`, `3,012 objects`. */
export function count(value: number, noun: string): string {
  return `${grouped(value)} ${noun}${value === 1 ? '' : 's'}`;
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/** `2026-11-22 14:00 UTC`. */
export function minute(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Rows as columns. `right` names the columns of numbers. Cells are measured without their colours. */
export function columns(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, i) => Math.max(0, ...rows.map((row) => width(row[i] ?? ''))));
  return rows.map((row) =>
    row
      .map((cell, i) => {
        const space = ' '.repeat((widths[i] ?? 0) - width(cell));
        return right.includes(i) ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd(),
  );
}

const COLOURS = /\u001b\[\d+m/g;
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** Columns that a terminal gives to a text. */
export function width(text: string): number {
  let sum = 0;
  for (const char of text.replace(COLOURS, '')) sum += char === '\ufe0f' ? 0 : WIDE.test(char) ? 2 : 1;
  return sum;
}

/** Cut to so many columns, saying so. */
export function cut(text: string, max: number): string {
  if (width(text) <= max) return text;
  let out = '';
  for (const char of text) {
    if (width(out + char) >= max) break;
    out += char;
  }
  return `${out}…`;
}

/** Break at spaces, to lines of at most so many columns. */
export function wrap(text: string, max: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && width(`${line} ${word}`) > max) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
