import { type Env, type InputReader, inputVariable, quoted } from './input-reader.ts';

/**
 * Inputs of later versions of this action, and the values of each that ask for nothing this version does not do (its
 * default there). Anything else is refused: they say what is touched or where it goes, and a run that ignored one would
 * do something else than was asked. `undefined`: any value will do, for nothing depends on it yet.
 */
const LATER: Readonly<Record<string, readonly string[] | undefined>> = {
  engine: ['local'],
  'work-uri': [],
  'batch-role-arn': [],
  'batch-lambda-arn': [],
  'account-id': undefined,
  'batch-confirm': ['false'],
};

/** Is this the INPUT_ variable of an input that a later version has? */
export function isLater(variable: string): boolean {
  return Object.keys(LATER).some((name) => inputVariable(name) === variable);
}

export function refuseLater(read: InputReader, env: Env): void {
  for (const [name, harmless] of Object.entries(LATER)) {
    const given = env[inputVariable(name)]?.trim() ?? '';
    if (given === '' || harmless === undefined || harmless.includes(given.replace(/[\s,]+/g, ','))) continue;
    read.problem(name, `${quoted(given)} is not in this version of the action yet`, `Leave out ${name}.`);
  }
}
