import { readFileSync } from 'node:fs';
import { parse, type ScalarTag, type Tags } from 'yaml';
import * as z from 'zod';

/** What a template makes of its parameters: conditions and functions worked out, as far as infra/ uses them. */

export const ACCOUNT = '111122223333';
export const REGION = 'eu-central-1';

const FUNCTIONS = ['Ref', 'Condition', 'Sub', 'GetAtt', 'If', 'Equals', 'And', 'Or', 'Not', 'Join'] as const;
type Name = (typeof FUNCTIONS)[number];

class Call {
  readonly name: Name;
  readonly argument: unknown;
  constructor(name: Name, argument: unknown) {
    this.name = name;
    this.argument = argument;
  }
}

const plain = z.record(z.string(), z.unknown());
const templateSchema = z.looseObject({
  Parameters: z.record(
    z.string(),
    z.looseObject({
      Type: z.string(),
      Default: z.union([z.string(), z.number()]).optional(),
      AllowedPattern: z.string().optional(),
      MaxValue: z.number().optional(),
    }),
  ),
  Rules: z.record(z.string(), z.object({ Assertions: z.array(z.looseObject({ Assert: z.unknown() })) })).default({}),
  Conditions: plain.default({}),
  Resources: z.record(
    z.string(),
    z.looseObject({ Type: z.string(), Condition: z.string().optional(), Properties: plain }),
  ),
  Outputs: z.record(z.string(), z.looseObject({ Condition: z.string().optional(), Value: z.unknown() })).default({}),
});
export type Template = z.output<typeof templateSchema>;

export function readTemplate(path: string): Template {
  return templateSchema.parse(parse(readFileSync(path, 'utf8'), { customTags: tags() }));
}

function tags(): Tags {
  return FUNCTIONS.flatMap((name) => {
    // `identify` says that no value is ever written as one of these.
    const tag: ScalarTag = { tag: `!${name}`, identify: () => false, resolve: (text: string) => new Call(name, text) };
    const list = {
      tag: `!${name}`,
      collection: 'seq' as const,
      identify: () => false,
      resolve: (items: { toJSON(): unknown }) => new Call(name, items.toJSON()),
    };
    return [tag, list];
  });
}

export interface Stack {
  /** Properties of each resource that is made, by its logical id. */
  readonly resources: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  /** What CloudFormation would refuse the parameters for. */
  readonly refused: readonly string[];
}

const NOTHING = Symbol('AWS::NoValue');

/** @throws Error where the template names what is not there, or what its conditions leave out. */
export function deploy(template: Template, given: Readonly<Record<string, string>>, stackName = 's3-bot'): Stack {
  const { Parameters, Rules, Conditions, Resources, Outputs } = template;
  const values = new Map<string, unknown>([
    ['AWS::NoValue', NOTHING],
    ['AWS::Partition', 'aws'],
    ['AWS::Region', REGION],
    ['AWS::AccountId', ACCOUNT],
    ['AWS::StackName', stackName],
  ]);
  const refused: string[] = [];
  for (const name of Object.keys(given)) if (Parameters[name] === undefined) throw new Error(`no parameter ${name}`);
  for (const [name, { Type, Default, AllowedPattern }] of Object.entries(Parameters)) {
    const value = given[name] ?? Default;
    if (value === undefined) throw new Error(`${name} is needed`);
    if (AllowedPattern !== undefined && !new RegExp(AllowedPattern).test(String(value))) refused.push(name);
    values.set(name, Type === 'CommaDelimitedList' ? String(value).split(',') : value);
  }

  function holds(condition: string): boolean {
    if (!(condition in Conditions)) throw new Error(`no condition ${condition}`);
    return evaluate(Conditions[condition]) === true;
  }

  function resource(id: string) {
    const found = Resources[id];
    if (found === undefined) throw new Error(`no resource ${id}`);
    if (found.Condition !== undefined && !holds(found.Condition)) throw new Error(`${id} is not made`);
    return found;
  }

  function attribute(path: string): unknown {
    const [id = '', name] = path.split('.');
    const { Type, Properties } = resource(id);
    if (Type === 'AWS::SQS::Queue') {
      const queue = String(evaluate(Properties.QueueName));
      return name === 'Arn' ? `arn:aws:sqs:${REGION}:${ACCOUNT}:${queue}` : queue;
    }
    return name === undefined ? `ref-${id}` : `arn:aws:${Type}:${id}.${name}`;
  }

  function reference(name: string): unknown {
    return values.has(name) ? values.get(name) : attribute(name);
  }

  function substitute(text: string, own: Readonly<Record<string, unknown>>): string {
    return text.replace(/\$\{([^}]+)\}/g, (_, name: string) =>
      String(name in own ? evaluate(own[name]) : reference(name)),
    );
  }

  function evaluate(node: unknown): unknown {
    if (node instanceof Call) return call(node);
    if (Array.isArray(node)) return node.map(evaluate).filter((item) => item !== NOTHING);
    if (typeof node !== 'object' || node === null) return node;
    const entries = Object.entries(node).map(([key, value]) => [key, evaluate(value)] as const);
    return Object.fromEntries(entries.filter(([, value]) => value !== NOTHING));
  }

  function call({ name, argument }: Call): unknown {
    const items: unknown[] = Array.isArray(argument) ? argument : [argument];
    const [first, second, third] = items;
    switch (name) {
      case 'Ref':
        return reference(String(first));
      case 'GetAtt':
        return attribute(String(first));
      case 'Sub':
        return substitute(String(first), plain.default({}).parse(second));
      case 'Condition':
        return holds(String(first));
      case 'If':
        return evaluate(holds(String(first)) ? second : third);
      case 'Equals':
        return String(evaluate(first)) === String(evaluate(second));
      case 'And':
        return items.every((item) => evaluate(item) === true);
      case 'Or':
        return items.some((item) => evaluate(item) === true);
      case 'Not':
        return evaluate(first) !== true;
      case 'Join':
        return z.array(z.string()).parse(evaluate(second)).join(String(first));
    }
  }

  for (const [name, { Assertions }] of Object.entries(Rules)) {
    if (Assertions.some(({ Assert }) => evaluate(Assert) !== true)) refused.push(name);
  }
  const made = <T extends { Condition?: string | undefined }>(all: Readonly<Record<string, T>>) =>
    Object.entries(all).filter(([, { Condition }]) => Condition === undefined || holds(Condition));
  return {
    resources: Object.fromEntries(
      made(Resources).map(([id, { Properties }]) => [id, plain.parse(evaluate(Properties))]),
    ),
    outputs: Object.fromEntries(made(Outputs).map(([id, { Value }]) => [id, evaluate(Value)])),
    refused,
  };
}
