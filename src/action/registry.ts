import { INPUTS } from './registry-inputs.ts';

/**
 * Every input and output of the action, once. action.yml and the tables of the README are held to this list by
 * tests; the code can name no input that is not in it.
 */

export { INPUTS, type InputGroup, type InputSpec } from './registry-inputs.ts';

export type InputName = (typeof INPUTS)[number]['name'];

export const INPUT_NAMES: readonly InputName[] = INPUTS.map((input) => input.name);

export interface OutputSpec {
  readonly name: string;
  readonly description: string;
}

export const OUTPUTS = [
  {
    name: 'status',
    description:
      '`success`: every planned key restored (or fetched). `no-change`: no key changed, copied or fetched (versions may have been requested from an archive). `planned`: a dry run. ' +
      '`partial`: something restored, something failed or in conflict. `failed`: refused, or nothing restored and something failed.',
  },
  {
    name: 'planned',
    description:
      'Number of keys that the plan changes, or fetches. Set on every run. Requests to an archive do not count.',
  },
  {
    name: 'restored',
    description:
      'Number of keys that are at their target again, on the word of S3; of a download, keys that are on disk, checked.',
  },
  { name: 'unchanged', description: 'Number of keys that were at their target already.' },
  {
    name: 'skipped',
    description: 'Number of keys that were left as they are, each for a reason that the report counts.',
  },
  { name: 'conflicts', description: 'Number of keys that changed between plan and change, and were left alone.' },
  { name: 'failed', description: 'Number of keys that could not be restored because of an error.' },
  { name: 'plan-file', description: 'Path of the plan (JSON Lines); empty when none was made.' },
  { name: 'plan-digest', description: 'SHA-256 of the plan, `sha256:…`; empty when none was made.' },
  { name: 'report-file', description: 'Path of the report (JSON).' },
  {
    name: 'checkpoint',
    description:
      '`guard`: the moment before the deployment (RFC 3339), to which the post step goes back if the job fails.',
  },
  {
    name: 'suggested-time',
    description:
      '`history`: the last whole second before the incident (RFC 3339), to be given to `to-time`; empty where none was found.',
  },
  {
    name: 'journal-file',
    description: 'Path of the journal (JSON Lines) of every change; empty when nothing was begun.',
  },
] as const satisfies readonly OutputSpec[];

export type OutputName = (typeof OUTPUTS)[number]['name'];
