import type { RunResult } from '../core/report.ts';
import type { Request } from '../core/request.ts';
import type { Deed } from '../core/timeline.ts';
import type { BurstFound, EntryFound, HistoryFound, IncidentFound } from '../core/timeline-found.ts';
import { bytesOf } from '../core/words.ts';
import { count, duration, grouped } from './format.ts';
import { facts, fold, list, paragraph, section, table } from './html.ts';
import { whereWords } from './summary-asked.ts';
import { charts, chartTable } from './summary-history-chart.ts';
import { deletionOf, takeBack } from './summary-history-next.ts';
import { name, showing, time } from './summary-words.ts';

/** What a history tells: the incident, how to take it back, what happened over time, and what cannot be known. */

interface Detail {
  readonly prefixes: number;
  readonly events: number;
  readonly deeds: number;
}

export function historyVerdict({ report }: RunResult, request: Request): string {
  const { error, history, totals } = report;
  const where = whereWords(request, 'in');
  if (error !== undefined) {
    return error.code === 'cancelled'
      ? `⚠️ Cancelled: the history was not read to its end ${where}`
      : `❌ The history was not read to its end ${where}`;
  }
  if (totals.keysExamined === 0 || history === undefined) return `⚠️ No key found ${where}`;
  const { incident, timeline, bursts } = history;
  if (timeline !== undefined) {
    const [current] = timeline;
    const deletion = deletionOf(timeline);
    const since = deletion === undefined ? '' : `, since ${time(Date.parse(deletion.at))}`;
    return `🔎 ${count(totals.entriesExamined, 'entry', 'entries')} ${where}: ${current?.deleteMarker === true ? `deleted${since}` : 'live'}`;
  }
  if (incident !== undefined) return `🔎 ${lostWords(incident)} ${where}: ${spanWords(incident)}`;
  const left = bursts.filter(({ still }) => still > 0);
  if (left.length === 0) return `✅ No incident found ${where}`;
  const still = left.reduce((sum, burst) => sum + burst.still, 0);
  return `🔎 No incident stands out ${where}, but ${count(still, 'key')} ${still === 1 ? 'is' : 'are'} as ${left.length === 1 ? 'a burst' : count(left.length, 'burst')} left ${still === 1 ? 'it' : 'them'}`;
}

/** The sections; each is '' where it has nothing to say. */
export function historySections({ report }: RunResult, request: Request, detail: Detail): string[] {
  const { history } = report;
  if (history === undefined) return [];
  if (history.timeline !== undefined) {
    return [
      timelineSection(history.timeline, report.totals.entriesExamined, detail),
      takeBack(history, request),
      unknown(),
    ];
  }
  return [
    incidentSection(history, detail),
    takeBack(history, request),
    chartSection(history),
    burstsSection(history, detail),
    midnightSection(history, detail),
    unknown(),
  ];
}

/** `3,000 keys deleted and 20 overwritten`. */
export function lostWords({ deleted, overwritten }: IncidentFound): string {
  if (overwritten === 0) return `${count(deleted, 'key')} deleted`;
  if (deleted === 0) return `${count(overwritten, 'key')} overwritten`;
  return `${count(deleted, 'key')} deleted and ${grouped(overwritten)} overwritten`;
}

/** `2026-11-22 13:59:12 to 13:59:51 UTC`. */
function spanWords({ began, ended }: { readonly began: string; readonly ended: string }): string {
  const [from, to] = [time(Date.parse(began)), time(Date.parse(ended))];
  if (from === to) return from;
  return `${from.replace(' UTC', '')} to ${from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to}`;
}

/** Both seconds are in it. */
function tookWords({ began, ended }: { readonly began: string; readonly ended: string }): string {
  return duration(Date.parse(ended) - Date.parse(began) + 1000);
}

export function historyCounts({ history }: RunResult['report']): string {
  if (history === undefined) return '';
  const { entries, midnights } = history;
  const numbers: readonly (readonly [string, number])[] = [
    ['Created', entries.created],
    ['Overwritten', entries.overwritten],
    ['Deleted', entries.deleted],
    ['Created again', entries.restored],
    ['Put back as before', entries['put-back']],
    ['Deleted when gone already', entries['deleted-again'] + entries['deleted-nothing']],
  ];
  const shown = numbers.filter(([title, n]) => n > 0 || !title.includes(' '));
  const stamped = midnights.reduce((sum, { keys }) => sum + keys, 0);
  return [
    table(
      shown.map(([title]) => ({ title, number: true })),
      [shown.map(([, n]) => grouped(n))],
    ),
    ...(stamped === 0
      ? []
      : [paragraph('Deletions stamped midnight (UTC) are among the deleted, and shown apart below.')]),
  ].join('\n\n');
}

function incidentSection({ incident, bursts }: HistoryFound, detail: Detail): string {
  if (incident === undefined) {
    const why =
      bursts.length === 0
        ? 'No stretch of time stands out in which keys were deleted, or overwritten, much faster than usual. There is no <code>suggested-time</code>.'
        : 'There are bursts, but each is small, or ordinary here, or nothing is as it left it any more. There is no ' +
          '<code>suggested-time</code>; the bursts below each say the last second before them.';
    return paragraph(why);
  }
  const { began, ended, deleted, overwritten, still, within, prefixes, midnight } = incident;
  const shown = prefixes.slice(0, detail.prefixes);
  const spread =
    prefixes.length < 2 || shown.length === 0
      ? []
      : [
          table(
            [{ title: 'Prefix' }, { title: 'Keys', number: true }],
            shown.map(({ prefix, keys }) => [prefix === '' ? 'no folder' : name(prefix), grouped(keys)]),
          ),
        ];
  return section(
    'The incident',
    facts([
      ['Began', time(Date.parse(began))],
      ['Ended', `${time(Date.parse(ended))}, after ${tookWords({ began, ended })}`],
      ...(deleted > 0 ? [['Deleted', count(deleted, 'key')] as const] : []),
      ...(overwritten > 0 ? [['Overwritten', count(overwritten, 'key')] as const] : []),
      ['Still so', count(still, 'key')],
      ['All in', within === '' ? 'the bucket, in no one folder' : name(within)],
      ['Last second before it', `<b>${time(Date.parse(began) - 1000)}</b>`],
    ]),
    ...(midnight > 0 ? [paragraph(MIDNIGHT(midnight))] : []),
    ...spread,
  );
}

const MIDNIGHT = (keys: number) =>
  `${count(keys, 'key')} of these ${keys === 1 ? 'was' : 'were'} deleted by markers stamped exactly midnight. That is how lifecycle rules stamp theirs; but the rest were deleted around ` +
  'midnight, so they are taken to belong to it. In which folders they lie is not counted here.';

function chartSection({ chart }: HistoryFound): string {
  return chart === undefined ? '' : section('Over time (UTC)', ...charts(chart), paragraph(STUBS), chartTable(chart));
}

const STUBS = 'A bar that only just rises above the line is zero: the charts are drawn so.';

const JUDGED: Readonly<Record<BurstFound['judged'], string>> = {
  incident: '<b>the incident</b>',
  unusual: 'out of the ordinary',
  small: 'small: few keys',
  over: 'over: written anew since',
  ordinary: 'ordinary: others on other days are like it',
};

function burstsSection({ bursts }: HistoryFound, detail: Detail): string {
  const shown = bursts.slice(0, detail.deeds);
  if (shown.length === 0) return '';
  const rows = shown.map((burst) => [
    burst.kind === 'deleted' ? 'Deletions' : 'Overwrites',
    grouped(burst.keys),
    grouped(burst.still),
    spanWords(burst),
    tookWords(burst),
    time(Date.parse(burst.before)),
    JUDGED[burst.judged],
  ]);
  const columns = [
    { title: 'Burst of' },
    { title: 'Keys', number: true },
    { title: 'Still so', number: true },
    { title: 'When' },
    { title: 'Took' },
    { title: 'Last second before' },
    { title: 'Looks' },
  ];
  return section(`Bursts${showing(shown.length, bursts.length)}`, table(columns, rows));
}

function midnightSection({ midnights }: HistoryFound, detail: Detail): string {
  const shown = midnights.slice(0, detail.deeds);
  if (shown.length === 0) return '';
  return section(
    'Deletions stamped midnight',
    paragraph(
      'Lifecycle rules stamp their delete markers with 00:00:00 UTC of the day, whenever they were made. These are in no burst. If one of these days is your incident: ' +
        '<code>operation: undelete</code> with this time as <code>deleted-after</code> and as <code>deleted-before</code>. And mend the rule first.',
    ),
    table(
      [{ title: 'Stamped' }, { title: 'Keys', number: true }, { title: 'Still deleted', number: true }],
      shown.map(({ at, keys, still }) => [name(at), grouped(keys), grouped(still)]),
    ),
  );
}

const DEEDS: Readonly<Record<Deed, string>> = {
  created: 'created',
  overwritten: 'overwrote the one below',
  deleted: '<b>deleted the key</b>',
  'put-back': 'put back what an older one held',
  restored: 'created the key again',
  'deleted-again': 'deleted it again: no change',
  'deleted-nothing': 'deleted: nothing is left underneath',
};

function timelineSection(timeline: readonly EntryFound[], of: number, detail: Detail): string {
  const shown = timeline.slice(0, detail.events);
  if (shown.length === 0) return '';
  const rows = shown.map((entry) => [
    time(Date.parse(entry.at)) + stampWords(entry),
    `${DEEDS[entry.deed]}${entry.current ? ' (current)' : ''}`,
    entry.deleteMarker ? 'delete marker' : bytesOf(entry.size ?? 0),
    entry.storageClass === undefined ? '' : name(entry.storageClass, 40),
    name(entry.versionId, 40),
  ]);
  const titles = ['Time', 'What it did', 'Size', 'Class', 'Version id'];
  return section(
    `Timeline, newest first${showing(shown.length, of)}`,
    table(
      titles.map((title) => ({ title })),
      rows,
    ),
  );
}

function stampWords({ stamped, midnight }: EntryFound): string {
  const lifecycle = midnight ? ': perhaps by a lifecycle rule, later that day' : '';
  if (stamped === undefined) return lifecycle;
  return ` (stamped ${time(Date.parse(stamped))}, but above a newer one${lifecycle})`;
}

/** Said every time: who trusts a time has to know what it is made of. */
function unknown(): string {
  return fold(
    '<b>What cannot be known</b> from the versions that are there',
    list([
      'Versions and markers that were deleted for good, or expired, leave no trace. What happened before may look like a creation now.',
      'Lifecycle rules stamp their delete markers with midnight (UTC), not with the time they were made.',
      'Objects uploaded in parts carry the time at which their upload <b>began</b>. Such a write can take effect much later than it says.',
      'S3 tells whole seconds: what happened within one is seen together.',
      'Who did it is not in the bucket. CloudTrail data events or server access logs tell, where they are switched on.',
    ]),
  );
}
