import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Env, inputReader, inputVariable } from '../../../src/action/input-reader.ts';
import { parseScope } from '../../../src/action/input-scope.ts';
import { stepToPaste } from '../../../src/action/summary-step.ts';
import type { Scope } from '../../../src/core/scope.ts';
import { AWKWARD_KEYS } from '../../acceptance/support/awkward-keys.ts';
import { html } from './summary-support.ts';
import { NASTY_KEYS, requestOf } from './support.ts';

/** A step that people paste: it says exactly the scope of the run that wrote it, or it is refused. */

const WHOLE: Scope = { bucket: 'my-site', prefix: '', include: [], exclude: [] };

function stepOf(scope: Scope): string {
  return stepToPaste(requestOf({ scope }), 'rollback', ['to-time: 2026-11-22T13:59:11Z']);
}

/** What stands between the fences, as Markdown finds them. */
function contentOf(step: string): string {
  const [, content = '', rest = ''] = /^```yaml\n([\s\S]*?)\n {0,3}```+ *(?:\n([\s\S]*))?$/.exec(step) ?? [];
  expect(rest).toBe('');
  return content;
}

/** What an action gets of it, as the runner hands it over. */
function inputsOf(step: string): Env {
  const { with: inputs } = parse(contentOf(step)) as { with: Record<string, unknown> };
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [inputVariable(name), String(value)]));
}

function readBack(step: string) {
  const reader = inputReader(inputsOf(step));
  const scope = parseScope(reader, { manifest: false });
  return { scope, problems: reader.problems.map(({ input }) => input) };
}

/** No input can hold half a character, or NUL. */
const canBeGiven = (text: string) => text.isWellFormed() && !text.includes('\0');
/** How an expression begins, which the runner would evaluate. */
const EXPRESSION = `\${{`;

const texts = [
  ...AWKWARD_KEYS.map(([, key]) => key),
  ...NASTY_KEYS,
  ' a',
  'a ',
  '*',
  '**/x',
  '{a,b}',
  "it's",
  'a: b',
  '- a',
]
  .concat(['# a', '!tag', '&a *a', '| a', '> a', '%a', '@a', 'true', '~', '0x10', '"', "'", '\\', '---', '...', '\ta'])
  .concat(['\u00a0a\u3000', '\u2028', '\u0085', '\u2800', '\u{1f469}\u200d\u{1f52c}', '${', '$ {{', '}}', '```', '~~~'])
  .filter((text) => canBeGiven(text) && !text.includes(EXPRESSION));

describe('a step says the scope of its run', () => {
  it.each(texts.map((text) => [JSON.stringify(text.slice(0, 60)), text]))('%s as key, prefix and glob', (_, text) => {
    for (const scope of [
      { ...WHOLE, key: text },
      { ...WHOLE, prefix: text },
    ]) {
      expect(readBack(stepOf(scope)).scope).toEqual(scope);
    }
    const globs = text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
    const lists = { ...WHOLE, prefix: 'site/', include: ['site/**', ...globs], exclude: globs };
    expect(readBack(stepOf(lists)).scope).toEqual(lists);
    expect(readBack(stepOf({ ...lists, prefix: '' })).scope).toEqual({ ...lists, prefix: '' });
  });

  it('as people would write it, where that is possible', () => {
    const scope = { ...WHOLE, prefix: "it's/", include: ['**/*.html', '**/*.css'], exclude: ['**/#*'] };
    expect(contentOf(stepOf(scope))).toBe(`with:
  operation: rollback
  bucket: 'my-site'
  prefix: 'it''s/'
  include: |-
    **/*.html
    **/*.css
  exclude: '**/#*'
  to-time: 2026-11-22T13:59:11Z
  dry-run: true`);
    expect(contentOf(stepOf(WHOLE))).toContain('\n  whole-bucket: true\n');
  });

  it('what cannot be seen is written so that it can, and a mention so that it is none', () => {
    expect(stepOf({ ...WHOLE, prefix: 'a\u202eb\n\u00a0\u{e0041}<!-- @x @ "' })).toContain(
      'prefix: "a\\u202eb\\n\\u00a0\\U000e0041\\u003c!-- \\u0040x @ \\""',
    );
  });
});

describe('what cannot be written is refused when the step runs, and never left out', () => {
  it.each<[what: string, scope: Scope, named: string]>([
    ['an expression in a key', { ...WHOLE, key: `a\${{ github.token }}` }, 'key'],
    ['an expression in a prefix', { ...WHOLE, prefix: EXPRESSION }, 'prefix'],
    ['an expression in a glob', { ...WHOLE, prefix: 'site/', include: ['a', `\${{ x }}`] }, 'include'],
    ['an expression in a glob, the whole bucket', { ...WHOLE, exclude: [`\${{ x }}`] }, 'exclude'],
    ['in both', { ...WHOLE, prefix: 'site/', include: [EXPRESSION], exclude: [EXPRESSION] }, 'include, exclude'],
    ['very many globs', { ...WHOLE, prefix: 'site/', include: Array<string>(1000).fill('site/**') }, 'include'],
    ['half a character', { ...WHOLE, prefix: 'a\ud83d' }, 'prefix'],
  ])('%s', (_, scope, named) => {
    const step = stepOf(scope);
    expect(step).not.toContain(EXPRESSION);
    expect(step).toContain(`write ${named} as in this run`);
    expect(readBack(step).problems).toContain('whole-bucket');
    // Without that line it is refused too, or says the same: somebody had to take it out.
    expect(step).not.toContain('whole-bucket: true');
  });
});

describe('whatever the scope', () => {
  const piece = fc.oneof(fc.constantFrom(...texts, EXPRESSION, 'x', '/', '\n', ' '), fc.string({ unit: 'grapheme' }));
  const text = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(''));
  const given = text.filter((it) => canBeGiven(it) && it !== '');
  const globs = fc.array(
    given.map((glob) => glob.replaceAll('\n', '').trim()).filter((glob) => glob !== ''),
    { maxLength: 4 },
  );
  const scopes: fc.Arbitrary<Scope> = fc.oneof(
    given.map((key) => ({ ...WHOLE, key })),
    fc.record({
      bucket: fc.constant('my-site'),
      prefix: fc.oneof(given, fc.constant('')),
      include: globs,
      exclude: globs,
    }),
  );

  it('the step has it, or is refused', () => {
    fc.assert(
      fc.property(scopes, (scope) => {
        const { scope: read, problems } = readBack(stepOf(scope));
        if (!problems.includes('whole-bucket')) expect(read).toEqual(scope);
      }),
      { numRuns: 2000 },
    );
  });

  it('and is one block of code', () => {
    fc.assert(
      fc.property(scopes, (scope) => {
        expect(html(stepOf(scope))).toMatch(/^<pre><code class="language-yaml">[^<]*<\/code><\/pre>\n$/);
      }),
      { numRuns: 500 },
    );
  });
});
