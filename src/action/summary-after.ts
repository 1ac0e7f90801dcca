import type { RequestCounts } from '../core/ports.ts';
import type { Report, RunResult } from '../core/report.ts';
import { isChange, type Request } from '../core/request.ts';
import { formatTime } from '../core/time.ts';
import { count, grouped } from './format.ts';
import { facts, fold, list, paragraph, section, table } from './html.ts';
import { destinationWords } from './summary-asked.ts';
import { name, showing } from './summary-words.ts';

/** What comes after the results: what it cost, where the files are, how to carry a plan out and how to take a run back. */

/**
 * US dollars a request, S3 Standard in us-east-1. DELETE is free, also of versions and markers.
 * https://aws.amazon.com/s3/pricing/
 */
const KINDS: readonly { readonly of: keyof RequestCounts; readonly title: string; readonly price: number }[] = [
  { of: 'list', title: 'LIST', price: 0.005 / 1000 },
  { of: 'head', title: 'HEAD', price: 0.0004 / 1000 },
  { of: 'get', title: 'GET', price: 0.0004 / 1000 },
  { of: 'copy', title: 'COPY', price: 0.005 / 1000 },
  { of: 'put', title: 'PUT', price: 0.005 / 1000 },
  { of: 'delete', title: 'DELETE', price: 0 },
];

export function requestsSection({ requests }: Report, request: Request): string {
  const used = KINDS.filter(({ of }) => requests[of] > 0);
  if (used.length === 0) return '';
  const cost = used.reduce((sum, { of, price }) => sum + requests[of] * price, 0);
  const total = used.reduce((sum, { of }) => sum + requests[of], 0);
  const rows = used.map(({ of, title, price }) => [
    title,
    grouped(requests[of]),
    price === 0 ? 'free' : dollars(requests[of] * price),
  ]);
  rows.push(['<b>All</b>', `<b>${grouped(total)}</b>`, `<b>${dollars(cost)}</b>`]);
  const again = requests.retries > 0 ? `; ${count(requests.retries, 'retry', 'retries')}` : '';
  const slowed = requests.throttled > 0 ? `, ${grouped(requests.throttled)} throttled` : '';
  return fold(
    `<b>Requests</b>: ${grouped(total)}, estimated ${dollars(cost)}${again}${slowed}`,
    table(
      [
        { title: 'Kind' },
        { title: 'Requests', number: true },
        { title: 'Estimate (S3 Standard, us-east-1)', number: true },
      ],
      rows,
    ),
    ...notEstimated(request),
  );
}

/** What costs more than its requests. */
function notEstimated(request: Request): string[] {
  if (request.operation === 'download') {
    return [paragraph('Not in the estimate: what S3 charges for the data that leaves it, where it does.')];
  }
  if (!isChange(request)) return [];
  const { archived, destination } = request;
  const more = [
    ...(archived === undefined
      ? []
      : [
          `the retrieval from the archive (${archived.tier}), and the restored copies that it keeps for ${count(archived.days, 'day')}; ` +
            'the requests for it are among PUT',
        ]),
    ...(destination?.bucket === undefined ? [] : ['transfer between regions, where the buckets are in two']),
  ];
  return more.length === 0 ? [] : [paragraph(`Not in the estimate: ${more.join('; ')}.`)];
}

function dollars(amount: number): string {
  if (amount === 0) return '$0';
  if (amount < 0.0001) return 'under $0.0001';
  return `$${amount.toFixed(amount < 1 ? 4 : 2)}`;
}

export function filesSection({ report, plan, journalFile, reportFile }: RunResult, request: Request): string {
  const rows: [string, string][] = [];
  if (request.operation === 'download' && report.totals.restored > 0)
    rows.push(['Fetched', name(request.directory, 200)]);
  if (plan !== undefined) {
    rows.push(['Plan', `${name(plan.file, 200)}, digest ${name(shortDigest(plan.digest))}`]);
  }
  if (journalFile !== undefined) rows.push(['Journal', name(journalFile, 200)]);
  if (reportFile !== undefined) rows.push(['Report', name(reportFile, 200)]);
  if (rows.length === 0) return '';
  return fold(
    '<b>Files</b> on the runner, gone with it: keep them with <code>actions/upload-artifact</code>',
    facts(rows),
  );
}

function shortDigest(digest: string): string {
  return digest.replace(/^(sha256:[0-9a-f]{12})[0-9a-f]*$/, '$1…');
}

export function dryRunSection({ report, plan }: RunResult, guarded = false): string {
  if (guarded || !report.dryRun || report.error !== undefined || report.totals.planned === 0) return '';
  const again =
    'Run the same step without `dry-run: true`. It looks at the bucket again, and plans from what is there then.';
  if (plan === undefined || !['undelete', 'rollback', 'undo'].includes(report.operation)) {
    return section('To carry it out', again);
  }
  return section(
    'To carry it out',
    list([
      `Exactly this plan: <code>operation: apply</code> with this <code>plan-file</code> (keep it with <code>actions/upload-artifact</code>) and ` +
        `<code>plan-digest</code> ${name(plan.digest)}. Keys that change until then are left alone.`,
      again.replaceAll('`dry-run: true`', '<code>dry-run: true</code>'),
    ]),
  );
}

/**
 * Only what was done is said to be undoable. `guarded`: by the second half of a guard, which runs when every step of the job is
 * over, so nobody can keep its files.
 */
export function undoSection({ report, journalFile }: RunResult, request: Request, guarded = false): string {
  const { steps, dryRun } = report;
  if (dryRun || !isChange(request)) return '';
  const destination = request.destination === undefined ? undefined : destinationWords(request);
  const items: string[] = [];
  const isUndoable = steps['remove-delete-marker'] + steps['copy-version'] + steps['add-delete-marker'] > 0;
  if (isUndoable && guarded) {
    const before = Math.floor(Date.parse(report.startedAt) / 1000) * 1000 - 1000;
    items.push(
      'To what the deployment left: <code>operation: rollback</code> of the same keys with ' +
        `<code>to-time: ${formatTime(before)}</code>. The journal of this is gone with the runner.`,
    );
  } else if (isUndoable && journalFile !== undefined) {
    items.push(
      `<code>operation: undo</code> with this <code>journal-file</code>: ${name(journalFile, 200)} (keep it with ` +
        '<code>actions/upload-artifact</code>). What is written after this run stays as it is.',
    );
  }
  if (steps['remove-delete-marker'] > 0) {
    items.push(
      `${count(steps['remove-delete-marker'], 'delete marker')} removed: each key gets a new one on top, and no version is lost.`,
    );
  }
  if (steps['copy-version'] > 0) {
    items.push(
      destination === undefined
        ? `${count(steps['copy-version'], 'version')} copied on top: each copy is taken away by its version id. What was current before is current again.`
        : `${count(steps['copy-version'], 'version')} copied to ${destination}: each copy is taken away by its version id. Nothing was changed where they came from.`,
    );
  }
  if (steps['add-delete-marker'] > 0) {
    items.push(
      `${count(steps['add-delete-marker'], 'delete marker')} added: each is taken away by its version id. ` +
        (destination === undefined ? 'Its key is live again.' : 'It belongs to a history that was copied.'),
    );
  }
  if (steps['delete-version'] > 0) {
    items.push(`${count(steps['delete-version'], 'version')} deleted for good: <b>these cannot come back</b>.`);
  }
  return items.length === 0 ? '' : section('To take it back', list(items));
}

/** Keys that no file can be called, and what their files are called instead. */
export function renamedSection({ renamed = [] }: Report, detail: { readonly renamed: number }): string {
  if (renamed.length === 0) return '';
  const shown = renamed.slice(0, detail.renamed);
  return fold(
    `<b>Renamed</b>: keys whose file is called otherwise${showing(shown.length, renamed.length)}`,
    table(
      [{ title: 'Key' }, { title: 'File' }],
      shown.map(({ key, path }) => [name(key), name(path)]),
    ),
  );
}
