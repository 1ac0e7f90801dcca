import type { Report, RunResult } from '../core/report.ts';
import type { ChangeRequest, RecoverRequest, Request } from '../core/request.ts';
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
    ...(request.operation === 'recover' ? recoverFacts(request, highlights) : restoreFacts(request, detail)),
    [
      'Examined',
      `${count(report.totals.keysExamined, 'key')}, ${count(report.totals.entriesExamined, 'version and delete marker', 'versions and delete markers')}`,
    ],
    ['Started', startedWords(report)],
  ]);
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

function restoreFacts(request: Exclude<Request, RecoverRequest>, detail: { readonly globs: number }): Fact[] {
  const { scope } = request;
  return [
    ...manifestFact(request),
    scope.bucket === undefined ? ['Buckets', 'those that the manifest names'] : ['Bucket', name(scope.bucket)],
    ['Keys', scopeWords(request)],
    ...globFact('Only', scope.include, detail),
    ...globFact('Except', scope.exclude, detail),
    [goesElsewhere(request) ? 'Version' : 'Back to', targetWords(request)],
    ...(request.operation === 'download' ? [['Into', name(request.directory, 200)] as const] : howFacts(request)),
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
  return request.operation === 'download' ? undefined : request.manifest;
}

export function destinationOf(request: Request): ChangeRequest['destination'] {
  return request.operation === 'download' ? undefined : request.destination;
}

function goesElsewhere(request: Request): boolean {
  return request.operation === 'download' || request.destination !== undefined;
}

/** The one bucket whose keys change; `undefined` where there are several, so that each has to be named. */
export function changedBucket(request: Request): string | undefined {
  return destinationOf(request)?.bucket ?? request.scope.bucket;
}

/** `in my-bucket under site/`, or `from …`. */
export function whereWords(request: Request, preposition: 'in' | 'from'): string {
  const { scope } = request;
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
  const begin = `that begin with ${name(scope.prefix)}`;
  if (manifestOf(request) !== undefined) return `those of the manifest${scope.prefix === '' ? '' : ` ${begin}`}`;
  return scope.prefix === '' ? 'the whole bucket' : `all ${begin}`;
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
  }
}

function methodWords(request: ChangeRequest): string {
  if (request.operation === 'undelete') return 'delete markers are removed, no data moves';
  if (request.destination !== undefined) return 'copy: nothing changes where the versions come from';
  return request.method === 'copy'
    ? 'copy: the old version is put on top, nothing is lost'
    : `delete: everything newer is deleted for good (at most ${count(request.maxDeletes ?? 0, 'version')})`;
}
