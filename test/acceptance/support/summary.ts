import markdownIt from 'markdown-it';
import { expect } from 'vitest';

/** GitHub's own reading of a summary, near enough: HTML is let through, bare links are made. */
const renderer = markdownIt({ html: true, linkify: true });

/** What the action writes itself. Anything else in a rendered summary came from a key or a message. */
const OWN_TAGS = new Set(
  'h2 h3 p b table thead tbody tr th td ul li details summary code span'.split(' ').flatMap((tag) => [tag, `/${tag}`]),
);

const FENCE = /<pre><code class="language-(mermaid|yaml)">[^<]*<\/code><\/pre>/g;

/** The summary holds no tag, attribute, link or mention but the action's own. */
export function expectHarmless(summary: string): void {
  // Blocks of code, charts and steps to paste, are no Markdown inside; that they end where they should is seen by what follows.
  const html = renderer
    .render(summary)
    .replace(/<!-- -->/g, '')
    .replace(FENCE, '');
  for (const [tag, name = '', attributes = ''] of html.matchAll(/<(\/?[a-z][a-z0-9]*)([^>]*)>/gi)) {
    expect(OWN_TAGS, `${tag} in the summary`).toContain(name);
    expect(attributes, `${tag} in the summary`).toMatch(/^( align="(left|right)")?$/);
  }
  const mention = /@[a-z]/i.exec(summary);
  expect(mention, 'a mention in the summary').toBeNull();
}
