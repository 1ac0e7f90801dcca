/**
 * Every input and output of the action, once. action.yml and the tables of the README are held to this list by
 * tests; the code can name no input that is not in it.
 */

export interface InputSpec {
  readonly name: string;
  /** As action.yml gives it; absent where an empty input means that nothing was asked. */
  readonly default?: string;
  readonly required?: true;
  readonly group: InputGroup;
  /** Markdown, one paragraph. */
  readonly description: string;
}

export type InputGroup = 'Which keys' | 'Back to what' | 'How' | 'Files' | 'Connection';

export const INPUTS = [
  {
    name: 'operation',
    required: true,
    group: 'Which keys',
    description:
      '`undelete`: deleted keys become live again, by removing the delete markers on top; no data moves. ' +
      '`rollback`: keys go back to a version, to a point in time, or a number of versions.',
  },
  {
    name: 'bucket',
    required: true,
    group: 'Which keys',
    description: 'Name of the bucket. Its versioning must be on, or have been on and be suspended.',
  },
  {
    name: 'key',
    group: 'Which keys',
    description: 'One exact key, never a prefix: `a` does not touch `ab`. Taken to the letter, spaces included.',
  },
  {
    name: 'prefix',
    group: 'Which keys',
    description:
      'All keys that start with this, to the letter: `site/` is a folder, `site` is also `site-old/index.html`.',
  },
  {
    name: 'whole-bucket',
    default: 'false',
    group: 'Which keys',
    description:
      '`true`: every key in the bucket. Needed when neither `key` nor `prefix` is given, so that nobody does it by accident.',
  },
  {
    name: 'include',
    group: 'Which keys',
    description:
      'Globs, one a line, tested against the whole key (`site/**/*.html`). Only keys that match one of them. With `prefix` or `whole-bucket`.',
  },
  {
    name: 'exclude',
    group: 'Which keys',
    description:
      'Globs, one a line, tested against the whole key. Keys that match one of them are left alone. Wins over `include`.',
  },
  {
    name: 'version-id',
    group: 'Back to what',
    description: '`rollback` with `key`: the id of the version to go back to.',
  },
  {
    name: 'to-time',
    group: 'Back to what',
    description:
      '`rollback`: the state at this time. RFC 3339 with a zone (`2026-11-22T14:00:00Z`), Unix seconds, or `15m ago` (`s`, `m`, `h`, `d`). ' +
      'A key that did not exist then is deleted (with a delete marker, under `method: copy`).',
  },
  {
    name: 'versions-back',
    group: 'Back to what',
    description:
      '`rollback`: this many versions back, delete markers not counted. `0` is the newest version, `1` the one before.',
  },
  {
    name: 'deleted-after',
    group: 'Back to what',
    description: '`undelete`: only keys that were deleted at this time or later. Same forms as `to-time`.',
  },
  {
    name: 'deleted-before',
    group: 'Back to what',
    description: '`undelete`: only keys that were deleted at this time or earlier. Same forms as `to-time`.',
  },
  {
    name: 'method',
    default: 'copy',
    group: 'How',
    description:
      '`rollback`: `copy` puts the old version on top and loses nothing. `delete` deletes everything newer than the target for good, ' +
      'and needs `max-deletes`.',
  },
  {
    name: 'max-deletes',
    group: 'How',
    description:
      '`method: delete`: the most versions (delete markers do not count) that this run may delete. A plan with more is refused before the first change.',
  },
  {
    name: 'dry-run',
    default: 'false',
    group: 'How',
    description: '`true`: make the plan, change nothing.',
  },
  {
    name: 'max-changes',
    group: 'How',
    description:
      'Refuse, before the first change, a plan that changes more keys than this. The plan is still reported.',
  },
  {
    name: 'verify',
    default: 'true',
    group: 'How',
    description: 'Read the changed keys again afterwards and compare them with what they should be.',
  },
  {
    name: 'fail-on',
    default: 'failures',
    group: 'How',
    description:
      'When the step fails. `failures`: a key failed or the run was refused. `conflicts`: also when a key changed under us and was left alone. ' +
      '`never`: see output `status`.',
  },
  {
    name: 'concurrency',
    default: '32',
    group: 'How',
    description: 'Most requests in flight, 1 to 256. Goes down by itself when S3 asks for it.',
  },
  {
    name: 'batch-size',
    default: '1000',
    group: 'How',
    description: 'Most keys in one DeleteObjects request, 1 to 1000. Some S3-compatible servers want fewer.',
  },
  {
    name: 'bypass-governance-retention',
    default: 'false',
    group: 'How',
    description:
      '`true`, with `method: delete`: also delete versions under governance-mode retention (needs `s3:BypassGovernanceRetention`).',
  },
  {
    name: 'plan-file',
    group: 'Files',
    description:
      "Where to write the plan (JSON Lines). Relative to the workspace. Default: in the runner's temp folder, see the output.",
  },
  {
    name: 'journal-file',
    group: 'Files',
    description:
      "Where to write the journal of every change (JSON Lines). Relative to the workspace. Default: in the runner's temp folder, see the output.",
  },
  {
    name: 'expected-bucket-owner',
    group: 'Connection',
    description: 'AWS account id (12 digits) that must own the bucket; sent with every request.',
  },
  {
    name: 'region',
    group: 'Connection',
    description:
      'Region of the bucket. Default: `AWS_REGION`, then `AWS_DEFAULT_REGION`; `us-east-1` with a custom endpoint.',
  },
  {
    name: 'endpoint-url',
    group: 'Connection',
    description: 'URL of an S3-compatible server. Default: `AWS_ENDPOINT_URL_S3`, then `AWS_ENDPOINT_URL`, then AWS.',
  },
  {
    name: 'force-path-style',
    group: 'Connection',
    description:
      '`true`: the bucket goes into the path, not the host name. Default: `true` for a custom endpoint, `false` for AWS.',
  },
] as const satisfies readonly InputSpec[];

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
      '`success`: every planned key restored. `no-change`: nothing to do. `planned`: a dry run. ' +
      '`partial`: something restored, something failed or in conflict. `failed`: refused, or nothing restored and something failed.',
  },
  { name: 'planned', description: 'Number of keys that the plan changes. Set on every run.' },
  { name: 'restored', description: 'Number of keys that are at their target again, on the word of S3.' },
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
    name: 'journal-file',
    description: 'Path of the journal (JSON Lines) of every change; empty when nothing was begun.',
  },
] as const satisfies readonly OutputSpec[];

export type OutputName = (typeof OUTPUTS)[number]['name'];
