import { type Differences, differs } from '../../support/differences.ts';

/** One per file of stories: `dry-run` is dry-run.test.ts. */
export type Area =
  | 'apply'
  | 'awkward-keys'
  | 'copy-fidelity'
  | 'download'
  | 'download-names'
  | 'destination'
  | 'dry-run'
  | 'inventory'
  | 'manifest-formats'
  | 'manifest-rows'
  | 'null-versions'
  | 'object-lock'
  | 'refusals'
  | 'rollback'
  | 'scope'
  | 'times'
  | 'undelete'
  | 'undo';

const noStacking = differs('markers do not stack', /answered no version id/);

/** Ceph object gateway 16.2 (Pacific), as Debian 12 has it, set up by test/servers/ceph-rgw-up.sh. */
const cephRgw: Partial<Record<Area, Differences>> = {
  'object-lock': {
    'a locked version is not deleted: its key fails with the mend, the others go back': differs(
      'the refusal does not say that it is for a lock, so the mend is that of a missing permission',
      /The role needs s3:DeleteObjectVersion.* to contain 'bypass-governance-retention'/,
    ),
  },

  rollback: {
    'the journal tells which entry a copy and a new marker made': differs(
      'copies are answered without ids',
      /'(none .*|.* none)' to be '/,
    ),
  },

  times: {
    'in a window the oldest marker of the run on top is the deletion': noStacking,
  },

  undelete: {
    'stacked markers are removed, all of them': noStacking,
  },
};

/** By the name that ACCEPTANCE_SERVER gives. The sandbox is not here: it is meant to answer as AWS does. */
const knownDifferences: Readonly<Record<string, Partial<Record<Area, Differences>>>> = {
  'ceph-rgw': cephRgw,
};

export function differencesOf(name: string, area: Area): Differences {
  return knownDifferences[name]?.[area] ?? {};
}
