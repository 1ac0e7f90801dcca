/** Every input, in the order in which action.yml and the README have them. */

export interface InputSpec {
  readonly name: string;
  /** As action.yml gives it; absent where an empty input means that nothing was asked. */
  readonly default?: string;
  readonly required?: true;
  readonly group: InputGroup;
  /** Markdown, one paragraph. */
  readonly description: string;
}

export type InputGroup = 'Which keys' | 'Back to what' | 'How' | 'Recovery bot' | 'Telling' | 'Files' | 'Connection';

export const INPUTS = [
  {
    name: 'operation',
    required: true,
    group: 'Which keys',
    description:
      '`undelete`: deleted keys become live again, by removing the delete markers on top; no data moves. ' +
      '`rollback`: keys go back to a version, to a point in time, or a number of versions. ' +
      '`recover`: S3 events from a queue are judged by a policy, and deletions that were not wanted are undone. ' +
      '`apply`: a plan that a dry run made, and somebody approved, is carried out. `undo`: an earlier run is taken back. ' +
      '`guard`: the moment before a deployment is noted, and if the job fails, its post step goes back to it. ' +
      '`history`: what happened, when, and to which time to go back; nothing changes. ' +
      '`download`: a version, or a prefix as it was, is fetched into a folder; nothing in the bucket changes.',
  },
  {
    name: 'bucket',
    group: 'Which keys',
    description:
      'Name of the bucket. Its versioning must be on, or have been on and be suspended. Needed, unless a `manifest` names the buckets; ' +
      'given with one, every row must be in it. `apply`, `undo`, `recover` need none, for plan, journal and events name theirs: given, a plan or ' +
      'a journal of another bucket is refused, and events of others are not looked at, and come again.',
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
      '`true`: every key in the bucket. Needed when neither `key`, `prefix` nor `manifest` is given, so that nobody does it by accident. ' +
      '(`apply`, `undo`, `recover` take none of these.)',
  },
  {
    name: 'include',
    group: 'Which keys',
    description:
      'Globs, one a line, tested against the whole key (`site/**/*.html`). Only keys that match one of them. With `prefix`, `whole-bucket` or `manifest`.',
  },
  {
    name: 'exclude',
    group: 'Which keys',
    description:
      'Globs, one a line, tested against the whole key. Keys that match one of them are left alone. Wins over `include`.',
  },
  {
    name: 'manifest',
    group: 'Which keys',
    description:
      '`undelete`, `rollback`: a file that lists the keys, or their versions; a path in the workspace, or `s3://bucket/key`. ' +
      '`prefix`, `include` and `exclude` narrow it. [Formats and rules](docs/manifests.md)',
  },
  {
    name: 'manifest-format',
    default: 'auto',
    group: 'Which keys',
    description:
      '`csv` (as for S3 Batch Operations, or its completion report), `jsonl`, `inventory` (the `manifest.json` of an S3 Inventory), ' +
      'or `auto`: by what is in the file.',
  },
  {
    name: 'version-id',
    group: 'Back to what',
    description: '`rollback`, `download`, with `key`: the id of the version.',
  },
  {
    name: 'to-time',
    group: 'Back to what',
    description:
      '`rollback`, `download`: the state at this time. RFC 3339 with a zone (`2026-11-22T14:00:00Z`), Unix seconds, or `15m ago` (`s`, `m`, `h`, `d`). ' +
      'A key that did not exist then is deleted (with a delete marker, under `method: copy`), or not fetched.',
  },
  {
    name: 'versions-back',
    group: 'Back to what',
    description:
      '`rollback`, `download`: this many versions back, delete markers not counted. `0` is the newest version, `1` the one before.',
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
      '`method: delete`, and `apply` of a plan that deletes versions (that of an `undo` deletes copies): the most versions (delete markers do not ' +
      'count) that this run may delete. A plan with more is refused before the first change.',
  },
  {
    name: 'destination-bucket',
    group: 'How',
    description:
      '`rollback` by copying: copy into this bucket instead of in place. Nothing changes where the versions come from.',
  },
  {
    name: 'destination-prefix',
    group: 'How',
    description:
      '`rollback` by copying: goes before the whole key of each copy, to the letter, so it mostly ends in `/`: ' +
      '`incident` gives `incidentsite/index.html`. Alone, the copies stay in the same bucket.',
  },
  {
    name: 'archived',
    default: 'skip',
    group: 'How',
    description:
      '`rollback` by copying, versions in an archive (Glacier, Deep Archive, archive tiers): `skip` leaves ' +
      'their keys alone; `restore` requests them from the archive, and a later run copies them. Requests cost ' +
      'money; `planned` and `max-changes` do not count them. A copy keeps its storage class, so it is in the ' +
      'archive again.',
  },
  {
    name: 'restore-days',
    default: '7',
    group: 'How',
    description: '`archived: restore`: how many days the restored copies stay readable.',
  },
  {
    name: 'restore-tier',
    default: 'Standard',
    group: 'How',
    description: '`archived: restore`: `Standard`, `Bulk` (cheapest, slowest) or `Expedited` (dearest, minutes).',
  },
  {
    name: 'preserve',
    group: 'How',
    description:
      '`rollback` by copying: what copies keep besides what they always keep: `object-lock` (retention and legal hold), `annotations`. ' +
      'Separated by commas or lines.',
  },
  {
    name: 'dry-run',
    default: 'false',
    group: 'How',
    description:
      '`true`: make the plan, change nothing, fetch nothing. Not for `history`, which changes nothing anyway.',
  },
  {
    name: 'max-changes',
    group: 'How',
    description:
      'Refuse, before the first change, a plan that changes more keys than this. The plan is still reported. ' +
      'Requests to an archive do not count.',
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
    name: 'queue-url',
    group: 'Recovery bot',
    description:
      '`recover`: URL of the SQS queue that the events of the bucket flow into: a standard queue, in the region of the bucket. [How to set it up](docs/bot.md)',
  },
  {
    name: 'event',
    group: 'Recovery bot',
    description:
      '`recover`, instead of `queue-url`: one event as JSON, in any form in which S3 events come. `null` counts as not given.',
  },
  {
    name: 'policy-file',
    default: '.github/s3-rollback.yml',
    group: 'Recovery bot',
    description:
      '`recover`: which deletions are unwanted, in YAML; a path in the workspace. Without a file at the default path every deletion by delete marker ' +
      'is undone, except those of lifecycle rules. [Reference](docs/policy.md)',
  },
  {
    name: 'max-messages',
    default: '10000',
    group: 'Recovery bot',
    description: '`recover`: stop receiving after this many messages, 1 to 100000. The rest is for the next run.',
  },
  {
    name: 'drain-seconds',
    default: '240',
    group: 'Recovery bot',
    description: '`recover`: stop receiving after this many seconds, 1 to 18000.',
  },
  {
    name: 'idle-polls',
    default: '2',
    group: 'Recovery bot',
    description: '`recover`: stop receiving after this many empty long polls (5 seconds each) in a row, 1 to 1000.',
  },
  {
    name: 'report-to',
    default: 'summary,pr-comment',
    group: 'Telling',
    description:
      'Where to tell what was done: `summary` (of the job), `issue` (`recover`: one open incident issue for each bucket, kept up to date; needs ' +
      '`permissions: issues: write`), `pr-comment` (one comment on the pull request, kept up to date; a new plan gets a new one; needs ' +
      '`permissions: pull-requests: write`; where a run belongs to no pull request, nothing is written). Separated by commas or lines.',
  },
  {
    name: 'github-token',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression that the runner resolves
    default: '${{ github.token }}',
    group: 'Telling',
    description: 'Token for comment and issue.',
  },
  {
    name: 'issue-number',
    group: 'Telling',
    description:
      '`pr-comment`: number of the pull request (or issue) to comment on. Without it, that of the event, or, for `push` and ' +
      '`workflow_dispatch`, the open one that the commit belongs to.',
  },
  {
    name: 'report-id',
    group: 'Telling',
    description:
      '`pr-comment`: steps of the same pull request that each want a comment of their own get different ids. 1 to 64 of ' +
      '`A`–`Z`, `a`–`z`, `0`–`9`, `_`, `.`, `-`.',
  },
  {
    name: 'report-html',
    group: 'Telling',
    description:
      'Path of the report as one HTML page: a chart, and a table of all keys to search, filter and sort. The page loads nothing. ' +
      'In the workspace, ends in `.html`; keep it with `actions/upload-artifact`.',
  },
  {
    name: 'directory',
    group: 'Files',
    description:
      '`download`: the folder to fill, one of its own and not a checkout. Relative to the workspace. Made where ' +
      'it does not exist.',
  },
  {
    name: 'plan-file',
    group: 'Files',
    description:
      "Where to write the plan (JSON Lines). Relative to the workspace. Default: in the runner's temp folder, see the output. " +
      '`apply`: the plan to carry out.',
  },
  {
    name: 'plan-digest',
    group: 'Files',
    description:
      '`apply`: the digest that was approved (output `plan-digest` of the dry run). Another plan is refused. Without it only damage to the file is noticed.',
  },
  {
    name: 'max-plan-age',
    default: '24h',
    group: 'Files',
    description: '`apply`: an older plan is refused. `30m`, `24h`, `7d`.',
  },
  {
    name: 'journal-file',
    group: 'Files',
    description:
      "Where to write the journal of every change (JSON Lines). Relative to the workspace. Default: in the runner's temp folder, see the output. " +
      '`undo`: the journal of the run to take back.',
  },
  {
    name: 'expected-bucket-owner',
    group: 'Connection',
    description:
      'AWS account id (12 digits) that must own the bucket, and every other that is used; sent with every request.',
  },
  {
    name: 'region',
    group: 'Connection',
    description:
      'Region of the bucket; other buckets of the run are found where they are. Default: `AWS_REGION`, then `AWS_DEFAULT_REGION`; `us-east-1` with a custom endpoint.',
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
