import type { EventKind } from './event.ts';

/** Which deletions (and overwrites) are unwanted, and what is done about them. The first rule that matches decides. */
export interface Policy {
  readonly rules: readonly Rule[];
}

export interface Rule {
  readonly name: string;
  /** A glob. */
  readonly bucket: string;
  /** Globs, tested against the whole key. */
  readonly keys: readonly string[];
  readonly exceptKeys: readonly string[];
  readonly on: readonly EventKind[];
  /** What these do is wanted: one of either is enough. */
  readonly wantedBy: {
    /** Globs in which `*` stands for anything, slashes and colons too. */
    readonly principals: readonly string[];
    /** CIDR blocks or single addresses, IPv4 or IPv6. */
    readonly sourceIps: readonly string[];
  };
  /** Only a burst of so many events within so many ms. */
  readonly onlyIf?: { readonly atLeast: number; readonly within: number };
  /** ms; younger events are left for the next run. */
  readonly holdOff: number;
  /** `then` in the file. */
  readonly action: 'restore' | 'report';
  /** More unwanted events of one key than this in one run: somebody fights back. */
  readonly maxRestoresPerKey?: number;
}

/** Without a policy file: every deletion by delete marker is undone, but those of lifecycle rules. */
export const DEFAULT_POLICY: Policy = {
  rules: [
    {
      name: 'every deletion (there is no policy file)',
      bucket: '*',
      keys: ['**'],
      exceptKeys: [],
      on: ['delete-marker'],
      wantedBy: { principals: [], sourceIps: [] },
      holdOff: 0,
      action: 'restore',
    },
  ],
};
