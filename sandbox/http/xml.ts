/** XML as S3 writes and reads it: escaping, AWS's url encoding of keys, and a strict reader for request bodies. */

export const XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';
export const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/**
 * Control characters become references. XML 1.0 forbids most of those too, which is why S3 has `encoding-type=url`.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html#object-key-xml-related-constraints
 */
export function escapeXml(text: string): string {
  if (!/[&<>"\u0000-\u001f\u007f]/.test(text)) return text;
  return text.replace(/[&<>"\u0000-\u001f\u007f]/g, (c) => ESCAPES[c] ?? `&#x${c.charCodeAt(0).toString(16)};`);
}

/** Space is `+`, `/` stays, anything else unusual is UTF-8 in percent form, `test_file(3).png` → `test_file%283%29.png`. */
export function encodeKey(key: string): string {
  if (/^[\w./*-]*$/.test(key)) return key;
  return encodeURIComponent(key.toWellFormed())
    .replace(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', '/')
    .replaceAll('%20', '+');
}

export function element(name: string, text: string | number | boolean): string {
  return `<${name}>${escapeXml(String(text))}</${name}>`;
}

export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
// What XML 1.0 allows: https://www.w3.org/TR/xml/#charsets
const ILLEGAL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;

/** Parses a request's document; undefined if it is not well-formed. No DTDs, no CDATA, no mixed content. */
export function parseXml(source: string): XmlElement | undefined {
  if (ILLEGAL.test(source)) return undefined;
  const tokens =
    /<\?[^>]*\?>|<!--[\s\S]*?-->|<(\/?)([A-Za-z_][\w:.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/gy;
  const root = { name: '', children: [] as XmlElement[], text: '' };
  const stack = [root];
  let end = 0;
  for (const match of source.matchAll(tokens)) {
    end = match.index + match[0].length;
    const [, closing, name, , selfClosing, text] = match;
    const top = stack.at(-1);
    if (top === undefined) return undefined;
    if (text !== undefined) {
      // An end of line is one LF to XML: https://www.w3.org/TR/xml/#sec-line-ends
      const decoded = unescapeXml(text.replace(/\r\n?/g, '\n'));
      if (decoded === undefined) return undefined;
      if (top === root && decoded.trim() !== '') return undefined;
      top.text += decoded;
    } else if (name !== undefined && closing) {
      if (top === root || top.name !== name) return undefined;
      stack.pop();
    } else if (name !== undefined) {
      const child = { name, children: [], text: '' };
      top.children.push(child);
      if (!selfClosing) stack.push(child);
    }
  }
  if (end !== source.length || stack.length !== 1 || root.children.length !== 1) return undefined;
  return root.children[0];
}

export function child(parent: XmlElement | undefined, name: string): XmlElement | undefined {
  return parent?.children.find((candidate) => candidate.name === name);
}

export function childText(parent: XmlElement | undefined, name: string): string | undefined {
  return child(parent, name)?.text;
}

function unescapeXml(text: string): string | undefined {
  if (!text.includes('&')) return text;
  let bad = false;
  const result = text.replace(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));|&/g, (whole, hex, decimal, name) => {
    const code = hex ? Number.parseInt(hex, 16) : decimal ? Number(decimal) : undefined;
    const replacement = code === undefined ? NAMED[name] : code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
    if (replacement === undefined || ILLEGAL.test(replacement)) bad = true;
    return replacement ?? whole;
  });
  return bad ? undefined : result;
}
