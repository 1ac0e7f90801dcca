import type { RunResult } from '../core/report.ts';
import type { Request } from '../core/request.ts';
import { digestOf, entryOf, type Memory, type RunEntry, recall, remember } from './comment-memory.ts';
import { samplesOf } from './comment-samples.ts';
import { deedOf } from './deed.ts';
import { grouped } from './format.ts';
import { facts, fold, list, section, table } from './html.ts';
import { undoSection } from './summary-after.ts';
import { askedSection } from './summary-asked.ts';
import { historySections } from './summary-history.ts';
import { deedsSection } from './summary-incident.ts';
import { type PlanLook, risksSection } from './summary-risks.ts';
import {
  conflictsSection,
  countsOf,
  type Detail,
  errorSection,
  failuresSection,
  notes,
  prefixesSection,
  skippedSection,
} from './summary-sections.ts';
import { verdict } from './summary-verdict.ts';
import { name, time } from './summary-words.ts';

/** What our comment on a pull request says: the verdict, what became of the plan, and the plan for people to decide on. */

export interface CommentContext {
  readonly request: Request;
  /** By the second half of a guard. */
  readonly guarded?: boolean;
  /** What the comment said before; absent where there was none. */
  readonly old: { readonly memory: string; readonly body: string } | undefined;
  /** Characters that the body may have. */
  readonly room: number;
  /** Absent where there is no plan, or where it could not be read. */
  readonly look?: PlanLook | undefined;
  /** Of the workflow run; '' where the runner does not say. */
  readonly runId: string;
  /** `https://github.com/owner/name/actions/runs`. */
  readonly runsUrl: string;
}

/** Above it stands what became of the run, below it what stays when a later run has nothing to say about it. */
const REST = '<!-- s3-rollback:rest -->';

const FEW = { codes: 5, failures: 0, conflicts: 0, globs: 5, renamed: 0, events: 5 };

const DETAILS: readonly Detail[] = [
  { ...FEW, prefixes: 10, samples: 10, codes: 10, failures: 10, conflicts: 10, deeds: 10, events: 20 },
  { ...FEW, prefixes: 5, samples: 3, deeds: 5 },
  { ...FEW, prefixes: 3, samples: 0, deeds: 3, globs: 1 },
];

/**
 * The body of the comment, and what it remembers. What does not fit is left out step by step; every list that was cut says how
 * many it shows of how many. '' where not even the verdict fits. Pure.
 */
export function renderComment(result: RunResult, context: CommentContext): { body: string; memory: string } {
  const { request, old, room, runId } = context;
  const before = recall(old?.memory);
  const memory = nextMemory(result, context, before);
  const link = (run: string) => (run === '' ? '' : `<a href="${context.runsUrl}/${run}">run ${run}</a>`);
  const heading = `## ${verdict(result, request)}`;
  const top = [heading, statusLine(memory, link), errorSection(result.report), runsFold(memory, link)];
  const kept = keptRest(result, before, old?.body ?? '');
  const more = runId === '' ? '' : `All of it is in the job summary of ${link(runId)}.`;

  const candidates =
    kept === undefined
      ? [
          ...DETAILS.map((detail) => () => [...top, REST, ...rest(result, context, memory, detail), more]),
          () => [...top.slice(0, 2), countsOf(result), more],
        ]
      : [() => [...top, 'What this comment said before, of an earlier run:', REST, kept], () => [...top, more]];
  for (const candidate of [...candidates, () => [heading]]) {
    const body = candidate()
      .filter((part) => part !== '')
      .join('\n\n');
    if (body.length <= room) return { body, memory: remember(memory) };
  }
  return { body: '', memory: remember(memory) };
}

function nextMemory(result: RunResult, { request, runId, look }: CommentContext, before: Memory): Memory {
  const entry = entryOf(result, runId);
  const own = result.plan === undefined ? undefined : digestOf(result, request);
  const isSame = own === undefined || own === before.digest;
  const digest = own ?? before.digest;
  const madeAt = look?.madeAt ?? (isSame ? before.madeAt : undefined);
  return {
    ...(digest !== undefined && { digest }),
    ...(madeAt !== undefined && { madeAt }),
    open: isWaiting(entry) || (isUndecided(entry) && before.open),
    runs: [entry, ...before.runs],
  };
}

function isWaiting({ did }: RunEntry): boolean {
  return did === 'planned' || did === 'checked';
}

/** What was refused changed nothing about the plan before. */
function isUndecided({ did }: RunEntry): boolean {
  return did === 'refused' || did === 'cancelled';
}

/** A run that came to no plan leaves the one before where it is. */
function keptRest({ plan }: RunResult, before: Memory, body: string): string | undefined {
  if (plan !== undefined || before.digest === undefined) return undefined;
  const text = body.replace(/\r\n/g, '\n');
  const at = text.indexOf(`\n${REST}\n`);
  return at === -1 ? undefined : text.slice(at + REST.length + 2).trim();
}

type Link = (run: string) => string;

function statusLine({ runs: [entry] }: Memory, link: Link): string {
  return entry === undefined
    ? ''
    : `<b>${didWords(entry)}</b> ${[at(entry.at), link(entry.run)].filter(Boolean).join(', ')}`;
}

function didWords({ did, operation }: RunEntry): string {
  switch (did) {
    case 'planned':
      return 'Planned, not carried out yet:';
    case 'checked':
      return 'Plan looked at again, not carried out yet:';
    case 'read':
      return 'Read, nothing changed:';
    case 'nothing to do':
      return 'Nothing to do:';
    case 'done':
      return operation === 'apply' ? 'Applied:' : operation === 'undo' ? 'Taken back:' : 'Done:';
    case 'partly done':
      return operation === 'apply' ? 'Partly applied:' : operation === 'undo' ? 'Partly taken back:' : 'Partly done:';
    case 'failed':
      return 'Not done:';
    case 'refused':
      return 'Refused:';
    case 'stopped':
      return 'Stopped on the way:';
    case 'cancelled':
      return 'Cancelled:';
  }
}

function at(ms: number): string {
  return time(Math.floor(ms / 1000) * 1000);
}

function runsFold({ runs }: Memory, link: Link): string {
  if (runs.length < 2) return '';
  const numbers = ['Planned', 'Restored', 'Conflicts', 'Failed'].map((title) => ({ title, number: true }));
  return fold(
    '<b>Runs</b> told of in this comment, the newest first',
    table(
      [{ title: 'When' }, { title: 'Operation' }, { title: 'What became of it' }, ...numbers, { title: 'Run' }],
      runs.map((one) => [
        at(one.at),
        one.operation,
        didWords(one).replace(':', ''),
        ...[one.planned, one.restored, one.conflicts, one.failed].map(grouped),
        link(one.run),
      ]),
    ),
  );
}

function rest(result: RunResult, context: CommentContext, memory: Memory, detail: Detail): string[] {
  const { report } = result;
  const { request, look, guarded } = context;
  return [
    countsOf(result),
    ...historySections(result, request, detail),
    risksSection(result, request, look?.shape),
    deedsSection(result.highlights, detail),
    askedSection(result, request, detail),
    planFacts(memory),
    notes(report.notes),
    failuresSection(report, request, detail),
    conflictsSection(report, request, detail),
    skippedSection(report),
    prefixesSection(result, request, detail),
    ...samplesOf(result, request, detail.samples, look?.shape),
    howToApply(result, memory),
    undoSection(result, request, guarded),
  ];
}

function planFacts({ digest, madeAt }: Memory): string {
  if (digest === undefined) return '';
  return facts([['Plan', name(digest)], ...(madeAt === undefined ? [] : [['Made', at(madeAt)] as const])]);
}

/** What `apply` takes over, to be copied. */
function howToApply({ report, plan }: RunResult, { open, digest }: Memory): string {
  const canApply = ['undelete', 'rollback', 'undo', 'apply'].includes(report.operation);
  if (!open || plan === undefined || digest === undefined || !canApply || report.totals.planned === 0) return '';
  const { toDo } = deedOf(report);
  return section(
    'To carry out exactly this plan',
    ['```yaml', 'operation: apply', 'plan-file: # of this dry run, see below', `plan-digest: ${digest}`, '```'].join(
      '\n',
    ),
    list([
      'The output <code>plan-file</code> of the dry run: keep it with <code>actions/upload-artifact</code>, fetch it with ' +
        '<code>actions/download-artifact</code>.',
      `Keys that change until then are left alone, and the plan is refused when it is older than <code>max-plan-age</code> ` +
        `(24h): it says what to ${toDo}, key by key, and nothing is looked for again.`,
    ]),
  );
}
