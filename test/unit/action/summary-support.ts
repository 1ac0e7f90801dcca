import MarkdownIt from 'markdown-it';
import { expect } from 'vitest';
import { renderSummary } from '../../../src/action/summary.ts';
import { MAX_SUMMARY_BYTES } from '../../../src/action/summary-file.ts';
import type { RunResult, Tally } from '../../../src/core/report.ts';
import type { Request, RestoreRequest } from '../../../src/core/request.ts';
import { requestOf, resultOf } from './support.ts';

const markdown = new MarkdownIt({ html: true, linkify: true });

export function render(request: Request, result: RunResult, maxBytes = MAX_SUMMARY_BYTES): string {
  return renderSummary(result, { request, maxBytes });
}

export function summaryOf(
  over: Partial<RestoreRequest>,
  fill: (tally: Tally) => void,
  error?: Parameters<typeof resultOf>[2],
): string {
  const request = requestOf(over);
  return render(request, resultOf(request, fill, error));
}

/** The summary as GitHub would parse it, its comments gone. */
export function html(summary: string): string {
  return markdown.render(summary).replace(/<!--[\s\S]*?-->/g, '');
}

/** What a reader sees, white space evened out. */
export function text(summary: string): string {
  return html(summary)
    .replace(/<\/?(code|span|b)>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/\s+/g, ' ');
}

/** Tags that are opened and not closed in order, or the other way round. */
export function unbalanced(page: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, slash, name = ''] of page.matchAll(/<(\/?)([a-z]\w*)[^>]*>/gi)) {
    if (slash !== '/') open.push(name);
    else if (open.pop() !== name) wrong.push(name);
  }
  return [...wrong, ...open];
}

const ALLOWED = new Set('h2 h3 p ul li table thead tbody tr th td details summary code b span'.split(' '));

function structure(page: string): string[] {
  return [...page.matchAll(/<(\/?[a-z]\w*)/gi)].map((m) => m[1] ?? '').filter((tag) => !/^\/?(code|span)$/.test(tag));
}

/** A word from outside, wherever it stands in a summary, is text and nothing else. */
export function expectTamed(everywhere: (word: string) => string, word: string): void {
  const page = html(everywhere(word));
  expect(unbalanced(page)).toEqual([]);
  for (const [, name = '', attributes = ''] of page.matchAll(/<\/?([a-z]\w*)([^>]*)>/gi)) {
    expect(ALLOWED).toContain(name);
    expect(['', ' align="left"', ' align="right"']).toContain(attributes);
  }
  // The same elements in the same order as with a harmless name: nothing was added, nothing was ended early.
  const harmless = html(everywhere(word.length > 500 ? 'x'.repeat(word.length) : 'xyz'));
  expect(structure(page)).toEqual(structure(harmless));
  // Outside <code>, nothing that GitHub would turn into a mention, a reference or a link.
  const outside = page.replace(/<code>[^<]*<\/code>/g, '<>').split(/<[^>]*>/);
  for (const piece of outside) {
    const shown = piece.replace(/&#(\d+);/g, (_all, code: string) => String.fromCodePoint(Number(code)));
    expect(shown).not.toMatch(/@\w|#\d|\bgh-\d|:\w+:(?!\d)|www\.|:\/\/|\b[0-9a-f]{7,}\b/i);
  }
}
