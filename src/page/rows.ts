import type { KeyRow, RowKind, StepCounts } from '../core/key-row.ts';
import { STEP_KINDS, type StepKind } from '../core/plan.ts';
import { shorten } from '../core/text.ts';

/** The order in which a bar shows them, and by which a row names its own. */
export const KINDS: readonly RowKind[] = ['restored', 'planned', 'unchanged', 'skipped', 'conflict', 'failed'];

/** What needs a look comes first, and is the last to be left out. */
export function needsLook({ kind }: KeyRow): boolean {
  return kind === 'failed' || kind === 'conflict';
}

/** Texts that many rows share are written once; so many, that memory stays flat whatever S3 says. */
const MAX_WORDS = 5_000;
const MAX_MESSAGE = 2_000;

/** Turns rows into compact JSON, one by one. */
export interface RowWriter {
  /** An array; see `unpack` in script-logic.ts for what is in it. */
  row(row: KeyRow): string;
  /** What the numbers in the rows mean; known when all rows are written. */
  words(): readonly string[];
}

export function openRowWriter(): RowWriter {
  const known = new Map<string, number>();

  /** 0: nothing. A number: the word of that place, counted from 1. A string: itself. */
  function word(text: string | undefined): number | string {
    if (text === undefined || text === '') return 0;
    const at = known.get(text);
    if (at !== undefined) return at;
    if (known.size >= MAX_WORDS) return text;
    known.set(text, known.size + 1);
    return known.size;
  }

  return {
    row(row) {
      const { kind, bucket, key, reason, message, hint, from, to, steps, source, path, principal, sourceIp, rule } =
        row;
      const who = [principal, sourceIp].filter((part) => part !== undefined).join(' · ');
      const cells = [
        KINDS.indexOf(kind),
        word(bucket),
        key,
        word(reason),
        from === undefined ? 0 : from === null ? '' : `${from.deleteMarker ? 'm' : 'v'}${from.versionId}`,
        to === undefined ? 0 : (to ?? ''),
        path !== undefined ? path : word(stepsText(steps)),
        word(message && shorten(message, MAX_MESSAGE)),
        word(hint && shorten(hint, MAX_MESSAGE)),
        word(who),
        word(rule),
        source === undefined ? 0 : `${source.bucket}/${source.key}`,
      ];
      while (cells.at(-1) === 0) cells.pop();
      return forScript(cells);
    },
    words: () => [...known.keys()],
  };
}

/**
 * JSON for the inside of a script element: nothing in it ends the element, or begins a comment there, or turns a line round
 * for whoever reads the source.
 * https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements
 */
export function forScript(data: unknown): string {
  return JSON.stringify(data).replace(
    /[<>&\u2028-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const STEP_WORDS: Readonly<Record<StepKind, readonly [one: string, many: string]>> = {
  'delete-version': ['delete 1 newer version for good', 'delete # newer versions for good'],
  'remove-delete-marker': ['remove the delete marker', 'remove # delete markers'],
  'copy-version': ['copy the version on top', 'copy # versions on top'],
  'add-delete-marker': ['add a delete marker', 'add # delete markers'],
};

function stepsText(steps: StepCounts | undefined): string {
  if (steps === undefined) return '';
  return STEP_KINDS.flatMap((kind) => {
    const n = steps[kind] ?? 0;
    const [one, many] = STEP_WORDS[kind];
    return n === 0 ? [] : [n === 1 ? one : many.replace('#', String(n))];
  }).join(', ');
}
