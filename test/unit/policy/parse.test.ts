import { describe, expect, it } from 'vitest';
import { RollbackError } from '../../../src/core/errors.ts';
import type { Rule } from '../../../src/core/policy.ts';
import { parsePolicy } from '../../../src/policy/index.ts';
import { BAD_POLICIES, ruleWith } from './bad-policies.ts';

const FILE = '.github/s3-rollback.yml';

function rulesOf(yaml: string): readonly Rule[] {
  return parsePolicy(yaml, FILE).rules;
}

function errorOf(yaml: string, given = FILE): RollbackError {
  try {
    parsePolicy(yaml, given);
  } catch (error) {
    if (error instanceof RollbackError) return error;
    throw error;
  }
  throw new Error('the policy was accepted');
}

const DEFAULTS: Rule = {
  name: 'a',
  bucket: 'b',
  keys: ['**'],
  exceptKeys: [],
  on: ['delete-marker'],
  wantedBy: { principals: [], sourceIps: [] },
  holdOff: 0,
  action: 'restore',
};

describe('a policy', () => {
  it('with every field', () => {
    const yaml = `
version: 1
rules:                        # first match wins; no match = leave alone
  - name: published site
    bucket: my-site           # glob
    keys: ["**"]              # globs
    except-keys: ["tmp/**"]
    on: [delete-marker]       # delete-marker | lifecycle-delete-marker | overwrite
    wanted-by:                # deletions by these are wanted: leave alone
      principals: ["*:retention-job*"]
      source-ips: ["10.0.0.0/8"]
    only-if: { at-least: 20, within: 10m }   # act only on a burst
    hold-off: 30s             # leave younger events for the next run
    then: restore             # restore | report
    max-restores-per-key: 3   # in one run's events: stop fighting, report instead
`;
    expect(parsePolicy(yaml, FILE)).toStrictEqual({
      rules: [
        {
          name: 'published site',
          bucket: 'my-site',
          keys: ['**'],
          exceptKeys: ['tmp/**'],
          on: ['delete-marker'],
          wantedBy: { principals: ['*:retention-job*'], sourceIps: ['10.0.0.0/8'] },
          onlyIf: { atLeast: 20, within: 600_000 },
          holdOff: 30_000,
          action: 'restore',
          maxRestoresPerKey: 3,
        },
      ],
    });
  });

  it('with only what is needed', () => {
    expect(parsePolicy(ruleWith(), FILE)).toStrictEqual({ rules: [DEFAULTS] });
  });

  it('keeps the order of its rules', () => {
    const yaml = 'version: 1\nrules:\n  - { name: z, bucket: b }\n  - { name: a, bucket: b }\n';
    expect(rulesOf(yaml).map(({ name }) => name)).toEqual(['z', 'a']);
  });

  const good: readonly [string, string, Partial<Rule>][] = [
    ['one glob instead of a list', 'keys: site/**', { keys: ['site/**'] }],
    ['one exception instead of a list', 'except-keys: "*.tmp"', { exceptKeys: ['*.tmp'] }],
    ['one kind instead of a list', 'on: overwrite', { on: ['overwrite'] }],
    ['on in quotes', '"on": [overwrite]', { on: ['overwrite'] }],
    [
      'all kinds',
      'on: [delete-marker, lifecycle-delete-marker, overwrite]',
      { on: ['delete-marker', 'lifecycle-delete-marker', 'overwrite'] },
    ],
    ['a key that begins with a slash', 'keys: /a', { keys: ['/a'] }],
    ['all keys but those', 'keys: "!(tmp)/**"', { keys: ['!(tmp)/**'] }],
    ['no exceptions', 'except-keys: []', {}],
    ['nobody', 'wanted-by: {}', {}],
    ['nobody, at length', 'wanted-by: { principals: [], source-ips: [] }', {}],
    [
      'one principal and one address',
      'wanted-by: { principals: "AWS:AROAEXAMPLE:*", source-ips: 192.0.2.7 }',
      { wantedBy: { principals: ['AWS:AROAEXAMPLE:*'], sourceIps: ['192.0.2.7'] } },
    ],
    [
      'addresses of all forms',
      'wanted-by: { source-ips: ["2001:db8::/32", "::1", 10.0.0.0/8, 0.0.0.0/0, "::ffff:192.0.2.7/128"] }',
      {
        wantedBy: {
          principals: [],
          sourceIps: ['2001:db8::/32', '::1', '10.0.0.0/8', '0.0.0.0/0', '::ffff:192.0.2.7/128'],
        },
      },
    ],
    ['no hold-off', 'hold-off: 0s', { holdOff: 0 }],
    ['the longest hold-off', 'hold-off: 12h', { holdOff: 43_200_000 }],
    ['minutes', 'hold-off: 5m', { holdOff: 300_000 }],
    ['the least burst', 'only-if: { at-least: 1, within: 1s }', { onlyIf: { atLeast: 1, within: 1_000 } }],
    [
      'the greatest burst',
      'only-if: { at-least: 1000000, within: 14d }',
      { onlyIf: { atLeast: 1_000_000, within: 1_209_600_000 } },
    ],
    ['only a report', 'then: report', { action: 'report' }],
    ['an explicit tag of the core schema', 'keys: !!str 2026', { keys: ['2026'] }],
  ];
  it.each(good)('with %s', (_, line, rule) => {
    expect(rulesOf(ruleWith(line))).toStrictEqual([{ ...DEFAULTS, ...rule }]);
  });

  it('is YAML 1.2 whatever it says of itself: words of 1.1 that are true or false, or times, are texts', () => {
    const yaml = '%YAML 1.1\n---\nversion: 1\nrules:\n  - { name: yes, bucket: off, keys: [12:30:45, 2026-11-22] }\n';
    expect(rulesOf(yaml)).toMatchObject([{ name: 'yes', bucket: 'off', keys: ['12:30:45', '2026-11-22'] }]);
  });

  it('may name its lists once, by an anchor', () => {
    const yaml =
      'version: 1\nrules:\n  - { name: a, bucket: b, wanted-by: &us { principals: x } }\n  - { name: c, bucket: b, wanted-by: *us }\n';
    expect(rulesOf(yaml).map(({ wantedBy }) => wantedBy.principals)).toEqual([['x'], ['x']]);
  });

  it.each([
    ['a byte order mark', `\ufeff${ruleWith('on: overwrite')}`],
    ['lines as Windows ends them', ruleWith('on: overwrite').replaceAll('\n', '\r\n')],
    ['a document of YAML 1.1, where on could be true', `%YAML 1.1\n---\n${ruleWith('on: overwrite')}`],
    ['an end of the document', `---\n${ruleWith('on: overwrite')}...\n`],
    ['an empty document after it', `${ruleWith('on: overwrite')}---\n`],
    ['JSON, which is YAML too', '{"version": 1, "rules": [{"name": "a", "bucket": "b", "on": "overwrite"}]}'],
  ])('with %s', (_, yaml) => {
    expect(rulesOf(yaml)).toStrictEqual([{ ...DEFAULTS, on: ['overwrite'] }]);
  });
});

describe('what is wrong is told, all at once, with line, rule and mend', () => {
  it.each(BAD_POLICIES)('$what ($yaml)', ({ yaml, says }) => {
    const error = errorOf(yaml);
    expect(error.code).toBe('invalid-policy');
    const lines = error.message.split('\n');
    expect(lines.map((line, i) => line.slice(0, `policy file ${FILE}, ${says[i] ?? ''}`.length))).toEqual(
      says.map((words) => `policy file ${FILE}, ${words}`),
    );
    for (const line of lines) expect(line).toMatch(/[.?]$/);
  });

  it('in the order of the file', () => {
    const yaml = ruleWith('then: no', 'hold-off: x', 'on: *', 'colour: red').replace('on: *', 'on: [*]');
    expect(errorOf(ruleWith('then: no', 'colour: red', 'hold-off: x', 'keys: [*a]')).message.match(/line \d/g)).toEqual(
      ['line 5', 'line 6', 'line 7', 'line 8'],
    );
    // What is not even YAML comes first: the rest of such a file cannot be trusted to be what was meant.
    expect(errorOf(yaml).message).toMatch(/^[^\n]*, line 7, rule "a": a \* by itself[^\n]*$/);
  });

  it('at most fifty', () => {
    const rules = Array.from({ length: 60 }, (_, i) => `  - { name: r${i}, bucket: b, then: x }`);
    const lines = errorOf(['version: 1', 'rules:', ...rules].join('\n')).message.split('\n');
    expect(lines).toHaveLength(51);
    expect(lines[49]).toContain('line 52, rule "r49", then: ');
    expect(lines[50]).toBe('… and 10 more like these.');
  });

  it('names no file that could be a command to the runner, nor text of the policy', () => {
    const { message } = errorOf(ruleWith('"::error::x": 1', 'then: "##[error]x\\u202e"'), '##[error]\n::x.yml');
    expect(message.split('\n')).toHaveLength(2);
    expect(message).toContain('policy file "##\\[error]\\n::x.yml", line 5, rule "a": "\\::error::x" is no field');
    expect(message).toContain('then: "##\\[error]x\\u202e" is not known.');
  });
});

describe('a file made to do harm is refused, and soon', () => {
  const bomb = [
    'a0: &a0 [x, x, x, x, x, x, x, x, x]',
    ...Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`),
  ].join('\n');
  it.each([
    ['aliases of aliases', bomb, 'has more than 20,000 values. Write fewer and wider globs.'],
    ['a list inside itself, twice', ruleWith('keys: &a [*a, *a]'), 'has more than 20,000 values.'],
    ['many aliases', `- &a x\n${'- *a\n'.repeat(30_000)}`, 'has more than 20,000 values.'],
    ['many fields', Array.from({ length: 30_000 }, (_, i) => `k${i}: 1`).join('\n'), 'has more than 20,000 values.'],
    ['lists in lists', '['.repeat(100_000), 'is nested too deeply.'],
    ['keys of keys', '? '.repeat(10_000), 'is nested too deeply.'],
    ['a line of errors', `"${'\\q'.repeat(50_000)}"`, 'this is not YAML'],
    ['lines of errors', ']\n'.repeat(50_000), '… and 49950 more like these.'],
  ])('%s', (_, yaml, words) => {
    expect(errorOf(yaml).message).toContain(words);
  });
});
