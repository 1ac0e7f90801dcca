import * as z from 'zod';
import type { Place } from './decide.ts';
import type { Outcome } from './outcome.ts';
import type { Seen, StepKind } from './plan.ts';

/** What a run did to one key, for whoever lists all of them. Text from outside is raw. */
export interface KeyRow extends Place {
  /** `planned`: of a dry run, which changes nothing. */
  readonly kind: RowKind;
  /** Why it was skipped, or the code of the failure. */
  readonly reason?: string;
  /** Of a failure, or what was found in a conflict. */
  readonly message?: string;
  readonly hint?: string;
  /** Of planned keys: the current entry as the plan saw it; null: none. */
  readonly from?: Seen;
  /** Of planned keys: the id of the entry that it goes back to; null: to being deleted, or not there. */
  readonly to?: string | null;
  readonly steps?: StepCounts;
  /** Where its versions are, if not in the key itself. */
  readonly source?: Place;
  /** Of a download: its file, below the folder that was filled. */
  readonly path?: string;
  /** Of the bot, where the event is among those that the report lists. */
  readonly principal?: string;
  readonly sourceIp?: string;
  readonly rule?: string;
}

export type RowKind = Outcome['kind'] | 'planned';
export type StepCounts = Readonly<Partial<Record<StepKind, number>>>;

/** All keys of a run that something is known of, in the order of bucket and key; each call reads them anew. */
export type ReadRows = () => AsyncIterable<readonly KeyRow[]>;

const fetchLine = z.object({
  bucket: z.string(),
  key: z.string(),
  versionId: z.string(),
  size: z.number(),
  path: z.string(),
});

/** A line of the plan of a download. @throws ZodError, SyntaxError */
export function parseFetchLine(text: string): z.output<typeof fetchLine> {
  return fetchLine.parse(JSON.parse(text));
}
