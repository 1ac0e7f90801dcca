import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseAllDocuments,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { proseForLog, shorten } from '../core/text.ts';
import { MAX_TOLD, type Path, type Problem, quoted } from './problems.ts';

/** A value of the file, with the lines of all that is in it. */
export interface Located {
  /** From 1. */
  readonly line: number;
  /** Plain data; `UNREADABLE` where a problem was told already. */
  readonly value: unknown;
  readonly items?: readonly Located[];
  readonly fields?: ReadonlyMap<string, Located>;
}

/** Stands for a value that has been complained of. */
export const UNREADABLE = Symbol('unreadable');

export interface PolicyDocument {
  readonly root: Located;
  readonly problems: readonly Problem[];
  /** It is no YAML, so `root` is what could be made of it. */
  readonly broken: boolean;
}

/** A policy needs five levels. */
const MAX_DEPTH = 20;
/** Counted after aliases are followed, so that a few lines cannot stand for a million. */
const MAX_VALUES = 20_000;
/** Of YAML's core schema: https://yaml.org/spec/1.2.2/#103-core-schema */
const CORE_TAG = /^tag:yaml\.org,2002:(?:str|int|float|bool|null|seq|map)$/;

type Node = ParsedNode | null;

/** YAML → data with lines. Nothing in the text can call anything, or grow beyond its limits. */
export function readDocument(text: string): PolicyDocument {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, {
    lineCounter: lines,
    // Whatever the file's %YAML directive says: in 1.1, `on` is `true`.
    schema: 'core',
    resolveKnownTags: false,
    // Looked for below, in one go over the fields: yaml compares each with all others.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const documents = [...parsed].filter((document) => !isEmpty(document.contents) || document.errors.length > 0);
  const [first, second] = documents;
  if (first === undefined) {
    const what = 'is empty. Begin it with version: 1, and rules below.';
    return { root: { line: 1, value: UNREADABLE }, problems: [{ line: 1, path: [], what }], broken: true };
  }

  const problems: Problem[] = [];
  const { root, tooLarge } = locate(first, lineAt, problems);
  const errors = documents.flatMap((document) => document.errors);
  if (errors.length > 0) return { root, problems: syntaxProblems(errors, lineAt, root), broken: true };
  if (tooLarge !== undefined) {
    const what = `has more than ${MAX_VALUES.toLocaleString('en')} values. Write fewer and wider globs.`;
    return { root, problems: [{ line: tooLarge, path: [], what }], broken: true };
  }
  if (second !== undefined) {
    const what = 'a second document begins here. Put all rules under one rules:, without --- between them.';
    problems.push({ line: lineAt(second.range[0]), path: [], what });
  }
  return { root, problems, broken: false };
}

/** Nothing at all: not even a null that somebody wrote. */
function isEmpty(contents: Node): boolean {
  return contents === null || (isScalar(contents) && contents.value === null && contents.source === '');
}

/** What follows the first error of a line is mostly its echo. */
function syntaxProblems(
  errors: Document.Parsed['errors'],
  lineAt: (offset: number) => number,
  root: Located,
): Problem[] {
  const byLine = new Map<number, Problem>();
  for (const { code, message, pos } of errors) {
    const line = lineAt(pos[0]);
    if (byLine.has(line)) continue;
    // A file of nothing but errors has many lines, and these are not told.
    const path = byLine.size < MAX_TOLD ? ruleAround(root, line) : [];
    byLine.set(line, { line, path, what: syntaxWords(code, message) });
  }
  return [...byLine.values()];
}

function syntaxWords(code: string, message: string): string {
  const said = proseForLog(shorten(message.replace(/\.$/, ''), 200));
  if (code === 'BAD_ALIAS')
    return 'a * by itself means something else in YAML. Put a glob that begins with * in quotes.';
  if (code === 'TAB_AS_INDENT') return 'begins with a tab, which YAML does not allow. Indent with spaces.';
  if (said.includes('call stack')) return 'is nested too deeply. Look at the example in docs/policy.md.';
  return `this is not YAML (${said}). Check the indentation, and put text with special characters in quotes.`;
}

/** The rule that a line without a path of its own belongs to: the last that began before it, if it is in `rules`. */
function ruleAround({ fields }: Located, line: number): Path {
  const [field] = [...(fields ?? [])].filter(([, { line: start }]) => start <= line).at(-1) ?? [];
  if (field !== 'rules') return [];
  const index = fields?.get('rules')?.items?.findLastIndex((rule) => rule.line <= line) ?? -1;
  return index < 0 ? [] : ['rules', index];
}

/**
 * Walks once over everything, in the order of the text, as YAML's anchors want it. `tooLarge`: the line where it gave up.
 */
function locate(
  document: Document.Parsed,
  lineAt: (offset: number) => number,
  problems: Problem[],
): { readonly root: Located; readonly tooLarge: number | undefined } {
  const anchors = new Map<string, Node>();
  let values = 0;
  let tooLarge: number | undefined;

  function unreadable(line: number, path: Path, what: string): Located {
    problems.push({ line, path, what });
    return { line, value: UNREADABLE };
  }

  function at(node: Node, line: number, path: Path): Located {
    values += 1;
    if (values > MAX_VALUES) {
      tooLarge ??= line;
      return { line, value: UNREADABLE };
    }
    if (path.length > MAX_DEPTH) return unreadable(line, path.slice(0, 2), 'is nested too deeply.');
    if (node === null) return { line, value: null };
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target !== undefined) return at(target, line, path);
      const written = quoted(`*${node.source}`);
      return unreadable(line, path, `${written} is read as a YAML alias. Put a glob that begins with * in quotes.`);
    }
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
    if (node.tag !== undefined && !CORE_TAG.test(node.tag)) {
      const why = `${quoted(node.tag.replace('tag:yaml.org,2002:', '!!'))} is read as a YAML tag, for it begins with ! and has no quotes`;
      return unreadable(line, path, `${why}. To leave keys alone, list them under except-keys, without the !.`);
    }
    if (isMap(node)) return mapAt(node, line, path);
    if (isSeq(node)) return listAt(node, line, path);
    return { line, value: isScalar(node) ? node.value : UNREADABLE };
  }

  function listAt(node: YAMLSeq.Parsed, line: number, path: Path): Located {
    const items = node.items.map((item, index) => at(item, lineAt(item.range[0]), [...path, index]));
    return { line, value: items.map((item) => item.value), items };
  }

  function mapAt(node: YAMLMap.Parsed, line: number, path: Path): Located {
    const fields = new Map<string, Located>();
    for (const { key, value } of node.items) {
      const keyLine = lineAt(key.range[0]);
      if (!isScalar(key)) {
        problems.push({ line: keyLine, path, what: 'the name of a field must be a plain word.' });
        continue;
      }
      const name = typeof key.value === 'string' ? key.value : (key.source ?? '');
      const before = fields.get(name);
      const field = at(value, keyLine, [...path, name]);
      if (before === undefined) fields.set(name, field);
      else {
        const what = `is there already, in line ${before.line}. Leave one of the two out.`;
        problems.push({ line: keyLine, path: [...path, name], what });
      }
    }
    // Not by assignment: a field may be called __proto__.
    return { line, value: Object.fromEntries([...fields].map(([name, { value }]) => [name, value])), fields };
  }

  return { root: at(document.contents, lineAt(document.range[0]), []), tooLarge };
}
