import { type Decided, type DeedRow, type EventRow, type Incident, MAX_EVENTS, TO_LOOK_AT } from '../core/incident.ts';
import type { Report, RunResult } from '../core/report.ts';
import { proseForHtml, shorten } from '../core/text.ts';
import { grouped } from './format.ts';
import { fold, list, paragraph, section, table } from './html.ts';
import { name, showing, time } from './summary-words.ts';

/** What the bot tells: who did what, which rule decided, what was done, and what became of the messages. */

const LEFT: Readonly<Record<Exclude<Decided, 'restore'>, string>> = {
  report: 'left alone: the rule only reports',
  'hold-off': 'left for the next run: younger than hold-off',
  wanted: 'left alone: wanted-by',
  own: 'left alone: by this bot’s own identity',
  'no-rule': 'left alone: no rule matches',
  'no-burst': 'left alone: no burst (only-if)',
};

const BECAME: Readonly<Record<string, string>> = {
  restored: 'restored',
  planned: 'would be restored',
  unchanged: 'restored before',
  conflict: 'in conflict: written meanwhile',
  failed: 'failed',
  superseded: 'left alone: written since',
  'held-off': 'left for the next run',
  'deleted-again': 'left alone: deleted again and again',
  unexplained: 'left alone: deleted by others as well',
  'not-attempted': 'not reached',
  wanted: 'left alone: somebody wanted it gone',
  'not-an-overwrite': 'left alone: nothing was overwritten',
  'restored-by-copy': 'left alone: it brought back what was there before',
  'nothing-to-restore': 'nothing to restore',
};

function became(outcome: string): string {
  return BECAME[outcome] ?? `skipped: ${outcome}`;
}

function done({ decision, outcomes }: Pick<DeedRow, 'decision' | 'outcomes'>): string {
  if (decision !== 'restore') return LEFT[decision];
  return [...outcomes].map(([outcome, n]) => `${grouped(n)} ${became(outcome)}`).join(', ');
}

export function deedsSection({ incident }: RunResult['highlights'], detail: { readonly deeds: number }): string {
  if (incident === undefined || incident.deeds.size === 0) return '';
  const deeds = sortedDeeds(incident);
  const shown = deeds.slice(0, detail.deeds);
  if (shown.length === 0) return '';
  return section(`Who did what${showing(shown.length, deeds.length)}`, deedsTable(shown));
}

/** What was to be undone first, then by size. */
export function sortedDeeds({ deeds }: Pick<Incident, 'deeds'>): DeedRow[] {
  const rank = ({ decision }: DeedRow) => (decision === 'restore' ? 0 : decision === 'report' ? 1 : 2);
  return [...deeds.values()].sort((a, b) => rank(a) - rank(b) || b.events - a.events);
}

export function deedsTable(deeds: readonly DeedRow[]): string {
  const severalBuckets = new Set(deeds.map(({ bucket }) => bucket)).size > 1;
  const columns = ['Who', 'Did', ...(severalBuckets ? ['Bucket'] : []), 'When', 'Done about it', 'Rule', 'Request'];
  const rows = deeds.map((deed) => [
    whoWords(deed),
    `${grouped(deed.events)} × ${didWords(deed.event)}`,
    ...(severalBuckets ? [deed.bucket === '' ? '' : name(deed.bucket)] : []),
    when(deed),
    done(deed),
    deed.rule === undefined ? '' : name(deed.rule, 100),
    deed.requestIds.map((id) => name(id, 40)).join(', ') + (deed.moreRequests ? ', …' : ''),
  ]);
  return table(
    columns.map((title) => ({ title })),
    rows,
  );
}

function whoWords({ event, who }: DeedRow): string {
  const principal = who.principal === undefined ? (event === '' ? 'others' : 'not known') : name(who.principal, 80);
  return who.sourceIp === undefined ? principal : `${principal} from ${name(who.sourceIp, 45)}`;
}

/** What an event says, in a word. The names are S3's: see core/event.ts. */
function didWords(event: string): string {
  if (event === '') return 'several things';
  if (/^LifecycleExpiration/.test(event)) return 'expired by a lifecycle rule';
  return /Delete ?Marker ?Created$/.test(event) ? 'deleted' : 'written';
}

/** S3 tells milliseconds; seconds are enough to look a time up in a log. */
function when({ first, last }: DeedRow): string {
  const [from, to] = [first, last].map((at) => time(Math.floor(at / 1000) * 1000));
  if (from === undefined || to === undefined || from === to) return from ?? '';
  return from.slice(0, 10) === to.slice(0, 10) ? `${from.replace(' UTC', '')} to ${to.slice(11)}` : `${from} to ${to}`;
}

/** In a dry run each event, with the rule and what would happen; otherwise folded away. */
export function eventsSection({ report, highlights }: RunResult, detail: { readonly events: number }): string {
  const { incident } = highlights;
  if (incident === undefined || incident.events === 0) return '';
  const shown = incident.listed.slice(0, detail.events);
  if (shown.length === 0) return '';
  const all = incident.events > MAX_EVENTS ? `; the report file lists the first ${grouped(MAX_EVENTS)}` : '';
  return fold(`<b>Events</b>${showing(shown.length, incident.events)}${all}`, eventsTable(shown, report.dryRun));
}

export function eventsTable(events: readonly EventRow[], dryRun: boolean): string {
  const severalBuckets = new Set(events.map(({ bucket }) => bucket)).size > 1;
  const columns = [
    ...(severalBuckets ? ['Bucket'] : []),
    'Key',
    'Event',
    'When',
    'Who',
    'Rule',
    dryRun ? 'What would happen' : 'What happened',
  ];
  const rows = events.map((event) => [
    ...(severalBuckets ? [name(event.bucket)] : []),
    name(event.key),
    name(event.event, 60),
    time(Date.parse(event.time)),
    event.principal === undefined ? '' : name(event.principal, 60),
    event.rule === undefined ? '' : name(event.rule, 100),
    happened(event),
  ]);
  return table(
    columns.map((title) => ({ title })),
    rows,
  );
}

function happened({ decision, outcome }: EventRow): string {
  return decision === 'restore' ? became(outcome) : LEFT[decision];
}

export function messagesSection({ messages, dryRun }: Report, { incident }: RunResult['highlights']): string {
  if (messages === undefined || messages.received === 0) return '';
  const numbers = table(
    ['Received', 'Acknowledged', 'Nothing to undo', 'Left for later', 'Not understood'].map((title) => ({
      title,
      number: true,
    })),
    [
      [
        grouped(messages.received),
        grouped(messages.acknowledged),
        grouped(messages.ignored),
        grouped(messages.deferred),
        messages.invalid > 0 ? `<b>${grouped(messages.invalid)}</b>` : '0',
      ],
    ],
  );
  const said = dryRun ? [paragraph('A dry run acknowledges nothing: all messages are in the queue again.')] : [];
  const invalid = incident?.invalid ?? [];
  if (invalid.length === 0) return section('Messages', numbers, ...said);
  return section(
    'Messages',
    numbers,
    ...said,
    paragraph(
      'Messages that are not understood are never deleted: the queue moves them to its dead-letter queue when they were received often enough.',
    ),
    fold(
      `<b>Not understood</b>${showing(invalid.length, messages.invalid)}`,
      list(invalid.map(({ id, problem }) => `${name(id, 60)}: ${proseForHtml(shorten(problem, 300))}`)),
    ),
  );
}

/** What came in, for the table of what was asked. */
export function policyFact({ incident }: RunResult['highlights']): string {
  return incident?.policy === undefined
    ? 'none: every deletion by delete marker is undone'
    : name(incident.policy, 200);
}

/** `200 deletions left alone`: for the verdict. */
export function leftWords({ skipped, operation }: Report): string {
  if (operation !== 'recover') return '';
  const parts = [
    [TO_LOOK_AT.reduce((n, reason) => n + (skipped[reason] ?? 0), 0), 'to look at'],
    [(skipped.wanted ?? 0) + (skipped['own-change'] ?? 0), 'left alone as wanted'],
    [skipped.superseded, 'written since'],
    [skipped['held-off'], 'left for the next run'],
  ] as const;
  return parts.flatMap(([n, words]) => (n ? [`${grouped(n)} ${words}`] : [])).join(', ');
}
