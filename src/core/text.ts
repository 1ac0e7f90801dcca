/**
 * The only ways out for text that somebody else wrote: object keys, version ids, metadata, messages from S3.
 * Whoever can write to the bucket chooses it, so none of it may become a workflow command, Markdown, HTML, a mention
 * or a link.
 */

/** Control characters, line separators, bidirectional overrides and all else that shows as nothing or re-orders a line. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** What cannot be seen becomes what JavaScript would write for it. */
function escapeInvisible(text: string): string {
  return text.replace(INVISIBLE, (c) => {
    const code = (c.codePointAt(0) ?? 0).toString(16);
    return SHORT[c] ?? (code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`);
  });
}

/**
 * For a line of the log: quoted, on one line. The runner obeys `::command::` at the start of a line, which the opening
 * quote prevents, and the old form `##[command]` anywhere in it, which the inserted backslash breaks.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export function forLog(text: string): string {
  return `"${breakCommands(escapeInvisible(text.replace(/["\\]/g, '\\$&')))}"`;
}

/** Longer prose from outside (an error message of S3): made harmless like `forLog`, but not quoted. */
export function proseForLog(text: string): string {
  return breakCommands(escapeInvisible(text));
}

function breakCommands(text: string): string {
  return text.replace(/##\[/g, '##\\[').replace(/^(\s*)::/, '$1\\::');
}

/**
 * For a double-quoted attribute of HTML, or text that nothing else is done to. As entities even what Markdown would read,
 * so it is text there too. Not enough for text that GitHub shows: use `forMarkdown` for a name, `proseForHtml` for prose.
 */
export function forHtml(text: string): string {
  return entities(escapeInvisible(text));
}

function entities(text: string): string {
  return text.replace(/[&<>"'`@#:|*_~[\]()!\\$]/g, entity);
}

function entity(c: string): string {
  return `&#${c.charCodeAt(0)};`;
}

/**
 * Where the search for links and mentions begins. It sees the text *after* entities are resolved (`a&#64;b.com` becomes a
 * link to a mailbox, in `<code>` too), so these are also parted from their neighbours.
 * https://github.github.com/gfm/#autolinks-extension-
 */
const LINKED = /[@$]|:(?=\S)|(?<=www)\./gi;

/**
 * A name (a key, a prefix, a version id) for Markdown, in a table too, or for HTML that GitHub shows: a `<code>` element,
 * inside which GitHub looks for no mentions, issues, commits or emoji, its text all entities, and parted by comments
 * where Markdown would see a link.
 */
export function forMarkdown(text: string): string {
  return `<code>${parted(text, LINKED, (c) => `<!-- -->${entities(c)}`)}</code>`;
}

/** Also issues (`#1`, `GH-1`) and commits, which GitHub looks for in all text outside `<code>`. */
const REFERENCE = /[@$#]|:(?=\S)|(?<=www)\.|(?<=\bgh)-(?=\d)|\b[0-9a-f]{7,}\b/gi;

/**
 * Prose that may hold text from outside (an error message of S3), for the inside of an element of HTML that GitHub shows.
 * The reader sees it unchanged; where GitHub would see a mention, an issue, a commit, an emoji or a link, an element
 * parts it.
 */
export function proseForHtml(text: string): string {
  return parted(text, REFERENCE, (found) =>
    found.length === 1 ? `<span>${entities(found)}</span>` : `<code>${found}</code>`,
  );
}

/** Escape a text, `wrap` what `pattern` (global) finds in it and escape the rest between. */
function parted(text: string, pattern: RegExp, wrap: (found: string) => string): string {
  const visible = escapeInvisible(text);
  let out = '';
  let from = 0;
  for (const match of visible.matchAll(pattern)) {
    out += entities(visible.slice(from, match.index)) + wrap(match[0]);
    from = match.index + match[0].length;
  }
  return out + entities(visible.slice(from));
}

/** For the inside of an HTML comment that we later look for: base64url has neither `--` nor `>`. */
export function forMarker(text: string): string {
  return Buffer.from(text).toString('base64url');
}

/** Cut out the middle, to at most `max` characters, saying so; for keys of a kilobyte in a table. No character is halved. */
export function shorten(text: string, max: number): string {
  if (text.length <= max) return text;
  const head = text.slice(0, Math.ceil((max - 1) / 2)).replace(/[\ud800-\udbff]$/, '');
  const tail = text.slice(text.length - Math.floor((max - 1) / 2)).replace(/^[\udc00-\udfff]/, '');
  return `${head}…${tail}`;
}
