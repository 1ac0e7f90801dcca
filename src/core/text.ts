/**
 * The only ways out for text that somebody else wrote: object keys, version ids, metadata, messages from S3.
 * Whoever can write to the bucket chooses it, so none of it may become a workflow command, Markdown, HTML or a mention.
 */

/** Line and paragraph separators, bidirectional overrides, zero-width characters: invisible, or they re-order a line. */
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function escapeInvisible(text: string): string {
  const unicode = (c: string) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return text
    .replace(INVISIBLE, (c) => (c === '\n' ? '\\n' : c === '\r' ? '\\r' : c === '\t' ? '\\t' : unicode(c)))
    .replace(LONE_SURROGATE, unicode);
}

/**
 * For a line of the log: quoted, on one line. The runner obeys `::command::` at the start of a line, which the opening
 * quote prevents, and the old form `##[command]` anywhere in it, which the inserted backslash breaks.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export function forLog(text: string): string {
  return `"${escapeInvisible(text.replace(/["\\]/g, '\\$&')).replace(/##\[/g, '##\\[').replace(/^::/, '\\::')}"`;
}

/** Longer prose from outside (an error message of S3): made harmless like `forLog`, but not quoted. */
export function proseForLog(text: string): string {
  return escapeInvisible(text)
    .replace(/##\[/g, '##\\[')
    .replace(/^(\s*)::/, '$1\\::');
}

/** For the text or a double-quoted attribute of HTML. Also where GitHub would see a mention, an issue or a link. */
export function forHtml(text: string): string {
  return escapeInvisible(text).replace(/[&<>"'`@#:|*_~[\]()!\\$]/g, (c) => `&#${c.charCodeAt(0)};`);
}

/**
 * For Markdown, in a table too: a `<code>` element whose text is all entities, so that backticks, pipes, mentions,
 * issue references and HTML stay text. https://github.github.com/gfm/#entity-and-numeric-character-references
 */
export function forMarkdown(text: string): string {
  return `<code>${forHtml(text)}</code>`;
}

/** For the inside of an HTML comment that we later look for: base64url has neither `--` nor `>`. */
export function forMarker(text: string): string {
  return Buffer.from(text).toString('base64url');
}

/** Cut to at most `max` characters, saying so; for keys of a kilobyte in a table. */
export function shorten(text: string, max: number): string {
  if (text.length <= max) return text;
  const head = Math.ceil((max - 1) / 2);
  const tail = Math.floor((max - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - tail)}`;
}
