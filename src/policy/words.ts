import { closest } from '../core/suggest.ts';
import { quoted } from './problems.ts';

/** What a value of another kind than `wanted` is told. A field that is not there has no value at all: `undefined`. */
export function unexpected(wanted: string, mend: string) {
  return ({ input }: { readonly input?: unknown }): string => {
    if (input === undefined) return `is missing. ${mend}.`;
    if (input === null) return `has no value. ${mend}.`;
    if (wanted === 'a text' && (typeof input === 'number' || typeof input === 'boolean')) {
      return `${input} is ${kindOf(input)}, not a text. Put it in quotes.`;
    }
    return `is ${kindOf(input)}, not ${wanted}. ${mend}.`;
  };
}

function kindOf(input: unknown): string {
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'a set of fields';
  return typeof input === 'number' ? 'a number' : typeof input === 'boolean' ? 'true or false' : 'a text';
}

/** What a value that is none of the choices is told. */
export function notOneOf(choices: readonly string[]) {
  return ({ input }: { readonly input?: unknown }): string => {
    const use = `Use ${choices.length > 2 ? 'some' : 'one'} of: ${choices.join(', ')}.`;
    if (typeof input !== 'string') return unexpected('a word', use.slice(0, -1))({ input });
    return `${quoted(input)} is not known. ${use}${guess(input, choices)}`;
  };
}

/** What another version than ours is told. */
export function wrongVersion(input: unknown): string {
  if (typeof input === 'number')
    return `${input} is not known, for this action knows version 1. Write version: 1, or use a release that knows ${input}.`;
  return unexpected('the number 1', 'Write version: 1, without quotes')({ input });
}

/** What a field that nobody knows is told. `homes`: fields that stand one level deeper, and where. */
export function unknownField(name: string, known: readonly string[], homes: ReadonlyMap<string, string>): string {
  const home = homes.get(name);
  if (home !== undefined)
    return `belongs into ${home}. Write ${home}: on a line of its own, and ${name}: below it, indented.`;
  if (name === '<<') return 'is a YAML merge key, which is not known here. Write the fields out.';
  return `is no field that is known here. Use: ${known.join(', ')}.${guess(name, known)}`;
}

function guess(typed: string, known: readonly string[]): string {
  const meant = closest(typed.replaceAll('_', '-'), known);
  return meant === undefined ? '' : ` Did you mean ${meant}?`;
}
