/** A policy's YAML, and the lines of the error, each without the file: `line 5, rule "a", keys: …`. */
export interface BadPolicy {
  readonly what: string;
  readonly yaml: string;
  readonly says: readonly string[];
}

/** A rule that is in order but for these lines, the first of which is the file's line 5. */
export function ruleWith(...lines: readonly string[]): string {
  return ['version: 1', 'rules:', '  - name: a', '    bucket: b', ...lines.map((line) => `    ${line}`), ''].join('\n');
}

const GLOB_IN_QUOTES = 'Put a glob that begins with * in quotes.';
const USE_KINDS = 'of: delete-marker, lifecycle-delete-marker, overwrite.';
const DURATION = 'Write a whole number and s, m, h or d: 30s, 10m, 2h.';

/** The whole file. */
const FILES: readonly BadPolicy[] = [
  { what: 'nothing', yaml: '', says: ['line 1: is empty. Begin it with version: 1'] },
  { what: 'only a comment', yaml: '# rules\n', says: ['line 1: is empty.'] },
  { what: 'null', yaml: '~\n', says: ['line 1: has no value. Begin the file with version: 1'] },
  { what: 'a list', yaml: '- name: a\n', says: ['line 1: is a list, not a policy. Begin the file with version: 1'] },
  { what: 'a text', yaml: 'x', says: ['line 1: is a text, not a policy.'] },
  {
    what: 'no version',
    yaml: '# mine\nrules:\n  - { name: a, bucket: b }\n',
    says: ['line 2, version: is missing. Write version: 1'],
  },
  {
    what: 'a version in quotes',
    yaml: 'version: "1"\nrules: [{ name: a, bucket: b }]',
    says: ['line 1, version: is a text, not the number 1. Write version: 1, without quotes.'],
  },
  {
    what: 'a later version, whose fields are no mistakes',
    yaml: 'version: 2\nactions: {}\nrules: [{ title: a }]',
    says: ['line 1, version: 2 is not known, for this action knows version 1.'],
  },
  { what: 'no rules', yaml: 'version: 1\n', says: ['line 1, rules: is missing. Begin each rule with a hyphen'] },
  { what: 'rules without a value', yaml: 'version: 1\nrules:\n', says: ['line 2, rules: has no value.'] },
  { what: 'an empty list of rules', yaml: 'version: 1\nrules: []\n', says: ['line 2, rules: is an empty list.'] },
  {
    what: 'one rule instead of a list',
    yaml: 'version: 1\nrules:\n  name: a\n  bucket: b\n',
    says: ['line 2, rules: is a set of fields, not a list of rules. Begin each rule with a hyphen and its name.'],
  },
  {
    what: 'rules that are none',
    yaml: 'version: 1\nrules:\n  - a\n  -\n  - []\n',
    says: [
      'line 3, rule 1: is a text, not a rule. Write - name: and below it bucket:',
      'line 4, rule 2: has no value.',
      'line 5, rule 3: is a list, not a rule.',
    ],
  },
  {
    what: 'a field beside the rules',
    yaml: 'version: 1\nrule: []\nrules: [{ name: a, bucket: b }]',
    says: ['line 2: "rule" is no field that is known here. Use: version, rules. Did you mean rules?'],
  },
];

/** How YAML reads what people write. */
const YAML: readonly BadPolicy[] = [
  {
    what: 'a * alone',
    yaml: ruleWith('keys: *'),
    says: [`line 5, rule "a": a * by itself means something else in YAML. ${GLOB_IN_QUOTES}`],
  },
  {
    what: 'two of them',
    yaml: ruleWith('keys: [**]'),
    says: [`line 5, rule "a", keys: "**" is read as a YAML alias. ${GLOB_IN_QUOTES}`],
  },
  {
    what: 'globs that begin with *, without quotes',
    yaml: ruleWith('keys:', '  - **/*.html', 'wanted-by:', '  principals: [*:retention-job*]'),
    says: [
      `line 6, rule "a", keys: "**/*.html" is read as a YAML alias. ${GLOB_IN_QUOTES}`,
      `line 8, rule "a", wanted-by.principals: "*:retention-job*" is read as a YAML alias. ${GLOB_IN_QUOTES}`,
    ],
  },
  {
    what: 'a glob that begins with !, without quotes',
    yaml: ruleWith('keys: [!tmp/**, a]'),
    says: [
      'line 5, rule "a", keys: "!tmp/**" is read as a YAML tag, for it begins with ! and has no quotes. To leave keys alone, list them under except-keys',
    ],
  },
  {
    what: 'a ! by itself',
    yaml: ruleWith('keys: ! tmp/**'),
    says: ['line 5, rule "a", keys: "!" is read as a YAML tag'],
  },
  {
    what: 'a tag that makes a function elsewhere',
    yaml: ruleWith('keys: !!js/function "x"'),
    says: ['line 5, rule "a", keys: "!!js/function" is read as a YAML tag'],
  },
  {
    what: 'braces without quotes, in two rules',
    yaml: 'version: 1\nrules:\n  - name: a\n    bucket: {a,b}x\n  - name: c\n    bucket: @b\n',
    says: ['line 4, rule "a": this is not YAML (', 'line 6, rule "c": this is not YAML ('],
  },
  {
    what: 'no YAML after the rules',
    yaml: `${ruleWith()}more: @x\n`,
    says: [
      'line 5: this is not YAML (Plain value cannot start with reserved character @). Check the indentation, and put text with special characters in quotes.',
    ],
  },
  {
    what: 'a tab',
    yaml: 'version: 1\nrules:\n\t- name: a\n',
    says: ['line 3, rule "a": begins with a tab, which YAML does not allow. Indent with spaces.'],
  },
  {
    what: 'a field twice',
    yaml: `${ruleWith('keys: a', '"keys": b')}version: 1\n`,
    says: [
      'line 6, rule "a", keys: is there already, in line 5. Leave one of the two out.',
      'line 7, version: is there already, in line 1.',
    ],
  },
  {
    what: 'several documents',
    yaml: `${ruleWith()}---\n${ruleWith()}`,
    says: ['line 5: a second document begins here. Put all rules under one rules:'],
  },
  {
    what: 'merge keys',
    yaml: ruleWith('<<: { keys: a }'),
    says: ['line 5, rule "a": "<<" is a YAML merge key, which is not known here. Write the fields out.'],
  },
  {
    what: 'names of fields that are no words',
    yaml: ruleWith('? [keys]', ': a', '1: a', '__proto__: { keys: a }'),
    says: [
      'line 5, rule "a": the name of a field must be a plain word.',
      'line 7, rule "a": "1" is no field that is known here.',
      'line 8, rule "a": "__proto__" is no field that is known here.',
    ],
  },
  {
    what: 'an alias inside its own anchor',
    yaml: ruleWith('keys: &all [*all]'),
    says: ['line 5, rule "a": is nested too deeply.', 'line 5, rule "a", keys: is a list, not a text.'],
  },
];

/** The fields of a rule. */
const RULES: readonly BadPolicy[] = [
  {
    what: 'neither name nor bucket',
    yaml: 'version: 1\nrules:\n  - keys: a\n',
    says: [
      'line 3, rule 1, name: is missing. Give every rule a name',
      'line 3, rule 1, bucket: is missing. Name the bucket.',
    ],
  },
  {
    what: 'names that are none',
    yaml: `version: 1\nrules:\n  - { name: "", bucket: b }\n  - { name: " ", bucket: b }\n  - { name: 7, bucket: b }\n  - { name: "${'x'.repeat(101)}", bucket: b }\n  - { name: "a\\nb", bucket: b }\n`,
    says: [
      'line 3, rule 1, name: is empty.',
      'line 4, rule 2, name: is blank.',
      'line 5, rule 3, name: 7 is a number, not a text. Put it in quotes.',
      `line 6, rule "${'x'.repeat(50)}…${'x'.repeat(49)}", name: has more than 100 characters.`,
      'line 7, rule "a\\nb", name: has a line break, a tab or the like in it.',
    ],
  },
  {
    what: 'one name twice',
    yaml: 'version: 1\nrules:\n  - name: a\n    bucket: b\n  - bucket: b\n    name: a\n',
    says: ['line 6, rule "a", name: is that of the rule in line 3 too. Give every rule a name of its own.'],
  },
  {
    what: 'a field with a typing error',
    yaml: ruleWith('hold-of: 30s', 'exceptkeys: a', 'max_restores_per_key: 3', 'colour: red'),
    says: [
      'line 5, rule "a": "hold-of" is no field that is known here. Use: name, bucket, keys, except-keys, on, wanted-by, only-if, hold-off, then, max-restores-per-key. Did you mean hold-off?',
      'line 6, rule "a": "exceptkeys" is no field that is known here. Use: name, bucket, keys, except-keys, on, wanted-by, only-if, hold-off, then, max-restores-per-key. Did you mean except-keys?',
      'line 7, rule "a": "max_restores_per_key" is no field that is known here. Use: name, bucket, keys, except-keys, on, wanted-by, only-if, hold-off, then, max-restores-per-key. Did you mean max-restores-per-key?',
      'line 8, rule "a": "colour" is no field that is known here. Use: name, bucket, keys, except-keys, on, wanted-by, only-if, hold-off, then, max-restores-per-key.',
    ],
  },
  {
    what: 'fields one level too high, or too low',
    yaml: ruleWith('principals: x', 'within: 10m', 'wanted-by: { keys: a }'),
    says: [
      'line 5, rule "a": "principals" belongs into wanted-by. Write wanted-by: on a line of its own, and principals: below it',
      'line 6, rule "a": "within" belongs into only-if.',
      'line 7, rule "a", wanted-by: "keys" is no field that is known here. Use: principals, source-ips.',
    ],
  },
  {
    what: 'fields without a value',
    yaml: ruleWith('keys:', 'wanted-by:', 'only-if:', 'hold-off:', 'then:'),
    says: [
      'line 5, rule "a", keys: has no value.',
      'line 6, rule "a", wanted-by: has no value.',
      'line 7, rule "a", only-if: has no value.',
      'line 8, rule "a", hold-off: has no value.',
      'line 9, rule "a", then: has no value.',
    ],
  },
  {
    what: 'buckets that are none',
    yaml: 'version: 1\nrules:\n  - { name: a, bucket: s3://b }\n  - { name: c, bucket: "arn:aws:s3:::b" }\n  - { name: d, bucket: b/tmp }\n  - { name: e, bucket: "!b" }\n  - { name: f, bucket: [b, c] }\n  - { name: g, bucket: "" }\n',
    says: [
      'line 3, rule "a", bucket: "s3://b" cannot be the name of a bucket. Give only its name',
      'line 4, rule "c", bucket: "arn:aws:s3:::b" cannot be the name of a bucket.',
      'line 5, rule "d", bucket: "b/tmp" cannot be the name of a bucket.',
      'line 6, rule "e", bucket: "!b" begins with !. Write !(…) around what is not meant to match.',
      'line 7, rule "f", bucket: is a list, not a text. Name the bucket',
      'line 8, rule "g", bucket: is an empty glob',
    ],
  },
  {
    what: 'globs that are none',
    yaml: ruleWith(
      'keys:',
      '  - a',
      '  - ""',
      '  - "!tmp/**"',
      '  - 2026',
      '  - [a]',
      `  - 'a\\\\\\\\'`,
      'except-keys: |',
      '  a',
      '  b',
    ),
    says: [
      'line 7, rule "a", keys: is an empty glob, which matches nothing.',
      'line 8, rule "a", keys: "!tmp/**" begins with !. List what is to be left alone under except-keys, without the !.',
      'line 9, rule "a", keys: 2026 is a number, not a text. Put it in quotes.',
      'line 10, rule "a", keys: is a list, not a text.',
      'line 11, rule "a", keys: "a\\\\\\\\\\\\\\\\" is no glob (a glob ends in four backslashes or more). Write a simpler one.',
      'line 12, rule "a", except-keys: "a\\nb\\n" has several lines. Write a list, one glob an item.',
    ],
  },
  {
    what: 'the same mistake twice in a line, told once',
    yaml: ruleWith('keys: ["", ""]'),
    says: ['line 5, rule "a", keys: is an empty glob'],
  },
  {
    what: 'a glob of more than 65,536 characters',
    yaml: ruleWith(`keys: ${'x'.repeat(65_537)}`),
    says: [`line 5, rule "a", keys: "${'x'.repeat(50)}…${'x'.repeat(49)}" is no glob (`],
  },
  {
    what: 'no keys',
    yaml: ruleWith('keys: []'),
    says: ['line 5, rule "a", keys: is an empty list. Leave it out for all keys.'],
  },
  {
    what: 'kinds that are none',
    yaml: ruleWith('on: [delete-marker, overwrites, deletion, true]'),
    says: [
      `line 5, rule "a", on: "overwrites" is not known. Use some ${USE_KINDS} Did you mean overwrite?`,
      `line 5, rule "a", on: "deletion" is not known. Use some ${USE_KINDS}`,
      `line 5, rule "a", on: is true or false, not a word. Use some ${USE_KINDS}`,
    ],
  },
  { what: 'no kinds', yaml: ruleWith('on: []'), says: ['line 5, rule "a", on: is an empty list.'] },
  {
    what: 'several kinds in one word',
    yaml: ruleWith('on: delete-marker, overwrite'),
    says: ['line 5, rule "a", on: "delete-marker, overwrite" is not known.'],
  },
  {
    what: 'addresses that are none',
    yaml: ruleWith(
      'wanted-by:',
      '  source-ips: [10.0.0.0/33, 10.*, 10.0.0, "2001:db8::/129", "fe80::1%eth0", 10.0.0.0/08, 7, "", "10.0.0.1 "]',
    ),
    says: [
      'line 6, rule "a", wanted-by.source-ips: "10.0.0.0/33" has more bits than an IPv4 address. Write /0 to /32',
      'line 6, rule "a", wanted-by.source-ips: "10.*" is no IP address or block. Write 10.0.0.0/8',
      'line 6, rule "a", wanted-by.source-ips: "10.0.0" is no IP address or block.',
      'line 6, rule "a", wanted-by.source-ips: "2001:db8::/129" has more bits than an IPv6 address. Write /0 to /128',
      'line 6, rule "a", wanted-by.source-ips: "fe80::1%eth0" is no IP address or block.',
      'line 6, rule "a", wanted-by.source-ips: "10.0.0.0/08" is no IP address or block.',
      'line 6, rule "a", wanted-by.source-ips: 7 is a number, not a text.',
      'line 6, rule "a", wanted-by.source-ips: "" is no IP address or block.',
      'line 6, rule "a", wanted-by.source-ips: "10.0.0.1 " is no IP address or block.',
    ],
  },
  {
    what: 'a principal that begins with !',
    yaml: ruleWith('wanted-by: { principals: "!x" }'),
    says: ['line 5, rule "a", wanted-by.principals: "!x" begins with !. Write !(…) around'],
  },
  {
    what: 'a number without a unit',
    yaml: ruleWith('hold-off: 30'),
    says: [`line 5, rule "a", hold-off: 30 has no unit. ${DURATION}`],
  },
  ...['30', '1.5h', '-1s', '30 s', '1h30m', '007s', '10min', 's', '9999999999s'].map((text) => ({
    what: 'no duration',
    yaml: ruleWith(`hold-off: "${text}"`),
    says: [`line 5, rule "a", hold-off: "${text}" is no duration. ${DURATION}`],
  })),
  ...['12h', '720m', '43200s'].map((text) => {
    const longer = text.replace(/\d+/, (digits) => String(Number(digits) + 1));
    return {
      what: 'a longer hold-off than a queue knows',
      yaml: ruleWith(`hold-off: ${longer}`),
      says: [`line 5, rule "a", hold-off: ${longer} is too long. Write 0s to 12h.`],
    };
  }),
  {
    what: 'a burst within no time',
    yaml: ruleWith('only-if: { at-least: 2, within: 0s }'),
    says: ['line 5, rule "a", only-if.within: 0s is too short. Write 1s to 14d.'],
  },
  {
    what: 'a burst within longer than a queue keeps messages',
    yaml: ruleWith('only-if: { at-least: 2, within: 15d }'),
    says: ['line 5, rule "a", only-if.within: 15d is too long. Write 1s to 14d.'],
  },
  {
    what: 'half a burst',
    yaml: 'version: 1\nrules:\n  - name: a\n    bucket: b\n    only-if: { at-least: 2 }\n  - name: c\n    bucket: b\n    only-if:\n      within: 1m\n',
    says: [
      'line 5, rule "a", only-if.within: is missing.',
      'line 8, rule "c", only-if.at-least: is missing. Write one in digits',
    ],
  },
  ...['0', '-1', '0.5', '1.5', '1000001', '.nan', '.inf'].map((number) => ({
    what: 'no count',
    yaml: ruleWith(`max-restores-per-key: ${number}`, `only-if: { at-least: ${number}, within: 1m }`),
    says: [
      `line 5, rule "a", max-restores-per-key: ${Number(number.replace('.nan', 'NaN').replace('.inf', 'Infinity'))} is not a whole number from 1 to 1,000,000.`,
      `line 6, rule "a", only-if.at-least: ${Number(number.replace('.nan', 'NaN').replace('.inf', 'Infinity'))} is not a whole number from 1 to 1,000,000.`,
    ],
  })),
  {
    what: 'a count in quotes',
    yaml: ruleWith('max-restores-per-key: "3"'),
    says: [
      'line 5, rule "a", max-restores-per-key: is a text, not a whole number from 1 to 1,000,000. Write one in digits, without quotes.',
    ],
  },
  {
    what: 'another deed',
    yaml: ruleWith('then: restored'),
    says: ['line 5, rule "a", then: "restored" is not known. Use one of: restore, report. Did you mean restore?'],
  },
];

export const BAD_POLICIES = [...FILES, ...YAML, ...RULES];
