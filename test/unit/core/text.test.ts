import MarkdownIt from 'markdown-it';
import { describe, expect, it } from 'vitest';
import { forHtml, forLog, forMarkdown, forMarker, proseForHtml, proseForLog, shorten } from '../../../src/core/text.ts';
import { commandsIn, NASTY_KEYS } from '../action/support.ts';

/** Markdown as liberal as it gets: raw HTML, and links wherever one may be seen. */
const markdown = new MarkdownIt({ html: true, linkify: true });

/** What a reader sees of inline HTML, and the elements in it. */
function seen(html: string): { text: string; elements: string[] } {
  const bare = html.replace(/<!--[\s\S]*?-->/g, '');
  const elements = [...bare.matchAll(/<([a-z]\w*)/gi)].map((match) => match[1] ?? '');
  const text = bare
    .replace(/<[^>]*>/g, '')
    .replace(/&#(\d+);|&(amp|lt|gt|quot);/g, (_, code?: string, name?: string) =>
      code !== undefined ? String.fromCodePoint(Number(code)) : ({ amp: '&', lt: '<', gt: '>' }[name ?? ''] ?? '"'),
    );
  return { text, elements };
}

describe.each(NASTY_KEYS.map((key) => [JSON.stringify(key).slice(0, 60), key] as const))('%s', (_, key) => {
  it('is no command in the log, quoted or as prose, wherever it stands in the line', () => {
    for (const text of [forLog(key), proseForLog(key), `key: ${forLog(key)}`, `  ${proseForLog(key)}`]) {
      expect(commandsIn(text)).toEqual([]);
      expect(text).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]*$/u);
    }
  });

  it('comes back from the log as it was', () => {
    const unquoted = forLog(key).slice(1, -1).replaceAll('##\\[', '##[').replace(/^\\::/, '::');
    const value = unquoted.replace(/\\(?:u\{([0-9a-f]+)\}|u([0-9a-f]{4})|(.))/g, (_all, long, short, char) =>
      char === undefined
        ? String.fromCodePoint(Number.parseInt(long ?? short, 16))
        : ({ n: '\n', r: '\r', t: '\t' }[char as string] ?? char),
    );
    expect(value).toBe(key);
  });

  it('is one code element in Markdown, in a table too, and reads the same', () => {
    const visible = seen(forHtml(key)).text;
    expect(seen(markdown.render(forMarkdown(key)))).toEqual({ text: `${visible}\n`, elements: ['p', 'code'] });
    const table = seen(markdown.render(`| a | b |\n| --- | --- |\n| ${forMarkdown(key)} | last |`));
    expect(table.elements).toEqual(['table', 'thead', 'tr', 'th', 'th', 'tbody', 'tr', 'td', 'code', 'td']);
    expect(table.text).toContain('last');
  });

  it('is only text in HTML, and in an attribute', () => {
    expect(forHtml(key)).not.toMatch(/[<>"'`@|]|&(?!#\d+;)/);
    expect(seen(proseForHtml(key)).text).toBe(seen(forHtml(key)).text);
    expect(new Set(['span', 'code', ...seen(proseForHtml(key)).elements])).toEqual(new Set(['span', 'code']));
  });

  it('is nothing in prose that GitHub would link, mention or replace', () => {
    // GitHub looks at each text on its own, after entities are resolved, and not into <code>.
    const texts = proseForHtml(key)
      .replace(/<code>[^<]*<\/code>/g, '<>')
      .split(/<[^>]*>/)
      .map((text) => seen(text).text);
    for (const text of texts) {
      expect(text).not.toMatch(/@\w|#\d|\bgh-\d|:\w+:|www\.|:\/\/|\b[0-9a-f]{7,}\b|\$.+\$/i);
    }
  });
});

describe('links', () => {
  // GitHub's Markdown resolves entities first and looks for links afterwards, inside <code> of HTML too.
  it.each(['a@b.example', 'x https://b.example', 'x www.b.example', 'xmpp:a@b.example', 'mailto:a@b.example'])(
    'the start of a link is parted from what is around it: %s',
    (key) => {
      expect(forMarkdown(key)).toContain('<!-- -->');
    },
  );
});

describe('shorten', () => {
  it.each([
    ['abc', 3, 'abc'],
    ['abcdef', 5, 'ab…ef'],
    ['abcdef', 4, 'ab…f'],
    ['abcdef', 1, '…'],
    ['🎉🎉🎉🎉', 5, '🎉…🎉'],
    ['🎉🎉🎉🎉', 4, '🎉…'],
  ])('%s to %i', (text, max, short) => {
    expect(shorten(text, max)).toBe(short);
    expect(shorten(text, max).length).toBeLessThanOrEqual(max);
  });
});

it('a marker ends no comment', () => {
  for (const key of NASTY_KEYS) expect(forMarker(key)).toMatch(/^[\w-]*$/);
});
