import * as z from 'zod';
import { type DeedRow, type Incident, TO_LOOK_AT } from '../core/incident.ts';
import type { RunResult } from '../core/report.ts';
import { count, grouped } from './format.ts';
import { fold, paragraph, section, table } from './html.ts';
import { deedsTable, eventsTable, sortedDeeds } from './summary-incident.ts';
import { name, showing, time } from './summary-words.ts';

/** The incident issue of a bucket: what the latest run found and did, and the runs before it. */

/** What a run has to tell of one bucket. Counts are of events. */
export interface BucketNews {
  readonly bucket: string;
  readonly deeds: readonly DeedRow[];
  readonly restored: number;
  /** Left alone for people: rules that only report, keys that are deleted again and again, what cannot be undone. */
  readonly toLookAt: number;
  /** Failed, in conflict, or not reached: the next run tries again. */
  readonly open: number;
}

/** Of a bucket in which nothing was unwanted, or all of it is undone since an earlier run, there is nothing to tell. */
export function newsOf(incident: Incident): BucketNews[] {
  const buckets = new Map<string, DeedRow[]>();
  for (const deed of sortedDeeds(incident)) {
    if (deed.bucket === '' || (deed.decision !== 'restore' && deed.decision !== 'report')) continue;
    const known = buckets.get(deed.bucket);
    if (known === undefined) buckets.set(deed.bucket, [deed]);
    else known.push(deed);
  }
  return [...buckets]
    .map(([bucket, deeds]) => {
      const sum = (...outcomes: readonly string[]) =>
        deeds.reduce((n, deed) => n + outcomes.reduce((m, outcome) => m + (deed.outcomes.get(outcome) ?? 0), 0), 0);
      return {
        bucket,
        deeds,
        restored: sum('restored'),
        toLookAt: sum(...TO_LOOK_AT),
        open: sum('failed', 'conflict', 'not-attempted'),
      };
    })
    .filter(({ restored, toLookAt, open }) => restored + toLookAt + open > 0);
}

export function issueTitle(bucket: string): string {
  return `s3-rollback: unwanted changes in bucket ${bucket}`;
}

/** What the issue remembers of its runs. It stands in the issue, so whoever may edit that may have changed it. */
const memorySchema = z.object({
  runs: z.array(
    z.object({
      /** ms since 1970. */
      at: z.number().int().min(0).max(8.64e15),
      restored: z.number().int().nonnegative(),
      toLookAt: z.number().int().nonnegative(),
      open: z.number().int().nonnegative(),
      /** GitHub's id of the workflow run; '' where it was not known. */
      run: z.string().regex(/^\d{0,20}$/),
    }),
  ),
});

type Memory = z.output<typeof memorySchema>;

const MAX_RUNS = 20;

function recall(previous: string | undefined): Memory {
  try {
    return memorySchema.parse(JSON.parse(previous ?? ''));
  } catch {
    return { runs: [] };
  }
}

export interface IssueContext {
  /** The memory of the open issue; absent where there is none. */
  readonly previous: string | undefined;
  /** Characters that the body may have. */
  readonly room: number;
  /** ms. */
  readonly now: number;
  readonly runId: string;
  /** `https://github.com/owner/name/actions/runs`. */
  readonly runsUrl: string;
}

/** The body of the issue, and what it remembers. '' where not even the shortest fits. */
export function renderIssue(
  news: BucketNews,
  { highlights }: RunResult,
  { previous, room, now, runId, runsUrl }: IssueContext,
): { body: string; memory: string } {
  const runs = [
    { at: now, restored: news.restored, toLookAt: news.toLookAt, open: news.open, run: runId },
    ...recall(previous).runs,
  ].slice(0, MAX_RUNS);
  const link = (run: string) => (run === '' ? '' : `<a href="${runsUrl}/${run}">run ${run}</a>`);
  const listed = (highlights.incident?.listed ?? []).filter(
    ({ bucket, decision }) => bucket === news.bucket && (decision === 'restore' || decision === 'report'),
  );
  const ofAll = news.deeds.reduce((n, { events }) => n + events, 0);

  const head =
    `**${verdictOf(news)}** in ${name(news.bucket)} at ${time(Math.floor(now / 1000) * 1000)} ${link(runId)}`.trimEnd();
  const runsTable = section(
    'Runs told of in this issue',
    table(
      [
        { title: 'When' },
        { title: 'Restored', number: true },
        { title: 'To look at', number: true },
        { title: 'Not done yet', number: true },
        { title: 'Run' },
      ],
      runs.map((one) => [
        time(Math.floor(one.at / 1000) * 1000),
        grouped(one.restored),
        grouped(one.toLookAt),
        grouped(one.open),
        link(one.run),
      ]),
    ),
  );
  const foot = paragraph('Close this issue when nothing is left to do: the next unwanted change opens another.');
  const memory = JSON.stringify({ runs } satisfies Memory);
  for (const [deeds, events] of [
    [50, 100],
    [20, 20],
    [5, 0],
    [0, 0],
  ] as const) {
    const shown = listed.slice(0, events);
    const parts = [
      head,
      ...(deeds === 0
        ? []
        : [
            section(
              `Who did what${showing(Math.min(deeds, news.deeds.length), news.deeds.length)}`,
              deedsTable(news.deeds.slice(0, deeds)),
            ),
          ]),
      ...(shown.length === 0 ? [] : [fold(`<b>Events</b>${showing(shown.length, ofAll)}`, eventsTable(shown, false))]),
      ...(deeds === 0 ? [] : [runsTable]),
      foot,
    ];
    const body = parts.join('\n\n');
    if (body.length <= room) return { body, memory };
  }
  return { body: '', memory };
}

function verdictOf({ restored, toLookAt, open }: BucketNews): string {
  return [
    ...(restored > 0 ? [`${count(restored, 'unwanted change')} undone`] : []),
    ...(toLookAt > 0 ? [`${count(toLookAt, 'change')} to look at`] : []),
    ...(open > 0 ? [`${count(open, 'change')} not undone yet: the next run tries again`] : []),
  ].join(', ');
}
