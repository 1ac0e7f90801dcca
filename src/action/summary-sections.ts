import type { Place } from '../core/decide.ts';
import type { PlannedKey } from '../core/plan.ts';
import { MAX_PREFIXES, OTHER_PREFIXES, type Report, type RunResult } from '../core/report.ts';
import type { Destination, Operation, Request } from '../core/request.ts';
import type { SkipReason } from '../core/target.ts';
import { proseForHtml, shorten } from '../core/text.ts';
import { groupFailures } from './annotations.ts';
import { deedOf } from './deed.ts';
import { grouped, sentence } from './format.ts';
import { type Column, facts, fold, list, paragraph, section, table } from './html.ts';
import { changedBucket, destinationOf } from './summary-asked.ts';
import { historyCounts } from './summary-history.ts';
import { name, SKIP_WORDS, showing, stepsWords } from './summary-words.ts';

/** How much of each list a summary shows; less where bytes are short. */
export interface Detail {
  readonly prefixes: number;
  readonly samples: number;
  /** Codes of failures; then keys. */
  readonly codes: number;
  readonly failures: number;
  readonly conflicts: number;
  readonly globs: number;
  readonly renamed: number;
  readonly deeds: number;
  readonly events: number;
}

/** Every section is '' where it has nothing to say. */

function didTitle(report: Report): string {
  const { did } = deedOf(report);
  return `${did.charAt(0).toUpperCase()}${did.slice(1)}`;
}

/** The numbers of a run at a glance: a history changes nothing, so it has others. */
export function countsOf({ report }: Pick<RunResult, 'report'>): string {
  return report.operation === 'history' ? historyCounts(report) : countsTable(report);
}

function countsTable(report: Report): string {
  const { totals } = report;
  const cells = [totals.planned, totals.restored, totals.unchanged, totals.skipped, totals.conflicts, totals.failed];
  const columns = ['Planned', didTitle(report), 'Unchanged', 'Skipped', 'Conflicts', 'Failed'];
  return table(
    columns.map((title) => ({ title, number: true })),
    [cells.map((n, i) => (i >= 4 && n > 0 ? `<b>${grouped(n)}</b>` : grouped(n)))],
  );
}

export function errorSection({ error }: Report): string {
  if (error === undefined) return '';
  return facts([
    ['Why', prose(error.message)],
    ...(error.hint === '' ? [] : [['What to do', prose(error.hint)] as const]),
    ['Code', name(error.code)],
  ]);
}

export function notes(lines: readonly string[]): string {
  return lines.length === 0 ? '' : section('Worth knowing', list(lines.map(prose)));
}

/** Prose of ours and of S3's, made safe, cut to what a reader reads. */
export function prose(text: string): string {
  return proseForHtml(sentence(shorten(text, 1000)));
}

export function prefixesSection({ report, highlights }: RunResult, request: Request, detail: Detail): string {
  const rows = highlights.prefixes.filter((row) => row.prefix !== OTHER_PREFIXES);
  const others = highlights.prefixes.filter((row) => row.prefix === OTHER_PREFIXES);
  if (rows.length < 2) return '';
  const shown = rows.slice(0, detail.prefixes);
  const rest = sumOf([...rows.slice(shown.length), ...others]);
  // A column of nothing but zeros says nothing.
  const numbers = NUMBERS.filter(({ of }) => of === 'planned' || report.totals[of] > 0);
  const columns = [
    { title: 'Prefix' },
    ...numbers.map(({ of, title }) => ({ title: of === 'restored' ? didTitle(report) : title, number: true })),
  ];
  const cells = (row: Numbers) => numbers.map(({ of }) => grouped(row[of]));
  const body = shown.map((row) => [row.prefix === '' ? 'no folder' : name(row.prefix), ...cells(row)]);
  if (rest !== undefined) body.push(['all others', ...cells(rest)]);
  const of =
    others.length > 0
      ? ` (showing ${grouped(shown.length)} of more than ${grouped(MAX_PREFIXES)})`
      : showing(shown.length, rows.length);
  const several = changedBucket(request) === undefined ? ', all buckets together' : '';
  return section(`By prefix${several}${of}`, table(columns, body));
}

type Numbers = Readonly<Record<(typeof NUMBERS)[number]['of'], number>>;

const NUMBERS = [
  { title: 'Planned', of: 'planned' },
  { title: 'Restored', of: 'restored' },
  { title: 'Conflicts', of: 'conflicts' },
  { title: 'Failed', of: 'failed' },
] as const;

function sumOf(rows: readonly Numbers[]): Numbers | undefined {
  if (rows.length === 0) return undefined;
  const sum = { planned: 0, restored: 0, conflicts: 0, failed: 0 };
  for (const row of rows) for (const { of } of NUMBERS) sum[of] += row[of];
  return sum;
}

export function samplesSection({ report, highlights }: RunResult, request: Request, detail: Detail): string {
  const shown = highlights.samples.slice(0, detail.samples);
  if (shown.length === 0) {
    if (report.totals.planned === 0) return '';
    const keys =
      request.operation === 'download' ? 'All keys and their files' : `Keys${showing(0, report.totals.planned)}`;
    return paragraph(`${keys}: see the plan file.`);
  }
  const destination = destinationOf(request);
  const several = request.scope.bucket === undefined;
  const rows = shown.map((line) => [
    ...(several ? [sourceBucket(line, destination)] : []),
    name(line.key.slice(destination?.prefix.length ?? 0)),
    line.from === null ? 'nothing' : line.from.deleteMarker ? 'deleted' : name(line.from.versionId, 15),
    line.to.versionId === null ? 'deleted' : name(line.to.versionId, 15),
    stepsWords(line, destination),
  ]);
  const titles =
    destination === undefined ? ['Key', 'Before', 'Back to', 'Plan'] : ['Key', 'There before', 'Version', 'Plan'];
  const columns = [...(several ? ['Bucket'] : []), ...titles].map((title) => ({ title }));
  return fold(`<b>Keys of the plan</b>${showing(shown.length, report.totals.planned)}`, table(columns, rows));
}

/** Where the versions of a planned key come from, as far as its line says. */
function sourceBucket({ bucket, steps }: PlannedKey, destination: Destination | undefined): string {
  if (destination?.bucket === undefined) return name(bucket);
  const source = steps.flatMap((step) => (step.do === 'copy-version' ? (step.source?.bucket ?? bucket) : []))[0];
  return source === undefined ? '' : name(source);
}

export function skippedSection({ skipped, totals }: Report): string {
  if (totals.skipped === 0) return '';
  const reasons = Object.keys(SKIP_WORDS).filter((reason): reason is SkipReason => reason in SKIP_WORDS);
  const rows = reasons.flatMap((reason) => {
    const n = skipped[reason] ?? 0;
    return n === 0 ? [] : [[`<code>${reason}</code>`, grouped(n), SKIP_WORDS[reason]]];
  });
  return section('Skipped', table([{ title: 'Reason' }, { title: 'Keys', number: true }, { title: 'Meaning' }], rows));
}

const WRITTEN_MEANWHILE =
  'Somebody wrote to these keys while this ran, so they were left alone. Look at what was written before you run it again.';

const CONFLICTS: Partial<Readonly<Record<Operation, string>>> = {
  apply: 'These keys are not what the plan saw, so they were left alone. A new plan takes in what is there now.',
  undo: 'These keys were written since, or nobody can tell what that run made of them, so they were left alone.',
  download:
    'Another file is there already, or the version was written over while this ran: nothing was replaced. Fetch into an empty folder.',
};

export function conflictsSection({ conflicts, totals }: Report, request: Request, detail: Detail): string {
  if (totals.conflicts === 0) return '';
  const shown = conflicts.slice(0, detail.conflicts);
  const place = placeCells(request);
  const rows = shown.map((row) => [...place.of(row), proseForHtml(shorten(row.found, 200))]);
  return section(
    'Conflicts',
    paragraph(CONFLICTS[request.operation] ?? WRITTEN_MEANWHILE),
    ...keysFold(
      'Keys in conflict',
      shown.length,
      totals.conflicts,
      table([...place.columns, { title: 'Found' }], rows),
    ),
  );
}

export function failuresSection({ failures, totals }: Report, request: Request, detail: Detail): string {
  if (totals.failed === 0) return '';
  const groups = groupFailures(failures);
  const byCode = groups
    .slice(0, detail.codes)
    .map((group) => [name(group.code, 60), grouped(group.count), prose(group.first.message), prose(group.first.hint)]);
  const columns = [
    { title: 'Code' },
    { title: 'Keys', number: true },
    { title: 'First message' },
    { title: 'What to do' },
  ];
  const listed =
    failures.length < totals.failed ? `, by the first ${grouped(failures.length)} of ${grouped(totals.failed)}` : '';
  const shown = failures.slice(0, detail.failures);
  const place = placeCells(request);
  const rows = shown.map((row) => [...place.of(row), name(row.code, 60), proseForHtml(shorten(row.message, 200))]);
  return section(
    `Failures${listed}${showing(byCode.length, groups.length)}`,
    table(columns, byCode),
    ...keysFold(
      'Failed keys',
      shown.length,
      totals.failed,
      table([...place.columns, { title: 'Code' }, { title: 'Message' }], rows),
    ),
  );
}

/** A key in a list; with its bucket where the run has several. */
function placeCells(request: Request): { columns: Column[]; of: (place: Place) => string[] } {
  const key = destinationOf(request) === undefined ? 'Key' : 'Key of the copy';
  return changedBucket(request) === undefined
    ? { columns: [{ title: 'Bucket' }, { title: key }], of: (place) => [name(place.bucket), name(place.key)] }
    : { columns: [{ title: key }], of: (place) => [name(place.key)] };
}

function keysFold(title: string, shown: number, of: number, content: string): string[] {
  if (shown === 0) return [paragraph(`${title}${showing(0, of)}: see the report file.`)];
  return [fold(`<b>${title}</b>${showing(shown, of)}`, content)];
}
