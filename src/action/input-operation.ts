import type { Operation } from '../core/request.ts';
import { closest } from '../core/suggest.ts';
import { type InputReader, quoted } from './input-reader.ts';
import type { InputName } from './registry.ts';

/** What is to be done, and which inputs have nothing to say about it. */

const OPERATIONS: readonly Operation[] = [
  'undelete',
  'rollback',
  'recover',
  'apply',
  'undo',
  'guard',
  'history',
  'download',
];

/** The operation, or `undefined` with a problem. */
export function parseOperation(read: InputReader): Operation | undefined {
  const given = read.text('operation');
  const found = OPERATIONS.find((operation) => operation === given);
  if (found !== undefined) return found;
  const use = `Use one of: ${OPERATIONS.join(', ')}.`;
  if (given === '') {
    read.problem('operation', 'is missing', use);
  } else {
    const meant = closest(given, OPERATIONS);
    read.problem(
      'operation',
      `${quoted(given)} is not known`,
      meant === undefined ? use : `${use} Did you mean ${meant}?`,
    );
  }
  return undefined;
}

/** Inputs that not every operation heeds, and which do. Whatever is not here, all do. */
const HEEDED: Readonly<Partial<Record<InputName, readonly Operation[]>>> = {
  'plan-file': ['undelete', 'rollback', 'recover', 'apply', 'undo', 'guard', 'download'],
  'dry-run': ['undelete', 'rollback', 'recover', 'apply', 'undo', 'guard', 'download'],
  key: ['undelete', 'rollback', 'guard', 'history', 'download'],
  prefix: ['undelete', 'rollback', 'guard', 'history', 'download'],
  'whole-bucket': ['undelete', 'rollback', 'guard', 'history', 'download'],
  include: ['undelete', 'rollback', 'guard', 'history', 'download'],
  exclude: ['undelete', 'rollback', 'guard', 'history', 'download'],
  manifest: ['undelete', 'rollback'],
  'manifest-format': ['undelete', 'rollback'],
  'version-id': ['rollback', 'download'],
  'to-time': ['rollback', 'download'],
  'versions-back': ['rollback', 'download'],
  'deleted-after': ['undelete'],
  'deleted-before': ['undelete'],
  method: ['rollback'],
  'max-deletes': ['rollback', 'apply'],
  'destination-bucket': ['rollback'],
  'destination-prefix': ['rollback'],
  archived: ['rollback'],
  'restore-days': ['rollback'],
  'restore-tier': ['rollback'],
  preserve: ['rollback'],
  'max-changes': ['undelete', 'rollback', 'recover', 'apply', 'undo', 'guard'],
  verify: ['undelete', 'rollback', 'recover', 'apply', 'undo', 'guard'],
  'bypass-governance-retention': ['rollback', 'apply', 'undo'],
  directory: ['download'],
  'plan-digest': ['apply'],
  'max-plan-age': ['apply'],
  'journal-file': ['undelete', 'rollback', 'recover', 'apply', 'undo', 'guard'],
  'queue-url': ['recover'],
  event: ['recover'],
  'policy-file': ['recover'],
  'max-messages': ['recover'],
  'drain-seconds': ['recover'],
  'idle-polls': ['recover'],
};

/** Where there is more to say than that it belongs elsewhere. */
const WHY: Readonly<Partial<Record<Operation, Partial<Record<InputName, readonly [problem: string, mend: string]>>>>> =
  {
    undelete: {
      method: ['belongs to operation: rollback; undelete only removes delete markers', 'Leave out method.'],
      'destination-bucket': elsewhere('destination-bucket'),
      'destination-prefix': elsewhere('destination-prefix'),
      archived: [
        'is not for operation: undelete, which moves no data: archived objects come back as they are',
        'Leave out archived. To read them, restore them from the archive afterwards.',
      ],
    },
    recover: {
      key: byPolicy('key'),
      prefix: byPolicy('prefix'),
      'whole-bucket': byPolicy('whole-bucket'),
      include: byPolicy('include'),
      exclude: byPolicy('exclude'),
      manifest: byPolicy('manifest'),
      method: [
        'belongs to operation: rollback; recover removes delete markers, and copies what was overwritten',
        'Leave out method.',
      ],
    },
    apply: {
      key: byFile('key', 'the plan'),
      prefix: byFile('prefix', 'the plan'),
      'whole-bucket': byFile('whole-bucket', 'the plan'),
      include: byFile('include', 'the plan'),
      exclude: byFile('exclude', 'the plan'),
      manifest: byFile('manifest', 'the plan'),
      'to-time': byFile('to-time', 'the plan'),
      method: byFile('method', 'the plan'),
    },
    undo: {
      key: byFile('key', 'the journal'),
      prefix: byFile('prefix', 'the journal'),
      'whole-bucket': byFile('whole-bucket', 'the journal'),
      include: byFile('include', 'the journal'),
      exclude: byFile('exclude', 'the journal'),
      manifest: byFile('manifest', 'the journal'),
      'to-time': byFile('to-time', 'the journal'),
      method: byFile('method', 'the journal'),
    },
    download: {
      manifest: [
        'is not for operation: download',
        'Give key, prefix or whole-bucket. To copy what a manifest names, use operation: rollback with destination-bucket.',
      ],
      archived: [
        'is not for operation: download, which changes nothing: archived versions are skipped',
        'Restore them first: operation: rollback with archived: restore and a destination-bucket, or "aws s3api restore-object".',
      ],
      verify: ['is for what changes a bucket; what is downloaded is always checked', 'Leave out verify.'],
      'max-changes': ['is for what changes a bucket, and a download changes nothing', 'Leave out max-changes.'],
      'journal-file': ['is for what changes a bucket, and a download changes nothing', 'Leave out journal-file.'],
    },
  };

function elsewhere(name: InputName): readonly [string, string] {
  return [
    'belongs to operation: rollback; undelete only removes delete markers, where they are',
    `Leave out ${name}, or copy the newest versions there: operation: rollback with versions-back: 0 and ${name}.`,
  ];
}

function byFile(name: InputName, file: string): readonly [string, string] {
  return [`is said by ${file}, which is carried out or taken back as a whole`, `Leave out ${name}.`];
}

function byPolicy(name: InputName): readonly [string, string] {
  return [
    'is not for operation: recover: which keys are looked at is said by the events and the policy file',
    `Leave out ${name}, and write the keys into the policy file (keys, except-keys).`,
  ];
}

/** Complain about what is given and would not be heeded. It is not looked at any further. */
export function refuseForeign(read: InputReader, operation: Operation): void {
  for (const name of Object.keys(HEEDED) as InputName[]) {
    if (isHeeded(name, operation) || !isGiven(read, name)) continue;
    const others = (HEEDED[name] ?? []).join(' or ');
    const [problem, mend] = WHY[operation]?.[name] ?? [
      `belongs to operation: ${others}, not to ${operation}`,
      `Leave out ${name}, or use operation: ${others}.`,
    ];
    read.problem(name, problem, mend);
  }
}

export function isHeeded(name: InputName, operation: Operation): boolean {
  return HEEDED[name]?.includes(operation) ?? true;
}

/** White space alone is a key, or a prefix, too. */
function isGiven(read: InputReader, name: InputName): boolean {
  return ['destination-prefix', 'key', 'prefix'].includes(name) ? read.exact(name) !== '' : read.given(name);
}
