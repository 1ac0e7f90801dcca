import { RollbackError } from '../core/errors.ts';
import { forLog, shorten } from '../core/text.ts';

/** Something wrong with a policy, and where. */
export interface Problem {
  /** From 1. */
  readonly line: number;
  /** As far as it is known: `['rules', 0, 'keys', 2]`. */
  readonly path: Path;
  /** What is wrong and the mend, in whole sentences but for the first one's subject. Safe to print. */
  readonly what: string;
}

export type Path = readonly (string | number)[];

/** More than anybody mends at once. */
export const MAX_TOLD = 50;

/**
 * All problems in one error, a line each, in the order of the file.
 * `given` is the file as the user wrote it. `ruleName` finds what a rule is called, by its place in the list.
 */
export function invalidPolicy(
  given: string,
  problems: readonly Problem[],
  ruleName: (index: number) => string | undefined,
): RollbackError {
  const ordered = [...problems].sort((a, b) => a.line - b.line);
  // The same mistake twice in a line is told once.
  const lines = [...new Set(ordered.map((problem) => lineOf(given, problem, ruleName)))];
  const more = lines.length - MAX_TOLD;
  const told = more > 0 ? [...lines.slice(0, MAX_TOLD), `… and ${more} more like these.`] : lines;
  return new RollbackError(
    'invalid-policy',
    told.join('\n'),
    'Every field is explained in docs/policy.md of this action.',
  );
}

function lineOf(given: string, { line, path, what }: Problem, ruleName: (index: number) => string | undefined): string {
  const [first, index, ...rest] = path;
  const inRule = first === 'rules' && typeof index === 'number';
  const fields = (inRule ? rest : path).filter((part) => typeof part === 'string').join('.');
  const name = inRule ? ruleName(index) : undefined;
  const where = [
    `policy file ${nameOf(given)}`,
    `line ${line}`,
    ...(inRule ? [`rule ${name === undefined ? index + 1 : quoted(name)}`] : []),
    ...(fields === '' ? [] : [fields]),
  ];
  return `${where.join(', ')}: ${what}`;
}

/** A file as messages name it. */
export function nameOf(given: string): string {
  return /^[\w./:\\ +-]{1,400}$/.test(given) ? given : forLog(shorten(given, 400));
}

/** Text from the file, made safe and of a length that a line of the log can bear. */
export function quoted(text: string): string {
  return forLog(shorten(text, 100));
}
