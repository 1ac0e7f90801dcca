import { ARCHIVE_CLASSES } from '../core/archive.ts';
import type { CopyStep, PlannedKey } from '../core/plan.ts';
import type { Report, RunResult } from '../core/report.ts';
import { type ChangeRequest, isChange, type Request } from '../core/request.ts';
import { count } from './format.ts';
import { list, section } from './html.ts';
import { name } from './summary-words.ts';

/** What somebody who is to approve a plan has to look at. */

/** What a plan does to a key, by what may be regretted most. */
export type KeyKind = 'for-good' | 'overwritten' | 'deleted' | 'copied' | 'revived';

/** A plan, looked at again. */
export interface PlanLook {
  /** ms since 1970. */
  readonly madeAt: number;
  /** Of a dry run; of other runs nobody needs it. */
  readonly shape?: PlanShape;
}

/** What the lines of a plan come to. Counts are of keys, where nothing else is said. */
export interface PlanShape {
  readonly kinds: Readonly<Record<KeyKind, number>>;
  /** Versions. */
  readonly deletedForGood: number;
  /** Copies that go where an archive is. */
  readonly toArchive: number;
  /** Copies that take over a retention or a legal hold. */
  readonly locked: number;
  /** Copies that are encrypted with a named KMS key. */
  readonly encrypted: number;
}

/** Takes in a plan line by line. */
export function shapePlan(): { add(line: PlannedKey): void; readonly shape: PlanShape } {
  const kinds: Record<KeyKind, number> = { 'for-good': 0, overwritten: 0, deleted: 0, copied: 0, revived: 0 };
  const shape = { kinds, deletedForGood: 0, toArchive: 0, locked: 0, encrypted: 0 };
  return {
    shape,
    add(line) {
      kinds[kindOf(line)] += 1;
      shape.deletedForGood += line.steps.filter((step) => step.do === 'delete-version').length;
      const carried = copiesOf(line).map((copy) => copy.carry ?? {});
      const has = (test: (carry: NonNullable<CopyStep['carry']>) => boolean) => (carried.some(test) ? 1 : 0);
      shape.toArchive += has(({ storageClass }) => ARCHIVE_CLASSES.has(storageClass ?? ''));
      shape.locked += has(({ lockMode, legalHold }) => lockMode !== undefined || legalHold === true);
      shape.encrypted += has(({ kmsKeyId }) => kmsKeyId !== undefined);
    },
  };
}

export function kindOf(line: PlannedKey): KeyKind {
  const { from, steps } = line;
  if (steps.some((step) => step.do === 'delete-version')) return 'for-good';
  if (copiesOf(line).length > 0) return from === null || from.deleteMarker ? 'copied' : 'overwritten';
  return steps.some((step) => step.do === 'add-delete-marker') ? 'deleted' : 'revived';
}

function copiesOf({ steps }: PlannedKey): CopyStep[] {
  return steps.filter((step): step is CopyStep => step.do === 'copy-version');
}

/** Of a dry run that planned something; '' otherwise. Without the shape the report's counts of steps have to do. */
export function risksSection({ report }: Pick<RunResult, 'report'>, request: Request, shape?: PlanShape): string {
  if (!report.dryRun || report.error !== undefined || !isChange(request)) return '';
  const left = [...ofArchives(report, request), ...ofDrift(report)];
  if (report.totals.planned === 0) return left.length === 0 ? '' : section('Risks', list(left));
  const risks = [
    ...(shape === undefined ? ofSteps(report, request) : ofShape(shape, request)),
    ...left,
    ...(isWholeBucket(request) ? ['<b>The whole bucket</b> is in scope: neither key nor prefix was given.'] : []),
  ];
  return section('Risks', list(risks.length === 0 ? [harmless(report)] : risks));
}

function harmless({ steps }: Report): string {
  return steps['copy-version'] === 0
    ? 'None: only delete markers are removed, no data moves, no version is lost.'
    : 'None: nothing newer is covered, nothing is deleted.';
}

function ofShape(shape: PlanShape, request: ChangeRequest): string[] {
  const { kinds, deletedForGood, toArchive, locked, encrypted } = shape;
  const overwritten = kinds.overwritten;
  const stays = request.destination === undefined ? 'an older one' : 'the copy';
  return [
    ...(deletedForGood > 0
      ? [`<b>Deletes for good</b>: ${versions(deletedForGood)} of ${keys(kinds['for-good'])}. ${goodWords(request)}`]
      : []),
    ...(overwritten > 0
      ? [
          `<b>Overwrites newer data</b>: ${keys(overwritten)}. What readers get now is covered by ${stays}; it stays in the ` +
            'history.',
        ]
      : []),
    ...(kinds.deleted > 0 ? [addsMarkers(kinds.deleted)] : []),
    ...(toArchive > 0
      ? [
          `<b>Goes into an archive</b>: copies for ${keys(toArchive)}, as their versions are. Nobody can read them at once.`,
        ]
      : []),
    ...(locked > 0
      ? [
          `<b>Object Lock</b>: copies for ${keys(locked)} take over retention or legal hold. Needs ` +
            `${name('s3:PutObjectRetention')}, ${name('s3:PutObjectLegalHold')}.`,
        ]
      : []),
    ...(encrypted > 0
      ? [
          `<b>KMS keys</b>: copies for ${keys(encrypted)} are encrypted with them. Needs ${name('kms:Decrypt')}, ` +
            `${name('kms:GenerateDataKey')}.`,
        ]
      : []),
  ];
}

function goodWords({ operation }: ChangeRequest): string {
  return operation === 'undo'
    ? 'These are the copies that the run made; what they hold stays in the versions that were copied.'
    : 'These cannot come back.';
}

/** As far as the kinds of steps tell. */
function ofSteps({ steps }: Report, request: ChangeRequest): string[] {
  return [
    ...(steps['delete-version'] > 0
      ? [`<b>Deletes for good</b>: ${versions(steps['delete-version'])}. ${goodWords(request)}`]
      : []),
    ...(steps['copy-version'] > 0
      ? [
          `<b>May overwrite newer data</b>: ${versions(steps['copy-version'])} copied on top. What is covered stays in the ` +
            'history.',
        ]
      : []),
    ...(steps['add-delete-marker'] > 0 ? [addsMarkers(steps['add-delete-marker'])] : []),
  ];
}

function addsMarkers(n: number): string {
  return `<b>Adds delete markers</b>: ${keys(n)}, not there then, would be deleted. Their versions stay.`;
}

function ofArchives({ skipped }: Report, request: ChangeRequest): string[] {
  const archived = skipped.archived ?? 0;
  const waiting = skipped['restore-in-progress'] ?? 0;
  return [
    ...(archived > 0
      ? [
          request.archived === undefined
            ? `<b>Archived</b>: ${keys(archived)} left as they are: a version that is needed is in an archive.`
            : `<b>Archived</b>: versions of ${keys(archived)} would be requested from the archive, which costs money and time.`,
        ]
      : []),
    ...(waiting > 0 ? [`<b>Not there yet</b>: versions of ${keys(waiting)}, requested from the archive before.`] : []),
  ];
}

/** An apply that only looks. */
function ofDrift({ operation, totals }: Report): string[] {
  return operation === 'apply' && totals.conflicts > 0
    ? [`<b>Changed since the plan was made</b>: ${keys(totals.conflicts)}, which would be left alone.`]
    : [];
}

function isWholeBucket(request: ChangeRequest): boolean {
  const { operation, scope } = request;
  const named = operation === 'recover' || operation === 'apply' || operation === 'undo';
  return !named && scope.key === undefined && scope.prefix === '' && request.manifest === undefined;
}

function keys(n: number): string {
  return count(n, 'key');
}

function versions(n: number): string {
  return count(n, 'version');
}
