import type { Request } from '../core/request.ts';

/**
 * A step ready to paste, for exactly the keys of this run. What cannot be written into a workflow is not left out, which
 * would be another scope and perhaps a wider one: the step has a line instead with which it is refused.
 */
export function stepToPaste({ scope }: Request, operation: string, lines: readonly string[]): string {
  const { bucket = '', key, prefix, include, exclude } = scope;
  const inputs: readonly (readonly [input: string, values: readonly string[]])[] = [
    ['bucket', [bucket]],
    key === undefined ? ['prefix', [prefix]] : ['key', [key]],
    ['include', include],
    ['exclude', exclude],
  ];
  const given = inputs.filter(([, values]) => values.join('') !== '');
  const missing = given.filter(([, values]) => !canBeWritten(values)).map(([input]) => input);
  const whole =
    missing.length > 0
      ? [`whole-bucket: 'no: instead of this line, write ${missing.join(', ')} as in this run'`]
      : key === undefined && prefix === ''
        ? ['whole-bucket: true']
        : [];
  const written = given.filter(([input]) => !missing.includes(input)).flatMap(([input, values]) => yaml(input, values));
  const all = [`operation: ${operation}`, ...written, ...whole, ...lines, 'dry-run: true'];
  return ['```yaml', 'with:', ...all.map((line) => `  ${line}`), '```'].join('\n');
}

/** Of all values of an input, in characters. */
const MAX_LENGTH = 4000;

/** An expression would be evaluated, however it is quoted; half a character and NUL are in no YAML. */
function canBeWritten(values: readonly string[]): boolean {
  const all = values.join('\n');
  return all.length <= MAX_LENGTH && all.isWellFormed() && !/\$\{\{|\0/.test(all);
}

/**
 * What shows as nothing, as a space that is none, or ends the line; and what begins a mention, or a comment as our own marks
 * in Markdown are: neither is one in a block of code, but nobody should have to trust in that.
 */
const ESCAPED = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]|\p{Default_Ignorable_Code_Point}|\u2800|@(?=\w)|<(?=!--)/gu;

/**
 * One value in quotes; several, which are lines without space around them, in a block. Where something is better not
 * written as it is, a double-quoted text with escapes. No line begins with what ends a block of code in Markdown.
 */
function yaml(input: string, values: readonly string[]): string[] {
  const all = values.join('\n');
  if (values.some((value) => value.search(ESCAPED) !== -1)) return [`${input}: "${escaped(all)}"`];
  if (values.length === 1) return [`${input}: '${all.replaceAll("'", "''")}'`];
  return [`${input}: |-`, ...values.map((value) => `  ${value}`)];
}

/** https://yaml.org/spec/1.2.2/#57-escaped-characters */
function escaped(text: string): string {
  return text.replace(/["\\]/g, '\\$&').replace(ESCAPED, (character) => {
    if (character === '\n') return '\\n';
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
  });
}
