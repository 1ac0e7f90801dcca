import { isAscii, isUtf8 } from 'node:buffer';

/**
 * Reads the few XML documents that S3 sends as listings, byte by byte, forwards only, without building anything: no
 * attributes, no namespaces, no CDATA. A document that is cut short or does not close what it opens is an error.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
 */
export class XmlReader {
  readonly #bytes: Buffer;
  readonly #ascii: boolean;
  readonly #known: ReadonlyMap<number, Name>;
  /** Behind the last tag read. */
  #at = 0;
  /** The tag read last: its name, and what kind of tag it is. */
  #name = '';
  #closes = false;
  #empty = false;

  /** Where the text of the leaf read last lies in `bytes`. */
  start = 0;
  end = 0;

  /** `names`: the elements that will be asked for; knowing them saves making a string of each tag. */
  constructor(bytes: Uint8Array, names: readonly string[]) {
    if (!isUtf8(bytes)) throw new XmlError('is not UTF-8');
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#ascii = isAscii(bytes);
    this.#known = namesByHash(names);
  }

  /** The name of the document's element, whose opening tag is read; '' where there is none. */
  root(): string {
    if (!this.#tag()) return '';
    if (this.#closes) throw new XmlError(`begins with </${this.#name}>`);
    return this.#name;
  }

  /**
   * Read the opening tag of the next child of the open element `parent`; '' when that is closed instead.
   * `likely`: the name it probably has, which is then compared and not read.
   */
  child(parent: string, likely = ''): string {
    if (likely !== '' && !this.#empty && this.#opens(likely)) return likely;
    if (this.#empty && this.#name === parent) {
      this.#empty = false;
      return '';
    }
    if (!this.#tag()) throw new XmlError(`ends before </${parent}>`);
    if (!this.#closes) return this.#name;
    if (this.#name !== parent) throw new XmlError(`closes <${this.#name}> inside <${parent}>`);
    return '';
  }

  /** Read the rest of the element whose opening tag was just read, which has text only; `start` and `end` enclose it. */
  leaf(): void {
    const bytes = this.#bytes;
    this.start = this.#at;
    this.end = this.#at;
    if (this.#empty) {
      this.#empty = false;
      return;
    }
    const name = this.#name;
    let end = this.#at;
    while (end < bytes.length && bytes[end] !== LESS) end++;
    this.end = end;
    const close = end + 2 + name.length;
    if (bytes[end + 1] === SLASH && bytes[close] === GREATER && this.has(name, end + 2)) {
      this.#at = close + 1;
      return;
    }
    // A comment would cut the text in two, and half a key is another key.
    const aside = bytes[end + 1] === EXCLAMATION || bytes[end + 1] === QUESTION;
    if (aside && !this.has('<![CDATA[', end)) throw new XmlError(`has a comment inside <${name}>`);
    if (!this.#tag() || !this.#closes || this.#name !== name) throw new XmlError(`has no </${name}> after <${name}>`);
  }

  /** The text of a leaf, entities resolved. */
  text(): string {
    this.leaf();
    return this.slice(this.start, this.end);
  }

  /** The text between two places, entities resolved. A copy: it does not keep the document in memory. */
  slice(start: number, end: number): string {
    const text = this.#bytes.toString(this.#ascii ? 'latin1' : 'utf8', start, end);
    return text.includes('&') ? resolveEntities(text) : text;
  }

  byte(at: number): number {
    return this.#bytes[at] ?? 0;
  }

  /** Is this the text of the leaf read last? */
  is(text: string): boolean {
    return this.end - this.start === text.length && this.has(text, this.start);
  }

  /** Does this ASCII text stand there? */
  has(text: string, at: number): boolean {
    for (let i = 0; i < text.length; i++) if (this.#bytes[at + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  /** Pass over the element whose opening tag was just read, with all that is in it. */
  skip(): void {
    for (let depth = this.#empty ? 0 : 1; depth > 0; ) {
      if (!this.#tag()) throw new XmlError('ends inside an element');
      if (this.#closes) depth -= 1;
      else if (!this.#empty) depth += 1;
    }
    this.#empty = false;
  }

  /** Read the next tag; false at the end of the document. Prolog and comments are passed over. */
  #tag(): boolean {
    const bytes = this.#bytes;
    const { length } = bytes;
    let open = this.#at;
    while (open < length && bytes[open] !== LESS) open++;
    if (open === length) return false;
    const second = bytes[open + 1];
    if (second === QUESTION || second === EXCLAMATION) {
      this.#at = this.#behindAside(open);
      return this.#tag();
    }
    this.#closes = second === SLASH;
    const start = this.#closes ? open + 2 : open + 1;
    let behind = start;
    while (behind < length && (bytes[behind] ?? 0) > SPACE && bytes[behind] !== GREATER && bytes[behind] !== SLASH)
      behind++;
    this.#name = this.#nameAt(start, behind);
    let close = behind;
    while (close < length && bytes[close] !== GREATER) close++;
    if (close === length) throw new XmlError('ends in the middle of a tag');
    this.#empty = !this.#closes && bytes[close - 1] === SLASH;
    this.#at = close + 1;
    return true;
  }

  /** Is the very next thing this opening tag, without anything else in it? Then it is read. */
  #opens(name: string): boolean {
    const at = this.#at;
    const close = at + 1 + name.length;
    if (this.#bytes[at] !== LESS || this.#bytes[close] !== GREATER || !this.has(name, at + 1)) return false;
    this.#name = name;
    this.#closes = false;
    this.#at = close + 1;
    return true;
  }

  #nameAt(start: number, end: number): string {
    const known = this.#known.get(hashOf(this.#bytes[start] ?? 0, end - start));
    if (known !== undefined && this.has(known, start)) return known;
    return this.#bytes.toString('utf8', start, Math.min(end, start + 60));
  }

  #behindAside(open: number): number {
    if (this.has('<![CDATA[', open)) throw new XmlError('has a CDATA section');
    const close = this.has('<!--', open) ? '-->' : '>';
    const at = this.#bytes.indexOf(close, open);
    if (at === -1) throw new XmlError('ends in the middle of a tag');
    return at + close.length;
  }
}

/** What is wrong with a document, as the rest of a sentence that begins with it. */
export class XmlError extends Error {}

type Name = string;

/** Length and first letter: enough to tell the names that matter apart. */
function hashOf(first: number, length: number): number {
  return length * 256 + first;
}

const hashed = new WeakMap<readonly string[], ReadonlyMap<number, Name>>();

function namesByHash(names: readonly string[]): ReadonlyMap<number, Name> {
  let map = hashed.get(names);
  if (map === undefined) {
    map = new Map(names.map((name) => [hashOf(name.charCodeAt(0), name.length), name]));
    hashed.set(names, map);
  }
  return map;
}

const SPACE = 0x20;
const EXCLAMATION = 0x21;
const SLASH = 0x2f;
const LESS = 0x3c;
const GREATER = 0x3e;
const QUESTION = 0x3f;

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function resolveEntities(text: string): string {
  return text.replace(/&([^;&]*)(;?)/g, (whole, name: string, end: string) => {
    const resolved = end === ';' ? (ENTITIES[name] ?? character(name)) : undefined;
    if (resolved === undefined) throw new XmlError(`has an entity that does not exist: ${whole.slice(0, 20)}`);
    return resolved;
  });
}

/** `#65` or `#x41`. */
function character(name: string): string | undefined {
  const digits = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(name);
  if (digits === null) return undefined;
  const [, hexadecimal, decimal] = digits;
  const code = hexadecimal !== undefined ? Number.parseInt(hexadecimal, 16) : Number(decimal);
  const surrogate = code >= 0xd800 && code < 0xe000;
  return code > 0x10ffff || surrogate ? undefined : String.fromCodePoint(code);
}
