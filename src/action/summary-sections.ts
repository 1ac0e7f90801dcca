import { MAX_PREFIXES, OTHER_PREFIXES, type Report, type RunResult } from '../core/report.ts';
import type { RestoreRequest } from '../core/request.ts';
import type { SkipReason } from '../core/target.ts';
import { proseForHtml, shorten } from '../core/text.ts';
import { groupFailures } from './annotations.ts';
import { count, duration, grouped, sentence } from './format.ts';
import { facts, fold, list, paragraph, section, table } from './html.ts';
import { methodWords, name, SKIP_WORDS, scopeWords, showing, stepsWords, targetWords, time } from './summary-words.ts';

/** How much of each list a summary shows; less where bytes are short. */
export interface Detail {
  readonly prefixes: number;
  readonly samples: number;
  /** Codes of failures; then keys. */
  readonly codes: number;
  readonly failures: number;
  readonly conflicts: number;
  readonly globs: number;
}

/** Every section is '' where it has nothing to say. */

export function countsTable({ totals }: Report): string {
  const cells = [totals.planned, totals.restored, totals.unchanged, totals.skipped, totals.conflicts, totals.failed];
  const columns = ['Planned', 'Restored', 'Unchanged', 'Skipped', 'Conflicts', 'Failed'];
  return table(
    columns.map((title) => ({ title, number: true })),
    [cells.map((n, i) => (i >= 4 && n > 0 ? `<b>${grouped(n)}</b>` : grouped(n)))],
  );
}

export function askedSection(report: Report, request: RestoreRequest, detail: Detail): string {
  const { scope } = request;
  const took = Date.parse(report.finishedAt) - Date.parse(report.startedAt);
  return facts([
    ['Operation', `${request.operation}${request.dryRun ? ' (dry run)' : ''}`],
    ['Bucket', name(scope.bucket)],
    ['Keys', scopeWords(scope)],
    ...globRow('Only', scope.include, detail),
    ...globRow('Except', scope.exclude, detail),
    ['Back to', targetWords(request)],
    ['Method', methodWords(request)],
    [
      'Examined',
      `${count(report.totals.keysExamined, 'key')}, ${count(report.totals.entriesExamined, 'version and delete marker', 'versions and delete markers')}`,
    ],
    ['Started', `${time(Math.floor(Date.parse(report.startedAt) / 1000) * 1000)}, took ${duration(took)}`],
  ]);
}

function globRow(title: string, globs: readonly string[], detail: Detail): [string, string][] {
  if (globs.length === 0) return [];
  const shown = globs.slice(0, detail.globs).map((glob) => name(glob, 80));
  return [[title, `${shown.join(', ')}${showing(shown.length, globs.length)}`]];
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

export function prefixesSection({ report, highlights }: RunResult, detail: Detail): string {
  const rows = highlights.prefixes.filter((row) => row.prefix !== OTHER_PREFIXES);
  const others = highlights.prefixes.filter((row) => row.prefix === OTHER_PREFIXES);
  if (rows.length < 2) return '';
  const shown = rows.slice(0, detail.prefixes);
  const rest = sumOf([...rows.slice(shown.length), ...others]);
  // A column of nothing but zeros says nothing.
  const numbers = NUMBERS.filter(({ of }) => of === 'planned' || report.totals[of] > 0);
  const columns = [{ title: 'Prefix' }, ...numbers.map(({ title }) => ({ title, number: true }))];
  const cells = (row: Numbers) => numbers.map(({ of }) => grouped(row[of]));
  const body = shown.map((row) => [row.prefix === '' ? 'no folder' : name(row.prefix), ...cells(row)]);
  if (rest !== undefined) body.push(['all others', ...cells(rest)]);
  const of =
    others.length > 0
      ? ` (showing ${grouped(shown.length)} of more than ${grouped(MAX_PREFIXES)})`
      : showing(shown.length, rows.length);
  return section(`By prefix${of}`, table(columns, body));
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

export function samplesSection({ report, highlights }: RunResult, detail: Detail): string {
  const shown = highlights.samples.slice(0, detail.samples);
  if (shown.length === 0)
    return report.totals.planned > 0 ? paragraph(`Keys${showing(0, report.totals.planned)}: see the plan file.`) : '';
  const rows = shown.map((line) => [
    name(line.key),
    line.from.deleteMarker ? 'deleted' : name(line.from.versionId, 15),
    line.to.versionId === null ? 'deleted' : name(line.to.versionId, 15),
    stepsWords(line),
  ]);
  const columns = ['Key', 'Before', 'Back to', 'Plan'].map((title) => ({ title }));
  return fold(`<b>Keys of the plan</b>${showing(shown.length, report.totals.planned)}`, table(columns, rows));
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

export function conflictsSection({ conflicts, totals }: Report, detail: Detail): string {
  if (totals.conflicts === 0) return '';
  const shown = conflicts.slice(0, detail.conflicts);
  const rows = shown.map(({ key, found }) => [name(key), proseForHtml(shorten(found, 200))]);
  return section(
    'Conflicts',
    paragraph(
      'Somebody wrote to these keys while this ran, so they were left alone. Look at what was written before you run it again.',
    ),
    ...keysFold(
      'Keys in conflict',
      shown.length,
      totals.conflicts,
      table([{ title: 'Key' }, { title: 'Found' }], rows),
    ),
  );
}

export function failuresSection({ failures, totals }: Report, detail: Detail): string {
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
  const rows = shown.map(({ key, code, message }) => [name(key), name(code, 60), proseForHtml(shorten(message, 200))]);
  return section(
    `Failures${listed}${showing(byCode.length, groups.length)}`,
    table(columns, byCode),
    ...keysFold(
      'Failed keys',
      shown.length,
      totals.failed,
      table([{ title: 'Key' }, { title: 'Code' }, { title: 'Message' }], rows),
    ),
  );
}

function keysFold(title: string, shown: number, of: number, content: string): string[] {
  if (shown === 0) return [paragraph(`${title}${showing(0, of)}: see the report file.`)];
  return [fold(`<b>${title}</b>${showing(shown, of)}`, content)];
}
