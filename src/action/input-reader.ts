import type { InputProblem } from '../core/errors.ts';
import { closest } from '../core/suggest.ts';
import { forLog, shorten } from '../core/text.ts';
import { parseTime } from '../core/time.ts';
import { INPUT_NAMES, INPUTS, type InputName } from './registry.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** Reads inputs one by one and keeps every problem, so that all are told at once. */
export interface InputReader {
  /** Trimmed; the default of the registry where it is empty; '' where there is none. */
  text(name: InputName): string;
  /** To the letter: a key may begin or end with a space. */
  exact(name: InputName): string;
  /** Is it there, and something else than its default? (The runner hands defaults over as if they were given.) */
  given(name: InputName): boolean;
  /** One a line, trimmed, empty lines left out. */
  lines(name: InputName): string[];
  /** `true`/`false` as YAML writes them; a problem, and `undefined`, for anything else. */
  flag(name: InputName): boolean | undefined;
  /** A whole number in digits; `undefined` when not given, or with a problem when it is not one in range. */
  integer(name: InputName, range: { readonly min: number; readonly max?: number }): number | undefined;
  /** One of a list; a problem, and `undefined`, for anything else. */
  choice<T extends string>(name: InputName, choices: readonly T[], how?: { readonly anyCase: boolean }): T | undefined;
  /** Some of a list, separated by commas or white space; a problem for each that is not in it. */
  list<T extends string>(name: InputName, choices: readonly T[]): T[];
  /** A length of time in ms: `30m`, `24h`, `7d`; `undefined` when not given or with a problem. */
  duration(name: InputName): number | undefined;
  /** A point in time in ms; `undefined` when not given or with a problem. */
  time(name: InputName, now: number): number | undefined;
  problem(input: string, problem: string, mend: string): void;
  warn(message: string): void;
  readonly problems: readonly InputProblem[];
  readonly warnings: readonly string[];
}

/** https://yaml.org/spec/1.2.2/#1032-tag-resolution */
const TRUE = new Set(['true', 'True', 'TRUE']);
const FALSE = new Set(['false', 'False', 'FALSE']);

/** The runner hands input `x-y` over as INPUT_X-Y: spaces become `_`, hyphens stay. */
export function inputVariable(name: string): string {
  return `INPUT_${name.replace(/ /g, '_').toUpperCase()}`;
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export function inputReader(env: Env): InputReader {
  const problems: InputProblem[] = [];
  const warnings: string[] = [];
  const exact = (name: InputName) => env[inputVariable(name)] ?? '';
  const problem = (input: string, what: string, mend: string) => void problems.push({ input, problem: what, mend });

  function text(name: InputName): string {
    const given = exact(name).trim();
    return given === '' ? defaultOf(name) : given;
  }

  function unknown(name: InputName, word: string, choices: readonly string[]): void {
    const meant = closest(word, choices);
    const guess = meant === undefined ? '' : ` Did you mean ${meant}?`;
    problem(name, `${quoted(word)} is not known`, `Use one of: ${choices.join(', ')}.${guess}`);
  }

  return {
    problems,
    warnings,
    text,
    exact,
    given: (name) => text(name).toLowerCase() !== defaultOf(name).toLowerCase(),
    problem,
    warn: (message) => void warnings.push(message),

    lines: (name) =>
      exact(name)
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== ''),

    flag(name) {
      const given = text(name);
      if (TRUE.has(given)) return true;
      if (FALSE.has(given)) return false;
      problem(name, `${quoted(given)} is neither true nor false`, `Write ${name}: true or ${name}: false.`);
      return undefined;
    },

    integer(name, { min, max }) {
      const given = text(name);
      if (given === '') return undefined;
      const range = max === undefined ? `of ${min} or more` : `from ${min} to ${max}`;
      const value = Number(given);
      // Number() alone would take 1e3, 0x10 and 1.0 too; what is meant by those is not for us to guess.
      if (
        /^\d+$/.test(given) &&
        Number.isSafeInteger(value) &&
        value >= min &&
        value <= (max ?? Number.MAX_SAFE_INTEGER)
      ) {
        return value;
      }
      problem(
        name,
        `${quoted(given)} is not a whole number ${range}`,
        `Give ${name} a whole number ${range}, in digits.`,
      );
      return undefined;
    },

    choice(name, choices, how) {
      const given = text(name);
      const same = (word: string) => (how?.anyCase === true ? word.toLowerCase() : word);
      const found = choices.find((choice) => same(choice) === same(given));
      if (found === undefined) unknown(name, given, choices);
      return found;
    },

    list(name, choices) {
      const words = [...new Set(text(name).split(/[\s,]+/))].filter((word) => word !== '');
      const found = choices.filter((choice) => words.includes(choice));
      for (const word of words) if (!found.some((choice) => choice === word)) unknown(name, word, choices);
      return found;
    },

    duration(name) {
      const given = text(name);
      if (given === '') return undefined;
      const [, digits = '', unit = ''] = /^(\d{1,6})\s*([smhd])$/.exec(given) ?? [];
      const ms = Number(digits) * (UNIT_MS[unit] ?? 0);
      if (ms > 0) return ms;
      problem(name, `${quoted(given)} is not a length of time`, `Write ${name}: 24h (s, m, h, d).`);
      return undefined;
    },

    time(name, now) {
      const given = text(name);
      if (given === '') return undefined;
      const parsed = parseTime(given, now);
      if ('at' in parsed) return parsed.at;
      problem(name, parsed.problem, 'Write 2026-11-22T14:00:00Z, Unix seconds, or "15m ago" (s, m, h, d).');
      return undefined;
    },
  };
}

/** A value as it stands in a message: on one line, and not longer than one. */
export function quoted(value: string): string {
  return forLog(shorten(value, 100));
}

function defaultOf(name: InputName): string {
  const spec = INPUTS.find((input) => input.name === name);
  return spec !== undefined && 'default' in spec ? spec.default : '';
}

/** GitHub only warns of inputs that an action does not have; so do we, with what may have been meant. */
export function unknownInputs(env: Env, isKnown: (variable: string) => boolean): string[] {
  const known = new Set(INPUT_NAMES.map(inputVariable));
  return Object.keys(env)
    .filter((variable) => variable.startsWith('INPUT_') && env[variable] !== '')
    .filter((variable) => !known.has(variable) && !isKnown(variable))
    .sort()
    .map((variable) => {
      const name = variable.slice('INPUT_'.length).toLowerCase();
      const meant = closest(name.replaceAll('_', '-'), INPUT_NAMES);
      const guess = meant === undefined ? '' : ` Did you mean "${meant}"?`;
      return `input ${quoted(name)} is not an input of this action and was ignored.${guess}`;
    });
}
