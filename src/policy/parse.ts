import type { Policy, Rule } from '../core/policy.ts';
import { type Located, readDocument, UNREADABLE } from './document.ts';
import { invalidPolicy, type Path, type Problem, quoted } from './problems.ts';
import { FIELDS, type PolicyFile, policySchema } from './schema.ts';
import { unknownField } from './words.ts';

/**
 * A policy of its YAML. `given`: the file as the user wrote it, for messages.
 * @throws RollbackError `invalid-policy`: all that is wrong, a line each, with line number and rule
 */
export function parsePolicy(text: string, given: string): Policy {
  const { root, problems, broken } = readDocument(text);
  const nameOfRule = (index: number) => {
    const name = at(root, ['rules', index, 'name'])?.value;
    return typeof name === 'string' && name.trim() !== '' ? name : undefined;
  };
  if (broken) throw invalidPolicy(given, problems, nameOfRule);

  const parsed = policySchema.safeParse(root.value, { reportInput: true });
  const issues = parsed.success ? [] : parsed.error.issues.flatMap((issue) => told(issue, [], root));
  const version = at(root, ['version'])?.value;
  // What a later version calls its fields is no mistake.
  const all =
    typeof version === 'number' && version !== 1
      ? issues.filter(({ path }) => path[0] === 'version')
      : [...problems, ...issues, ...sameNames(root)];
  if (all.length > 0 || !parsed.success) throw invalidPolicy(given, all, nameOfRule);
  return { rules: parsed.data.rules.map(ruleOf) };
}

type Issue = NonNullable<ReturnType<typeof policySchema.safeParse>['error']>['issues'][number];

/** What zod found, as problems at their lines. */
function told(issue: Issue, above: Path, root: Located): Problem[] {
  const path = [...above, ...issue.path.filter((part) => typeof part !== 'symbol')];
  const place = at(root, path);
  if (place?.value === UNREADABLE) return [];
  if (issue.code === 'invalid_union') {
    // One, or a list of them: the user's value says which was meant.
    const branch = issue.errors[place?.items === undefined ? 0 : 1] ?? [];
    return branch.flatMap((inner) => told(inner, path, root));
  }
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => ({
      line: place?.fields?.get(name)?.line ?? 1,
      path,
      what: `${quoted(name)} ${unknownField(name, fieldsAt(path), HOMES)}`,
    }));
  }
  // A field that is missing is missed where what it belongs to begins.
  const line = (place ?? at(root, path.slice(0, -1)))?.line ?? 1;
  return [{ line, path, what: issue.message }];
}

/** Fields that are easily written one level too high. */
const HOMES: ReadonlyMap<string, string> = new Map(
  (['wanted-by', 'only-if'] as const).flatMap((home) => FIELDS[home].map((name) => [name, home] as const)),
);

function fieldsAt(path: Path): readonly string[] {
  const last = path.at(-1);
  if (typeof last === 'number') return FIELDS.rule;
  return last === 'wanted-by' || last === 'only-if' ? FIELDS[last] : FIELDS.policy;
}

function sameNames(root: Located): Problem[] {
  const lines = new Map<string, number>();
  return (at(root, ['rules'])?.items ?? []).flatMap((rule, index) => {
    const name = rule.fields?.get('name');
    if (typeof name?.value !== 'string') return [];
    const before = lines.get(name.value);
    if (before === undefined) {
      lines.set(name.value, name.line);
      return [];
    }
    const what = `is that of the rule in line ${before} too. Give every rule a name of its own.`;
    return [{ line: name.line, path: ['rules', index, 'name'], what }];
  });
}

function at(root: Located, path: Path): Located | undefined {
  let place: Located | undefined = root;
  for (const part of path) place = typeof part === 'number' ? place?.items?.[part] : place?.fields?.get(part);
  return place;
}

function ruleOf(rule: PolicyFile['rules'][number]): Rule {
  const { 'wanted-by': wantedBy, 'only-if': onlyIf, 'max-restores-per-key': maxRestoresPerKey } = rule;
  return {
    name: rule.name,
    bucket: rule.bucket,
    keys: rule.keys,
    exceptKeys: rule['except-keys'],
    on: rule.on,
    wantedBy: { principals: wantedBy?.principals ?? [], sourceIps: wantedBy?.['source-ips'] ?? [] },
    ...(onlyIf !== undefined && { onlyIf: { atLeast: onlyIf['at-least'], within: onlyIf.within } }),
    holdOff: rule['hold-off'],
    action: rule.then,
    ...(maxRestoresPerKey !== undefined && { maxRestoresPerKey }),
  };
}
