import { inputVariable } from '../../../src/action/input-reader.ts';
import { type ParsedInputs, parseInputs } from '../../../src/action/inputs.ts';
import { InputError, type InputProblem } from '../../../src/core/errors.ts';
import type { DownloadRequest, RestoreRequest } from '../../../src/core/request.ts';
import { NOW } from './support.ts';

export type Inputs = Readonly<Record<string, string>>;

/** The environment as the runner makes it of `with:`. */
export function envOf(inputs: Inputs, more: Inputs = {}): Record<string, string> {
  const given = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [inputVariable(name), value]));
  return {
    RUNNER_TEMP: '/runner/temp',
    GITHUB_WORKSPACE: '/home/runner/space',
    AWS_REGION: 'eu-central-1',
    ...given,
    ...more,
  };
}

export const UNDELETE = { operation: 'undelete', bucket: 'my-bucket', prefix: 'site/' };
export const ROLLBACK = { operation: 'rollback', bucket: 'my-bucket', prefix: 'site/', 'to-time': '15m ago' };
export const DOWNLOAD = { ...ROLLBACK, operation: 'download', directory: 'restored' };

/** Of an undelete or a rollback. */
export function parse(inputs: Inputs, more?: Inputs): ParsedInputs & { readonly request: RestoreRequest } {
  const parsed = parseInputs(envOf(inputs, more), NOW);
  const { operation } = parsed.request;
  if (operation !== 'undelete' && operation !== 'rollback') throw new TypeError(`this is a ${operation}`);
  return { ...parsed, request: parsed.request };
}

export function parseDownload(inputs: Inputs): ParsedInputs & { readonly request: DownloadRequest } {
  const parsed = parseInputs(envOf(inputs), NOW);
  if (parsed.request.operation !== 'download') throw new TypeError('this is no download');
  return { ...parsed, request: parsed.request };
}

export function problemsOf(inputs: Inputs, more?: Inputs): readonly InputProblem[] {
  try {
    parseInputs(envOf(inputs, more), NOW);
  } catch (error) {
    if (error instanceof InputError) return error.problems;
    throw error;
  }
  return [];
}

/** A case of a table: inputs that have one problem, with this input, and the mend. */
export type Bad = readonly [name: string, inputs: Inputs, input: string, mend: RegExp];
