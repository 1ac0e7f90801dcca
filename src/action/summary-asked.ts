import type { Report, RunResult } from '../core/report.ts';
import {
  type ChangeRequest,
  type DownloadRequest,
  isChange,
  type RecoverRequest,
  type Request,
  type RestoreRequest,
} from '../core/request.ts';
import { count, duration } from './format.ts';
import { facts } from './html.ts';
import { policyFact } from './summary-incident.ts';
import { name, showing, time } from './summary-words.ts';

/** What was asked for, in words. */

type Fact = readonly [title: string, words: string];

export function askedSection(
  { report, highlights }: RunResult,
  request: Request,
  detail: { readonly globs: number },
): string {
  return facts([
    ['Operation', `${request.operation}${request.dryRun ? ' (dry run)' : ''}`],
    ...factsOf(request, report, highlights, detail),
    [
      'Examined',
      `${count(report.totals.keysExamined, 'key')}, ${count(report.totals.entriesExamined, 'version and delete marker', 'versions and delete markers')}`,
    ],
    ['Started', startedWords(report)],
  ]);
}

function factsOf(
  request: Request,
  report: Report,
  highlights: RunResult['highlights'],
  detail: { readonly globs: number },
): Fact[] {
  switch (request.operation) {
    case 'recover':
      return recoverFacts(request, highlights);
    case 'apply':
      return [
        ['Plan', name(request.reviewed.file, 200)],
        ...plannedFacts(report, detail),
        ['Then', 'keys that changed since are left alone'],
      ];
    case 'undo':
      return [
        ['Journal', name(request.undoneJournal, 200)],
        ...(request.scope.bucket === undefined ? [] : [['Bucket', name(request.scope.bucket)] as const]),
        ['Back to', 'what readers saw before that run; what was written since stays'],
      ];
    case 'guard':
    case 'history':
      return scopeFacts(request, detail);
    default:
      return restoreFacts(request, detail);
  }
}

/** What the plan was asked, as its header says: text from outside, of a form that nobody vouches for. */
function plannedFacts({ scope, target }: Report, detail: { readonly globs: number }): Fact[] {
  const { bucket, key, prefix, include, exclude, ...rest } = scope;
  const { method, ...aim } = target;
  // No prefix is the whole bucket, but where a manifest or a journal names the keys.
  const isNamed = prefix === '' && ('manifest' in rest || target.kind === 'before-run');
  const begin = typeof prefix === 'string' && !isNamed ? prefixWords(prefix) : undefined;
  const keys = typeof key === 'string' ? `the key ${name(key)}` : begin;
  const at = target.kind === 'time' && typeof target.toTime === 'string' ? Date.parse(target.toTime) : Number.NaN;
  return [
    ...(typeof bucket === 'string' ? [['Bucket', name(bucket)] as const] : []),
    ...(keys === undefined ? [] : [['Keys', keys] as const]),
    ...globFact('Only', stringsOf(include), detail),
    ...globFact('Except', stringsOf(exclude), detail),
    ...(Object.keys(rest).length === 0 ? [] : [['Scope', fieldWords(rest)] as const]),
    ['Back to', Number.isNaN(at) ? fieldWords(aim) : `the state at ${time(at)}`],
    ...(typeof method === 'string' ? [['Method', name(method, 40)] as const] : []),
  ];
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

function fieldWords(record: Readonly<Record<string, unknown>>): string {
  return Object.entries(record)
    .map(([field, value]) => {
      const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
      return field === 'kind' ? name(text, 120) : `${name(field, 40)} ${name(text, 120)}`;
    })
    .join(', ');
}

function startedWords({ startedAt, finishedAt }: Report): string {
  const took = Date.parse(finishedAt) - Date.parse(startedAt);
  return `${time(Math.floor(Date.parse(startedAt) / 1000) * 1000)}, took ${duration(took)}`;
}

function recoverFacts({ intake, scope }: RecoverRequest, highlights: RunResult['highlights']): Fact[] {
  return [
    ['Events from', intake.kind === 'queue' ? `the queue ${name(intake.url, 200)}` : 'the input <code>event</code>'],
    ...(scope.bucket === undefined ? [] : [['Bucket', name(scope.bucket)] as const]),
    ['Policy', policyFact(highlights)],
  ];
}

function restoreFacts(request: RestoreRequest | DownloadRequest, detail: { readonly globs: number }): Fact[] {
  return [
    ...scopeFacts(request, detail),
    [goesElsewhere(request) ? 'Version' : 'Back to', targetWords(request)],
    ...(request.operation === 'download' ? [['Into', name(request.directory, 200)] as const] : howFacts(request)),
  ];
}

function scopeFacts(request: Request, detail: { readonly globs: number }): Fact[] {
  const { scope } = request;
  return [
    ...manifestFact(request),
    scope.bucket === undefined ? ['Buckets', 'those that the manifest names'] : ['Bucket', name(scope.bucket)],
    ['Keys', scopeWords(request)],
    ...globFact('Only', scope.include, detail),
    ...globFact('Except', scope.exclude, detail),
  ];
}

function manifestFact(request: Request): Fact[] {
  const manifest = manifestOf(request);
  if (manifest === undefined) return [];
  const format = manifest.format === 'auto' ? '' : ` (${manifest.format})`;
  return [['Manifest', `${name(manifest.given, 200)}${format}`]];
}

function globFact(title: string, globs: readonly string[], detail: { readonly globs: number }): Fact[] {
  if (globs.length === 0) return [];
  const shown = globs.slice(0, detail.globs).map((glob) => name(glob, 80));
  return [[title, `${shown.join(', ')}${showing(shown.length, globs.length)}`]];
}

function howFacts(request: ChangeRequest): Fact[] {
  const { destination, archived, preserve } = request;
  const kept = [
    ...(preserve.objectLock ? ['Object Lock retention and legal hold'] : []),
    ...(preserve.annotations ? ['annotations'] : []),
  ];
  return [
    ['Method', methodWords(request)],
    ...(destination === undefined ? [] : [['Copies go to', `${destinationWords(request)}`] as const]),
    ...(kept.length === 0 ? [] : [['Copies also keep', kept.join(', ')] as const]),
    ...(archived === undefined
      ? []
      : [['Archived', `requested from the archive (${archived.tier}, for ${count(archived.days, 'day')})`] as const]),
  ];
}

export function manifestOf(request: Request): ChangeRequest['manifest'] {
  return isChange(request) ? request.manifest : undefined;
}

export function destinationOf(request: Request): ChangeRequest['destination'] {
  return isChange(request) ? request.destination : undefined;
}

function goesElsewhere(request: Request): boolean {
  return request.operation === 'download' || destinationOf(request) !== undefined;
}

/** The one bucket whose keys change; `undefined` where there are several, so that each has to be named. */
export function changedBucket(request: Request): string | undefined {
  return destinationOf(request)?.bucket ?? request.scope.bucket;
}

/** `in my-bucket under site/`, or `from …`. */
export function whereWords(request: Request, preposition: 'in' | 'from'): string {
  const { scope } = request;
  if (request.operation === 'apply')
    return scope.bucket === undefined ? 'by the plan' : `${preposition} ${name(scope.bucket)} by the plan`;
  if (request.operation === 'undo')
    return scope.bucket === undefined ? 'by the journal' : `${preposition} ${name(scope.bucket)} by the journal`;
  if (request.operation === 'recover') {
    const { intake } = request;
    const tail =
      intake.kind === 'queue' ? `the queue ${name(queueName(intake.url), 80)}` : 'the input <code>event</code>';
    return `${scope.bucket === undefined ? '' : `${preposition} ${name(scope.bucket)} `}after events from ${tail}`;
  }
  const manifest = manifestOf(request);
  const rows = manifest === undefined ? '' : `manifest ${name(manifest.given)}`;
  const bucket = scope.bucket === undefined ? `the buckets of ${rows}` : name(scope.bucket);
  const by = scope.bucket === undefined || manifest === undefined ? '' : `, ${rows}`;
  if (scope.key !== undefined) return `${preposition} ${bucket}, key ${name(scope.key)}`;
  return `${preposition} ${bucket}${scope.prefix === '' ? '' : ` under ${name(scope.prefix)}`}${by}`;
}

function queueName(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}

/** `bucket under restored/`: where copies go. '' where they stay in place. */
export function destinationWords(request: ChangeRequest): string {
  const { destination, scope } = request;
  if (destination === undefined) return '';
  const bucket = destination.bucket ?? scope.bucket;
  const under = destination.prefix === '' ? '' : ` under ${name(destination.prefix)}`;
  return `${bucket === undefined ? 'the bucket that each is in' : name(bucket)}${under}`;
}

function scopeWords(request: Request): string {
  const { scope } = request;
  if (scope.key !== undefined) return `the key ${name(scope.key)}`;
  if (manifestOf(request) === undefined) return prefixWords(scope.prefix);
  return `those of the manifest${scope.prefix === '' ? '' : ` that begin with ${name(scope.prefix)}`}`;
}

function prefixWords(prefix: string): string {
  return prefix === '' ? 'the whole bucket' : `all that begin with ${name(prefix)}`;
}

function targetWords(request: Request): string {
  const words = targetAlone(request);
  const manifest = manifestOf(request);
  if (manifest === undefined || request.operation === 'undelete' || request.target.kind === 'rows') return words;
  // An inventory names all versions, and means none of them.
  return manifest.format === 'inventory' ? words : `${words}; where a row names a version, that one`;
}

function targetAlone({ target }: Request): string {
  switch (target.kind) {
    case 'undelete': {
      const { after, before } = target;
      if (after !== undefined && before !== undefined) {
        return `the newest version, if deleted from ${time(after)} to ${time(before)}`;
      }
      if (after !== undefined) return `the newest version, if deleted at ${time(after)} or later`;
      return before === undefined
        ? 'the newest version, where the key is deleted'
        : `the newest version, if deleted at ${time(before)} or earlier`;
    }
    case 'version':
      return `version ${name(target.versionId)}`;
    case 'time':
      return `the state at ${time(target.at)}`;
    case 'versions-back':
      return target.count === 0 ? 'the newest version' : `${count(target.count, 'version')} back`;
    case 'rows':
      return 'the versions that the rows name';
    case 'before-events':
      return 'what each key was before';
    case 'as-planned':
      return 'what the plan says';
    case 'before-run':
      return 'what it was before that run';
    case 'none':
      return '';
  }
}

function methodWords(request: ChangeRequest): string {
  if (request.operation === 'undelete') return 'delete markers are removed, no data moves';
  if (request.destination !== undefined) return 'copy: nothing changes where the versions come from';
  return request.method === 'copy'
    ? 'copy: the old version is put on top, nothing is lost'
    : `delete: everything newer is deleted for good (at most ${count(request.maxDeletes ?? 0, 'version')})`;
}
